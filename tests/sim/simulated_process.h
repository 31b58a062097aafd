#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gateway/supervision/effect.h"
#include "gateway/supervision/reload_participant.h"
#include "tests/sim/network.h"

namespace sallyport::sim {

/// A version of the policy; all that matters is which one it is.
using PolicyVersionNumber = int;

/// A packet from the supervisor with what comes with it.
struct SupervisorPacket {
    std::string text;
    PolicyVersionNumber version = 0;
    std::optional<gateway::supervision::OnionStatus> onion;
};

/// One process of a simulated supervisor, from its start to its end: a worker or an inside with its
/// real ReloadParticipant, or a tor. It can stall (and then finds all that was sent to it), die,
/// ignore that it is to stop, say things twice, and repeat what it said in an earlier round.
class SimulatedProcess : public std::enable_shared_from_this<SimulatedProcess> {
public:
    struct Surroundings {
        Schedule& schedule;
        Dice& dice;
        std::function<void(SimulatedProcess&, std::string)> send;  ///< to the supervisor
        std::function<void(SimulatedProcess&, PolicyVersionNumber)> took;
        std::function<void(SimulatedProcess&, const gateway::supervision::Exit&)> ended;
        const bool& calm;  ///< nothing goes wrong any more
    };

    SimulatedProcess(gateway::supervision::ProcessId id, PolicyVersionNumber version,
                     std::vector<std::uint32_t> backends, Surroundings surroundings)
        : id_(id), version_(version), backends_(std::move(backends)), world_(surroundings) {}

    void start();
    void receive(SupervisorPacket packet);
    /// Answers after a while, when it is not stalled.
    void ask(std::function<void()> answer) {
        after(some_time(1, 200), [this, answer = std::move(answer)] {
            last_answer_ = world_.schedule.now();
            answer();
        });
    }
    void terminate();
    void kill() { die({-1, "was killed by signal 9 (Killed)"}); }
    void exit(int code) { die({code, "ended with code " + std::to_string(code)}); }
    /// With `hangs` until all is calm.
    void stall(bool hangs) {
        if (!stalled_) stalled_since_ = world_.schedule.now();
        stalled_ = true;
        hangs_ = hangs;
    }
    void resume();
    /// It was asleep, together with all others.
    void wake() {
        hangs_ = false;
        resume();
    }

    gateway::supervision::ProcessId id() const noexcept { return id_; }
    bool alive() const noexcept { return alive_; }
    bool stalled() const noexcept { return stalled_; }
    /// To a ping; before the first one the time of its start.
    Instant last_answer() const noexcept { return last_answer_; }
    Instant resumed_at() const noexcept { return resumed_at_; }
    Instant stalled_since() const noexcept { return stalled_since_; }
    /// Whether it has ever answered a ping.
    bool answered() const noexcept { return answered_; }
    /// By which it decides.
    PolicyVersionNumber version() const noexcept { return version_; }
    const std::optional<gateway::supervision::OnionStatus>& onion() const noexcept {
        return onion_;
    }
    /// Since when the worker waits for the answer to its request to dial; by backend.
    const std::map<std::uint32_t, Instant>& dials_open() const noexcept { return dials_; }

private:
    void die(const gateway::supervision::Exit& exit);
    /// Does it now, or when the process is no longer stalled, or never when it is dead.
    void act(std::function<void()> what);
    void after(Duration delay, std::function<void()> what);
    void handle(const SupervisorPacket& packet);
    void carry_out();
    void apply(const gateway::supervision::ReloadParticipant::Compile& compile);
    void apply(const gateway::supervision::ReloadParticipant::Commit& commit);
    void apply(const gateway::supervision::ReloadParticipant::Drop&) { compiled_ = 0; }
    void apply(const gateway::supervision::ReloadParticipant::Answer& answer);
    void say(std::string text);
    void ask_to_dial();
    Duration some_time(std::uint64_t low_ms, std::uint64_t high_ms);

    gateway::supervision::ProcessId id_;
    PolicyVersionNumber version_;
    std::vector<std::uint32_t> backends_;
    Surroundings world_;
    gateway::supervision::ReloadParticipant participant_;
    gateway::supervision::ReloadParticipant::Outbox outbox_;
    std::map<gateway::supervision::Round, PolicyVersionNumber> received_;
    PolicyVersionNumber compiled_ = 0;
    std::vector<std::function<void()>> held_;  ///< while it is stalled
    std::vector<std::string> said_;
    std::map<std::uint32_t, Instant> dials_;
    std::optional<gateway::supervision::OnionStatus> onion_;
    bool alive_ = true;
    bool stalled_ = false;
    bool hangs_ = false;
    Instant stalled_since_{};
    Instant resumed_at_{};
    Instant last_answer_{};
    bool answered_ = false;
};

}  // namespace sallyport::sim
