// What is subtle about events (requirements, section 21), with each party outside and inside.

#include <algorithm>
#include <chrono>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/sim/scenarios/stage.h"
#include "wamp/message/uris.h"

namespace sallyport::sim {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using wamp::Dict;
using wamp::List;
using wamp::Value;
namespace uris = wamp::uris;

class EventScenario : public Scenario {};

INSTANTIATE_TEST_SUITE_P(Places, EventScenario, everywhere, name_of);

std::vector<std::string> topics_told(const Player& player) {
    std::vector<std::string> told;
    for (const auto* const event : player.all<wamp::Event>())
        told.emplace_back(event->details.get_string("topic"));
    return told;
}

// W-SUB-01: what makes SUBSCRIBE wait here is the link.
TEST_P(EventScenario, SubscribedComesBeforeTheFirstEvent) {
    play([](Stage& stage) {
        Player& publisher = stage.join(first());
        Player& subscriber = stage.join(second());
        constexpr int count = 200;
        for (int i = 0; i < count; ++i) {
            stage.schedule().after(i * milliseconds(1), [&publisher, i] {
                publisher.publish("app.topic", {}, {Value(i)});
            });
        }
        stage.schedule().after(milliseconds(30), [&] {
            subscriber.subscribe("app.topic");
            stage.link().stall(true);
        });
        stage.schedule().after(milliseconds(130), [&] { stage.link().stall(false); });
        stage.run(milliseconds(500));
        const auto types = subscriber.types();
        ASSERT_FALSE(types.empty());
        EXPECT_EQ(types.front(), wamp::MessageType::subscribed);
        std::set<wamp::PublicationId> publications;
        for (const auto* const event : subscriber.all<wamp::Event>())
            publications.insert(event->publication);
        EXPECT_EQ(publications.size(), subscriber.count<wamp::Event>());
        EXPECT_GE(publications.size(), 60U);
        EXPECT_LT(publications.size(), static_cast<std::size_t>(count));
    });
}

// W-SUB-02, the second half
TEST_P(EventScenario, NoEventComesAfterUnsubscribed) {
    play([](Stage& stage) {
        Player& publisher = stage.join(first());
        Player& subscriber = stage.join(second());
        stage.subscribe(subscriber, "app.topic");
        for (int i = 0; i < 100; ++i)
            stage.schedule().after(i * microseconds(200), [&] { publisher.publish("app.topic"); });
        stage.schedule().after(milliseconds(8), [&] {
            subscriber.unsubscribe(subscriber.last<wamp::Subscribed>()->subscription);
        });
        stage.run(milliseconds(300));
        const auto types = subscriber.types();
        ASSERT_FALSE(types.empty());
        EXPECT_EQ(types.back(), wamp::MessageType::unsubscribed);
        EXPECT_GT(subscriber.count<wamp::Event>(), 0U);
    });
}

// W-SUB-08
TEST_P(EventScenario, APublisherWithThreeMatchingSubscriptions) {
    play([](Stage& stage) {
        Player& player = stage.join(first());
        stage.subscribe(player, "app.one.two");
        stage.subscribe(player, "app.one", {{"match", "prefix"}});
        stage.subscribe(player, "app..two", {{"match", "wildcard"}});
        const auto exact = player.all<wamp::Subscribed>().front()->subscription;
        player.publish("app.one.two");
        stage.settle();
        EXPECT_EQ(player.count<wamp::Event>(), 0U);
        player.publish("app.one.two", {{"exclude_me", false}});
        stage.settle();
        const auto events = player.all<wamp::Event>();
        ASSERT_EQ(events.size(), 3U);
        std::set<wamp::SubscriptionId> subscriptions;
        for (const auto* const event : events) {
            subscriptions.insert(event->subscription);
            EXPECT_EQ(event->publication, events.front()->publication);
            EXPECT_EQ(event->details.get_string("topic"),
                      event->subscription == exact ? "" : "app.one.two");
        }
        EXPECT_EQ(subscriptions.size(), 3U);
    });
}

// W-SUB-09
TEST_P(EventScenario, MetaEventsComeInOrderAndOnce) {
    play([](Stage& stage) {
        Player& watcher = stage.join(first(), "ann");
        stage.subscribe(watcher, "wamp.subscription.", {{"match", "prefix"}});
        Player& subscriber = stage.join(first());
        stage.subscribe(subscriber, "app.topic");
        subscriber.cut();
        stage.settle();
        EXPECT_EQ(topics_told(watcher),
                  (std::vector<std::string>{
                      "wamp.subscription.on_create", "wamp.subscription.on_subscribe",
                      "wamp.subscription.on_unsubscribe", "wamp.subscription.on_delete"}));
    });
}

// W-SUB-12
TEST_P(EventScenario, AnEmptyListOfReceiversIsNobody) {
    play([](Stage& stage) {
        Player& publisher = stage.join(first());
        Player& ann = stage.join(second(), "ann");
        Player& ben = stage.join(second(), "ben");
        for (Player* const each : {&ann, &ben}) stage.subscribe(*each, "app.topic");
        const auto receivers = [&](Dict options) {
            ann.forget();
            ben.forget();
            publisher.publish("app.topic", std::move(options));
            stage.settle();
            return std::pair(ann.count<wamp::Event>(), ben.count<wamp::Event>());
        };
        using Both = std::pair<std::size_t, std::size_t>;
        EXPECT_EQ(receivers({}), Both(1, 1));
        EXPECT_EQ(receivers({{"eligible", List{}}}), Both(0, 0));
        EXPECT_EQ(receivers({{"eligible_authrole", List{Value("admin")}}}), Both(1, 0));
        EXPECT_EQ(receivers({{"eligible_authrole", List{Value("admin")}},
                             {"eligible_authid", List{Value("ann"), Value("ben")}}}),
                  Both(1, 0));
        EXPECT_EQ(receivers({{"eligible_authrole", List{Value("admin")}},
                             {"eligible_authid", List{Value("ben")}}}),
                  Both(0, 0));
    });
}

// W-SUB-13
TEST_P(EventScenario, OnlyWhoAnnouncedItIsToldThePublisher) {
    play([](Stage& stage) {
        Player& publisher = stage.join(first(), "ann");
        Player& knows = stage.join(second());
        Player& ignores = stage.seat(second());
        auto* const features =
            ignores.roles.find("subscriber")->get_if<Dict>()->find("features")->get_if<Dict>();
        features->erase("publisher_identification");
        stage.join(ignores);
        for (Player* const each : {&knows, &ignores}) stage.subscribe(*each, "app.topic");
        publisher.publish("app.topic", {{"disclose_me", true}});
        stage.settle();
        ASSERT_EQ(knows.count<wamp::Event>(), 1U);
        ASSERT_EQ(ignores.count<wamp::Event>(), 1U);
        EXPECT_NE(knows.last<wamp::Event>()->details.find("publisher"), nullptr);
        EXPECT_EQ(knows.last<wamp::Event>()->details.get_string("publisher_authid"), "ann");
        for (const auto& [key, value] : ignores.last<wamp::Event>()->details)
            EXPECT_FALSE(key.starts_with("publisher")) << key;
    });
}

// W-SUB-14
TEST_P(EventScenario, TheSameSubscriptionTwiceIsOne) {
    play([](Stage& stage) {
        Player& publisher = stage.join(first());
        Player& subscriber = stage.join(second());
        stage.subscribe(subscriber, "app.topic");
        const auto subscription = subscriber.last<wamp::Subscribed>()->subscription;
        stage.subscribe(subscriber, "app.topic");
        EXPECT_EQ(subscriber.last<wamp::Subscribed>()->subscription, subscription);
        publisher.publish("app.topic");
        stage.settle();
        EXPECT_EQ(subscriber.count<wamp::Event>(), 1U);
        EXPECT_EQ(subscriber.error_of(subscriber.unsubscribe(subscription)), "");
        stage.settle();
        EXPECT_EQ(subscriber.count<wamp::Unsubscribed>(), 1U);
        publisher.publish("app.topic");
        stage.settle();
        EXPECT_EQ(subscriber.count<wamp::Event>(), 1U);
        const auto again = subscriber.unsubscribe(subscription);
        stage.settle();
        EXPECT_EQ(subscriber.error_of(again), uris::no_such_subscription);
    });
}

// W-SUB-15
TEST_P(EventScenario, ARetainedEventKeepsItsReceivers) {
    play([](Stage& stage) {
        Player& publisher = stage.join(first());
        publisher.publish("app.kept",
                          {{"retain", true}, {"eligible_authrole", List{Value("admin")}}});
        stage.settle();
        Player& ben = stage.join(second(), "ben");
        Player& ann = stage.join(second(), "ann");
        for (Player* const each : {&ben, &ann}) {
            stage.subscribe(*each, "app.kept", {{"get_retained", true}});
        }
        publisher.publish("app.kept");
        stage.settle();
        EXPECT_EQ(ben.count<wamp::Event>(), 1U);
        const auto events = ann.all<wamp::Event>();
        ASSERT_EQ(events.size(), 2U);
        EXPECT_TRUE(events.front()->details.get_bool("retained", false));
        EXPECT_FALSE(events.back()->details.get_bool("retained", false));
    });
}

// W-SUB-18
TEST_P(EventScenario, WhatASerializerCannotSayEndsNobody) {
    play([](Stage& stage) {
        Player& publisher = stage.seat(first(), wamp::Serializer::msgpack);
        Player& plain = stage.seat(second(), wamp::Serializer::json);
        Player& packed = stage.seat(second(), wamp::Serializer::msgpack);
        for (Player* const each : {&publisher, &plain, &packed}) stage.join(*each);
        for (Player* const each : {&plain, &packed}) stage.subscribe(*each, "app.topic");
        const auto before = stage.undeliverable();
        publisher.publish("app.topic", {}, {Value(std::string("\0!!!", 4))});
        publisher.publish("app.topic", {}, {Value(std::numeric_limits<double>::quiet_NaN())});
        publisher.publish("app.topic", {}, {Value("plain")});
        stage.settle();
        EXPECT_EQ(plain.count<wamp::Event>(), 1U);
        EXPECT_EQ(packed.count<wamp::Event>(), 3U);
        EXPECT_FALSE(plain.is_cut());
        EXPECT_EQ(stage.undeliverable() - before, 2U);
    });
}

// W-SUB-22
TEST_P(EventScenario, APrefixOfAPolicyIsAPrefixOfTheText) {
    play([](Stage& stage) {
        Player& limited = stage.join(first(), "lim");
        Player& callee = stage.join(second(), "ann");
        for (const char* const procedure : {"com.app.work", "com.app2.work"})
            stage.enroll(callee, procedure);
        callee.on_invocation = [&](const wamp::Invocation& invocation) {
            callee.yield(invocation.request);
        };
        const auto allowed = limited.call("com.app.work");
        const auto denied = limited.call("com.app2.work");
        const auto wide = limited.subscribe("com.ap", {{"match", "prefix"}});
        const auto fits = limited.subscribe("com.app.", {{"match", "prefix"}});
        stage.settle();
        EXPECT_EQ(limited.error_of(allowed), "");
        EXPECT_EQ(limited.ends_of(allowed), 1U);
        EXPECT_EQ(limited.error_of(denied), uris::not_authorized);
        EXPECT_EQ(limited.error_of(wide), uris::not_authorized);
        ASSERT_EQ(limited.count<wamp::Subscribed>(), 1U);
        EXPECT_EQ(limited.last<wamp::Subscribed>()->request, fits);
    });
}

}  // namespace
}  // namespace sallyport::sim
