#include "gateway/config/link_text.h"

#include <string>

#include <gtest/gtest.h>

namespace sallyport::gateway {
namespace {

const std::string pin = "sha256:" + std::string(64, 'a');
const std::string old_pin = "sha256:" + std::string(64, 'b');
const std::string zeros = "sha256:" + std::string(64, '0');

const std::string gateway_head = R"(state_dir = "state"  # here

[[backend]]
name = "here"
kind = "embedded"
config = "inside.toml"

)";

std::string accepting(const std::string& name, const std::string& port,
                      const std::string& more = "") {
    return "[[backend]]\nname = \"" + name +
           "\"\nkind = \"accept\"\n  listen = \"tcp:10.0.0.1:" + port + "\"  # LAN\n" + more;
}

std::string error_of(const policy::Diagnostic& diagnostic) {
    return policy::to_string(diagnostic);
}

TEST(LinkText, FindsTheBackendThatAcceptsOverTcp) {
    const std::string one = gateway_head + accepting("lab", "4443");
    const auto found = find_accepting_backend(one, "g.toml", "");
    ASSERT_FALSE(found.has_error()) << error_of(found.error());
    EXPECT_EQ(found->name, "lab");
    EXPECT_EQ(found->listen.text(), "tcp:10.0.0.1:4443");
    EXPECT_EQ(found->place.line, 11u);

    const std::string two = one + accepting("plant", "4444");
    EXPECT_EQ(find_accepting_backend(two, "g.toml", "plant")->listen.port, 4444);
    EXPECT_EQ(error_of(find_accepting_backend(two, "g.toml", "").error()),
              "g.toml:1:1: error: several backends accept a link over TCP: \"lab\", \"plant\" "
              "(choose one with --backend)");
}

TEST(LinkText, SaysWhichBackendIsMissingOrOfAnotherKind) {
    EXPECT_NE(error_of(find_accepting_backend(gateway_head, "g.toml", "").error())
                  .find("no backend accepts a link over TCP (add [[backend]] with"),
              std::string::npos);
    EXPECT_NE(error_of(find_accepting_backend(gateway_head, "g.toml", "lab").error())
                  .find("there is no backend \"lab\""),
              std::string::npos);
    EXPECT_NE(error_of(find_accepting_backend(gateway_head, "g.toml", "here").error())
                  .find("g.toml:3:1: error: backend \"here\" does not accept a link over TCP"),
              std::string::npos);
    EXPECT_TRUE(find_accepting_backend("[[backend]\n", "g.toml", "").has_error());
    EXPECT_TRUE(find_accepting_backend("backend = 7\n", "g.toml", "").has_error());
}

TEST(LinkText, AddsAPinBelowTheAddressAndKeepsTheRest) {
    const std::string text = gateway_head + accepting("lab", "4443") + "\n[tor]\nmode = \"off\"\n";
    const auto changed = with_backend_pin(text, "g.toml", "lab", pin);
    ASSERT_FALSE(changed.has_error()) << error_of(changed.error());
    EXPECT_EQ(*changed, gateway_head + accepting("lab", "4443", "  peer_pin = \"" + pin + "\"\n") +
                            "\n[tor]\nmode = \"off\"\n");
}

TEST(LinkText, AddsAPinAtTheEndOfAFileWithoutALineEnd) {
    std::string text = accepting("lab", "4443");
    text.pop_back();
    const auto changed = with_backend_pin(text, "g.toml", "lab", pin);
    ASSERT_FALSE(changed.has_error()) << error_of(changed.error());
    EXPECT_EQ(*changed, accepting("lab", "4443") + "  peer_pin = \"" + pin + "\"\n");
}

TEST(LinkText, ReplacesThePinOfThatBackendAlone) {
    const auto line = [](const std::string& value) { return "peer_pin = '" + value + "' # key\n"; };
    const std::string text =
        accepting("lab", "1", line(old_pin)) + accepting("plant", "2", line(old_pin));
    const auto changed = with_backend_pin(text, "g.toml", "plant", pin);
    ASSERT_FALSE(changed.has_error()) << error_of(changed.error());
    EXPECT_EQ(*changed, accepting("lab", "1", line(old_pin)) + accepting("plant", "2", line(pin)));
}

TEST(LinkText, LeavesAloneWhatItCannotChangeForCertain) {
    const auto refused = [](const std::string& text) {
        const auto changed = with_backend_pin(text, "g.toml", "lab", pin);
        return changed.has_error() ? error_of(changed.error()) : "";
    };
    const std::string list = "peer_pin = [\"" + old_pin + "\"]\n";
    EXPECT_EQ(refused(accepting("lab", "1", list)),
              "g.toml:5:12: error: \"peer_pin\" is not one pin on one line (write it by hand: "
              "peer_pin = \"" +
                  pin + "\")");
    EXPECT_NE(
        refused("backend = [{name = \"lab\", kind = \"accept\", listen = \"tcp:10.0.0.1:1\"}]\n")
            .find("inline table"),
        std::string::npos);
    EXPECT_NE(refused(accepting("lab", "1", "peer_pin = \"\\u0041\"\n")).find("by hand"),
              std::string::npos);
    EXPECT_NE(refused(accepting("plant", "1")).find("not there any more"), std::string::npos);
    EXPECT_NE(refused("x = \n").find("g.toml:1:"), std::string::npos);
}

TEST(LinkText, AddsALinkOrChangesTheOneToThatGateway) {
    const auto gateway = *backend_link::parse_address("tcp:10.0.0.1:4443");
    const auto link = [](const std::string& to, const std::string& with) {
        return "\n[[link]]\ngateway = \"" + to + "\"\npeer_pin = \"" + with + "\"\n";
    };
    const std::string head = "state_dir = \"s\"";
    const std::string added = *with_link(head, "i.toml", gateway, pin);
    EXPECT_EQ(added, head + "\n" + link("tcp:10.0.0.1:4443", pin));
    EXPECT_EQ(*with_link(added, "i.toml", gateway, old_pin),
              head + "\n" + link("tcp:10.0.0.1:4443", old_pin));

    const std::string other = head + "\n" + link("tcp:10.0.0.2:4443", old_pin);
    EXPECT_EQ(*with_link(other, "i.toml", gateway, pin), other + link("tcp:10.0.0.1:4443", pin));
    EXPECT_TRUE(with_link("x = ", "i.toml", gateway, pin).has_error());
}

TEST(LinkText, TakesTheLinkOfAnExampleForNone) {
    const auto gateway = *backend_link::parse_address("tcp:192.168.7.1:4443");
    const auto link = [](const std::string& to, const std::string& with) {
        return "[[link]]\ngateway = \"" + to + "\"  # where\npeer_pin = \"" + with + "\"\n# end\n";
    };
    EXPECT_EQ(*with_link(link("tcp:10.0.0.1:4443", zeros), "i.toml", gateway, pin),
              link("tcp:192.168.7.1:4443", pin));
}

}  // namespace
}  // namespace sallyport::gateway
