#include "gateway/programs/kept_child.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <boost/asio/signal_set.hpp>

#include "gateway/host/child.h"

namespace sallyport::gateway {
namespace {

/// A child kept in a loop of its own, which runs until `ends` of its ends were seen.
struct Keeping {
    boost::asio::io_context io;
    boost::asio::signal_set signals{io, SIGCHLD};
    int starts = 0;
    int ends = 0;
    int last_status = 0;
    KeptChild child;

    explicit Keeping(const char* script)
        : child(
              io, "child",
              [this, script] {
                  ++starts;
                  return start_child({"/bin/sh", {"sh", "-c", script}, -1, -1});
              },
              [this](int status) {
                  ++ends;
                  last_status = status;
              }) {}

    void run_until_ends(int count) {
        await(count);
        io.run();
        io.restart();
    }

private:
    void await(int count) {
        signals.async_wait([this, count](boost::system::error_code error, int) {
            if (error) return;
            int status = 0;
            for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
                EXPECT_TRUE(child.on_exit(pid, status));
            }
            ends >= count ? io.stop() : await(count);
        });
    }
};

TEST(KeptChild, IsStartedAgainAfterItEnded) {
    Keeping keeping("exit 3");
    keeping.child.start();
    keeping.run_until_ends(3);
    EXPECT_EQ(keeping.starts, 3);
    EXPECT_EQ(describe_exit(keeping.last_status), "ended with code 3");
    EXPECT_FALSE(keeping.child.on_exit(1, 0)) << "that was another process";
}

TEST(KeptChild, IsAskedToEndAndThenStaysDown) {
    Keeping keeping("exec sleep 1000");
    keeping.child.start();
    keeping.child.stop(std::chrono::seconds(60));
    keeping.run_until_ends(1);
    EXPECT_EQ(describe_exit(keeping.last_status), "was killed by signal 15 (Terminated)");
    EXPECT_FALSE(keeping.child.running());
    EXPECT_EQ(keeping.starts, 1);
}

TEST(KeptChild, IsKilledWhenItDoesNotEndInTime) {
    Keeping keeping("exec sleep 1000");
    keeping.child.start();
    keeping.child.stop(std::chrono::milliseconds(10), false);
    keeping.run_until_ends(1);
    EXPECT_EQ(describe_exit(keeping.last_status), "was killed by signal 9 (Killed)");
}

}  // namespace
}  // namespace sallyport::gateway
