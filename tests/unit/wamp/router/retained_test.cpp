#include "wamp/router/retained.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/wamp/router/world.h"

namespace sallyport::wamp {
namespace {

using test::args;
using test::World;

const Dict keep{{"retain", true}};
const Dict ask{{"get_retained", true}};

/// Sessions 1 and 2 are users, 3 is an admin, 4 is a link.
class RetainedTest : public testing::Test {
protected:
    RetainedTest() {
        world_.join(1);
        world_.join(2);
        world_.join(3, test::all_features(), "boss", "admin");
        world_.join(4, test::no_features(), "gateway", "gateway", true);
    }
    Message publication(const std::string& topic, Dict options,
                        std::string_view payload = "\x91\x01") {
        return Publish{world_.next_request(1), std::move(options), topic, args(payload)};
    }
    /// What the session gets when it asks for what the topic retains.
    std::vector<Event> asked(SessionId session, const std::string& topic = "a.b",
                             Dict options = ask) {
        world_.forget();
        world_.subscribe(session, topic, std::move(options));
        return world_.all<Event>(session);
    }
    World world_;
};

// W-EVR-01, W-EVR-03
TEST_F(RetainedTest, TheLastEventComesBetweenSubscribedAndNewOnes) {
    world_.send(1, publication("a.b", keep, "\x91\x01"));
    world_.send(1, publication("a.b", keep, "\x91\x02"));
    world_.send(1, publication("a.b", {}, "\x91\x03"));
    world_.subscribe(2, "a.b", ask);
    world_.send(1, publication("a.b", {}, "\x91\x04"));
    const std::vector<Message>& sent = world_.sent_to(2);
    ASSERT_EQ(sent.size(), 3u);
    EXPECT_TRUE(std::holds_alternative<Subscribed>(sent[0]));
    const Event& retained = std::get<Event>(sent[1]);
    EXPECT_EQ(retained.payload.args, "\x91\x02");
    EXPECT_EQ(retained.details, (Dict{{"retained", true}}));
    EXPECT_EQ(std::get<Event>(sent[2]).details, Dict{});
}

TEST_F(RetainedTest, TheEventKeepsTheIdOfItsPublication) {
    world_.subscribe(3, "a.b");
    world_.send(1, publication("a.b", keep));
    const PublicationId id = world_.all<Event>(3).at(0).publication;
    EXPECT_EQ(asked(2).at(0).publication, id);
}

TEST_F(RetainedTest, WhoDoesNotAskGetsNothingAndWhoAsksAgainGetsItAgain) {
    world_.send(1, publication("a.b", keep));
    EXPECT_EQ(asked(2, "a.b", {}).size(), 0u);
    EXPECT_EQ(asked(2, "a.b").size(), 1u);
    EXPECT_EQ(asked(2, "a.b").size(), 1u);
    EXPECT_EQ(asked(2, "a.c").size(), 0u);
}

// W-EVR-03
TEST_F(RetainedTest, PatternsGetNone) {
    world_.send(1, publication("a.b", keep));
    EXPECT_EQ(asked(2, "a", {{"match", "prefix"}, {"get_retained", true}}).size(), 0u);
    EXPECT_EQ(asked(2, "a.", {{"match", "wildcard"}, {"get_retained", true}}).size(), 0u);
}

// W-SUB-15, W-EVR-02
TEST_F(RetainedTest, AnEventForSomeComesOnlyToThem) {
    const auto retained_for = [&](std::string_view list, List values) {
        world_.send(1,
                    publication("a.b", {{"retain", true}, {std::string(list), std::move(values)}}));
        return std::to_string(asked(2).size()) + std::to_string(asked(3).size());
    };
    EXPECT_EQ(retained_for("eligible_authrole", {"admin"}), "01");
    EXPECT_EQ(retained_for("eligible_authid", {"boss"}), "01");
    EXPECT_EQ(retained_for("eligible", {std::uint64_t{3}}), "01");
    EXPECT_EQ(retained_for("exclude_authrole", {"admin"}), "10");
    EXPECT_EQ(retained_for("exclude_authid", {"boss"}), "10");
    EXPECT_EQ(retained_for("exclude", {std::uint64_t{3}}), "10");
    EXPECT_EQ(retained_for("eligible", {}), "00");
}

// W-EVR-02
TEST_F(RetainedTest, ItsPublisherGetsItOnlyWhenItWantsTo) {
    world_.send(1, publication("a.b", keep));
    EXPECT_EQ(asked(1).size(), 0u);
    world_.send(1, publication("a.b", {{"retain", true}, {"exclude_me", false}}));
    EXPECT_EQ(asked(1).size(), 1u);
}

TEST_F(RetainedTest, ALinkThatPublishedItMayAskForOthers) {
    world_.send(4, Publish{world_.next_request(4), keep, "a.b", args("\x91\x01")});
    EXPECT_EQ(asked(4).size(), 1u);
}

// W-EVR-02, W-BWL-03
TEST_F(RetainedTest, ALinkGetsItWithItsLists) {
    world_.send(1, publication("a.b", {{"retain", true}, {"eligible_authid", List{"boss"}}}));
    const auto events = asked(4);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].details, (Dict{{"retained", true}, {"eligible_authid", List{"boss"}}}));
    EXPECT_EQ(asked(3).at(0).details, (Dict{{"retained", true}}));
}

