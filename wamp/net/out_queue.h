#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <sys/uio.h>

#include "wamp/base/frame.h"

namespace sallyport::wamp {

/// The bytes to be written to one connection, in order: frames shared with other receivers, and
/// octets of this connection alone. Written with one gathered system call per wake-up. An empty
/// queue uses almost no memory.
class OutQueue {
public:
    /// Appends the message with its RawSocket prefix.
    void append_rawsocket(Frame frame);
    /// Appends only the message; its WebSocket header was appended before.
    void append_message(Frame frame);
    void append(std::string octets);

    std::size_t bytes() const noexcept { return bytes_; }
    bool empty() const noexcept { return bytes_ == 0; }
    /// All bytes that were ever removed by consume().
    std::uint64_t consumed() const noexcept { return consumed_; }

    /// Fills `out` from the front of the queue; returns the number of entries used.
    std::size_t gather(std::span<iovec> out) const noexcept;
    /// Removes the first `bytes`, which are written.
    void consume(std::size_t bytes) noexcept;
    void clear() noexcept;

private:
    struct Chunk {
        Frame frame;
        std::string octets;  ///< if there is no frame
        bool prefixed = false;

        std::string_view view() const noexcept;
    };
    void push(Chunk chunk);

    std::vector<Chunk> chunks_;
    std::size_t first_ = 0;   ///< the first of chunks_ that is not completely written
    std::size_t offset_ = 0;  ///< written bytes of the first one
    std::size_t bytes_ = 0;
    std::uint64_t consumed_ = 0;
};

}  // namespace sallyport::wamp
