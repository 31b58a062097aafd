#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "backend-link/bridge.h"
#include "policy/compile.h"
#include "policy/file.h"
#include "wamp/codec/codec.h"
#include "wamp/message/uris.h"

namespace sallyport::backend_link {

namespace uris = wamp::uris;
using wamp::Dict;
using wamp::Feature;
using wamp::List;
using wamp::MessageType;
using wamp::SessionId;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

/// Guests may call, register, publish and subscribe to everything below `lab.`, but never see
/// `lab.secret.`.
inline constexpr std::string_view bridge_policy = R"(
realm = "lab"
[auth]
anonymous = { role = "guest" }
[[route]]
id = "all"
match = "prefix"
uri = ""
to = "inside"
[[allow]]
id = "all"
roles = ["*"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = "lab."
[[allow]]
id = "two"
roles = ["*"]
actions = ["call"]
uri = "lab.two"
limits = { in_flight = 2 }
[[allow]]
id = "timed"
roles = ["*"]
actions = ["call"]
uri = "lab.timed"
limits = { timeout = "2s" }
[[forbid]]
id = "secret"
roles = ["guest"]
actions = ["subscribe"]
match = "prefix"
uri = "lab.secret."
)";

inline std::shared_ptr<const policy::RealmPolicy> compiled_policy(std::string_view text) {
    policy::Diagnostics diagnostics;
    const policy::PolicyFile file = policy::parse_policy(text, "lab.toml", diagnostics);
    auto compiled = policy::Compiler::compile(file, {false, {}, true}, "version");
    EXPECT_TRUE(diagnostics.empty() && compiled.has_value());
    return *compiled;
}

inline wamp::Payload json(std::string_view args, std::string_view kwargs = {}) {
    return {wamp::Serializer::json, args, kwargs};
}

inline wamp::Features features_of(std::initializer_list<Feature> features) {
    wamp::Features all;
    for (const Feature feature : features) all.add(feature);
    return all;
}

inline const wamp::Features full_client =
    features_of({Feature::caller, Feature::callee, Feature::publisher, Feature::subscriber,
                 Feature::caller_progressive_call_results, Feature::callee_progressive_call_results,
                 Feature::callee_call_canceling, Feature::callee_registration_revocation,
                 Feature::subscriber_subscription_revocation});
inline const wamp::Features plain_client =
    features_of({Feature::caller, Feature::callee, Feature::publisher, Feature::subscriber});
inline const wamp::Features full_router =
    features_of({Feature::broker, Feature::dealer, Feature::dealer_call_canceling,
                 Feature::dealer_progressive_call_results});
inline const wamp::Features plain_router = features_of({Feature::broker, Feature::dealer});

using Lines = std::vector<std::string>;

/// A bridge between the sessions 101, 102 … and a link, in virtual time. What it wants sent is read
/// as lines, such as `101 [50,1,{},[2]]` and `link [48,1,{},"lab.add",[1]]`: sessions first, in
/// their order.
class BridgeWorld {
public:
    explicit BridgeWorld(Profile profile = profile_of(BackendKind::generic),
                         wamp::Features router = full_router)
        : bridge(profile, sessions, wamp::Random({7})) {
        link_up(router);
    }

    SessionId join(wamp::Features features = full_client, std::string role = "user",
                   std::string authid = "alice") {
        policy::Session session;
        session.id = ++last_session_;
        session.principal = {std::move(authid), role, "ticket"};
        session.features = features;
        session.policy = policy_;
        session.role = policy_->role(role);
        return sessions.add(std::move(session)).id;
    }
    void leave(SessionId session) {
        bridge.leave(session, now, out);
        sessions.remove(session);
    }
    void link_up(wamp::Features router = full_router, const LinkWire& wire = {}) {
        bridge.on_link_up(router, wire, now, out);
    }
    void link_lost() { bridge.on_link_lost(now, out); }

    policy::Permit permit(policy::Action action, std::string_view uri,
                          wamp::MatchPolicy match = wamp::MatchPolicy::exact) const {
        return std::get<policy::Permit>(policy_->decide({policy_->role("user")}, {action, uri, match}));
    }

