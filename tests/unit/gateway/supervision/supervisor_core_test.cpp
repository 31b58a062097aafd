#include "gateway/supervision/supervisor_core.h"

#include <tuple>

#include <gtest/gtest.h>

#include "tests/unit/gateway/supervision/effect_text.h"

namespace sallyport::gateway::supervision {
namespace {

using namespace std::chrono_literals;
using Target = DialRequests::Target;

const ProcessId inside = inside_process(0);
const ProcessId auth_of_inside = authenticator_of(inside);
const ProcessId auth_of_worker = authenticator_of(worker_process);
const Exit crashed{-1, "was killed by signal 9 (Killed)"};
const std::string onion_off = "send onion: managed  0% ";

/// A supervisor with an embedded inside, a backend that is dialled, a worker and a tor.
struct World {
    explicit World(bool start = true) {
        if (start) run();
    }
    std::string take() {
        const std::string text = text_of(out);
        out.clear();
        return text;
    }
    void run() {
        core.start(now, out);
        authenticators_say(message::Ready{});
        core.on_message(inside, message::Ready{}, now, out);
        core.on_message(worker_process, message::Ready{}, now, out);
        now += TorMonitor::attach_interval;
        core.on_deadline(now, out);
        core.on_tor_attached(now, out);
        core.on_tor_verified(out);
        out.clear();
    }
    void authenticators_say(const Message& message) {
        core.on_message(auth_of_inside, message, now, out);
        core.on_message(auth_of_worker, message, now, out);
    }
    void prepare() {
        core.on_command(1, "apply", out);
        core.on_version_read(1, "", now, out);
        out.clear();
    }

    /// Time passes until there is such an effect.
    void pass_until(const std::string& effect) {
        for (int step = 0; step < 1000; ++step) {
            now = core.deadline();
            core.on_deadline(now, out);
            if (("; " + take() + "; ").find("; " + effect + "; ") != std::string::npos) return;
        }
        ADD_FAILURE() << effect << " never happens";
    }
    void all_answer() {
        authenticators_say(message::Alive{});
        core.on_message(inside, message::Alive{}, now, out);
        core.on_message(worker_process, message::Alive{}, now, out);
        core.on_tor_verified(out);
    }

