#include "backend-link/link/pulse.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace sallyport::backend_link {
namespace {

using std::chrono_literals::operator""min;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using Due = Pulse::Due;

struct Watched {
    explicit Watched(bool dials = true) : pulse({1s, 2s, 9s}, dials) {}
    /// Passes time until then; what was due, in tenths of a second since the start: "10p" a probe,
    /// "20d" a dial, "90x" the end.
    std::vector<std::string> until(wamp::Duration end) {
        std::vector<std::string> seen;
        while (pulse.deadline() <= start + end) {
            now = std::max(now, pulse.deadline());
            const auto at = std::to_string((now - start) / 100ms);
            switch (pulse.on_deadline(now)) {
                case Due::nothing:
                    seen.push_back(at + "-");
                    break;
                case Due::probe:
                    seen.push_back(at + "p");
                    break;
                case Due::dial:
                    seen.push_back(at + "d");
                    break;
                case Due::probe_and_dial:
                    seen.push_back(at + "pd");
                    break;
                case Due::dead:
                    seen.push_back(at + "x");
                    return seen;
            }
        }
        now = start + end;
        return seen;
    }

    static constexpr wamp::Instant start{100s};
    wamp::Instant now = start;
    Pulse pulse;
};

using Lines = std::vector<std::string>;

// What happens in each state, at its next deadline, after each event.
TEST(Pulse, FollowsItsTableOfStatesAndEvents) {
    const std::map<std::string, std::function<void(Watched&)>> states = {
        {"closed", [](Watched&) {}},
        {"open", [](Watched& w) { w.pulse.begin(w.now); }},
        {"probed",
         [](Watched& w) {
             w.pulse.begin(w.now);
             w.until(1s);
         }},
        {"dialling",
         [](Watched& w) {
             w.pulse.begin(w.now);
             w.until(2s);
         }},
        {"waiting to dial",
         [](Watched& w) {
             w.pulse.begin(w.now);
             w.until(2s);
             w.pulse.on_dial_failed(w.now, 300ms);
         }},
    };
    const std::map<std::string, std::function<void(Watched&)>> events = {
        {"nothing", [](Watched&) {}},
        {"begin", [](Watched& w) { w.pulse.begin(w.now); }},
        {"end", [](Watched& w) { w.pulse.end(); }},
        {"alive", [](Watched& w) { w.pulse.on_alive(w.now); }},
        {"dial failed", [](Watched& w) { w.pulse.on_dial_failed(w.now, 100ms); }},
        {"dialled", [](Watched& w) { w.pulse.on_dialled(w.now); }},
    };
    const std::map<std::string, std::map<std::string, Lines>> table = {
        {"closed",
         {{"nothing", {}},
          {"begin", {"10p", "20pd"}},
          {"end", {}},
          {"alive", {}},
          {"dial failed", {}},
          {"dialled", {}}}},
        {"open",
         {{"nothing", {"10p", "20pd"}},
          {"begin", {"10p", "20pd"}},
          {"end", {}},
          {"alive", {"10p", "20pd"}},
          {"dial failed", {"10p", "20pd"}},
          {"dialled", {"10p", "20pd"}}}},
        {"probed",
         {{"nothing", {"20pd", "30p"}},
          {"begin", {"20p", "30pd"}},
          {"end", {}},
          {"alive", {"20p", "30pd"}},
          {"dial failed", {"20pd", "30p"}},
          {"dialled", {"20pd", "30p"}}}},
        {"dialling",
         {{"nothing", {"30p", "40p"}},
          {"begin", {"30p", "40pd"}},
          {"end", {}},
          {"alive", {"30p", "40p"}},
          {"dial failed", {"21d", "30p", "40p"}},
          {"dialled", {"30pd", "40p"}}}},
        {"waiting to dial",
         {{"nothing", {"23d", "30p", "40p"}},
          {"begin", {"30p", "40pd"}},
          {"end", {}},
          {"alive", {"30p", "40pd"}},
          {"dial failed", {"21d", "30p", "40p"}},
          {"dialled", {"30pd", "40p"}}}},
    };
    for (const auto& [state, enter] : states) {
        for (const auto& [event, happen] : events) {
            Watched watched;
            enter(watched);
            happen(watched);
            const auto after = watched.now - Watched::start + 2s;
            EXPECT_EQ(watched.until(after), table.at(state).at(event)) << state << " × " << event;
        }
    }
}

TEST(Pulse, CallsALinkDeadAfterNineSecondsWithoutAByteWhateverItsAttemptsCameTo) {
    for (const bool dials : {false, true}) {
        Watched watched(dials);
        watched.pulse.begin(watched.now);
        const Lines seen = watched.until(20s);
        EXPECT_EQ(seen.back(), "90x");
        EXPECT_EQ(seen.size(), 9u);
        EXPECT_EQ(seen[1], dials ? "20pd" : "20p");
    }
}

TEST(Pulse, IsSuspectWhileAProbeIsNotAnsweredForASecond) {
    Watched watched;
    EXPECT_FALSE(watched.pulse.is_suspect(watched.now + 1min));
    watched.pulse.begin(watched.now);
    EXPECT_FALSE(watched.pulse.is_suspect(watched.now + 1999ms));
    EXPECT_TRUE(watched.pulse.is_suspect(watched.now + 2s));
    watched.pulse.on_alive(watched.now + 2s);
    EXPECT_FALSE(watched.pulse.is_suspect(watched.now + 2s));
    EXPECT_EQ(watched.pulse.heard(), watched.now + 2s);
}

TEST(Pulse, TellsTheTimeFromAProbeToTheNextByte) {
    Watched watched;
    watched.pulse.begin(watched.now);
    watched.pulse.on_alive(watched.now + 900ms);
    EXPECT_FALSE(watched.pulse.round_trip()) << "nothing was asked";
    watched.now += 1900ms;
    EXPECT_EQ(watched.pulse.on_deadline(watched.now), Due::probe);
    watched.pulse.on_alive(watched.now + 30ms);
    watched.pulse.on_alive(watched.now + 500ms);
    EXPECT_EQ(watched.pulse.round_trip(), 30ms);
    watched.pulse.begin(watched.now + 600ms);
    EXPECT_FALSE(watched.pulse.round_trip()) << "another transport";
}

TEST(Pulse, ProbesOnlyInSilence) {
    Watched watched;
    watched.pulse.begin(watched.now);
    for (int i = 0; i < 100; ++i) {
        watched.now += 900ms;
        watched.pulse.on_alive(watched.now);
        EXPECT_EQ(watched.pulse.on_deadline(watched.now), Due::nothing);
        EXPECT_EQ(watched.pulse.deadline(), watched.now + 1s);
    }
}

TEST(Pulse, MeasuresTheRoundTripOfAProbe) {
    Watched w;
    w.pulse.begin(w.now);
    w.pulse.on_alive(w.now + 500ms);
    EXPECT_FALSE(w.pulse.round_trip()) << "it has asked nothing yet";
    EXPECT_EQ(w.until(1500ms), Lines{"15p"});
    w.pulse.on_alive(w.now + 30ms);
    EXPECT_EQ(w.pulse.round_trip(), 30ms);
    w.pulse.on_alive(w.now + 90ms);
    EXPECT_EQ(w.pulse.round_trip(), 30ms) << "no answer to a probe";
    EXPECT_EQ(w.until(2590ms), Lines{"25p"});
    w.pulse.end();
    w.pulse.begin(w.now + 1s);
    w.pulse.on_alive(w.now + 2s);
    EXPECT_FALSE(w.pulse.round_trip()) << "the probe was of another connection";
}

}  // namespace
}  // namespace sallyport::backend_link
