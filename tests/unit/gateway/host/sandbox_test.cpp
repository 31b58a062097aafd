#include "gateway/host/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <initializer_list>
#include <string>
#include <thread>

#include "gateway/host/landlock.h"
#include "gateway/host/start_error.h"
#include "gateway/host/syscall_filter.h"
#include "gateway/host/unix_address.h"

namespace sallyport::gateway {
namespace {

constexpr std::size_t data_bytes_max = std::size_t{1} << 30;
constexpr int cannot_enter = 200;

/// Runs `tries` in a child that is shut in; its answer, an errno or 0. tests/attack tries far more,
/// in the processes of a running gateway.
int shut_in(const std::function<int()>& tries) {
    const pid_t child = ::fork();
    if (child == 0) {
        try {
            enter_sandbox(SandboxMode::required, data_bytes_max, "g.toml");
        } catch (const std::exception&) {
            ::_exit(cannot_enter);
        }
        ::_exit(tries());
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int errno_of(long result) {
    return result < 0 ? errno : 0;
}

TEST(Sandbox, ForbidsSocketsOfEveryFamily) {
    for (const int family : {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET})
        EXPECT_EQ(shut_in([&] { return errno_of(::socket(family, SOCK_DGRAM, 0)); }), EPERM);
}

TEST(Sandbox, ForbidsToConnectToListenAndToSendToAnAddress) {
    const UnixAddress address("");
    const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(shut_in([&] { return errno_of(::connect(socket, address.get(), address.size())); }),
              EPERM);
    EXPECT_EQ(shut_in([&] { return errno_of(::bind(socket, address.get(), address.size())); }),
              EPERM);
    EXPECT_EQ(shut_in([&] {
                  return errno_of(::sendto(socket, "x", 1, 0, address.get(), address.size()));
              }),
              EPERM);
    EXPECT_EQ(shut_in([&] { return errno_of(::send(socket, "x", 1, MSG_FASTOPEN)); }), EPERM);
    ::close(socket);
}

TEST(Sandbox, ForbidsFilesProgramsProcessesAndRareParts) {
    // With sanitizers open() is left for their reports, and finds nothing.
    const int opened = shut_in([] { return errno_of(::open("/etc/passwd", O_RDONLY)); });
    EXPECT_TRUE(sanitized ? opened == ENOENT || opened == EACCES : opened == EPERM) << opened;
    EXPECT_EQ(shut_in([] { return errno_of(::execl("/bin/true", "true", nullptr)); }), EPERM);
    EXPECT_EQ(shut_in([] { return errno_of(::fork()); }), EPERM);
    EXPECT_EQ(shut_in([] { return errno_of(::syscall(SYS_io_uring_setup, 1, nullptr)); }), EPERM);
    EXPECT_EQ(shut_in([] { return errno_of(::syscall(SYS_unshare, 0)); }), EPERM);
    EXPECT_EQ(shut_in([] { return errno_of(::syscall(SYS_bpf, 0, nullptr, 0)); }), EPERM);
    EXPECT_EQ(shut_in([parent = ::getpid()] { return errno_of(::kill(parent, 0)); }), EPERM);
}

TEST(Sandbox, LeavesHandedOverDescriptorsUsable) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    EXPECT_EQ(shut_in([&] {
                  char byte = 'x';
                  const iovec part{&byte, 1};
                  if (::send(ends[0], &byte, 1, MSG_NOSIGNAL) != 1 ||
                      ::recv(ends[1], &byte, 1, 0) != 1 || ::writev(ends[0], &part, 1) != 1)
                      return errno;
                  return 0;
              }),
              0);
    for (const int end : ends) ::close(end);
}

TEST(Sandbox, LeavesThreadsAndBoundedMemory) {
    EXPECT_EQ(shut_in([] {
                  int result = 1;
                  std::thread([&] { result = 0; }).join();
                  return result;
              }),
              0);
    EXPECT_EQ(shut_in([] {
                  void* const far_too_much =
                      ::mmap(nullptr, 2 * data_bytes_max, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                  return far_too_much == MAP_FAILED ? errno : 0;
              }),
              sanitized ? 0 : ENOMEM);
}

TEST(Sandbox, CannotBeTracedOrDumped) {
    EXPECT_EQ(shut_in([] {
                  rlimit core{};
                  if (::getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0) return 1;
                  return errno_of(::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
              }),
              sanitized ? 0 : EPERM);
    const pid_t child = ::fork();
    if (child == 0) {
        forbid_tracing();
        ::_exit(::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Sandbox, SaysWhatHolds) {
    const int landlock = landlock_version();
    EXPECT_GT(landlock, 0);
    const pid_t child = ::fork();
    if (child == 0) {
        const Sandbox sandbox = enter_sandbox(SandboxMode::required, data_bytes_max, "g.toml");
        const bool whole =
            sandbox.complete && sandbox.syscalls > 30 && sandbox.landlock == landlock;
        ::_exit(whole ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 0);
    EXPECT_EQ(to_text(Sandbox{53, 7, {"user", "net"}, true}),
              "53 system calls, Landlock 7, namespaces user net");
    EXPECT_EQ(to_text(Sandbox{}), "no filter of system calls, no Landlock, no namespaces");
}

/// Makes this process one of a kernel that lacks those system calls.
void take_away(std::initializer_list<const char*> calls) {
    const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    for (const char* const call : calls)
        seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EOPNOTSUPP),
                               seccomp_syscall_resolve_name(call), 0, nullptr);
    seccomp_load(filter);
}

/// Runs `tries` in a child; what it returns.
std::string in_child(const std::function<std::string()>& tries) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return "no pipe";
    const pid_t child = ::fork();
    if (child == 0) {
        const std::string text = tries();
        [[maybe_unused]] const ssize_t count = ::write(ends[1], text.data(), text.size());
        ::_exit(0);
    }
    ::close(ends[1]);
    std::string text(1000, '\0');
    const ssize_t count = ::read(ends[0], text.data(), text.size());
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    ::close(ends[0]);
    ::waitpid(child, nullptr, 0);
    return text;
}

std::string enter_without(std::initializer_list<const char*> calls, SandboxMode mode) {
    return in_child([&]() -> std::string {
        take_away(calls);
        try {
            const Sandbox sandbox = enter_sandbox(mode, data_bytes_max, "g.toml");
            return sandbox.complete ? "complete" : to_text(sandbox);
        } catch (const StartError& error) {
            return error.what();
        }
    });
}

TEST(Sandbox, IsRefusedWithoutLandlockUnlessItIsOnlyPreferred) {
    const auto without = {"landlock_create_ruleset"};
    EXPECT_EQ(
        enter_without(without, SandboxMode::required),
        "g.toml: error: sandbox = \"required\", but this kernel runs without Landlock (add "
        "landlock to lsm= on the kernel's command line, or let the container runtime permit it, "
        "or set sandbox = \"preferred\")");
    EXPECT_NE(enter_without(without, SandboxMode::preferred).find("system calls, no Landlock"),
              std::string::npos);
}

}  // namespace
}  // namespace sallyport::gateway
