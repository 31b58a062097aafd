// Sessions that come, go, call, cancel and fall silent at random, while a model counts what each is
// owed.

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "tests/unit/wamp/router/world.h"

namespace sallyport::wamp {
namespace {

using test::milliseconds;

constexpr SessionId sessions_max = 6;

class Churn {
public:
    explicit Churn(std::uint8_t seed) : random_(test::random(seed)), realm_(test::random(seed)) {}

    void run(int steps) {
        for (int i = 0; i < steps && !testing::Test::HasFatalFailure(); ++i) step();
        now_ += std::chrono::hours(1);
        realm_.on_deadline(now_, out_);
        collect();
        while (!alive_.empty() && !testing::Test::HasFatalFailure()) leave(alive_.begin()->first);
        const Realm::Counts counts = realm_.counts();
        EXPECT_EQ(counts.sessions + counts.subscriptions + counts.registrations + counts.calls +
                      counts.invocations,
                  0u);
        EXPECT_EQ(realm_.deadline(), never);
    }

    std::size_t answered = 0;
    std::size_t events = 0;

private:
    struct Session {
        RequestId last_request = 0;
        RequestId last_invocation = 0;
        std::set<RequestId> calls;               ///< not answered yet
        std::set<RequestId> owes;                ///< invocations it may answer
        std::set<SubscriptionId> subscriptions;  ///< confirmed
        std::set<RegistrationId> registrations;  ///< confirmed
        std::map<RequestId, Id> ending;          ///< UNSUBSCRIBE or UNREGISTER under way
    };

    void step() {
        const SessionId id = 1 + random_.below(sessions_max);
        if (!alive_.contains(id)) return join(id);
        Session& session = alive_[id];
        switch (random_.below(12)) {
            case 0:
                return random_.below(4) == 0 ? leave(id) : pass();
            case 1:
                return send(id, Subscribe{++session.last_request, match(), topic()});
            case 2:
                return send(id, Register{++session.last_request, enroll_options(), topic()});
            case 3:
                return end(id, session);
            case 4:
            case 5:
                return send(id, Publish{++session.last_request, publish_options(), topic(), {}});
            case 6:
                return session.calls.empty()
                           ? pass()
                           : send(id, Cancel{*session.calls.begin(), cancel_options()});
            case 7:
            case 8:
                return answer(id, session);
            default:
                session.calls.insert(++session.last_request);
                return send(id, Call{session.last_request, call_options(), topic(), {}});
        }
    }

    void join(SessionId id) {
        alive_[id] = {};
        const Features features =
            random_.below(2) == 0 ? test::all_features() : test::no_features();
        realm_.join({id, "a", "r", features, 0});
    }

    void leave(SessionId id) {
        alive_.erase(id);
        realm_.leave(id, now_, out_);
        collect();
    }

    void pass() {
        now_ += milliseconds(random_.below(40));
        realm_.on_deadline(now_, out_);
        EXPECT_GT(realm_.deadline(), now_);
        collect();
    }

    void end(SessionId id, Session& session) {
        const RequestId request = ++session.last_request;
        if (random_.below(2) == 0 && !session.subscriptions.empty()) {
            session.ending[request] = *session.subscriptions.begin();
            return send(id, Unsubscribe{request, *session.subscriptions.begin(), {}});
        }
        const RegistrationId last =
            session.registrations.empty() ? 5 : *session.registrations.begin();
        session.ending[request] = last;
        send(id, Unregister{request, last, {}});
    }

    void answer(SessionId id, Session& session) {
        if (session.owes.empty()) return;
        const RequestId invocation = *session.owes.begin();
        const std::uint64_t how = random_.below(4);
        if (how == 0) return send(id, Yield{invocation, Dict{{"progress", true}}, {}});
        // Sometimes it is answered twice.
        if (random_.below(8) != 0) session.owes.erase(invocation);
        if (how == 1) return send(id, Error{MessageType::invocation, invocation, {}, "e.e", {}});
        send(id, Yield{invocation, {}, {}});
    }

    void send(SessionId from, Message message) {
        const auto most = static_cast<std::uint32_t>(random_.below(4));
        auto lease = tally_.acquire({Tally::Bound{from, most}});
        if (!lease) return;
        realm_.handle(from, std::move(message), {from, "a", "r"},
                      {milliseconds(random_.below(3) * 50), *std::move(lease)}, now_, out_);
        collect();
    }

    void collect() {
        for (const Deliveries::Entry& entry : out_.entries()) {
            for (const SessionId to : out_.receivers(entry)) {
                const auto session = alive_.find(to);
                ASSERT_NE(session, alive_.end()) << "sent to a session that has gone";
                check(session->second, entry.message);
            }
        }
        out_.clear();
    }

