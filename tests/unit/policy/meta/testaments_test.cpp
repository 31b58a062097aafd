#include "policy/meta/testaments.h"

#include <map>

#include <nlohmann/json.hpp>

#include "tests/unit/policy/wires.h"
#include "wamp/message/uris.h"

namespace sallyport::policy {
namespace {

constexpr std::string_view will_policy = R"(
realm = "lab"
[auth]
anonymous = { role = "guest" }
[[route]]
id = "all"
match = "prefix"
uri = ""
to = "inside"
[[allow]]
id = "testaments"
roles = ["guest", "gateway"]
actions = ["call"]
uri = ["wamp.session.add_testament", "wamp.session.flush_testaments"]
grants = ["testaments"]
[[allow]]
id = "status"
roles = ["guest", "gateway"]
actions = ["publish"]
match = "prefix"
uri = "lab.status."
grants = ["retain"]
[[allow]]
id = "small"
roles = ["guest"]
actions = ["publish"]
uri = "lab.small"
limits = { payload = 12 }
[[allow]]
id = "checked"
roles = ["guest"]
actions = ["publish"]
uri = "lab.checked"
where = [{ arg = 0, max = 9 }]
[[allow]]
id = "slow"
roles = ["guest"]
actions = ["publish"]
uri = "lab.slow"
limits = { rate = "2/s" }
)";

constexpr std::string_view no_status = R"(
realm = "lab"
[auth]
anonymous = { role = "guest" }
[[route]]
id = "all"
match = "prefix"
uri = ""
to = "inside"
[[allow]]
id = "small"
roles = ["guest"]
actions = ["publish"]
uri = "lab.small"
)";

DoorLimits auditing() {
    DoorLimits limits;
    limits.audit = AuditTrail::Level::all;
    return limits;
}

/// A door and its testaments as an owner joins them.
class TestamentsTest : public testing::Test {
protected:
    TestamentsTest() {
        for (const std::uint64_t id : {1u, 2u}) world_.join(id);
        audit();
    }

    /// What comes of a message in which R is the request.
    Lines after(std::uint64_t id, std::string json) {
        const std::string number = std::to_string(++requests_[id]);
        json.replace(json.find(",R,"), 3, "," + number + ",");
        const auto event = world_.send(id, json);
        if (const auto* request = std::get_if<Door::Request>(&event)) {
            answer(*request);
        }
        std::vector<Door::Undelivered> undelivered;
        world_.door.deliver(out_, undelivered, world_.now, world_.wires.out);
        out_.clear();
        Lines lines = world_.take();
        for (auto& line : lines) line = with_names(line, {{"," + number + ",{}", ",R,{}"}});
        return lines;
    }
    void answer(const Door::Request& request) {
        const auto& call = std::get<wamp::Call>(request.message);
        MetaAnswer answer =
            testaments_.call({*request.session, call.procedure, call.payload.serializer,
                              *wamp::args_of(call.payload), *wamp::kwargs_of(call.payload)});
        const wamp::SessionId to = request.session->id;
        if (answer.error.empty()) {
            result_ = wamp::make_payload(call.payload.serializer, {std::move(answer.result)});
            out_.add(to, wamp::CallResult{call.request, {}, result_.view()});
        } else {
            out_.add(to,
                     wamp::Error{
                         wamp::MessageType::call, call.request, {}, std::string(answer.error), {}});
        }
    }
    Lines add(std::string_view arguments) {
        return after(1, R"([48,R,{},"wamp.session.add_testament",)" + std::string(arguments) + "]");
    }
    /// The URI that it was refused with; "" for a RESULT.
    std::string refusal(std::string_view arguments) {
        const Lines lines = add(arguments);
        if (lines.size() != 1) return "no answer";
        if (lines[0].starts_with("1 [50,R,{},[")) return "";
        const auto at = lines[0].find("wamp.error");
        return lines[0].substr(at, lines[0].rfind('"') - at);
    }
    /// What peer 1, whose connection is lost, leaves: topics, options and arguments.
    Lines left() {
        const auto event = world_.door.on_closed(peer(1), "reset");
        const auto session = std::get<Door::Left>(event).session;
        Lines lines;
        Session& ended = *world_.door.sessions().find(session);
        for (const auto& request : testaments_.last_publications(ended, world_.now)) {
            EXPECT_EQ(request.session->id, session);
            EXPECT_FALSE(request.conveyed);
            const auto& publish = std::get<wamp::Publish>(request.message);
            lines.push_back(
                publish.topic + " " + wamp::encode_value(wamp::Serializer::json, publish.options) +
                " " + std::string(publish.payload.args) + std::string(publish.payload.kwargs));
        }
        world_.door.forget(session);
        return lines;
    }
    /// Outcomes and URIs on the record since the last time.
    Lines audit() {
        std::string bytes;
        world_.door.audit().take(bytes);
        Lines lines;
        for (std::string_view rest = bytes; !rest.empty();) {
            AuditRecord record;
            const std::size_t used = unpack(rest, record);
            if (used == 0) break;
            rest.remove_prefix(used);
            std::string line;
            append_json(line, record, "now", "front");
            const auto json = nlohmann::json::parse(line);
            lines.push_back(json["outcome"].get<std::string>() + " " + json.value("action", "") +
                            " " + json.value("uri", ""));
        }
        return lines;
    }

