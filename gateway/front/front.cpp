#include "gateway/front/front.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "wamp/base/check.h"
#include "wamp/base/text.h"
#include "wamp/codec/codec.h"
#include "wamp/message/uris.h"
#include "wamp/session/notes.h"

namespace sallyport::gateway {

namespace uris = wamp::uris;
using backend_link::LinkMachine;
using policy::Door;
using wamp::Message;
using wamp::PeerId;
using Level = wamp::effect::Note::Level;

namespace {

/// The limits of a link as a multiple of those of a client. A service may wrap its arguments in its
/// answer; an answer that is too large may end the session of the service, as the inside has lower
/// limits, but must not end the link for all clients.
constexpr std::size_t link_factor = 4;

wamp::MessageLimits link_limits(wamp::MessageLimits limits) noexcept {
    limits.depth = std::min(limits.depth * link_factor, wamp::depth_max);
    limits.elements *= link_factor;
    limits.option_values *= link_factor;  // lists of receivers, in EVENT.Details with a topic
    return limits;
}

template <class T>
constexpr bool is_request = std::is_same_v<T, wamp::Call> || std::is_same_v<T, wamp::Publish> ||
                            std::is_same_v<T, wamp::Subscribe> || std::is_same_v<T, wamp::Register>;

template <class Request>
bool wants_answer(const Request& request) noexcept {
    if constexpr (std::is_same_v<Request, wamp::Publish>)
        return request.options.get_bool("acknowledge", false);
    return true;  // only publications may be unacknowledged (W-PUB-04)
}

/// A shorter answer, for a link whose message limit the full one exceeds.
Message shortened(const Message& message) {
    if (const auto* error = std::get_if<wamp::Error>(&message)) {
        return wamp::Error{error->request_type, error->request, {}, error->uri, {}};
    }
    if (const auto* yield = std::get_if<wamp::Yield>(&message)) {
        return wamp::Error{wamp::MessageType::invocation,
                           yield->request,
                           {},
                           std::string(uris::payload_size_exceeded),
                           {}};
    }
    return message;
}

/// The features of this router that work through a bridge (W-FEA-01). Callers and publishers are
/// disclosed, lists of receivers kept, events retained and registrations shared if every backend
/// does so; payload passthru mode and progressive call invocations are announced if a backend may
/// support them, which only its WELCOME shows.
wamp::Dict front_roles(const std::vector<backend_link::Profile>& backends) {
    using backend_link::Profile;
    wamp::Dict roles = wamp::router_roles();
    const auto all = [&](bool Profile::* property) {
        return std::all_of(backends.begin(), backends.end(),
                           [&](const auto& backend) { return backend.*property; });
    };
    const auto any = [&](bool Profile::* property) {
        return std::any_of(backends.begin(), backends.end(),
                           [&](const auto& backend) { return backend.*property; });
    };
    const bool names = all(&Profile::conveys_identity);
    for (const std::string_view role : {"broker", "dealer"}) {
        auto* const features =
            roles.find(role)->get_if<wamp::Dict>()->find("features")->get_if<wamp::Dict>();
        if (!all(&Profile::shares)) features->erase("shared_registration");
        if (!any(&Profile::passthru)) features->erase("payload_passthru_mode");
        if (!any(&Profile::streams)) features->erase("progressive_call_invocations");
        if (!all(&Profile::retains)) features->erase("event_retention");
        if (!all(&Profile::lists)) features->erase("subscriber_blackwhite_listing");
        if (names) continue;
        features->erase("caller_identification");
        features->erase("publisher_identification");
    }
    return roles;
}

std::vector<backend_link::Profile> profiles_of(const std::vector<BackendConfig>& backends) {
    std::vector<backend_link::Profile> profiles;
    profiles.reserve(backends.size());
    for (const auto& backend : backends) profiles.push_back(backend.link.profile);
    return profiles;
}

}  // namespace

Front::Front(FrontConfig config, const wamp::Random::Seed& seed)
    : random_(wamp::Random(seed).fork()),
      gate_(config.realms, config.limits, wamp::Random(seed), random_,
            front_roles(profiles_of(config.backends))),
      link_message_limits_(link_limits(config.limits.message)),
      link_window_bytes_(config.link_window_bytes),
      ids_(random_.next()),
      under_way_(config.circuit_bytes),
      routes_({}, {}) {
    for (auto& backend : config.backends) add_backend(std::move(backend));
    routes_ = routes_by(config.realms);
}

void Front::add_backend(BackendConfig&& backend) {
    SALLYPORT_CHECK(backends_.size() < backends_max);
    const auto profile = backend.link.profile;
    backends_.emplace_back(
        new Backend{std::move(backend.name),
                    profile,
                    LinkMachine(std::move(backend.link), random_.fork()),
                    backend_link::Bridge(profile, gate_.sessions(), gate_.judge(), ids_,
                                         static_cast<backend_link::LinkNumber>(backends_.size()),
                                         random_.fork()),
                    LinkQueue(link_window_bytes_),
                    wamp::no_peer,
                    {}});
    backends_.back()->bridge.count_in(under_way_);
    backends_.back()->health = backend_link::Health(backend.health);
    backends_.back()->bridge.report_to(backends_.back()->health);
}

wamp::Dict Front::roles() const {
    std::vector<backend_link::Profile> profiles;
    bool history = true;
    for (const auto& backend : backends_) {
        if (backend->removed) continue;
        profiles.push_back(backend->profile);
        history = history && backend->keeps_history;
    }
    wamp::Dict roles = front_roles(profiles);
    if (history) {
        auto* const broker = roles.find("broker")->get_if<wamp::Dict>();
        broker->find("features")->get_if<wamp::Dict>()->set("event_history", true);
    }
    return roles;
}

void Front::start(wamp::Instant now, wamp::Outbox& out) {
    for (auto& backend : backends_) {
        LinkMachine::Outbox wanted;
        backend->changed = now;
        backend->link.start(now, wanted);
        carry_out(*backend, wanted, now, out);
    }
}

// Clients
// -------------------------------------------------------------------------------------------------

wamp::Reading Front::on_open(PeerId peer, const policy::Transport& transport, wamp::Instant now,
                             wamp::Outbox& out) {
    gate_.on_open(peer, transport, policy::Trust::client, now, out);
    return gate_.take_paused() ? wamp::Reading::pause : wamp::Reading::go_on;
}

wamp::Reading Front::on_message(PeerId peer, std::string_view bytes, wamp::Instant now,
                                wamp::Outbox& out) {
    const auto link = link_peers_.find(peer);
    if (link == link_peers_.end()) {
        // A router does not speak first.
        if (Backend* const backend = with_rival(peer)) {
            refuse_rival(*backend, now, out);
            return wamp::Reading::go_on;
        }
        reading_ = peer;
        if (under_way_.waiting() > 0) forget_wait(peer);
        act_on(gate_.on_message(peer, bytes, now, out), now, out);
        reading_ = wamp::no_peer;
        if (paused_) {
            for (auto& backend : backends_) {
                if (backend->queue.is_due()) pump(*backend, now, out);
            }
            act_on(gate_.next(now, out), now, out);
        }
        const bool denied = gate_.take_paused();
        const bool held = std::exchange(paused_, false);
        const bool waits = under_way_.is_short() && has_to_wait(peer, held);
        const bool outruns = outruns_callees(peer);
        return denied || held || waits || outruns ? wamp::Reading::pause : wamp::Reading::go_on;
    }
    Backend& backend = *link->second;
    on_link_message(backend, bytes, now, out);
    pump(backend, now, out);
    act_on(gate_.next(now, out), now, out);
    return wamp::Reading::go_on;
}

void Front::on_alive(PeerId peer, wamp::Instant now) noexcept {
    const auto link = link_peers_.find(peer);
    if (link != link_peers_.end()) link->second->link.on_alive(now);
}

void Front::on_auth_answer(std::string_view packet, wamp::Instant now, wamp::Outbox& out) {
    act_on(gate_.on_auth_answer(packet, now, out), now, out);
}

void Front::on_authenticator_lost(wamp::Instant now, wamp::Outbox& out) {
    gate_.on_authenticator_lost(now, out);
}

void Front::on_closed(PeerId peer, std::string_view why, wamp::Instant now, wamp::Outbox& out) {
    if (Backend* const backend = with_rival(peer)) {
        backend->rival.end();
        return;
    }
    const auto link = link_peers_.find(peer);
    if (link == link_peers_.end()) return act_on(gate_.on_closed(peer, why, now, out), now, out);
    Backend& backend = *link->second;
    lose(backend, why, now, out);
    take_rival(backend, now, out);
    act_on(gate_.next(now, out), now, out);
}

void Front::act_on(policy::Gate::Step&& step, wamp::Instant now, wamp::Outbox& out) {
    for (; policy::is_due(step); step = gate_.next(now, out)) {
        if (auto* request = std::get_if<Door::Request>(&step)) {
            forward(std::move(*request), now, out);
        } else if (auto* followup = std::get_if<Door::Followup>(&step)) {
            follow_up(std::move(*followup), now, out);
        } else if (const auto* left = std::get_if<Door::Left>(&step)) {
            dispose(left->session, now, out);
        }
    }
    if (under_way_.has_news()) settle_circuits(out);
}

void Front::forward(Door::Request&& request, wamp::Instant now, wamp::Outbox& out) {
    policy::Session& session = *request.session;
    Backend* const target = target_of(session, request, now);
    if (target == nullptr) return refuse(session, request.message, uris::no_such_subscription, out);
    Backend& backend = *target;
    std::size_t passed = 0;
    Backend* const in_the_way =
        can_wait(session) ? next_in_the_way(request, backend, passed) : nullptr;
    const bool lacks = lacks_room(backend, session, request.message);
    if (!lacks && in_the_way == nullptr && !must_wait(backend, session, request.message))
        return cross(backend, request, now, now, out);
    auto charge = charge_for(session, request.message);
    LinkQueue::Held held{&session, session.policy, now, std::move(request), {}, std::move(charge)};
    if (lacks) {
        backend.queue.hold_back(std::move(held));
    } else if (in_the_way != nullptr) {
        held.passed = passed;
        held.whole = true;
        in_the_way->queue.hold(std::move(held));
    } else {
        backend.queue.hold(std::move(held));
    }
    paused_ = true;
}

void Front::cross(Backend& backend, Door::Request& request, wamp::Instant since, wamp::Instant now,
                  wamp::Outbox& out) {
    policy::Session& session = *request.session;
    std::optional<wamp::Publish> copy;
    if (is_copied(request)) copy = std::get<wamp::Publish>(request.message);
    bool crossed = false;
    wamp::OwnedPayload keep;
    const auto error = backend_link::prepare_for_link(wire_of(backend), request.message, keep);
    if (!error.empty()) return refuse(session, request.message, error, out);
    std::visit(
        [&]<class Received>(Received& received) {
            if constexpr (is_request<Received>) {
                if constexpr (std::is_same_v<Received, wamp::Call>) {
                    if (session.counts != nullptr)
                        session.counts->of(request.permit.rule()).waited.add(now - since);
                    backend.bridge.forward(session, std::move(request.permit), std::move(received),
                                           since, bridge_out_, std::move(request.lease));
                } else if constexpr (std::is_same_v<Received, wamp::Publish>) {
                    crossed = backend.bridge.forward(session, std::move(request.permit),
                                                     std::move(received), since, bridge_out_);
                } else {
                    backend.bridge.forward(session, std::move(request.permit), std::move(received),
                                           since, bridge_out_);
                }
            }
        },
        request.message);
    flush(backend, now, out);
    if (copy && crossed) send_copies(backend, request, *copy, now, out);
}

void Front::refuse(const policy::Session& session, const Message& request, std::string_view uri,
                   wamp::Outbox& out) {
    std::visit(
        [&]<class Received>(const Received& received) {
            if constexpr (is_request<Received>) {
                if (wants_answer(received))
                    gate_.refuse(session, received.type, received.request, uri, out);
            }
        },
        request);
}

void Front::follow_up(Door::Followup&& followup, wamp::Instant now, wamp::Outbox& out) {
    policy::Session& session = *followup.session;
    const auto link = ids_.link_of(session.id, followup.message);
    if (!link || !must_wait(*backends_[*link], session, followup.message))
        return cross(followup, now, out);
    auto charge = charge_for(session, followup.message);
    backends_[*link]->queue.hold(
        {&session, session.policy, now, std::move(followup), {}, std::move(charge)});
    paused_ = true;
}

void Front::cross(Door::Followup& followup, wamp::Instant now, wamp::Outbox& out) {
    wamp::OwnedPayload keep;
    policy::Session& session = *followup.session;
    if (const auto* unsubscribe = std::get_if<wamp::Unsubscribe>(&followup.message);
        unsubscribe != nullptr && routes_.has_lists()) {
        for (auto& backend : backends_) {
            if (!backend->bridge.is_subscribing(session.id, unsubscribe->subscription)) continue;
            if (follow_up_at(*backend, followup, keep, now, out)) return;
        }
    }
    if (const auto link = ids_.link_of(session.id, followup.message)) {
        if (follow_up_at(*backends_[*link], followup, keep, now, out)) return;
    } else if (std::holds_alternative<wamp::Unsubscribe>(followup.message)) {
        // The SUBSCRIBE that it follows may not be answered yet, but the id be known from another
        // session or an earlier time.
        for (auto& backend : backends_) {
            if (follow_up_at(*backend, followup, keep, now, out)) return;
        }
    }
    if (const auto* unsubscribe = std::get_if<wamp::Unsubscribe>(&followup.message)) {
        gate_.refuse(session, unsubscribe->type, unsubscribe->request, uris::no_such_subscription,
                     out);
    } else if (const auto* unregister = std::get_if<wamp::Unregister>(&followup.message)) {
        gate_.refuse(session, unregister->type, unregister->request, uris::no_such_registration,
                     out);
    }
}

bool Front::follow_up_at(Backend& backend, Door::Followup& followup, wamp::OwnedPayload& keep,
                         wamp::Instant now, wamp::Outbox& out) {
    const backend_link::LinkWire wire = wire_of(backend);
    const bool further = std::holds_alternative<wamp::Call>(followup.message);
    std::string_view error;
    if (further) {
        error = backend_link::prepare_for_link(wire, followup.message, keep);
    } else if (wire.serializer) {
        error = backend_link::transcode_payload(*wire.serializer, followup.message, keep);
    }
    const wamp::SessionId from = followup.session->id;
    const bool known = std::visit(
        [&]<class Answer>(Answer& message) {
            backend_link::Bridge& bridge = backend.bridge;
            if constexpr (std::is_same_v<Answer, wamp::Unsubscribe>) {
                return bridge.unsubscribe(from, message, now, bridge_out_);
            } else if constexpr (std::is_same_v<Answer, wamp::Unregister>) {
                return bridge.unregister(from, message, now, bridge_out_);
            } else if constexpr (std::is_same_v<Answer, wamp::Cancel>) {
                return bridge.cancel(from, message, now, bridge_out_, followup.reason);
            } else if constexpr (std::is_same_v<Answer, wamp::Call>) {
                if (error.empty()) return bridge.proceed(from, std::move(message), bridge_out_);
                return bridge.cancel(from, {message.request, {}}, now, bridge_out_, error);
            } else if constexpr (std::is_same_v<Answer, wamp::Yield>) {
                if (error.empty())
                    return bridge.answer(from, wamp::Yield(message), now, bridge_out_);
                wamp::Error failure{
                    wamp::MessageType::invocation, message.request, {}, std::string(error), {}};
                return bridge.answer(from, std::move(failure), now, bridge_out_);
            } else if constexpr (std::is_same_v<Answer, wamp::Error>) {
                wamp::Error failure = message;
                if (!error.empty()) failure.payload = {};  // the error itself must be delivered
                return bridge.answer(from, std::move(failure), now, bridge_out_);
            } else {
                return false;
            }
        },
        followup.message);
    if (known) flush(backend, now, out);
    return known;
}

void Front::dispose(wamp::SessionId session, wamp::Instant now, wamp::Outbox& out) {
    const policy::Session& leaving = *gate_.sessions().find(session);
    if (under_way_.forget(sender_of(leaving))) out.push_back(wamp::effect::Resume{leaving.peer});
    for (auto& backend : backends_) {
        stop_waiting(*backend, session, out);
        // Its GOODBYE is still to be read.
        const auto [held, streams] = backend->queue.remove(leaving);
        if (held) out.push_back(wamp::effect::Resume{leaving.peer});
        for (const wamp::Id stream : streams) send(*backend, wamp::encode_part_end(stream), out);
        backend->bridge.leave(session, now, bridge_out_);
        flush(*backend, now, out);
    }
}

// Links
// ---------------------------------------------------------------------------------------------------

void Front::on_link_open(std::uint32_t link, PeerId peer, const policy::Transport& transport,
                         wamp::Instant now, wamp::Outbox& out, std::string_view address) {
    Backend& backend = *backends_.at(link);
    if (gate_.stopping() || backend.removed) {
        out.push_back(wamp::effect::Close{peer});
        return;
    }
    if (backend.peer == wamp::no_peer)
        return open_link(backend, peer, transport, std::string(address), now, out);
    backend.link.on_rival(now);
    // Without a rival, a dialled connection that is not needed any more.
    const bool suspect = backend.link.is_suspect(now);
    const bool needed = !backend.link.dials() || suspect;
    if (backend.rival.exists() || !needed) {
        out.push_back(wamp::effect::Close{peer});
        return;
    }
    backend.rival.begin(peer, std::string(address), suspect, now);
    backend.rival_transport = transport;
    LinkMachine::Outbox wanted;
    backend.link.probe(wanted);
    carry_out(backend, wanted, now, out);
}

void Front::open_link(Backend& backend, PeerId peer, const policy::Transport& transport,
                      std::string address, wamp::Instant now, wamp::Outbox& out) {
    backend.peer = peer;
    backend.transport = transport;
    backend.address = std::move(address);
    backend.queue.on_written(0);
    link_peers_.emplace(peer, &backend);
    LinkMachine::Outbox wanted;
    backend.link.on_open(now, wanted);
    carry_out(backend, wanted, now, out);
}

void Front::lose(Backend& backend, std::string_view why, wamp::Instant now, wamp::Outbox& out) {
    note_down(backend, why, now);
    link_peers_.erase(backend.peer);
    backend.peer = wamp::no_peer;
    LinkMachine::Outbox wanted;
    const auto verdict = backend.link.on_closed(why, now, wanted);
    carry_out(backend, wanted, now, out);
    on_verdict(backend, verdict, now, out);
}

void Front::settle_rival(Backend& backend, wamp::Instant now, wamp::Outbox& out) {
    using Verdict = backend_link::Rival::Verdict;
    if (backend.peer == wamp::no_peer) return take_rival(backend, now, out);
    const auto verdict = backend.rival.on_deadline(now, backend.link.heard());
    if (verdict == Verdict::refuse) return refuse_rival(backend, now, out);
    if (verdict == Verdict::none) return;
    out.push_back(wamp::effect::Close{backend.peer});
    const std::string& from = backend.rival.address();
    lose(backend, from.empty() ? "silent; replaced" : "silent; replaced by one from " + from, now,
         out);
    take_rival(backend, now, out);
}

void Front::on_link_unreachable(std::uint32_t link, std::string_view why, wamp::Instant now,
                                wamp::Outbox& out) {
    on_dial_failed(link, LinkMachine::Failure::not_reached, why, now, out);
}

void Front::on_link_failed(std::uint32_t link, std::string_view why, wamp::Instant now,
                           wamp::Outbox& out) {
    on_dial_failed(link, LinkMachine::Failure::not_opened, why, now, out);
}

void Front::on_dial_failed(std::uint32_t link, LinkMachine::Failure failure, std::string_view why,
                           wamp::Instant now, wamp::Outbox& out) {
    Backend& backend = *backends_.at(link);
    if (!backend.bridge.up()) note_down(backend, why, now);
    LinkMachine::Outbox wanted;
    backend.link.on_failed(failure, why, now, wanted);
    carry_out(backend, wanted, now, out);
}

void Front::on_link_message(Backend& backend, std::string_view bytes, wamp::Instant now,
                            wamp::Outbox& out) {
    const auto give_up = [&](wamp::DecodeError error) {
        const PeerId peer = backend.peer;
        wamp::note(out, Level::error, "link ", backend.name,
                   ": undecodable message: ", to_string(error));
        out.push_back(wamp::effect::Close{peer});
        on_closed(peer, "protocol violation by the backend", now, out);
    };
    if (backend.carried) {
        const auto part = backend.carried->take(bytes);
        if (part.has_error()) return give_up(part.error());
        if (*part == wamp::CarriedPayloads::Part::taken) return;
        const auto wait = wamp::read_caller_wait(bytes);
        if (wait.has_error()) return give_up(wait.error());
        if (wait->has_value()) return on_caller_wait(backend, **wait, out);
    }
    auto message = wamp::decode(backend.transport.serializer, bytes, link_message_limits_);
    if (message.has_error()) return give_up(message.error());
    if (backend.carried) {
        if (const auto error = backend.carried->resolve(*message)) return give_up(*error);
    }
    LinkMachine::Outbox wanted;
    const auto verdict = backend.link.on_message(*message, now, wanted);
    carry_out(backend, wanted, now, out);
    if (verdict == LinkMachine::Verdict::dispatch) {
        if (std::holds_alternative<wamp::Event>(*message)) ++backend.events;
        backend.bridge.on_link(std::move(*message), now, bridge_out_);
        flush(backend, now, out);
    } else {
        if (const auto* welcome = std::get_if<wamp::Welcome>(&*message))
            note_history(backend, *welcome);
        on_verdict(backend, verdict, now, out);
    }
}

void Front::on_verdict(Backend& backend, LinkMachine::Verdict verdict, wamp::Instant now,
                       wamp::Outbox& out) {
    switch (verdict) {
        case LinkMachine::Verdict::up:
            ++backend.ups;
            backend.changed = now;
            backend.reason.clear();
            wamp::note(out, Level::info, "link ", backend.name, ": up");
            backend.carried.reset();
            if (backend.link.carries_payloads() &&
                backend.transport.serializer == wamp::Serializer::msgpack) {
                backend.carried.emplace(link_message_limits_);
            }
            backend.queue.on_up(backend.carried.has_value());
            backend.bridge.on_link_up(backend.link.router_features(), wire_of(backend), now,
                                      bridge_out_);
            flush(backend, now, out);
            share_with(backend, now, out);
            await_turns(backend);
            publish_state(backend, true, now, out);
            break;
        case LinkMachine::Verdict::lost:
            wamp::note(out, Level::warning, "link ", backend.name, ": lost");
            for (const wamp::SessionId session : wamp::IdSet(backend.outrunning))
                stop_waiting(backend, session, out);
            publish_state(backend, false, now, out);
            backend.bridge.on_link_lost(now, bridge_out_);
            judge_health(backend, now, out);
            break;
        case LinkMachine::Verdict::none:
        case LinkMachine::Verdict::dispatch:
            return;
    }
    flush(backend, now, out);
    pump(backend, now, out);
    hand_over_waiting(backend, now, out);
}

void Front::carry_out(Backend& backend, LinkMachine::Outbox& wanted, wamp::Instant now,
                      wamp::Outbox& out) {
    if (!wanted.note.empty()) {
        wamp::note(out, Level::warning, "link ", backend.name, ": ", wamp::printable(wanted.note));
    }
    for (const Message& message : wanted.send) {
        out.push_back(
            wamp::effect::Send{backend.peer, wamp::encode(backend.transport.serializer, message)});
    }
    if (wanted.ping) out.push_back(wamp::effect::Ping{backend.peer});
    if (wanted.request) {
        backend.bridge.probe(bridge_out_);
        flush(backend, now, out);
    }
    if (wanted.close && backend.peer != wamp::no_peer) {
        out.push_back(wamp::effect::Close{backend.peer});
        link_peers_.erase(backend.peer);
        backend.peer = wamp::no_peer;
    }
    if (wanted.dial) out.push_back(wamp::effect::Dial{index_of(backend)});
}

void Front::flush(Backend& backend, wamp::Instant now, wamp::Outbox& out) {
    deliver_all(backend, now, out);
    if (!changes_.empty()) settle_changes(now, out);
}

void Front::deliver_all(Backend& backend, wamp::Instant now, wamp::Outbox& out) {
    for (;;) {
        for (const Message& message : bridge_out_.to_link) {
            const wamp::Payload* const payload = wamp::payload_of(message);
            if (payload != nullptr && payload->sent_as != 0) crossed_stream_ = payload->sent_as;
            wamp::Frame frame = backend.carried
                                    ? wamp::encode_carrying(message)
                                    : wamp::encode(backend.transport.serializer, message);
            if (frame.message().size() > backend.transport.peer_receives_max) {
                frame = wamp::encode(backend.transport.serializer, shortened(message));
            }
            send(backend, std::move(frame), out);
        }
        for (const wamp::SessionId session : bridge_out_.relieved) backend.queue.relieve(session);
        if (routes_.has_lists())
            changes_.insert(changes_.end(), bridge_out_.changes.begin(), bridge_out_.changes.end());
        undelivered_.clear();
        gate_.deliver(bridge_out_.to_sessions, undelivered_, now, out);
        gate_.take_full();  // links are never paused: a callee that is too full refuses
        bridge_out_.clear();
        end_overruns(backend, now);
        if (!moving_) gate_.note_holdings(ids_.changes, now, out);
        if (undelivered_.empty() && bridge_out_.empty()) return;
        for (const auto& [callee, invocation, error] : std::exchange(undelivered_, {})) {
            wamp::Error failure{
                wamp::MessageType::invocation, invocation, {}, std::string(error), {}};
            backend.bridge.answer(callee, std::move(failure), now, bridge_out_);
        }
    }
}

void Front::end_overruns(Backend& backend, wamp::Instant now) {
    for (const auto& [session, id, call] : gate_.take_overruns()) {
        if (call) {
            backend.bridge.cancel(session, wamp::Cancel{id, {}}, now, bridge_out_, uris::too_slow);
            continue;
        }
        backend_link::Holding subscription;
        subscription.session = session;
        subscription.id = id;
        backend.bridge.drop(subscription, bridge_out_);
        backend.bridge.notify_lost(subscription, uris::too_slow, bridge_out_);
        if (routes_.has_lists()) changes_.push_back({session, id, false, false});
    }
}

std::uint32_t Front::index_of(const Backend& backend) const noexcept {
    const auto found = std::find_if(backends_.begin(), backends_.end(), [&](const auto& candidate) {
        return candidate.get() == &backend;
    });
    return static_cast<std::uint32_t>(found - backends_.begin());
}

// Time and end
// --------------------------------------------------------------------------------------------

void Front::on_deadline(wamp::Instant now, wamp::Outbox& out) {
    act_on(gate_.on_deadline(now, out), now, out);
    for (auto& backend : backends_) {
        if (backend->link.deadline() <= now) {
            LinkMachine::Outbox wanted;
            const auto verdict = backend->link.on_deadline(now, wanted);
            carry_out(*backend, wanted, now, out);
            on_verdict(*backend, verdict, now, out);
        }
        settle_rival(*backend, now, out);
        if (backend->bridge.deadline() <= now) {
            backend->bridge.on_deadline(now, bridge_out_);
            flush(*backend, now, out);
        }
        if (backend->queue.deadline() <= now) release_late(*backend, now, out);
        judge_health(*backend, now, out);
    }
    act_on(gate_.next(now, out), now, out);
}

wamp::Instant Front::deadline() const noexcept {
    wamp::Instant earliest = gate_.deadline();
    for (const auto& backend : backends_) {
        earliest = std::min({earliest, backend->link.deadline(), backend->rival.deadline(),
                             backend->bridge.deadline(), backend->queue.deadline(),
                             backend->health.deadline()});
    }
    return earliest;
}

void Front::stop(wamp::Instant now, wamp::Outbox& out) {
    gate_.begin_stop();
    act_on(gate_.next(now, out), now, out);
    for (auto& backend : backends_) {
        LinkMachine::Outbox wanted;
        const auto verdict = backend->link.stop(now, wanted);
        if (backend->rival.exists()) out.push_back(wamp::effect::Close{backend->rival.end()});
        carry_out(*backend, wanted, now, out);
        on_verdict(*backend, verdict, now, out);
    }
}

bool Front::stopped() const noexcept {
    return gate_.stopped() && link_peers_.empty();
}

}  // namespace sallyport::gateway
