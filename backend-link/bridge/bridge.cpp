#include "backend-link/bridge/bridge.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "backend-link/bridge/bridge_calls.h"
#include "backend-link/bridge/bridge_invocations.h"
#include "backend-link/bridge/bridge_publications.h"
#include "backend-link/bridge/bridge_registrations.h"
#include "backend-link/bridge/bridge_subscriptions.h"
#include "backend-link/bridge/bridge_waiting.h"
#include "backend-link/bridge/link_side.h"
#include "backend-link/bridge/link_wire.h"
#include "backend-link/bridge/rewriting.h"
#include "wamp/base/check.h"
#include "wamp/message/uris.h"

namespace sallyport::backend_link {

namespace uris = wamp::uris;
using wamp::Instant;
using wamp::MessageType;
using wamp::SessionId;

struct Bridge::Tables {
    Tables(Profile profile, policy::Sessions& sessions, policy::Judge& judge, FrontIds& ids,
           LinkNumber number, wamp::Random random)
        : link{profile, sessions, ids, number, judge, random, {}, false, 0, 0, {}},
          waiting(link),
          calls(link, waiting, subscriptions),
          subscriptions(link),
          publications(link, subscriptions),
          registrations(link),
          invocations(link, registrations) {
        link.secret = link.random.next();
    }

    /// Frees payloads that the outbox of the previous call borrowed.
    void release_borrowed() noexcept {
        publications.release_borrowed();
        released.reset();
    }

    template <class Request>
    void forward(policy::Session& from, policy::Permit& permit, Request& request, Instant now,
                 BridgeOutbox& out, wamp::Tally::Lease lease = {});
    /// The only path of a request to the link.
    template <class Request>
    void dispatch(RequestContext& context, Request& request, BridgeOutbox& out);
    void release(WaitingRequests::Entry& waited, BridgeOutbox& out);

    // An UNSUBSCRIBE or UNREGISTER does not overtake the request for the same name that waits for
    // the link (W-ORD-07). Returns whether it is answered, now or with that.
    template <class Request, class Holdings>
    bool follow_waiting(SessionId from, wamp::RequestId request, wamp::Id id,
                        const Holdings& holdings, BridgeOutbox& out);
    /// A waiting request has been forwarded or refused: acts on what followed it.
    void end_by(const WaitingRequests::Entry& waited, BridgeOutbox& out);

    void on_error(wamp::Error&& error, Instant now, BridgeOutbox& out);

    // Both return whether the message was of their kind.
    bool on_answer(wamp::Message& message, Instant now, BridgeOutbox& out);
    void on_unsolicited(wamp::Message& message, BridgeOutbox& out);