    DoorWorld world_{will_policy, auditing()};
    Testaments testaments_{world_.door, wamp::Random({5})};
    wamp::Deliveries out_;
    wamp::OwnedPayload result_;
    std::map<std::uint64_t, int> requests_;
};

// W-TST-01, W-TST-02
TEST_F(TestamentsTest, ArePublishedDetachedOnesFirstInTheOrderOfAdding) {
    EXPECT_EQ(refusal(R"(["lab.status.a",["off",1],{"k":true}])"), "");
    EXPECT_EQ(refusal(R"(["lab.status.b",[],{}],{"scope":"detached"})"), "");
    EXPECT_EQ(refusal(R"(["lab.status.c"],{"scope":"destroyed","publish_options":null})"), "");
    EXPECT_EQ(refusal(R"(["lab.status.d",null,{"k":1}],{"scope":"detached"})"), "");
    EXPECT_EQ(left(), (Lines{"lab.status.b {} ", R"(lab.status.d {} {"k":1})",
                             R"(lab.status.a {} ["off",1]{"k":true})", "lab.status.c {} "}));
    EXPECT_EQ(testaments_.sessions(), 0U);
    EXPECT_EQ(testaments_.bytes(), 0U);
}

// W-TST-02
TEST_F(TestamentsTest, AreFlushedByScopeAndCounted) {
    const std::string flush = R"([48,R,{},"wamp.session.flush_testaments")";
    for (int i = 0; i < 3; ++i) EXPECT_EQ(refusal(R"(["lab.status.a",[],{}])"), "");
    EXPECT_EQ(refusal(R"(["lab.status.b",[],{}],{"scope":"detached"})"), "");
    EXPECT_EQ(after(1, flush + "]"), Lines{"1 [50,R,{},[3]]"});
    EXPECT_EQ(after(1, flush + R"(,[],{"scope":"destroyed"}])"), Lines{"1 [50,R,{},[0]]"});
    EXPECT_EQ(after(2, flush + R"(,[],{"scope":"detached"}])"), Lines{"2 [50,R,{},[0]]"});
    EXPECT_EQ(after(1, flush + R"(,[],{"scope":"burnt"}])"),
              Lines{R"(1 [8,48,R,{},"wamp.error.testament_error"])"});
    EXPECT_EQ(left(), Lines{"lab.status.b {} "});
    EXPECT_EQ(testaments_.bytes(), 0U);
}

TEST_F(TestamentsTest, AreRefusedWhenTheyMakeNoSense) {
    EXPECT_EQ(refusal("[]"), "wamp.error.invalid_uri");
    EXPECT_EQ(refusal("[5,[],{}]"), "wamp.error.invalid_argument");
    EXPECT_EQ(refusal(R"(["lab.status.a",5,{}])"), "wamp.error.invalid_argument");
    EXPECT_EQ(refusal(R"(["lab.status.a",[],[]])"), "wamp.error.invalid_argument");
    EXPECT_EQ(refusal(R"(["lab.status.a",[],{}],{"publish_options":[]})"),
              "wamp.error.invalid_argument");
    EXPECT_EQ(refusal(R"(["lab.status.a",[],{}],{"publish_options":{"exclude":"x"}})"),
              "wamp.error.invalid_argument");
    EXPECT_EQ(refusal(R"(["lab.status.a",["x"],{}],{"publish_options":{"ppt_scheme":"x_my"}})"),
              "wamp.error.feature_not_supported");
    EXPECT_EQ(refusal(R"(["lab.status.a",[],{}],{"scope":5})"), "wamp.error.testament_error");
    EXPECT_EQ(refusal(R"(["lab..a",[],{}])"), "wamp.error.invalid_uri");
    EXPECT_EQ(refusal(R"(["wamp.session.on_leave",[],{}])"), "wamp.error.invalid_uri");
    EXPECT_EQ(left(), Lines{});
}

