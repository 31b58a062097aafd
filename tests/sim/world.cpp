#include "tests/sim/world.h"

#include <array>
#include <iostream>
#include <utility>

#include "backend-link/link/rival.h"
#include "tests/sim/names.h"
#include "wamp/framing/rawsocket.h"

namespace sallyport::sim {

namespace {

constexpr std::size_t guests_max = 8;
constexpr std::size_t services_each = 2;
constexpr std::uint64_t circuits = 3;  ///< over which strangers come
constexpr std::array<std::string_view, 2> backend_names{"mark-alpha", "mark-beta"};

}  // namespace

World::World(const Dice& dice, Bug bug, bool verbose)
    : dice_(dice),
      ledger_{findings_},
      environment_{schedule_, dice_, ledger_},
      planter_(bug, dice_, ledger_),
      verbose_(verbose),
      guests_(dice_.is_scripted() ? dice_.between(1, guests_max) : guests_max) {
    for (std::size_t i = 0; i < inside_count; ++i) start_inside(i);
    start_front();
    for (std::size_t i = 0; i < services_each * inside_count; ++i)
        add(Kind::service, i % inside_count, {});
    for (std::size_t i = 0; i < guests_; ++i) add_guest();
}

World::~World() = default;

wamp::Random::Seed World::entropy() {
    wamp::Random::Seed seed{};
    for (auto& byte : seed) byte = static_cast<std::uint8_t>(dice_.next());
    return seed;
}

WireFaults World::faults() {
    WireFaults faults;
    if (calm_) return faults;
    faults.one_byte_reads = dice_.chance(5);
    faults.latency = std::chrono::microseconds(dice_.between(50, 20'000));
    return faults;
}

void World::log(std::string_view principal, std::string_view text) {
    findings_.happened(text);
    if (!verbose_) return;
    const auto ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(schedule_.now().time_since_epoch())
            .count();
    std::cout << ms << " ms " << principal << ": " << text << "\n";
}

// Participants
// ------------------------------------------------------------------------------------------------

void World::start_front() {
    const Rules& rules = versions().front[front_version_];
    gateway::FrontConfig config{{planter_.versions().front[front_version_].realm()}, {}, {}};
    const std::size_t window = dice_.chance(75) ? dice_.between(1, 4000) : 64U << 10U;
    const bool ignores = planter_.bug() == Bug::ignores_the_window;
    config.link_window_bytes = ignores ? std::size_t{1} << 30U : window;
    config.limits.audit = policy::AuditTrail::Level::all;
    config.limits.denials_per_s = dice_.between(100, 300);
    const DoorWatch::Limits limits = choose_limits(config.limits);
    for (const auto name : backend_names) {
        backend_link::LinkMachine::Config link;
        link.session.realm = "mark.inner";
        link.profile = backend_link::profile_of(backend_link::BackendKind::sallyport);
        link.dials = false;
        link.join_timeout = std::chrono::seconds(5);
        link.pulse.heartbeat = std::chrono::seconds(3);
        config.backends.push_back({std::string(name), link});
    }
    front_ = std::make_unique<FrontHost>(
        schedule_, std::make_unique<gateway::Front>(std::move(config), entropy()),
        planter_.versions().front[front_version_].realm().secret());
    front_watch_ = std::make_unique<FrontWatch>(
        ledger_, rules, std::vector<std::string>(backend_names.begin(), backend_names.end()),
        [this] { return front_->core().links(); }, window);
    front_watch_->limit(limits);
    if (planter_.bug() == Bug::pads_requests) {
        front_->spoil_input = [this](FrontHost::Role role, wamp::Serializer serializer,
                                     std::string& message) {
            if (role == FrontHost::Role::client) planter_.from_guest(serializer, message);
        };
    }
    front_->hides_undeliverable = planter_.bug() == Bug::hides_undeliverable;
    front_->forgets_to_resume = planter_.bug() == Bug::forgets_to_resume;
    front_->deaf_to_losses = planter_.bug() == Bug::ignores_closed_connections;
    front_->tap = [this](FrontHost::Role role, wamp::PeerId peer, wamp::Serializer serializer,
                         std::string& bytes) {
        findings_.happened(bytes);
        const bool link = role == FrontHost::Role::link;
        if (!calm_ && link) planter_.to_link(serializer, bytes);
        if (!calm_ && !link) planter_.to_guest(peer, serializer, bytes);
        if (!link) check_hidden(bytes);
    };
    front_->tap_records = [this](std::string& packed) {
        findings_.happened(packed);
        if (!calm_) planter_.records(packed);
    };
    front_->watch = [this](const Turn& turn) { front_watch_->see(turn); };
    front_->log = [this](std::string_view text) { log("front", text); };
    front_->replaces_links = planter_.bug() == Bug::replaces_links;
    planter_.forget();
    front_->start();
}

void World::start_inside(std::size_t index) {
    Backend& backend = backends_[index];
    const Rules& rules = versions().inside[backend.version];
    backend_link::InsideConfig config;
    config.realms = {planter_.versions().inside[backend.version].realm()};
    config.links = {{"gateway", {}}};
    config.limits.audit = policy::AuditTrail::Level::all;
    config.limits.denials_per_s = dice_.between(100, 300);
    config.link_room_bytes = dice_.between(1000, 20'000);
    const DoorWatch::Limits limits = choose_limits(config.limits);
    config.link_window_bytes = limits.window_bytes;
    backend.host = std::make_unique<InsideHost>(
        schedule_, std::make_unique<backend_link::Inside>(std::move(config), entropy()),
        planter_.versions().inside[backend.version].realm().secret());
    backend.watch = std::make_unique<InsideWatch>(
        ledger_, "inside " + std::string(backend_names[index]), rules,
        [host = backend.host.get()] { return host->core().egress_bytes(); });
    backend.watch->limit(limits);
    backend.host->forgets_to_resume = planter_.bug() == Bug::forgets_services;
    backend.host->forgets_reloads = planter_.bug() == Bug::reloads_halfway && index == 1;
    backend.host->tap = [this, index](InsideHost::Role role, wamp::PeerId,
                                      wamp::Serializer serializer, std::string& bytes) {
        findings_.happened(bytes);
        if (role == InsideHost::Role::link) {
            planter_.to_front(index, serializer, bytes);
        } else if (!calm_) {
            planter_.to_service(serializer, bytes);
        }
    };
    backend.host->watch = [this, index](const Turn& turn) { backends_[index].watch->see(turn); };
    backend.host->log = [this, index](std::string_view text) { log(backend_names[index], text); };
    backend.host->dial = [this, index, host = backend.host.get()](std::uint32_t) {
        // Nobody dials for a process that has crashed since.
        schedule_.after(std::chrono::milliseconds(1), [this, index, host] {
            if (backends_[index].host.get() == host) dial(index);
        });
    };
    backend.host->start();
}

void World::dial(std::size_t index) {
    Backend& backend = backends_[index];
    if (!calm_ && dice_.chance(20)) return backend.host->link_failed(0);
    std::erase_if(backend.links_before, [](const auto& each) { return each.expired(); });
    backend.links_before.push_back(backend.link);
    backend.link = std::make_shared<Wire>(schedule_, dice_, faults());
    backend.dialled = schedule_.now();
    WireEnd* left = nullptr;
    WireEnd* right = nullptr;
    front_->attach(backend.link, 0, false, FrontHost::Role::link, left,
                   static_cast<std::uint32_t>(index));
    backend.host->attach(backend.link, 1, true, InsideHost::Role::link, right);
    backend.link->attach(left, right);
    front_->speak_first(left);
}

namespace {

/// Accepts what a front says first, and nothing more.
struct Impostor final : WireEnd {
    explicit Impostor(std::shared_ptr<Wire> its_wire) : wire(std::move(its_wire)) {}
    void on_bytes(std::string_view bytes) override {
        machine.feed(bytes);
        while (machine.next().kind != wamp::RawSocket::Kind::none) {
        }
        wire->write(1, machine.to_send());
        machine.to_send().clear();
    }
    void on_cut() override {}

    std::shared_ptr<Wire> wire;
    wamp::RawSocket machine = wamp::RawSocket::server(1 << 20, 0b1110);
};

}  // namespace

void World::send_impostor(std::size_t index) {
    constexpr Duration decided = backend_link::Rival::answer_wait + std::chrono::milliseconds(200);
    // The front has decided for it by then, whatever it still took for the link before.
    if (schedule_.now() - backends_[index].dialled < 3 * decided) return;
    const std::shared_ptr<Wire> standing = backends_[index].link;
    if (standing == nullptr || !standing->is_whole() || !front_->core().links()[index].up) return;
    auto wire = std::make_shared<Wire>(schedule_, dice_, WireFaults{});
    impostors_.push_back(std::make_unique<Impostor>(wire));
    WireEnd* left = nullptr;
    front_->attach(wire, 0, false, FrontHost::Role::link, left, static_cast<std::uint32_t>(index));
    wire->attach(left, impostors_.back().get());
    front_->speak_first(left);
    schedule_.after(decided, [this, index, standing, wire, troubles = troubles_] {
        wire->cut(1);
        if (troubles != troubles_) return;
        ++findings_.counts.impostors;
        if (standing->is_cut() || !front_->core().links()[index].up)
            findings_.wrong(Check::link_stands, schedule_.now(), "an impostor took the link");
    });
}

/// A door for which much is little.
DoorWatch::Limits World::choose_limits(policy::DoorLimits& limits) {
    limits.window_bytes = dice_.between(1, 4000);
    limits.session_bytes_max = dice_.between(4000, 40'000);
    limits.callee_bytes_max = dice_.between(4000, 40'000);
    limits.slow_after = std::chrono::milliseconds(dice_.between(100, 2000));
    return {limits.window_bytes, limits.session_bytes_max, limits.slow_after};
}

World::Participant& World::add(Kind kind, std::size_t place, Principal account) {
    auto wire = std::make_shared<Wire>(schedule_, dice_, faults());
    const auto serializer =
        wamp::all_serializers[dice_.between(0, wamp::all_serializers.size() - 1)];
    auto actor = std::make_unique<Actor>(environment_, kind, ++last_key_, wire, serializer,
                                         std::move(account));
    WireEnd* router = nullptr;
    if (kind == Kind::guest) {
        const bool stranger = actor->principal().authid.empty();
        front_->attach(wire, 1, true, FrontHost::Role::client, router, 0,
                       stranger ? dice_.between(0, circuits) : 0);
    } else {
        backends_[place].host->attach(wire, 1, true, InsideHost::Role::client, router);
    }
    wire->attach(actor.get(), router);
    actor->start();
    Participant& added =
        actors_.emplace_back(Participant{std::move(actor), std::move(wire), place, kind});
    if (!calm_) misbehave(added);
    return added;
}

/// Some send much at once; some read slowly, not at all, or only while they can write.
void World::misbehave(Participant& participant) {
    if (dice_.chance(20)) participant.actor->make_greedy();
    const auto roll = dice_.between(0, 99);
    if (roll < 15) {
        participant.wire->read_as(
            0, {dice_.between(50, 1000), std::chrono::milliseconds(dice_.between(10, 200))});
    } else if (roll < 30) {
        participant.wire->read_as(0, {0, {}, dice_.between(1, 4000)});
    } else if (roll < 33) {
        participant.never_reads = true;
        schedule_.after(std::chrono::milliseconds(dice_.between(100, 12'000)),
                        [wire = participant.wire] { wire->refuse_to_read(0, true); });
    }
}

void World::add_guest() {
    Principal account;
    if (dice_.chance(60)) {
        const Account& known =
            dice_.chance(25) ? any_of(dynamic_accounts, dice_) : any_of(accounts, dice_);
        account = {std::string(known.authid), std::string(known.role)};
    }
    add(Kind::guest, 0, std::move(account));
}

// The run
// ------------------------------------------------------------------------------------------------

void World::run_for(Duration time) {
    schedule_.run_until(schedule_.now() + time);
}

void World::run() {
    for (int i = 0; i < 600 && dice_.next_turn(); ++i) {  // 12 s of trouble
        tick();
        run_for(std::chrono::milliseconds(20));
    }
    calm_ = true;
    for (auto& participant : actors_) {
        if (participant.actor->strays()) participant.actor->cut();
        participant.wire->heal();
        participant.wire->catch_up(0);
        participant.wire->refuse_to_read(0, participant.never_reads);
    }
    for (auto& backend : backends_) {
        if (backend.link != nullptr) backend.link->heal();
        for (const auto& before : backend.links_before) {
            if (const auto wire = before.lock()) wire->heal();
        }
    }
    all_at_once();
    const Instant calm_since = schedule_.now();
    run_for(std::chrono::seconds(15));
    check_waits_since(calm_since);
    run_for(std::chrono::seconds(30));  // longer than any bound on an answer
    for (auto& participant : actors_) {
        if (!participant.never_reads) participant.actor->check_all_answered();
    }
    front_watch_->check_behind(schedule_.now());
    check_waits();
    check_published();
    publish_everywhere();
    check_leases();
    everybody_leaves();
}

void World::tick() {
    for (auto& participant : actors_) {
        if (dice_.chance(30)) participant.actor->act();
    }
    trouble();
    check_books();
    for (std::size_t i = 0; i < actors_.size(); ++i) {
        if (!actors_[i].actor->gone()) continue;
        gone_.push_back(std::move(actors_[i]));
        actors_.erase(actors_.begin() + static_cast<std::ptrdiff_t>(i--));
    }
    if (actors_.size() >= guests_ + services_each * inside_count) return;
    if (dice_.chance(65)) {
        add_guest();
    } else {
        add(Kind::service, dice_.between(0, inside_count - 1), {});
    }
}

void World::trouble() {
    const auto roll = dice_.between(0, 999);
    Backend& backend = backends_[dice_.between(0, inside_count - 1)];
    const auto index = static_cast<std::size_t>(&backend - backends_.data());
    if (dice_.chance(2)) send_impostor(index);
    if (roll < 10 || (roll >= 22 && roll < 32)) ++troubles_;
    if (roll < 5) {
        if (backend.link != nullptr) backend.link->cut(static_cast<int>(dice_.between(0, 1)));
    } else if (roll < 10) {
        if (backend.link != nullptr) backend.link->stall(dice_.chance(50));
    } else if (roll < 22 && !actors_.empty()) {
        const auto& chosen = any_of(actors_, dice_);
        const bool on = dice_.chance(50);
        if (dice_.chance(50)) {
            chosen.wire->stall(on);
        } else if (!chosen.never_reads) {
            chosen.wire->refuse_to_read(0, on);
        }
    } else if (roll < 23) {
        front_->crash();
        dead_fronts_.push_back(std::move(front_));
        start_front();
    } else if (roll < 25) {
        backend.host->crash();
        dead_insides_.push_back(std::move(backend.host));
        start_inside(index);
    } else if (roll < 32) {
        reload_some();
    }
}

void World::reload_front(std::size_t version) {
    front_version_ = version;
    front_watch_->reload(versions().front[version]);
    front_->reload(planter_.versions().front[version].realm());
    ++findings_.counts.reloads;
}

void World::reload_inside(std::size_t index, std::size_t version) {
    Backend& backend = backends_[index];
    backend.version = version;
    backend.watch->reload(versions().inside[version]);
    backend.host->reload(planter_.versions().inside[version].realm());
    ++findings_.counts.reloads;
}

/// The front, an inside, or all at once as the supervisor does it.
void World::reload_some() {
    const auto roll = dice_.between(0, 9);
    if (roll < 5 || roll >= 8) reload_front(dice_.between(0, versions().front.size() - 1));
    if (roll < 5) return;
    const auto version = dice_.between(0, versions().inside.size() - 1);
    if (roll < 8) return reload_inside(dice_.between(0, inside_count - 1), version);
    for (std::size_t i = 0; i < inside_count; ++i) reload_inside(i, version);
}

}  // namespace sallyport::sim
