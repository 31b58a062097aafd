#include "gateway/programs/participant_shell.h"

#include <stdexcept>

#include <gtest/gtest.h>

namespace sallyport::gateway {
namespace {

using supervision::Message;
using supervision::ReloadCommand;
namespace message = supervision::message;

/// A participant whose core counts what it takes. A version's files are its "text".
struct Participant {
    boost::asio::io_context io;
    std::vector<Message> answers;
    int taken = 0;
    ParticipantShell<int> shell{io,
                                {[](const PolicyVersion& version) {
                                     if (*version.find("text") == "bad")
                                         throw std::runtime_error("line 1: bad");
                                     return 0;
                                 },
                                 [](int) { return "would change"; },
                                 [this](int) { return "change " + std::to_string(++taken); }},
                                [this](const Message& answer) { answers.push_back(answer); }};

    static PolicyVersion version(const std::string& text) {
        PolicyVersion version;
        version.add("text", text);
        return version;
    }
    void prepare(supervision::Round round, const std::string& text) {
        Packet packet{"prepare " + std::to_string(round), to_memory(version(text))};
        EXPECT_TRUE(shell.on_packet(packet));
    }
    void send(const std::string& text) {
        Packet packet{text, Descriptor()};
        EXPECT_TRUE(shell.on_packet(packet));
    }
    Message next_answer() {
        while (answers.empty()) {
            io.run_one();
            io.restart();
        }
        const Message first = answers.front();
        answers.erase(answers.begin());
        return first;
    }
};

TEST(ParticipantShell, CompilesAVersionAndTakesItAtTheCommit) {
    Participant one;
    one.prepare(1, "good");
    EXPECT_EQ(one.next_answer(), Message(message::Prepared{1, "would change"}));
    EXPECT_EQ(one.taken, 0);
    one.send("commit 1");
    EXPECT_EQ(one.next_answer(), Message(message::Committed{1, "change 1"}));
    EXPECT_EQ(one.taken, 1);
}

TEST(ParticipantShell, RefusesAVersionThatCannotBeCompiledOrDidNotArrive) {
    Participant one;
    one.prepare(1, "bad");
    EXPECT_EQ(one.next_answer(), Message(message::Refused{1, "line 1: bad"}));
    one.send("prepare 2");
    EXPECT_EQ(one.next_answer(),
              Message(message::Refused{2, "the policy version was not received"}));
    one.send("commit 2");
    EXPECT_EQ(one.taken, 0);
}

TEST(ParticipantShell, ForgetsAVersionAtTheAbort) {
    Participant one;
    one.prepare(1, "good");
    one.next_answer();
    one.send("abort 1");
    one.send("commit 1");
    EXPECT_EQ(one.taken, 0);
}

TEST(ParticipantShell, CompilesTheLastOfSeveralVersions) {
    Participant one;
    for (supervision::Round round = 1; round <= 3; ++round) one.prepare(round, "good");
    EXPECT_EQ(one.next_answer(), Message(message::Prepared{3, "would change"}));
    EXPECT_TRUE(one.answers.empty());
}

TEST(ParticipantShell, LeavesOtherPacketsToOthers) {
    Participant one;
    for (const char* text : {"stop", "connected 1", "version"}) {
        Packet packet{text, Descriptor()};
        EXPECT_FALSE(one.shell.on_packet(packet)) << text;
    }
}

TEST(ParticipantShell, TellsOfLinksThatComeAndGo) {
    EXPECT_EQ(describe_links(0, 0), "");
    EXPECT_EQ(describe_links(1, 0), ", 1 link added and 0 removed");
    EXPECT_EQ(describe_links(2, 3), ", 2 links added and 3 removed");
}

TEST(ParticipantShell, EndsWhileItCompiles) {
    Participant one;
    one.prepare(1, "good");
}

}  // namespace
}  // namespace sallyport::gateway
