#include "backend-link/bridge/bridge_registrations.h"

#include <algorithm>
#include <string>
#include <utility>

#include "wamp/message/front_callee.h"
#include "wamp/message/uris.h"

namespace sallyport::backend_link {
namespace {

namespace uris = wamp::uris;
using wamp::MatchPolicy;
using wamp::MessageType;
using wamp::SessionId;

constexpr std::string_view reason_unregistered = "wamp.error.unregistered";  // W-RPC-15

/// As a constant.
std::string_view policy_of(std::string_view invoke) noexcept {
    for (const std::string_view policy : {"roundrobin", "random", "first", "last"}) {
        if (invoke == policy) return policy;
    }
    return "single";
}

}  // namespace

// The option `concurrency` is dropped: no rule can grant it (W-SEC-10).
void Registrations::forward(const RequestContext& context, const wamp::Register& request,
                            BridgeOutbox& out) {
    policy::Session& from = context.from;
    const auto refuse = [&](std::string_view uri, wamp::Payload payload = {}) {
        out.to_sessions.add(from.id,
                            error_for(MessageType::register_, request.request, uri, payload));
    };
    if (!link_.up)
        return refuse(uris::unavailable, policy::told(context.permit, policy::Cause::link_down));
    const MatchPolicy match = match_of(request.options);
    const std::string_view invoke = request.options.get_string("invoke", "single");
    const bool shared = invoke != "single";
    if ((shared && !link_.shares()) ||
        (match != MatchPolicy::exact && !link_.profile.pattern_options)) {
        return refuse(uris::option_not_allowed);
    }
    const bool demands_callers = request.options.get_bool("disclose_caller", false);
    if (demands_callers && !link_.may_disclose(context.permit)) {
        return refuse(uris::option_not_allowed);
    }
    auto made = std::make_unique<Registration>();
    made->rewriting = Rewriting(context.route);
    auto inside = made->rewriting.inside(request.procedure);
    if (!inside) return refuse(uris::invalid_uri);
    made->uri = *std::move(inside);
    made->match = match;
    made->demands_callers = demands_callers;
    made->forward_timeout =
        link_.profile.times_calls && request.options.get_bool("forward_timeout", false);
    if (shared) {
        made->invoke = invoke;
        made->front = from.id;
    }
    const bool force = context.permit.grants(policy::Grant::force_reregister) &&
                       request.options.get_bool("force_reregister", false);
    ByUri& all = uris_of(match);
    const auto found = all.find(made->uri);
    if (found != all.end()) {
        const auto error = refusal_of(found->second, *made, from, force);
        if (!error.empty()) return refuse(error);
    }
    const std::vector<Registration*>* held = wamp::find_in(by_session_, from.id);
    if (held != nullptr && held->size() >= registrations_per_session_max) {
        return refuse(uris::unavailable);
    }
    if (found != all.end()) {
        // Taken over; or its first owner left before the link confirmed it, and the pending request
        // is used for the new owner.
        Registration& first = *found->second.front();
        if (!shared && first.invoke.empty()) {
            if (first.owner != nullptr) take_over(first, from.id, out);
            by_id_.erase(first.id);
            first.rewriting = std::move(made->rewriting);
            adopt(first, from, request.request);
            if (first.state == State::active) confirm(first, out);
            return;
        }
        for (const auto& pending : found->second) {  // its own, which a reload had revoked
            if (pending->owner == nullptr && pending->front == from.id)
                return own(*pending, from, request.request);
        }
        if (force) evict(found->second, from.id, out);
    }
    Registration& registration = add(std::move(made));
    if (registration.id == 0) {
        adopt(registration, from, request.request);
    } else {
        own(registration, from, request.request);
    }
    wamp::Dict options = options_of(registration);
    if (force) options.append("force_reregister", true);
    register_behind(registration, std::move(options), out);
}

std::string_view Registrations::refusal_of(const Group& present, const Registration& wanted,
                                           const policy::Session& from, bool force) noexcept {
    constexpr std::string_view exists = uris::procedure_already_exists;
    const auto is_owned = [](const auto& each) { return each->owner != nullptr; };
    const bool owned = std::any_of(present.begin(), present.end(), is_owned);
    const Registration& first = *present.front();
    const auto is_in_the_way = [&](const auto& each) {
        return each->owner == &from || each->state != State::active;
    };
    if (owned && force && std::none_of(present.begin(), present.end(), is_in_the_way)) {
        const bool is_handed_over = first.invoke.empty() && wanted.invoke.empty();
        return is_handed_over && first.demands_callers != wanted.demands_callers ? exists : "";
    }
    const bool joins = !wanted.invoke.empty() && first.invoke == wanted.invoke;
    const bool is_member = std::any_of(present.begin(), present.end(),
                                       [&](const auto& each) { return each->owner == &from; });
    const bool has_other_options = first.demands_callers != wanted.demands_callers;
    if (has_other_options) return exists;  // the one on the link has others
    if (!owned) return first.invoke == wanted.invoke ? std::string_view() : exists;
    return joins && !is_member && !force ? std::string_view() : exists;
}

wamp::Dict Registrations::options_of(const Registration& registration) const {
    wamp::Dict options = match_options(registration.match);
    if (!registration.invoke.empty()) {
        options.append("invoke", registration.invoke);
        options.append(std::string(wamp::front_callee_key), registration.front);
    }
    if (registration.demands_callers) options.append("disclose_caller", true);
    if (registration.forward_timeout) options.append("forward_timeout", true);
    return options;
}

Registrations::Registration& Registrations::add(std::unique_ptr<Registration> made) {
    Registration& registration = *made;
    registration.age = ++made_;
    ++registrations_;
    Group& group = uris_of(registration.match)[registration.uri];
    if (!group.empty()) registration.id = group.front()->id;
    group.push_back(std::move(made));
    return registration;
}

Registrations::Registration* Registrations::find(wamp::RegistrationId id,
                                                 SessionId owner) const noexcept {
    Group* const* const group = wamp::find_in(by_id_, id);
    if (group == nullptr) return nullptr;
    for (const auto& each : **group) {
        if (each->owner != nullptr && each->owner->id == owner) return each.get();
    }
    return nullptr;
}

std::vector<Registrations::Registration*> Registrations::active_as(
    wamp::RegistrationId back) const {
    std::vector<Registration*> all;
    Group* const* const group = wamp::find_in(by_back_, back);
    if (group == nullptr) return all;
    for (const auto& each : **group) {
        if (each->back == back) all.push_back(each.get());
    }
    return all;
}

void Registrations::evict(const Group& group, SessionId by, BridgeOutbox& out) {
    std::vector<Registration*> all;
    for (const auto& each : group) all.push_back(each.get());
    for (Registration* const each : all) {
        if (each->owner != nullptr) take_over(*each, by, out);
        release(*each, out);
    }
}

void Registrations::take_over(Registration& registration, SessionId by, BridgeOutbox& out) {
    notify_revoked(registration, reason_unregistered, out);
    out.changes.push_back({registration.owner->id, registration.id, true, false, by});
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
    by_id_[registration.id] = &uris_of(registration.match).find(registration.uri)->second;
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
    Registration* const found = find(request.registration, from);
    if (found == nullptr || found->waiting != 0) return false;
    out.to_sessions.add(from, wamp::Unregistered{request.request, {}});
    out.changes.push_back({from, found->id, true, false, from});
    disown(*found, from);
    release(*found, out);
    return true;
}

bool Registrations::is_named(wamp::RegistrationId id, std::string_view uri,
                             MatchPolicy match) const {
    Group* const* const found = wamp::find_in(by_id_, id);
    if (found == nullptr || (**found).front()->match != match) return false;
    const Registration& registration = *(**found).front();
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
            wamp::Dict options;
            if (registration.front != 0)
                options.append(std::string(wamp::front_callee_key), registration.front);
            out.to_link.emplace_back(
                wamp::Unregister{request, registration.back, std::move(options)});
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
    by_back_[registration.back] = &uris_of(registration.match).find(registration.uri)->second;
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
    for (Registration* const each : active_as(unregistered.details.get_uint("registration", 0)))
        revoke(*each, out);
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

Registrations::Target Registrations::target_of(const wamp::Invocation& invocation) const noexcept {
    Group* const* const found = wamp::find_in(by_back_, invocation.registration);
    if (found == nullptr) return {};
    const SessionId front = invocation.details.get_uint(wamp::front_callee_key, 0);
    for (const auto& each : **found) {
        if (each->back != invocation.registration || each->front != front) continue;
        return {each->owner, each->id, each->match != MatchPolicy::exact, each->forward_timeout,
                &each->rewriting};
    }
    return {};
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
        register_behind(*registration, options_of(*registration), out);
    }
}

std::vector<Registrations::Registration*> Registrations::in_order() {
    std::vector<Registration*> all;
    for (const auto& [id, group] : by_id_) {
        for (const auto& each : *group) all.push_back(each.get());
    }
    std::sort(all.begin(), all.end(),
              [](const Registration* a, const Registration* b) { return a->age < b->age; });
    return all;
}

void Registrations::note_held(const Registration& registration) {
    auto uri = registration.rewriting.outside(registration.uri);
    const SessionId owner = registration.owner->id;
    link_.ids.changes.push_back({owner, owner, registration.id, true, true, registration.match,
                                 uri ? *std::move(uri) : registration.uri,
                                 policy_of(registration.invoke)});
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
    ByUri& all = uris_of(registration.match);
    const auto at = all.find(registration.uri);
    Group& group = at->second;
    const wamp::RegistrationId id = registration.id;
    const wamp::RegistrationId back = registration.back;
    std::erase_if(group, [&](const auto& each) { return each.get() == &registration; });
    --registrations_;
    const bool is_active = std::any_of(group.begin(), group.end(),
                                       [&](const auto& each) { return each->back == back; });
    if (Group** found = wamp::find_in(by_back_, back)) {
        if (*found == &group && !is_active) by_back_.erase(back);
    }
    if (!group.empty()) return;
    by_id_.erase(id);
    all.erase(at);
}

}  // namespace sallyport::backend_link
