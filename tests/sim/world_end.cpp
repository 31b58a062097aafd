// The end of a run: checks at rest, and checks after everybody has left.
#include <algorithm>

#include "tests/sim/names.h"
#include "tests/sim/world.h"

namespace sallyport::sim {

namespace {

constexpr std::uint64_t last_number = 1'000'000'000;  // a number beyond all that were published

}  // namespace

void World::check_hidden(std::string_view bytes) {
    for (const std::string_view hidden : {"mark-", "mark.", "/tests/", "sim/policies"}) {
        if (bytes.find(hidden) == std::string_view::npos) continue;
        findings_.wrong(Check::host_hidden, schedule_.now(),
                        "a guest is told " + std::string(hidden));
    }
}

/// Everybody calls the others as fast as he can while he is called, and nothing fails any more.
void World::all_at_once() {
    for (auto& participant : actors_) {
        if (participant.actor->joined()) participant.actor->caller().call_much(10);
    }
}

/// Who waited then has been let go on by now, whatever he waits for now.
void World::check_waits_since(Instant then) {
    const auto check = [&](const std::string& who, std::size_t waiting) {
        if (waiting == 0) return;
        findings_.wrong(
            Check::waits_end, schedule_.now(),
            who + ": " + std::to_string(waiting) + " have waited since nothing fails any more");
    };
    check("front", front_->paused_since(then));
    for (std::size_t index = 0; index < backends_.size(); ++index)
        check("inside " + std::to_string(index), backends_[index].host->paused_since(then));
}

/// At rest nobody waits.
void World::check_waits() {
    const auto must_be_none = [&](std::string_view what, std::size_t count) {
        if (count == 0) return;
        findings_.wrong(Check::waits_end, schedule_.now(),
                        std::to_string(count) + " " + std::string(what) + " for nothing");
    };
    must_be_none("guests wait", front_->paused());
    must_be_none("requests of guests wait", front_watch_->waiting());
    for (const auto& link : front_->core().links()) {
        must_be_none("messages are held", link.held);
        must_be_none("requests wait for a link", link.counts.waiting);
    }
    for (auto& backend : backends_) {
        must_be_none("services wait", backend.host->paused());
        must_be_none("calls are held", backend.watch->held());
        must_be_none("bytes are held", backend.host->core().counts().held_bytes);
        must_be_none("bytes are held for links", backend.host->core().egress_bytes());
    }
}

/// Each PUBLISH of a session that is there has come in.
void World::check_published() {
    for (const auto& participant : actors_) {
        Actor& actor = *participant.actor;
        if (!actor.joined()) continue;
        const DoorWatch& door = participant.kind == Kind::guest
                                    ? static_cast<const DoorWatch&>(*front_watch_)
                                    : *backends_[participant.place].watch;
        const std::uint64_t came = door.published(actor.session());
        if (came != actor.published() && came != 0)
            findings_.wrong(Check::no_message_lost, schedule_.now(),
                            "actor " + std::to_string(actor.key()) + " published " +
                                std::to_string(actor.published()) + " times, and " +
                                std::to_string(came) + " came in");
    }
}

/// What the cores say that they hold is what the models hold.
void World::check_books() {
    const auto must_be = [&](std::string_view what, std::size_t bytes, std::size_t due) {
        if (bytes == due) return;
        findings_.wrong(
            Check::bytes_counted, schedule_.now(),
            std::string(what) + ": " + std::to_string(bytes) + ", not " + std::to_string(due));
    };
    front_watch_->check_books(front_->core().links(), schedule_.now());
    must_be("bytes of testaments at the front", front_->core().testament_bytes(),
            front_watch_->testament_bytes());
    for (auto& backend : backends_) {
        const auto& inside = backend.host->core();
        const auto counts = inside.counts();
        backend.watch->check_books(counts.held_bytes, inside.egress_bytes(), schedule_.now());
        must_be("bytes of retained events", counts.retained_bytes, backend.watch->retained_bytes());
        must_be("bytes of testaments inside", inside.testament_bytes(),
                backend.watch->testament_bytes());
    }
}

/// Publishes once on each topic at rest; every subscriber must receive it.
void World::publish_everywhere() {
    for (std::size_t index = 0; index < inside_count; ++index) {
        Actor* publisher = nullptr;
        for (auto& participant : actors_) {
            if (participant.kind == Kind::service && participant.place == index &&
                participant.actor->joined() && !participant.never_reads)
                publisher = participant.actor.get();
        }
        if (publisher == nullptr) {
            publisher = add(Kind::service, index, {}).actor.get();
            run_for(std::chrono::seconds(1));
        }
        std::uint64_t number = last_number;
        for (const auto tail : topics)
            publisher->subscriber().publish("lab." + std::string(tail), number++);
        run_for(std::chrono::seconds(2));
        number = last_number;
        for (const auto tail : topics) {
            for (const auto& participant : actors_) {
                if (participant.actor->joined() && !participant.never_reads &&
                    participant.actor.get() != publisher)
                    check_received(participant, index, "lab." + std::string(tail), publisher->key(),
                                   number);
            }
            ++number;
        }
    }
}

void World::check_received(const Participant& participant, std::size_t backend,
                           std::string_view topic, std::uint64_t publisher, std::uint64_t number) {
    const bool guest = participant.kind == Kind::guest;
    const Rules& rules =
        guest ? front_watch_->rules() : backends_[participant.place].watch->rules();
    if (!guest && participant.place != backend) return;
    for (const auto& [id, held] : participant.actor->subscriber().held()) {
        if (held.topic.starts_with(meta_head)) continue;
        std::string inner = held.topic;
        std::string outside(topic);
        if (guest) {
            const auto target = rules.target(held.topic);
            if (!target || target->backend != (backend == 0 ? "mark-alpha" : "mark-beta")) continue;
            inner = target->inner;
            outside = rules.outside(held.topic, topic);
            const Rules& second = backends_[backend].watch->rules();
            if (!second.may_receive({"gateway", "gateway"}, topic)) continue;
        }
        if (!wamp::matches(inner, held.match, topic)) continue;
        if (!rules.may_receive(participant.actor->principal(), outside)) continue;
        const auto last = held.last_of.find(publisher);
        if (last != held.last_of.end() && last->second >= number) continue;
        findings_.wrong(Check::no_event_lost, schedule_.now(),
                        "actor " + std::to_string(participant.actor->key()) + " subscribes to " +
                            held.topic + " and did not get the last event of " +
                            std::string(topic));
    }
}

/// Makes as many calls at a time as the limit allows. A refusal means that finished calls still
/// count.
void World::check_leases() {
    for (const auto& account : {accounts[0], accounts[1]}) {
        const Principal principal{std::string(account.authid), std::string(account.role)};
        if (!front_watch_->rules().admits(principal)) continue;
        for (int attempt = 0; attempt < 10; ++attempt) {  // some do not know their ticket
            const std::size_t at = actors_.size();
            add(Kind::guest, 0, principal);
            run_for(std::chrono::seconds(1));
            Actor& actor = *actors_[at].actor;
            if (!actor.joined()) continue;
            for (int round = 0; round < 2; ++round) {
                actor.caller().call_named("lab.svc.limited");
                actor.caller().call_named("lab.svc.limited");
                run_for(std::chrono::seconds(6));  // beyond their timeout
            }
            if (actor.caller().unavailable() != 0)
                findings_.wrong(Check::leases_returned, schedule_.now(),
                                "calls of " + principal.authid + " that are over count still");
            break;
        }
    }
}

void World::everybody_leaves() {
    for (auto& participant : actors_) {
        if (dice_.chance(50)) {
            participant.actor->leave();
            run_for(std::chrono::milliseconds(200));
        }
        participant.actor->cut();
    }
    run_for(std::chrono::seconds(15));
    check_tables();
    check_held();
}

/// Bytes and calls in flight; retained events stay when their publishers have gone.
void World::check_held() {
    const auto must_be = [&](std::string_view what, std::size_t count, std::size_t due) {
        if (count == due) return;
        findings_.wrong(
            Check::leases_returned, schedule_.now(),
            std::string(what) + ": " + std::to_string(count) + ", not " + std::to_string(due));
    };
    for (const auto& link : front_->core().links()) {
        must_be("bytes of publications at the front", link.counts.publication_bytes, 0);
        must_be("bytes of requests waiting at the front", link.counts.waiting_bytes, 0);
    }
    must_be("bytes of testaments at the front", front_->core().testament_bytes(), 0);
    must_be("limits in use at the front", front_->core().door().judge().in_flight_counts(), 0);
    for (auto& backend : backends_) {
        const auto& inside = backend.host->core();
        must_be("retained events", inside.counts().retained, backend.watch->retained());
        must_be("bytes of retained events", inside.counts().retained_bytes,
                backend.watch->retained_bytes());
        must_be("bytes of testaments inside", inside.testament_bytes(), 0);
        must_be("limits in use inside", inside.door().judge().in_flight_counts(), 0);
    }
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
    must_be_zero("logins that wait at the front", front_->core().door().auth_calls());
    for (auto& backend : backends_) {
        const auto inside = backend.host->core().counts();
        must_be_zero("calls inside", inside.calls);
        must_be_zero("invocations inside", inside.invocations);
        must_be_zero("subscriptions inside", inside.subscriptions);
        must_be_zero("registrations inside", inside.registrations);
        must_be_zero("sessions inside but the link's", inside.sessions - 1);
        must_be_zero("connections inside but the link's", backend.host->core().peers() - 1);
    }
}

}  // namespace sallyport::sim
