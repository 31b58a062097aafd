#include "policy/door/latest_events.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/policy/support.h"
#include "wamp/base/random.h"
#include "wamp/codec/argument.h"
#include "wamp/codec/codec.h"

namespace sallyport::policy {
namespace {

using namespace std::chrono_literals;
using wamp::Value;

constexpr std::string_view rules = R"(realm = "lab"
[[allow]]
id = "all"
roles = ["*"]
actions = ["subscribe"]
uri = "lab.all"
[[allow]]
id = "latest"
roles = ["*"]
actions = ["subscribe"]
match = "prefix"
uri = "lab.latest."
deliver = "latest"
[[allow]]
id = "keyed"
roles = ["*"]
actions = ["subscribe"]
uri = "lab.keyed"
deliver = "latest"
key = { arg = 1 }
[[allow]]
id = "slow"
roles = ["*"]
actions = ["subscribe"]
uri = "lab.slow"
deliver = "latest"
key = { arg = 1 }
rate = "2/s"
)";

using Lines = std::vector<std::string>;

class Latest : public testing::Test {
protected:
    LatestEvents::Rule rule(const std::string& id, std::string_view topic) {
        for (RuleIndex index = 0; index < policy_->rules().size(); ++index) {
            if (policy_->rule(index).id == id) return {policy_, index, topic};
        }
        ADD_FAILURE() << id;
        return {policy_, 0, topic};
    }
    void subscribe(wamp::SubscriptionId id, const std::string& by, std::string_view topic,
                   wamp::SessionId session = 1) {
        EXPECT_TRUE(events_.expect(session, ++request_, rule(by, topic)));
        EXPECT_TRUE(events_.on_subscribed(session, {request_, id}));
    }
    /// Offers an event; whether it is to be sent at once.
    bool sent(wamp::SubscriptionId id, int number, const Value& key = {}, bool room = false,
              std::string_view topic = {}, wamp::SessionId session = 1) {
        const auto payload = wamp::make_payload(wamp::Serializer::json, {Value(number), key});
        wamp::Event event{id, static_cast<wamp::PublicationId>(number), {}, payload.view()};
        if (!topic.empty()) event.details.append("topic", topic);
        LatestEvents::Shared shared;
        return events_.offer(session, event, shared, room, now_) == LatestEvents::Offer::send;
    }
    /// What may be sent now, as "number skipped topic".
    Lines due(wamp::SessionId session = 1) {
        Lines lines;
        while (const auto due = events_.next(session, now_)) {
            const std::uint64_t told = due->event.details.get_uint("_skipped", 0);
            EXPECT_EQ(told, due->skipped);
            EXPECT_EQ(due->event.payload.args.substr(0, 2),
                      "[" + std::to_string(due->event.publication).substr(0, 1));
            lines.push_back(std::to_string(due->event.publication) + " " + std::to_string(told) +
                            " " + due->topic);
        }
        return lines;
    }

