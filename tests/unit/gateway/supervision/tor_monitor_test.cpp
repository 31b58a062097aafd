#include "gateway/supervision/tor_monitor.h"

#include <gtest/gtest.h>

#include "tests/unit/gateway/supervision/effect_text.h"
#include "tests/unit/gateway/supervision/machine_table.h"

namespace sallyport::gateway::supervision {
namespace {

using namespace std::chrono_literals;

const BootstrapProgress half{50, "loading", "", "tor: bootstrapped 50% (loading)"};
const BootstrapProgress done{100, "done", "", "tor: bootstrapped 100% (done)"};
const BootstrapProgress stuck{10, "conn", "no route", "tor: bootstrapped 10% (conn): no route"};

struct Tor {
    std::string state() const {
        switch (machine.state()) {
            case TorMonitor::State::down:
                return "down";
            case TorMonitor::State::waiting:
                return "waiting";
            case TorMonitor::State::attaching:
                return "attaching";
            case TorMonitor::State::ending:
                return "ending";
            case TorMonitor::State::attached:
                break;
        }
        return "attached";
    }
    std::string take() {
        const std::string text = text_of(out);
        out.clear();
        return text;
    }
    void wait_until_due() {
        if (machine.deadline() != wamp::never) now = machine.deadline();
        machine.on_deadline(now, out);
    }
    void attach() {
        machine.on_started(now);
        wait_until_due();
        machine.on_attached(out);
        machine.on_verified();
    }

