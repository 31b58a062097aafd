#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/supervision/supervisor_core.h"
#include "tests/sim/network.h"
#include "tests/sim/simulated_process.h"

namespace sallyport::sim {

/// What must hold of a supervisor whatever happens.
enum class SupervisionCheck : std::uint8_t {
    all_or_nothing,  ///< when no reload is under way, every process decides by the version that
                     ///< runs, and no process ever takes another
    answered_once,   ///< every command is answered exactly once, within a minute
    reload_ends,     ///< no round lasts for more than a minute
    restarted,       ///< a process that has ended is started again, unless all stops
    one_process,     ///< never two processes in one place
    nothing_left,    ///< at the end no process is left, and the end comes
    dials_answered,  ///< no dial request of a living worker stays unanswered
    onion_told,      ///< the worker knows the state of the onion service
    recovers,        ///< once nothing goes wrong any more, all runs and a reload succeeds
    hang_ended,      ///< a process that answers nothing for long is ended
    healthy_lives,   ///< a process that answers is not ended for hanging, also not after all slept
    deadlines_pass,  ///< a deadline that has passed is not due again
};
std::string_view to_string(SupervisionCheck check) noexcept;

/// Bugs to plant, one for each checker that has to catch it.
enum class SupervisionBug : std::uint8_t {
    none,
    commits_without_effect,  ///< a participant says that it has taken the version, and has not
    answers_twice,           ///< a command is answered a second time
    loses_answers,           ///< some commands are not answered
    ignores_deadlines,       ///< nobody watches the time of a reload
    loses_starts,            ///< restarts do not take place
    kills_nobody,            ///< a process that was to be killed is taken for dead and lives on
    loses_exits,             ///< the end of a process is not noticed while all stops
    loses_dials,             ///< attempts that fail end without an event
    forgets_new_workers,     ///< a worker that was started again is not told of the onion service
    refuses_everything,      ///< every version is refused, also when nothing goes wrong any more
    answers_for_others,      ///< pings of processes that hang are answered
    loses_pings,             ///< processes are not asked, and are taken to be silent
    counts_sleep,            ///< time in which nothing ran is counted as time without answers
    hands_over_old_time,     ///< a deadline is reported as if it had not passed yet
};

/// The whole SupervisorCore with simulated processes, in virtual time: kills, stalls, failing
/// starts, reloads that succeed, fail and hang, duplicate and late answers, hangups, stops at any
/// moment, all from one seed.
class SupervisionWorld {
public:
    SupervisionWorld(std::uint64_t seed, SupervisionBug bug = SupervisionBug::none,
                     bool verbose = false);

    /// The whole life: start, trouble, calm, stop.
    void run();

    bool has(SupervisionCheck check) const noexcept;
    bool nothing_found() const noexcept { return findings_.empty(); }
    std::string text() const;
    std::uint64_t digest() const noexcept { return digest_; }

    struct Counts {
        std::uint64_t starts = 0;
        std::uint64_t commits = 0;
        std::uint64_t aborts = 0;
        std::uint64_t dials = 0;
        std::uint64_t killed_for_commit = 0;
        bool operator==(const Counts&) const = default;
    };
    const Counts& counts() const noexcept { return counts_; }

private:
    struct Finding {
        SupervisionCheck check;
        std::string text;
    };
    struct Command {
        int answers = 0;
    };
    using ProcessPointer = std::shared_ptr<SimulatedProcess>;

    void wrong(SupervisionCheck check, const std::string& what);
    void happened(const std::string& what);
    SimulatedProcess* find(gateway::supervision::ProcessId id) const;

