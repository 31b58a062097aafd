#include "policy/engine/option_grants.h"

#include "tests/unit/policy/wires.h"
#include "wamp/message/uris.h"

namespace sallyport::policy {
namespace {

namespace uris = wamp::uris;

constexpr std::string_view grants_policy = R"(
realm = "lab"
[auth]
anonymous = { role = "guest" }
[[route]]
id = "all"
match = "prefix"
uri = ""
to = "inside"
[[allow]]
id = "open"
roles = ["guest"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = "open."
grants = ["disclose_me", "retain", "force_reregister"]
[[allow]]
id = "plain"
roles = ["guest"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = "lab."
)";

class OptionGrants : public testing::Test {
protected:
    OptionGrants() { world_.join(1); }

    /// What the door hands on, as JSON; "" when nothing is.
    std::string passed(std::string_view json) {
        const auto event = world_.send(1, json);
        const auto* request = std::get_if<Door::Request>(&event);
        if (request == nullptr) return "";
        std::string text;
        wamp::encode_to(text, wamp::Serializer::json, request->message);
        return text;
    }
    /// The error URI that came back; "" for none.
    std::string error_of(std::string_view json) {
        EXPECT_EQ(passed(json), "");
        const Lines lines = world_.take();
        if (lines.empty()) return "";
        return lines[0].substr(lines[0].find("},\"") + 3,
                               lines[0].size() - lines[0].find("},\"") - 5);
    }

    DoorWorld world_{grants_policy};
};

// W-CID-02
TEST_F(OptionGrants, ACallerIsNamedOnlyByARuleThatGrantsIt) {
    EXPECT_EQ(passed(R"([48,1,{"disclose_me":true},"open.a"])"),
              R"([48,1,{"disclose_me":true},"open.a"])");
    EXPECT_EQ(error_of(R"([48,2,{"disclose_me":true},"lab.a"])"), uris::disclose_me_disallowed);
    EXPECT_EQ(passed(R"([48,3,{"disclose_me":false},"lab.a"])"),
              R"([48,3,{"disclose_me":false},"lab.a"])");
}

// W-PID-01, W-CID-05, W-PUB-04
TEST_F(OptionGrants, APublisherIsRefusedAnAnswerOrGoesUnnamed) {
    EXPECT_EQ(passed(R"([16,1,{"disclose_me":true,"retain":true},"open.t"])"),
              R"([16,1,{"disclose_me":true,"retain":true},"open.t"])");
    EXPECT_EQ(error_of(R"([16,2,{"acknowledge":true,"disclose_me":true},"lab.t"])"),
              uris::disclose_me_disallowed);
    EXPECT_EQ(error_of(R"([16,3,{"acknowledge":true,"retain":true},"lab.t"])"),
              uris::option_not_allowed);
    EXPECT_EQ(passed(R"([16,4,{"disclose_me":true,"retain":true},"lab.t"])"),
              R"([16,4,{},"lab.t"])");
}

// W-EVR-01, W-ERR-03
TEST_F(OptionGrants, RetainedEventsAreForThoseWhoseRuleSaysSo) {
    EXPECT_EQ(passed(R"([32,1,{"get_retained":true},"open.t"])"),
              R"([32,1,{"get_retained":true},"open.t"])");
    EXPECT_EQ(error_of(R"([32,2,{"get_retained":true},"lab.t"])"), uris::option_not_allowed);
    EXPECT_EQ(passed(R"([32,3,{"get_retained":false},"lab.t"])"),
              R"([32,3,{"get_retained":false},"lab.t"])");
}

// W-RPC-15, W-SEC-10
TEST_F(OptionGrants, NobodyIsPushedAsideWithoutTheGrant) {
    EXPECT_EQ(passed(R"([64,1,{"force_reregister":true},"open.p"])"),
              R"([64,1,{"force_reregister":true},"open.p"])");
    EXPECT_EQ(passed(R"([64,2,{"force_reregister":true},"lab.p"])"), R"([64,2,{},"lab.p"])");
}

TEST_F(OptionGrants, ACalleeMayNotDemandItsCallersNamesWithoutTheGrant) {
    EXPECT_EQ(passed(R"([64,1,{"disclose_caller":true},"open.p"])"),
              R"([64,1,{"disclose_caller":true},"open.p"])");
    EXPECT_EQ(error_of(R"([64,2,{"disclose_caller":true},"lab.p"])"), uris::option_not_allowed);
}

TEST_F(OptionGrants, WhatIsNotAllowedAtAllIsToldNothingOfOptions) {
    EXPECT_EQ(error_of(R"([48,1,{"disclose_me":true},"elsewhere.a"])"), uris::not_authorized);
}

}  // namespace
}  // namespace sallyport::policy