    void check(Session& session, const Message& message) {
        if (const auto* result = std::get_if<CallResult>(&message)) {
            ASSERT_TRUE(session.calls.contains(result->request)) << "answered twice";
            if (!result->details.get_bool("progress", false)) finish(session, result->request);
        } else if (const auto* error = std::get_if<Error>(&message)) {
            if (error->request_type != MessageType::call) return;
            ASSERT_TRUE(session.calls.contains(error->request)) << "answered twice";
            finish(session, error->request);
        } else if (const auto* invocation = std::get_if<Invocation>(&message)) {
            ASSERT_TRUE(session.registrations.contains(invocation->registration));
            ASSERT_EQ(invocation->request, ++session.last_invocation);
            session.owes.insert(invocation->request);
        } else if (const auto* interrupt = std::get_if<Interrupt>(&message)) {
            ASSERT_LE(interrupt->request, session.last_invocation);
        } else if (const auto* event = std::get_if<Event>(&message)) {
            ++events;
            ASSERT_TRUE(session.subscriptions.contains(event->subscription))
                << "before SUBSCRIBED or after UNSUBSCRIBED";
        } else if (const auto* subscribed = std::get_if<Subscribed>(&message)) {
            session.subscriptions.insert(subscribed->subscription);
        } else if (const auto* registered = std::get_if<Registered>(&message)) {
            ASSERT_TRUE(session.registrations.insert(registered->registration).second);
        } else if (const auto* unsubscribed = std::get_if<Unsubscribed>(&message)) {
            session.subscriptions.erase(session.ending[unsubscribed->request]);
        } else if (const auto* unregistered = std::get_if<Unregistered>(&message)) {
            session.registrations.erase(session.ending[unregistered->request]);
        }
    }

    void finish(Session& session, RequestId call) {
        session.calls.erase(call);
        ++answered;
    }

    std::string topic() {
        return random_.below(2) == 0 ? "a.b" : random_.below(2) == 0 ? "a.c" : "b";
    }
    Dict match() {
        const std::uint64_t which = random_.below(3);
        return which == 0 ? Dict{} : Dict{{"match", which == 1 ? "prefix" : "wildcard"}};
    }
    Dict enroll_options() {
        Dict options = match();
        if (random_.below(2) == 0) options.set("invoke", "roundrobin");
        return options;
    }
    Dict publish_options() {
        return Dict{{"acknowledge", random_.below(2) == 0},
                    {"exclude_me", random_.below(2) == 0},
                    {"disclose_me", random_.below(2) == 0}};
    }
    Dict call_options() {
        return Dict{{"receive_progress", random_.below(2) == 0},
                    {"timeout", random_.below(3) * 40}};
    }
    Dict cancel_options() {
        constexpr const char* modes[] = {"skip", "kill", "killnowait"};
        return Dict{{"mode", modes[random_.below(3)]}};
    }

    Random random_;
    Tally tally_;
    Realm realm_;
    Deliveries out_;
    Instant now_{test::seconds(1000)};
    std::map<SessionId, Session> alive_;
};

// W-RPC-07, W-ORD-03, W-ORD-05, W-SES-05, W-SUB-02, W-SUB-03, W-SUB-05
TEST(RealmChurn, EveryCallHasOneAnswerAndNothingIsLeft) {
    std::size_t answered = 0;
    std::size_t events = 0;
    for (std::uint8_t seed = 0; seed < 25; ++seed) {
        SCOPED_TRACE(static_cast<int>(seed));
        Churn churn(seed);
        churn.run(2000);
        answered += churn.answered;
        events += churn.events;
        if (HasFatalFailure()) return;
    }
    EXPECT_GT(answered, 5'000u) << "the world has to do something to show anything";
    EXPECT_GT(events, 5'000u);
}

// W-SUB-06: memory is that of the sessions that are there, not of those that were.
TEST(RealmChurn, ManyShortSessionsLeaveNothing) {
    test::World world;
    world.join(1);
    world.enroll(1, "p");
    for (SessionId id = 100; id < 10'100; ++id) {
        world.join(id);
        world.subscribe(id, "a.b");
        world.call(id, "p", Dict{{"timeout", 1000}, {"receive_progress", true}});
        world.leave(id);
        world.forget();
    }
    const Realm::Counts counts = world.realm.counts();
    EXPECT_EQ(counts.sessions, 1u);
    EXPECT_EQ(counts.subscriptions, 0u);
    EXPECT_EQ(counts.registrations, 1u);
    EXPECT_EQ(counts.calls, 0u);
    EXPECT_EQ(world.realm.deadline(), never);
}

}  // namespace
}  // namespace sallyport::wamp
