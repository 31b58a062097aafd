// A front session's call of wamp.subscription.get_events, there and back.
#include "backend-link/bridge/bridge_history.h"

#include "tests/unit/backend-link/bridge/bridge_world.h"
#include "wamp/message/history.h"

namespace sallyport::backend_link {
namespace {

using wamp::Value;

constexpr std::string_view history_policy = R"(
realm = "outer"
[[route]]
id = "lab"
match = "prefix"
uri = "lab."
to = "inside"
rewrite = "site.seven."
[[route]]
id = "wamp"
match = "prefix"
uri = "wamp."
to = "inside"
rewrite = "other."
[[allow]]
id = "all"
roles = ["user"]
actions = ["call", "subscribe"]
match = "prefix"
uri = "lab."
[[allow]]
id = "history"
roles = ["user"]
actions = ["call"]
uri = "wamp.subscription.get_events"
grants = ["history"]
)";

constexpr std::string_view secret = R"(
[[forbid]]
id = "secret"
roles = ["user"]
actions = ["subscribe"]
uri = "lab.open.secret"
)";

const wamp::Features curious = features_of(
    {Feature::caller, Feature::subscriber, Feature::subscriber_publisher_identification});

class BridgeHistory : public testing::Test {
protected:
    explicit BridgeHistory(Profile profile = profile_of(BackendKind::sallyport))
        : world_(profile, full_router, history_policy), reader_(world_.join(curious)) {
        world_.link_lost();
        LinkWire wire;
        wire.serializer = wamp::Serializer::json;  // as the world reads it
        world_.link_up(full_router, wire);
        world_.take();
    }

    /// Asks with these arguments; what goes to the link, or comes back.
    Lines ask(wamp::List args, Dict kwargs = {}) {
        const auto payload = wamp::make_payload(wamp::Serializer::json, args, kwargs);
        world_.call(reader_, ++request_, wamp::uris::get_events, {}, payload.view());
        return world_.take();
    }
    Lines answer(wamp::RequestId back, const Value& events) {
        const auto payload = wamp::make_payload(wamp::Serializer::json, {events});
        world_.link(wamp::CallResult{back, {}, payload.view()});
        Lines lines = world_.take();
        for (std::string& line : lines) line = with_id(line);
        return lines;
    }
    std::string with_id(std::string text) const {
        const std::string id = std::to_string(front_);
        const auto at = text.find(id);
        return at == std::string::npos ? text : text.replace(at, id.size(), "ID");
    }

    BridgeWorld world_;
    SessionId reader_;
    wamp::SubscriptionId front_ = 0;
    wamp::RequestId request_ = 10;
};

// W-GWY-01, W-EVH-01
TEST_F(BridgeHistory, TranslatesIdsAndTopicsBothWays) {
    front_ = world_.subscribed(reader_, 1, "lab.open.", 500, {{"match", "prefix"}});
    const Lines asked = ask({front_, 3}, {{"topic", "lab.open.a"}, {"reverse", true}});
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_NE(asked[0].find(R"("wamp.subscription.get_events",[500,3],)"
                            R"({"topic":"site.seven.open.a","reverse":true}])"),
              std::string::npos)
        << asked[0];
    EXPECT_NE(asked[0].find(R"("forward_for":[{"session":101,)"), std::string::npos);
    const Dict event{{"timestamp", "1970-01-01T00:00:00.000000Z"},
                     {"subscription", 500},
                     {"publication", 7},
                     {"details", Dict{{"topic", "site.seven.open.a"}, {"odd", 1}}},
                     {"args", wamp::List{1}},
                     {"kwargs", Dict{{"x", 2}}}};
    EXPECT_EQ(
        answer(2, wamp::List{event}),
        Lines{
            R"(101 [50,11,{},[[{"timestamp":"1970-01-01T00:00:00.000000Z","subscription":ID,"publication":7,)"
            R"("details":{"topic":"lab.open.a"},"args":[1],"kwargs":{"x":2}}]]])"});
    EXPECT_EQ(world_.bridge.counts().calls, 0U);
}

