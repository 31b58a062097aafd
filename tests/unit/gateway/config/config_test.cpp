#include "gateway/config/config.h"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::gateway {
namespace {

constexpr std::string_view whole = R"(state_dir = "state"
realms = ["observatory.toml"]

[listen]
local = "run/local.sock"

[limits]
sessions = 5
message_bytes = "1MiB"

[tor]
mode = "managed"
torrc_extra = "extra.torrc"

[[backend]]
name = "inside"
kind = "embedded"
config = "inside.toml"

[[backend]]
name = "lab"
kind = "accept"
listen = "tcp:10.0.0.1:4443"
peer_pin = "sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

[[backend]]
name = "plc"
kind = "dial"
address = "tcp:plc.lan:8080"
profile = "crossbar"
plaintext = "a wire of two metres"
)";

std::string wrong(std::string_view text) {
    const auto config = parse_gateway_config(text, "/etc/g.toml");
    if (!config.has_error()) return "";
    std::string lines;
    for (const auto& diagnostic : config.error()) lines += policy::to_string(diagnostic) + "\n";
    return lines;
}

std::string with(std::string_view old, std::string_view replacement) {
    std::string text(whole);
    const std::size_t at = text.find(old);
    EXPECT_NE(at, std::string::npos) << old;
    return text.replace(at, old.size(), replacement);
}

TEST(GatewayConfigFile, IsReadWithPathsRelativeToItself) {
    const auto config = parse_gateway_config(whole, "/etc/g.toml");
    ASSERT_FALSE(config.has_error()) << wrong(whole);
    EXPECT_EQ(config->state_dir.path, "/etc/state");
    EXPECT_EQ(config->realms.at(0).path, "/etc/observatory.toml");
    EXPECT_EQ(config->front.path, "/etc/state/run/front.sock");
    EXPECT_EQ(config->local.path, "/etc/state/run/local.sock");
    EXPECT_EQ(config->admin.path, "/etc/state/run/admin.sock");
    EXPECT_EQ(config->limits.sessions, 5u);
    EXPECT_EQ(config->limits.message_bytes, 1u << 20);
    EXPECT_EQ(config->limits.queue_bytes, 4u << 20);
    EXPECT_EQ(config->tor.mode, TorText::Mode::managed);
    EXPECT_EQ(config->tor.extra.path, "/etc/extra.torrc");
    ASSERT_EQ(config->backends.size(), 3u);
    EXPECT_EQ(config->backends[0].inside_config.path, "/etc/inside.toml");
    EXPECT_EQ(config->backends[1].address.text(), "tcp:10.0.0.1:4443");
    EXPECT_EQ(config->backends[2].profile, backend_link::BackendKind::crossbar);
}

TEST(GatewayConfigFile, RequiresTheSandboxUnlessItSaysOtherwise) {
    EXPECT_EQ(parse_gateway_config(whole, "/etc/g.toml")->sandbox, SandboxMode::required);
    const auto sandbox = [](const std::string& value) {
        return "sandbox = \"" + value + "\"\n" + std::string(whole);
    };
    EXPECT_EQ(parse_gateway_config(sandbox("required"), "/etc/g.toml")->sandbox,
              SandboxMode::required);
    EXPECT_EQ(parse_gateway_config(sandbox("preferred"), "/etc/g.toml")->sandbox,
              SandboxMode::preferred);
    EXPECT_NE(wrong(sandbox("off")).find("\"off\" is not a valid sandbox"), std::string::npos);
    EXPECT_EQ(parse_inside_config("sandbox = \"preferred\"\nstate_dir = \"s\"\nrealms = [\"r\"]\n",
                                  "/etc/i.toml")
                  ->sandbox,
              SandboxMode::preferred);
}

TEST(GatewayConfigFile, SaysHowStrictlyRequestIdsAreChecked) {  // W-ID-06
    using wamp::IdRule;
    EXPECT_EQ(parse_gateway_config(whole, "/etc/g.toml")->request_ids, IdRule::strict);
    for (const auto& [value, rule] :
         {std::pair{"strict", IdRule::strict}, std::pair{"monotonic", IdRule::monotonic},
          std::pair{"off", IdRule::off}}) {
        const std::string line = "request_ids = \"" + std::string(value) + "\"\n";
        EXPECT_EQ(parse_gateway_config(line + std::string(whole), "/etc/g.toml")->request_ids,
                  rule);
        EXPECT_EQ(parse_inside_config(line + "state_dir = \"s\"\nrealms = [\"r\"]\n", "/etc/i.toml")
                      ->request_ids,
                  rule);
    }
}