    // The shell
    template <class Event>
    void event(Event what) {
        if (finished_) return;
        what();
        carry_out();
    }
    void carry_out();
    void arm();
    void time_passed(Instant due);
    void apply(const gateway::supervision::effect::Log& log);
    void apply(const gateway::supervision::effect::Start& start);
    void apply(const gateway::supervision::effect::Terminate& terminate);
    void apply(const gateway::supervision::effect::Kill& kill);
    void apply(const gateway::supervision::effect::SendPacket& send);
    void apply(const gateway::supervision::effect::Ping& ping);
    void apply(const gateway::supervision::effect::SendOnion& send);
    void apply(const gateway::supervision::effect::NotifyReady&) {}
    void apply(const gateway::supervision::effect::NotifyStopping&) {}
    void apply(const gateway::supervision::effect::NotifyStatus&) {}
    void apply(const gateway::supervision::effect::CloseListeners&) {}
    void apply(const gateway::supervision::effect::PrintFailure&) {}
    void apply(const gateway::supervision::effect::Finish& finish);
    void apply(const gateway::supervision::effect::ReadVersion& read);
    void apply(const gateway::supervision::effect::SendPrepare& send);
    void apply(const gateway::supervision::effect::AdoptVersion& adopt);
    void apply(const gateway::supervision::effect::DiscardVersion&) { ++counts_.aborts; }
    void apply(const gateway::supervision::effect::Reply& reply);
    void apply(const gateway::supervision::effect::ReopenAudit&) {}
    void apply(const gateway::supervision::effect::SendAudit&) {}
    void apply(const gateway::supervision::effect::DialAddress& dial);
    void apply(const gateway::supervision::effect::DialInside& dial);
    void apply(const gateway::supervision::effect::SendConnection& send);
    void apply(const gateway::supervision::effect::CloseConnection&) {}
    void apply(const gateway::supervision::effect::AttachTor& attach);
    void apply(const gateway::supervision::effect::ReadOnionAddress& read);
    void verify_later(bool sound);
    void deliver(gateway::supervision::ProcessId to, SupervisorPacket packet);
    void receive(SimulatedProcess& from, const std::string& text);
    void on_took(SimulatedProcess& process, PolicyVersionNumber version);
    void on_ended(SimulatedProcess& process, const gateway::supervision::Exit& exit);

    // What happens
    void trouble();
    void one_trouble();
    void follow_tor();
    void command(std::string_view line);
    void live(Duration time);
    void stop();
    void calm_down();
    void sleep();
    void wake_up(const std::vector<ProcessPointer>& asleep);
    void check_hanging();
    void check_silence(const SimulatedProcess& process);
    void expect_answer(gateway::supervision::RequestId request, Duration limit);
    void expect_restart(gateway::supervision::ProcessId id);
    void check_always();
    void check_recovered();
    void check_end();

    Schedule schedule_;
    Dice dice_;
    SupervisionBug bug_;
    bool verbose_;
    std::vector<Finding> findings_;
    std::uint64_t digest_ = 0xCBF29CE484222325u;
    Counts counts_;

    std::vector<std::uint32_t> backends_;  ///< which the worker dials
    std::uint64_t core_processes_ = 0;     ///< how many there are when all run
    std::unique_ptr<gateway::supervision::SupervisorCore> core_;
    gateway::supervision::Outbox outbox_;
    bool carrying_out_ = false;
    Instant armed_ = wamp::never;
    std::map<gateway::supervision::ProcessId, ProcessPointer> processes_;  ///< until reaped
    std::vector<ProcessPointer> all_;
    std::map<SimulatedProcess*, Instant> last_delivery_;  ///< keeps packets in order
    std::map<gateway::supervision::ProcessId, Instant> restart_due_;

    PolicyVersionNumber on_disk_ = 1;
    PolicyVersionNumber running_ = 1;
    PolicyVersionNumber candidate_ = 0;
    PolicyVersionNumber previous_ = 0;

    std::map<gateway::supervision::RequestId, Command> commands_;
    int last_exit_code_ = -1;
    gateway::supervision::Round round_ = 0;
    Instant round_began_{};
    unsigned kills_percent_ = 0;      ///< how many of the chances to kill a process are taken
    Duration slept_{};                ///< in all
    bool ended_for_silence_ = false;  ///< by the Kill that follows
    Instant asleep_until_{};          ///< nothing runs until then, this supervisor included
    bool calm_ = false;               ///< nothing goes wrong any more
    bool quiet_ = false;              ///< tor says nothing more
    bool stop_asked_ = false;
    bool finished_ = false;
};

}  // namespace sallyport::sim
