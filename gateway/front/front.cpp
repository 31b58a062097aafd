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

/// How much more than a client a link may say. A service wraps what it was called with; its answer
/// may cost itself its session, which the inside bounds first, but never all clients the link.
constexpr std::size_t link_factor = 4;

wamp::MessageLimits link_limits(wamp::MessageLimits limits) noexcept {
    limits.depth = std::min(limits.depth * link_factor, wamp::depth_max);
    limits.elements *= link_factor;
    return limits;
}

template <class T>
constexpr bool is_request = std::is_same_v<T, wamp::Call> || std::is_same_v<T, wamp::Publish> ||
                            std::is_same_v<T, wamp::Subscribe> || std::is_same_v<T, wamp::Register>;

template <class Asked>
bool wants_answer(const Asked& asked) noexcept {
    if constexpr (std::is_same_v<Asked, wamp::Publish>)
        return asked.options.get_bool("acknowledge", false);
    return true;  // only publications may go without (W-PUB-04)
}

backend_link::LinkWire wire_of(const policy::Transport& transport) noexcept {
    return {transport.serializer, transport.peer_receives_max};
}

/// The same answer with less in it, for a link that cannot take all of it.
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

/// What our routers can and a bridge carries: a URI has one callee outside, callers and publishers
/// are named where every router behind can be told who they are, events are retained where every
/// one keeps them, and payload passthru mode is there where some router behind may have it
/// (W-FEA-01); whether it has, its WELCOME tells.
wamp::Dict front_roles(const std::vector<BackendConfig>& backends) {
    wamp::Dict roles =
        policy::Testaments::announced(policy::SessionMeta::announced(wamp::router_roles()));
    const bool names = std::all_of(backends.begin(), backends.end(), [](const auto& backend) {
        return backend.link.profile.conveys_identity;
    });
    const bool passes = std::any_of(backends.begin(), backends.end(), [](const auto& backend) {
        return backend.link.profile.passthru;
    });
    const bool retains = std::all_of(backends.begin(), backends.end(), [](const auto& backend) {
        return backend.link.profile.retains;
    });
    for (const std::string_view role : {"broker", "dealer"}) {
        auto* const features =
            roles.find(role)->get_if<wamp::Dict>()->find("features")->get_if<wamp::Dict>();
        features->erase("shared_registration");
        if (!passes) features->erase("payload_passthru_mode");
        if (!retains) features->erase("event_retention");
        if (names) continue;
        features->erase("caller_identification");
        features->erase("publisher_identification");
    }
    return roles;
}

}  // namespace

Front::Front(FrontConfig config, const wamp::Random::Seed& seed)
    : door_(config.realms, config.limits, wamp::Random(seed), front_roles(config.backends)),
      random_(wamp::Random(seed).fork()),
      link_message_limits_(link_limits(config.limits.message)),
      ids_(random_.next()),
      meta_(door_, random_.fork()),
      testaments_(door_, random_.fork()) {
    for (auto& backend : config.backends) {
        const auto profile = backend.link.profile;
        backends_.emplace_back(new Backend{
            std::move(backend.name),
            LinkMachine(std::move(backend.link), random_.fork()),
            backend_link::Bridge(profile, door_.sessions(), ids_,
                                 static_cast<backend_link::LinkNumber>(backends_.size()),
                                 random_.fork()),
            wamp::no_peer,
            {}});
    }
    routes_ = lead(config.realms);
}

void Front::start(wamp::Instant now, wamp::Outbox& out) {
    for (auto& backend : backends_) {
        LinkMachine::Outbox wanted;
        backend->link.start(now, wanted);
        carry_out(*backend, wanted, out);
    }
}

// Clients
// -------------------------------------------------------------------------------------------------

void Front::on_open(PeerId peer, const policy::Transport& transport, wamp::Instant now,
                    wamp::Outbox& out) {
    if (stopping_) {
        out.push_back(wamp::effect::Close{peer});
        return;
    }
    door_.on_open(peer, transport, Door::Trust::client, now, out);
}

void Front::on_message(PeerId peer, std::string_view bytes, wamp::Instant now, wamp::Outbox& out) {
    const auto link = link_peers_.find(peer);
    if (link != link_peers_.end()) {
        on_link_message(*link->second, bytes, now, out);
    } else {
        take(door_.on_message(peer, bytes, now, out), now, out);
    }
    settle(now, out);
}

void Front::on_alive(PeerId peer, wamp::Instant now) noexcept {
    const auto link = link_peers_.find(peer);
    if (link != link_peers_.end()) link->second->link.on_alive(now);
}

void Front::on_work_done(std::uint64_t work, bool result, wamp::Instant now, wamp::Outbox& out) {
    take(door_.on_work_done(work, result, now, out), now, out);
    settle(now, out);
}

