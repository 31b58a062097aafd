#include "gateway/host/child.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

namespace sallyport::gateway {
namespace {

std::string read_all(int descriptor) {
    std::string text;
    std::array<char, 256> bytes{};
    for (ssize_t count = 0; (count = ::read(descriptor, bytes.data(), bytes.size())) > 0;)
        text.append(bytes.data(), static_cast<std::size_t>(count));
    return text;
}

struct Pipe {
    Descriptor read_end, write_end;
    Pipe() {
        int ends[2];
        EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
        read_end = Descriptor(ends[0]);
        write_end = Descriptor(ends[1]);
    }
};

TEST(Child, HasItsOutputAndNoOtherDescriptorOfOurs) {
    Pipe pipe;
    const DescriptorPair channel = make_packet_pair();
    const pid_t pid = start_child(
        {"/bin/ls", {"ls", "/proc/self/fd"}, channel.theirs.get(), pipe.write_end.get()});
    pipe.write_end.close();
    // 0 to 2, the channel, and the one that ls reads the folder with.
    EXPECT_EQ(read_all(pipe.read_end.get()), "0\n1\n2\n3\n4\n");
    int status = 0;
    ::waitpid(pid, &status, 0);
    EXPECT_EQ(describe_exit(status), "ended with code 0");
}

TEST(Child, HasTheEnvironmentWithoutTheSocketOfTheServiceManager) {
    ::setenv("NOTIFY_SOCKET", "/nowhere", 1);
    ::setenv("SALLYPORT_CHILD_TEST", "kept", 1);
    Pipe pipe;
    const pid_t pid = start_child({"/usr/bin/env", {"env"}, -1, pipe.write_end.get()});
    pipe.write_end.close();
    ::unsetenv("NOTIFY_SOCKET");
    const std::string text = read_all(pipe.read_end.get());
    EXPECT_EQ(text.find("NOTIFY_SOCKET"), std::string::npos) << text;
    EXPECT_NE(text.find("SALLYPORT_CHILD_TEST=kept\n"), std::string::npos) << text;
    ::waitpid(pid, nullptr, 0);
}

TEST(Child, DiesWithItsParent) {
    Pipe pipe;
    const pid_t parent = ::fork();
    if (parent == 0) {
        start_child({"/bin/sleep", {"sleep", "1000"}, -1, pipe.write_end.get()});
        ::usleep(100'000);
        ::kill(::getpid(), SIGKILL);
    }
    pipe.write_end.close();
    EXPECT_EQ(read_all(pipe.read_end.get()), "")
        << "the end comes when nobody holds the pipe any more";
    int status = 0;
    ::waitpid(parent, &status, 0);
    EXPECT_EQ(describe_exit(status), "was killed by signal 9 (Killed)");
}

TEST(Child, SeesNoOtherProcessIfItHasIdsOfItsOwn) {
    Pipe pipe;
    const pid_t pid =
        start_child({"/bin/sh", {"sh", "-c", "echo $$"}, -1, pipe.write_end.get(), true});
    pipe.write_end.close();
    EXPECT_EQ(read_all(pipe.read_end.get()), "1\n");
    int status = 0;
    ::waitpid(pid, &status, 0);
    EXPECT_EQ(describe_exit(status), "ended with code 0");
}

TEST(Child, WithIdsOfItsOwnDiesWithItsParentToo) {
    Pipe pipe;
    const pid_t parent = ::fork();
    if (parent == 0) {
        start_child(
            {"/bin/sh", {"sh", "-c", "echo; exec sleep 1000"}, -1, pipe.write_end.get(), true});
        char line_end = 0;
        [[maybe_unused]] const ssize_t count = ::read(pipe.read_end.get(), &line_end, 1);
        ::kill(::getpid(), SIGKILL);
    }
    pipe.write_end.close();
    int status = 0;
    ::waitpid(parent, &status, 0);
    EXPECT_EQ(read_all(pipe.read_end.get()), "");
}

TEST(Child, ThatCannotBeExecutedEndsWith127) {
    const pid_t pid = start_child({"/nowhere/program", {"program"}, -1, -1});
    int status = 0;
    ::waitpid(pid, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), child_exec_failed);
}

}  // namespace
}  // namespace sallyport::gateway
