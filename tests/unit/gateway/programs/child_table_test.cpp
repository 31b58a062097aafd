#include "gateway/programs/child_table.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include "gateway/host/child.h"

namespace sallyport::gateway {
namespace {

using supervision::tor_process;
using supervision::worker_process;

constexpr const char* sleep_long = "exec sleep 1000";

struct Table {
    boost::asio::io_context io;
    std::vector<std::string> packets;
    ChildTable children{io, [this](supervision::ProcessId from, Packet&& packet) {
                            EXPECT_EQ(from, worker_process);
                            packets.push_back(packet.text);
                        }};

    ~Table() { children.kill_all(); }

    /// Starts a shell, for the worker with a channel.
    void start(supervision::ProcessId process, const char* script) {
        DescriptorPair pair;
        const bool channel = process == worker_process;
        if (channel) pair = make_packet_pair();
        const pid_t pid =
            start_child({"/bin/sh", {"sh", "-c", script}, channel ? pair.theirs.get() : -1, -1});
        children.add(process, pid, std::move(pair.ours));
    }

    ChildTable::Ended next_end() {
        siginfo_t info{};
        EXPECT_EQ(::waitid(P_ALL, 0, &info, WEXITED | WNOWAIT), 0);
        const auto ended = children.reap();
        EXPECT_EQ(ended.size(), 1U);
        return ended.at(0);
    }
};

TEST(ChildTable, ReportsWhichProcessHasEndedAndHow) {
    Table table;
    table.start(tor_process, "exit 3");
    const auto ended = table.next_end();
    EXPECT_EQ(ended.process, tor_process);
    EXPECT_EQ(describe_exit(ended.status), "ended with code 3");
    EXPECT_TRUE(table.children.reap().empty());
}

TEST(ChildTable, SendsSignalsToTheProcessThatIsMeant) {
    Table table;
    table.start(worker_process, sleep_long);
    table.start(tor_process, sleep_long);
    table.children.signal(tor_process, SIGTERM);
    auto ended = table.next_end();
    EXPECT_EQ(ended.process, tor_process);
    EXPECT_EQ(describe_exit(ended.status), "was killed by signal 15 (Terminated)");
    table.children.signal(tor_process, SIGKILL);  // there is none now
    table.children.kill_all();
    ended = table.next_end();
    EXPECT_EQ(ended.process, worker_process);
    EXPECT_EQ(describe_exit(ended.status), "was killed by signal 9 (Killed)");
}

TEST(ChildTable, ReportsThatAPacketCannotBeSent) {
    Table table;
    EXPECT_FALSE(table.children.send(worker_process, "stop")) << "there is no worker";
    table.start(tor_process, sleep_long);
    EXPECT_FALSE(table.children.send(tor_process, "stop")) << "tor has no channel";
    table.start(worker_process, sleep_long);
    EXPECT_TRUE(table.children.send(worker_process, "stop"));
    table.children.signal(worker_process, SIGKILL);
    table.next_end();
    EXPECT_FALSE(table.children.send(worker_process, "stop")) << "it has ended";
}

TEST(ChildTable, HandsOverWhatAChildSends) {
    Table table;
    table.start(worker_process, "echo ready >&3; exec sleep 1000");
    while (table.packets.empty()) table.io.run_one();
    EXPECT_EQ(table.packets.at(0), "ready\n");
}

}  // namespace
}  // namespace sallyport::gateway
