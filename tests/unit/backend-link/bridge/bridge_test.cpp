#include "backend-link/bridge/bridge.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <tuple>

#include "tests/unit/backend-link/bridge/bridge_world.h"

namespace sallyport::backend_link {
namespace {

TEST(Bridge, IsDownUntilTheLinkIsUp) {
    policy::Sessions sessions;
    wamp::Random random({2});
    policy::Judge judge(policy::AuditTrail::Level::nothing, random);
    FrontIds ids(99);
    Bridge bridge({}, sessions, judge, ids, 0, wamp::Random({1}));
    EXPECT_FALSE(bridge.up());
    BridgeOutbox out;
    bridge.on_link_lost({}, out);
    EXPECT_TRUE(out.to_sessions.empty());
    bridge.on_link_up(full_router, {}, {}, out);
    EXPECT_TRUE(bridge.up());
    bridge.on_link_lost({}, out);
    EXPECT_FALSE(bridge.up());
    EXPECT_EQ(bridge.deadline(), wamp::never);
}

TEST(BridgeDeathTest, TakesNothingWithoutThePermitThatWasGivenForIt) {
    BridgeWorld world;
    const SessionId one = world.join();
    const SessionId two = world.join();
    const auto forward = [&](SessionId from, policy::Permit permit) {
        world.bridge.forward(*world.sessions.find(from), std::move(permit),
                             wamp::Call{1, {}, "lab.a", {}}, world.now, world.out);
    };
    EXPECT_DEATH(forward(two, world.permit(one, {policy::Action::call, "lab.a"})), "covers");
    EXPECT_DEATH(forward(one, world.permit(one, {policy::Action::call, "lab.b"})), "covers");
    EXPECT_DEATH(forward(one, world.permit(one, {policy::Action::register_, "lab.a"})), "covers");
    auto spent = world.permit(one, {policy::Action::call, "lab.a"});
    forward(one, std::move(spent));
    EXPECT_DEATH(forward(one, std::move(spent)), "covers");  // NOLINT(bugprone-use-after-move)
    Holding holding;
    holding.session = one;
    holding.uri = "lab.t";
    EXPECT_DEATH(world.bridge.adopt(holding, world.permit(two, holding.question()), world.out),
                 "covers");
}

TEST(Bridge, IgnoresAnswersToWhatItNeverAsked) {
    BridgeWorld world;
    world.join();
    world.link(wamp::CallResult{9, {}, {}});
    world.link(wamp::Published{9, 1});
    world.link(wamp::Subscribed{9, 1});
    world.link(wamp::Unsubscribed{9, {}});
    world.link(wamp::Event{9, 1, {}, {}});
    world.link(wamp::Registered{9, 1});
    world.link(wamp::Unregistered{9, {}});
    world.link(wamp::Interrupt{9, {}});
    for (const MessageType type :
         {MessageType::call, MessageType::publish, MessageType::subscribe, MessageType::unsubscribe,
          MessageType::register_, MessageType::unregister, MessageType::cancel}) {
        world.link_error(type, 9, "lab.error");
    }
    EXPECT_EQ(world.take(), Lines{});
    EXPECT_TRUE(world.empty());
}

// An answer of one kind must not end a request of another that has the same id.
TEST(Bridge, TellsAnswersOfDifferentKindsApart) {
    BridgeWorld world;
    const SessionId session = world.join();
    world.call(session, 1, "lab.a");
    world.take();
    world.link(wamp::Published{1, 900});
    world.link(wamp::Subscribed{1, 900});
    world.link(wamp::Registered{1, 900});
    world.link_error(MessageType::publish, 1, "lab.error");
    world.link_error(MessageType::subscribe, 1, "lab.error");
    EXPECT_EQ(world.take(), Lines{});
    world.link(wamp::CallResult{1, {}, {}});
    EXPECT_EQ(world.take(), (Lines{"101 [50,1,{}]"}));
}

TEST(Bridge, IgnoresTheLinkWhileItIsDown) {
    BridgeWorld world;
    world.subscribed(world.join(), 1, "lab.t", 77);
    world.link_lost();
    world.link_event(77, 900);
    world.link_invocation(1, 77);
    EXPECT_EQ(world.take(), Lines{});
}

// W-ID-04: one counter for all kinds of requests.
TEST(Bridge, NumbersAllRequestsOnTheLinkByOneCounter) {
    BridgeWorld world;
    const SessionId session = world.join();
    world.call(session, 1, "lab.a");
    world.publish(session, 2, "lab.a");
    world.subscribe(session, 3, "lab.a");
    world.enrol(session, 4, "lab.a");
    EXPECT_EQ(world.take(),
              (Lines{R"(link [48,1,{},"lab.a"])", R"(link [16,2,{"acknowledge":true},"lab.a"])",
                     R"(link [32,3,{},"lab.a"])", R"(link [64,4,{},"lab.a"])"}));
}

TEST(Bridge, RestoresRegistrationsBeforeSubscriptions) {
    BridgeWorld world;
    const SessionId session = world.join();
    world.subscribed(session, 1, "lab.t", 77);
    world.registered(session, 2, "lab.p", 78);
    world.link_lost();
    world.link_up();
    EXPECT_EQ(world.take(), (Lines{R"(link [64,1,{},"lab.p"])", R"(link [32,2,{},"lab.t"])"}));
}

/// Sessions that do anything at random, and a router that answers at random, late, twice or never,
/// over a link that comes and goes. Whatever happens: one final answer per request, and empty
/// tables at the end.
class Chaos {
public:
    explicit Chaos(std::uint64_t seed)
        : random_({static_cast<std::uint8_t>(seed % 256), static_cast<std::uint8_t>(seed / 256)}),
          routed_(seed % 2 == 0),
          world_(profile_of(BackendKind::generic), full_router,
                 routed_ ? routes_policy : bridge_policy) {}

