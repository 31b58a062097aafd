#include "wamp/net/out_queue.h"

#include <string_view>

#include "wamp/base/check.h"

namespace sallyport::wamp {
namespace {

// A longer queue frees its memory when it becomes empty, as there are many sessions and most are
// idle.
constexpr std::size_t chunks_kept = 8;

}  // namespace

std::string_view OutQueue::Chunk::view() const noexcept {
    if (!frame) return octets == nullptr ? std::string_view() : *octets;
    return prefixed ? frame.rawsocket() : frame.message();
}

void OutQueue::push(Chunk chunk) {
    const std::size_t size = chunk.view().size();
    if (size == 0) return;
    bytes_ += size;
    if (!chunk.frame) octets_ += size;
    if (chunk.frame && frame_bytes_ != nullptr) *frame_bytes_ += chunk.frame.enter_queue();
    chunks_.push_back(std::move(chunk));
}

void OutQueue::append_rawsocket(Frame frame) {
    push({std::move(frame), {}, true});
}

void OutQueue::append_message(Frame frame) {
    push({std::move(frame), {}, false});
}

void OutQueue::append(std::string octets) {
    push({{}, std::make_unique<const std::string>(std::move(octets)), false});
}

std::size_t OutQueue::gather(std::span<iovec> out) const noexcept {
    std::size_t used = 0;
    std::size_t skip = offset_;
    for (std::size_t i = first_; i < chunks_.size() && used < out.size(); ++i) {
        const std::string_view view = chunks_[i].view().substr(skip);
        skip = 0;
        // The kernel only reads through it.
        out[used++] = {const_cast<char*>(view.data()), view.size()};
    }
    return used;
}

void OutQueue::consume(std::size_t bytes) noexcept {
    SALLYPORT_CHECK(bytes <= bytes_);
    bytes_ -= bytes;
    consumed_ += bytes;
    if (bytes_ == 0) {
        clear();
        return;
    }
    while (bytes > 0) {
        const std::size_t left = chunks_[first_].view().size() - offset_;
        if (bytes < left) {
            offset_ += bytes;
            return;
        }
        bytes -= left;
        offset_ = 0;
        release(chunks_[first_]);
        chunks_[first_] = {};  // releases a shared frame now
        ++first_;
    }
    if (first_ >= chunks_kept && first_ * 2 >= chunks_.size()) {
        chunks_.erase(chunks_.begin(), chunks_.begin() + static_cast<std::ptrdiff_t>(first_));
        first_ = 0;
    }
}

void OutQueue::release(const Chunk& chunk) noexcept {
    if (!chunk.frame) {
        octets_ -= chunk.octets->size();
    } else if (frame_bytes_ != nullptr) {
        *frame_bytes_ -= chunk.frame.leave_queue();
    }
}

void OutQueue::clear() noexcept {
    for (std::size_t i = first_; i < chunks_.size(); ++i) release(chunks_[i]);
    if (chunks_.capacity() > chunks_kept) {
        std::vector<Chunk>().swap(chunks_);
    } else {
        chunks_.clear();
    }
    first_ = 0;
    offset_ = 0;
    bytes_ = 0;
}

}  // namespace sallyport::wamp
