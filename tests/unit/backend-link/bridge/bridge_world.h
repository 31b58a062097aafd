#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "backend-link/bridge/bridge.h"
#include "policy/door/judge.h"
#include "policy/file/compile.h"
#include "policy/file/file.h"
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

/// Routes with every option, and a rule that grants all there is to grant below `open.`. What is
/// `out.x`, `hold.x` or `both.x` in front is `lab.x` behind.
inline constexpr std::string_view routes_policy = R"(
realm = "lab"
[auth]
anonymous = { role = "guest" }
[[route]]
id = "all"
match = "prefix"
uri = ""
to = "inside"
[[route]]
id = "out"
match = "prefix"
uri = "out."
to = "inside"
rewrite = "lab."
[[route]]
id = "deep"
match = "prefix"
uri = "deep."
to = "inside"
rewrite = "very.deep.inside."
[[route]]
id = "hold"
match = "prefix"
uri = "hold."
to = "inside"
rewrite = "lab."
when_down = "wait"
wait = "2s"
[[route]]
id = "again"
match = "prefix"
uri = "again."
to = "inside"
idempotent = true
[[route]]
id = "both"
match = "prefix"
uri = "both."
to = "inside"
rewrite = "lab."
when_down = "wait"
wait = "2s"
idempotent = true
[[allow]]
id = "all"
roles = ["*"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = ["lab.", "out.", "deep.", "hold.", "again.", "both."]
[[allow]]
id = "open"
roles = ["*"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = "open."
grants = ["disclose_me", "retain", "force_reregister"]
[[allow]]
id = "timed"
roles = ["*"]
actions = ["call"]
uri = ["hold.timed", "again.timed", "both.timed"]
limits = { timeout = "1s" }
[[forbid]]
id = "secret"
roles = ["guest"]
actions = ["subscribe"]
match = "prefix"
uri = "out.secret."
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
inline const wamp::Features curious_client = features_of(
    {Feature::caller, Feature::callee, Feature::publisher, Feature::subscriber,
     Feature::callee_caller_identification, Feature::subscriber_publisher_identification});
inline const wamp::Features plain_client =
    features_of({Feature::caller, Feature::callee, Feature::publisher, Feature::subscriber});
inline const wamp::Features full_router =
    features_of({Feature::broker, Feature::dealer, Feature::dealer_call_canceling,
                 Feature::dealer_progressive_call_results, Feature::broker_event_retention});
inline const wamp::Features plain_router = features_of({Feature::broker, Feature::dealer});

using Lines = std::vector<std::string>;

/// A bridge between the sessions 101, 102 … and a link, in virtual time. What it wants sent is read
/// as lines, such as `101 [50,1,{},[2]]` and `link [48,1,{},"lab.add",[1]]`: sessions first, in
/// their order.
class BridgeWorld {
public:
    explicit BridgeWorld(Profile profile = profile_of(BackendKind::generic),
                         wamp::Features router = full_router,
                         std::string_view policy = bridge_policy)
        : bridge(profile, sessions, judge, ids, 0, wamp::Random({7})),
          policy_(compiled_policy(policy)) {
        link_up(router);
    }
    /// Under another policy, at a router that trusts us.
    explicit BridgeWorld(std::string_view policy)
        : BridgeWorld(profile_of(BackendKind::sallyport), full_router, policy) {}

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
        forward_waiting();
    }
    /// Everything that waited, as a link does that takes it all at once.
    void forward_waiting() {
        for (const auto& waiting : bridge.waiting()) {
            bridge.forward_waiting(waiting.from, out);
            for (wamp::Message& message : out.to_link) keep(message);
        }
    }
    /// The bridge frees what a message borrows when it is called again.
    void keep(wamp::Message& message) {
        const wamp::Payload* const payload = wamp::payload_of(message);
        if (payload == nullptr) return;
        kept_.emplace_back(*payload);
        std::visit(
            [&](auto& m) {
                if constexpr (requires { m.payload; }) m.payload = kept_.back().view();
            },
            message);
    }
    void link_lost() { bridge.on_link_lost(now, out); }

    /// From here on this policy is the one of all sessions.
    void use_policy(std::string_view text) {
        policy_ = compiled_policy(text);
        for (SessionId id = 101; id <= last_session_; ++id) {
            policy::Session* const session = sessions.find(id);
            if (session == nullptr) continue;
            session->policy = policy_;
            session->role = policy_->role(session->principal.role);
        }
    }

    /// By the policy as it is for users, which must allow it.
    policy::Permit permit(SessionId from, const policy::Question& question) const {
        auto decision = policy_->decide({policy_->role("user"), {}, "user", from}, question);
        if (auto* permit = std::get_if<policy::Permit>(&decision)) return std::move(*permit);
        ADD_FAILURE() << "no permit for " << question.uri;
        std::abort();
    }
    template <class Request>
    policy::Permit permit_for(SessionId from, const Request& request) const {
        const policy::Question question = policy::question_of(request);
        return permit(from, {question.action, question.uri, question.match});
    }

    // What front sessions send.
    void call(SessionId from, wamp::RequestId request, std::string_view uri, Dict options = {},
              wamp::Payload payload = {}) {
        wamp::Call call{request, std::move(options), std::string(uri), payload};
        bridge.forward(*sessions.find(from), permit_for(from, call), std::move(call), now, out,
                       tally.acquire({wamp::Tally::Bound{from, UINT32_MAX}}).value());
    }
    bool cancel(SessionId from, wamp::RequestId request, std::string_view mode) {
        return bridge.cancel(from, {request, {{"mode", mode}}}, now, out);
    }
    void publish(SessionId from, wamp::RequestId request, std::string_view topic, Dict options = {},
                 wamp::Payload payload = {}) {
        wamp::Publish publish{request, std::move(options), std::string(topic), payload};
        bridge.forward(*sessions.find(from), permit_for(from, publish), std::move(publish), now,
                       out);
    }
    void subscribe(SessionId from, wamp::RequestId request, std::string_view topic,
                   Dict options = {}) {
        wamp::Subscribe subscribe{request, std::move(options), std::string(topic)};
        bridge.forward(*sessions.find(from), permit_for(from, subscribe), std::move(subscribe), now,
                       out);
    }
    bool unsubscribe(SessionId from, wamp::RequestId request, wamp::SubscriptionId id) {
        return bridge.unsubscribe(from, {request, id, {}}, now, out);
    }
    void enrol(SessionId from, wamp::RequestId request, std::string_view uri, Dict options = {}) {
        wamp::Register registration{request, std::move(options), std::string(uri)};
        bridge.forward(*sessions.find(from), permit_for(from, registration),
                       std::move(registration), now, out);
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
                   counts.invocations + counts.waiting + counts.publication_bytes +
                   counts.waiting_bytes + tally.counts() + ids.calls.size() +
                   ids.invocations.size() + ids.subscriptions.size() + ids.registrations.size() ==
               0;
    }

    policy::Sessions sessions;
    FrontIds ids{99};
    wamp::Random random{{11}};
    policy::Judge judge{policy::AuditTrail::Level::all, random};
    wamp::Instant now{1000s};
    BridgeOutbox out;
    wamp::Tally tally;
    Bridge bridge;

private:
    std::deque<wamp::OwnedPayload> kept_;
    static std::string text(const wamp::Message& message) {
        std::string encoded;
        wamp::encode_to(encoded, wamp::Serializer::json, message);
        return encoded;
    }

    std::shared_ptr<const policy::RealmPolicy> policy_;
    SessionId last_session_ = 100;
};

}  // namespace sallyport::backend_link