    void run(int steps) {
        for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) step();
        while (!sessions_.empty()) leave(sessions_.begin()->first);
        if (up_) {
            answer_all();
        }
        check();
        EXPECT_TRUE(world_.empty());
    }

private:
    struct Client {
        wamp::RequestId last = 0;
        std::map<std::pair<int, wamp::RequestId>, int> open;  ///< by type and request
        std::set<wamp::SubscriptionId> subscriptions;
        std::set<wamp::RegistrationId> registrations;
        std::set<wamp::RequestId> invocations;
    };

    bool chance(std::uint64_t one_in) { return random_.below(one_in) == 0; }
    std::string topic() { return "lab.t" + std::to_string(random_.below(4)); }
    /// What is one topic behind has several names in front.
    std::string topic_in_front() {
        constexpr const char* heads[] = {"lab.", "out.", "hold.", "both."};
        return (routed_ ? heads[random_.below(4)] : "lab.") + topic().substr(4);
    }
    std::string procedure() {
        constexpr const char* routed[] = {"hold.other", "again.other", "again.timed", "both.timed"};
        if (routed_) return routed[random_.below(4)];
        return chance(3) ? "lab.other" : "lab.timed";
    }
    Dict match() {
        if (!chance(3)) return {};
        return {{"match", "prefix"}};
    }

    void step() {
        world_.now += std::chrono::milliseconds(random_.below(200));
        world_.bridge.on_deadline(world_.now, world_.out);
        check();
        if (sessions_.empty() || chance(20)) sessions_[world_.join()];
        if (chance(60)) toggle();
        if (chance(2)) {
            request();
        } else if (up_ && !asked_.empty()) {
            answer_one();
        } else if (up_) {
            unasked();
        }
        check();
        if (chance(40)) leave(pick()->first);
    }

    std::map<SessionId, Client>::iterator pick() {
        auto chosen = sessions_.begin();
        std::advance(chosen, static_cast<std::ptrdiff_t>(random_.below(sessions_.size())));
        return chosen;
    }

    void toggle() {
        if (up_) {
            world_.link_lost();
            asked_.clear();
            back_subscriptions_.clear();
            back_registrations_.clear();
        } else {
            world_.link_up();
        }
        up_ = !up_;
    }

    void request() {
        auto& [session, client] = *pick();
        const wamp::RequestId id = ++client.last;
        switch (random_.below(8)) {
            case 0:
            case 1:
                client.open[{48, id}] = 1;
                world_.call(session, id, procedure(),
                            {{"receive_progress", true}, {"timeout", random_.below(3000)}});
                break;
            case 2: {
                const bool acknowledge = chance(2);
                if (acknowledge) client.open[{16, id}] = 1;
                Dict options{{"acknowledge", acknowledge}, {"exclude_me", chance(2)}};
                if (chance(4)) options.append("eligible", List{session});
                world_.publish(session, id, topic_in_front(), options, json("[1]"));
                break;
            }
            case 3:
                client.open[{32, id}] = 1;
                world_.subscribe(session, id, topic_in_front(), match());
                break;
            case 4:
                client.open[{64, id}] = 1;
                world_.enrol(session, id, topic_in_front(), match());
                break;
            case 5:
                cancel(session, client);
                break;
            case 6:
                give_back(session, client, id);
                break;
            default:
                answer_invocation(session, client);
                break;
        }
    }

