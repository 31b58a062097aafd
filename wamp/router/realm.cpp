#include "wamp/router/realm.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <variant>

#include "wamp/base/check.h"
#include "wamp/router/broker.h"
#include "wamp/router/dealer.h"
#include "wamp/router/member.h"

namespace sallyport::wamp {

struct Realm::Tables {
    explicit Tables(Random random)
        : dealer(random.fork(), changes), broker(std::move(random), changes) {}

    Members members;
    HoldingChanges changes;
    Dealer dealer;
    Broker broker;
};

namespace {

/// Passes one message of a member to the broker or the dealer, depending on its type.
struct Handler {
    Dealer& dealer;
    Broker& broker;
    Member& from;
    const Origin& origin;
    CallLimits& limits;
    Instant now;
    Deliveries& out;

    void operator()(Publish& m) { broker.publish(from, std::move(m), origin, now, out); }
    void operator()(Subscribe& m) { broker.subscribe(from, std::move(m), out); }
    void operator()(Unsubscribe& m) { broker.unsubscribe(from, m, out); }
    void operator()(Register& m) { dealer.register_(from, std::move(m), out); }
    void operator()(Unregister& m) { dealer.unregister(from, m, out); }
    void operator()(Call& m) {
        dealer.call(from, std::move(m), origin, std::move(limits), now, out);
    }
    void operator()(Cancel& m) { dealer.cancel(from, m, now, out); }
    void operator()(Yield& m) { dealer.yield(from, m, now, out); }
    void operator()(Error& m) { dealer.error(from, std::move(m), out); }
    template <class Other>
    void operator()(Other&) {}  // the session machine rejects all others
};

}  // namespace

Realm::Realm(Random random) : tables_(std::make_unique<Tables>(std::move(random))) {}
Realm::~Realm() = default;
Realm::Realm(Realm&&) noexcept = default;
Realm& Realm::operator=(Realm&&) noexcept = default;

void Realm::name_conveyed_callers(bool always) noexcept {
    tables_->dealer.name_conveyed_callers(always);
}

void Realm::limit_held_bytes(std::size_t bytes_of_caller) noexcept {
    tables_->dealer.limit_held_bytes(bytes_of_caller);
}

void Realm::keep_history(std::vector<HistoryRule> rules, std::size_t bytes_max) {
    tables_->broker.keep_history(std::move(rules), bytes_max);
}

History& Realm::history() noexcept {
    return tables_->broker.history();
}

void Realm::join(Session session) {
    const SessionId id = session.id;
    const auto [at, is_new] = tables_->members.try_emplace(id);
    SALLYPORT_CHECK(id != 0 && is_new);
    at->second.session = std::move(session);
    tables_->dealer.join(at->second);
}

void Realm::leave(SessionId session, Instant, Deliveries& out) {
    const auto at = tables_->members.find(session);
    if (at == tables_->members.end()) return;
    tables_->broker.leave(at->second);
    tables_->dealer.leave(at->second, out);
    tables_->members.erase(at);
}

void Realm::handle(SessionId from, Message&& message, const Origin& origin, CallLimits&& limits,
                   Instant now, Deliveries& out) {
    const auto at = tables_->members.find(from);
    if (at == tables_->members.end()) return;
    std::visit(Handler{tables_->dealer, tables_->broker, at->second, origin, limits, now, out},
               message);
}

void Realm::proceed(SessionId from, Call&& further, Instant now, Deliveries& out) {
    const auto at = tables_->members.find(from);
    if (at != tables_->members.end())
        tables_->dealer.proceed(at->second, std::move(further), now, out);
}

std::vector<Realm::Holding> Realm::holdings() const {
    std::vector<Holding> all;
    for (const auto& [session, member] : tables_->members) {
        for (const SubscriptionId id : member.subscriptions) {
            const auto [uri, match] = tables_->broker.subscribed(id);
            all.push_back({session, false, id, match, std::string(uri)});
        }
        for (const RegistrationId id : member.registrations) {
            const auto [uri, match] = tables_->dealer.registered(id);
            all.push_back({session, true, id, match, std::string(uri)});
        }
    }
    std::sort(all.begin(), all.end(), [](const Holding& a, const Holding& b) {
        return std::tie(a.session, a.registration, a.id) <
               std::tie(b.session, b.registration, b.id);
    });
    return all;
}

std::optional<Realm::Holding> Realm::subscription(SubscriptionId id, SessionId holder) const {
    if (!tables_->broker.has(id)) return std::nullopt;
    const auto [uri, match] = tables_->broker.subscribed(id);
    const auto at = tables_->members.find(holder);
    bool holds = false;
    if (at != tables_->members.end()) {
        const auto& held = at->second.subscriptions;
        holds = std::find(held.begin(), held.end(), id) != held.end();
    }
    return Holding{holds ? holder : 0, false, id, match, std::string(uri)};
}

void Realm::revoke(const Holding& holding, std::string_view reason, Deliveries& out) {
    const auto at = tables_->members.find(holding.session);
    if (at == tables_->members.end()) return;
    if (holding.registration) {
        tables_->dealer.revoke(at->second, holding.id, reason, out);
    } else {
        tables_->broker.revoke(at->second, holding.id, reason, out);
    }
}

HoldingChanges& Realm::holding_changes() noexcept {
    return tables_->changes;
}

void Realm::end_call(SessionId caller, RequestId request, std::string_view reason, Instant now,
                     Deliveries& out) {
    const auto at = tables_->members.find(caller);
    if (at != tables_->members.end())
        tables_->dealer.cancel(at->second, Cancel{request, {}}, now, out, reason);
}

void Realm::set_room(SessionId callee, bool has_room) noexcept {
    const auto at = tables_->members.find(callee);
    if (at != tables_->members.end()) at->second.has_room = has_room;
}

bool Realm::invoke_held(SessionId callee, Instant now, Deliveries& out) {
    const auto at = tables_->members.find(callee);
    return at != tables_->members.end() && tables_->dealer.invoke_held(at->second, now, out);
}

std::vector<CallerWaits::Change> Realm::take_caller_waits() {
    CallerWaits& waits = tables_->dealer.caller_waits();
    return waits.has_changes() ? waits.take_changes() : std::vector<CallerWaits::Change>();
}

void Realm::on_deadline(Instant now, Deliveries& out) {
    tables_->dealer.on_deadline(now, out);
    tables_->broker.history().on_deadline(now);
}

Instant Realm::deadline() const noexcept {
    return std::min(tables_->dealer.deadline(), tables_->broker.history().deadline());
}

std::size_t Realm::entries_of(SessionId session) const noexcept {
    const auto at = tables_->members.find(session);
    if (at == tables_->members.end()) return 0;
    return at->second.subscriptions.size() + at->second.registrations.size();
}

Realm::Counts Realm::counts() const noexcept {
    const CallTable& calls = tables_->dealer.calls();
    const RetainedEvents& retained = tables_->broker.retained();
    return {tables_->members.size(),
            tables_->broker.subscriptions(),
            tables_->dealer.registrations(),
            calls.calls(),
            calls.invocations(),
            retained.size(),
            retained.bytes(),
            tables_->dealer.held_bytes(),
            tables_->broker.history().bytes()};
}

}  // namespace sallyport::wamp
