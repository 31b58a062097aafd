#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace sallyport::gateway {

/// Owns one file descriptor.
class Descriptor {
public:
    Descriptor() noexcept = default;
    explicit Descriptor(int number) noexcept : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() { close(); }

    int get() const noexcept { return number_; }
    int release() noexcept { return std::exchange(number_, -1); }
    explicit operator bool() const noexcept { return number_ >= 0; }
    void close() noexcept;

private:
    int number_ = -1;
};

/// Two connected unix sockets, close-on-exec. `packets` preserves message boundaries. Throws
/// std::system_error.
struct DescriptorPair {
    Descriptor ours;
    Descriptor theirs;
};
DescriptorPair make_stream_pair();
DescriptorPair make_packet_pair();

/// A line of text, at most packet_bytes_max bytes, with an optional descriptor (SCM_RIGHTS).
struct Packet {
    std::string text;
    Descriptor descriptor;
};
inline constexpr std::size_t packet_bytes_max = 8192;

/// Never blocks. False if the other end is closed or does not read.
bool send_packet(int socket, std::string_view text, int descriptor = -1) noexcept;

/// `end`: the other end is closed, or has sent more than packet_bytes_max at once.
enum class Receive { packet, nothing_yet, end };
/// Of several descriptors in one packet the first is kept; none is left open.
Receive receive_packet(int socket, Packet& packet);

}  // namespace sallyport::gateway