    void cancel(SessionId session, Client& client) {
        constexpr const char* modes[] = {"skip", "kill", "killnowait"};
        world_.cancel(session, 1 + random_.below(client.last), modes[random_.below(3)]);
    }

    void give_back(SessionId session, Client& client, wamp::RequestId id) {
        if (chance(2) && !client.subscriptions.empty()) {
            const auto which = *client.subscriptions.begin();
            client.open[{34, id}] = 1;
            client.subscriptions.erase(which);
            EXPECT_TRUE(world_.unsubscribe(session, id, which));
        } else if (!client.registrations.empty()) {
            const auto which = *client.registrations.begin();
            client.open[{66, id}] = 1;
            client.registrations.erase(which);
            EXPECT_TRUE(world_.unregister(session, id, which));
        }
    }

    void answer_invocation(SessionId session, Client& client) {
        if (client.invocations.empty()) return;
        const auto which = *client.invocations.begin();
        if (chance(3)) {
            world_.yield(session, which, {{"progress", true}});
            return;
        }
        client.invocations.erase(which);
        chance(2) ? world_.yield(session, which) : world_.raise(session, which, "lab.error");
    }

    void leave(SessionId session) {
        sessions_.erase(session);
        world_.leave(session);
        check();
    }

    /// What the router was asked and has not answered.
    struct Pending {
        MessageType type;
        wamp::RequestId request;
        wamp::Id id;  ///< what UNSUBSCRIBE and UNREGISTER name
    };

    void answer_one() {
        const auto at = static_cast<std::ptrdiff_t>(random_.below(asked_.size()));
        const Pending asked = asked_[static_cast<std::size_t>(at)];
        if (asked.type == MessageType::call && chance(4)) {
            world_.link(wamp::CallResult{asked.request, {{"progress", true}}, {}});
            return;
        }
        if (chance(30)) return;  // it takes its time
        asked_.erase(asked_.begin() + at);
        answer(asked);
        if (chance(5)) answer(asked);
    }

    void answer(const Pending& asked) {
        if (chance(4)) return world_.link_error(asked.type, asked.request, "lab.error.no");
        if (asked.type == MessageType::call) {
            world_.link(wamp::CallResult{asked.request, {}, {}});
        } else if (asked.type == MessageType::publish) {
            world_.link(wamp::Published{asked.request, random_.global_id()});
        } else if (asked.type == MessageType::subscribe) {
            back_subscriptions_.insert(++last_back_);
            world_.link(wamp::Subscribed{asked.request, last_back_});
        } else if (asked.type == MessageType::register_) {
            back_registrations_.insert(++last_back_);
            world_.link(wamp::Registered{asked.request, last_back_});
        } else if (asked.type == MessageType::unsubscribe) {
            back_subscriptions_.erase(asked.id);
            world_.link(wamp::Unsubscribed{asked.request, {}});
        } else if (asked.type == MessageType::unregister) {
            back_registrations_.erase(asked.id);
            world_.link(wamp::Unregistered{asked.request, {}});
        }
        check();
    }

