#include "backend-link/link/link_machine.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "wamp/message/uris.h"

namespace sallyport::backend_link {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using wamp::Dict;
using State = LinkMachine::State;
using Verdict = LinkMachine::Verdict;

const wamp::Message welcome = wamp::Welcome{
    7,
    {{"roles",
      Dict{{"broker", Dict{}}, {"dealer", Dict{{"features", Dict{{"call_canceling", true}}}}}}}}};
const wamp::Message challenge = wamp::Challenge{"ticket", {}};
const wamp::Message goodbye = wamp::Goodbye{{}, "wamp.close.system_shutdown"};
const wamp::Message goodbye_back = wamp::Goodbye{{}, "wamp.close.goodbye_and_out"};
const wamp::Message abort_message = wamp::Abort{{}, "wamp.error.no_such_realm", {}};
const wamp::Message event = wamp::Event{1, 2, {}, {}};
const wamp::Message foreign = wamp::Call{1, {}, "a.b", {}};  // no router sends it

std::string name(State state) {
    switch (state) {
        case State::idle:
            return "idle";
        case State::waiting:
            return "waiting";
        case State::dialling:
            return "dialling";
        case State::joining:
            return "joining";
        case State::up:
            return "up";
        case State::stopping:
            return "stopping";
        case State::stopped:
            return "stopped";
    }
    return "";
}

std::string name(Verdict verdict) {
    switch (verdict) {
        case Verdict::none:
            return "";
        case Verdict::up:
            return " =up";
        case Verdict::lost:
            return " =lost";
        case Verdict::dispatch:
            return " =dispatch";
    }
    return "";
}

LinkMachine::Config config_of(bool dials, bool pings = true) {
    LinkMachine::Config config;
    config.session.realm = "lab";
    config.session.authid = "gateway";
    config.session.authmethod = "ticket";
    config.session.ticket = "secret";
    config.profile.rawsocket_ping = pings;
    config.dials = dials;
    config.join_timeout = 5s;
    config.pulse = {3s, 6s, 10s};
    return config;
}

struct Link {
    explicit Link(bool dials = true, bool pings = true)
        : machine(config_of(dials, pings), wamp::Random({9})) {}

    void clear() { out = {}; }
    Verdict message(const wamp::Message& m) { return machine.on_message(m, now, out); }
    /// Brings it to `up`, with nothing left to carry out.
    void establish() {
        machine.start(now, out);
        machine.on_open(now, out);
        ASSERT_EQ(message(welcome), Verdict::up);
        clear();
    }
    Verdict wait_until_due() {
        now = machine.deadline();
        return machine.on_deadline(now, out);
    }
    /// State, verdict and what is to be done, as one line.
    std::string line(Verdict verdict) const {
        std::string text = name(machine.state()) + name(verdict);
        for (const wamp::Message& m : out.send) text += " " + std::string(to_string(type_of(m)));
        if (out.dial) text += " dial";
        if (out.close) text += " close";
        if (out.ping) text += " ping";
        if (out.request) text += " request";
        if (!out.note.empty()) text += " note";
        return text;
    }

