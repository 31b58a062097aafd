#include "policy/meta/session_meta.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "wamp/base/check.h"
#include "wamp/codec/codec.h"
#include "wamp/message/match.h"
#include "wamp/message/uris.h"

namespace sallyport::policy {

namespace uris = wamp::uris;
using wamp::SessionId;

namespace {

constexpr std::string_view on_join = "wamp.session.on_join";
constexpr std::string_view on_leave = "wamp.session.on_leave";
constexpr std::string_view kill_head = "wamp.session.kill";

/// Links are the way of others, not sessions of anybody.
bool is_listed(const Session& session, std::string_view realm) noexcept {
    return session.policy->realm() == realm && session.principal.method != "link";
}

wamp::Dict details_of(const Session& session) {
    const Principal& who = session.principal;
    return wamp::Dict{{"session", session.id},
                      {"authid", who.authid},
                      {"authrole", who.role},
                      {"authmethod", who.method},
                      {"authprovider", session.dynamic ? "dynamic" : "static"}};
}

}  // namespace

/// A call with its arguments.
struct SessionMeta::Asked {
    const Session& from;
    std::string_view procedure;
    wamp::List args;
    wamp::Dict kwargs;

    const std::string* text(std::size_t at) const noexcept {
        return at < args.size() ? args[at].get_if<std::string>() : nullptr;
    }
    SessionId session() const noexcept {
        const auto* id = args.empty() ? nullptr : args[0].get_if<std::uint64_t>();
        return id == nullptr ? 0 : *id;
    }
};

wamp::Dict SessionMeta::announced(wamp::Dict roles) {
    for (const std::string_view role : {"broker", "dealer"}) {
        roles.find(role)
            ->get_if<wamp::Dict>()
            ->find("features")
            ->get_if<wamp::Dict>()
            ->set("session_meta_api", true);
    }
    return roles;
}

bool SessionMeta::serves(const wamp::Message& message) noexcept {
    if (const auto* call = std::get_if<wamp::Call>(&message))
        return wamp::is_reserved(call->procedure);
    const auto* subscribe = std::get_if<wamp::Subscribe>(&message);
    return subscribe != nullptr && wamp::is_reserved(subscribe->topic);
}

SessionMeta::Ended SessionMeta::handle(const Door::Request& request, wamp::Deliveries& out) {
    kept_.clear();
    const Session* const from = door_.sessions().find(request.from);
    SALLYPORT_CHECK(from != nullptr);
    if (const auto* subscribed = std::get_if<wamp::Subscribe>(&request.message)) {
        subscribe(*from, *subscribed, out);
        return {};
    }
    return call(*from, std::get<wamp::Call>(request.message), out);
}

// Procedures
// ----------------------------------------------------------------------------------------------

SessionMeta::Ended SessionMeta::call(const Session& from, const wamp::Call& call,
                                     wamp::Deliveries& out) {
    Ended ended;
    wamp::Value result;
    std::string_view error;
    auto args = wamp::args_of(call.payload);
    auto kwargs = wamp::kwargs_of(call.payload);
    if (!args || !kwargs) {
        error = uris::invalid_argument;
    } else {
        const Asked asked{from, call.procedure, std::move(*args), std::move(*kwargs)};
        error = call.procedure.starts_with(kill_head) ? kill(asked, ended, result)
                                                      : question(asked, result);
    }
    if (error.empty()) {
        out.add(from.id, wamp::CallResult{
                             call.request, {}, keep(call.payload.serializer, {std::move(result)})});
    } else {
        out.add(from.id,
                wamp::Error{wamp::MessageType::call, call.request, {}, std::string(error), {}});
    }
    return ended;
}

std::vector<const Session*> SessionMeta::sessions_of(std::string_view realm) const {
    std::vector<const Session*> all;
    for (const SessionId id : door_.session_ids()) {
        const Session* const session = door_.sessions().find(id);
        if (session != nullptr && is_listed(*session, realm)) all.push_back(session);
    }
    return all;
}

std::string_view SessionMeta::question(const Asked& asked, wamp::Value& result) const {
    const std::string_view realm = asked.from.policy->realm();
    if (asked.procedure == "wamp.session.get") {
        const Session* const session = door_.sessions().find(asked.session());
        if (session == nullptr || !is_listed(*session, realm)) return uris::no_such_session;
        result = details_of(*session);
        return {};
    }
    const bool counts = asked.procedure == "wamp.session.count";
    if (!counts && asked.procedure != "wamp.session.list") return uris::no_such_procedure;
    const wamp::List* roles = nullptr;
    if (!asked.args.empty() && !asked.args[0].is_null()) {
        roles = asked.args[0].get_if<wamp::List>();
        if (roles == nullptr) return uris::invalid_argument;
    }
    wamp::List ids;
    for (const Session* session : sessions_of(realm)) {
        const wamp::Value role(session->principal.role);
        if (roles != nullptr && std::find(roles->begin(), roles->end(), role) == roles->end())
            continue;
        ids.emplace_back(session->id);
    }
    result = counts ? wamp::Value(std::uint64_t{ids.size()}) : wamp::Value(std::move(ids));
    return {};
}

std::string_view SessionMeta::kill(const Asked& asked, Ended& ended, wamp::Value& result) const {
    const std::string_view realm = asked.from.policy->realm();
    ended.reason = asked.kwargs.get_string("reason", uris::killed);
    if (!wamp::is_valid_uri(ended.reason)) return uris::invalid_uri;
    const std::string_view by = asked.procedure.substr(kill_head.size());
    if (by.empty()) {
        const Session* const session = door_.sessions().find(asked.session());
        if (session == nullptr || session == &asked.from || !is_listed(*session, realm)) {
            return uris::no_such_session;
        }
        ended.sessions.push_back(session->id);
        return {};
    }
    const bool all = by == "_all";
    const bool by_authid = by == "_by_authid";
    if (!all && !by_authid && by != "_by_authrole") return uris::no_such_procedure;
    const std::string* const name = asked.text(0);
    if (!all && name == nullptr) return uris::invalid_argument;
    wamp::List ids;
    for (const Session* session : sessions_of(realm)) {
        if (session == &asked.from) continue;
        const Principal& who = session->principal;
        if (!all && (by_authid ? who.authid : who.role) != *name) continue;
        ended.sessions.push_back(session->id);
        ids.emplace_back(session->id);
    }
    ended.tell_left = !all;
    result =
        by_authid ? wamp::Value(std::move(ids)) : wamp::Value(std::uint64_t{ended.sessions.size()});
    return {};
}

// Topics
// --------------------------------------------------------------------------------------------------

void SessionMeta::subscribe(const Session& from, const wamp::Subscribe& subscribe,
                            wamp::Deliveries& out) {
    const auto match = match_of(subscribe.options);
    if (!wamp::matches(subscribe.topic, match, on_join) &&
        !wamp::matches(subscribe.topic, match, on_leave)) {
        // Nobody publishes there that could be believed.
        out.add(from.id, wamp::Error{wamp::MessageType::subscribe,
                                     subscribe.request,
                                     {},
                                     std::string(uris::feature_not_supported),
                                     {}});
        return;
    }
    const std::string_view realm = from.policy->realm();
    auto found =
        std::find_if(subscriptions_.begin(), subscriptions_.end(), [&](const Subscription& each) {
            return each.realm == realm && each.topic == subscribe.topic && each.match == match;
        });
    if (found == subscriptions_.end()) {
        subscriptions_.push_back(
            {random_.global_id(), std::string(realm), subscribe.topic, match, {}});
        found = subscriptions_.end() - 1;
    }
    if (std::find(found->members.begin(), found->members.end(), from.id) == found->members.end()) {
        found->members.push_back(from.id);
    }
    out.add(from.id, wamp::Subscribed{subscribe.request, found->id});
}

bool SessionMeta::unsubscribe(SessionId from, const wamp::Unsubscribe& request,
                              wamp::Deliveries& out) {
    kept_.clear();
    const auto found =
        std::find_if(subscriptions_.begin(), subscriptions_.end(),
                     [&](const Subscription& each) { return each.id == request.subscription; });
    if (found == subscriptions_.end() || std::erase(found->members, from) == 0) return false;
    forget_unheld();
    out.add(from, wamp::Unsubscribed{request.request, {}});
    return true;
}

void SessionMeta::joined(SessionId session, wamp::Deliveries& out) {
    kept_.clear();
    if (subscriptions_.empty()) return;
    const Session* const who = door_.sessions().find(session);
    if (who == nullptr || who->principal.method == "link") return;
    publish(*who, on_join, {details_of(*who)}, out);
}

void SessionMeta::left(SessionId session, bool tell, wamp::Deliveries& out) {
    kept_.clear();
    if (subscriptions_.empty()) return;
    for (Subscription& subscription : subscriptions_) std::erase(subscription.members, session);
    forget_unheld();
    const Session* const who = door_.sessions().find(session);
    if (!tell || who == nullptr || who->principal.method == "link") return;
    publish(*who, on_leave, {who->id, who->principal.authid, who->principal.role}, out);
}

void SessionMeta::publish(const Session& about, std::string_view topic, const wamp::List& args,
                          wamp::Deliveries& out) {
    const wamp::PublicationId id = random_.global_id();
    const wamp::Payload payload = keep(wamp::Serializer::msgpack, args);
    for (const Subscription& subscription : subscriptions_) {
        if (subscription.realm != about.policy->realm()) continue;
        if (!wamp::matches(subscription.topic, subscription.match, topic)) continue;
        std::vector<SessionId> receivers;
        for (const SessionId member : subscription.members) {
            const Session* const session = door_.sessions().find(member);
            if (member != about.id && session != nullptr && session->may_receive(topic))
                receivers.push_back(member);
        }
        if (receivers.empty()) continue;
        wamp::Event event{subscription.id, id, {}, payload};
        if (subscription.match != wamp::MatchPolicy::exact) event.details.append("topic", topic);
        out.add(receivers, std::move(event));
    }
}

void SessionMeta::judge_again(wamp::Deliveries& out) {
    kept_.clear();
    for (Subscription& subscription : subscriptions_) {
        std::erase_if(subscription.members, [&](SessionId member) {
            const Session* const session = door_.sessions().find(member);
            if (session == nullptr) return true;
            const auto decision = session->policy->decide(
                session->subject(), {Action::subscribe, subscription.topic, subscription.match});
            if (std::holds_alternative<Permit>(decision)) return false;
            if (session->features.has(wamp::Feature::subscriber_subscription_revocation)) {
                wamp::Unsubscribed revocation;
                revocation.details.append("subscription", subscription.id);
                revocation.details.append("reason", uris::not_authorized);
                out.add(member, std::move(revocation));
            }
            return true;
        });
    }
    forget_unheld();
}

wamp::Payload SessionMeta::keep(wamp::Serializer serializer, const wamp::List& args) {
    return kept_.emplace_back(wamp::make_payload(serializer, args)).view();
}

void SessionMeta::forget_unheld() noexcept {
    std::erase_if(subscriptions_, [](const Subscription& each) { return each.members.empty(); });
}

}  // namespace sallyport::policy