TEST_F(RetainedTest, ItOutlivesItsPublisherAndItsSubscribers) {
    world_.subscribe(2, "a.b");
    world_.send(1, publication("a.b", {{"retain", true}, {"disclose_me", true}}));
    world_.leave(1);
    world_.leave(2);
    const std::vector<Event> events = asked(3);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].details.get_uint("publisher", 0), 1u);
    EXPECT_EQ(events[0].details.get_string("publisher_authid"), "own");
    EXPECT_EQ(events[0].details.get_string("publisher_authrole"), "role");
}

TEST_F(RetainedTest, OnlyThoseWhoUnderstandItAreToldWhoPublished) {
    world_.send(1, publication("a.b", {{"retain", true}, {"disclose_me", true}}));
    EXPECT_EQ(asked(4).at(0).details, (Dict{{"retained", true}}));
    world_.send(1, publication("a.b", keep));
    EXPECT_EQ(asked(3).at(0).details, (Dict{{"retained", true}}));
}

// W-PPT-06
TEST_F(RetainedTest, ASealedEventComesToWhoCanOpenIt) {
    Features sealing = test::all_features();
    sealing.add(Feature::subscriber_payload_passthru_mode);
    world_.join(5, sealing);
    world_.send(1, publication("a.b", {{"retain", true}, {"ppt_scheme", "x_my"}}));
    EXPECT_EQ(asked(2).size(), 0u);
    EXPECT_EQ(asked(5).at(0).details, (Dict{{"retained", true}, {"ppt_scheme", "x_my"}}));
}

// W-SEC-15
class RetainedBounds : public testing::Test {
protected:
    void publish(const std::string& topic, std::size_t bytes = 0, Dict options = {}) {
        const std::string payload(bytes, 'x');
        retained_.keep(Publish{1, std::move(options), topic, args(payload)}, ++last_, {}, {});
    }
    RetainedEvents retained_;
    PublicationId last_ = 0;
};

TEST_F(RetainedBounds, OfTooManyTopicsTheOldestIsForgotten) {
    for (std::size_t i = 0; i < RetainedEvents::topics_max; ++i) publish("t" + std::to_string(i));
    EXPECT_EQ(retained_.size(), RetainedEvents::topics_max);
    publish("t0");  // is the newest now
    EXPECT_EQ(retained_.size(), RetainedEvents::topics_max);
    publish("one more");
    EXPECT_EQ(retained_.size(), RetainedEvents::topics_max);
    EXPECT_NE(retained_.find("t0"), nullptr);
    EXPECT_EQ(retained_.find("t1"), nullptr);
    EXPECT_NE(retained_.find("t2"), nullptr);
}

TEST_F(RetainedBounds, OfTooManyBytesTheOldestAreForgotten) {
    const std::size_t rest = 256 + 1;  // what each costs, and the topic
    publish("a");
    publish("b", RetainedEvents::bytes_max - 2 * rest);
    EXPECT_EQ(retained_.bytes(), RetainedEvents::bytes_max);
    EXPECT_EQ(retained_.size(), 2u);
    publish("c");
    EXPECT_EQ(retained_.find("a"), nullptr);
    EXPECT_EQ(retained_.size(), 2u);
    publish("d", RetainedEvents::bytes_max - rest);
    EXPECT_EQ(retained_.size(), 1u);
    // It can never be kept, and the one before is not the last.
    publish("d", RetainedEvents::bytes_max - rest + 1);
    EXPECT_EQ(retained_.size(), 0u);
    EXPECT_EQ(retained_.bytes(), 0u);
}

TEST_F(RetainedBounds, ListsCountAndOtherOptionsAreNotKept) {
    publish("a");
    const std::size_t plain = retained_.bytes();
    publish("a", 0, {{"eligible_authid", List{std::string(1000, 'x')}}});
    EXPECT_GE(retained_.bytes(), plain + 1000);
    publish("a", 0, {{"forward_for", List{Dict{{"authid", std::string(1000, 'x')}}}}});
    EXPECT_EQ(retained_.bytes(), plain);
    EXPECT_EQ(retained_.find("a")->options, Dict{});
}

}  // namespace
}  // namespace sallyport::wamp
