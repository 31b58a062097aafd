#include "gateway/host/descriptor_limit.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "gateway/host/start_error.h"

namespace sallyport::gateway {
namespace {

std::string refusal(std::size_t clients, std::uint64_t limit) {
    try {
        require_descriptors(clients, limit, {"/etc/gateway.toml", 7, 3});
    } catch (const StartError& error) {
        return error.what();
    }
    return "";
}

/// Runs in a process of its own, as limits cannot be raised again.
template <class Check>
void with_limit(rlim_t soft, rlim_t hard, const Check& check) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        const rlimit limit{soft, hard};
        ::_exit(::setrlimit(RLIMIT_NOFILE, &limit) == 0 && check() ? 0 : 1);
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    EXPECT_EQ(status, 0);
}

TEST(DescriptorLimit, IsRaisedToWhatTheProcessMayHave) {
    with_limit(100, 500, [] {
        rlimit limit{};
        return raise_descriptor_limit() == 500 && ::getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
               limit.rlim_cur == 500;
    });
    with_limit(200, 200, [] { return raise_descriptor_limit() == 200; });
}

TEST(DescriptorLimit, SufficesForSessionsUpToTheExactNumber) {
    EXPECT_EQ(refusal(100, 1500), "");
    EXPECT_EQ(refusal(101, 1500),
              "/etc/gateway.toml:7:3: error: limits.sessions = 101 needs 1501 file descriptors, "
              "but this process may have only 1500 (raise that limit with `ulimit -n 1501` or "
              "LimitNOFILE=1501 in the systemd unit, or set limits.sessions to at most 100)");
}

TEST(DescriptorLimit, RecommendsNoSessionsWhereThereIsNoRoomForAny) {
    EXPECT_TRUE(refusal(10, 1400).ends_with("LimitNOFILE=1410 in the systemd unit)"));
}

TEST(DescriptorLimit, LeavesTheLastOnesToOthersThanClients) {
    with_limit(1000, 1000,
               [] { return first_reserved_descriptor() == 1000 - descriptors_reserved; });
    with_limit(20, 20, [] { return first_reserved_descriptor() == 0; });
}

}  // namespace
}  // namespace sallyport::gateway
