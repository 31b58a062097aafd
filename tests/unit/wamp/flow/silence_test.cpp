#include "wamp/flow/silence.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <string>

namespace sallyport::wamp::flow {
namespace {

using std::chrono_literals::operator""min;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using Step = Silence::Step;
using Signs = Silence::Signs;

constexpr SilenceLimits limits{60s, 120s};
constexpr Instant start{1000s};

std::string name(Step step) {
    switch (step) {
        case Step::nothing:
            return "nothing";
        case Step::ping:
            return "ping";
        case Step::gone:
            return "gone";
    }
    return "";
}

struct Peer {
    Peer() { silence.begin(now); }
    std::string due(Duration after, Signs signs = {}) {
        now += after;
        return name(silence.on_deadline(now, limits, signs));
    }
    Instant now = start;
    Silence silence;
};

constexpr Signs unread{true, false, 0, 0};

// What a deadline comes to, and what the next one does after the time for an answer.
TEST(Silence, FollowsItsTableOfStatesAndEvents) {
    const std::map<std::string, std::function<void(Peer&)>> states = {
        {"heard", [](Peer& p) { p.now += 59'999ms; }},
        {"silent", [](Peer& p) { p.now += 60s; }},
        {"pinged",
         [](Peer& p) {
             ASSERT_EQ(p.due(60s), "ping");
             p.now += 119'999ms;
         }},
        {"unanswered",
         [](Peer& p) {
             ASSERT_EQ(p.due(60s), "ping");
             p.now += 120s;
         }},
    };
    const std::map<std::string, std::function<std::string(Peer&)>> events = {
        {"due", [](Peer& p) { return p.due(0s); }},
        {"byte", [](Peer& p) { return p.silence.on_bytes(p.now), p.due(0s); }},
        {"unread", [](Peer& p) { return p.due(0s, unread); }},
    };
    const std::map<std::string, std::map<std::string, std::string>> table = {
        {"heard",
         {{"due", "nothing, ping"}, {"byte", "nothing, ping"}, {"unread", "nothing, ping"}}},
        {"silent", {{"due", "ping, gone"}, {"byte", "nothing, ping"}, {"unread", "nothing, ping"}}},
        {"pinged",
         {{"due", "nothing, gone"}, {"byte", "nothing, ping"}, {"unread", "nothing, gone"}}},
        {"unanswered",
         {{"due", "gone, gone"}, {"byte", "nothing, ping"}, {"unread", "nothing, ping"}}},
    };
    for (const auto& [state, enter] : states) {
        for (const auto& [event, happen] : events) {
            Peer peer;
            enter(peer);
            const std::string first = happen(peer);
            EXPECT_EQ(first + ", " + peer.due(120s), table.at(state).at(event))
                << state << " × " << event;
        }
    }
}

// What waited for it when it was sent the PING, and what waits 120 s later.
TEST(Silence, IsAllowedToAPeerThatStillReadsWhatItWasSentBefore) {
    struct Case {
        Signs before, after;
        const char* step;
    };
    const Case cases[] = {
        {{false, false, 0, 0}, {false, false, 0, 4}, "gone"},
        {{false, false, 0, 0}, {false, false, 900, 4}, "gone"},
        {{false, false, 900, 0}, {false, false, 900, 4}, "gone"},
        {{false, false, 900, 0}, {false, false, 899, 4}, "nothing"},
        {{false, false, 900, 0}, {false, true, 9000, 5000}, "gone"},
        {{false, true, 9000, 0}, {false, true, 9000, 0}, "gone"},
        {{false, true, 9000, 0}, {false, true, 9000, 100}, "nothing"},
        {{false, true, 9000, 0}, {false, false, 0, 100}, "nothing"},
    };
    for (const Case& each : cases) {
        Peer peer;
        ASSERT_EQ(peer.due(60s, each.before), "ping");
        EXPECT_EQ(peer.due(120s, each.after), each.step) << each.after.in_kernel;
    }
}

TEST(Silence, IsDueWhenThePeerHasToBePingedOrToHaveAnswered) {
    Peer peer;
    EXPECT_EQ(peer.silence.deadline(peer.now, limits), start + 60s);
    peer.silence.on_bytes(start + 10s);
    EXPECT_EQ(peer.silence.deadline(start + 60s, limits), start + 70s);
    EXPECT_EQ(peer.due(70s), "ping");
    // In between it looks whether there was an answer, so that the next PING is in time.
    EXPECT_EQ(peer.silence.deadline(peer.now, limits), start + 130s);
    EXPECT_EQ(peer.silence.deadline(start + 150s, limits), start + 190s);
    EXPECT_EQ(peer.silence.deadline(start + 500s, limits), start + 500s);
}

TEST(Silence, PingsAPeerThatAnswersOnceAMinute) {
    Peer peer;
    int pings = 0;
    while (peer.now < start + 10min) {
        const std::string step = peer.due(peer.silence.deadline(peer.now, limits) - peer.now);
        ASSERT_NE(step, "gone");
        if (step != "ping") continue;
        ++pings;
        peer.silence.on_bytes(peer.now + 2s);
    }
    EXPECT_EQ(pings, 10);
}

TEST(Silence, IsOffWithoutATime) {
    EXPECT_TRUE(SilenceLimits{}.is_off());
    EXPECT_FALSE(limits.is_off());
}

}  // namespace
}  // namespace sallyport::wamp::flow
