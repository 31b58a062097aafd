#include "policy/meta/session_meta.h"

#include <algorithm>
#include <utility>

#include "wamp/base/uri.h"
#include "wamp/message/uris.h"

namespace sallyport::policy {

namespace uris = wamp::uris;
using wamp::SessionId;

namespace {

constexpr std::string_view on_join = "wamp.session.on_join";
constexpr std::string_view on_leave = "wamp.session.on_leave";
constexpr std::string_view kill_head = "wamp.session.kill";

constexpr std::array all_procedures{
    MetaProcedure{"wamp.session.count", Grant::meta, false},
    MetaProcedure{"wamp.session.list", Grant::meta, false},
    MetaProcedure{"wamp.session.get", Grant::meta, false},
    MetaProcedure{"wamp.session.kill", Grant::meta, true},
    MetaProcedure{"wamp.session.kill_by_authid", Grant::meta, true},
    MetaProcedure{"wamp.session.kill_by_authrole", Grant::meta, true},
    MetaProcedure{"wamp.session.kill_all", Grant::meta, true},
};
constexpr std::array all_topics{on_join, on_leave};
constexpr std::array all_features{MetaFeature{"broker", "session_meta_api"},
                                  MetaFeature{"dealer", "session_meta_api"}};

/// A session does not hear of itself (W-SSM-05).
auto all_but(const Session& session) {
    return [id = session.id](const Session& receiver) { return receiver.id != id; };
}

/// Links transport other sessions, and a door's own sessions have no peer: neither is a client.
bool is_of_a_client(const Session& session) noexcept {
    return session.peer != wamp::no_peer && session.principal.method != "link";
}

bool is_listed(const Session& session, std::string_view realm) noexcept {
    return session.policy->realm() == realm && is_of_a_client(session);
}

wamp::Dict details_of(const Session& session) {
    const Principal& who = session.principal;
    return wamp::Dict{{"session", session.id},
                      {"authid", who.authid},
                      {"authrole", who.role},
                      {"authmethod", who.method},
                      {"authprovider", session.dynamic ? "dynamic" : "static"}};
}

MetaAnswer error(std::string_view uri) {
    MetaAnswer answer;
    answer.error = uri;
    return answer;
}

SessionId session_in(const MetaCall& call) noexcept {
    const auto* id = call.args.empty() ? nullptr : call.args[0].get_if<std::uint64_t>();
    return id == nullptr ? 0 : *id;
}

}  // namespace

std::span<const MetaProcedure> SessionMeta::procedures() const noexcept {
    return all_procedures;
}

std::span<const std::string_view> SessionMeta::topics() const noexcept {
    return all_topics;
}

std::span<const MetaFeature> SessionMeta::features() const noexcept {
    return all_features;
}

MetaAnswer SessionMeta::call(MetaCall&& call) {
    if (call.procedure.starts_with(kill_head)) return kill(call);
    return call.procedure == "wamp.session.get" ? get(call) : list(call);
}

std::vector<const Session*> SessionMeta::sessions_of(std::string_view realm) const {
    std::vector<const Session*> all;
    for (const SessionId id : door_.session_ids()) {
        const Session* const session = door_.sessions().find(id);
        if (session != nullptr && is_listed(*session, realm)) all.push_back(session);
    }
    return all;
}

MetaAnswer SessionMeta::get(const MetaCall& call) const {
    const Session* const session = door_.sessions().find(session_in(call));
    // Of a link, too: those who hold subscriptions and registrations include it.
    const bool known = session != nullptr && session->peer != wamp::no_peer &&
                       session->policy->realm() == call.from.policy->realm();
    if (!known) return error(uris::no_such_session);
    MetaAnswer answer;
    answer.result = details_of(*session);
    return answer;
}

MetaAnswer SessionMeta::list(const MetaCall& call) const {
    const wamp::List* roles = nullptr;
    if (!call.args.empty() && !call.args[0].is_null()) {
        roles = call.args[0].get_if<wamp::List>();
        if (roles == nullptr) return error(uris::invalid_argument);
    }
    wamp::List ids;
    for (const Session* session : sessions_of(call.from.policy->realm())) {
        const wamp::Value role(session->principal.role);
        if (roles != nullptr && std::find(roles->begin(), roles->end(), role) == roles->end())
            continue;
        ids.emplace_back(session->id);
    }
    MetaAnswer answer;
    answer.result = call.procedure == "wamp.session.count" ? wamp::Value(std::uint64_t{ids.size()})
                                                           : wamp::Value(std::move(ids));
    return answer;
}

MetaAnswer SessionMeta::kill(const MetaCall& call) const {
    const std::string_view realm = call.from.policy->realm();
    MetaAnswer answer;
    answer.reason = call.kwargs.get_string("reason", uris::killed);
    if (!wamp::is_valid_uri(answer.reason)) return error(uris::invalid_uri);
    if (const wamp::Value* message = call.kwargs.find("message");
        message != nullptr && !message->is_null()) {
        const std::string* const text = message->get_if<std::string>();
        if (text == nullptr || text->size() > SessionMeta::message_bytes_max)
            return error(uris::invalid_argument);
        answer.message = *text;
    }
    const std::string_view by = call.procedure.substr(kill_head.size());
    if (by.empty()) {
        const Session* const session = door_.sessions().find(session_in(call));
        if (session == nullptr || session == &call.from || !is_listed(*session, realm))
            return error(uris::no_such_session);
        answer.ended.push_back(session->id);
        return answer;
    }
    const bool all = by == "_all";
    const bool by_authid = by == "_by_authid";
    const std::string* const name =
        call.args.empty() ? nullptr : call.args[0].get_if<std::string>();
    if (!all && name == nullptr) return error(uris::invalid_argument);
    wamp::List ids;
    for (const Session* session : sessions_of(realm)) {
        if (session == &call.from) continue;
        const Principal& who = session->principal;
        if (!all && (by_authid ? who.authid : who.role) != *name) continue;
        answer.ended.push_back(session->id);
        ids.emplace_back(session->id);
    }
    answer.publish_leave = !all;
    answer.result =
        by_authid ? wamp::Value(std::move(ids)) : wamp::Value(std::uint64_t{answer.ended.size()});
    return answer;
}

void SessionMeta::on_joined(const Session& session, MetaTopics& topics, wamp::Deliveries& out) {
    if (!is_of_a_client(session) || topics.subscriptions() == 0) return;
    topics.publish(session.policy->realm(), on_join, {details_of(session)}, all_but(session), out);
}

void SessionMeta::on_left(const Session& session, bool publish_leave, MetaTopics& topics,
                          wamp::Deliveries& out) {
    const Principal& who = session.principal;
    if (!publish_leave || !is_of_a_client(session) || topics.subscriptions() == 0) return;
    topics.publish(session.policy->realm(), on_leave, {session.id, who.authid, who.role},
                   all_but(session), out);
}

}  // namespace sallyport::policy
