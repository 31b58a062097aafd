#include "gateway/host/descriptor.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace sallyport::gateway {

void Descriptor::close() noexcept {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
}

namespace {

DescriptorPair make_pair_of(int type) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
        throw std::system_error(errno, std::generic_category(), "socketpair");
    }
    return {Descriptor(ends[0]), Descriptor(ends[1])};
}

union ControlBuffer {
    cmsghdr align;
    std::array<char, CMSG_SPACE(sizeof(int))> bytes;
};

}  // namespace

DescriptorPair make_stream_pair() {
    return make_pair_of(SOCK_STREAM);
}
DescriptorPair make_packet_pair() {
    return make_pair_of(SOCK_SEQPACKET);
}

namespace {

ssize_t send_descriptor(int socket, std::string_view text, int descriptor) noexcept {
    iovec part{const_cast<char*>(text.data()), text.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    ControlBuffer control{};
    message.msg_control = control.bytes.data();
    message.msg_controllen = control.bytes.size();
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
    return ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace

bool send_packet(int socket, std::string_view text, int descriptor) noexcept {
    ssize_t sent = -1;
    do {
        // A sandboxed process has no sendmsg(), and no descriptor to send.
        sent = descriptor >= 0
                   ? send_descriptor(socket, text, descriptor)
                   : ::send(socket, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    return sent >= 0;
}

Receive receive_packet(int socket, Packet& packet) {
    std::array<char, packet_bytes_max> bytes{};
    iovec part{bytes.data(), bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    ControlBuffer control{};
    message.msg_control = control.bytes.data();
    message.msg_controllen = control.bytes.size();
    ssize_t received = -1;
    do {
        received = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    } while (received < 0 && errno == EINTR);
    if (received < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? Receive::nothing_yet : Receive::end;
    packet.descriptor.close();
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        // The buffer's padding has room for a second one. The first is kept, the others are closed
        // here.
        const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int number = -1;
            std::memcpy(&number, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
            Descriptor received_one(number);
            if (!packet.descriptor) packet.descriptor = std::move(received_one);
        }
    }
    // A truncated packet is invalid: no child process sends more than packet_bytes_max.
    if (received == 0 || (message.msg_flags & MSG_TRUNC) != 0) {
        packet.descriptor.close();
        return Receive::end;
    }
    packet.text.assign(bytes.data(), static_cast<std::size_t>(received));
    return Receive::packet;
}

}  // namespace sallyport::gateway
