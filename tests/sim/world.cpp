#include "tests/sim/world.h"

#include <iostream>
#include <utility>

namespace sallyport::sim {

namespace {

constexpr std::size_t guests = 6;
constexpr std::size_t services = 2;

bool guest_may(std::string_view prefix, std::string_view secret, std::string_view uri) {
    return uri.starts_with(prefix) && uri != secret;
}

}  // namespace

World::World(std::uint64_t seed, const Policies& policies, Bug bug, bool verbose)
    : dice_(seed), policies_(policies), bug_(bug), verbose_(verbose) {
    start_inside();
    start_front();
    for (std::size_t i = 0; i < services; ++i) add(Actor::Kind::service);
    for (std::size_t i = 0; i < guests; ++i) add(Actor::Kind::guest);
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

void World::start_front() {
    backend_link::LinkMachine::Config link;
    link.session.realm = "world";
    link.profile = backend_link::profile_of(backend_link::BackendKind::sallyport);
    link.dials = false;
    link.join_timeout = std::chrono::seconds(5);
    link.heartbeat = std::chrono::seconds(3);
    link.dead_after = std::chrono::seconds(9);
    gateway::FrontConfig config{{policies_.front}, {{"inside", link}}, {}};
    front_ = std::make_unique<FrontHost>(
        schedule_, std::make_unique<gateway::Front>(std::move(config), entropy()));
    front_->deaf_to_losses = bug_ == Bug::forgets_to_forget;
    front_->tap = [this](FrontHost::Role role, wamp::PeerId peer, std::string& bytes) {
        watch(role, peer, bytes);
    };
    front_->log = [this](std::string_view text) { log("front", text); };
    held_.clear();
    last_event_.clear();
    front_->start();
}

void World::start_inside() {
    backend_link::InsideConfig config;
    config.realms = {policies_.inside};
    config.links = {"gateway"};
    inside_ = std::make_unique<InsideHost>(
        schedule_, std::make_unique<backend_link::Inside>(std::move(config), entropy()));
    inside_->log = [this](std::string_view text) { log("inside", text); };
    inside_->dial = [this](std::uint32_t) {
        schedule_.after(std::chrono::milliseconds(1), [this] { dial(); });
    };
    inside_->start();
}

void World::log(std::string_view who, std::string_view text) {
    findings_.happened(text);
    if (!verbose_) return;
    const auto ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(schedule_.now().time_since_epoch())
            .count();
    std::cout << ms << " ms " << who << ": " << text << "\n";
}

void World::dial() {
    if (!calm_ && dice_.chance(20)) return inside_->link_failed(0);
    link_ = std::make_shared<Wire>(schedule_, dice_, faults());
    WireEnd* left = nullptr;
    WireEnd* right = nullptr;
    front_->attach(link_, 0, false, FrontHost::Role::link, left);
    inside_->attach(link_, 1, true, InsideHost::Role::link, right);
    link_->attach(left, right);
    front_->speak_first(left);
}

void World::add(Actor::Kind kind) {
    auto wire = std::make_shared<Wire>(schedule_, dice_, faults());
    const auto serializer = dice_.chance(50) ? wamp::Serializer::json : wamp::Serializer::msgpack;
    auto actor = std::make_unique<Actor>(Actor::World{schedule_, dice_, findings_, last_tag_}, kind,
                                         ++last_key_, wire, serializer);
    WireEnd* router = nullptr;
    if (kind == Actor::Kind::guest) {
        front_->attach(wire, 1, true, FrontHost::Role::client, router);
    } else {
        inside_->attach(wire, 1, true, InsideHost::Role::client, router);
    }
    wire->attach(actor.get(), router);
    actor->start();
    clients_.push_back({std::move(actor), std::move(wire)});
}

void World::run() {
    const Duration turn = std::chrono::milliseconds(20);
    for (int i = 0; i < 600; ++i) {  // 12 s of trouble
        tick();
        schedule_.run_until(schedule_.now() + turn);
    }
    calm_ = true;
    for (auto& client : clients_) client.wire->heal();
    if (link_ != nullptr) link_->heal();
    schedule_.run_until(schedule_.now() +
                        std::chrono::seconds(40));  // longer than any bound on an answer
    for (auto& client : clients_) client.actor->check_all_answered();
    everybody_leaves();
}

void World::tick() {
    for (auto& client : clients_) {
        if (dice_.chance(35)) client.actor->act();
    }
    trouble();
    for (std::size_t i = 0; i < clients_.size(); ++i) {
        if (!clients_[i].actor->gone()) continue;
        gone_.push_back(std::move(clients_[i]));
        clients_.erase(clients_.begin() + static_cast<std::ptrdiff_t>(i--));
    }
    if (clients_.size() < guests + services) {
        add(clients_.empty() || dice_.chance(70) ? Actor::Kind::guest : Actor::Kind::service);
    }
}

void World::trouble() {
    const auto roll = dice_.between(0, 999);
    if (roll < 4) {
        if (link_ != nullptr) link_->cut(static_cast<int>(dice_.between(0, 1)));
    } else if (roll < 8) {
        if (link_ != nullptr) link_->stall(dice_.chance(50));
    } else if (roll < 20 && !clients_.empty()) {
        clients_[dice_.between(0, clients_.size() - 1)].wire->stall(dice_.chance(50));
    } else if (roll < 21) {
        front_->crash();
        dead_fronts_.push_back(std::move(front_));
        start_front();
    } else if (roll < 22) {
        inside_->crash();
        dead_insides_.push_back(std::move(inside_));
        start_inside();
    }
}

void World::everybody_leaves() {
    for (auto& client : clients_) {
        if (dice_.chance(50)) {
            client.actor->leave();
            schedule_.run_until(schedule_.now() + std::chrono::milliseconds(200));
        }
        client.actor->cut();
    }
    schedule_.run_until(schedule_.now() + std::chrono::seconds(15));
    check_tables();
}

void World::check_tables() {
    const auto must_be_zero = [&](std::string_view what, std::size_t count) {
        if (count != 0) {
            findings_.wrong(Check::tables_empty, schedule_.now(),
                            std::string(what) + ": " + std::to_string(count));
        }
    };
    for (const auto& link : front_->core().links()) {
        must_be_zero("calls at the front", link.counts.calls);
        must_be_zero("publications at the front", link.counts.publications);
        must_be_zero("subscriptions at the front", link.counts.subscriptions);
        must_be_zero("registrations at the front", link.counts.registrations);
        must_be_zero("invocations at the front", link.counts.invocations);
        must_be_zero("requests waiting at the front", link.counts.waiting);
    }
    must_be_zero("sessions at the front", front_->core().sessions());
    must_be_zero("connections at the front", front_->core().peers());
    const auto inside = inside_->core().counts();
    must_be_zero("calls inside", inside.calls);
    must_be_zero("invocations inside", inside.invocations);
    must_be_zero("subscriptions inside", inside.subscriptions);
    must_be_zero("registrations inside", inside.registrations);
    must_be_zero("sessions inside but the link's", inside.sessions - 1);
    must_be_zero("connections inside but the link's", inside_->core().peers() - 1);
}

// What the front sends
// ------------------------------------------------------------------------------------

void World::watch(FrontHost::Role role, wamp::PeerId peer, std::string& bytes) {
    findings_.happened(bytes);
    if (bug_ != Bug::none && !calm_) {
        if (role == FrontHost::Role::client) {
            plant(peer, bytes);
        } else if (bug_ == Bug::crosses_unpermitted && dice_.chance(2)) {
            bytes +=
                wamp::encode(wamp::Serializer::msgpack, wamp::Call{1, {}, "lab.svc.secret", {}})
                    .rawsocket();
        }
    }
    if (role != FrontHost::Role::link) return;
    for (std::string_view rest = bytes; rest.size() >= wamp::Frame::prefix_bytes;) {
        std::size_t size = 0;
        for (std::size_t i = 1; i < wamp::Frame::prefix_bytes; ++i)
            size = size << 8 | static_cast<unsigned char>(rest[i]);
        const auto message = wamp::decode(wamp::Serializer::msgpack,
                                          rest.substr(wamp::Frame::prefix_bytes, size), {});
        if (message.has_value()) check_crossing(*message);
        rest.remove_prefix(wamp::Frame::prefix_bytes + size);
    }
}

/// The front's policy once more, as plain as can be.
void World::check_crossing(const wamp::Message& message) {
    bool allowed = true;
    std::string uri;
    if (const auto* call = std::get_if<wamp::Call>(&message)) {
        uri = call->procedure;
        allowed = guest_may("lab.svc.", "lab.svc.secret", uri) || uri.starts_with("lab.front.");
        allowed = allowed && call->options.get_list("forward_for") != nullptr;
    } else if (const auto* publish = std::get_if<wamp::Publish>(&message)) {
        uri = publish->topic;
        allowed = guest_may("lab.topic.", "lab.topic.secret", uri);
    } else if (const auto* subscribe = std::get_if<wamp::Subscribe>(&message)) {
        uri = subscribe->topic;
        const auto match = subscribe->options.get_string("match", "exact");
        allowed = match == "exact"    ? guest_may("lab.topic.", "lab.topic.secret", uri)
                  : match == "prefix" ? uri.starts_with("lab.topic.b.")
                                      : uri == "lab.topic.b.";
    } else if (const auto* request = std::get_if<wamp::Register>(&message)) {
        uri = request->procedure;
        allowed = uri.starts_with("lab.front.");
    }
    if (!allowed) findings_.wrong(Check::permit, schedule_.now(), "crossed the link: " + uri);
}

void World::plant(wamp::PeerId peer, std::string& bytes) {
    const std::string_view message = std::string_view(bytes).substr(wamp::Frame::prefix_bytes);
    auto decoded = wamp::decode(wamp::Serializer::msgpack, message, {});
    if (decoded.has_error()) decoded = wamp::decode(wamp::Serializer::json, message, {});
    if (decoded.has_error()) return;
    const bool result = std::holds_alternative<wamp::CallResult>(*decoded);
    const bool event = std::holds_alternative<wamp::Event>(*decoded);
    if (bug_ == Bug::answers_twice && result && dice_.chance(20)) bytes += std::string(bytes);
    if (bug_ == Bug::loses_answers && result && dice_.chance(20)) bytes.clear();
    if (bug_ == Bug::events_after_end) {
        if (event) last_event_[peer] = bytes;
        if (std::holds_alternative<wamp::Unsubscribed>(*decoded)) bytes += last_event_[peer];
    }
    if (bug_ == Bug::swaps_events && event) {
        auto& held = held_[peer];
        if (held.empty()) {
            held = std::exchange(bytes, {});
        } else {
            bytes += std::exchange(held, {});
        }
    }
}

}  // namespace sallyport::sim
