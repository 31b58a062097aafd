#include "gateway/tor/control_client.h"

#include <gtest/gtest.h>

#include "gateway/tor/verification.h"

namespace sallyport::gateway {
namespace {

const std::string verification =
    std::string(listeners_command()) + "\r\n" + std::string(settings_command()) + "\r\n";
constexpr std::string_view started = "250 OK\r\n250 OK\r\n250 OK\r\n";
constexpr std::string_view no_listeners = "250-net/listeners/or=\r\n250 OK\r\n";
constexpr std::string_view settings =
    "250-DataDirectory=/d\r\n250-HiddenServiceNonAnonymousMode=0\r\n250-HiddenServiceDir=/o\r\n"
    "250-HiddenServiceVersion=3\r\n250-HiddenServicePort=80 unix:/f\r\n"
    "250 HiddenServiceExportCircuitID=haproxy\r\n";

Torrc torrc() {
    Torrc all;
    all.data_directory = "/d";
    all.onion_directory = "/o";
    all.front_socket = "/f";
    return all;
}

struct Dialogue {
    ControlClient client{torrc()};
    ControlClient::Output out;

    Dialogue() { client.start("\x01\xAB", out); }
    std::vector<ControlClient::Event> say(std::string_view bytes) {
        client.on_bytes(bytes, out);
        return std::exchange(out.events, {});
    }
};

TEST(ControlClient, AuthenticatesWithTheCookieThenListensAndVerifies) {
    Dialogue dialogue;
    EXPECT_EQ(dialogue.out.send,
              "AUTHENTICATE 01AB\r\nSETEVENTS STATUS_CLIENT HS_DESC\r\nGETINFO "
              "status/bootstrap-phase\r\n" +
                  verification);
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

TEST(ControlClient, TellsThatTorRunsAsConfiguredForEachVerification) {
    Dialogue dialogue;
    dialogue.say(started);
    EXPECT_TRUE(dialogue.say(no_listeners).empty());
    const auto first = dialogue.say(settings);
    ASSERT_EQ(first.size(), 1u);
    EXPECT_TRUE(std::holds_alternative<ControlClient::Verified>(first[0]));
    dialogue.out.send.clear();
    dialogue.client.verify(dialogue.out);
    EXPECT_EQ(dialogue.out.send, verification);
    const auto second = dialogue.say(std::string(no_listeners) + std::string(settings));
    ASSERT_EQ(second.size(), 1u);
    EXPECT_TRUE(std::holds_alternative<ControlClient::Verified>(second[0]));
}

TEST(ControlClient, TellsHowTorDiffersFromItsTorrc) {
    Dialogue dialogue;
    dialogue.say(started);
    dialogue.say("250-net/listeners/or=\"0.0.0.0:9001\"\r\n250 OK\r\n");
    const auto listener = dialogue.say(settings);
    ASSERT_EQ(listener.size(), 1u);
    EXPECT_EQ(std::get<ControlClient::Unconfigured>(listener[0]).how,
              "it listens on \"0.0.0.0:9001\" (or), which is not configured");
    dialogue.client.verify(dialogue.out);
    dialogue.say(no_listeners);
    const auto setting = dialogue.say("250 DataDirectory=/other\r\n");
    ASSERT_EQ(setting.size(), 1u);
    EXPECT_EQ(std::get<ControlClient::Unconfigured>(setting[0]).how,
              "it runs with \"DataDirectory=/other\", which is not configured");
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

TEST(ControlClient, ReloadsAndClosesCircuits) {
    Dialogue dialogue;
    static_cast<void>(
        dialogue.say(std::string(started) + std::string(no_listeners) + std::string(settings)));
    dialogue.out.send.clear();
    dialogue.client.reload(dialogue.out);
    dialogue.client.close_circuit(24, dialogue.out);
    EXPECT_EQ(dialogue.out.send, "SIGNAL RELOAD\r\nCLOSECIRCUIT 24\r\n");
    EXPECT_TRUE(dialogue.say("250 OK\r\n250 OK\r\n").empty());
}

TEST(ControlClient, GoesOnIfACircuitHasEndedAlready) {
    Dialogue dialogue;
    static_cast<void>(
        dialogue.say(std::string(started) + std::string(no_listeners) + std::string(settings)));
    dialogue.client.close_circuit(24, dialogue.out);
    EXPECT_TRUE(dialogue.say("552 Unknown circuit \"24\"\r\n").empty());
    dialogue.client.reload(dialogue.out);
    const auto refused = dialogue.say("551 Refused\r\n");
    ASSERT_EQ(refused.size(), 1u);
    EXPECT_TRUE(std::holds_alternative<ControlClient::Failed>(refused[0]));
}

}  // namespace
}  // namespace sallyport::gateway
