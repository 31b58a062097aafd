// How an inside keeps events, and for whom.
#include <string>

#include "tests/unit/backend-link/inside/inside_world.h"

namespace sallyport::backend_link {
namespace {

constexpr std::string_view history_policy = R"(
realm = "lab"
[auth]
anonymous = { role = "service" }
[[allow]]
id = "services"
roles = ["service", "gateway", "guest"]
actions = ["call", "subscribe", "publish"]
match = "prefix"
uri = "lab."
grants = ["disclose_me"]
[[allow]]
id = "loners"
roles = ["gateway"]
actions = ["subscribe"]
uri = "plant.a"
[[allow]]
id = "readers"
roles = ["service", "guest"]
actions = ["call"]
uri = "wamp.subscription.get_events"
grants = ["history"]
[[forbid]]
id = "secret"
roles = ["service", "guest", "gateway"]
actions = ["subscribe"]
match = "prefix"
uri = "lab.secret."
)";

class InsideHistory : public testing::Test {
protected:
    explicit InsideHistory(std::vector<wamp::HistoryRule> rules = {{"lab.",
                                                                    wamp::MatchPolicy::prefix, 3,
                                                                    8000, 10min}})
        : inside_(config(std::move(rules)), {7}) {
        inside_.set_civil_time({wamp::Timestamp(0), now_});
        inside_.start(now_, wires_.out);
        wires_.take();
        for (const std::uint64_t id : {1u, 2u}) {
            inside_.on_open(peer(id), wires_.open(id), now_, wires_.out);
            after(id, hello);
        }
    }
    static InsideConfig config(std::vector<wamp::HistoryRule> rules) {
        InsideConfig config;
        config.realms = {policy::door_realm(history_policy, true)};
        config.links = {{"gateway", {}}};
        config.history = std::move(rules);
        return config;
    }
    Lines after(std::uint64_t id, std::string_view json) {
        inside_.on_message(peer(id), policy::in(wires_.serializer(id), json), now_, wires_.out);
        return wires_.take();
    }
    void link_up() {
        inside_.on_link_open(0, peer(9), wires_.open(9), now_, wires_.out);
        after(9, hello);
    }
    /// Without the envelope, and without what is random.
    std::string ask(std::uint64_t id, int request, std::string_view args,
                    std::string_view options = "{}") {
        const Lines lines =
            after(id, "[48," + std::to_string(request) + "," + std::string(options) +
                          ",\"wamp.subscription.get_events\"," + std::string(args) + "]");
        if (lines.size() != 1) return "no answer";
        std::string line = lines[0].substr(lines[0].find("{},") + 3);
        for (auto at = line.find("\"publication\":"); at != std::string::npos;
             at = line.find("\"publication\":", at)) {
            line.erase(at, line.find(',', at) - at + 1);
        }
        line.pop_back();
        return line;
    }
    bool announces() {
        return wires_.welcome(1)
            .details.get_dict("roles")
            ->get_dict("broker")
            ->get_dict("features")
            ->get_bool("event_history", false);
    }

