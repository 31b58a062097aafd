#include "gateway/host/acceptor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "gateway/host/files.h"
#include "gateway/host/unix_address.h"
#include "tests/support/temporary_folder.h"

namespace sallyport::gateway {
namespace {

using namespace std::chrono_literals;

struct Listening {
    explicit Listening(int first_refused)
        : acceptor(
              io, listen_unix({path, {}}),
              [this](Acceptor::Socket socket, std::uint64_t, const std::string&) {
                  accepted.push_back(std::move(socket));
              },
              first_refused) {}

    Descriptor connect() const {
        Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        const UnixAddress address(path);
        EXPECT_EQ(::connect(socket.get(), address.get(), address.size()), 0);
        return socket;
    }
    /// Whether the other end has closed it.
    static bool is_closed(const Descriptor& socket) {
        pollfd entry{socket.get(), POLLIN, 0};
        return ::poll(&entry, 1, 0) == 1;
    }

    test::TemporaryFolder folder;
    std::string path = folder.path() + "/sock";
    boost::asio::io_context io{1};
    std::vector<Acceptor::Socket> accepted;
    Acceptor acceptor;
};

/// The lowest descriptor that is free: the next one that somebody gets.
int next_descriptor() {
    return Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)).get();
}

TEST(Acceptor, ClosesConnectionsAtOnceThatWouldUseReservedDescriptors) {
    const int base = next_descriptor();
    // Folder, io_context and so on have some as well.
    Listening listening(base + 40);
    std::vector<Descriptor> clients;
    // The clients' ends are in this process, too, so each connection costs two.
    for (int count = 0; count < 40; ++count) clients.push_back(listening.connect());
    listening.io.run_for(50ms);
    std::size_t closed = 0;
    for (const Descriptor& client : clients) closed += Listening::is_closed(client) ? 1U : 0U;
    EXPECT_EQ(listening.accepted.size() + closed, clients.size());
    EXPECT_EQ(listening.accepted.size(), 0u) << "the clients have all below the first refused one";
    clients.resize(10);
    clients.push_back(listening.connect());
    listening.io.run_for(50ms);
    EXPECT_EQ(listening.accepted.size(), 1u) << "there are free ones again";
    EXPECT_FALSE(Listening::is_closed(clients.back()));
    EXPECT_LT(listening.accepted.front().native_handle(), base + 40);
}

TEST(Acceptor, AcceptsEverybodyWithoutAReserve) {
    Listening listening(std::numeric_limits<int>::max());
    std::vector<Descriptor> clients;
    for (int count = 0; count < 100; ++count) clients.push_back(listening.connect());
    listening.io.run_for(50ms);
    EXPECT_EQ(listening.accepted.size(), clients.size());
}

}  // namespace
}  // namespace sallyport::gateway
