#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backend-link/inside/inside.h"
#include "gateway/front/front.h"
#include "tests/sim/actors/actor.h"
#include "tests/sim/front_watch.h"
#include "tests/sim/host.h"
#include "tests/sim/inside_watch.h"
#include "tests/sim/planted.h"
#include "tests/sim/rules.h"

namespace sallyport::sim {

/// Guests outside, the front, two links, two insides and their services, with everything going
/// wrong that one seed brings: cuts, stalls, one-byte reads, slow readers, churn, restarts and
/// reloads on either side. Runs in virtual time.
class World {
public:
    explicit World(std::uint64_t seed, Bug bug = Bug::none, bool verbose = false)
        : World(Dice(seed), bug, verbose) {}
    /// A script has fewer guests, and trouble for as many turns as it has.
    explicit World(const Dice& dice, Bug bug = Bug::none, bool verbose = false);
    ~World();

    /// The whole life: trouble, rest, last publications, everybody leaves.
    void run();

    const Findings& findings() const noexcept { return findings_; }

private:
    using FrontHost = Host<gateway::Front>;
    using InsideHost = Host<backend_link::Inside>;
    static constexpr std::size_t inside_count = 2;

    struct Backend {
        std::unique_ptr<InsideHost> host;
        std::unique_ptr<InsideWatch> watch;
        std::shared_ptr<Wire> link;  ///< the last one that was dialled
        /// Those before it, of which one may still be the link.
        std::vector<std::weak_ptr<Wire>> links_before{};
        Instant dialled{};
        std::size_t version = 0;
    };
    struct Participant {
        std::unique_ptr<Actor> actor;
        std::shared_ptr<Wire> wire;
        std::size_t place = 0;  ///< of a service: which inside
        Kind kind = Kind::guest;
        bool never_reads = false;  ///< any more
    };

    void log(std::string_view principal, std::string_view text);
    void start_front();
    void start_inside(std::size_t index);
    void dial(std::size_t index);
    /// Another inside with the key of the one that is there connects and says nothing.
    void send_impostor(std::size_t index);
    Participant& add(Kind kind, std::size_t place, Principal account);
    void misbehave(Participant& participant);
    void add_guest();
    void tick();
    void trouble();
    void reload_front(std::size_t version);
    void reload_inside(std::size_t index, std::size_t version);
    void reload_some();
    void run_for(Duration time);
    void all_at_once();
    void check_waits();
    void check_waits_since(Instant then);
    void check_published();
    void check_books();
    void publish_everywhere();
    void check_received(const Participant& participant, std::size_t backend, std::string_view topic,
                        std::uint64_t publisher, std::uint64_t number);
    void check_leases();
    void everybody_leaves();
    void check_tables();
    void check_held();
    void check_hidden(std::string_view bytes);
    WireFaults faults();
    wamp::Random::Seed entropy();
    DoorWatch::Limits choose_limits(policy::DoorLimits& limits);

    Schedule schedule_;
    Dice dice_;
    Findings findings_;
    Ledger ledger_;
    Environment environment_;
    Planter planter_;
    bool verbose_;
    bool calm_ = false;
    std::size_t guests_;
    std::uint64_t last_key_ = 0;
    std::size_t front_version_ = 0;
    std::uint64_t troubles_ = 0;  ///< what may end a link
    std::unique_ptr<FrontHost> front_;
    std::unique_ptr<FrontWatch> front_watch_;
    std::array<Backend, inside_count> backends_;
    std::vector<Participant> actors_;
    std::vector<Participant> gone_;
    // Wires and events may still name them.
    std::vector<std::unique_ptr<FrontHost>> dead_fronts_;
    std::vector<std::unique_ptr<InsideHost>> dead_insides_;
    std::vector<std::unique_ptr<WireEnd>> impostors_;
};

}  // namespace sallyport::sim
