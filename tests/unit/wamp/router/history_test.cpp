#include "wamp/router/history.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace sallyport::wamp {
namespace {

using namespace std::chrono_literals;
using Ids = std::vector<PublicationId>;

class HistoryTest : public testing::Test {
protected:
    void publish(std::string topic, Dict options = {}, std::string_view args = "a",
                 bool outside = false) {
        const Realm::Session session{7, "pia", "speaker", {}, 0, outside};
        history_.keep({1, std::move(options), std::move(topic), {Serializer::msgpack, args, {}}},
                      ++last_, session, {outside ? SessionId{70} : SessionId{7}, "pia", "speaker"},
                      now_);
    }
    Ids read(std::string_view topic, MatchPolicy match = MatchPolicy::exact,
             std::string_view authid = "ann", std::string_view authrole = "reader") {
        Ids ids;
        for (const History::Event* event : history_.read(topic, match, authid, authrole, now_))
            ids.push_back(event->publication);
        return ids;
    }

    static constexpr std::size_t each = History::overhead_bytes + 2 * 5 + 1 + 3 + 7;
    History history_{{{"lab.", MatchPolicy::prefix, 3, 4 * each, 10s},
                      {"lab.b", MatchPolicy::exact, 2, 100 * each, 5s},
                      {"big..x", MatchPolicy::wildcard, 100, 100 * each, 1h}},
                     6 * each};
    Instant now_{1h};
    PublicationId last_ = 0;
};

// W-EVH-01
TEST_F(HistoryTest, KeepsTheNewestOfEachTopicInTheirOrder) {
    for (const char* topic : {"lab.a", "lab.c", "lab.a", "lab.a", "lab.a", "plant.a"})
        publish(topic);
    EXPECT_EQ(read("lab.a"), (Ids{3, 4, 5}));
    EXPECT_EQ(read("lab.c"), Ids{2});
    EXPECT_EQ(read("lab.", MatchPolicy::prefix), (Ids{2, 3, 4, 5}));
    EXPECT_EQ(read("lab.", MatchPolicy::exact), Ids{});
    EXPECT_EQ(read("plant.a"), Ids{});
    EXPECT_EQ(history_.size(), 4U);
    EXPECT_EQ(history_.bytes(), 4 * each);
}

TEST_F(HistoryTest, TakesTheMostSpecificRule) {
    for (int i = 0; i < 4; ++i) publish("lab.b");
    EXPECT_EQ(read("lab.b"), (Ids{3, 4}));
    now_ += 5s;
    EXPECT_EQ(read("lab.b"), Ids{});
}

TEST_F(HistoryTest, HoldsTheBytesOfATopicAndOfAll) {
    publish("lab.a");
    publish("lab.a");
    publish("lab.a", {}, std::string(2 * each, 'x'));  // as much as three together
    EXPECT_EQ(read("lab.a"), (Ids{2, 3}));
    publish("lab.a", {}, std::string(4 * each, 'x'));  // more than a topic may keep
    EXPECT_EQ(read("lab.a"), (Ids{2, 3}));
    for (int i = 0; i < 3; ++i) publish("lab.c");  // the oldest of all goes
    EXPECT_EQ(read("lab.a"), Ids{3});
    EXPECT_EQ(history_.size(), 4U);
    EXPECT_LE(history_.bytes(), 6 * each);
}

TEST_F(HistoryTest, GivesBackTheMemoryOfWhatIsTooOld) {
    EXPECT_EQ(history_.deadline(), never);
    publish("lab.a");
    const Instant first = now_;
    EXPECT_EQ(history_.deadline(), first + 10s);
    now_ += 4s;
    publish("lab.b");
    EXPECT_EQ(history_.deadline(), first + 9s);
    now_ = history_.deadline();
    history_.on_deadline(now_);
    EXPECT_EQ(history_.size(), 1U);
    EXPECT_EQ(history_.deadline(), first + 10s);
    now_ += 1s;
    EXPECT_EQ(read("lab.a"), Ids{});
    history_.on_deadline(now_);
    EXPECT_EQ(history_.bytes(), 0U);
    EXPECT_EQ(history_.deadline(), never);
}

// W-EVH-03
TEST_F(HistoryTest, AppliesTheListsToTheReader) {
    publish("lab.a", {{"eligible_authid", List{"ann"}}});
    publish("lab.a", {{"exclude_authrole", List{"reader"}}});
    publish("lab.a", {{"eligible_authrole", List{"writer"}}, {"exclude_authid", List{"ben"}}});
    EXPECT_EQ(read("lab.a"), Ids{1});
    EXPECT_EQ(read("lab.a", MatchPolicy::exact, "cas", "writer"), (Ids{2, 3}));
    EXPECT_EQ(read("lab.a", MatchPolicy::exact, "ben", "writer"), Ids{2});
}

// W-EVH-03
TEST_F(HistoryTest, KeepsNothingThatNamesSessions) {
    publish("lab.a", {{"eligible", List{5}}});
    publish("lab.a", {{"exclude", List{5}}});
    publish("lab.a", {{"exclude", List{7}}});
    EXPECT_EQ(history_.size(), 0U);
    // By the last one a gateway says that the publisher does not hear itself.
    publish("lab.a", {{"exclude", List{70, 5}}}, "a", true);
    publish("lab.a", {{"eligible", List{70}}}, "a", true);
    EXPECT_EQ(history_.size(), 0U);
    publish("lab.a", {{"exclude", List{70}}}, "a", true);
    EXPECT_EQ(read("lab.a"), Ids{6});
}

TEST_F(HistoryTest, KnowsWhichSubscriptionsItMayHaveSomethingFor) {
    EXPECT_TRUE(history_.covers("lab.a", MatchPolicy::exact));
    EXPECT_TRUE(history_.covers("lab.a.", MatchPolicy::prefix));
    EXPECT_TRUE(history_.covers("la", MatchPolicy::prefix));
    EXPECT_FALSE(history_.covers("plant.", MatchPolicy::prefix) &&
                 !history_.covers("big.a.x", MatchPolicy::exact));
    EXPECT_FALSE(history_.covers("plant.a", MatchPolicy::exact));
    EXPECT_FALSE(History().covers("lab.a", MatchPolicy::exact));
}

TEST_F(HistoryTest, KeepsWhatAReaderIsToldOfAnEvent) {
    publish("lab.a", {{"disclose_me", true}, {"ppt_scheme", "x_a"}, {"acknowledge", true}});
    const auto events = history_.read("lab.a", MatchPolicy::exact, "ann", "reader", now_);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0]->at, now_);
    EXPECT_EQ(events[0]->topic, "lab.a");
    EXPECT_EQ(events[0]->authid, "pia");
    EXPECT_EQ(events[0]->origin, 7U);
    EXPECT_EQ(events[0]->payload.view().args, "a");
    EXPECT_EQ(events[0]->options, (Dict{{"disclose_me", true}, {"ppt_scheme", "x_a"}}));
}

}  // namespace
}  // namespace sallyport::wamp
