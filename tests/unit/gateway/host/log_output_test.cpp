#include "gateway/host/log_output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <thread>

#include "tests/support/temporary_folder.h"

namespace sallyport::gateway {
namespace {

using namespace std::chrono_literals;

const std::string line(100, 'x');
const std::string lost = "lost" + line + "\n";

struct Pipe {
    Pipe() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
        reader = Descriptor(ends[0]);
        writer = Descriptor(ends[1]);
        ::fcntl(writer.get(), F_SETPIPE_SZ, 4096);
    }
    std::string take(std::size_t most = 1 << 20) const {
        ::fcntl(reader.get(), F_SETFL, O_NONBLOCK);
        std::string all(most, '\0');
        const ssize_t count = ::read(reader.get(), all.data(), all.size());
        all.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
        return all;
    }

    Descriptor reader;
    Descriptor writer;
};

/// Writes until a line is refused; a test that waits here for ever has failed.
int fill(LogOutput& output) {
    int lines = 0;
    while (lines < 100'000 && output.write(line + "\n")) ++lines;
    return lines;
}

TEST(LogOutput, DropsALineThatAFullPipeDoesNotTakeAndWritesAgainWhenItWasRead) {
    const Pipe pipe;
    LogOutput output(pipe.writer.get());
    const int lines = fill(output);
    EXPECT_GT(lines, 10);
    EXPECT_FALSE(output.write(lost));
    const std::string read = pipe.take();
    EXPECT_EQ(read.find("lost"), std::string::npos);
    EXPECT_TRUE(output.write("again\n"));
    EXPECT_TRUE(pipe.take().ends_with("again\n"));
}

TEST(LogOutput, LeavesTheFlagsThatOthersShareAsTheyAre) {
    const Pipe pipe;
    LogOutput output(pipe.writer.get());
    fill(output);
    EXPECT_EQ(::fcntl(pipe.writer.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST(LogOutput, WritesTheRestOfALineBeforeTheNextOne) {
    const Pipe pipe;
    LogOutput output(pipe.writer.get());
    std::string large(5000, 'a');
    large.push_back('\n');
    ASSERT_TRUE(output.write(large)) << "a part fits";
    EXPECT_FALSE(output.write("b\n")) << "its rest does not";
    std::string read = pipe.take();
    EXPECT_TRUE(output.write("c\n"));
    read += pipe.take();
    EXPECT_EQ(read, large + "c\n");
}

TEST(LogOutput, DoesNotWaitForASocketEither) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    const Descriptor reader(ends[0]);
    const Descriptor writer(ends[1]);
    LogOutput output(writer.get());
    EXPECT_GT(fill(output), 10);
    EXPECT_FALSE(output.write(lost));
}

TEST(LogOutput, DoesNotWaitForAPipeThatItMayNotOpenAgain) {
    const Pipe pipe;
    ASSERT_EQ(::fchmod(pipe.writer.get(), 0), 0);
    ::setfsuid(65534);  // root may open everything
    LogOutput output(pipe.writer.get());
    ::setfsuid(::geteuid());
    EXPECT_GT(fill(output), 10);
    pipe.take();
    EXPECT_TRUE(output.write("again\n"));
}

TEST(LogOutput, DropsLinesWhenTheReaderHasGone) {
    Pipe pipe;
    LogOutput output(pipe.writer.get());
    pipe.reader.close();
    ::signal(SIGPIPE, SIG_IGN);
    EXPECT_FALSE(output.write("lost\n"));
}

TEST(LogOutput, AppendsToAFileWhereOthersWriteToo) {
    const test::TemporaryFolder folder;
    const std::string path = folder.path() + "/log";
    const Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    LogOutput output(file.get());
    EXPECT_TRUE(output.write("one\n"));
    EXPECT_EQ(::write(file.get(), "two\n", 4), 4);
    EXPECT_TRUE(output.write("three\n"));
    std::array<char, 32> read{};
    EXPECT_EQ(::pread(file.get(), read.data(), read.size(), 0), 14);
    EXPECT_STREQ(read.data(), "one\ntwo\nthree\n");
}

TEST(LogOutput, WaitsForItsLastWordsAsLongAsItMay) {
    const Pipe pipe;
    LogOutput output(pipe.writer.get());
    fill(output);
    const auto begin = std::chrono::steady_clock::now();
    output.write_patiently(line + "last words\n", 50ms);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 40ms) << "poll() counts whole milliseconds";
    std::string read;
    std::thread reader([&] {
        while (read.find("words\nmore\n") == std::string::npos) {
            read += pipe.take();
            std::this_thread::yield();
        }
    });
    output.write_patiently("more\n", 10s);
    reader.join();
    EXPECT_TRUE(read.ends_with("last words\nmore\n"));
}

}  // namespace
}  // namespace sallyport::gateway