    wamp::Instant now{100s};
    Outbox out;
    SupervisorCore core{{{{"home", Target::inside}, {"plc", Target::address}}, true, "managed"}};
};

TEST(SupervisorCore, StartsEverythingTellsTheWorkerOfTheOnionAndIsReadyWhenAllAre) {
    World world(false);
    world.core.start(world.now, world.out);
    EXPECT_EQ(world.take(),
              "start authenticator of inside 0; start inside 0; start authenticator of worker; "
              "start worker; start tor; " +
                  onion_off);
    world.authenticators_say(message::Ready{});
    world.core.on_message(worker_process, message::Ready{}, world.now, world.out);
    world.core.on_message(inside, message::Ready{}, world.now, world.out);
    EXPECT_EQ(world.core.deadline(), world.now + 50ms);
    world.core.on_deadline(world.now + 50ms, world.out);
    EXPECT_EQ(world.take(), "attach");
    world.core.on_tor_attached(world.now, world.out);
    EXPECT_EQ(world.take(), "read address");
    world.core.on_tor_verified(world.out);
    EXPECT_EQ(world.take(), "info: ready; notify ready");
    EXPECT_EQ(world.core.phase(), ProcessTree::Phase::running);
    EXPECT_EQ(world.core.deadline(), world.now + Heartbeats::interval);
}

TEST(SupervisorCore, OpensALostAuditLogAtMostOnceASecond) {
    World world;
    world.core.on_message(worker_process, message::AuditLost{}, world.now, world.out);
    EXPECT_EQ(world.take(), "send audit worker");
    world.core.on_message(worker_process, message::AuditLost{}, world.now + 999ms, world.out);
    EXPECT_EQ(world.take(), "");
    world.core.on_message(inside, message::AuditLost{}, world.now + 999ms, world.out);
    EXPECT_EQ(world.take(), "send audit inside 0");
    world.core.on_message(worker_process, message::AuditLost{}, world.now + 1s, world.out);
    EXPECT_EQ(world.take(), "send audit worker");
}

TEST(SupervisorCore, OpensAnAuditLogThatCouldNotBeOpenedASecondLater) {
    World world;
    world.core.on_audit_not_opened(inside, world.now);
    EXPECT_LE(world.core.deadline(), world.now + 1s);
    world.core.on_deadline(world.now + 999ms, world.out);
    EXPECT_EQ(world.take().find("send audit"), std::string::npos);
    world.core.on_deadline(world.now + 1s, world.out);
    EXPECT_NE(world.take().find("send audit inside 0"), std::string::npos);
    world.core.on_message(inside, message::AuditLost{}, world.now + 1500ms, world.out);
    EXPECT_EQ(world.take(), "") << "at most once a second";
    world.core.on_deadline(world.now + 2s, world.out);
    EXPECT_NE(world.take().find("send audit inside 0"), std::string::npos);
    world.core.on_audit_not_opened(inside, world.now);
    world.core.on_stop_signal(world.now, world.out);
    world.take();
    world.core.on_deadline(world.now + 9s, world.out);
    EXPECT_EQ(world.take().find("send audit"), std::string::npos);
}

TEST(SupervisorCore, IsReadyWithoutTorWhenItManagesNone) {
    World world(false);
    SupervisorCore core({{}, false, "off"});
    core.start(world.now, world.out);
    core.on_message(worker_process, message::Ready{}, world.now, world.out);
    EXPECT_EQ(world.take(), "start authenticator of worker; start worker; send onion: off  0% ");
    core.on_message(auth_of_worker, message::Ready{}, world.now, world.out);
    EXPECT_EQ(world.take(), "info: ready; notify ready");
}

TEST(SupervisorCore, TellsAWorkerThatIsStartedAgainOfTheOnion) {
    World world;
    world.core.on_onion_address("x.onion", world.out);
    world.core.on_exit(worker_process, crashed, world.now, world.out);
    world.take();
    world.core.on_deadline(world.now + 100ms, world.out);
    EXPECT_EQ(world.take(), "start worker; status: x.onion; send onion: managed x.onion 0% ");
}

TEST(SupervisorCore, NamesTorsLastComplaintWhenItEndsWhileStarting) {
    World world(false);
    world.core.start(world.now, world.out);
    world.core.tor().on_complaint("no disk", world.out);
    world.take();
    world.core.on_exit(tor_process, {1, "ended with code 1"}, world.now, world.out);
    EXPECT_EQ(world.take(),
              "send onion: managed  0% tor is not running; "
              "print: tor ended while starting: no disk; kill authenticator of inside 0; kill "
              "inside 0; kill authenticator of worker; kill worker; kill tor");
}

TEST(SupervisorCore, BlamesNoComplaintWhenTorIsKilledWhileStarting) {
    World world(false);
    world.core.start(world.now, world.out);
    world.core.tor().on_complaint("you run tor as root", world.out);
    world.take();
    world.core.on_exit(tor_process, crashed, world.now, world.out);
    EXPECT_EQ(world.take(),
              "send onion: managed  0% tor is not running; print: tor was killed by signal 9 "
              "(Killed) while starting; kill authenticator of inside 0; kill inside 0; "
              "kill authenticator of worker; kill worker; kill tor");
}

TEST(SupervisorCore, FailsTheStartWithATorThatDoesNotRunAsConfigured) {
    World world(false);
    world.core.start(world.now, world.out);
    world.core.on_deadline(world.now + 50ms, world.out);
    world.core.on_tor_attached(world.now, world.out);
    world.take();
    world.core.tor().on_unconfigured("it listens on x", world.out);
    EXPECT_EQ(world.take(), "error: tor: it listens on x; ending it; kill tor");
    world.core.on_exit(tor_process, crashed, world.now, world.out);
    EXPECT_EQ(world.take(),
              "send onion: managed  0% tor is not running; "
              "print: tor ended while starting: it listens on x; kill authenticator of inside 0; "
              "kill inside 0; kill authenticator of worker; kill worker; kill "
              "tor");
}

TEST(SupervisorCore, WaitsLongerBeforeEachStartOfATorThatDoesNotRunAsConfigured) {
    World world;
    wamp::Duration waited{};
    for (int attempt = 0; attempt < 8; ++attempt) {
        world.core.on_exit(tor_process, crashed, world.now, world.out);
        const wamp::Instant ended = world.now;
        world.pass_until("start tor");
        waited = world.now - ended;
        world.pass_until("attach");
        world.core.on_tor_attached(world.now, world.out);
        world.core.tor().on_unconfigured("it listens on x", world.out);
    }
    EXPECT_EQ(waited, ChildProcess::restart_delay_max);
}

TEST(SupervisorCore, FollowsATorThatIsStartedAgain) {
    World world;
    world.core.on_exit(tor_process, crashed, world.now, world.out);
    EXPECT_EQ(world.core.tor().state(), TorMonitor::State::down);
    world.core.on_deadline(world.now + 100ms, world.out);
    EXPECT_EQ(world.core.tor().state(), TorMonitor::State::waiting);
}

TEST(SupervisorCore, GoesOnWithAReloadWithoutAParticipantThatEnds) {
    World world;
    world.prepare();
    world.core.on_exit(inside, crashed, world.now, world.out);
    world.take();
    world.authenticators_say(message::Prepared{1, ""});
    world.core.on_message(worker_process, message::Prepared{1, ""}, world.now, world.out);
    EXPECT_EQ(world.take(),
              "adopt 1; send authenticator of inside 0: commit 1; send authenticator of worker: "
              "commit 1; send worker: commit 1");
    world.core.on_deadline(world.now + 100ms, world.out);
    EXPECT_EQ(world.take(), "start inside 0") << "with this version";
}

TEST(SupervisorCore, LetsAProcessThatIsStartedAgainTakePartInReloads) {
    World world;
    world.core.on_exit(inside, crashed, world.now, world.out);
    world.core.on_deadline(world.now + 100ms, world.out);
    world.take();
    world.core.on_command(1, "apply", world.out);
    world.core.on_version_read(1, "", world.now, world.out);
    EXPECT_EQ(world.take(),
              "read 1; send authenticator of inside 0: prepare 1; send inside 0: prepare 1; "
              "send authenticator of worker: prepare 1; send worker: prepare 1");
}

TEST(SupervisorCore, CountsAProcessThatCannotBeStartedAsNotRunning) {
    World world;
    world.core.on_exit(worker_process, crashed, world.now, world.out);
    world.core.on_deadline(world.now + 100ms, world.out);
    world.core.on_start_failed(worker_process, "no memory", world.now, world.out);
    world.core.on_command(1, "apply", world.out);
    world.take();
    world.core.on_version_read(1, "", world.now, world.out);
    EXPECT_EQ(world.take(),
              "send authenticator of inside 0: prepare 1; send inside 0: prepare 1; send "
              "authenticator of worker: prepare 1");
}

TEST(SupervisorCore, ReportsEachAnswerOfAReloadToItsCoordinator) {
    World world;
    world.prepare();
    world.authenticators_say(message::Prepared{1, ""});
    world.core.on_message(inside, message::Prepared{1, ""}, world.now, world.out);
    world.core.on_message(worker_process, message::Prepared{1, ""}, world.now, world.out);
    EXPECT_EQ(world.take(),
              "adopt 1; send authenticator of inside 0: commit 1; send inside 0: commit 1; "
              "send authenticator of worker: commit 1; send worker: commit 1");
    world.core.on_version_adopted(1, "", world.out);
    world.authenticators_say(message::Committed{1, ""});
    world.core.on_message(inside, message::Committed{1, "i"}, world.now, world.out);
    world.core.on_message(worker_process, message::Committed{1, "w"}, world.now, world.out);
    EXPECT_TRUE(world.take().ends_with("reply 1: 0 inside home: i|worker: w|"));
    world.core.on_command(2, "apply", world.out);
    world.core.on_version_read(2, "", world.now, world.out);
    world.take();
    world.core.on_message(worker_process, message::Refused{2, "no"}, world.now, world.out);
    EXPECT_TRUE(
        world.take().starts_with("send authenticator of inside 0: abort 2; send inside 0: abort 2; "
                                 "send authenticator of worker: abort 2; send worker: abort 2"));
}

TEST(SupervisorCore, KillsAWorkerThatCannotBeToldToCommitOrToStop) {
    World world;
    world.prepare();
    world.authenticators_say(message::Prepared{1, ""});
    world.core.on_message(inside, message::Prepared{1, ""}, world.now, world.out);
    world.core.on_message(worker_process, message::Prepared{1, ""}, world.now, world.out);
    world.take();
    world.core.on_unreachable(worker_process, world.now, world.out);
    EXPECT_TRUE(world.take().ends_with("kill worker"));
    World stopping;
    stopping.core.on_stop_signal(stopping.now, stopping.out);
    stopping.take();
    stopping.core.on_unreachable(worker_process, stopping.now, stopping.out);
    EXPECT_TRUE(stopping.take().ends_with("kill worker"));
}

TEST(SupervisorCore, StartsAnAuthenticatorAgainAndNothingElse) {
    World world;
    world.core.on_exit(auth_of_worker, crashed, world.now, world.out);
    world.take();
    world.core.on_deadline(world.now + 100ms, world.out);
    EXPECT_EQ(world.take(), "start authenticator of worker");
}

TEST(SupervisorCore, DoesNothingElseForAnAuthenticator) {
    World world;
    world.authenticators_say(message::DialRequest{1});
    world.authenticators_say(message::AuditLost{});
    EXPECT_EQ(world.take(), "");
}

TEST(SupervisorCore, DialsForTheWorkerAlone) {
    World world;
    world.core.on_message(inside, message::DialRequest{1}, world.now, world.out);
    EXPECT_EQ(world.take(), "");
    world.core.on_message(worker_process, message::DialRequest{1}, world.now, world.out);
    world.core.on_message(worker_process, message::DialRequest{0}, world.now, world.out);
    EXPECT_EQ(world.take(), "dial 1 #1; dial inside 0 #2");
    world.core.on_dial_failed(1, "refused", world.out);
    world.core.on_dial_connected(2, world.out);
    EXPECT_EQ(world.take(), "send worker: failed 1 refused; send worker: connected 0 #2");
}

TEST(SupervisorCore, SaysThatAnInsideIsNotRunningWhenTheWorkerWantsIt) {
    World world;
    world.core.on_exit(inside, crashed, world.now, world.out);
    world.take();
    world.core.on_message(worker_process, message::DialRequest{0}, world.now, world.out);
    EXPECT_EQ(world.take(), "send worker: failed 0 the inside is not running");
}

TEST(SupervisorCore, ClosesAConnectionThatWasMadeForAnEarlierWorker) {
    World world;
    world.core.on_message(worker_process, message::DialRequest{1}, world.now, world.out);
    world.core.on_exit(worker_process, crashed, world.now, world.out);
    world.take();
    world.core.on_dial_connected(1, world.out);
    EXPECT_EQ(world.take(), "close #1");
}

TEST(SupervisorCore, ReopensTheAuditLogWhenItIsToldUntilItStops) {
    World world(false);
    world.core.on_reopen_signal(world.out);
    EXPECT_EQ(world.take(), "");
    world.core.start(world.now, world.out);
    world.take();
    world.core.on_reopen_signal(world.out);
    EXPECT_EQ(world.take(), "reopen audit");
    world.run();
    world.core.on_reopen_signal(world.out);
    EXPECT_EQ(world.take(), "reopen audit");
    world.core.on_stop_signal(world.now, world.out);
    world.take();
    world.core.on_reopen_signal(world.out);
    EXPECT_EQ(world.take(), "");
}

TEST(SupervisorCore, ReadsThePolicyAtAHangup) {
    World world;
    world.core.on_hangup(world.out);
    EXPECT_EQ(world.take(), "read 1");
    World starting(false);
    starting.core.start(starting.now, starting.out);
    starting.take();
    starting.core.on_hangup(starting.out);
    EXPECT_EQ(starting.take(),
              "warning: SIGHUP ignored: the policy cannot be reloaded during the start");
    world.core.on_stop_signal(world.now, world.out);
    world.take();
    world.core.on_hangup(world.out);
    EXPECT_EQ(world.take(), "");
}

TEST(SupervisorCore, TakesCommandsOnlyWhileAllRuns) {
    const std::string refused = "reply 5: 1 the gateway is starting or stopping; try again|";
    World world(false);
    world.core.on_command(5, "apply", world.out);
    EXPECT_EQ(world.take(), refused);
    world.run();
    world.core.on_command(5, "rollback", world.out);
    EXPECT_EQ(world.take(), "read 1 previous");
    world.core.on_no_previous_version(1, world.out);
    EXPECT_EQ(world.take(), "reply 5: 1 there is no previous version|");
    world.core.on_stop_signal(world.now, world.out);
    world.take();
    world.core.on_command(5, "apply", world.out);
    EXPECT_EQ(world.take(), refused);
}

TEST(SupervisorCore, AnswersTheReloadUnderWayBeforeItStops) {
    World world;
    world.prepare();
    world.core.on_stop_signal(world.now, world.out);
    const std::string effects = world.take();
    const auto reply = effects.find("reply 1: 1 sallyport is stopping");
    const auto stop = effects.find("send worker: stop");
    ASSERT_NE(reply, std::string::npos) << effects;
    ASSERT_NE(stop, std::string::npos) << effects;
    EXPECT_LT(reply, stop);
}

TEST(SupervisorCore, DialsNothingWhileItStops) {
    World world;
    world.core.on_message(worker_process, message::DialRequest{1}, world.now, world.out);
    world.core.on_stop_signal(world.now, world.out);
    world.take();
    world.core.on_message(worker_process, message::DialRequest{0}, world.now, world.out);
    EXPECT_EQ(world.take(), "");
    world.core.on_dial_connected(1, world.out);
    EXPECT_EQ(world.take(), "close #1");
}

TEST(SupervisorCore, FollowsTorNoLongerWhenItStops) {
    World world;
    world.core.tor().on_bootstrap({1, "s", "", "l"}, world.now, world.out);
    world.core.on_stop_signal(world.now, world.out);
    EXPECT_EQ(world.core.deadline(), world.now + ProcessTree::worker_grace);
}

TEST(SupervisorCore, HasTheEarliestDeadlineOfItsMachines) {
    World world;
    const wamp::Instant heartbeat = world.core.deadline();
    world.prepare();
    EXPECT_EQ(world.core.deadline(), heartbeat) << "a reload has more time";
    world.core.tor().on_bootstrap({1, "s", "", "l"}, world.now - 29s - 500ms, world.out);
    EXPECT_EQ(world.core.deadline(), world.now + 500ms);
    world.core.on_exit(tor_process, crashed, world.now, world.out);
    EXPECT_EQ(world.core.deadline(), world.now + ChildProcess::restart_delay_min);
}

TEST(SupervisorCore, EndsAReloadAtItsDeadline) {
    World world;
    world.prepare();
    world.core.on_deadline(world.now + ReloadCoordinator::prepare_timeout, world.out);
    EXPECT_NE(world.take().find("no answer in time from worker, inside home"), std::string::npos);
}

TEST(SupervisorCore, EndsAndReplacesAProcessThatNoLongerAnswers) {
    for (const auto& [silent, name, text] :
         {std::tuple{worker_process, "worker", "worker"},
          {inside, "inside home", "inside 0"},
          {auth_of_worker, "authenticator of worker", "authenticator of worker"},
          {tor_process, "tor", "tor"}}) {
        World world;  // all have become ready
        std::string effects;
        for (int round = 0; round < 30 && effects.find("kill") == std::string::npos; ++round) {
            world.now = world.core.deadline();
            world.core.on_deadline(world.now, world.out);
            effects = world.take();
            world.core.on_message(auth_of_inside, message::Alive{}, world.now, world.out);
            if (silent != auth_of_worker)
                world.core.on_message(auth_of_worker, message::Alive{}, world.now, world.out);
            if (silent != inside)
                world.core.on_message(inside, message::Alive{}, world.now, world.out);
            if (silent != worker_process)
                world.core.on_message(worker_process, message::Alive{}, world.now, world.out);
            if (silent != tor_process) world.core.on_tor_verified(world.out);
        }
        EXPECT_NE(effects.find("error: " + std::string(name) +
                               " has not answered for 10 s; ending it; kill " + text),
                  std::string::npos)
            << effects;
        EXPECT_EQ(world.core.feeds_watchdog(), silent == tor_process);
        world.core.on_exit(silent, crashed, world.now, world.out);
        world.pass_until(std::string("start ") + text);
        EXPECT_TRUE(world.core.feeds_watchdog());
    }
}

TEST(SupervisorCore, AsksTorOnlyWhileItsControlSocketIsConnected) {
    World world;
    world.now = world.core.deadline();
    world.core.on_deadline(world.now, world.out);
    EXPECT_EQ(world.take(),
              "ping authenticator of inside 0; ping inside 0; ping authenticator of worker; "
              "ping worker; ping tor");
    world.core.on_tor_control_lost("", world.now, world.out);
    world.core.on_deadline(world.now + 1s, world.out);
    EXPECT_EQ(world.take(),
              "ping authenticator of inside 0; ping inside 0; ping authenticator of worker; "
              "ping worker; warning: tor: the control connection was lost; "
              "reconnecting; attach");
    world.core.on_tor_attached(world.now, world.out);
    world.take();
    world.core.on_deadline(world.now + 2s, world.out);
    EXPECT_EQ(world.take(),
              "ping authenticator of inside 0; ping inside 0; ping authenticator of worker; "
              "ping worker; ping tor");
}

TEST(SupervisorCore, FeedsTheWatchdogWhileItStartsAndStops) {
    World world(false);
    EXPECT_TRUE(world.core.feeds_watchdog());
    world.core.start(world.now, world.out);
    EXPECT_TRUE(world.core.feeds_watchdog());
    world.run();
    EXPECT_TRUE(world.core.feeds_watchdog());
    world.core.on_exit(worker_process, crashed, world.now, world.out);
    EXPECT_FALSE(world.core.feeds_watchdog());
    world.core.on_stop_signal(world.now, world.out);
    EXPECT_TRUE(world.core.feeds_watchdog());
}

TEST(SupervisorCore, FinishesWhenItsLastProcessHasEnded) {
    World world;
    world.core.on_stop_signal(world.now, world.out);
    world.core.on_exit(worker_process, {0, "ended with code 0"}, world.now, world.out);
    world.core.on_exit(tor_process, {0, "ended with code 0"}, world.now, world.out);
    for (const ProcessId process : {auth_of_inside, auth_of_worker})
        world.core.on_exit(process, {0, "ended with code 0"}, world.now, world.out);
    world.take();
    world.core.on_exit(inside, {0, "ended with code 0"}, world.now, world.out);
    EXPECT_EQ(world.take(), "finish 0");
    EXPECT_EQ(world.core.phase(), ProcessTree::Phase::stopped);
}

}  // namespace
}  // namespace sallyport::gateway::supervision
