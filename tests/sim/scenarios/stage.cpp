#include "tests/sim/scenarios/stage.h"

#include <utility>

#include "tests/paths.h"
#include "tests/sim/rules.h"
#include "wamp/session/features.h"

namespace sallyport::sim {

namespace {

const Rules& front_rules() {
    static const Rules rules(SALLYPORT_SOURCE_DIR "/tests/sim/policies/stage-front.toml",
                             policy::LoadOptions{true, std::vector<std::string>{"inside"}}, false);
    return rules;
}
const Rules& inside_rules() {
    static const Rules rules(SALLYPORT_SOURCE_DIR "/tests/sim/policies/stage-inside.toml",
                             policy::LoadOptions{false, {}}, false);
    return rules;
}

std::string_view name(Side side) {
    return side == Side::outside ? "Outside" : "Inside";
}

}  // namespace

Stage::Stage(std::uint64_t seed) : dice_(seed) {
    backend_link::InsideConfig inside;
    inside.realms = {inside_rules().realm()};
    inside.links = {{"gateway", {}}};
    inside_ = std::make_unique<InsideHost>(
        schedule_, std::make_unique<backend_link::Inside>(std::move(inside), entropy()),
        inside_rules().realm().secret());
    gateway::FrontConfig front{{front_rules().realm()}, {}, {}};
    backend_link::LinkMachine::Config link;
    link.session.realm = "inner";
    link.profile = backend_link::profile_of(backend_link::BackendKind::sallyport);
    link.dials = false;
    link.join_timeout = std::chrono::seconds(5);
    link.pulse.heartbeat = std::chrono::seconds(3);
    front.backends.push_back({"inside", link});
    front_ = std::make_unique<FrontHost>(
        schedule_, std::make_unique<gateway::Front>(std::move(front), entropy()),
        front_rules().realm().secret());
    front_->start();
    inside_->dial = [this](std::uint32_t) { schedule_.after({}, [this] { dial(); }); };
    inside_->start();
    settle();
    EXPECT_TRUE(this->front().links().front().up);
}

Stage::~Stage() = default;

wamp::Random::Seed Stage::entropy() {
    wamp::Random::Seed seed{};
    for (auto& byte : seed) byte = static_cast<std::uint8_t>(dice_.next());
    return seed;
}

void Stage::dial() {
    link_ = std::make_shared<Wire>(schedule_, dice_, WireFaults{false, false, latency});
    WireEnd* left = nullptr;
    WireEnd* right = nullptr;
    front_->attach(link_, 0, false, FrontHost::Role::link, left);
    inside_->attach(link_, 1, true, InsideHost::Role::link, right);
    link_->attach(left, right);
    front_->speak_first(left);
}

Player& Stage::seat(Side side, std::string authid) {
    const auto serializer =
        wamp::all_serializers[dice_.between(0, wamp::all_serializers.size() - 1)];
    return seat(side, serializer, std::move(authid));
}

Player& Stage::seat(Side side, wamp::Serializer serializer, std::string authid) {
    auto wire = std::make_shared<Wire>(schedule_, dice_, WireFaults{false, false, latency});
    players_.push_back(std::make_unique<Player>(schedule_, wire, serializer,
                                                side == Side::outside ? "world" : "inner"));
    Player& player = *players_.back();
    player.roles = wamp::client_roles(true);
    player.authid = std::move(authid);
    WireEnd* router = nullptr;
    if (side == Side::outside) {
        front_->attach(wire, 1, true, FrontHost::Role::client, router);
    } else {
        inside_->attach(wire, 1, true, InsideHost::Role::client, router);
    }
    wire->attach(&player, router);
    return player;
}

Player& Stage::join(Side side, std::string authid) {
    Player& player = seat(side, std::move(authid));
    join(player);
    return player;
}

void Stage::join(Player& player) {
    player.start();
    settle();
    EXPECT_NE(player.session(), 0U) << player.authid << " did not join";
}

void Stage::enroll(Player& callee, const std::string& procedure, wamp::Dict options) {
    const auto request = callee.enroll(procedure, std::move(options));
    settle();
    const auto* const registered = callee.last<wamp::Registered>();
    ASSERT_TRUE(registered != nullptr && registered->request == request)
        << procedure << ": " << callee.error_of(request);
}

void Stage::subscribe(Player& subscriber, const std::string& topic, wamp::Dict options) {
    const auto request = subscriber.subscribe(topic, std::move(options));
    settle();
    const auto* const subscribed = subscriber.last<wamp::Subscribed>();
    ASSERT_TRUE(subscribed != nullptr && subscribed->request == request)
        << topic << ": " << subscriber.error_of(request);
}

std::uint64_t Stage::undeliverable() {
    return front().door().undeliverable_events() + inside().door().undeliverable_events();
}

void Stage::expect_nothing_open() {
    const auto link = front().links().front();
    EXPECT_EQ(link.counts.calls, 0U);
    EXPECT_EQ(link.counts.publications, 0U);
    EXPECT_EQ(link.counts.invocations, 0U);
    EXPECT_EQ(link.counts.waiting, 0U);
    EXPECT_EQ(inside().counts().calls, 0U);
    EXPECT_EQ(inside().counts().invocations, 0U);
}

std::string name_of(const testing::TestParamInfo<Seating>& seating) {
    return std::string(name(seating.param.first)) + std::string(name(seating.param.second));
}

}  // namespace sallyport::sim
