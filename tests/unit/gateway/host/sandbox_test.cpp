#include "gateway/host/sandbox.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>

#include "gateway/host/unix_address.h"

namespace sallyport::gateway {
namespace {

/// Runs `tries` in a child that is shut in; its answer, an errno or 0.
int shut_in(const std::function<int()>& tries) {
    const pid_t child = ::fork();
    if (child == 0) {
        enter_worker_sandbox();
        ::_exit(tries());
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int errno_of(long result) {
    return result < 0 ? errno : 0;
}

TEST(WorkerSandbox, ForbidsSocketsOtherThanUnixOnes) {
    EXPECT_EQ(shut_in([] { return errno_of(::socket(AF_INET, SOCK_STREAM, 0)); }), EPERM);
    EXPECT_EQ(shut_in([] { return errno_of(::socket(AF_INET6, SOCK_DGRAM, 0)); }), EPERM);
    EXPECT_EQ(shut_in([] { return errno_of(::socket(AF_NETLINK, SOCK_RAW, 0)); }), EPERM);
    EXPECT_EQ(shut_in([] { return errno_of(::socket(AF_UNIX, SOCK_STREAM, 0)); }), 0);
}

TEST(WorkerSandbox, ForbidsToConnectAndToListen) {
    const UnixAddress address("");
    EXPECT_EQ(shut_in([&] {
                  return errno_of(
                      ::connect(::socket(AF_UNIX, SOCK_STREAM, 0), address.get(), address.size()));
              }),
              EPERM);
    EXPECT_EQ(shut_in([&] {
                  return errno_of(
                      ::bind(::socket(AF_UNIX, SOCK_STREAM, 0), address.get(), address.size()));
              }),
              EPERM);
}

TEST(WorkerSandbox, ForbidsOtherProgramsAndRareParts) {
    EXPECT_EQ(shut_in([] { return errno_of(::execl("/bin/true", "true", nullptr)); }), EPERM);
    EXPECT_EQ(shut_in([] { return errno_of(::syscall(SYS_io_uring_setup, 1, nullptr)); }), EPERM);
    EXPECT_EQ(shut_in([] { return errno_of(::syscall(SYS_unshare, 0)); }), EPERM);
    EXPECT_EQ(shut_in([] { return errno_of(::syscall(SYS_bpf, 0, nullptr, 0)); }), EPERM);
}

TEST(WorkerSandbox, LeavesHandedOverDescriptorsUsable) {
    EXPECT_EQ(shut_in([] {
                  int ends[2];
                  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return errno;
                  char byte = 'x';
                  if (::send(ends[0], &byte, 1, 0) != 1 || ::recv(ends[1], &byte, 1, 0) != 1)
                      return errno;
                  return 0;
              }),
              0);
}

}  // namespace
}  // namespace sallyport::gateway
