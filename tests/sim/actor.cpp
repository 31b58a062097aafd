#include "tests/sim/actor.h"

#include <array>
#include <utility>

#include "wamp/message/uris.h"

namespace sallyport::sim {

using wamp::Dict;
using wamp::List;
using wamp::Value;

namespace {

constexpr std::array<std::string_view, 4> service_procedures{"lab.svc.echo", "lab.svc.slow",
                                                             "lab.svc.fail", "lab.svc.never"};
constexpr std::array<std::string_view, 9> called{
    "lab.svc.echo",    "lab.svc.echo",    "lab.svc.slow",   "lab.svc.fail", "lab.svc.never",
    "lab.svc.limited", "lab.svc.nothing", "lab.svc.secret", "lab.front.a"};
constexpr std::array<std::string_view, 4> topics{"lab.topic.a", "lab.topic.b", "lab.topic.b.c",
                                                 "lab.topic.secret"};

struct Pattern {
    std::string_view text;
    std::string_view match;
};
constexpr std::array<Pattern, 7> patterns{
    {{"lab.topic.a", "exact"},
     {"lab.topic.b", "exact"},
     {"lab.topic.b.", "prefix"},
     {"lab.topic.b.", "wildcard"},
     {"lab.topic.", "prefix"},       // would reach the secret: refused outside
     {"lab.topic.secret", "exact"},  // refused outside
     {"lab..a", "wildcard"}}};

/// How a guest may call what is below "lab." (the routes of front.toml).
constexpr std::array<std::string_view, 4> heads{"lab.", "lab.", "out.", "hold."};

std::string_view head_of(std::string_view uri) {
    return uri.substr(0, uri.find('.'));
}

template <class Array>
auto any_of(const Array& all, Dice& dice) {
    return all[dice.between(0, all.size() - 1)];
}

std::uint64_t number_in(const wamp::Payload& payload, std::size_t index) {
    const auto args = wamp::decode_value(payload.serializer, payload.args, {});
    if (args.has_error()) return 0;
    const auto* list = args->get_if<List>();
    if (list == nullptr || list->size() <= index) return 0;
    const auto* number = (*list)[index].get_if<std::uint64_t>();
    return number == nullptr ? 0 : *number;
}

}  // namespace

Actor::Actor(World world, Kind kind, std::uint64_t key, std::shared_ptr<Wire> wire,
             wamp::Serializer serializer)
    : world_(world),
      kind_(kind),
      key_(key),
      wire_(std::move(wire)),
      serializer_(serializer),
      machine_(wamp::RawSocket::client(1 << 20, serializer)) {}

void Actor::start() {
    wire_->write(0, machine_.to_send());
    machine_.to_send().clear();
}

void Actor::on_bytes(std::string_view bytes) {
    if (gone_) return;
    machine_.feed(bytes);
    for (auto event = machine_.next(); event.kind != wamp::RawSocket::Kind::none;
         event = machine_.next()) {
        if (event.kind == wamp::RawSocket::Kind::opened) {
            send(wamp::Hello{
                "world",
                {{"roles", Dict{{"caller", Dict{{"features", Dict{{"call_canceling", true}}}}},
                                {"callee", Dict{{"features", Dict{{"call_canceling", true}}}}},
                                {"publisher", Dict{}},
                                {"subscriber", Dict{}}}}}});
        } else if (event.kind == wamp::RawSocket::Kind::message) {
            auto message = wamp::decode(serializer_, event.bytes, {});
            if (message.has_error()) {
                wrong(Check::legal_router, "undecodable message");
            } else {
                on_message(std::move(*message));
            }
        } else if (event.kind == wamp::RawSocket::Kind::failed) {
            wrong(Check::legal_router, "framing: " + std::string(event.bytes));
            return;
        }
        if (gone_) return;
    }
    wire_->write(0, machine_.to_send());
    machine_.to_send().clear();
}

void Actor::on_message(wamp::Message&& message) {
    world_.findings.happened(wamp::to_string(type_of(message)));
    std::visit(
        [&](const auto& m) {
            if constexpr (requires { on(m); }) {
                on(m);
            } else if constexpr (std::is_same_v<std::remove_cvref_t<decltype(m)>, wamp::Goodbye>) {
                session_ = 0;
            }
        },
        message);
}

void Actor::on(const wamp::Welcome& welcome) {
    session_ = welcome.session;
    if (kind_ != Kind::service) return;
    for (const auto procedure : service_procedures) register_one(std::string(procedure));
    register_one("lab.svc.secret");
    register_one("lab.svc.limited");
    subscribe();
}

// Asking
// --------------------------------------------------------------------------------------------------

void Actor::act() {
    if (gone_ || !joined()) return;
    const auto roll = world_.dice.between(0, 99);
    if (roll < 35) {
        call();
    } else if (roll < 65) {
        publish();
    } else if (roll < 78) {
        subscribe();
    } else if (roll < 83) {
        unsubscribe();
    } else if (roll < 87) {
        if (kind_ == Kind::guest)
            register_one(named(world_.dice.chance(50) ? "lab.front.a" : "lab.svc.mine"));
    } else if (roll < 90) {
        unregister();
    } else if (roll < 96) {
        cancel();
    } else if (roll == 96 && world_.dice.chance(30)) {
        leave();
    } else if (roll == 97 && world_.dice.chance(30)) {
        cut();
    } else if (roll == 98 && kind_ == Kind::guest && world_.dice.chance(30)) {
        garbage();
    }
}

std::string Actor::named(std::string_view uri) {
    if (kind_ == Kind::service || !uri.starts_with("lab.")) return std::string(uri);
    return std::string(any_of(heads, world_.dice)) + std::string(uri.substr(4));
}

void Actor::call() {
    const std::string uri = named(any_of(called, world_.dice));
    const auto tag = ++world_.last_tag;
    const auto payload = wamp::make_payload(serializer_, {Value(tag)});
    const auto request = ++last_request_;
    calls_[request] = {uri, tag};
    Dict options;
    if (world_.dice.chance(10)) options.set("timeout", std::uint64_t{500});
    send(wamp::Call{request, options, uri, payload.view()});
}

void Actor::publish() {
    const std::string topic = named(any_of(topics, world_.dice));
    const auto payload = wamp::make_payload(serializer_, {Value(key_), Value(++last_published_)});
    const auto request = ++last_request_;
    Dict options;
    if (world_.dice.chance(60)) {
        options.set("acknowledge", true);
        requests_[request] = {Asked::publish, topic};
    }
    if (world_.dice.chance(20)) options.set("exclude_me", false);
    send(wamp::Publish{request, options, topic, payload.view()});
}

void Actor::subscribe() {
    const Pattern pattern = any_of(patterns, world_.dice);
    const auto request = ++last_request_;
    const std::string text = pattern.text == "lab..a" ? "lab..a" : named(pattern.text);
    requests_[request] = {Asked::subscribe, text};
    send(wamp::Subscribe{request, {{"match", pattern.match}}, text});
}

void Actor::unsubscribe() {
    if (subscriptions_.empty()) return;
    const auto chosen = subscriptions_.begin()->first;
    for (const auto& [id, asked] : requests_) {
        if (asked.asked == Asked::unsubscribe && asked.id == chosen) return;
    }
    const auto request = ++last_request_;
    requests_[request] = {Asked::unsubscribe, "", chosen};
    send(wamp::Unsubscribe{request, chosen, {}});
}

void Actor::register_one(std::string uri) {
    const auto request = ++last_request_;
    requests_[request] = {Asked::register_, uri};
    send(wamp::Register{request, {}, std::move(uri)});
}

void Actor::unregister() {
    if (registrations_.empty() || kind_ == Kind::service) return;
    const auto chosen = registrations_.begin()->first;
    const auto request = ++last_request_;
    requests_[request] = {Asked::unregister, "", chosen};
    send(wamp::Unregister{request, chosen, {}});
}

void Actor::cancel() {
    if (calls_.empty()) return;
    static constexpr std::array<std::string_view, 3> modes{"skip", "kill", "killnowait"};
    send(wamp::Cancel{calls_.begin()->first, {{"mode", any_of(modes, world_.dice)}}});
}

void Actor::garbage() {
    std::string bytes(world_.dice.between(1, 40), '\0');
    for (char& c : bytes) c = static_cast<char>(world_.dice.next());
    wire_->write(0, wamp::Frame::copy_of(bytes).rawsocket());
    leaving_ = true;  // whatever comes of it, this session asks for nothing more
    calls_.clear();
    requests_.clear();
}

void Actor::leave() {
    leaving_ = true;
    calls_.clear();
    requests_.clear();
    send(wamp::Goodbye{{}, std::string(wamp::uris::close_realm)});
}

void Actor::cut() {
    gone_ = true;
    wire_->cut(0);
}

void Actor::send(const wamp::Message& message) {
    if (!gone_) wire_->write(0, wamp::encode(serializer_, message).rawsocket());
}

// Being told
// ----------------------------------------------------------------------------------------------

void Actor::wrong(Check check, std::string what) {
    world_.findings.wrong(check, world_.schedule.now(),
                          "actor " + std::to_string(key_) + ": " + std::move(what));
}

bool Actor::take(wamp::RequestId request, Asked asked, Request& taken) {
    const auto found = requests_.find(request);
    if (found == requests_.end() || found->second.asked != asked) {
        if (!leaving_)
            wrong(Check::legal_router,
                  "answer to request " + std::to_string(request) + " that is not open");
        return false;
    }
    taken = found->second;
    requests_.erase(found);
    return true;
}

void Actor::on(const wamp::CallResult& result) {
    if (leaving_) return;
    const auto found = calls_.find(result.request);
    if (found == calls_.end())
        return wrong(Check::one_answer, "RESULT for a call that is not open");
    if (number_in(result.payload, 0) != found->second.tag)
        wrong(Check::one_answer, "RESULT of another call");
    if (kind_ == Kind::guest && found->second.uri.ends_with(".svc.secret"))
        wrong(Check::permit, "the secret was called");
    calls_.erase(found);
    ++world_.findings.calls_ended;
}

void Actor::on(const wamp::Error& error) {
    if (leaving_) return;
    if (error.request_type == wamp::MessageType::call) {
        if (calls_.erase(error.request) == 0)
            return wrong(Check::one_answer, "ERROR for a call that is not open");
        ++world_.findings.calls_ended;
        if (error.uri == wamp::uris::network_failure) ++world_.findings.network_failures;
        return;
    }
    const auto found = requests_.find(error.request);
    if (found == requests_.end())
        return wrong(Check::legal_router, "ERROR for a request that is not open");
    if (found->second.asked == Asked::unsubscribe) subscriptions_.erase(found->second.id);
    if (found->second.asked == Asked::unregister) registrations_.erase(found->second.id);
    requests_.erase(found);
}

void Actor::on(const wamp::Subscribed& subscribed) {
    Request taken;
    if (take(subscribed.request, Asked::subscribe, taken))
        subscriptions_[subscribed.subscription].topic = taken.uri;
}

void Actor::on(const wamp::Unsubscribed& unsubscribed) {
    if (unsubscribed.request == 0) {  // revoked
        subscriptions_.erase(unsubscribed.details.get_uint("subscription", 0));
        return;
    }
    Request taken;
    if (take(unsubscribed.request, Asked::unsubscribe, taken)) subscriptions_.erase(taken.id);
}

void Actor::on(const wamp::Registered& registered) {
    Request taken;
    if (!take(registered.request, Asked::register_, taken)) return;
    if (kind_ == Kind::guest && !taken.uri.ends_with(".front.a"))
        wrong(Check::permit, "registered " + taken.uri);
    registrations_[registered.registration] = taken.uri;
}

void Actor::on(const wamp::Unregistered& unregistered) {
    if (unregistered.request == 0) {
        registrations_.erase(unregistered.details.get_uint("registration", 0));
        return;
    }
    Request taken;
    if (take(unregistered.request, Asked::unregister, taken)) registrations_.erase(taken.id);
}

void Actor::on(const wamp::Published& published) {
    Request taken;
    if (take(published.request, Asked::publish, taken) && kind_ == Kind::guest &&
        taken.uri.ends_with(".topic.secret")) {
        wrong(Check::permit, "the secret topic was published to");
    }
}

void Actor::on(const wamp::Event& event) {
    if (leaving_) return;
    const auto found = subscriptions_.find(event.subscription);
    if (found == subscriptions_.end())
        return wrong(Check::subscribed_only, "EVENT without a subscription");
    const auto publisher = number_in(event.payload, 0);
    const auto number = number_in(event.payload, 1);
    ++world_.findings.events_received;
    const auto topic = event.details.get_string("topic");
    if (kind_ == Kind::guest && topic.ends_with(".topic.secret")) {
        wrong(Check::permit, "an event of the secret topic");
    }
    if (!topic.empty() && head_of(topic) != head_of(found->second.topic)) {
        wrong(Check::legal_router,
              "an event of " + std::string(topic) + " for " + found->second.topic);
    }
    auto& latest = latest_of_[publisher];
    auto& last_here = found->second.last_of[publisher];
    if (number < latest)
        wrong(Check::publisher_order,
              "event " + std::to_string(number) + " after " + std::to_string(latest));
    if (number == last_here)
        wrong(Check::publisher_order, "event " + std::to_string(number) + " twice");
    latest = number;
    last_here = number;
}

void Actor::on(const wamp::Invocation& invocation) {
    const auto found = registrations_.find(invocation.registration);
    if (found == registrations_.end()) {
        if (!leaving_) wrong(Check::subscribed_only, "INVOCATION without a registration");
        return;
    }
    const std::string procedure = found->second;
    if (procedure == "lab.svc.never") return;
    wamp::OwnedPayload payload(invocation.payload);
    const auto delay = procedure == "lab.svc.slow" || procedure.ends_with(".front.a")
                           ? std::chrono::milliseconds(world_.dice.between(0, 3000))
                           : std::chrono::milliseconds(0);
    if (delay.count() == 0) return answer(invocation.request, procedure, std::move(payload));
    world_.schedule.after(
        delay, [this, alive = std::weak_ptr<int>(alive_), request = invocation.request, procedure,
                payload = std::move(payload)]() mutable {
            if (!alive.expired()) answer(request, procedure, std::move(payload));
        });
}

void Actor::answer(wamp::RequestId invocation, const std::string& procedure,
                   wamp::OwnedPayload payload) {
    if (leaving_) return;
    if (procedure == "lab.svc.fail") {
        send(wamp::Error{
            wamp::MessageType::invocation, invocation, {}, "lab.error.failed", payload.view()});
    } else {
        send(wamp::Yield{invocation, {}, payload.view()});
    }
}

void Actor::check_all_answered() {
    if (gone_ || !joined()) return;
    for (const auto& [request, call] : calls_) {
        wrong(Check::one_answer,
              "no answer to call " + std::to_string(request) + " of " + call.uri);
    }
    for (const auto& [request, asked] : requests_) {
        wrong(Check::legal_router, "no answer to request " + std::to_string(request));
    }
}

}  // namespace sallyport::sim
