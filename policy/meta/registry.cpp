#include "policy/meta/registry.h"

#include <algorithm>
#include <utility>

#include "policy/engine/reserved.h"
#include "policy/meta/holdings_meta.h"
#include "policy/meta/link_meta.h"
#include "policy/meta/session_meta.h"
#include "policy/meta/testaments.h"
#include "wamp/base/check.h"
#include "wamp/base/uri.h"
#include "wamp/codec/codec.h"
#include "wamp/message/history.h"
#include "wamp/message/uris.h"

namespace sallyport::policy {

namespace uris = wamp::uris;

namespace {

/// All providers: a new one is a file of its own and a line here.
std::vector<std::unique_ptr<MetaProvider>> make_providers(Door& door, const HoldingBook& book,
                                                          wamp::Random& random) {
    std::vector<std::unique_ptr<MetaProvider>> all;
    all.push_back(std::make_unique<SessionMeta>(door));
    all.push_back(std::make_unique<LinkMeta>());
    all.push_back(std::make_unique<Testaments>(door, random.fork()));
    all.push_back(std::make_unique<HoldingsMeta>(HoldingsMeta::Kind::registrations, book));
    all.push_back(std::make_unique<HoldingsMeta>(HoldingsMeta::Kind::subscriptions, book));
    return all;
}

}  // namespace

MetaRegistry::MetaRegistry(Door& door, wamp::Random& random)
    : door_(door), topics_(door, random.fork()), providers_(make_providers(door, book_, random)) {
    for (const auto& provider : providers_)
        known_topics_.insert(known_topics_.end(), provider->topics().begin(),
                             provider->topics().end());
}

wamp::Dict MetaRegistry::announced(wamp::Dict roles) const {
    for (const auto& provider : providers_) {
        for (const MetaFeature& feature : provider->features()) {
            roles.find(feature.role)
                ->get_if<wamp::Dict>()
                ->find("features")
                ->get_if<wamp::Dict>()
                ->set(std::string(feature.name), true);
        }
    }
    return roles;
}

bool MetaRegistry::serves(const wamp::Message& message) noexcept {
    if (const auto* call = std::get_if<wamp::Call>(&message))
        return wamp::is_reserved(call->procedure) && call->procedure != uris::get_events;
    const auto* subscribe = std::get_if<wamp::Subscribe>(&message);
    return subscribe != nullptr && (wamp::is_reserved(subscribe->topic) ||
                                    is_link_topic(Action::subscribe, subscribe->topic));
}

MetaProvider* MetaRegistry::provider_of(std::string_view procedure) noexcept {
    for (const auto& provider : providers_) {
        for (const MetaProcedure& each : provider->procedures()) {
            if (each.uri == procedure) return provider.get();
        }
    }
    return nullptr;
}

MetaRegistry::Ended MetaRegistry::handle(const Door::Request& request, wamp::Deliveries& out) {
    topics_.forget_spent();
    const Session& from = *request.session;
    if (const auto* subscribe = std::get_if<wamp::Subscribe>(&request.message)) {
        SALLYPORT_CHECK(request.permit.covers(from.id, question_of(*subscribe)));
        topics_.subscribe(from, *subscribe, known_topics_, out);
        return {};
    }
    const auto& call = std::get<wamp::Call>(request.message);
    SALLYPORT_CHECK(request.permit.covers(from.id, question_of(call)));
    const wamp::Serializer serializer = call.payload.serializer;
    auto args = wamp::args_of(call.payload);
    auto kwargs = wamp::kwargs_of(call.payload);
    MetaAnswer answer;
    if (!args || !kwargs) {
        answer.error = uris::invalid_argument;
    } else if (MetaProvider* const provider = provider_of(call.procedure)) {
        answer = provider->call(
            {from, call.procedure, serializer, std::move(*args), std::move(*kwargs)});
    } else {
        answer.error = uris::no_such_procedure;
    }
    if (answer.error.empty()) {
        out.add(from.id,
                wamp::CallResult{
                    call.request, {}, topics_.keep(serializer, {std::move(answer.result)})});
    } else {
        out.add(
            from.id,
            wamp::Error{wamp::MessageType::call, call.request, {}, std::string(answer.error), {}});
    }
    return {std::move(answer.ended), std::move(answer.reason), std::move(answer.message),
            answer.publish_leave};
}

bool MetaRegistry::unsubscribe(wamp::SessionId from, const wamp::Unsubscribe& request,
                               wamp::Deliveries& out) {
    topics_.forget_spent();
    return topics_.unsubscribe(from, request, out);
}

void MetaRegistry::joined(wamp::SessionId session, wamp::Deliveries& out) {
    topics_.forget_spent();
    const Session* const who = door_.sessions().find(session);
    if (who == nullptr) return;
    for (const auto& provider : providers_) provider->on_joined(*who, topics_, out);
}

void MetaRegistry::left(wamp::SessionId session, bool publish_leave, wamp::Deliveries& out) {
    topics_.forget_spent();
    topics_.leave(session);
    const Session* const who = door_.sessions().find(session);
    if (who == nullptr) return;
    for (const auto& provider : providers_) provider->on_left(*who, publish_leave, topics_, out);
}

std::vector<Door::Request> MetaRegistry::last_publications(wamp::SessionId session,
                                                           wamp::Instant now) {
    std::vector<Door::Request> all;
    Session* const who = door_.sessions().find(session);
    if (who == nullptr) return all;
    for (const auto& provider : providers_) {
        for (Door::Request& request : provider->last_publications(*who, now))
            all.push_back(std::move(request));
    }
    return all;
}

void MetaRegistry::drop_publications(wamp::SessionId session) noexcept {
    for (const auto& provider : providers_) provider->drop_publications(session);
}

void MetaRegistry::held(wamp::HoldingChanges&& changes, bool publish, wamp::Timestamp now,
                        wamp::Deliveries& out) {
    topics_.forget_spent();
    for (const wamp::HoldingChange& change : without_moves(std::move(changes))) {
        const Session* const holder = door_.sessions().find(change.session);
        if (holder == nullptr) continue;
        const std::string_view realm = holder->policy->realm();
        const HoldingBook::Applied applied = book_.apply(realm, change, now);
        if (applied.object == nullptr) continue;
        if (publish) HoldingsMeta::publish(*holder, change, applied, topics_, out);
        if (applied.last) book_.forget(realm, change);
    }
}

void MetaRegistry::revoke(wamp::SessionId member, wamp::SubscriptionId id, std::string_view reason,
                          wamp::Deliveries& out) {
    topics_.revoke(member, id, reason, out);
    topics_.forget_spent();
}

void MetaRegistry::judge_again(wamp::Deliveries& out, wamp::Outbox& effects) {
    topics_.forget_spent();
    topics_.judge_again(out, effects);
}

void MetaRegistry::publish(std::string_view realm, std::string_view topic, const wamp::List& args,
                           wamp::Deliveries& out) {
    topics_.forget_spent();
    topics_.publish(realm, topic, args, [](const Session&) { return true; }, out);
}

std::size_t MetaRegistry::bytes() const noexcept {
    std::size_t bytes = 0;
    for (const auto& provider : providers_) bytes += provider->bytes();
    return bytes;
}

std::vector<MetaProcedure> MetaRegistry::procedures() const {
    std::vector<MetaProcedure> all;
    for (const auto& provider : providers_)
        all.insert(all.end(), provider->procedures().begin(), provider->procedures().end());
    return all;
}

std::vector<std::string_view> MetaRegistry::topics() const {
    return known_topics_;
}

}  // namespace sallyport::policy
