#include "policy/meta/holdings_meta.h"

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "policy/engine/question.h"
#include "wamp/message/match.h"
#include "wamp/message/uris.h"

namespace sallyport::policy {

namespace uris = wamp::uris;
using wamp::MatchPolicy;

namespace {

constexpr std::string_view registration_head = "wamp.registration.";
constexpr std::string_view subscription_head = "wamp.subscription.";

constexpr std::array registration_procedures{
    MetaProcedure{"wamp.registration.list"},
    MetaProcedure{"wamp.registration.lookup"},
    MetaProcedure{"wamp.registration.match"},
    MetaProcedure{"wamp.registration.get"},
    MetaProcedure{"wamp.registration.list_callees"},
    MetaProcedure{"wamp.registration.count_callees"},
};
constexpr std::array subscription_procedures{
    MetaProcedure{"wamp.subscription.list"},
    MetaProcedure{"wamp.subscription.lookup"},
    MetaProcedure{"wamp.subscription.match"},
    MetaProcedure{"wamp.subscription.get"},
    MetaProcedure{"wamp.subscription.list_subscribers"},
    MetaProcedure{"wamp.subscription.count_subscribers"},
};
/// In the order in which they are published: created, one more, one less, ended.
constexpr std::array<std::string_view, 4> registration_topics{
    "wamp.registration.on_create", "wamp.registration.on_register",
    "wamp.registration.on_unregister", "wamp.registration.on_delete"};
constexpr std::array<std::string_view, 4> subscription_topics{
    "wamp.subscription.on_create", "wamp.subscription.on_subscribe",
    "wamp.subscription.on_unsubscribe", "wamp.subscription.on_delete"};
constexpr std::array registration_features{MetaFeature{"dealer", "registration_meta_api"}};
constexpr std::array subscription_features{MetaFeature{"broker", "subscription_meta_api"}};

MetaAnswer error(std::string_view uri) {
    MetaAnswer answer;
    answer.error = uri;
    return answer;
}

MetaAnswer result(wamp::Value value) {
    MetaAnswer answer;
    answer.result = std::move(value);
    return answer;
}

wamp::Dict details_of(const HoldingBook::Object& object, HoldingsMeta::Kind kind) {
    wamp::Dict details{{"id", object.id},
                       {"created", wamp::to_rfc3339(object.created)},
                       {"uri", object.uri},
                       {"match", std::string(wamp::to_string(object.match))}};
    if (kind == HoldingsMeta::Kind::registrations)
        details.append("invoke", std::string(object.invoke));
    return details;
}

/// Whether the policy lets the session do that to what the object is named after, be it only with
/// some arguments.
bool allows(const Session& session, Action action, const HoldingBook::Object& object) {
    const auto decision =
        Judge::would_decide(*session.policy, session, {action, object.uri, object.match});
    const auto* const denial = std::get_if<Denial>(&decision);
    if (denial == nullptr) return true;
    return denial->reason == Denial::Reason::condition || denial->reason == Denial::Reason::opaque;
}

/// The first argument, a URI; null if it is none.
const std::string* uri_in(const MetaCall& call) noexcept {
    return call.args.empty() ? nullptr : call.args[0].get_if<std::string>();
}

}  // namespace

std::span<const MetaProcedure> HoldingsMeta::procedures() const noexcept {
    if (kind_ == Kind::registrations) return registration_procedures;
    return subscription_procedures;
}

std::span<const std::string_view> HoldingsMeta::topics() const noexcept {
    return kind_ == Kind::registrations ? registration_topics : subscription_topics;
}

std::span<const MetaFeature> HoldingsMeta::features() const noexcept {
    if (kind_ == Kind::registrations) return registration_features;
    return subscription_features;
}

bool HoldingsMeta::may_see(const Session& session, Kind kind, const Object& object) {
    for (const wamp::SessionId member : object.members) {
        if (member == session.id) return true;
    }
    if (kind == Kind::registrations) {
        return allows(session, Action::call, object) || allows(session, Action::register_, object);
    }
    return allows(session, Action::subscribe, object) || allows(session, Action::publish, object);
}

const HoldingBook::Objects& HoldingsMeta::objects_for(const MetaCall& call) const noexcept {
    const std::string_view realm = call.from.policy->realm();
    return kind_ == Kind::registrations ? book_.registrations(realm) : book_.subscriptions(realm);
}

MetaAnswer HoldingsMeta::call(MetaCall&& call) {
    const bool registrations = kind_ == Kind::registrations;
    const std::string_view name =
        call.procedure.substr((registrations ? registration_head : subscription_head).size());
    if (name == "list") return list(call);
    if (name == "lookup") return look_up(call);
    if (name == "match") return match(call);
    const auto* id = call.args.empty() ? nullptr : call.args[0].get_if<std::uint64_t>();
    const Object* const object = id == nullptr ? nullptr : objects_for(call).find(*id);
    if (object == nullptr || !may_see(call.from, kind_, *object))
        return error(registrations ? uris::no_such_registration : uris::no_such_subscription);
    if (name == "get") return result(details_of(*object, kind_));
    if (name.starts_with("count")) return result(std::uint64_t{object->members.size()});
    return result(wamp::List(object->members.begin(), object->members.end()));
}

MetaAnswer HoldingsMeta::list(const MetaCall& call) const {
    wamp::List ids[3];
    for (const Object* object : objects_for(call).all()) {
        if (!may_see(call.from, kind_, *object)) continue;
        ids[static_cast<std::size_t>(object->match)].emplace_back(object->id);
    }
    wamp::Dict lists;
    for (const MatchPolicy match :
         {MatchPolicy::exact, MatchPolicy::prefix, MatchPolicy::wildcard}) {
        lists.append(std::string(wamp::to_string(match)),
                     std::move(ids[static_cast<std::size_t>(match)]));
    }
    return result(std::move(lists));
}

MetaAnswer HoldingsMeta::look_up(const MetaCall& call) const {
    const std::string* const uri = uri_in(call);
    const wamp::Dict none;
    const wamp::Dict* options = &none;
    if (call.args.size() > 1 && !call.args[1].is_null())
        options = call.args[1].get_if<wamp::Dict>();
    if (uri == nullptr || options == nullptr) return error(uris::invalid_argument);
    const std::string_view match = options->get_string("match", "exact");
    if (match != "exact" && match != "prefix" && match != "wildcard")
        return error(uris::invalid_argument);
    const Object* const object = objects_for(call).find(*uri, wamp::match_of(*options));
    if (object == nullptr || !may_see(call.from, kind_, *object)) return result({});
    return result(object->id);
}

MetaAnswer HoldingsMeta::match(const MetaCall& call) const {
    const std::string* const uri = uri_in(call);
    if (uri == nullptr) return error(uris::invalid_argument);
    if (kind_ == Kind::registrations) {
        const Object* const object = objects_for(call).best(*uri);
        if (object == nullptr || !may_see(call.from, kind_, *object)) return result({});
        return result(object->id);
    }
    wamp::List ids;
    for (const Object* object : objects_for(call).matching(*uri)) {
        if (may_see(call.from, kind_, *object)) ids.emplace_back(object->id);
    }
    if (ids.empty()) return result({});
    return result(std::move(ids));
}

void HoldingsMeta::publish(const Session& holder, const wamp::HoldingChange& change,
                           const HoldingBook::Applied& applied, MetaTopics& topics,
                           wamp::Deliveries& out) {
    if (topics.subscriptions() == 0) return;
    const Kind kind = change.registration ? Kind::registrations : Kind::subscriptions;
    const auto& names = change.registration ? registration_topics : subscription_topics;
    const Object& object = *applied.object;
    const auto admits = [&](const Session& receiver) {
        return receiver.id != change.by && may_see(receiver, kind, object);
    };
    const std::string_view realm = holder.policy->realm();
    const wamp::List brief{change.session, change.id};
    if (applied.first) {
        topics.publish(realm, names[0], {change.session, details_of(object, kind)}, admits, out);
    }
    topics.publish(realm, names[change.added ? 1 : 2], brief, admits, out);
    if (applied.last) topics.publish(realm, names[3], brief, admits, out);
}

}  // namespace sallyport::policy
