#include "backend-link/bridge.h"

#include <utility>

#include "backend-link/bridge_calls.h"
#include "backend-link/bridge_invocations.h"
#include "backend-link/bridge_publications.h"
#include "backend-link/bridge_registrations.h"
#include "backend-link/bridge_subscriptions.h"
#include "backend-link/link_side.h"
#include "wamp/base/check.h"

namespace sallyport::backend_link {

using wamp::Instant;
using wamp::MessageType;
using wamp::SessionId;

struct Bridge::Tables {
    Tables(Profile profile, policy::Sessions& sessions, wamp::Random random)
        : link{profile, sessions, random, {}, false, 0},
          calls(link),
          subscriptions(link),
          publications(link, subscriptions),
          registrations(link),
          invocations(link, registrations) {}

    void on_error(wamp::Error&& error, BridgeOutbox& out);

    // Each says whether the message was of its kind.
    bool on_answer(wamp::Message& message, Instant now, BridgeOutbox& out);
    void on_unasked(wamp::Message& message, BridgeOutbox& out);

    LinkSide link;
    Calls calls;
    Subscriptions subscriptions;
    Publications publications;
    Registrations registrations;
    Invocations invocations;
};

Bridge::Bridge(Profile profile, policy::Sessions& sessions, wamp::Random random)
    : tables_(std::make_unique<Tables>(profile, sessions, random)) {}

Bridge::~Bridge() = default;

void Bridge::forward(SessionId from, const policy::Permit& permit, wamp::Call&& call, Instant now,
                     BridgeOutbox& out) {
    tables_->publications.forget_spent();
    tables_->calls.forward(from, permit, std::move(call), now, out);
}

void Bridge::forward(SessionId from, const policy::Permit&, wamp::Publish&& publish, Instant,
                     BridgeOutbox& out) {
    tables_->publications.forget_spent();
    tables_->publications.forward(from, std::move(publish), out);
}

void Bridge::forward(SessionId from, const policy::Permit&, wamp::Subscribe&& subscribe, Instant,
                     BridgeOutbox& out) {
    tables_->publications.forget_spent();
    tables_->subscriptions.forward(from, subscribe, out);
}

void Bridge::forward(SessionId from, const policy::Permit&, wamp::Register&& request, Instant,
                     BridgeOutbox& out) {
    tables_->publications.forget_spent();
    tables_->registrations.forward(from, request, out);
}

bool Bridge::unsubscribe(SessionId from, const wamp::Unsubscribe& request, Instant,
                         BridgeOutbox& out) {
    tables_->publications.forget_spent();
    return tables_->subscriptions.unsubscribe(from, request, out);
}

bool Bridge::unregister(SessionId from, const wamp::Unregister& request, Instant,
                        BridgeOutbox& out) {
    tables_->publications.forget_spent();
    return tables_->registrations.unregister(from, request, out);
}

bool Bridge::cancel(SessionId from, const wamp::Cancel& request, Instant now, BridgeOutbox& out) {
    tables_->publications.forget_spent();
    return tables_->calls.cancel(from, request, now, out);
}

bool Bridge::answer(SessionId from, wamp::Yield&& yield, Instant, BridgeOutbox& out) {
    tables_->publications.forget_spent();
    return tables_->invocations.answer(from, std::move(yield), out);
}

bool Bridge::answer(SessionId from, wamp::Error&& error, Instant, BridgeOutbox& out) {
    tables_->publications.forget_spent();
    return tables_->invocations.answer(from, std::move(error), out);
}

void Bridge::leave(SessionId session, Instant, BridgeOutbox& out) {
    tables_->publications.forget_spent();
    tables_->calls.leave(session, out);
    tables_->publications.leave(session);
    tables_->subscriptions.leave(session, out);
    tables_->invocations.leave(session, out);
    tables_->registrations.leave(session, out);
}

void Bridge::on_link_up(wamp::Features router, Instant, BridgeOutbox& out) {
    tables_->publications.forget_spent();
    LinkSide& link = tables_->link;
    SALLYPORT_CHECK(!link.up);
    link.up = true;
    link.router = router;
    link.last_request = 0;
    // Registrations first: whoever sees that the path is back may call.
    tables_->registrations.on_link_up(out);
    tables_->subscriptions.on_link_up(out);
}

void Bridge::on_link_lost(Instant, BridgeOutbox& out) {
    tables_->publications.forget_spent();
    LinkSide& link = tables_->link;
    if (!link.up) return;
    link.up = false;
    tables_->calls.on_link_lost(out);
    tables_->publications.on_link_lost(out);
    tables_->subscriptions.on_link_lost(out);
    tables_->registrations.on_link_lost(out);
    tables_->invocations.on_link_lost(out);
}

void Bridge::on_link(wamp::Message&& message, Instant now, BridgeOutbox& out) {
    tables_->publications.forget_spent();
    if (!tables_->link.up) return;
    if (!tables_->on_answer(message, now, out)) tables_->on_unasked(message, out);
}

bool Bridge::Tables::on_answer(wamp::Message& message, Instant now, BridgeOutbox& out) {
    if (auto* result = std::get_if<wamp::CallResult>(&message)) {
        calls.on_result(std::move(*result), now, out);
    } else if (auto* error = std::get_if<wamp::Error>(&message)) {
        on_error(std::move(*error), out);
    } else if (const auto* published = std::get_if<wamp::Published>(&message)) {
        publications.on_published(*published, out);
    } else if (const auto* subscribed = std::get_if<wamp::Subscribed>(&message)) {
        subscriptions.on_subscribed(*subscribed, out);
    } else if (const auto* unsubscribed = std::get_if<wamp::Unsubscribed>(&message)) {
        subscriptions.on_unsubscribed(*unsubscribed, out);
    } else if (const auto* registered = std::get_if<wamp::Registered>(&message)) {
        registrations.on_registered(*registered, out);
    } else if (const auto* unregistered = std::get_if<wamp::Unregistered>(&message)) {
        registrations.on_unregistered(*unregistered, out);
    } else {
        return false;
    }
    return true;
}

void Bridge::Tables::on_unasked(wamp::Message& message, BridgeOutbox& out) {
    if (auto* event = std::get_if<wamp::Event>(&message)) {
        subscriptions.on_event(std::move(*event), out);
    } else if (auto* invocation = std::get_if<wamp::Invocation>(&message)) {
        invocations.on_invocation(std::move(*invocation), out);
    } else if (const auto* interrupt = std::get_if<wamp::Interrupt>(&message)) {
        invocations.on_interrupt(*interrupt, out);
    }
}

void Bridge::Tables::on_error(wamp::Error&& error, BridgeOutbox& out) {
    if (error.request_type == MessageType::call) {
        calls.on_error(std::move(error), out);
    } else if (error.request_type == MessageType::publish) {
        publications.on_error(error, out);
    } else if (error.request_type == MessageType::subscribe) {
        subscriptions.on_subscribe_error(error, out);
    } else if (error.request_type == MessageType::unsubscribe) {
        subscriptions.on_unsubscribe_error(error);
    } else if (error.request_type == MessageType::register_) {
        registrations.on_register_error(error, out);
    } else if (error.request_type == MessageType::unregister) {
        registrations.on_unregister_error(error);
    }
}

void Bridge::on_deadline(Instant now, BridgeOutbox& out) {
    tables_->publications.forget_spent();
    tables_->calls.on_deadline(now, out);
}

Instant Bridge::deadline() const noexcept {
    return tables_->calls.deadline();
}

bool Bridge::up() const noexcept {
    return tables_->link.up;
}

Bridge::Counts Bridge::counts() const noexcept {
    return {tables_->calls.size(), tables_->publications.size(), tables_->subscriptions.size(),
            tables_->registrations.size(), tables_->invocations.size()};
}

}  // namespace sallyport::backend_link
