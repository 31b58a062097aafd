// Packets between our processes: whatever a child writes into its end of the socket, with any
// number of descriptors. Promises: a packet keeps its bounds, at most one descriptor is kept, and
// none is lost.
#include "gateway/host/descriptor.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "tests/fuzz/input.h"
#include "wamp/base/check.h"

namespace sallyport::gateway {
namespace {

constexpr std::size_t descriptors_max = 8;

// As a child that does not keep to the rules would: any length, any number of descriptors.
bool send_any(int socket, std::string_view text, std::size_t descriptors) {
    iovec part{const_cast<char*>(text.data()), text.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * descriptors_max)> control{};
    if (descriptors > 0) {
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(sizeof(int) * descriptors);
        cmsghdr* head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof(int) * descriptors);
        std::array<int, descriptors_max> numbers{};
        numbers.fill(socket);
        std::memcpy(CMSG_DATA(head), numbers.data(), sizeof(int) * descriptors);
    }
    return ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) ==
           static_cast<ssize_t>(text.size());
}

// The lowest number that is free: grows when a descriptor is lost.
int next_descriptor() {
    const Descriptor probe(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    return probe.get();
}

void run(fuzz::Input input) {
    const DescriptorPair pair = make_packet_pair();
    const int before = next_descriptor();
    while (!input.empty()) {
        const std::size_t descriptors = input.byte() % (descriptors_max + 1);
        const std::size_t times = input.byte() % 64 + 1;
        std::string text;
        for (const std::string_view part = input.bytes(); text.size() < part.size() * times;)
            text += part;
        if (text.empty() || !send_any(pair.theirs.get(), text, descriptors)) continue;
        Packet packet;
        const Receive received = receive_packet(pair.ours.get(), packet);
        if (received == Receive::packet) {
            SALLYPORT_CHECK(packet.text.size() <= packet_bytes_max);
            SALLYPORT_CHECK(packet.text == text);
            if (packet.descriptor) SALLYPORT_CHECK(descriptors > 0);
            SALLYPORT_CHECK(next_descriptor() == before + (packet.descriptor ? 1 : 0));
        }
        packet = {};
        SALLYPORT_CHECK(next_descriptor() == before);
        if (received == Receive::end) return;
    }
}

}  // namespace
}  // namespace sallyport::gateway

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string text(bytes, bytes + size);
    sallyport::gateway::run(sallyport::fuzz::Input(text));
    return 0;
}
