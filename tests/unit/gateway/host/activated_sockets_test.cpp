#include "gateway/host/activated_sockets.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "gateway/host/files.h"
#include "gateway/host/start_error.h"
#include "tests/support/temporary_folder.h"

namespace sallyport::gateway {
namespace {

constexpr int first = 3;  // SD_LISTEN_FDS_START

/// What a service manager does before it executes a service. The descriptors that were there before
/// come back at the end.
class Activation {
public:
    Activation(std::vector<Descriptor> passed, const std::string& names) {
        for (Descriptor& one : passed)  // out of the way of the numbers that are due
            one = Descriptor(::fcntl(one.get(), F_DUPFD_CLOEXEC, 100));
        for (std::size_t index = 0; index < passed.size(); ++index) {
            const int number = first + static_cast<int>(index);
            before_.emplace_back(::fcntl(number, F_DUPFD_CLOEXEC, 100));
            ::dup2(passed[index].get(), number);
        }
        ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
        ::setenv("LISTEN_FDS", std::to_string(passed.size()).c_str(), 1);
        ::setenv("LISTEN_FDNAMES", names.c_str(), 1);
    }
    ~Activation() {
        for (std::size_t index = 0; index < before_.size(); ++index) {
            const int number = first + static_cast<int>(index);
            if (before_[index]) ::dup2(before_[index].get(), number);
        }
    }
    Activation(const Activation&) = delete;
    Activation& operator=(const Activation&) = delete;

private:
    std::vector<Descriptor> before_;
};

const policy::Place place{"gateway.toml", 0, 0};

std::string refusal(const auto& action) {
    try {
        action();
    } catch (const StartError& error) {
        return error.what();
    }
    return "";
}

TEST(ActivatedSockets, AreNoneWithoutAServiceManager) {
    ActivatedSockets sockets = ActivatedSockets::from_environment(place);
    EXPECT_FALSE(sockets.take(*backend_link::parse_address("tcp:127.0.0.1:4443")));
    EXPECT_EQ(refusal([&] { sockets.require_all_taken(place); }), "");
}

TEST(ActivatedSockets, AreTakenByTheirAddressOnce) {
    const test::TemporaryFolder folder;
    const auto tcp = *backend_link::parse_address("tcp:127.0.0.1:39213");
    const auto unix_path = *backend_link::parse_address("unix:" + folder.path("link.sock"));
    std::vector<Descriptor> passed;
    passed.push_back(listen_tcp(tcp, {}));
    passed.push_back(listen_unix({folder.path("link.sock"), {}}));
    const Activation activation(std::move(passed), "link:other");
    ActivatedSockets sockets = ActivatedSockets::from_environment(place);
    EXPECT_EQ(std::getenv("LISTEN_FDS"), nullptr);
    EXPECT_FALSE(sockets.take(*backend_link::parse_address("tcp:127.0.0.1:39214")));
    const Descriptor one = sockets.take(tcp);
    EXPECT_EQ(one.get(), first);
    EXPECT_NE(::fcntl(one.get(), F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_NE(::fcntl(one.get(), F_GETFL) & O_NONBLOCK, 0);
    EXPECT_FALSE(sockets.take(tcp));
    EXPECT_EQ(refusal([&] { sockets.require_all_taken(place); }),
              "gateway.toml: error: the socket \"other\" of the service manager (" +
                  unix_path.text() + ") is not a listener of a link (write listen = \"" +
                  unix_path.text() +
                  "\" at a [[backend]] of kind \"accept\", or correct ListenStream= in the socket "
                  "unit)");
    EXPECT_TRUE(sockets.take(unix_path));
    EXPECT_EQ(refusal([&] { sockets.require_all_taken(place); }), "");
}

TEST(ActivatedSockets, ThatDoNotListenAreRefused) {
    std::vector<Descriptor> passed;
    passed.emplace_back(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const Activation activation(std::move(passed), "log");
    EXPECT_EQ(refusal([] { ActivatedSockets::from_environment(place); }),
              "gateway.toml: error: the socket \"log\" of the service manager is not a listening "
              "stream socket (use ListenStream= in the socket unit)");
}

}  // namespace
}  // namespace sallyport::gateway