void Front::on_closed(PeerId peer, std::string_view why, wamp::Instant now, wamp::Outbox& out) {
    const auto link = link_peers_.find(peer);
    if (link == link_peers_.end()) {
        take(door_.on_closed(peer, why), now, out);
        settle(now, out);
        return;
    }
    Backend& backend = *link->second;
    link_peers_.erase(link);
    backend.peer = wamp::no_peer;
    LinkMachine::Outbox wanted;
    const auto verdict = backend.link.on_closed(why, now, wanted);
    carry_out(backend, wanted, out);
    on_verdict(backend, verdict, now, out);
    settle(now, out);
}

void Front::settle(wamp::Instant now, wamp::Outbox& out) {
    for (auto event = door_.next(now, out); !std::holds_alternative<std::monostate>(event);
         event = door_.next(now, out)) {
        take(std::move(event), now, out);
    }
}

void Front::take(Door::Event&& event, wamp::Instant now, wamp::Outbox& out) {
    if (auto* request = std::get_if<Door::Request>(&event)) {
        if (policy::SessionMeta::serves(request->message)) return answer_meta(*request, now, out);
        forward(std::move(*request), now, out);
    } else if (auto* followup = std::get_if<Door::Followup>(&event)) {
        follow_up(std::move(*followup), now, out);
    } else if (const auto* joined = std::get_if<Door::Joined>(&event)) {
        meta_.joined(joined->session, meta_out_);
        deliver_meta(out);
    } else if (const auto* left = std::get_if<Door::Left>(&event)) {
        leave(left->session, now, out);
    }
}

void Front::answer_meta(const Door::Request& request, wamp::Instant now, wamp::Outbox& out) {
    if (policy::Testaments::serves(request.message)) {
        testaments_.handle(request, now, meta_out_);
        return deliver_meta(out);
    }
    const auto ended = meta_.handle(request, meta_out_);
    deliver_meta(out);
    for (const wamp::SessionId session : ended.sessions) {
        if (ended.tell_left) publish_testaments(session, now, out);  // W-SSM-04
        expel(session, ended.reason, ended.tell_left, now, out);
    }
}

void Front::publish_testaments(wamp::SessionId session, wamp::Instant now, wamp::Outbox& out) {
    for (Door::Request& request : testaments_.left(session, now))
        take(std::move(request), now, out);
}

void Front::deliver_meta(wamp::Outbox& out) {
    if (meta_out_.empty()) return;
    undelivered_.clear();
    door_.deliver(meta_out_, undelivered_, out);
    meta_out_.clear();
}

void Front::forward(Door::Request&& request, wamp::Instant now, wamp::Outbox& out) {
    policy::Session& session = *door_.sessions().find(request.from);
    Backend& backend = *routes_.at(session.policy.get())[request.permit.route()];
    wamp::OwnedPayload keep;
    const auto error =
        backend_link::prepare_for_link(wire_of(backend.transport), request.message, keep);
    std::visit(
        [&]<class Asked>(Asked& asked) {
            if constexpr (is_request<Asked>) {
                if (!error.empty()) {
                    if (wants_answer(asked))
                        door_.refuse(request.from, asked.type, asked.request, error, out);
                } else if constexpr (std::is_same_v<Asked, wamp::Call>) {
                    backend.bridge.forward(session, request.permit, std::move(asked), now,
                                           bridge_out_, std::move(request.lease));
                } else {
                    backend.bridge.forward(session, request.permit, std::move(asked), now,
                                           bridge_out_);
                }
            }
        },
        request.message);
    flush(backend, now, out);
}

void Front::follow_up(Door::Followup&& followup, wamp::Instant now, wamp::Outbox& out) {
    wamp::OwnedPayload keep;
    const auto* const given_up = std::get_if<wamp::Unsubscribe>(&followup.message);
    if (given_up != nullptr && meta_.unsubscribe(followup.from, *given_up, meta_out_))
        return deliver_meta(out);
    if (const auto link = ids_.link_of(followup.from, followup.message)) {
        Backend& backend = *backends_[*link];
        const bool known = follow_up_at(backend, followup, keep, now);
        flush(backend, now, out);
        if (known) return;
    }
    if (const auto* unsubscribe = std::get_if<wamp::Unsubscribe>(&followup.message)) {
        door_.refuse(followup.from, unsubscribe->type, unsubscribe->request,
                     uris::no_such_subscription, out);
    } else if (const auto* unregister = std::get_if<wamp::Unregister>(&followup.message)) {
        door_.refuse(followup.from, unregister->type, unregister->request,
                     uris::no_such_registration, out);
    }
}

