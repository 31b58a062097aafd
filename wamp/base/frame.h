#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace sallyport::wamp {

/// The bytes of one encoded message, shared by all its receivers without copies. A RawSocket prefix
/// (W-RAW-05) precedes the message, so that both framings send from one buffer. The reference count
/// is not atomic: a frame belongs to one thread. Empty if default-constructed.
class Frame {
public:
    static constexpr std::size_t prefix_bytes = 4;

    Frame() noexcept = default;
    Frame(const Frame& other) noexcept : block_(other.block_) { retain(); }
    Frame(Frame&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
    Frame& operator=(Frame other) noexcept {
        std::swap(block_, other.block_);
        return *this;
    }
    ~Frame() { release(); }

    /// Copies `message` after the prefix of a RawSocket message frame.
    static Frame copy_of(std::string_view message);
    /// As copy_of(), from the concatenated parts.
    static Frame join(std::initializer_list<std::string_view> parts);

    /// The message alone, for WebSocket.
    std::string_view message() const noexcept;
    /// Prefix and message, for RawSocket. The message has at most 16 MiB: the sender has checked it
    /// against the limit of the peer (W-RAW-06, W-RAW-11).
    std::string_view rawsocket() const noexcept;
    explicit operator bool() const noexcept { return block_ != nullptr; }

    /// Count the queues that a frame is in, which is not empty. Each returns the bytes of memory by
    /// which the sum of all queued frames changes: those of the frame if the queue is the first or
    /// the last one, otherwise 0.
    std::size_t enter_queue() const noexcept { return block_->queues++ == 0 ? memory() : 0; }
    std::size_t leave_queue() const noexcept { return --block_->queues == 0 ? memory() : 0; }

private:
    struct Block {
        std::uint32_t references;
        std::uint32_t message_bytes;
        std::uint32_t queues;
        // prefix and message follow
    };

    void retain() const noexcept {
        if (block_ != nullptr) ++block_->references;
    }
    void release() noexcept;
    std::size_t memory() const noexcept {
        return sizeof(Block) + prefix_bytes + block_->message_bytes;
    }

    Block* block_ = nullptr;
};

}  // namespace sallyport::wamp