TEST(InsideConfigFile, SaysWhetherServicesLearnWhoCallsFromOutside) {  // W-CID-01
    const auto inside = [](const std::string& line) {
        return parse_inside_config(line + "state_dir = \"s\"\nrealms = [\"r\"]\n", "/etc/i.toml");
    };
    EXPECT_TRUE(inside("")->disclose_outside_callers);
    EXPECT_TRUE(inside("disclose_outside_callers = true\n")->disclose_outside_callers);
    EXPECT_FALSE(inside("disclose_outside_callers = false\n")->disclose_outside_callers);
    EXPECT_TRUE(inside("disclose_outside_callers = \"no\"\n").has_error());
}

TEST(InsideConfigFile, SaysWhichEventsAreKept) {  // W-EVH-01
    const auto config = parse_inside_config(
        "state_dir = \"s\"\nrealms = [\"r\"]\n[[history]]\nuri = \"lab.weather\"\n"
        "[[history]]\nmatch = \"prefix\"\nuri = \"lab.\"\nevents = 5\nbytes = \"64KiB\"\n"
        "age = \"10m\"\n",
        "/etc/i.toml");
    ASSERT_FALSE(config.has_error());
    ASSERT_EQ(config->history.size(), 2U);
    EXPECT_EQ(config->history[0].uri, "lab.weather");
    EXPECT_EQ(config->history[0].match, wamp::MatchPolicy::exact);
    EXPECT_EQ(config->history[0].events, 100U);
    EXPECT_EQ(config->history[0].bytes, std::size_t{1} << 20);
    EXPECT_EQ(config->history[0].age, std::chrono::hours(24));
    EXPECT_EQ(config->history[1].match, wamp::MatchPolicy::prefix);
    EXPECT_EQ(config->history[1].events, 5U);
    EXPECT_EQ(config->history[1].bytes, std::size_t{64} << 10);
    EXPECT_EQ(config->history[1].age, std::chrono::minutes(10));
}

TEST(GatewayConfigFile, ReadsWhoMayConnectToASocket) {
    const auto config =
        parse_gateway_config(with("local = \"run/local.sock\"",
                                  "front = \"/run/front.sock\"\n"
                                  "local = { path = \"/run/local.sock\", mode = \"0660\" }\n"
                                  "admin = { path = \"/run/admin.sock\", group = \"lab\" }"),
                             "/etc/g.toml");
    ASSERT_FALSE(config.has_error());
    EXPECT_FALSE(config->front.access.mode);
    EXPECT_EQ(config->local.path, "/run/local.sock");
    EXPECT_EQ(config->local.access.mode, 0660u);
    EXPECT_EQ(config->admin.access.mode, 0660u);
    EXPECT_EQ(config->admin.access.group, "lab");
    EXPECT_EQ(config->admin.access.place, (policy::Place{"/etc/g.toml", 7, 45}));
}

TEST(GatewayConfigFile, OpensTheFrontToTheGroupOfAnotherUsersTor) {
    const auto mode = [](const std::string& front) {
        return parse_gateway_config("state_dir = \"/s\"\nrealms = [\"a.toml\"]\n" + front +
                                        "[tor]\nmode = \"external\"\n[[backend]]\nname = \"b\"\n"
                                        "kind = \"accept\"\nlisten = \"unix:/run/l.sock\"\n"
                                        "group = \"lab\"\n",
                                    "/g.toml");
    };
    EXPECT_EQ(mode("")->front.access.mode, 0660u);
    EXPECT_EQ(mode("[listen]\nfront = { path = \"/f\", mode = \"0600\" }\n")->front.access.mode,
              0600u);
    EXPECT_EQ(mode("")->backends.at(0).access.group, "lab");
}

TEST(GatewayConfigFile, RefusesUnknownKeysWithTheNearestName) {
    EXPECT_EQ(wrong(with("sessions = 5", "sesions = 5")),
              "/etc/g.toml:8:1: error: unknown key \"sesions\" in [limits] (did you mean "
              "\"sessions\"?)\n");
    EXPECT_NE(wrong(with("state_dir", "statedir")).find("did you mean \"state_dir\"?"),
              std::string::npos);
    EXPECT_NE(
        wrong(with("kind = \"embedded\"", "kind = \"embeded\"")).find("did you mean \"embedded\"?"),
        std::string::npos);
}

