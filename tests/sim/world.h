#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backend-link/inside/inside.h"
#include "gateway/front/front.h"
#include "tests/sim/actor.h"
#include "tests/sim/host.h"

namespace sallyport::sim {

/// Bugs to plant, one for each checker that has to catch it.
enum class Bug : std::uint8_t {
    none,
    answers_twice,        ///< a RESULT is sent twice
    loses_answers,        ///< some RESULTs are not sent
    crosses_unpermitted,  ///< a forbidden call crosses the link
    events_after_end,     ///< an EVENT follows UNSUBSCRIBED
    swaps_events,         ///< two EVENTs to one session change places
    forgets_to_forget,    ///< the front is not told of lost connections
};

/// The two policies that the worlds live under, read once.
struct Policies {
    policy::DoorRealm front;
    policy::DoorRealm inside;
};

/// Guests outside, the front, a link, the inside and its services, with everything going wrong that
/// one seed brings: cuts, stalls, one-byte reads, slow readers, churn, restarts of either side.
/// Runs in virtual time.
class World {
public:
    World(std::uint64_t seed, const Policies& policies, Bug bug = Bug::none, bool verbose = false);
    ~World();

    /// The whole life: trouble, calm, everybody leaves.
    void run();

    const Findings& findings() const noexcept { return findings_; }

private:
    using FrontHost = Host<gateway::Front>;
    using InsideHost = Host<backend_link::Inside>;
    struct Client {
        std::unique_ptr<Actor> actor;
        std::shared_ptr<Wire> wire;
    };

    void log(std::string_view who, std::string_view text);
    void start_front();
    void start_inside();
    void dial();
    void add(Actor::Kind kind);
    void tick();
    void trouble();
    void everybody_leaves();
    void check_tables();
    void watch(FrontHost::Role role, wamp::PeerId peer, std::string& bytes);
    void check_crossing(const wamp::Message& message);
    void plant(wamp::PeerId peer, std::string& bytes);
    WireFaults faults();
    wamp::Random::Seed entropy();

    Schedule schedule_;
    Dice dice_;
    Findings findings_;
    const Policies& policies_;
    Bug bug_;
    bool verbose_;
    bool calm_ = false;
    bool retiring_ = false;
    std::uint64_t last_key_ = 0;
    std::uint64_t last_tag_ = 0;
    std::unique_ptr<FrontHost> front_;
    std::unique_ptr<InsideHost> inside_;
    std::shared_ptr<Wire> link_;
    std::vector<Client> clients_;
    std::vector<Client> gone_;
    std::map<wamp::PeerId, std::string>
        held_;  ///< swaps_events: an EVENT that waits for the next one
    std::map<wamp::PeerId, std::string> last_event_;  ///< events_after_end
    std::vector<std::unique_ptr<FrontHost>> dead_fronts_;
    std::vector<std::unique_ptr<InsideHost>> dead_insides_;
};

}  // namespace sallyport::sim