// W-TST-03, W-AUZ-07
TEST_F(TestamentsTest, AreJudgedAsPublicationsWhenTheyAreAdded) {
    EXPECT_EQ(refusal(R"(["lab.other",[],{}])"), "wamp.error.not_authorized");
    EXPECT_EQ(audit(), (Lines{"allow call wamp.session.add_testament", "deny publish lab.other"}));
    EXPECT_EQ(refusal(R"(["lab.checked",[10],{}])"), "wamp.error.not_authorized");
    EXPECT_EQ(refusal(R"(["lab.checked",[9],{}])"), "");
    EXPECT_EQ(refusal(R"(["lab.small",["123456789"],{}])"), "wamp.error.payload_size_exceeded");
    EXPECT_EQ(refusal(R"(["lab.small",["12345678"],{}])"), "");
    EXPECT_EQ(refusal(R"(["lab.small",[],{}],{"publish_options":{"retain":true}})"),
              "wamp.error.option_not_allowed");
    EXPECT_EQ(refusal(R"(["lab.status.a",[],{}],{"publish_options":{"disclose_me":true}})"),
              "wamp.error.option_disallowed.disclose_me");
    EXPECT_EQ(left(), (Lines{"lab.checked {} [9]", R"(lab.small {} ["12345678"])"}));
}

// W-SEC-25, W-TST-02
TEST_F(TestamentsTest, KeepOfTheOptionsWhatAPublicationMayHave) {
    EXPECT_EQ(
        refusal(
            R"(["lab.status.a",[],{}],{"publish_options":{"acknowledge":true,"retain":true,"exclude":[5],)"
            R"("forward_for":[{"session":5}],"publisher":7,"x_unknown":1}})"),
        "");
    EXPECT_EQ(left(), Lines{R"(lab.status.a {"retain":true,"exclude":[5]} )"});
}

// W-TST-03, W-SEC-15
TEST_F(TestamentsTest, AreJudgedAgainWhenTheSessionHasEnded) {
    EXPECT_EQ(refusal(R"(["lab.status.a",[],{}])"), "");
    EXPECT_EQ(refusal(R"(["lab.small",[],{}])"), "");
    audit();
    world_.door.reload({door_realm(no_status)}, world_.wires.out);
    EXPECT_EQ(left(), Lines{"lab.small {} "});
    EXPECT_EQ(audit(), (Lines{"leave  ", "deny publish lab.status.a", "allow publish lab.small"}));
}

TEST_F(TestamentsTest, CountForTheRateOfTheirRule) {
    for (int i = 0; i < 3; ++i) EXPECT_EQ(refusal(R"(["lab.slow",[],{}])"), "");
    audit();
    EXPECT_EQ(left().size(), 2U);
    const std::string allowed = "allow publish lab.slow";
    EXPECT_EQ(audit(), (Lines{"leave  ", allowed, allowed, "over_rate publish lab.slow"}));
}

// W-TST-03, W-SEC-15
TEST_F(TestamentsTest, OfOneSessionAreOnlySoMany) {
    for (std::size_t i = 0; i < Testaments::per_session_max; ++i)
        EXPECT_EQ(refusal(R"(["lab.status.a",[],{}])"), "");
    EXPECT_EQ(refusal(R"(["lab.status.a",[],{}])"), "wamp.error.unavailable");
    EXPECT_EQ(left().size(), Testaments::per_session_max);
}

TEST_F(TestamentsTest, OfOneSessionAreOnlySoLarge) {
    const auto of = [](std::size_t bytes) {
        return R"(["lab.status.a",[")" + std::string(bytes, 'x') + R"("]])";
    };
    // Its cost, its topic, brackets and quotes, no options.
    const std::size_t rest = 128 + 12 + 4 + 1;
    EXPECT_EQ(refusal(of(Testaments::bytes_per_session_max - rest + 1)),
              "wamp.error.payload_size_exceeded");
    EXPECT_EQ(refusal(of(Testaments::bytes_per_session_max - rest)), "");
    EXPECT_EQ(testaments_.bytes(), Testaments::bytes_per_session_max);
    EXPECT_EQ(refusal(R"(["lab.status.a"])"), "wamp.error.payload_size_exceeded");
}

TEST_F(TestamentsTest, AreForgottenWithoutAWord) {
    EXPECT_EQ(refusal(R"(["lab.status.a",[],{}])"), "");
    testaments_.drop_publications(world_.wires.session(1));
    EXPECT_EQ(testaments_.bytes(), 0U);
    EXPECT_EQ(left(), Lines{});
}

TEST_F(TestamentsTest, AreNothingForLinks) {
    world_.join(9, wamp::Serializer::json, Door::Trust::link);
    EXPECT_EQ(after(9, R"([48,R,{"forward_for":[{"session":5,"authid":"g","authrole":"guest"}]},)"
                       R"("wamp.session.add_testament",["lab.status.a",[],{}]])"),
              Lines{R"(9 [8,48,R,{},"wamp.error.no_such_procedure"])"});
    EXPECT_EQ(testaments_.sessions(), 0U);
}

// W-FEA-01
TEST(TestamentsFeature, IsAnnouncedByTheDealer) {
    DoorWorld world;
    const Testaments testaments(world.door, wamp::Random({1}));
    ASSERT_EQ(testaments.features().size(), 1U);
    EXPECT_EQ(testaments.features()[0].role, "dealer");
    EXPECT_EQ(testaments.features()[0].name, "testament_meta_api");
}

}  // namespace
}  // namespace sallyport::policy