TEST(GatewayConfigFile, ReportsAllErrorsInTheOrderOfLines) {
    std::string text = with("sessions = 5", "sessions = 0");
    text.replace(text.find("\"1MiB\""), 6, "\"17MiB\"");
    EXPECT_EQ(wrong(text),
              "/etc/g.toml:8:12: error: 0 is out of range for \"sessions\" (from 1 to 1000000)\n"
              "/etc/g.toml:9:17: error: \"17MiB\" is not a valid size for \"message_bytes\" (from "
              "512B to "
              "16MiB, such as \"4MiB\")\n");
}

TEST(GatewayConfigFile, BoundsTheLargestMessage) {
    EXPECT_EQ(wrong(with("\"1MiB\"", "\"512\"")), "");
    EXPECT_NE(wrong(with("\"1MiB\"", "\"511\"")), "");
    EXPECT_EQ(wrong(with("\"1MiB\"", "\"16MiB\"")), "");
}

TEST(GatewayConfigFile, AsksForWhatIsMissing) {
    EXPECT_EQ(wrong(with("[tor]\nmode = \"managed\"\ntorrc_extra = \"extra.torrc\"\n", "")),
              "/etc/g.toml:1:1: error: this file has no [tor] (add [tor] with mode = \"managed\", "
              "\"external\" or \"off\")\n");
    EXPECT_NE(wrong(with("config = \"inside.toml\"\n", "")).find("has no \"config\""),
              std::string::npos);
    EXPECT_NE(wrong(with("peer_pin", "# peer_pin")).find("needs a pin"), std::string::npos);
}

TEST(GatewayConfigFile, StaysOnLocalAddresses) {
    EXPECT_NE(wrong(with("tcp:10.0.0.1:4443", "tcp:8.8.8.8:4443"))
                  .find("\"8.8.8.8\" is not a local address"),
              std::string::npos);
    EXPECT_NE(wrong(with("tcp:10.0.0.1:4443", "tcp:0.0.0.0:4443")).find("not a local address"),
              std::string::npos);
    EXPECT_NE(wrong(with("tcp:10.0.0.1:4443", "tcp:lab.lan:4443")).find("is not an IP address"),
              std::string::npos);
    EXPECT_NE(wrong(with("tcp:10.0.0.1:4443", "10.0.0.1:4443")).find("is not a valid address"),
              std::string::npos);
}

TEST(GatewayConfigFile, WantsAReasonForPlaintextOffThisMachine) {
    const std::string text = with("plaintext = \"a wire of two metres\"\n", "");
    EXPECT_EQ(wrong(text), "") << "names are judged when they have been resolved";
    std::string numeric = text;
    numeric.replace(numeric.find("plc.lan"), 7, "10.0.0.9");
    EXPECT_NE(wrong(numeric).find("plaintext = "), std::string::npos);
}

TEST(GatewayConfigFile, RefusesKeysOfAnotherKindOfBackend) {
    EXPECT_NE(
        wrong(with("config = \"inside.toml\"", "config = \"inside.toml\"\nprofile = \"nexus\""))
            .find("of kind \"embedded\" has no \"profile\""),
        std::string::npos);
}

TEST(GatewayConfigFile, RefusesPinsThatAreNone) {
    EXPECT_NE(wrong(with("sha256:00112233", "sha256:0011223G")).find("\"peer_pin\" is not a pin"),
              std::string::npos);
    EXPECT_NE(wrong(with("sha256:00112233", "sha256:001122")).find("\"peer_pin\" is not a pin"),
              std::string::npos);
    EXPECT_NE(wrong(with("sha256:", "sha999:")).find("\"peer_pin\" is not a pin"),
              std::string::npos);
}

TEST(GatewayConfigFile, RefusesTheZerosOfAnExampleAsAPin) {
    const std::string zeros(64, '0');
    EXPECT_NE(wrong(with("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", zeros))
                  .find("\"peer_pin\" is all zeros, which no key has (pair the two ends with "
                        "`sallyport link invite`"),
              std::string::npos);
}