bool Front::follow_up_at(Backend& backend, Door::Followup& followup, wamp::OwnedPayload& keep,
                         wamp::Instant now) {
    const auto error =
        backend_link::transcode_payload(backend.transport.serializer, followup.message, keep);
    return std::visit(
        [&]<class Said>(Said& said) {
            backend_link::Bridge& bridge = backend.bridge;
            if constexpr (std::is_same_v<Said, wamp::Unsubscribe>) {
                return bridge.unsubscribe(followup.from, said, now, bridge_out_);
            } else if constexpr (std::is_same_v<Said, wamp::Unregister>) {
                return bridge.unregister(followup.from, said, now, bridge_out_);
            } else if constexpr (std::is_same_v<Said, wamp::Cancel>) {
                return bridge.cancel(followup.from, said, now, bridge_out_);
            } else if constexpr (std::is_same_v<Said, wamp::Yield>) {
                if (error.empty())
                    return bridge.answer(followup.from, wamp::Yield(said), now, bridge_out_);
                wamp::Error failure{
                    wamp::MessageType::invocation, said.request, {}, std::string(error), {}};
                return bridge.answer(followup.from, std::move(failure), now, bridge_out_);
            } else if constexpr (std::is_same_v<Said, wamp::Error>) {
                wamp::Error failure = said;
                if (!error.empty()) failure.payload = {};  // the error itself must arrive
                return bridge.answer(followup.from, std::move(failure), now, bridge_out_);
            } else {
                return false;
            }
        },
        followup.message);
}

void Front::dispose(wamp::SessionId session, wamp::Instant now, wamp::Outbox& out) {
    for (auto& backend : backends_) {
        backend->bridge.leave(session, now, bridge_out_);
        flush(*backend, now, out);
    }
}

void Front::leave(wamp::SessionId session, wamp::Instant now, wamp::Outbox& out) {
    publish_testaments(session, now, out);
    dispose(session, now, out);
    meta_.left(session, true, meta_out_);
    door_.forget(session);
    deliver_meta(out);
}

void Front::expel(wamp::SessionId session, std::string_view reason, bool tell_left,
                  wamp::Instant now, wamp::Outbox& out) {
    testaments_.forget(session);
    dispose(session, now, out);
    meta_.left(session, tell_left, meta_out_);
    door_.dismiss(session, reason, now, out);
    door_.forget(session);
    deliver_meta(out);
}

// Links
// ---------------------------------------------------------------------------------------------------

void Front::on_link_open(std::uint32_t link, PeerId peer, const policy::Transport& transport,
                         wamp::Instant now, wamp::Outbox& out) {
    Backend& backend = *backends_.at(link);
    if (stopping_) {
        out.push_back(wamp::effect::Close{peer});
        return;
    }
    if (backend.peer != wamp::no_peer) {
        const PeerId old = backend.peer;
        out.push_back(wamp::effect::Close{old});
        on_closed(old, "a newer connection took over", now, out);
    }
    backend.peer = peer;
    backend.transport = transport;
    link_peers_.emplace(peer, &backend);
    LinkMachine::Outbox wanted;
    backend.link.on_open(now, wanted);
    carry_out(backend, wanted, out);
}

void Front::on_link_failed(std::uint32_t link, std::string_view why, wamp::Instant now,
                           wamp::Outbox& out) {
    Backend& backend = *backends_.at(link);
    LinkMachine::Outbox wanted;
    const auto verdict = backend.link.on_closed(why, now, wanted);
    carry_out(backend, wanted, out);
    on_verdict(backend, verdict, now, out);
    settle(now, out);
}

void Front::on_link_message(Backend& backend, std::string_view bytes, wamp::Instant now,
                            wamp::Outbox& out) {
    auto message = wamp::decode(backend.transport.serializer, bytes, link_message_limits_);
    if (message.has_error()) {
        const PeerId peer = backend.peer;
        wamp::note(out, Level::error, "link ", backend.name,
                   ": undecodable message: ", to_string(message.error()));
        out.push_back(wamp::effect::Close{peer});
        on_closed(peer, "protocol violation by the backend", now, out);
        return;
    }
    LinkMachine::Outbox wanted;
    const auto verdict = backend.link.on_message(*message, now, wanted);
    carry_out(backend, wanted, out);
    if (verdict == LinkMachine::Verdict::dispatch) {
        backend.bridge.on_link(std::move(*message), now, bridge_out_);
        flush(backend, now, out);
    } else {
        on_verdict(backend, verdict, now, out);
    }
}

void Front::on_verdict(Backend& backend, LinkMachine::Verdict verdict, wamp::Instant now,
                       wamp::Outbox& out) {
    switch (verdict) {
        case LinkMachine::Verdict::up:
            wamp::note(out, Level::info, "link ", backend.name, ": up");
            backend.bridge.on_link_up(backend.link.router_features(), wire_of(backend.transport),
                                      now, bridge_out_);
            break;
        case LinkMachine::Verdict::lost:
            wamp::note(out, Level::warning, "link ", backend.name, ": lost");
            backend.bridge.on_link_lost(now, bridge_out_);
            break;
        case LinkMachine::Verdict::none:
        case LinkMachine::Verdict::dispatch:
            return;
    }
    flush(backend, now, out);
}