    void answer_all() {
        for (int round = 0; !asked_.empty(); ++round) {
            ASSERT_LT(round, 100'000);
            answer_one();
            check();
        }
    }

    void unasked() {
        switch (random_.below(3)) {
            case 0:
                if (back_subscriptions_.empty()) return;
                world_.link_event(*back_subscriptions_.begin(), random_.global_id(),
                                  {{"topic", topic()}});
                break;
            case 1:
                if (back_registrations_.empty()) return;
                back_invocations_.insert(++last_invocation_);
                world_.link_invocation(last_invocation_, *back_registrations_.begin(),
                                       {{"receive_progress", chance(2)}});
                break;
            default:
                world_.link(wamp::Interrupt{1 + random_.below(last_invocation_ + 1),
                                            {{"mode", chance(2) ? "kill" : "killnowait"}}});
                break;
        }
    }

    /// Carries the outbox out and holds what is sent against what is open.
    void check() {
        for (const auto& entry : world_.out.to_sessions.entries()) {
            for (const SessionId to : world_.out.to_sessions.receivers(entry)) {
                const auto found = sessions_.find(to);
                ASSERT_NE(found, sessions_.end()) << "sent to a session that left";
                receive(found->second, entry.message);
            }
        }
        for (const wamp::Message& message : world_.out.to_link) sent(message);
        world_.out.clear();
    }

    void close(Client& client, int type, wamp::RequestId request) {
        ASSERT_EQ(client.open.erase({type, request}), 1u) << type << " " << request;
    }

    void receive(Client& client, const wamp::Message& message) {
        if (const auto* result = std::get_if<wamp::CallResult>(&message)) {
            if (result->details.get_bool("progress", false)) {
                ASSERT_TRUE(client.open.contains({48, result->request}));
            } else {
                close(client, 48, result->request);
            }
        } else if (const auto* error = std::get_if<wamp::Error>(&message)) {
            close(client, static_cast<int>(error->request_type), error->request);
        } else if (const auto* published = std::get_if<wamp::Published>(&message)) {
            close(client, 16, published->request);
        } else if (const auto* subscribed = std::get_if<wamp::Subscribed>(&message)) {
            close(client, 32, subscribed->request);
            client.subscriptions.insert(subscribed->subscription);
        } else if (const auto* registered = std::get_if<wamp::Registered>(&message)) {
            close(client, 64, registered->request);
            ASSERT_TRUE(client.registrations.insert(registered->registration).second);
        } else if (const auto* event = std::get_if<wamp::Event>(&message)) {
            ASSERT_TRUE(client.subscriptions.contains(event->subscription));  // W-ORD-03, 05
        } else if (const auto* invocation = std::get_if<wamp::Invocation>(&message)) {
            ASSERT_TRUE(client.registrations.contains(invocation->registration));
            ASSERT_TRUE(client.invocations.insert(invocation->request).second);
        } else if (const auto* unsubscribed = std::get_if<wamp::Unsubscribed>(&message)) {
            if (unsubscribed->request != 0) return close(client, 34, unsubscribed->request);
            const auto id = unsubscribed->details.get_uint("subscription", 0);
            ASSERT_EQ(client.subscriptions.erase(id), 1u);
        } else if (const auto* unregistered = std::get_if<wamp::Unregistered>(&message)) {
            if (unregistered->request != 0) return close(client, 66, unregistered->request);
            const auto id = unregistered->details.get_uint("registration", 0);
            ASSERT_EQ(client.registrations.erase(id), 1u);
        }
    }

    void sent(const wamp::Message& message) {
        ASSERT_TRUE(up_);
        if (const auto* call = std::get_if<wamp::Call>(&message)) {
            asked_.push_back({MessageType::call, call->request, 0});
        } else if (const auto* publish = std::get_if<wamp::Publish>(&message)) {
            asked_.push_back({MessageType::publish, publish->request, 0});
        } else if (const auto* subscribe = std::get_if<wamp::Subscribe>(&message)) {
            asked_.push_back({MessageType::subscribe, subscribe->request, 0});
        } else if (const auto* enrol = std::get_if<wamp::Register>(&message)) {
            asked_.push_back({MessageType::register_, enrol->request, 0});
        } else if (const auto* unsubscribe = std::get_if<wamp::Unsubscribe>(&message)) {
            asked_.push_back(
                {MessageType::unsubscribe, unsubscribe->request, unsubscribe->subscription});
        } else if (const auto* unregister = std::get_if<wamp::Unregister>(&message)) {
            asked_.push_back(
                {MessageType::unregister, unregister->request, unregister->registration});
        }
    }

    wamp::Random random_;
    bool routed_;
    BridgeWorld world_;
    std::map<SessionId, Client> sessions_;
    std::vector<Pending> asked_;
    std::set<wamp::Id> back_subscriptions_;
    std::set<wamp::Id> back_registrations_;
    std::set<wamp::Id> back_invocations_;
    wamp::Id last_back_ = 0;
    wamp::RequestId last_invocation_ = 0;
    bool up_ = true;
};

// Promise 2: one final answer each, whatever dies in between; W-GWY-09, W-SUB-03 to 06, W-ORD-03,
// W-ORD-05.
TEST(Bridge, AnswersOnceAndForgetsAllWhateverHappens) {
    for (std::uint64_t seed = 1; seed <= 150; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Chaos(seed).run(500);
        ASSERT_FALSE(HasFailure());
    }
}

}  // namespace
}  // namespace sallyport::backend_link
