#include "tests/sim/actors/subscriber.h"

#include <array>
#include <utility>

#include "tests/sim/names.h"
#include "wamp/message/passthru.h"

namespace sallyport::sim {

using wamp::Dict;
using wamp::MatchPolicy;

namespace {

struct Pattern {
    std::string_view tail;
    MatchPolicy match;
};
constexpr std::array<Pattern, 10> patterns{{{"topic.a", MatchPolicy::exact},
                                            {"topic.b", MatchPolicy::exact},
                                            {"topic.kept", MatchPolicy::exact},
                                            {"topic.kept", MatchPolicy::exact},
                                            {"topic.sealed", MatchPolicy::exact},
                                            {"topic.b.", MatchPolicy::prefix},
                                            {"topic.b.", MatchPolicy::wildcard},
                                            {"topic.own.", MatchPolicy::prefix},
                                            {"topic.", MatchPolicy::prefix},  // reaches the secret
                                            {"topic.secret", MatchPolicy::exact}}};

/// Events that come over one link keep their publisher's order. A reload leads "move." from one to
/// the other.
enum class Path : char { alpha, beta, either };
Path path_of(std::string_view topic) {
    const auto head = head_of(topic);
    return head == "far." ? Path::beta : head == "move." ? Path::either : Path::alpha;
}

bool is_meta(std::string_view topic) {
    return topic.starts_with(meta_head);
}

}  // namespace

void Subscriber::subscribe() {
    Dice& dice = client_.dice();
    const wamp::RequestId request = ++client_.last_request;
    Request asked{RequestKind::subscribe, "", MatchPolicy::exact};
    Dict options;
    if (dice.chance(12)) {
        asked.uri = dice.chance(50) ? on_join_topic : on_leave_topic;
    } else if (dice.chance(8)) {
        asked.uri = "lab..a";
        asked.match = MatchPolicy::wildcard;
    } else {
        const Pattern& pattern = any_of(patterns, dice);
        asked.uri = client_.named(pattern.tail);
        asked.match = pattern.match;
        if (pattern.tail == "topic.kept" ? dice.chance(70) : dice.chance(3))
            options.set("get_retained", true);
    }
    if (asked.match != MatchPolicy::exact)
        options.set("match", std::string(wamp::to_string(asked.match)));
    const std::string uri = asked.uri;
    requests_[request] = std::move(asked);
    client_.send(wamp::Subscribe{request, std::move(options), uri});
}

void Subscriber::unsubscribe() {
    if (held_.empty()) return;
    const auto chosen = held_.begin()->first;
    for (const auto& [id, asked] : requests_) {
        if (asked.kind == RequestKind::unsubscribe && asked.id == chosen) return;
    }
    const wamp::RequestId request = ++client_.last_request;
    requests_[request] = {RequestKind::unsubscribe, "", MatchPolicy::exact, chosen};
    client_.send(wamp::Unsubscribe{request, chosen, {}});
}

void Subscriber::publish() {
    Dice& dice = client_.dice();
    const std::string topic = client_.named(any_of(topics, dice));
    const bool sealed = client_.passes && topic.ends_with("topic.sealed") && dice.chance(70);
    const auto payload =
        sealed ? payload_of(client_.serializer, {client_.key, ++last_published_}, true)
               : random_payload();
    const wamp::RequestId request = ++client_.last_request;
    Dict options;
    if (dice.chance(60)) {
        options.set("acknowledge", true);
        requests_[request] = {RequestKind::publish, topic};
    }
    if (dice.chance(20)) options.set("exclude_me", false);
    if (topic.ends_with("topic.kept") ? dice.chance(60) : dice.chance(3))
        options.set("retain", true);
    if (client_.kind == Kind::guest && dice.chance(client_.principal.role == "operator" ? 40 : 3))
        options.set("disclose_me", true);
    if (dice.chance(15)) choose_receivers(client_, options);
    if (client_.kind == Kind::service) options.set("_host", "mark-host");
    if (sealed) options.set("ppt_scheme", "sim");
    client_.send(wamp::Publish{request, options, topic, payload.view()});
    ++client_.published;
}

void Subscriber::publish_much(std::uint64_t count) {
    Dice& dice = client_.dice();
    // Many denials would make it wait for long.
    const std::string topic = client_.named(count > 100 ? topics[0] : any_of(topics, dice));
    const bool large = count < 20 && dice.chance(50);
    for (; count > 0; --count) {
        const auto payload = payload_of(client_.serializer, {client_.key, ++last_published_}, false,
                                        large ? some_padding(dice) : 0);
        client_.send(wamp::Publish{++client_.last_request, {}, topic, payload.view()});
        ++client_.published;
    }
}

void choose_receivers(const Client& client, Dict& options) {
    Dice& dice = client.dice();
    static constexpr std::array<std::string_view, 6> lists{"eligible",          "exclude",
                                                           "eligible_authid",   "exclude_authid",
                                                           "eligible_authrole", "exclude_authrole"};
    static constexpr std::array<std::string_view, 6> roles{"guest",  "operator", "viewer",
                                                           "warden", "service",  "gateway"};
    const auto& environment = client.environment;
    const auto& sessions =
        client.kind == Kind::guest ? environment.sessions : environment.sessions_of_inside;
    for (std::uint64_t left = dice.between(1, 2); left > 0; --left) {
        const auto name = any_of(lists, dice);
        wamp::List entries;
        for (auto count = dice.between(0, 3); count > 0; --count) {
            if (name == "eligible" || name == "exclude") {
                if (!sessions.empty()) entries.emplace_back(any_of(sessions, dice));
            } else {
                entries.emplace_back(name.ends_with("authid") ? any_of(accounts, dice).authid
                                                              : any_of(roles, dice));
            }
        }
        options.set(std::string(name), std::move(entries));
    }
}

/// At times more than everybody receives, or not to be said in every serializer.
wamp::OwnedPayload Subscriber::random_payload() {
    Dice& dice = client_.dice();
    wamp::List args{wamp::Value(client_.key), wamp::Value(++last_published_)};
    Dict kwargs;
    if (dice.chance(4)) args.emplace_back(std::string(small_receives_max + 1, 'x'));
    if (client_.serializer != wamp::Serializer::json && dice.chance(4))
        kwargs.set("also", not_for_json);
    return wamp::make_payload(client_.serializer, args, kwargs);
}

void Subscriber::publish(const std::string& topic, std::uint64_t number) {
    const wamp::RequestId request = ++client_.last_request;
    requests_[request] = {RequestKind::publish, topic};
    const auto payload = payload_of(client_.serializer, {client_.key, number}, false);
    client_.send(wamp::Publish{request, {{"acknowledge", true}}, topic, payload.view()});
    ++client_.published;
}

// Answers and events
// ------------------------------------------------------------------------------------------------

bool Subscriber::take(wamp::RequestId request, RequestKind kind, Request& taken) {
    const auto found = requests_.find(request);
    if (found == requests_.end() || found->second.kind != kind) {
        if (!client_.leaving)
            client_.wrong(Check::legal_router,
                          "answer to request " + std::to_string(request) + " that is not open");
        return false;
    }
    taken = found->second;
    requests_.erase(found);
    return true;
}

bool Subscriber::on(const wamp::Error& error) {
    const auto found = requests_.find(error.request);
    if (found == requests_.end()) return false;
    if (found->second.kind == RequestKind::unsubscribe) held_.erase(found->second.id);
    requests_.erase(found);
    return true;
}

void Subscriber::on(const wamp::Subscribed& subscribed) {
    Request taken;
    if (!take(subscribed.request, RequestKind::subscribe, taken)) return;
    Subscription& subscription = held_[subscribed.subscription];
    subscription.topic = taken.uri;
    subscription.match = taken.match;
}

void Subscriber::on(const wamp::Unsubscribed& unsubscribed) {
    if (unsubscribed.request == 0) {  // revoked
        held_.erase(unsubscribed.details.get_uint("subscription", 0));
        return;
    }
    Request taken;
    if (take(unsubscribed.request, RequestKind::unsubscribe, taken)) held_.erase(taken.id);
}

void Subscriber::on(const wamp::Published& published) {
    Request taken;
    if (take(published.request, RequestKind::publish, taken) && client_.kind == Kind::guest &&
        taken.uri.ends_with("topic.secret")) {
        client_.wrong(Check::permit, "the secret topic was published to");
    }
}

void Subscriber::on(const wamp::Event& event) {
    if (client_.leaving) return;
    const auto found = held_.find(event.subscription);
    if (found == held_.end())
        return client_.wrong(Check::subscribed_only, "EVENT without a subscription");
    Subscription& subscription = found->second;
    auto& counts = client_.findings().counts;
    ++counts.events;
    if (is_meta(subscription.topic)) return;  // the door's model knows what is due
    const auto topic = event.details.get_string("topic");
    if (client_.kind == Kind::guest && topic.ends_with("topic.secret"))
        client_.wrong(Check::permit, "an event of the secret topic");
    if (!topic.empty() && head_of(topic) != head_of(subscription.topic)) {
        client_.wrong(Check::legal_router,
                      "an event of " + std::string(topic) + " for " + subscription.topic);
    }
    if (wamp::is_passthru(event.details)) ++counts.sealed;
    if (!event.details.get_bool("retained", false))
        check_order(subscription, payload_id_of(event.payload));
}

void Subscriber::check_order(Subscription& subscription, const PayloadId& payload_id) {
    const Path path = path_of(subscription.topic);
    auto& latest = latest_of_[{payload_id.first, static_cast<char>(path)}];
    auto& last_here = subscription.last_of[payload_id.first];
    if (payload_id.second < latest && path != Path::either) {
        client_.wrong(Check::publisher_order, "event " + std::to_string(payload_id.second) +
                                                  " on " + subscription.topic + " after " +
                                                  std::to_string(latest));
    }
    if (payload_id.second == last_here)
        client_.wrong(Check::publisher_order,
                      "event " + std::to_string(payload_id.second) + " twice");
    latest = payload_id.second;
    last_here = payload_id.second;
}

void Subscriber::check_all_answered() const {
    for (const auto& [request, asked] : requests_)
        client_.wrong(Check::legal_router, "no answer to request " + std::to_string(request));
}

}  // namespace sallyport::sim
