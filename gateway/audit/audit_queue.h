#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace sallyport::gateway {

/// The bytes between the reactor and the thread that writes the audit log: a ring buffer of fixed
/// size for one producer and one consumer, neither of which ever waits for the other. Bytes put
/// together are taken together.
class AuditQueue {
public:
    explicit AuditQueue(std::size_t bytes)
        : size_(std::bit_ceil(std::max<std::size_t>(bytes, 1))),
          ring_(std::make_unique_for_overwrite<char[]>(size_)) {}

    std::size_t capacity() const noexcept { return size_; }

    /// Appends both parts, or returns false if there is no room for both.
    bool put(std::string_view first, std::string_view second) noexcept {
        const std::size_t end = end_.load(std::memory_order_relaxed);
        const std::size_t begin = begin_.load(std::memory_order_acquire);
        if (size_ - (end - begin) < first.size() + second.size()) return false;
        copy_in(end, first);
        copy_in(end + first.size(), second);
        end_.store(end + first.size() + second.size(), std::memory_order_release);
        return true;
    }

    /// For the producer: where the queued bytes begin and end, counted from the start.
    std::size_t begin() const noexcept { return begin_.load(std::memory_order_acquire); }
    std::size_t end() const noexcept { return end_.load(std::memory_order_relaxed); }

    /// Moves everything queued to `out`; false if the queue was empty.
    bool take(std::string& out) {
        const std::size_t begin = begin_.load(std::memory_order_relaxed);
        const std::size_t end = end_.load(std::memory_order_acquire);
        out.resize(end - begin);
        const std::size_t at = begin & (size_ - 1);
        const std::size_t head = std::min(out.size(), size_ - at);
        std::memcpy(out.data(), ring_.get() + at, head);
        std::memcpy(out.data() + head, ring_.get(), out.size() - head);
        begin_.store(end, std::memory_order_release);
        return !out.empty();
    }

private:
    void copy_in(std::size_t to, std::string_view bytes) noexcept {
        if (bytes.empty()) return;
        const std::size_t at = to & (size_ - 1);
        const std::size_t head = std::min(bytes.size(), size_ - at);
        std::memcpy(ring_.get() + at, bytes.data(), head);
        std::memcpy(ring_.get(), bytes.data() + head, bytes.size() - head);
    }

    std::size_t size_;
    std::unique_ptr<char[]> ring_;
    alignas(64) std::atomic<std::size_t> begin_{0};
    alignas(64) std::atomic<std::size_t> end_{0};
};

}  // namespace sallyport::gateway
