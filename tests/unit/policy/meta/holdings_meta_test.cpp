#include "policy/meta/holdings_meta.h"

#include <string>

#include "policy/meta/registry.h"
#include "tests/unit/policy/wires.h"
#include "wamp/message/uris.h"

namespace sallyport::policy {
namespace {

using wamp::HoldingChange;
using wamp::MatchPolicy;

/// Guests may use `lab.` but for what is secret; `watch` is heard with those rights.
constexpr std::string_view holdings_policy = R"(
realm = "lab"
[auth]
anonymous = { role = "guest" }
[[route]]
id = "all"
match = "prefix"
uri = ""
to = "inside"
[[allow]]
id = "use"
roles = ["guest"]
actions = ["call", "subscribe"]
match = "prefix"
uri = "lab."
[[allow]]
id = "some"
roles = ["guest"]
actions = ["publish"]
uri = "plant.log"
where = [{ arg = 0, type = "integer" }]
[[allow]]
id = "meta"
roles = ["guest"]
actions = ["call", "subscribe"]
match = "prefix"
uri = "wamp."
grants = ["meta"]
[[forbid]]
id = "secret"
roles = ["guest"]
actions = ["call", "subscribe"]
match = "prefix"
uri = "lab.secret."
)";

class HoldingsMetaTest : public testing::Test {
protected:
    HoldingsMetaTest() {
        for (const std::uint64_t id : {1u, 2u, 3u}) {
            world_.open(id);
            world_.send(id, hello);
        }
        world_.take();
    }
    wamp::SessionId session(std::uint64_t id) { return world_.wires.session(id); }
    HoldingChange added(std::uint64_t by, wamp::Id id, std::string uri, bool registration = false,
                        MatchPolicy match = MatchPolicy::exact) {
        return {session(by), session(by), id, registration, true, match, std::move(uri)};
    }
    HoldingChange removed(std::uint64_t by, wamp::Id id, bool registration = false) {
        return {.session = session(by), .by = session(by), .id = id, .registration = registration};
    }
    Lines held(wamp::HoldingChanges changes, bool publish = true) {
        meta_.held(std::move(changes), publish, wamp::Timestamp(0), out_);
        return sent();
    }
    Lines after(std::uint64_t id, std::string_view json) {
        const auto event = world_.send(id, json);
        if (const auto* request = std::get_if<Door::Request>(&event)) meta_.handle(*request, out_);
        return sent();
    }
    /// What the second session gets for a call, without the envelope.
    std::string asks(std::string_view procedure, std::string_view args = {}) {
        const std::string request = std::to_string(++request_);
        const Lines lines = after(2, "[48," + request + ",{},\"" + std::string(procedure) + "\"" +
                                         (args.empty() ? "" : "," + std::string(args)) + "]");
        if (lines.size() != 1) return "no answer";
        const std::string result = "2 [50," + request + ",{},";
        const std::string error = "2 [8,48," + request + ",{},";
        const bool good = lines[0].starts_with(result);
        const std::size_t head = good ? result.size() : error.size();
        return lines[0].substr(head, lines[0].size() - head - 1);
    }
    Lines sent() {
        std::vector<Door::Undelivered> undelivered;
        world_.door.deliver(out_, undelivered, world_.now, world_.wires.out);
        out_.clear();
        Lines lines = world_.wires.take_named();
        for (std::string& line : lines) {  // ids of publications and subscriptions
            const auto at = line.find(" [36,");
            if (at != std::string::npos)
                line = line.substr(0, at + 1) + line.substr(line.find('{', at));
        }
        return lines;
    }