void Front::carry_out(Backend& backend, LinkMachine::Outbox& wanted, wamp::Outbox& out) {
    if (!wanted.note.empty()) {
        wamp::note(out, Level::info, "link ", backend.name, ": ", wamp::printable(wanted.note));
    }
    for (const Message& message : wanted.send) {
        out.push_back(
            wamp::effect::Send{backend.peer, wamp::encode(backend.transport.serializer, message)});
    }
    if (wanted.ping) out.push_back(wamp::effect::Ping{backend.peer});
    if (wanted.close && backend.peer != wamp::no_peer) {
        out.push_back(wamp::effect::Close{backend.peer});
        link_peers_.erase(backend.peer);
        backend.peer = wamp::no_peer;
    }
    if (wanted.dial) out.push_back(wamp::effect::Dial{index_of(backend)});
}

void Front::flush(Backend& backend, wamp::Instant now, wamp::Outbox& out) {
    for (;;) {
        for (const Message& message : bridge_out_.to_link) {
            wamp::Frame frame = wamp::encode(backend.transport.serializer, message);
            if (frame.message().size() > backend.transport.peer_receives_max) {
                frame = wamp::encode(backend.transport.serializer, shortened(message));
            }
            out.push_back(wamp::effect::Send{backend.peer, std::move(frame)});
        }
        undelivered_.clear();
        door_.deliver(bridge_out_.to_sessions, undelivered_, out);
        bridge_out_.clear();
        if (undelivered_.empty()) return;
        for (const auto& [callee, invocation, error] : std::exchange(undelivered_, {})) {
            wamp::Error failure{
                wamp::MessageType::invocation, invocation, {}, std::string(error), {}};
            backend.bridge.answer(callee, std::move(failure), now, bridge_out_);
        }
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
    door_.on_deadline(now, out);
    for (auto& backend : backends_) {
        if (backend->link.deadline() <= now) {
            LinkMachine::Outbox wanted;
            const auto verdict = backend->link.on_deadline(now, wanted);
            carry_out(*backend, wanted, out);
            on_verdict(*backend, verdict, now, out);
        }
        if (backend->bridge.deadline() <= now) {
            backend->bridge.on_deadline(now, bridge_out_);
            flush(*backend, now, out);
        }
    }
    settle(now, out);
}

wamp::Instant Front::deadline() const noexcept {
    wamp::Instant earliest = door_.deadline();
    for (const auto& backend : backends_) {
        earliest = std::min({earliest, backend->link.deadline(), backend->bridge.deadline()});
    }
    return earliest;
}

void Front::stop(wamp::Instant now, wamp::Outbox& out) {
    stopping_ = true;
    for (const wamp::SessionId session : door_.session_ids()) publish_testaments(session, now, out);
    for (const wamp::SessionId session : door_.session_ids()) {
        dispose(session, now, out);
        door_.dismiss(session, uris::system_shutdown, now, out);
        door_.forget(session);
    }
    door_.turn_away(out);
    for (auto& backend : backends_) {
        LinkMachine::Outbox wanted;
        const auto verdict = backend->link.stop(now, wanted);
        carry_out(*backend, wanted, out);
        on_verdict(*backend, verdict, now, out);
    }
}

bool Front::stopped() const noexcept {
    return stopping_ && door_.peers() == 0 && link_peers_.empty();
}

std::vector<Front::LinkStatus> Front::links() const {
    std::vector<LinkStatus> status;
    for (const auto& backend : backends_) {
        status.push_back({backend->name, backend->bridge.up(), backend->bridge.counts()});
    }
    return status;
}

std::string Front::status_json() {
    wamp::List links;
    for (const auto& link : Front::links()) {
        links.push_back(wamp::Dict{{"name", link.name},
                                   {"up", link.up},
                                   {"calls", std::uint64_t{link.counts.calls}},
                                   {"subscriptions", std::uint64_t{link.counts.subscriptions}},
                                   {"registrations", std::uint64_t{link.counts.registrations}}});
    }
    const auto& decisions = door_.audit().counts();
    const wamp::Dict status{{"connections", std::uint64_t{door_.peers()}},
                            {"sessions", std::uint64_t{door_.joined()}},
                            {"decisions", wamp::Dict{{"allowed", decisions.allowed},
                                                     {"denied", decisions.denied},
                                                     {"limited", decisions.limited},
                                                     {"joined", decisions.joined},
                                                     {"join_refused", decisions.join_refused}}},
                            {"links", std::move(links)}};
    return wamp::encode_value(wamp::Serializer::json, status);
}

}  // namespace sallyport::gateway