    wamp::Instant now_{1h};
    Wires wires_;
    Inside inside_;
};

// W-EVH-01, W-FEA-01
TEST_F(InsideHistory, GivesWhatWasPublishedBeforeAnybodyListened) {
    EXPECT_TRUE(announces());
    after(1, R"([16,1,{},"lab.a",[1]])");
    now_ += 1s;
    after(1, R"([16,2,{},"lab.a",[],{"x":2}])");
    EXPECT_GT(inside_.held_bytes(), 1000U);
    after(2, R"([32,1,{},"lab.a"])");
    EXPECT_EQ(
        ask(2, 2, "[1]"),
        R"([[{"timestamp":"1970-01-01T00:00:00.000000Z","subscription":1,"details":{},"args":[1]},)"
        R"({"timestamp":"1970-01-01T00:00:01.000000Z","subscription":1,"details":{},"kwargs":{"x":2}}]])");
    EXPECT_EQ(
        ask(2, 3, R"([1],{"reverse":true,"limit":1})"),
        R"([[{"timestamp":"1970-01-01T00:00:01.000000Z","subscription":1,"details":{},"kwargs":{"x":2}}]])");
    now_ += 10min;
    EXPECT_EQ(ask(2, 4, "[1]"), "[[]]");
    inside_.on_deadline(now_, wires_.out);
    EXPECT_EQ(inside_.counts().history_bytes, 0U);
}

// W-EVH-02: per subscription; of a pattern with the topic of each event.
TEST_F(InsideHistory, GivesTheEventsOfThatSubscription) {
    after(1, R"([16,1,{},"lab.a",[1]])");
    after(1, R"([16,2,{},"lab.b.c",[2]])");
    after(2, R"([32,1,{"match":"prefix"},"lab.b."])");
    after(2, R"([32,2,{"match":"wildcard"},"lab."])");
    EXPECT_EQ(
        ask(2, 3, "[1]"),
        R"([[{"timestamp":"1970-01-01T00:00:00.000000Z","subscription":1,"details":{"topic":"lab.b.c"},"args":[2]}]])");
    EXPECT_EQ(
        ask(2, 4, "[2]"),
        R"([[{"timestamp":"1970-01-01T00:00:00.000000Z","subscription":2,"details":{"topic":"lab.a"},"args":[1]}]])");
    // Another service may name it too, as it may subscribe to the same.
    EXPECT_EQ(ask(1, 3, "[1]"), ask(2, 5, "[1]"));
}

// W-EVH-03
TEST_F(InsideHistory, AppliesListsToTheReaderThatALinkConveys) {
    link_up();
    after(9, R"([32,1,{},"lab.a"])");
    after(1, R"([16,1,{"eligible_authid":["g"]},"lab.a",[1]])");
    after(1, R"([16,2,{"exclude_authrole":["guest"]},"lab.a",[2]])");
    after(1, R"([16,3,{"exclude":[77]},"lab.a",[3]])");
    EXPECT_EQ(
        ask(9, 2, "[1]", "{" + std::string(guest) + "}"),
        R"([[{"timestamp":"1970-01-01T00:00:00.000000Z","subscription":1,"details":{},"args":[1]}]])");
    EXPECT_EQ(
        ask(1, 4, "[1]"),
        R"([[{"timestamp":"1970-01-01T00:00:00.000000Z","subscription":1,"details":{},"args":[2]}]])");
}

// Decision 0002: what a reader may not subscribe to, and what does not exist.
TEST_F(InsideHistory, IsOpenToThoseWhoMaySubscribe) {
    link_up();
    after(9, R"([32,1,{},"plant.a"])");
    after(2, R"([32,1,{},"lab.a"])");
    EXPECT_EQ(ask(1, 1, "[1]"), R"("wamp.error.no_such_subscription")");
    EXPECT_EQ(ask(1, 2, "[99]"), R"("wamp.error.no_such_subscription")");
    EXPECT_EQ(ask(1, 3, "[\"x\"]"), R"("wamp.error.invalid_argument")");
    EXPECT_EQ(ask(1, 4, R"([2],{"from_publication":1})"), R"("wamp.error.invalid_argument")");
    // A gateway reads only what it has subscribed to.
    EXPECT_EQ(ask(9, 2, "[2]", "{" + std::string(guest) + "}"),
              R"("wamp.error.no_such_subscription")");
    // Without the grant.
    EXPECT_EQ(ask(9, 3, "[1]"), R"("wamp.error.not_authorized")");
}

TEST_F(InsideHistory, SaysWhereNothingIsKept) {
    link_up();
    after(9, R"([32,1,{},"plant.a"])");
    EXPECT_EQ(ask(9, 2, "[1]", "{" + std::string(guest) + "}"),
              R"("wamp.error.history_unavailable")");
}

TEST_F(InsideHistory, TellsAPublisherThatDiscloses) {
    inside_.on_open(peer(3), wires_.open(3), now_, wires_.out);
    after(
        3,
        R"([1,"lab",{"roles":{"caller":{},"subscriber":{"features":{"publisher_identification":true}}}}])");
    after(1, R"([16,1,{"disclose_me":true},"lab.a",[1]])");
    after(3, R"([32,1,{},"lab.a"])");
    EXPECT_NE(ask(3, 2, "[1]").find(R"("publisher_authrole":"service")"), std::string::npos);
    EXPECT_EQ(ask(2, 1, "[1]").find("publisher"), std::string::npos);
}

class InsideWithLargeHistory : public InsideHistory {
protected:
    InsideWithLargeHistory()
        : InsideHistory({{"lab.", wamp::MatchPolicy::prefix, 100, 8u << 20, 1h}}) {}
};

TEST_F(InsideWithLargeHistory, RefusesAnAnswerThatIsTooLarge) {
    const std::string text(400'000, 'x');
    for (const char* request : {"1", "2", "3"})
        after(1, "[16," + std::string(request) + R"(,{},"lab.a",[")" + text + "\"]]");
    after(2, R"([32,1,{},"lab.a"])");
    EXPECT_EQ(ask(2, 2, "[1]"), R"("wamp.error.payload_size_exceeded")");
    EXPECT_GT(ask(2, 3, R"([1],{"limit":2})").size(), 800'000U);
}

class InsideWithoutHistory : public InsideHistory {
protected:
    InsideWithoutHistory() : InsideHistory(std::vector<wamp::HistoryRule>()) {}
};

TEST_F(InsideWithoutHistory, AnnouncesAndKeepsNothing) {
    EXPECT_FALSE(announces());
    after(1, R"([16,1,{},"lab.a",[1]])");
    after(2, R"([32,1,{},"lab.a"])");
    EXPECT_EQ(ask(2, 2, "[1]"), R"("wamp.error.history_unavailable")");
    EXPECT_EQ(inside_.counts().history_bytes, 0U);
}

}  // namespace
}  // namespace sallyport::backend_link