    LinkSide link;
    WaitingRequests waiting;
    std::unique_ptr<WaitingRequests::Entry> released;  ///< borrowed by the outbox
    Calls calls;
    Subscriptions subscriptions;
    Publications publications;
    Registrations registrations;
    Invocations invocations;
};

Bridge::Bridge(Profile profile, policy::Sessions& sessions, policy::Judge& judge, FrontIds& ids,
               LinkNumber link, wamp::Random random)
    : tables_(std::make_unique<Tables>(profile, sessions, judge, ids, link, random)) {}

Bridge::~Bridge() = default;

void Bridge::count_in(wamp::flow::CircuitBytes& under_way) noexcept {
    tables_->link.under_way = &under_way;
}

void Bridge::report_to(Health& health) noexcept {
    tables_->link.health = &health;
}

template <class Request>
void Bridge::Tables::forward(policy::Session& from, policy::Permit& permit, Request& request,
                             Instant now, BridgeOutbox& out, wamp::Tally::Lease lease) {
    release_borrowed();
    RequestContext context{from, permit, from.policy->route(permit.route()),
                           now,  false,  std::move(lease)};
    wamp::Duration wait = context.route.wait;
    if (link.up) return dispatch(context, request, out);
    if constexpr (std::is_same_v<Request, wamp::Call>) {
        // One answer per id (W-ID-10).
        if (link.ids.calls.find(from.id, request.request) != nullptr) return;
        // Its further CALLs would have to wait with it.
        if (request.options.get_bool("progress", false)) wait = wamp::Duration::zero();
    }
    if (wait == wamp::Duration::zero()) return dispatch(context, request, out);
    SALLYPORT_CHECK(permit.covers(from.id, policy::question_of(request)));
    Instant due = now + wait;
    std::string_view late = uris::unavailable;
    if constexpr (std::is_same_v<Request, wamp::Call>) {
        const wamp::Duration timeout = timeout_of(request, permit);
        if (timeout != wamp::Duration::zero() && timeout < wait) {
            due = now + timeout;
            late = uris::timeout;
        }
    }
    if (auto entry = waiting.keep(context, request)) {
        entry->lease = std::move(context.lease);
        return waiting.wait(std::move(entry), due, late);
    }
    // There is no room: it is refused like a request that does not wait.
    dispatch(context, request, out);
}

template <class Request>
void Bridge::Tables::dispatch(RequestContext& context, Request& request, BridgeOutbox& out) {
    SALLYPORT_CHECK(context.permit.covers(context.from.id, policy::question_of(request)));
    if constexpr (std::is_same_v<Request, wamp::Call>) {
        calls.forward(context, std::move(request), out);
    } else if constexpr (std::is_same_v<Request, wamp::Publish>) {
        publications.forward(context, std::move(request), out);
    } else if constexpr (std::is_same_v<Request, wamp::Subscribe>) {
        subscriptions.forward(context, request, out);
    } else {
        static_assert(std::is_same_v<Request, wamp::Register>);
        registrations.forward(context, request, out);
    }
}

void Bridge::forward(policy::Session& from, policy::Permit permit, wamp::Call&& call, Instant now,
                     BridgeOutbox& out, wamp::Tally::Lease lease) {
    tables_->forward(from, permit, call, now, out, std::move(lease));
}

bool Bridge::forward(policy::Session& from, policy::Permit&& permit, wamp::Publish&& publish,
                     Instant now, BridgeOutbox& out) {
    const std::size_t crossed = out.to_link.size();
    tables_->forward(from, permit, publish, now, out);
    return out.to_link.size() != crossed;
}

void Bridge::copy(const policy::Session& from, const policy::Permit& permit,
                  wamp::Publish&& publish, BridgeOutbox& out) {
    tables_->release_borrowed();
    SALLYPORT_CHECK(permit.covers(from.id, policy::question_of(publish)));
    tables_->publications.copy(from, permit, std::move(publish), out);
}

void Bridge::forward(policy::Session& from, policy::Permit permit, wamp::Subscribe&& subscribe,
                     Instant now, BridgeOutbox& out) {
    tables_->forward(from, permit, subscribe, now, out);
}

void Bridge::forward(policy::Session& from, policy::Permit permit, wamp::Register&& request,
                     Instant now, BridgeOutbox& out) {
    tables_->forward(from, permit, request, now, out);
}

void Bridge::give_up_publications(SessionId session, BridgeOutbox& out) {
    tables_->release_borrowed();
    tables_->publications.give_up(session, out);
}

bool Bridge::unsubscribe(SessionId from, const wamp::Unsubscribe& request, Instant,
                         BridgeOutbox& out) {
    tables_->release_borrowed();
    return tables_->follow_waiting<wamp::Subscribe>(from, request.request, request.subscription,
                                                    tables_->subscriptions, out) ||
           tables_->subscriptions.unsubscribe(from, request, out);
}

bool Bridge::unregister(SessionId from, const wamp::Unregister& request, Instant,
                        BridgeOutbox& out) {
    tables_->release_borrowed();
    return tables_->follow_waiting<wamp::Register>(from, request.request, request.registration,
                                                   tables_->registrations, out) ||
           tables_->registrations.unregister(from, request, out);
}

bool Bridge::cancel(SessionId from, const wamp::Cancel& request, Instant now, BridgeOutbox& out,
                    std::string_view reason) {
    tables_->release_borrowed();
    return tables_->calls.cancel(from, request, now, out, reason);
}

bool Bridge::proceed(SessionId from, wamp::Call&& further, BridgeOutbox& out) {
    tables_->release_borrowed();
    return tables_->calls.proceed(from, std::move(further), out);
}

bool Bridge::answer(SessionId from, wamp::Yield&& yield, Instant, BridgeOutbox& out) {
    tables_->release_borrowed();
    return tables_->invocations.answer(from, std::move(yield), out);
}

bool Bridge::answer(SessionId from, wamp::Error&& error, Instant, BridgeOutbox& out) {
    tables_->release_borrowed();
    return tables_->invocations.answer(from, std::move(error), out);
}

void Bridge::leave(SessionId session, Instant, BridgeOutbox& out) {
    tables_->release_borrowed();
    tables_->calls.leave(session, out);
    tables_->waiting.leave(session);
    tables_->publications.leave(session);
    tables_->subscriptions.leave(session, out);
    tables_->invocations.leave(session, out);
    tables_->registrations.leave(session, out);
}

void Bridge::on_link_up(wamp::Features router, const LinkWire& wire, Instant now,
                        BridgeOutbox& out) {
    tables_->release_borrowed();
    LinkSide& link = tables_->link;
    SALLYPORT_CHECK(!link.up);
    link.up = true;
    if (link.health != nullptr) link.health->on_up(now);
    link.router = router;
    link.wire = wire;
    link.last_request = 0;
    // Registrations first: a client that notices that the link is back may call at once.
    tables_->registrations.on_link_up(out);
    tables_->subscriptions.on_link_up(out);
}

std::vector<Bridge::Waiting> Bridge::waiting() const {
    return tables_->waiting.list();
}

void Bridge::forward_waiting(SessionId from, BridgeOutbox& out) {
    tables_->release_borrowed();
    SALLYPORT_CHECK(tables_->link.up);
    tables_->released = tables_->waiting.take_oldest(from);
    if (!tables_->released) return;
    tables_->release(*tables_->released, out);
    tables_->end_by(*tables_->released, out);
}

template <class Request, class Holdings>
bool Bridge::Tables::follow_waiting(SessionId from, wamp::RequestId request, wamp::Id id,
                                    const Holdings& holdings, BridgeOutbox& out) {
    WaitingRequests::Entry* const before =
        waiting.newest(from, [&](const WaitingRequests::Entry& entry) {
            const auto* const waits = std::get_if<Request>(&entry.message);
            if (waits == nullptr) return false;
            const policy::Question named = policy::question_of(*waits);
            return holdings.is_named(id, named.uri, named.match);
        });
    if (before == nullptr) return false;
    if (before->ended_by != 0) {  // by an earlier one, whose answer comes first
        if (before->ended != id) return false;
        constexpr bool is_register = std::is_same_v<Request, wamp::Register>;
        out.to_sessions.add(
            from,
            error_for(is_register ? MessageType::unregister : MessageType::unsubscribe, request,
                      is_register ? uris::no_such_registration : uris::no_such_subscription));
        return true;
    }
    before->ended_by = request;
    before->ended = id;
    return true;
}

void Bridge::Tables::end_by(const WaitingRequests::Entry& waited, BridgeOutbox& out) {
    if (waited.ended_by == 0) return;
    const auto refuse = [&](MessageType type, std::string_view uri) {
        out.to_sessions.add(waited.from, error_for(type, waited.ended_by, uri));
    };
    if (std::holds_alternative<wamp::Subscribe>(waited.message)) {
        if (!subscriptions.unsubscribe(waited.from, {waited.ended_by, waited.ended, {}}, out))
            refuse(MessageType::unsubscribe, uris::no_such_subscription);
    } else if (!registrations.unregister(waited.from, {waited.ended_by, waited.ended, {}}, out)) {
        refuse(MessageType::unregister, uris::no_such_registration);
    }
}

bool Bridge::has_room_to_publish(SessionId session) {
    return !tables_->link.up || tables_->publications.has_room(session);
}

void Bridge::on_link_lost(Instant now, BridgeOutbox& out) {
    tables_->release_borrowed();
    LinkSide& link = tables_->link;
    if (!link.up) return;
    link.up = false;
    if (link.health != nullptr) link.health->on_lost();
    tables_->calls.on_link_lost(now, out);
    tables_->publications.on_link_lost(out);
    tables_->subscriptions.on_link_lost(out);
    tables_->registrations.on_link_lost(out);
    tables_->invocations.on_link_lost(out);
}

void Bridge::probe(BridgeOutbox& out) {
    tables_->release_borrowed();
    LinkSide& link = tables_->link;
    if (!link.up) return;
    // The id of no subscription: the answer is an error that nobody waits for.
    out.to_link.emplace_back(wamp::Unsubscribe{link.next_request(), wamp::id_max, {}});
}

void Bridge::on_link(wamp::Message&& message, Instant now, BridgeOutbox& out) {
    tables_->release_borrowed();
    if (!tables_->link.up) return;
    if (!tables_->on_answer(message, now, out)) tables_->on_unsolicited(message, out);
}

void Bridge::Tables::release(WaitingRequests::Entry& waited, BridgeOutbox& out) {
    policy::Session* session = link.sessions.find(waited.from);
    SALLYPORT_CHECK(session != nullptr);
    if (session->policy != waited.policy) {
        if (const auto error = waiting.judge_again(*session, waited); !error.empty()) {
            return WaitingRequests::refuse(waited, error, out);
        }
    }
    if (const auto error = prepare_for_link(link.wire, waited.message, waited.payload);
        !error.empty()) {
        return WaitingRequests::refuse(waited, error, out);
    }
    const policy::RouteInfo& route = waited.policy->route(waited.permit.route());
    RequestContext context{*session,     waited.permit,           route,       waited.since,
                           waited.again, std::move(waited.lease), waited.order};
    std::visit(
        [&](auto& request) {
            if constexpr (requires { policy::question_of(request); }) {
                dispatch(context, request, out);
            }
        },
        waited.message);
}

bool Bridge::Tables::on_answer(wamp::Message& message, Instant now, BridgeOutbox& out) {
    if (auto* result = std::get_if<wamp::CallResult>(&message)) {
        calls.on_result(std::move(*result), now, out);
    } else if (auto* error = std::get_if<wamp::Error>(&message)) {
        on_error(std::move(*error), now, out);
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

void Bridge::Tables::on_unsolicited(wamp::Message& message, BridgeOutbox& out) {
    if (auto* event = std::get_if<wamp::Event>(&message)) {
        subscriptions.on_event(std::move(*event), out);
    } else if (auto* invocation = std::get_if<wamp::Invocation>(&message)) {
        invocations.on_invocation(std::move(*invocation), out);
    } else if (const auto* interrupt = std::get_if<wamp::Interrupt>(&message)) {
        invocations.on_interrupt(*interrupt, out);
    }
}

void Bridge::Tables::on_error(wamp::Error&& error, Instant now, BridgeOutbox& out) {
    if (error.request_type == MessageType::call) {
        calls.on_error(std::move(error), now, out);
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

std::vector<Holding> Bridge::holdings() const {
    std::vector<Holding> all;
    tables_->subscriptions.list(all);
    tables_->registrations.list(all);
    return all;
}

std::optional<Holding> Bridge::holding(SessionId session, wamp::Id id, bool registration) const {
    if (registration) return tables_->registrations.find_held(session, id);
    return tables_->subscriptions.find_held(session, id);
}

bool Bridge::names(const policy::Question& question, const policy::RouteInfo& route) const {
    const auto inside = Rewriting(route).inside(question.uri);
    if (!inside) return false;
    if (question.action == policy::Action::register_)
        return tables_->registrations.has(*inside, question.match);
    return tables_->subscriptions.has(*inside, question.match, question.uri);
}

bool Bridge::is_subscribing(SessionId session, wamp::SubscriptionId id) const noexcept {
    if (tables_->subscriptions.waits_for(session, id)) return true;
    return tables_->waiting.newest(session, [&](const WaitingRequests::Entry& entry) {
        const auto* const waits = std::get_if<wamp::Subscribe>(&entry.message);
        return waits != nullptr &&
               tables_->subscriptions.is_named(id, waits->topic, policy::question_of(*waits).match);
    }) != nullptr;
}

void Bridge::hand_over(Bridge& to, const std::function<bool(const Waits&)>& serves) {
    for (auto& entry : tables_->waiting.take_all([&](const WaitingRequests::Entry& each) {
             return serves({each.from, *each.policy, each.permit.route(), each.message});
         })) {
        to.tables_->waiting.take_over(std::move(entry));
    }
}

void Bridge::refuse_waiting(BridgeOutbox& out) {
    while (const auto waited = tables_->waiting.take_late(wamp::never, out))
        tables_->end_by(*waited, out);
}

void Bridge::drop(const Holding& holding, BridgeOutbox& out) {
    if (holding.registration) return tables_->registrations.drop(holding, out);
    tables_->subscriptions.drop(holding, out);
}

bool Bridge::adopt(const Holding& holding, const policy::Permit& permit, BridgeOutbox& out) {
    const policy::Session* session = tables_->link.sessions.find(holding.session);
    SALLYPORT_CHECK(session != nullptr);
    SALLYPORT_CHECK(permit.covers(holding.session, holding.question()));
    const policy::RouteInfo& route = session->policy->route(permit.route());
    if (holding.registration) return tables_->registrations.adopt(holding, route, out);
    return tables_->subscriptions.adopt(holding, permit, route, out);
}

void Bridge::notify_lost(const Holding& holding, std::string_view reason, BridgeOutbox& out) const {
    backend_link::notify_lost(holding, reason, tables_->link, out);
}

void Bridge::on_deadline(Instant now, BridgeOutbox& out) {
    tables_->release_borrowed();
    tables_->calls.on_deadline(now, out);
    while (const auto late = tables_->waiting.take_late(now, out)) tables_->end_by(*late, out);
}

Instant Bridge::deadline() const noexcept {
    return std::min(tables_->calls.deadline(), tables_->waiting.deadline());
}

bool Bridge::reads_history() const noexcept {
    return backend_link::reads_history(tables_->link.profile);
}

bool Bridge::up() const noexcept {
    return tables_->link.up;
}

Bridge::Counts Bridge::counts() const noexcept {
    return {tables_->calls.size(),         tables_->publications.size(),
            tables_->subscriptions.size(), tables_->registrations.size(),
            tables_->invocations.size(),   tables_->waiting.size(),
            tables_->publications.bytes(), tables_->waiting.bytes()};
}

Bridge::Counts Bridge::counts_of(SessionId session) const noexcept {
    return {tables_->calls.count_of(session),         0,
            tables_->subscriptions.count_of(session), tables_->registrations.count_of(session),
            tables_->invocations.count_of(session),   0,
            tables_->publications.bytes_of(session),  tables_->waiting.bytes_of(session)};
}

}  // namespace sallyport::backend_link