    std::shared_ptr<const RealmPolicy> policy_ = compiled(rules);
    LatestEvents events_{std::size_t{1} << 20};
    wamp::RequestId request_ = 0;
    wamp::Instant now_{1h};
};

TEST_F(Latest, SubscriptionsOfOtherRulesAreNotItsBusiness) {
    EXPECT_FALSE(events_.expect(1, 1, rule("all", "lab.all")));
    EXPECT_FALSE(events_.on_subscribed(1, {1, 7}));
    EXPECT_TRUE(sent(7, 1));
    subscribe(8, "keyed", "lab.keyed");
    EXPECT_FALSE(events_.expect(1, 9, rule("all", "lab.all")));
    EXPECT_FALSE(events_.on_subscribed(1, {9, 7}));
    EXPECT_TRUE(sent(7, 1));
    EXPECT_TRUE(sent(8, 1, 1, false, {}, 2)) << "of another session";
    EXPECT_EQ(events_.bytes(), 0u);
}

TEST_F(Latest, SendsAtOnceWhileThereIsRoom) {
    subscribe(7, "keyed", "lab.keyed");
    for (int i = 1; i < 5; ++i) EXPECT_TRUE(sent(7, i, 1, true));
    EXPECT_EQ(due(), Lines{});
    EXPECT_EQ(events_.skipped(), 0u);
    EXPECT_EQ(events_.bytes(), 0u);
}

TEST_F(Latest, KeepsTheNewestAndTellsHowManyWereLeftOut) {
    subscribe(7, "keyed", "lab.keyed");
    for (int i = 1; i < 5; ++i) EXPECT_FALSE(sent(7, i, 1));
    EXPECT_GT(events_.bytes(), 0u);
    EXPECT_EQ(due(), Lines{"4 3 lab.keyed"});
    EXPECT_EQ(events_.skipped(), 3u);
    EXPECT_EQ(events_.bytes(), 0u);
    EXPECT_FALSE(sent(7, 5, 1));
    EXPECT_EQ(due(), Lines{"5 0 lab.keyed"}) << "told once";
}

TEST_F(Latest, KeysAndTopicsTakeTurns) {
    subscribe(7, "keyed", "lab.keyed");
    subscribe(8, "latest", "lab.latest.");
    EXPECT_FALSE(sent(7, 1, "a"));
    EXPECT_FALSE(sent(8, 2, "a", false, "lab.latest.x"));
    EXPECT_FALSE(sent(7, 3, "b"));
    EXPECT_FALSE(sent(8, 4, "b", false, "lab.latest.y"));
    EXPECT_FALSE(sent(8, 5, "c", false, "lab.latest.x"));  // without a key they are one
    EXPECT_FALSE(sent(7, 6, "a"));
    EXPECT_FALSE(sent(7, 7));  // without the key
    EXPECT_FALSE(sent(7, 8, wamp::List{}));
    EXPECT_EQ(due(), (Lines{"6 1 lab.keyed", "5 1 lab.latest.x", "3 0 lab.keyed",
                            "4 0 lab.latest.y", "8 1 lab.keyed"}));
}

TEST_F(Latest, KeepsItsRatePerKey) {
    subscribe(7, "slow", "lab.slow");
    EXPECT_TRUE(sent(7, 1, 1, true));
    EXPECT_TRUE(sent(7, 2, 2, true)) << "another key";
    EXPECT_FALSE(sent(7, 3, 1, true));
    EXPECT_FALSE(sent(7, 4, 1, true));
    EXPECT_EQ(events_.deadline(), now_ + 500ms);
    now_ += 499ms;
    EXPECT_EQ(events_.take_due(now_), 0u);
    EXPECT_EQ(due(), Lines{});
    now_ += 1ms;
    EXPECT_EQ(events_.take_due(now_), 1u);
    EXPECT_EQ(due(), Lines{"4 1 lab.slow"});
    EXPECT_EQ(events_.deadline(), wamp::never);
    EXPECT_FALSE(sent(7, 5, 1, true)) << "from the last one on";
    EXPECT_TRUE(sent(7, 6, 2, true));
    now_ += 500ms;
    EXPECT_EQ(due(), Lines{"5 0 lab.slow"});
    now_ += 500ms;
    EXPECT_TRUE(sent(7, 7, 1, true));
    now_ += 500ms;
    EXPECT_TRUE(sent(7, 8, 3, true));
    now_ += 500ms;
    EXPECT_TRUE(sent(7, 9, 3, true)) << "rates that have ended are forgotten";
}

TEST_F(Latest, IsNotDueWithoutRoom) {
    subscribe(7, "slow", "lab.slow");
    EXPECT_TRUE(sent(7, 1, 1, true));
    EXPECT_FALSE(sent(7, 2, 1, true));
    events_.pause(1);
    EXPECT_EQ(events_.deadline(), wamp::never);
    EXPECT_EQ(due(), Lines{});
    EXPECT_EQ(events_.deadline(), now_ + 500ms) << "it has been asked again";
    events_.forget(1);
    EXPECT_EQ(events_.deadline(), wamp::never);
    EXPECT_EQ(events_.bytes(), 0u);
    EXPECT_TRUE(sent(7, 3, 1));
}

TEST_F(Latest, SubscribingAgainKeepsWhatWaits) {
    subscribe(7, "keyed", "lab.keyed");
    EXPECT_FALSE(sent(7, 1, 1));
    subscribe(7, "keyed", "lab.keyed");
    EXPECT_FALSE(sent(7, 2, 1));
    EXPECT_EQ(due(), Lines{"2 1 lab.keyed"});
}

TEST_F(Latest, ARefusedRequestLeavesNothing) {
    EXPECT_TRUE(events_.expect(1, 1, rule("keyed", "lab.keyed")));
    events_.on_error(1, wamp::MessageType::call, 1);
    events_.on_error(1, wamp::MessageType::subscribe, 1);
    EXPECT_FALSE(events_.on_subscribed(1, {1, 7}));
    EXPECT_TRUE(events_.expect(1, 2, rule("keyed", "lab.keyed")));
    EXPECT_FALSE(events_.expect(1, 2, rule("all", "lab.all"))) << "by another version";
    EXPECT_FALSE(events_.on_subscribed(1, {2, 7}));
}

TEST_F(Latest, NothingWaitsAfterUnsubscribed) {  // W-ORD-05
    const auto ends = [&](const auto& end) {
        subscribe(7, "slow", "lab.slow");
        EXPECT_TRUE(sent(7, 1, 1, true));
        EXPECT_FALSE(sent(7, 2, 1, true));
        end();
        EXPECT_EQ(events_.deadline(), wamp::never);
        now_ += 1s;
        EXPECT_EQ(due(), Lines{});
        EXPECT_TRUE(sent(7, 3, 1));
        EXPECT_EQ(events_.bytes(), 0u);
    };
    ends([&] {
        events_.on_unsubscribe(1, {5, 7, {}});
        EXPECT_FALSE(sent(7, 3, 1, true)) << "not answered yet";
        events_.on_unsubscribed(1, {4, {}});
        events_.on_unsubscribed(1, {5, {}});
    });
    ends([&] { events_.on_unsubscribed(1, {0, {{"subscription", 7}}}); });
    ends([&] {
        events_.on_unsubscribe(1, {6, 7, {}});
        events_.on_error(1, wamp::MessageType::unsubscribe, 6);
    });
    ends([&] { events_.drop(1, 7); });
    ends([&] { events_.forget(1); });
}

TEST_F(Latest, TellsWhatCouldNotBeSentWithTheNextEvent) {
    subscribe(7, "keyed", "lab.keyed");
    events_.add_skipped(1, 7, 2);
    events_.add_skipped(1, 8, 2);
    events_.add_skipped(2, 7, 2);
    EXPECT_FALSE(sent(7, 1, 1, true)) << "it has something to tell";
    EXPECT_EQ(due(), Lines{"1 2 lab.keyed"});
    EXPECT_TRUE(sent(7, 2, 1, true));
}

TEST_F(Latest, AKeyTooManyTakesThePlaceOfTheOldest) {
    subscribe(7, "keyed", "lab.keyed");
    const int keys = static_cast<int>(LatestEvents::keys_max);
    for (int i = 0; i < keys; ++i) EXPECT_FALSE(sent(7, 1000 + i, i));
    EXPECT_FALSE(sent(7, 1, 0));
    EXPECT_EQ(events_.skipped(), 1u);
    EXPECT_FALSE(sent(7, 2, keys));
    EXPECT_EQ(events_.skipped(), 2u);
    const Lines lines = due();
    ASSERT_EQ(lines.size(), LatestEvents::keys_max);
    EXPECT_EQ(lines.front(), "1001 2 lab.keyed") << "tells of the one that went";
    EXPECT_EQ(lines.back(), "2 0 lab.keyed");
}

TEST_F(Latest, AKeyThatOnlyKeepsItsRateGoesBeforeOneThatWaits) {
    subscribe(7, "slow", "lab.slow");
    const int keys = static_cast<int>(LatestEvents::keys_max);
    EXPECT_FALSE(sent(7, 1, 0));
    for (int i = 1; i < keys; ++i) EXPECT_TRUE(sent(7, 1000 + i, i, true));
    EXPECT_FALSE(sent(7, 2, keys));
    EXPECT_EQ(events_.skipped(), 0u);
    EXPECT_TRUE(sent(7, 3, 1, true)) << "its rate is forgotten";
    EXPECT_EQ(due(), (Lines{"1 0 lab.slow", "2 0 lab.slow"}));
}

TEST_F(Latest, BoundsTheBytesOfASession) {
    subscribe(7, "latest", "lab.latest.");
    const Value large(std::string(300'000, 'x'));
    EXPECT_FALSE(sent(7, 1, large, false, "lab.latest.a"));
    EXPECT_FALSE(sent(7, 2, large, false, "lab.latest.b"));
    EXPECT_FALSE(sent(7, 3, large, false, "lab.latest.c"));
    EXPECT_LE(events_.bytes(), std::size_t{1} << 20);
    EXPECT_FALSE(sent(7, 4, large, false, "lab.latest.d"));
    EXPECT_LE(events_.bytes(), std::size_t{1} << 20);
    EXPECT_EQ(due(), (Lines{"2 1 lab.latest.b", "3 0 lab.latest.c", "4 0 lab.latest.d"}));
    const Value huge(std::string(2'000'000, 'x'));
    EXPECT_FALSE(sent(7, 5, 0, false, "lab.latest.a"));
    EXPECT_FALSE(sent(7, 6, huge, false, "lab.latest.b"));
    EXPECT_EQ(due(), Lines{"6 1 lab.latest.b"}) << "the newest always waits";
    EXPECT_EQ(events_.bytes(), 0u);
}

TEST_F(Latest, BoundsTheSubscriptionsOfASession) {
    for (std::size_t i = 0; i <= LatestEvents::subscriptions_max; ++i)
        subscribe(100 + i, "keyed", "lab.keyed");
    EXPECT_TRUE(sent(100, 1, 1)) << "the oldest is forgotten";
    EXPECT_FALSE(sent(101, 1, 1));
}

TEST_F(Latest, SharesOneCopyAmongSessions) {
    subscribe(7, "keyed", "lab.keyed", 1);
    subscribe(7, "keyed", "lab.keyed", 2);
    const auto payload = wamp::make_payload(wamp::Serializer::json, {Value(1), Value("k")});
    const wamp::Event event{7, 1, {}, payload.view()};
    LatestEvents::Shared shared;
    for (const wamp::SessionId session : {1u, 2u})
        EXPECT_EQ(events_.offer(session, event, shared, false, now_), LatestEvents::Offer::waits);
    EXPECT_EQ(events_.next(1, now_)->owner.get(), events_.next(2, now_)->owner.get());
}

TEST_F(Latest, AnotherVersionOfTheRuleSendsWhatWaited) {
    const auto other = compiled(std::string(rules) +
                                "[[test]]\nas = { role = \"a\" }\nsubscribe = "
                                "\"lab.all\"\nexpect = \"allow all\"\n");
    subscribe(7, "keyed", "lab.keyed");
    EXPECT_FALSE(sent(7, 1, 1));
    EXPECT_FALSE(sent(7, 2, 2));
    const auto same = rule("keyed", "lab.keyed");
    EXPECT_TRUE(events_.change(1, 7, {other, same.index, "lab.keyed"}).empty());
    EXPECT_FALSE(sent(7, 3, 1)) << "and goes on";
    const auto waited = events_.change(1, 7, rule("all", "lab.all"));
    ASSERT_EQ(waited.size(), 2u);
    EXPECT_EQ(waited[0].event.publication, 3u);
    EXPECT_EQ(waited[0].skipped, 1u);
    EXPECT_EQ(events_.bytes(), 0u);
    EXPECT_TRUE(sent(7, 4, 1));
    EXPECT_TRUE(events_.change(1, 7, rule("slow", "lab.slow")).empty());
    EXPECT_FALSE(sent(7, 5, 1));
    EXPECT_EQ(due(), Lines{"5 0 lab.slow"});
    EXPECT_TRUE(events_.change(2, 7, rule("all", "lab.all")).empty());
    EXPECT_TRUE(events_.change(2, 7, rule("keyed", "lab.keyed")).empty());
    EXPECT_FALSE(sent(7, 6, 1, false, {}, 2));
}

// Whatever happens, each event is sent or told as skipped, and events of one key keep their order.
TEST_F(Latest, LosesNothingWithoutAWord) {
    wamp::Random random({3});
    for (int world = 0; world < 60; ++world) {
        LatestEvents events(world % 2 == 0 ? std::size_t{1} << 20 : 40'000);
        const std::array<const char*, 3> ids{"keyed", "slow", "latest"};
        std::map<wamp::SubscriptionId, std::uint64_t> offered;
        std::map<wamp::SubscriptionId, std::uint64_t> told;
        std::map<std::pair<wamp::SubscriptionId, std::uint64_t>, std::uint64_t> newest;
        for (const wamp::SubscriptionId id : {0u, 1u, 2u}) {
            events.expect(1, id + 1, rule(ids[id], "lab.x"));
            events.on_subscribed(1, {id + 1, id});
        }
        const std::uint64_t keys = world % 3 == 0 ? 400 : 5;
        std::uint64_t number = 0;
        const auto seen = [&](const wamp::Event& event) {
            const auto key = wamp::find_argument(event.payload, 1)->unsigned_integer;
            const auto held = event.subscription == 2 ? event.details.get_uint("k", 0) : key;
            std::uint64_t& last = newest[{event.subscription, held}];
            EXPECT_GT(event.publication, last);
            last = event.publication;
            told[event.subscription] += 1 + event.details.get_uint("_skipped", 0);
        };
        const auto drain = [&](std::uint64_t most) {
            for (; most > 0; --most) {
                const auto due = events.next(1, now_);
                if (!due) return;
                seen(due->event);
            }
            events.pause(1);
        };
        for (int step = 0; step < 2000; ++step) {
            const wamp::SubscriptionId id = random.below(3);
            const std::uint64_t key = random.below(keys);
            const auto payload = wamp::make_payload(
                random.below(2) == 0 ? wamp::Serializer::json : wamp::Serializer::msgpack,
                {Value(1), Value(key), Value(std::string(random.below(300), 'x'))});
            wamp::Event event{id, ++number, {}, payload.view()};
            if (id == 2) event.details = {{"topic", "lab." + std::to_string(key)}, {"k", key}};
            LatestEvents::Shared shared;
            ++offered[id];
            if (events.offer(1, event, shared, random.below(3) == 0, now_) ==
                LatestEvents::Offer::send)
                seen(event);
            if (random.below(4) == 0) drain(random.below(20));
            if (random.below(10) == 0) now_ += std::chrono::milliseconds(random.below(400));
            EXPECT_LE(events.bytes(), std::size_t{1} << 20);
        }
        now_ += 1h;
        drain(UINT64_MAX);
        for (const wamp::SubscriptionId id : {0u, 1u, 2u}) {
            const auto payload = wamp::make_payload(wamp::Serializer::json, {Value(1), Value(0)});
            wamp::Event event{id, ++number, {}, payload.view()};
            if (id == 2) event.details = {{"topic", "lab.0"}, {"k", std::uint64_t{0}}};
            now_ += 1h;
            LatestEvents::Shared shared;
            if (events.offer(1, event, shared, true, now_) == LatestEvents::Offer::send)
                seen(event);
            drain(UINT64_MAX);
            EXPECT_EQ(told[id], ++offered[id]) << ids[id] << " in world " << world;
        }
        events.forget(1);
        EXPECT_EQ(events.bytes(), 0u);
    }
}

}  // namespace
}  // namespace sallyport::policy