// W-EVH-03: the first door decides on each topic too.
TEST_F(BridgeHistory, LeavesOutWhatTheReaderMayNotReceive) {
    front_ = world_.subscribed(reader_, 1, "lab..secret", 500, {{"match", "wildcard"}});
    (void)ask({front_});
    world_.use_policy(std::string(history_policy) + std::string(secret));
    wamp::List events;
    for (const char* topic : {"site.seven.open.secret", "site.seven.a.secret", "elsewhere.secret"})
        events.push_back(
            Dict{{"timestamp", "t"}, {"publication", 7}, {"details", Dict{{"topic", topic}}}});
    events.push_back(
        Dict{{"timestamp", "t"},
             {"publication", 8},
             {"details", Dict{{"topic", "site.seven.b.secret"}, {"ppt_scheme", "x_a"}}}});
    const Lines lines = answer(2, events);
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].find("open.secret"), std::string::npos);
    EXPECT_NE(lines[0].find("lab.a.secret"), std::string::npos);
    EXPECT_EQ(lines[0].find("elsewhere"), std::string::npos);
    EXPECT_EQ(lines[0].find("ppt_scheme"), std::string::npos);  // as it could not decode it
}

TEST_F(BridgeHistory, NamesPublishersByWhatTheReaderMayKnow) {
    front_ = world_.subscribed(reader_, 1, "lab.open.a", 500);
    (void)ask({front_});
    const Dict event{{"timestamp", "t"},
                     {"publication", 7},
                     {"details", Dict{{"publisher", 4242},
                                      {"publisher_authid", "clock"},
                                      {"publisher_authrole", "timer"}}}};
    const Lines lines = answer(2, wamp::List{event});
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_NE(lines[0].find(R"("publisher_authid":"clock")"), std::string::npos) << lines[0];
    EXPECT_EQ(lines[0].find("4242"), std::string::npos) << lines[0];
}

TEST_F(BridgeHistory, IsOnlyForASubscriptionOfTheReader) {
    const SessionId other = world_.join(curious);
    const auto id = world_.subscribed(other, 1, "lab.open.a", 500);
    EXPECT_EQ(ask({id}), Lines{R"(101 [8,48,11,{},"wamp.error.no_such_subscription"])"});
    EXPECT_EQ(ask({500}), Lines{R"(101 [8,48,12,{},"wamp.error.no_such_subscription"])"});
    EXPECT_EQ(ask({"x"}), Lines{R"(101 [8,48,13,{},"wamp.error.invalid_argument"])"});
    EXPECT_EQ(ask({}), Lines{R"(101 [8,48,14,{},"wamp.error.invalid_argument"])"});
}

TEST_F(BridgeHistory, EndsOnceWhateverTheBackendSays) {
    front_ = world_.subscribed(reader_, 1, "lab.open.a", 500);
    for (const Value& nonsense : {Value(7), Value(wamp::List{7})}) {
        const auto back = request_ - 8;
        (void)ask({front_});
        EXPECT_EQ(answer(back, nonsense), Lines{"101 [8,48," + std::to_string(request_) +
                                                R"(,{},"wamp.error.unavailable"])"});
    }
    (void)ask({front_});
    world_.link_error(MessageType::call, 4, "wamp.error.history_unavailable");
    EXPECT_EQ(world_.take(), Lines{R"(101 [8,48,13,{},"wamp.error.history_unavailable"])"});
    (void)ask({front_});
    world_.link_lost();
    EXPECT_EQ(world_.take(), Lines{R"(101 [8,48,14,{},"wamp.error.network_failure"])"});
}

class BridgeToAnotherRouter : public BridgeHistory {
protected:
    BridgeToAnotherRouter() : BridgeHistory(profile_of(BackendKind::crossbar)) {}
};

// W-EVH-04: it would not check who reads.
TEST_F(BridgeToAnotherRouter, SaysThatThereIsNoHistory) {
    front_ = world_.subscribed(reader_, 1, "lab.open.a", 500);
    EXPECT_FALSE(world_.bridge.reads_history());
    EXPECT_EQ(ask({front_}), Lines{R"(101 [8,48,11,{},"wamp.error.history_unavailable"])"});
}

TEST(ReadsHistory, NeedsARouterThatKnowsTheReader) {
    Profile profile = profile_of(BackendKind::sallyport);
    EXPECT_TRUE(reads_history(profile));
    profile.conveys_identity = false;
    EXPECT_FALSE(reads_history(profile));
}

}  // namespace
}  // namespace sallyport::backend_link
