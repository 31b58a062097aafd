#include "backend-link/bridge/bridge_registrations.h"

#include <algorithm>
#include <utility>

#include "wamp/message/uris.h"

namespace sallyport::backend_link {
namespace {

namespace uris = wamp::uris;
using wamp::MatchPolicy;
using wamp::MessageType;
using wamp::SessionId;

constexpr std::string_view reason_unregistered = "wamp.error.unregistered";  // W-RPC-15

}  // namespace

// The option `concurrency` is dropped: no rule can grant it (W-SEC-10).
void Registrations::forward(const RequestContext& context, const wamp::Register& request,
                            BridgeOutbox& out) {
    policy::Session& from = context.from;
    const auto refuse = [&](std::string_view uri) {
        out.to_sessions.add(from.id, error_for(MessageType::register_, request.request, uri));
    };
    if (!link_.up) return refuse(uris::unavailable);
    const MatchPolicy match = match_of(request.options);
    if (request.options.get_string("invoke", "single") != "single" ||
        (match != MatchPolicy::exact && !link_.profile.pattern_options)) {
        return refuse(uris::option_not_allowed);
    }
    const bool demands_callers = request.options.get_bool("disclose_caller", false);
    if (demands_callers && !link_.may_disclose(context.permit)) {
        return refuse(uris::option_not_allowed);
    }
    Rewriting rewriting(context.route);
    const auto inside = rewriting.inside(request.procedure);
    if (!inside) return refuse(uris::invalid_uri);
    const bool force = context.permit.grants(policy::Grant::force_reregister) &&
                       request.options.get_bool("force_reregister", false);
    ByUri& all = uris_of(match);
    const auto found = all.find(*inside);
    const Registration* present = found == all.end() ? nullptr : found->second.get();
    const bool owned = present != nullptr && present->owner != nullptr;
    if (owned && (!force || present->owner == &from || present->state != State::active)) {
        return refuse(uris::procedure_already_exists);
    }
    if (present != nullptr && present->demands_callers != demands_callers) {
        return refuse(uris::procedure_already_exists);  // the one on the link has other options
    }
    const std::vector<Registration*>* held = wamp::find_in(by_session_, from.id);
    if (held != nullptr && held->size() >= registrations_per_session_max) {
        return refuse(uris::unavailable);
    }
    if (found != all.end()) {
        // Taken over; or its first owner left before the link confirmed it, and the pending request
        // is used for the new owner.
        Registration& registration = *found->second;
        if (owned) take_over(registration, from.id, out);
        by_id_.erase(registration.id);
        registration.rewriting = std::move(rewriting);
        adopt(registration, from, request.request);
        if (registration.state == State::active) confirm(registration, out);
        return;
    }
    auto made = std::make_unique<Registration>();
    made->match = match;
    made->uri = *inside;
    made->rewriting = std::move(rewriting);
    made->demands_callers = demands_callers;
    made->age = ++made_;
    Registration& registration = *made;
    all.emplace(registration.uri, std::move(made));
    adopt(registration, from, request.request);
    wamp::Dict options = match_options(match);
    if (force) options.append("force_reregister", true);
    if (demands_callers) options.append("disclose_caller", true);
    register_behind(registration, std::move(options), out);
}

void Registrations::take_over(Registration& registration, SessionId by, BridgeOutbox& out) {
    notify_revoked(registration, reason_unregistered, out);
    out.changes.push_back({registration.owner->id, registration.id, true, false});
    disown(registration, by);
}

void Registrations::confirm(Registration& registration, BridgeOutbox& out) {
    out.to_sessions.add(registration.owner->id,
                        wamp::Registered{registration.waiting, registration.id});
    out.changes.push_back({registration.owner->id, registration.id, true, true});
    registration.waiting = 0;
    note_held(registration);
}

// Assigns an owner and, as ids are never reused (W-ID-03), a new id.
void Registrations::adopt(Registration& registration, policy::Session& owner,
                          wamp::RequestId request) {
    do {
        registration.id = link_.random.global_id();
    } while (by_id_.contains(registration.id));
    by_id_[registration.id] = &registration;
    own(registration, owner, request);
}

void Registrations::own(Registration& registration, policy::Session& owner,
                        wamp::RequestId request) {
    registration.owner = &owner;
    registration.waiting = request;
    by_session_[owner.id].push_back(&registration);
    const bool first = link_.ids.registrations.add(owner.id, registration.id, link_.number);
    if (request == 0 && first) note_held(registration);  // moved here
}

void Registrations::register_behind(Registration& registration, wamp::Dict options,
                                    BridgeOutbox& out) {
    const wamp::RequestId request = link_.next_request();
    registration.state = State::registering;
    registering_[request] = &registration;
    out.to_link.emplace_back(wamp::Register{request, std::move(options), registration.uri});
}

bool Registrations::unregister(SessionId from, const wamp::Unregister& request, BridgeOutbox& out) {
    Registration** found = wamp::find_in(by_id_, request.registration);
    if (found == nullptr || (*found)->waiting != 0) return false;
    const policy::Session* const owner = (*found)->owner;
    if (owner == nullptr || owner->id != from) return false;
    Registration& registration = **found;
    out.to_sessions.add(from, wamp::Unregistered{request.request, {}});
    out.changes.push_back({from, registration.id, true, false});
    disown(registration, from);
    release(registration, out);
    return true;
}

bool Registrations::is_named(wamp::RegistrationId id, std::string_view uri,
                             MatchPolicy match) const {
    Registration* const* const found = wamp::find_in(by_id_, id);
    if (found == nullptr || (*found)->match != match) return false;
    const Registration& registration = **found;
    if (registration.rewriting.none()) return registration.uri == uri;
    return registration.rewriting.outside(registration.uri) == uri;
}

void Registrations::leave(SessionId session, BridgeOutbox& out) {
    std::vector<Registration*>* found = wamp::find_in(by_session_, session);
    if (found == nullptr) return;
    const std::vector<Registration*> held = std::move(*found);
    by_session_.erase(session);
    for (Registration* registration : held) {
        const bool last = link_.ids.registrations.remove(session, registration->id, link_.number);
        if (last) note_lost(*registration, session);
        registration->owner = nullptr;
        registration->waiting = 0;
        release(*registration, out);
    }
}

void Registrations::release(Registration& registration, BridgeOutbox& out) {
    switch (registration.state) {
        case State::registering:
            return;  // released when REGISTERED arrives, unless it has a new owner by then
        case State::down:
            break;
        case State::active:
            const wamp::RequestId request = link_.next_request();
            leaving_.insert(request);
            out.to_link.emplace_back(wamp::Unregister{request, registration.back, {}});
            break;
    }
    erase(registration);
}

void Registrations::on_registered(const wamp::Registered& registered, BridgeOutbox& out) {
    Registration** found = wamp::find_in(registering_, registered.request);
    if (found == nullptr) return;
    Registration& registration = **found;
    registering_.erase(registered.request);
    registration.state = State::active;
    registration.back = registered.registration;
    by_back_[registration.back] = &registration;
    if (registration.owner == nullptr) return release(registration, out);
    if (registration.waiting == 0) return;  // restored
    confirm(registration, out);
}

void Registrations::on_register_error(const wamp::Error& error, BridgeOutbox& out) {
    Registration** found = wamp::find_in(registering_, error.request);
    if (found == nullptr) return;
    Registration& registration = **found;
    registering_.erase(error.request);
    if (registration.waiting == 0) return revoke(registration, out);
    out.to_sessions.add(registration.owner->id,
                        error_for(MessageType::register_, registration.waiting, error.uri));
    disown(registration, 0);
    erase(registration);
}

void Registrations::on_unregistered(const wamp::Unregistered& unregistered, BridgeOutbox& out) {
    if (unregistered.request != 0) {
        leaving_.erase(unregistered.request);
        return;
    }
    Registration** found =
        wamp::find_in(by_back_, unregistered.details.get_uint("registration", 0));
    if (found != nullptr) revoke(**found, out);
}

void Registrations::revoke(Registration& registration, BridgeOutbox& out) {
    LinkSet others;
    if (registration.owner != nullptr)
        others = link_.ids.registrations.of(registration.owner->id, registration.id);
    others.remove(link_.number);
    // What another backend still has is not lost.
    if (others.empty()) notify_revoked(registration, {}, out);
    disown(registration, 0);
    erase(registration);
}

void Registrations::notify_revoked(const Registration& registration, std::string_view reason,
                                   BridgeOutbox& out) {
    const policy::Session* owner = registration.owner;
    if (owner == nullptr || !owner->features.has(wamp::Feature::callee_registration_revocation)) {
        return;
    }
    wamp::Unregistered revocation;
    revocation.details.append("registration", registration.id);
    if (!reason.empty()) revocation.details.append("reason", reason);
    out.to_sessions.add(owner->id, std::move(revocation));
}

Registrations::Target Registrations::target_of(wamp::RegistrationId back) const noexcept {
    const Registration* const* found = wamp::find_in(by_back_, back);
    if (found == nullptr) return {};
    const Registration& registration = **found;
    return {registration.owner, registration.id, registration.match != MatchPolicy::exact,
            &registration.rewriting};
}

void Registrations::on_link_lost(BridgeOutbox& out) {
    registering_.clear();
    by_back_.clear();
    leaving_.clear();
    for (Registration* registration : in_order()) {
        registration->state = State::down;
        registration->back = 0;
        if (registration->waiting != 0) {
            out.to_sessions.add(
                registration->owner->id,
                error_for(MessageType::register_, registration->waiting, uris::network_failure));
            disown(*registration, 0);
        }
        if (registration->owner == nullptr) erase(*registration);
    }
}

void Registrations::on_link_up(BridgeOutbox& out) {
    // Without force_reregister: a session behind that registered it in the meantime keeps it.
    for (Registration* registration : in_order()) {
        wamp::Dict options = match_options(registration->match);
        if (registration->demands_callers) options.append("disclose_caller", true);
        register_behind(*registration, std::move(options), out);
    }
}

std::vector<Registrations::Registration*> Registrations::in_order() {
    std::vector<Registration*> all;
    for (const auto& [id, each] : by_id_) all.push_back(each);
    std::sort(all.begin(), all.end(),
              [](const Registration* a, const Registration* b) { return a->age < b->age; });
    return all;
}

void Registrations::note_held(const Registration& registration) {
    auto uri = registration.rewriting.outside(registration.uri);
    const SessionId owner = registration.owner->id;
    link_.ids.changes.push_back({owner, owner, registration.id, true, true, registration.match,
                                 uri ? *std::move(uri) : registration.uri});
}

void Registrations::note_lost(const Registration& registration, SessionId by) {
    if (registration.owner == nullptr || registration.waiting != 0) return;
    link_.ids.changes.push_back(
        {.session = registration.owner->id, .by = by, .id = registration.id, .registration = true});
}

void Registrations::disown(Registration& registration, SessionId by) {
    if (registration.owner != nullptr) {
        const SessionId owner = registration.owner->id;
        if (link_.ids.registrations.remove(owner, registration.id, link_.number))
            note_lost(registration, by);
        if (auto* held = wamp::find_in(by_session_, owner)) std::erase(*held, &registration);
    }
    registration.owner = nullptr;
    registration.waiting = 0;
}

void Registrations::erase(Registration& registration) noexcept {
    if (Registration** found = wamp::find_in(by_back_, registration.back)) {
        if (*found == &registration) by_back_.erase(registration.back);
    }
    by_id_.erase(registration.id);
    ByUri& all = uris_of(registration.match);
    all.erase(all.find(registration.uri));
}

}  // namespace sallyport::backend_link
