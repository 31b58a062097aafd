#include "gateway/tor/verification.h"

#include <gtest/gtest.h>

namespace sallyport::gateway {
namespace {

Torrc example() {
    Torrc torrc;
    torrc.data_directory = "/s/tor";
    torrc.control_socket = "/s/tor/control.sock";
    torrc.onion_directory = "/s/onion";
    torrc.front_socket = "/s/run/front.sock";
    torrc.socks_socket = "/s/run/socks.sock";
    return torrc;
}

ControlReply listeners(std::string_view kind, std::string_view addresses) {
    ControlReply reply{
        250,
        {"net/listeners/or=", "net/listeners/socks=\"unix:/s/run/socks.sock\"",
         "net/listeners/control=\"unix:/s/tor/control.sock\"", "net/listeners/dns=", "OK"}};
    const std::string start = "net/listeners/" + std::string(kind) + "=";
    for (std::string& line : reply.lines) {
        if (line.starts_with(start)) line = start + std::string(addresses);
    }
    return reply;
}

ControlReply settings(const std::vector<std::string>& others = {}) {
    ControlReply reply{
        250,
        {"DataDirectory=/s/tor", "HiddenServiceNonAnonymousMode=0", "HiddenServiceDir=/s/onion",
         "HiddenServiceVersion=3", "HiddenServicePort=80 unix:/s/run/front.sock",
         "HiddenServiceExportCircuitID=haproxy"}};
    reply.lines.insert(reply.lines.end(), others.begin(), others.end());
    return reply;
}

TEST(Verification, AsksForEveryKindOfListener) {
    EXPECT_EQ(listeners_command(),
              "GETINFO net/listeners/or net/listeners/dir net/listeners/socks net/listeners/trans "
              "net/listeners/natd net/listeners/dns net/listeners/control net/listeners/extor "
              "net/listeners/httptunnel net/listeners/metrics");
    EXPECT_EQ(settings_command(),
              "GETCONF DataDirectory HiddenServiceNonAnonymousMode HiddenServiceOptions");
}

TEST(Verification, AcceptsTheListenersOfTheTorrcAndFewer) {
    EXPECT_FALSE(unconfigured_listener(listeners("or", ""), example()));
    EXPECT_FALSE(unconfigured_listener(listeners("socks", ""), example()));
}

TEST(Verification, NamesAListenerThatIsNotInTheTorrc) {
    EXPECT_EQ(unconfigured_listener(listeners("socks", "\"127.0.0.1:9050\""), example()),
              "it listens on \"127.0.0.1:9050\" (socks), which is not configured");
    EXPECT_TRUE(unconfigured_listener(
        listeners("socks", "\"unix:/s/run/socks.sock\" \"127.0.0.1:9050\""), example()));
    EXPECT_TRUE(unconfigured_listener(listeners("or", "\"0.0.0.0:9001\""), example()));
    EXPECT_TRUE(unconfigured_listener(listeners("dns", "\"127.0.0.1:53\""), example()));
    EXPECT_TRUE(unconfigured_listener(
        listeners("control", "\"unix:/s/tor/control.sock\" \"127.0.0.1:9051\""), example()));
    Torrc none = example();
    none.socks_socket.clear();
    EXPECT_TRUE(unconfigured_listener(listeners("or", ""), none));
}

TEST(Verification, AcceptsTheSettingsOfTheTorrc) {
    EXPECT_FALSE(unconfigured_setting(settings(), example()));
    ControlReply other_order = settings();
    std::swap(other_order.lines.front(), other_order.lines.back());
    EXPECT_FALSE(unconfigured_setting(other_order, example()));
}

TEST(Verification, NamesASettingThatDiffers) {
    EXPECT_EQ(unconfigured_setting(settings({"HiddenServiceDir=/other"}), example()),
              "it runs with \"HiddenServiceDir=/other\", which is not configured");
    Torrc single = example();
    single.single_onion = true;
    EXPECT_EQ(unconfigured_setting(settings(), single),
              "it runs with \"HiddenServiceNonAnonymousMode=0\", which is not configured");
    ControlReply less = settings();
    less.lines.pop_back();
    EXPECT_EQ(unconfigured_setting(less, example()),
              "it runs without \"HiddenServiceExportCircuitID=haproxy\"");
}

}  // namespace
}  // namespace sallyport::gateway