    wamp::Instant now{100s};
    Outbox out;
    TorMonitor machine{"managed"};
};

const Steps<Tor> states = {
    {"down", [](Tor&) {}},
    {"waiting", [](Tor& t) { t.machine.on_started(t.now); }},
    {"attaching",
     [](Tor& t) {
         t.machine.on_started(t.now);
         t.wait_until_due();
     }},
    {"unverified",
     [](Tor& t) {
         t.machine.on_started(t.now);
         t.wait_until_due();
         t.machine.on_attached(t.out);
     }},
    {"attached", [](Tor& t) { t.attach(); }},
    {"ending",
     [](Tor& t) {
         t.attach();
         t.machine.on_unconfigured("it listens", t.out);
     }},
    {"bootstrapping",
     [](Tor& t) {
         t.attach();
         t.machine.on_bootstrap(half, t.now, t.out);
     }},
    {"reachable",
     [](Tor& t) {
         t.attach();
         t.machine.on_bootstrap(done, t.now, t.out);
         t.machine.on_descriptor_uploaded(t.out);
         t.machine.on_address("x.onion", t.out);
     }},
    {"lost",
     [](Tor& t) {
         t.attach();
         t.machine.on_control_lost("", t.now, t.out);
     }},
};

const Steps<Tor> events = {
    {"started", [](Tor& t) { t.machine.on_started(t.now); }},
    {"exit", [](Tor& t) { t.machine.on_exit(t.out); }},
    {"attached", [](Tor& t) { t.machine.on_attached(t.out); }},
    {"verified", [](Tor& t) { t.machine.on_verified(); }},
    {"unconfigured", [](Tor& t) { t.machine.on_unconfigured("it listens", t.out); }},
    {"no socket yet", [](Tor& t) { t.machine.on_attach_failed("", t.now, t.out); }},
    {"no cookie", [](Tor& t) { t.machine.on_attach_failed("no cookie", t.now, t.out); }},
    {"control lost", [](Tor& t) { t.machine.on_control_lost("refused", t.now, t.out); }},
    {"bootstrap", [](Tor& t) { t.machine.on_bootstrap(stuck, t.now, t.out); }},
    {"uploaded", [](Tor& t) { t.machine.on_descriptor_uploaded(t.out); }},
    {"address", [](Tor& t) { t.machine.on_address("y.onion", t.out); }},
    {"complaint", [](Tor& t) { t.machine.on_complaint("no disk", t.out); }},
    {"early", [](Tor& t) { t.machine.on_deadline(t.now, t.out); }},
    {"due", [](Tor& t) { t.wait_until_due(); }},
};

TEST(TorMonitor, FollowsItsTableOfStatesAndEvents) {
    const std::string down = "down → send onion: managed  0% tor is not running";
    const std::string address =
        " → info: onion address: y.onion; status: y.onion; send onion: "
        "managed y.onion ";
    const std::string stuck_line = "warning: tor: bootstrapped 10% (conn): no route; ";
    const std::string uploaded =
        "attached → info: onion service is reachable: its descriptor was uploaded; read address; "
        "send onion: managed  ";
    const auto row = [](const std::string& state, std::map<std::string, std::string> own) {
        own.insert({{"started", "waiting"}, {"complaint", state + " → warning: tor: no disk"}});
        return own;
    };
    const std::map<std::string, std::string> attached = {
        {"exit", down},
        {"control lost", "waiting → error: refused"},
        {"bootstrap",
         "attached → " + stuck_line + "read address; send onion: managed  10% conn (no route)"},
        {"uploaded", uploaded + "0%  reachable"},
        {"unconfigured", "ending → error: tor: it listens; ending it; kill tor"},
        {"address", "attached" + address + "0% "}};
    auto unverified = attached;
    unverified["due"] =
        "ending → error: tor: it has not answered on its control socket for 30 s; ending it; kill "
        "tor";
    auto bootstrapping = attached;
    bootstrapping["uploaded"] = uploaded + "50% loading reachable";
    bootstrapping["address"] = "attached" + address + "50% loading";
    bootstrapping["due"] =
        "attached → warning: tor: no progress for 30 s at 50% (loading): can this machine reach "
        "the Tor "
        "network?; send onion: managed  50% loading (can this machine reach the Tor network?)";
    const Table table = {
        {"down", row("down", {{"address", "down" + address + "0% "}})},
        {"waiting", row("waiting", {{"exit", down},
                                    {"address", "waiting" + address + "0% "},
                                    {"due", "attaching → attach"}})},
        {"attaching", row("attaching", {{"exit", down},
                                        {"attached", "attached → read address"},
                                        {"due", unverified.at("due")},
                                        {"no socket yet", "waiting"},
                                        {"no cookie", "waiting → error: tor: no cookie"},
                                        {"address", "attaching" + address + "0% "}})},
        {"unverified", row("attached", unverified)},
        {"attached", row("attached", attached)},
        {"ending", row("ending", {{"exit", down}, {"address", "ending" + address + "0% "}})},
        {"bootstrapping", row("attached", bootstrapping)},
        {"reachable",
         row("attached",
             {{"unconfigured", "ending → error: tor: it listens; ending it; kill tor"},
              {"exit", "down → status: x.onion; send onion: managed x.onion 0% tor is not running"},
              {"control lost", "waiting → error: refused"},
              {"bootstrap", "attached → " + stuck_line +
                                "status: x.onion, reachable; send onion: managed x.onion 10% conn "
                                "(no route) reachable"},
              {"uploaded",
               "attached → status: x.onion, reachable; send onion: managed x.onion 100% done "
               "reachable"}})},
        {"lost", row("waiting",
                     {{"exit", down},
                      {"address", "waiting" + address + "0% "},
                      {"due",
                       "attaching → warning: tor: the control connection was lost; reconnecting; "
                       "attach"}})},
    };
    expect_table(states, events, table);
}

TEST(TorMonitor, TriesOftenWhileTorBeginsAndSlowlyAfterAFailure) {
    Tor tor;
    tor.machine.on_started(tor.now);
    EXPECT_EQ(tor.machine.deadline(), tor.now + 50ms);
    tor.wait_until_due();
    tor.machine.on_attach_failed("", tor.now, tor.out);
    EXPECT_EQ(tor.machine.deadline(), tor.now + 50ms);
    tor.wait_until_due();
    tor.machine.on_attach_failed("no cookie", tor.now, tor.out);
    EXPECT_EQ(tor.machine.deadline(), tor.now + 1s);
    tor.wait_until_due();
    tor.machine.on_attached(tor.out);
    tor.machine.on_control_lost("", tor.now, tor.out);
    EXPECT_EQ(tor.machine.deadline(), tor.now + 1s);
    tor.wait_until_due();
    tor.machine.on_attach_failed("", tor.now, tor.out);
    EXPECT_EQ(tor.machine.deadline(), tor.now + 1s) << "it is lost still";
}

TEST(TorMonitor, EndsATorThatIsNotVerifiedInTimeHoweverOftenItIsTried) {
    Tor tor;
    tor.machine.on_started(tor.now);
    const wamp::Instant limit = tor.now + TorMonitor::verify_limit;
    while (tor.machine.state() != TorMonitor::State::ending && tor.now <= limit) {
        tor.wait_until_due();
        tor.machine.on_attach_failed("", tor.now, tor.out);
    }
    EXPECT_EQ(tor.now, limit);
    EXPECT_TRUE(tor.take().ends_with("ending it; kill tor"));
    EXPECT_EQ(tor.machine.deadline(), wamp::never);
    EXPECT_EQ(tor.machine.last_complaint(), "it has not answered on its control socket for 30 s");
}

TEST(TorMonitor, GivesATorWhoseControlConnectionIsLostTheSameTime) {
    Tor tor;
    tor.attach();
    tor.machine.on_control_lost("", tor.now, tor.out);
    const wamp::Instant limit = tor.now + TorMonitor::verify_limit;
    tor.wait_until_due();
    tor.machine.on_attached(tor.out);
    EXPECT_EQ(tor.machine.deadline(), limit);
    tor.machine.on_control_lost("", tor.now, tor.out);
    tor.wait_until_due();
    tor.machine.on_attached(tor.out);
    EXPECT_EQ(tor.machine.deadline(), limit) << "losing it again does not give it more";
    tor.machine.on_verified();
    EXPECT_EQ(tor.machine.deadline(), wamp::never);
}

TEST(TorMonitor, WarnsOnceWhenTheBootstrapStandsStillAndNotAfterItsEnd) {
    Tor tor;
    tor.attach();
    EXPECT_EQ(tor.machine.deadline(), wamp::never);
    tor.machine.on_bootstrap(half, tor.now, tor.out);
    EXPECT_EQ(tor.machine.deadline(), tor.now + 30s);
    tor.wait_until_due();
    EXPECT_EQ(tor.machine.deadline(), wamp::never);
    tor.machine.on_bootstrap(stuck, tor.now, tor.out);
    tor.take();
    tor.wait_until_due();
    EXPECT_EQ(tor.take(),
              "warning: tor: no progress for 30 s at 10% (conn): no route; "
              "send onion: managed  10% conn (no route)");
    tor.machine.on_bootstrap(done, tor.now, tor.out);
    EXPECT_EQ(tor.machine.deadline(), wamp::never);
}

TEST(TorMonitor, KeepsTheAddressAndForgetsTheBootstrapOverARestartOfTor) {
    Tor tor;
    states.at("reachable")(tor);
    tor.machine.on_exit(tor.out);
    const OnionStatus expected{"managed", "x.onion", 0, "tor is not running", "", false};
    EXPECT_EQ(tor.machine.status(), expected);
    tor.attach();
    tor.machine.on_bootstrap(done, tor.now, tor.out);
    tor.machine.on_descriptor_uploaded(tor.out);
    EXPECT_TRUE(tor.machine.status().reachable);
    EXPECT_EQ(tor.machine.status().address, "x.onion");
}

TEST(TorMonitor, DoesNothingMoreWhenItIsStopped) {
    for (const char* state : {"waiting", "attaching", "bootstrapping"}) {
        Tor tor;
        states.at(state)(tor);
        tor.machine.stop();
        tor.take();
        EXPECT_EQ(tor.machine.deadline(), wamp::never);
        tor.machine.on_attached(tor.out);
        tor.machine.on_attach_failed("no cookie", tor.now, tor.out);
        tor.machine.on_bootstrap(half, tor.now, tor.out);
        tor.machine.on_exit(tor.out);
        EXPECT_EQ(tor.take(), "") << state;
    }
}

TEST(TorMonitor, KeepsTheLastComplaintForTheMessageOfAFailedStart) {
    Tor tor;
    tor.machine.on_complaint("first", tor.out);
    tor.machine.on_complaint("second", tor.out);
    EXPECT_EQ(tor.machine.last_complaint(), "second");
}

}  // namespace
}  // namespace sallyport::gateway::supervision
