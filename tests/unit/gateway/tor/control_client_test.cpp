#include "gateway/tor/control_client.h"

#include <gtest/gtest.h>

namespace sallyport::gateway {
namespace {

struct Dialogue {
    ControlClient client;
    ControlClient::Output out;

    Dialogue() { client.start("\x01\xAB", out); }
    std::vector<ControlClient::Event> say(std::string_view bytes) {
        client.on_bytes(bytes, out);
        return std::exchange(out.events, {});
    }
};

TEST(ControlClient, AuthenticatesWithTheCookieThenListens) {
    Dialogue dialogue;
    EXPECT_EQ(dialogue.out.send,
              "AUTHENTICATE 01AB\r\nSETEVENTS STATUS_CLIENT HS_DESC\r\nGETINFO "
              "status/bootstrap-phase\r\n");
}

TEST(ControlClient, TellsEachStepOfTheBootstrapOnce) {
    Dialogue dialogue;
    EXPECT_TRUE(dialogue.say("250 OK\r\n250 OK\r\n").empty());
    const auto first = dialogue.say(
        "250-status/bootstrap-phase=NOTICE BOOTSTRAP PROGRESS=5 TAG=conn SUMMARY=\"x\"\r\n250 "
        "OK\r\n");
    ASSERT_EQ(first.size(), 1u);
    EXPECT_EQ(std::get<Bootstrap>(first[0]).percent, 5);
    EXPECT_TRUE(
        dialogue.say("650 STATUS_CLIENT NOTICE BOOTSTRAP PROGRESS=5 TAG=conn SUMMARY=\"x\"\r\n")
            .empty());
    const auto second = dialogue.say(
        "650 STATUS_CLIENT NOTICE BOOTSTRAP PROGRESS=100 TAG=done SUMMARY=\"Done\"\r\n");
    ASSERT_EQ(second.size(), 1u);
    EXPECT_EQ(std::get<Bootstrap>(second[0]).tag, "done");
}

TEST(ControlClient, TellsOfAnUploadedDescriptor) {
    Dialogue dialogue;
    dialogue.say("250 OK\r\n250 OK\r\n250 OK\r\n");
    EXPECT_TRUE(dialogue.say("650 HS_DESC UPLOAD abc UNKNOWN $00 def\r\n").empty());
    const auto events = dialogue.say("650 HS_DESC UPLOADED abc UNKNOWN $00\r\n");
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(std::get<ControlClient::Uploaded>(events[0]).address, "abc");
}

TEST(ControlClient, FailsWhenRefused) {
    Dialogue dialogue;
    const auto events = dialogue.say("515 Authentication failed\r\n250 OK\r\n");
    ASSERT_EQ(events.size(), 1u);
    EXPECT_NE(std::get<ControlClient::Failed>(events[0]).why.find("Authentication failed"),
              std::string::npos);
}

TEST(ControlClient, FailsOnWhatIsNoReply) {
    Dialogue dialogue;
    const auto events = dialogue.say("HTTP/1.0 501 Tor is not an HTTP Proxy\r\n");
    ASSERT_EQ(events.size(), 1u);
    EXPECT_TRUE(std::holds_alternative<ControlClient::Failed>(events[0]));
    EXPECT_TRUE(dialogue.say("250 OK\r\n").empty());
}

}  // namespace
}  // namespace sallyport::gateway
