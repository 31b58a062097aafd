#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <sys/uio.h>

#include "wamp/base/frame.h"

namespace sallyport::wamp {

/// The bytes that wait to be written to one connection, in order: frames that are shared with other
/// receivers, and octets of this connection alone. Gathered into one system call per wake-up. An
/// empty queue keeps next to no memory.
class OutQueue {
public:
    /// The message with its RawSocket prefix.
    void append_rawsocket(Frame frame);
    /// The message alone; a WebSocket header was appended before it.
    void append_message(Frame frame);
    void append(std::string octets);

    std::size_t bytes() const noexcept { return bytes_; }
    bool empty() const noexcept { return bytes_ == 0; }

    /// Fills `out` from the front of the queue; the number of entries used.
    std::size_t gather(std::span<iovec> out) const noexcept;
    /// The first `bytes` are written.
    void consume(std::size_t bytes) noexcept;
    void clear() noexcept;

private:
    struct Chunk {
        Frame frame;
        std::string octets;  ///< when there is no frame
        bool prefixed = false;

        std::string_view view() const noexcept;
    };
    void push(Chunk chunk);

    std::vector<Chunk> chunks_;
    std::size_t first_ = 0;   ///< of chunks_ not completely written
    std::size_t offset_ = 0;  ///< written of the first
    std::size_t bytes_ = 0;
};

}  // namespace sallyport::wamp
