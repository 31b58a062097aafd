#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
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
    /// `frame_bytes` is the memory of all frames in queues that share it, each counted once.
    explicit OutQueue(std::size_t* frame_bytes = nullptr) noexcept : frame_bytes_(frame_bytes) {}
    ~OutQueue() { clear(); }
    OutQueue(const OutQueue&) = delete;
    OutQueue& operator=(const OutQueue&) = delete;

    /// Appends the message with its RawSocket prefix.
    void append_rawsocket(Frame frame);
    /// Appends only the message; its WebSocket header was appended before.
    void append_message(Frame frame);
    void append(std::string octets);

    std::size_t bytes() const noexcept { return bytes_; }
    bool empty() const noexcept { return bytes_ == 0; }
    /// The memory of the queue without that of its frames, which may be shared.
    std::size_t memory() const noexcept { return chunks_.capacity() * sizeof(Chunk) + octets_; }
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
        std::unique_ptr<const std::string> octets{};  ///< if there is no frame
        bool prefixed = false;

        std::string_view view() const noexcept;
    };
    void push(Chunk chunk);
    /// Forgets the chunk's share of the sums.
    void release(const Chunk& chunk) noexcept;

    std::size_t* frame_bytes_;
    std::vector<Chunk> chunks_;
    std::size_t first_ = 0;   ///< the first of chunks_ that is not completely written
    std::size_t offset_ = 0;  ///< written bytes of the first one
    std::size_t bytes_ = 0;
    std::size_t octets_ = 0;  ///< of these, in chunks without a frame
    std::uint64_t consumed_ = 0;
};

}  // namespace sallyport::wamp