    // What front sessions send.
    void call(SessionId from, wamp::RequestId request, std::string_view uri, Dict options = {},
              wamp::Payload payload = {}) {
        bridge.forward(from, permit(policy::Action::call, uri),
                       wamp::Call{request, std::move(options), std::string(uri), payload}, now,
                       out);
    }
    bool cancel(SessionId from, wamp::RequestId request, std::string_view mode) {
        return bridge.cancel(from, {request, {{"mode", mode}}}, now, out);
    }
    void publish(SessionId from, wamp::RequestId request, std::string_view topic, Dict options = {},
                 wamp::Payload payload = {}) {
        bridge.forward(from, permit(policy::Action::publish, topic),
                       wamp::Publish{request, std::move(options), std::string(topic), payload}, now,
                       out);
    }
    void subscribe(SessionId from, wamp::RequestId request, std::string_view topic,
                   Dict options = {}) {
        bridge.forward(from, permit(policy::Action::subscribe, "lab.any"),
                       wamp::Subscribe{request, std::move(options), std::string(topic)}, now, out);
    }
    bool unsubscribe(SessionId from, wamp::RequestId request, wamp::SubscriptionId id) {
        return bridge.unsubscribe(from, {request, id, {}}, now, out);
    }
    void enrol(SessionId from, wamp::RequestId request, std::string_view uri, Dict options = {}) {
        bridge.forward(from, permit(policy::Action::register_, "lab.any"),
                       wamp::Register{request, std::move(options), std::string(uri)}, now, out);
    }
    bool unregister(SessionId from, wamp::RequestId request, wamp::RegistrationId id) {
        return bridge.unregister(from, {request, id, {}}, now, out);
    }
    bool yield(SessionId from, wamp::RequestId request, Dict options = {},
               wamp::Payload payload = {}) {
        return bridge.answer(from, wamp::Yield{request, std::move(options), payload}, now, out);
    }
    bool raise(SessionId from, wamp::RequestId request, std::string_view uri,
               wamp::Payload payload = {}, Dict details = {}) {
        return bridge.answer(from,
                             wamp::Error{MessageType::invocation, request, std::move(details),
                                         std::string(uri), payload},
                             now, out);
    }

    // What the router behind sends.
    void link(wamp::Message message) { bridge.on_link(std::move(message), now, out); }
    void link_error(MessageType type, wamp::RequestId request, std::string_view uri,
                    wamp::Payload payload = {}, Dict details = {}) {
        link(wamp::Error{type, request, std::move(details), std::string(uri), payload});
    }
    void link_event(wamp::SubscriptionId back, wamp::PublicationId id, Dict details = {},
                    wamp::Payload payload = {}) {
        link(wamp::Event{back, id, std::move(details), payload});
    }
    void link_invocation(wamp::RequestId request, wamp::RegistrationId back, Dict details = {},
                         wamp::Payload payload = {}) {
        link(wamp::Invocation{request, back, std::move(details), payload});
    }

    void advance(wamp::Duration duration) {
        now += duration;
        bridge.on_deadline(now, out);
    }

    /// All that it wanted sent since the last time.
    Lines take() {
        Lines lines;
        for (const auto& entry : out.to_sessions.entries()) {
            for (const SessionId to : out.to_sessions.receivers(entry)) {
                lines.push_back(std::to_string(to) + " " + text(entry.message));
            }
        }
        for (const wamp::Message& message : out.to_link) lines.push_back("link " + text(message));
        out.clear();
        return lines;
    }
    /// The only message of that type to a front session since the last time.
    template <class M>
    M take_only() {
        EXPECT_EQ(out.to_sessions.entries().size(), 1u);
        M message = std::get<M>(out.to_sessions.entries().front().message);
        out.clear();
        return message;
    }

    /// Subscribes and confirms it as `back` when the link is asked; the front id. Leaves nothing to
    /// take.
    wamp::SubscriptionId subscribed(SessionId session, wamp::RequestId request,
                                    std::string_view topic, wamp::SubscriptionId back,
                                    Dict options = {}) {
        subscribe(session, request, topic, std::move(options));
        if (!out.to_link.empty()) {
            const auto asked = std::get<wamp::Subscribe>(out.to_link.back()).request;
            out.clear();
            link(wamp::Subscribed{asked, back});
        }
        return take_only<wamp::Subscribed>().subscription;
    }
    wamp::RegistrationId registered(SessionId session, wamp::RequestId request,
                                    std::string_view uri, wamp::RegistrationId back,
                                    Dict options = {}) {
        enrol(session, request, uri, std::move(options));
        const auto asked = std::get<wamp::Register>(out.to_link.back()).request;
        out.clear();
        link(wamp::Registered{asked, back});
        return take_only<wamp::Registered>().registration;
    }

    /// Whether no table holds anything.
    bool empty() const {
        const Bridge::Counts counts = bridge.counts();
        return counts.calls + counts.publications + counts.subscriptions + counts.registrations +
                   counts.invocations ==
               0;
    }

    policy::Sessions sessions;
    wamp::Instant now{1000s};
    BridgeOutbox out;
    Bridge bridge;

private:
    static std::string text(const wamp::Message& message) {
        std::string encoded;
        wamp::encode_to(encoded, wamp::Serializer::json, message);
        return encoded;
    }

    std::shared_ptr<const policy::RealmPolicy> policy_ = compiled_policy(bridge_policy);
    SessionId last_session_ = 100;
};

}  // namespace sallyport::backend_link
