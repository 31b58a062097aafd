#include "wamp/base/frame.h"

#include <cstring>
#include <limits>
#include <new>

#include "wamp/base/check.h"

namespace sallyport::wamp {
namespace {

constexpr std::size_t rawsocket_bytes_max = std::size_t{16} << 20;

// Length zero with the X bit means exactly 16 MiB, which does not fit in 24 bits (W-RAW-05).
void write_prefix(unsigned char* prefix, std::size_t bytes) noexcept {
    prefix[0] = bytes == rawsocket_bytes_max ? 0x08 : 0x00;
    prefix[1] = static_cast<unsigned char>((bytes >> 16) & 0xFF);
    prefix[2] = static_cast<unsigned char>((bytes >> 8) & 0xFF);
    prefix[3] = static_cast<unsigned char>(bytes & 0xFF);
    if (bytes == rawsocket_bytes_max) prefix[1] = 0;
}

}  // namespace

Frame Frame::copy_of(std::string_view message) {
    return join({message});
}

Frame Frame::join(std::initializer_list<std::string_view> parts) {
    std::size_t bytes = 0;
    for (std::string_view part : parts) bytes += part.size();
    SALLYPORT_CHECK(bytes <= std::numeric_limits<std::uint32_t>::max());

    void* memory = ::operator new(sizeof(Block) + prefix_bytes + bytes);
    Frame frame;
    frame.block_ = new (memory) Block{1, static_cast<std::uint32_t>(bytes), 0};
    char* at = reinterpret_cast<char*>(frame.block_ + 1);
    write_prefix(reinterpret_cast<unsigned char*>(at), bytes);
    at += prefix_bytes;
    for (std::string_view part : parts) {
        if (part.empty()) continue;
        std::memcpy(at, part.data(), part.size());
        at += part.size();
    }
    return frame;
}

std::string_view Frame::message() const noexcept {
    if (block_ == nullptr) return {};
    return {reinterpret_cast<const char*>(block_ + 1) + prefix_bytes, block_->message_bytes};
}

std::string_view Frame::rawsocket() const noexcept {
    if (block_ == nullptr) return {};
    SALLYPORT_CHECK(block_->message_bytes <= rawsocket_bytes_max);
    return {reinterpret_cast<const char*>(block_ + 1), prefix_bytes + block_->message_bytes};
}

void Frame::release() noexcept {
    if (block_ == nullptr || --block_->references != 0) return;
    ::operator delete(block_);
    block_ = nullptr;
}

}  // namespace sallyport::wamp