    DoorWorld world_{holdings_policy};
    wamp::Random random_{{5}};
    MetaRegistry meta_{world_.door, random_};
    wamp::Deliveries out_;
    int request_ = 0;
};

// W-RMA-03
TEST_F(HoldingsMetaTest, AnswersAllQuestionsAboutRegistrations) {
    held({added(1, 5, "lab.p", true), added(3, 5, "lab.p", true),
          added(1, 6, "lab.q.", true, MatchPolicy::prefix),
          added(1, 7, "lab.x..w", true, MatchPolicy::wildcard)});
    EXPECT_EQ(asks("wamp.registration.list"), R"([{"exact":[5],"prefix":[6],"wildcard":[7]}])");
    EXPECT_EQ(asks("wamp.registration.lookup", R"(["lab.p"])"), "[5]");
    EXPECT_EQ(asks("wamp.registration.lookup", R"(["lab.p",{"match":"prefix"}])"), "[null]");
    EXPECT_EQ(asks("wamp.registration.lookup", R"(["lab.q.",{"match":"prefix"}])"), "[6]");
    EXPECT_EQ(asks("wamp.registration.lookup", R"(["lab.p",null])"), "[5]");
    EXPECT_EQ(asks("wamp.registration.match", R"(["lab.q.x"])"), "[6]");
    EXPECT_EQ(asks("wamp.registration.match", R"(["lab.p"])"), "[5]");
    EXPECT_EQ(asks("wamp.registration.match", R"(["lab.r"])"), "[null]");
    EXPECT_EQ(
        asks("wamp.registration.get", "[5]"),
        R"([{"id":5,"created":"1970-01-01T00:00:00.000000Z","uri":"lab.p","match":"exact","invoke":"single"}])");
    EXPECT_EQ(asks("wamp.registration.list_callees", "[5]"), "[[S1,S3]]");
    EXPECT_EQ(asks("wamp.registration.count_callees", "[5]"), "[2]");
    for (const char* procedure : {"get", "list_callees", "count_callees"}) {
        for (const char* args : {"[4]", "[null]", R"(["x"])", "[]"})
            EXPECT_EQ(asks("wamp.registration." + std::string(procedure), args),
                      R"("wamp.error.no_such_registration")");
    }
}

// W-SMA-02
TEST_F(HoldingsMetaTest, AnswersAllQuestionsAboutSubscriptions) {
    held({added(1, 5, "lab.t"), added(3, 5, "lab.t"),
          added(1, 6, "lab.", false, MatchPolicy::prefix)});
    EXPECT_EQ(asks("wamp.subscription.list"), R"([{"exact":[5],"prefix":[],"wildcard":[]}])");
    EXPECT_EQ(asks("wamp.subscription.lookup", R"(["lab.t"])"), "[5]");
    EXPECT_EQ(asks("wamp.subscription.match", R"(["lab.t"])"), "[[5]]");
    EXPECT_EQ(asks("wamp.subscription.match", R"(["lab.u"])"), "[null]");
    EXPECT_EQ(
        asks("wamp.subscription.get", "[5]"),
        R"([{"id":5,"created":"1970-01-01T00:00:00.000000Z","uri":"lab.t","match":"exact"}])");
    EXPECT_EQ(asks("wamp.subscription.list_subscribers", "[5]"), "[[S1,S3]]");
    EXPECT_EQ(asks("wamp.subscription.count_subscribers", "[5]"), "[2]");
    EXPECT_EQ(asks("wamp.subscription.get", "[9]"), R"("wamp.error.no_such_subscription")");
    // lab. reaches what is forbidden, so a guest may not subscribe to it, and does not see it.
    EXPECT_EQ(asks("wamp.subscription.get", "[6]"), R"("wamp.error.no_such_subscription")");
}

TEST_F(HoldingsMetaTest, RefusesArgumentsThatAreNone) {
    for (const char* args : {"[]", "[7]", R"(["lab.p",7])", R"(["lab.p",{"match":"regex"}])"})
        EXPECT_EQ(asks("wamp.registration.lookup", args), R"("wamp.error.invalid_argument")");
    for (const char* args : {"[]", "[7]"})
        EXPECT_EQ(asks("wamp.subscription.match", args), R"("wamp.error.invalid_argument")");
}

// W-RMA-05, decision 0002: what is forbidden and what does not exist look the same.
TEST_F(HoldingsMetaTest, ShowsNothingThatTheAskerMayNotUse) {
    held({added(1, 5, "lab.secret.p", true), added(1, 6, "lab.secret.t"), added(1, 7, "plant.log"),
          added(1, 8, "plant.t"), added(2, 9, "plant.own")});
    EXPECT_EQ(asks("wamp.registration.list"), R"([{"exact":[],"prefix":[],"wildcard":[]}])");
    EXPECT_EQ(asks("wamp.registration.lookup", R"(["lab.secret.p"])"), "[null]");
    EXPECT_EQ(asks("wamp.registration.match", R"(["lab.secret.p"])"), "[null]");
    EXPECT_EQ(asks("wamp.registration.get", "[5]"), asks("wamp.registration.get", "[99]"));
    // One that it may publish to with some arguments, and one that it holds.
    EXPECT_EQ(asks("wamp.subscription.list"), R"([{"exact":[7,9],"prefix":[],"wildcard":[]}])");
    EXPECT_EQ(asks("wamp.subscription.match", R"(["plant.t"])"), "[null]");
    EXPECT_EQ(asks("wamp.subscription.count_subscribers", "[6]"),
              asks("wamp.subscription.count_subscribers", "[99]"));
}

// W-RMA-01, W-RMA-02
TEST_F(HoldingsMetaTest, PublishesRegistrationsInTheirOrder) {
    after(2, R"([32,1,{"match":"prefix"},"wamp.registration."])");
    EXPECT_EQ(
        held({added(1, 5, "lab.p", true), added(3, 5, "lab.p", true)}),
        (Lines{
            R"(2 {"topic":"wamp.registration.on_create"},[S1,{"id":5,"created":"1970-01-01T00:00:00.000000Z","uri":"lab.p","match":"exact","invoke":"single"}]])",
            R"(2 {"topic":"wamp.registration.on_register"},[S1,5]])",
            R"(2 {"topic":"wamp.registration.on_register"},[S3,5]])"}));
    EXPECT_EQ(held({removed(3, 5, true), removed(1, 5, true)}),
              (Lines{R"(2 {"topic":"wamp.registration.on_unregister"},[S3,5]])",
                     R"(2 {"topic":"wamp.registration.on_unregister"},[S1,5]])",
                     R"(2 {"topic":"wamp.registration.on_delete"},[S1,5]])"}));
}

// W-SMA-01, W-SUB-09
TEST_F(HoldingsMetaTest, PublishesSubscriptionsInTheirOrder) {
    after(2, R"([32,1,{"match":"prefix"},"wamp.subscription."])");
    EXPECT_EQ(
        held({added(1, 5, "lab.t"), removed(1, 5)}),
        (Lines{
            R"(2 {"topic":"wamp.subscription.on_create"},[S1,{"id":5,"created":"1970-01-01T00:00:00.000000Z","uri":"lab.t","match":"exact"}]])",
            R"(2 {"topic":"wamp.subscription.on_subscribe"},[S1,5]])",
            R"(2 {"topic":"wamp.subscription.on_unsubscribe"},[S1,5]])",
            R"(2 {"topic":"wamp.subscription.on_delete"},[S1,5]])"}));
}

// W-SMA-03
TEST_F(HoldingsMetaTest, TellsNobodyWhatHeDidHimself) {
    after(2, R"([32,1,{},"wamp.subscription.on_subscribe"])");
    after(2, R"([32,2,{},"wamp.registration.on_unregister"])");
    EXPECT_EQ(held({added(2, 5, "lab.t")}), Lines{});
    held({added(2, 6, "lab.p", true)});
    // Another session has taken its registration, or the policy has.
    for (const wamp::SessionId by : {session(1), wamp::SessionId{0}}) {
        HoldingChange lost = removed(2, 6, true);
        lost.by = by;
        held({added(2, 6, "lab.p", true)});
        EXPECT_EQ(held({lost}), Lines{"2 {},[S2,6]]"});
    }
}

TEST_F(HoldingsMetaTest, TellsNobodyOfWhatHeMayNotUse) {
    after(2, R"([32,1,{"match":"prefix"},"wamp.subscription."])");
    EXPECT_EQ(held({added(1, 6, "lab.secret.t"), removed(1, 6)}), Lines{});
}

TEST_F(HoldingsMetaTest, SaysNothingWhenTheDoorIsClosed) {
    after(3, R"([32,1,{},"wamp.subscription.on_create"])");
    EXPECT_EQ(held({added(1, 5, "lab.t")}, false), Lines{});
    EXPECT_EQ(asks("wamp.subscription.lookup", R"(["lab.t"])"), "[5]");
}

// W-SMA-04
TEST_F(HoldingsMetaTest, SaysNothingOfSubscriptionsToItself) {
    after(1, R"([32,1,{"match":"prefix"},"wamp.subscription."])");
    EXPECT_EQ(after(3, R"([32,1,{},"wamp.subscription.on_create"])").size(), 1U);
    EXPECT_EQ(asks("wamp.subscription.list"), R"([{"exact":[],"prefix":[],"wildcard":[]}])");
}

}  // namespace
}  // namespace sallyport::policy