TEST(GatewayConfigFile, ReadsThePinsOfKeysThatReplaceEachOther) {
    const std::string pin =
        "\"sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"";
    const std::string next = "\"sha256:" + std::string(64, 'a') + "\"";
    const auto config =
        parse_gateway_config(with(pin, "[" + pin + ", " + next + "]"), "/etc/g.toml");
    ASSERT_FALSE(config.has_error());
    EXPECT_EQ(config->backends.at(1).peer_pins.size(), 2u);
    EXPECT_EQ("\"" + config->backends.at(1).peer_pins.at(1) + "\"", next);

    std::string many = next;
    for (int i = 0; i < 8; ++i) many += ", " + next;
    EXPECT_NE(wrong(with(pin, "[" + many + "]")).find("more than 8 pins"), std::string::npos);
    EXPECT_NE(wrong(with(pin, "[" + pin + ", \"sha256:1\"]")).find("is not a pin"),
              std::string::npos);
}

TEST(GatewayConfigFile, RefusesTwoBackendsOfOneName) {
    EXPECT_NE(wrong(with("name = \"lab\"", "name = \"inside\""))
                  .find("there is already a backend \"inside\""),
              std::string::npos);
}

TEST(GatewayConfigFile, TakesUpTo64Backends) {
    const auto filled = [](std::size_t count) {
        std::string text(whole);
        for (std::size_t i = 3; i < count; ++i) {  // it has three
            text += "\n[[backend]]\nname = \"b" + std::to_string(i) +
                    "\"\nkind = \"accept\"\nlisten = \"unix:b" + std::to_string(i) + ".sock\"\n";
        }
        return text;
    };
    EXPECT_EQ(wrong(filled(64)), "");
    EXPECT_NE(wrong(filled(65)).find("there are more than 64 backends"), std::string::npos);
}

TEST(GatewayConfigFile, RefusesPathsThatASocketOrTorCannotHave) {
    EXPECT_NE(
        wrong(with("run/local.sock", "run/" + std::string(120, 'x'))).find("the maximum is 107"),
        std::string::npos);
    EXPECT_NE(wrong(with("state_dir = \"state\"", "state_dir = \"my state\""))
                  .find("which tor does not read"),
              std::string::npos);
}

TEST(GatewayConfigFile, RefusesBrokenToml) {
    EXPECT_TRUE(wrong(with("[limits]", "[limits")).starts_with("/etc/g.toml:7:"));
}

TEST(InsideConfigFile, IsReadWithPathsRelativeToItself) {
    const auto config = parse_inside_config(R"(state_dir = "s"
realms = ["r.toml"]
[[listen]]
address = "unix:run/services.sock"
[[link]]
gateway = "tcp:gateway.lan:4443"
peer_pin = "sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
)",
                                            "/etc/i.toml");
    ASSERT_FALSE(config.has_error());
    EXPECT_EQ(config->listens.at(0).address.text(), "unix:/etc/s/run/services.sock");
    EXPECT_EQ(config->links.at(0).gateway.text(), "tcp:gateway.lan:4443");
}

TEST(InsideConfigFile, ReadsWhoMayConnectToASocket) {
    const auto config = parse_inside_config(
        "state_dir = \"s\"\nrealms = [\"r.toml\"]\n[[listen]]\naddress = \"unix:/run/s.sock\"\n"
        "group = \"observers\"\n",
        "/etc/i.toml");
    ASSERT_FALSE(config.has_error());
    EXPECT_EQ(config->listens.at(0).access.mode, 0660u);
    EXPECT_EQ(config->listens.at(0).access.group, "observers");
}

TEST(InsideConfigFile, WantsAPinForALinkOverTcp) {
    const auto config = parse_inside_config(
        "state_dir = \"s\"\nrealms = [\"r.toml\"]\n[[link]]\ngateway = \"tcp:10.0.0.1:1\"\n",
        "/i.toml");
    ASSERT_TRUE(config.has_error());
    EXPECT_EQ(policy::to_string(config.error().at(0)),
              "/i.toml:3:1: error: a link over tcp needs a pin (run the line that `sallyport link "
              "invite` prints on the gateway, or add peer_pin = \"sha256:…\" as `sallyport link "
              "pair` printed it there)");
}

}  // namespace
}  // namespace sallyport::gateway