    wamp::Instant now{100s};
    LinkMachine::Outbox out;
    LinkMachine machine;
};

const std::map<std::string, std::function<void(Link&)>> states = {
    {"idle", [](Link&) {}},
    {"waiting",
     [](Link& l) {
         l.machine.start(l.now, l.out);
         l.machine.on_closed("refused", l.now, l.out);
     }},
    {"dialling", [](Link& l) { l.machine.start(l.now, l.out); }},
    {"joining",
     [](Link& l) {
         l.machine.start(l.now, l.out);
         l.machine.on_open(l.now, l.out);
     }},
    {"up", [](Link& l) { l.establish(); }},
    {"suspect",
     [](Link& l) {
         l.establish();
         l.wait_until_due();
         l.wait_until_due();
         ASSERT_TRUE(l.out.dial);
     }},
    {"stopping",
     [](Link& l) {
         l.establish();
         l.machine.stop(l.now, l.out);
     }},
    {"stopped", [](Link& l) { l.machine.stop(l.now, l.out); }},
};

const std::map<std::string, std::function<Verdict(Link&)>> events = {
    {"start",
     [](Link& l) {
         l.machine.start(l.now, l.out);
         return Verdict::none;
     }},
    {"open",
     [](Link& l) {
         l.machine.on_open(l.now, l.out);
         return Verdict::none;
     }},
    {"closed", [](Link& l) { return l.machine.on_closed("why", l.now, l.out); }},
    {"not reached",
     [](Link& l) {
         l.machine.on_failed(LinkMachine::Failure::not_reached, "why", l.now, l.out);
         return Verdict::none;
     }},
    {"not opened",
     [](Link& l) {
         l.machine.on_failed(LinkMachine::Failure::not_opened, "why", l.now, l.out);
         return Verdict::none;
     }},
    {"probe",
     [](Link& l) {
         l.machine.probe(l.out);
         return Verdict::none;
     }},
    {"welcome", [](Link& l) { return l.message(welcome); }},
    {"challenge", [](Link& l) { return l.message(challenge); }},
    {"goodbye", [](Link& l) { return l.message(goodbye); }},
    {"abort", [](Link& l) { return l.message(abort_message); }},
    {"event", [](Link& l) { return l.message(event); }},
    {"foreign", [](Link& l) { return l.message(foreign); }},
    {"due",
     [](Link& l) {
         if (l.machine.deadline() == wamp::never) return l.machine.on_deadline(l.now + 1h, l.out);
         return l.wait_until_due();
     }},
    {"early", [](Link& l) { return l.machine.on_deadline(l.now, l.out); }},
    {"stop", [](Link& l) { return l.machine.stop(l.now, l.out); }},
};

TEST(LinkMachine, FollowsItsTableOfStatesAndEvents) {
    // Where a cell is missing nothing happens. A transport may be opened only when there is none:
    // see below.
    const std::map<std::string, std::map<std::string, std::string>> table = {
        {"idle", {{"start", "dialling dial"}, {"open", "joining HELLO"}, {"stop", "stopped"}}},
        {"waiting", {{"open", "joining HELLO"}, {"due", "dialling dial"}, {"stop", "stopped"}}},
        {"dialling",
         {{"open", "joining HELLO"},
          {"closed", "waiting note"},
          {"not reached", "waiting note"},
          {"not opened", "waiting note"},
          {"due", "waiting close note"},
          {"stop", "stopped close"}}},
        {"joining",
         {{"open", "aborts"},
          {"probe", "joining ping"},
          {"closed", "waiting note"},
          {"welcome", "up =up"},
          {"challenge", "joining AUTHENTICATE"},
          {"goodbye", "waiting ABORT close note"},
          {"abort", "waiting close note"},
          {"event", "waiting ABORT close note"},
          {"foreign", "waiting ABORT close note"},
          {"due", "waiting close note"},
          {"stop", "stopped close"}}},
        {"up",
         {{"open", "aborts"},
          {"closed", "waiting =lost note"},
          {"welcome", "waiting =lost ABORT close note"},
          {"challenge", "waiting =lost ABORT close note"},
          {"goodbye", "waiting =lost GOODBYE close note"},
          {"abort", "waiting =lost close note"},
          {"event", "up =dispatch"},
          {"foreign", "waiting =lost ABORT close note"},
          {"probe", "up ping"},
          {"due", "up ping"},
          {"stop", "stopping =lost GOODBYE"}}},
        {"suspect",
         {{"open", "aborts"},
          {"closed", "waiting =lost note"},
          {"welcome", "waiting =lost ABORT close note"},
          {"challenge", "waiting =lost ABORT close note"},
          {"goodbye", "waiting =lost GOODBYE close note"},
          {"abort", "waiting =lost close note"},
          {"event", "up =dispatch"},
          {"foreign", "waiting =lost ABORT close note"},
          {"probe", "up ping"},
          {"due", "up ping"},
          {"stop", "stopping =lost GOODBYE"}}},
        {"stopping",
         {{"open", "stopping close"},
          {"closed", "stopped"},
          {"goodbye", "stopped close"},
          {"abort", "stopped close"},
          {"due", "stopped close"}}},
        {"stopped", {{"open", "stopped close"}}},
    };
    for (const auto& [state, enter] : states) {
        for (const auto& [event_name, happen] : events) {
            const auto& row = table.at(state);
            const std::string now = state == "suspect" ? "up" : state;
            const std::string expected = row.contains(event_name) ? row.at(event_name) : now;
            if (expected == "aborts") continue;
            Link link;
            enter(link);
            ASSERT_EQ(name(link.machine.state()), now);
            link.clear();
            const Verdict verdict = happen(link);
            EXPECT_EQ(link.line(verdict), expected) << state << " × " << event_name;
        }
    }
}

TEST(LinkMachine, ForbidsASecondTransportBeforeTheFirstIsReportedClosed) {
    for (const char* state : {"joining", "up"}) {
        Link link;
        states.at(state)(link);
        EXPECT_DEATH(link.machine.on_open(link.now, link.out), "state_ != State::joining");
    }
}

TEST(LinkMachine, SaysHelloInTheRealmAndAnswersAChallengeWithTheTicket) {
    Link link;
    link.machine.start(link.now, link.out);
    link.machine.on_open(link.now, link.out);
    const auto& hello = std::get<wamp::Hello>(link.out.send.at(0));
    EXPECT_EQ(hello.realm, "lab");
    EXPECT_EQ(hello.details.get_string("authid"), "gateway");
    EXPECT_EQ(*hello.details.get_dict("roles"), wamp::client_roles(true));
    link.clear();
    link.message(challenge);
    EXPECT_EQ(std::get<wamp::Authenticate>(link.out.send.at(0)).signature, "secret");
    EXPECT_TRUE(link.out.note.empty());
    link.message(welcome);
    EXPECT_TRUE(link.machine.router_features().has(wamp::Feature::dealer_call_canceling));
}

// W-SES-10
TEST(LinkMachine, NamesAViolationToTheRouterByItsUriAlone) {
    Link link;
    link.establish();
    link.message(foreign);
    const auto& abort = std::get<wamp::Abort>(link.out.send.at(0));
    EXPECT_EQ(abort.reason, wamp::uris::protocol_violation);
    EXPECT_TRUE(abort.details.empty());
}

TEST(LinkMachine, GivesUpJoiningAfterItsTimeHoweverMuchTheRouterTalks) {
    Link link;
    link.machine.start(link.now, link.out);
    link.machine.on_open(link.now, link.out);
    link.now += 4s;
    link.message(challenge);
    link.clear();
    link.now += 999ms;
    EXPECT_EQ(link.line(link.machine.on_deadline(link.now, link.out)), "joining");
    link.now += 1ms;
    EXPECT_EQ(link.line(link.machine.on_deadline(link.now, link.out)), "waiting close note");
}

TEST(LinkMachine, RetriesWithoutLimitWithGrowingWaits) {
    Link link;
    link.machine.start(link.now, link.out);
    for (int i = 0; i < 1000; ++i) {
        ASSERT_TRUE(link.out.dial);
        link.clear();
        link.machine.on_closed("refused", link.now, link.out);
        ASSERT_LE(link.machine.deadline(), link.now + 5s);
        ASSERT_GE(link.machine.deadline(), link.now);
        link.clear();
        link.wait_until_due();
    }
}

TEST(LinkMachine, DialsWithinATenthOfASecondAfterALossHoweverLongItTookBefore) {
    Link link;
    link.machine.start(link.now, link.out);
    for (int i = 0; i < 20; ++i) {
        link.machine.on_closed("refused", link.now, link.out);
        link.wait_until_due();
    }
    link.machine.on_open(link.now, link.out);
    link.message(welcome);
    link.machine.on_closed("cut", link.now + 10s, link.out);
    EXPECT_LE(link.machine.deadline(), link.now + 10s + 100ms);
}

TEST(LinkMachine, DialsAFarEndThatIsNotReachedAgainWithinThreeTenthsOfASecond) {
    Link link;
    link.machine.start(link.now, link.out);
    for (int i = 0; i < 100; ++i) {
        link.machine.on_failed(LinkMachine::Failure::not_reached, "no route", link.now, link.out);
        ASSERT_LE(link.machine.deadline(), link.now + 300ms);
        link.wait_until_due();
    }
}

TEST(LinkMachine, LogsARepeatedFailureOnceAMinute) {
    Link link;
    link.machine.start(link.now, link.out);
    const wamp::Instant start = link.now;
    int notes = 0;
    while (link.now < start + 61s) {
        link.clear();
        link.machine.on_failed(LinkMachine::Failure::not_reached, "no route", link.now, link.out);
        if (!link.out.note.empty()) ++notes;
        link.wait_until_due();
    }
    EXPECT_EQ(notes, 2);
}

TEST(LinkMachine, BacksOffFromARouterThatWelcomesAndCloses) {
    Link link;
    link.machine.start(link.now, link.out);
    const wamp::Instant start = link.now;
    int dialled = 0;
    for (; link.now < start + 60s; ++dialled) {
        link.machine.on_open(link.now, link.out);
        link.message(welcome);
        link.machine.on_closed("closed by the peer", link.now, link.out);
        link.wait_until_due();
    }
    EXPECT_GT(dialled, 10);
    EXPECT_LT(dialled, 60);
}

TEST(LinkMachine, TriesASecondConnectionWhileAProbeIsNotAnsweredAndStaysUp) {
    Link link;
    link.establish();
    const wamp::Instant start = link.now;
    EXPECT_EQ(link.line(link.wait_until_due()), "up ping");
    EXPECT_FALSE(link.machine.is_suspect(link.now));
    link.clear();
    EXPECT_EQ(link.line(link.wait_until_due()), "up dial ping");
    EXPECT_EQ(link.now - start, 6s);
    EXPECT_TRUE(link.machine.is_suspect(link.now));
    link.clear();
    link.machine.on_failed(LinkMachine::Failure::not_reached, "no route", link.now, link.out);
    EXPECT_EQ(link.line(link.wait_until_due()), "up dial");
    EXPECT_LE(link.now - start, 6100ms);
    link.machine.on_rival(link.now);
    link.machine.on_alive(link.now);
    EXPECT_FALSE(link.machine.is_suspect(link.now));
    link.clear();
    EXPECT_EQ(link.line(link.wait_until_due()), "up ping");
}

TEST(LinkMachine, TriesNoSecondConnectionIfTheFarEndDials) {
    Link link(false);
    link.establish();
    Verdict verdict = Verdict::none;
    while (verdict == Verdict::none) {
        verdict = link.wait_until_due();
        EXPECT_FALSE(link.out.dial);
    }
    EXPECT_EQ(verdict, Verdict::lost);
}

TEST(LinkMachine, BacksOffFromARouterThatTakesTheConnectionAndRefusesTheSession) {
    Link link;
    link.machine.start(link.now, link.out);
    wamp::Duration longest{};
    for (int i = 0; i < 20; ++i) {
        link.machine.on_open(link.now, link.out);
        link.message(abort_message);
        longest = std::max(longest, link.machine.deadline() - link.now);
        link.wait_until_due();
    }
    EXPECT_GT(longest, 1s);
}

TEST(LinkMachine, WaitsWithoutATimerWhenTheFarEndDials) {
    Link link(false);
    link.machine.start(link.now, link.out);
    EXPECT_EQ(link.line(Verdict::none), "waiting");
    EXPECT_EQ(link.machine.deadline(), wamp::never);
    link.machine.on_open(link.now, link.out);
    EXPECT_EQ(link.line(link.message(welcome)), "up =up HELLO");
    link.clear();
    EXPECT_EQ(link.line(link.machine.on_closed("cut", link.now, link.out)), "waiting =lost note");
    EXPECT_EQ(link.machine.deadline(), wamp::never);
    link.clear();
    link.machine.on_open(link.now, link.out);
    EXPECT_EQ(link.line(link.message(welcome)), "up =up HELLO");
}

TEST(LinkMachine, TakesANewTransportAfterTheOldOneWasReportedClosed) {
    Link link(false);
    link.establish();
    EXPECT_EQ(link.machine.on_closed("replaced", link.now, link.out), Verdict::lost);
    link.clear();
    link.machine.on_open(link.now, link.out);
    EXPECT_EQ(link.line(Verdict::none), "joining HELLO");
    EXPECT_EQ(link.machine.deadline(), link.now + 5s);
}

TEST(LinkMachine, TakesATransportThatComesThoughTheAttemptWasGivenUp) {
    Link link;
    link.machine.start(link.now, link.out);
    link.wait_until_due();
    EXPECT_EQ(link.machine.state(), State::waiting);
    link.clear();
    link.machine.on_open(link.now, link.out);
    EXPECT_EQ(link.line(link.message(welcome)), "up =up HELLO");
}

TEST(LinkMachine, PingsASilentFarEndAndCallsItDeadAfterTenSeconds) {
    Link link;
    link.establish();
    const wamp::Instant since = link.now;
    int pings = 0;
    Verdict verdict = Verdict::none;
    while (verdict == Verdict::none) {
        link.clear();
        verdict = link.wait_until_due();
        if (link.out.ping) ++pings;
    }
    EXPECT_EQ(link.line(verdict), "waiting =lost close note");
    EXPECT_EQ(link.now - since, 10s);
    EXPECT_EQ(pings, 3);
}

TEST(LinkMachine, PingsOnlyInSilence) {
    Link link;
    link.establish();
    for (int i = 0; i < 100; ++i) {
        link.now += 1s;
        link.machine.on_alive(link.now);
        ASSERT_EQ(link.machine.on_deadline(link.now, link.out), Verdict::none);
    }
    EXPECT_FALSE(link.out.ping);
    EXPECT_LE(link.machine.deadline(), link.now + 3s);
}

TEST(LinkMachine, TakesAnyMessageAsASignOfLife) {
    Link link;
    link.establish();
    link.now += 9999ms;
    EXPECT_EQ(link.message(event), Verdict::dispatch);
    link.now += 9999ms;
    EXPECT_EQ(link.machine.on_deadline(link.now, link.out), Verdict::none);
    link.now += 1ms;
    EXPECT_EQ(link.machine.on_deadline(link.now, link.out), Verdict::lost);
}

TEST(LinkMachine, NoticesDeathWithinItsTimeWhenTheLastPongCameJustAfterAPing) {
    Link link;
    link.establish();
    link.wait_until_due();
    ASSERT_TRUE(link.out.ping);
    link.now += 10ms;
    link.machine.on_alive(link.now);
    const wamp::Instant heard = link.now;
    while (link.wait_until_due() == Verdict::none) {
    }
    EXPECT_EQ(link.now - heard, 10s);
}

// W-RAW-08
TEST(LinkMachine, ProbesWithARequestWhereAPingWouldBreakTheConnection) {
    Link link(true, false);
    link.establish();
    const wamp::Instant start = link.now;
    EXPECT_EQ(link.line(link.wait_until_due()), "up request");
    EXPECT_EQ(link.now - start, 3s);
    Verdict verdict = Verdict::none;
    while (verdict == Verdict::none) {
        link.clear();
        verdict = link.wait_until_due();
        EXPECT_FALSE(link.out.ping);
    }
    EXPECT_EQ(link.line(verdict), "waiting =lost close note");
    EXPECT_EQ(link.now - start, 10s);
}

TEST(LinkMachine, WaitsASecondAtMostForTheAnswerToItsGoodbye) {
    Link link;
    link.establish();
    EXPECT_EQ(link.machine.stop(link.now, link.out), Verdict::lost);
    EXPECT_EQ(std::get<wamp::Goodbye>(link.out.send.at(0)).reason, wamp::uris::system_shutdown);
    EXPECT_FALSE(link.out.close);
    EXPECT_EQ(link.machine.deadline(), link.now + 1s);
    EXPECT_EQ(link.message(event), Verdict::none);
    link.clear();
    EXPECT_EQ(link.line(link.message(goodbye_back)), "stopped close");
    EXPECT_EQ(link.machine.deadline(), wamp::never);
}

}  // namespace
}  // namespace sallyport::backend_link
