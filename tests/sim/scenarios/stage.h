#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "backend-link/inside/inside.h"
#include "gateway/front/front.h"
#include "tests/sim/host.h"
#include "tests/sim/scenarios/player.h"

namespace sallyport::sim {

/// Where a player sits.
enum class Side : std::uint8_t { outside, inside };

/// A whole Front and a whole Inside with a link between them, in virtual time, and players at both.
/// The seed chooses serializers and how bytes are cut; every wire takes `latency`.
class Stage {
public:
    static constexpr Duration latency = std::chrono::milliseconds(1);

    explicit Stage(std::uint64_t seed);
    ~Stage();

    /// A new player whose connection is open; join() has it say HELLO.
    Player& seat(Side side, std::string authid = {});
    Player& seat(Side side, wamp::Serializer serializer, std::string authid = {});
    /// seat(), and join().
    Player& join(Side side, std::string authid = {});
    void join(Player& player);
    /// A call, and who answers it. Both have joined.
    void enroll(Player& callee, const std::string& procedure, wamp::Dict options = {});
    void subscribe(Player& subscriber, const std::string& topic, wamp::Dict options = {});

    void run(Duration time) { schedule_.run_until(schedule_.now() + time); }
    /// Longer than anything takes that waits for no timer.
    void settle() { run(std::chrono::milliseconds(50)); }
    Schedule& schedule() noexcept { return schedule_; }
    Dice& dice() noexcept { return dice_; }
    Wire& link() noexcept { return *link_; }
    gateway::Front& front() noexcept { return front_->core(); }
    backend_link::Inside& inside() noexcept { return inside_->core(); }
    /// Events that a receiver's serializer cannot express, or that are too large for it.
    std::uint64_t undeliverable();
    /// Nobody waits for anything: no table has a call, an invocation or a request.
    void expect_nothing_open();

private:
    using FrontHost = Host<gateway::Front>;
    using InsideHost = Host<backend_link::Inside>;

    wamp::Random::Seed entropy();
    void dial();

    Schedule schedule_;
    Dice dice_;
    std::unique_ptr<FrontHost> front_;
    std::unique_ptr<InsideHost> inside_;
    std::shared_ptr<Wire> link_;
    std::vector<std::unique_ptr<Player>> players_;
};

/// Where the two parties of a scenario sit: both of one side, or one of each.
struct Seating {
    Side first;
    Side second;
};

/// Plays a scenario with several seeds.
class Scenario : public testing::TestWithParam<Seating> {
protected:
    static constexpr std::uint64_t seeds = 6;

    static Side first() { return GetParam().first; }
    static Side second() { return GetParam().second; }
    template <class Scene>
    static void play(Scene scene) {
        for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
            SCOPED_TRACE("seed " + std::to_string(seed));
            Stage stage(seed);
            scene(stage);
            if (HasFatalFailure()) return;
            stage.settle();
            stage.expect_nothing_open();
        }
    }
};

std::string name_of(const testing::TestParamInfo<Seating>& seating);
inline const auto everywhere =
    testing::Values(Seating{Side::outside, Side::inside}, Seating{Side::inside, Side::outside},
                    Seating{Side::outside, Side::outside}, Seating{Side::inside, Side::inside});

}  // namespace sallyport::sim
