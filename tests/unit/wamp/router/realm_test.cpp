#include "wamp/router/realm.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/wamp/router/world.h"
#include "tests/unit/wamp/session/samples.h"
#include "wamp/message/uris.h"
#include "wamp/router/retained.h"

namespace sallyport::wamp {
namespace {

using test::World;

void expect_empty(const Realm::Counts& counts) {
    EXPECT_EQ(counts.sessions, 0u);
    EXPECT_EQ(counts.subscriptions, 0u);
    EXPECT_EQ(counts.registrations, 0u);
    EXPECT_EQ(counts.calls, 0u);
    EXPECT_EQ(counts.invocations, 0u);
}

// W-SES-05
TEST(Realm, CountsWhatIsThere) {
    World world;
    expect_empty(world.realm.counts());
    world.join(1);
    world.join(2);
    world.subscribe(1, "a");
    world.subscribe(1, "a", Dict{{"match", "prefix"}});
    world.enroll(1, "p");
    world.call(2, "p");
    world.publish(1, "t", Dict{{"retain", true}});
    const Realm::Counts counts = world.realm.counts();
    EXPECT_EQ(counts.sessions, 2u);
    EXPECT_EQ(counts.subscriptions, 2u);
    EXPECT_EQ(counts.registrations, 1u);
    EXPECT_EQ(counts.calls, 1u);
    EXPECT_EQ(counts.invocations, 1u);
    EXPECT_EQ(counts.retained, 1u);
    EXPECT_EQ(counts.retained_bytes, RetainedEvents::overhead_bytes + 1);
    world.leave(1);
    world.leave(2);
    expect_empty(world.realm.counts());
    EXPECT_EQ(world.realm.counts().retained, 1u);  // it stays
    EXPECT_EQ(world.realm.deadline(), never);
}

// W-RMA-02, W-SMA-01
TEST(Realm, ListsWhoComesToHoldSomethingAndWhoLosesIt) {
    World world;
    world.join(1);
    world.join(2);
    world.subscribe(1, "a", Dict{{"match", "prefix"}});
    world.subscribe(1, "a", Dict{{"match", "prefix"}});  // it holds it already
    world.enroll(1, "p", Dict{{"invoke", "last"}});
    world.enroll(2, "p", Dict{{"force_reregister", true}});
    world.leave(2);
    world.leave(1);
    const auto& changes = world.realm.holding_changes();
    std::vector<std::string> lines;
    for (const HoldingChange& change : changes) {
        lines.push_back(std::string(change.added ? "+" : "-") + (change.registration ? "r" : "s") +
                        std::to_string(change.id) + " of " + std::to_string(change.session) +
                        " by " + std::to_string(change.by) +
                        (change.added ? " " + change.uri + " " + std::string(change.invoke) : ""));
    }
    EXPECT_EQ(lines, (std::vector<std::string>{"+s1 of 1 by 1 a single", "+r1 of 1 by 1 p last",
                                               "-r1 of 1 by 2", "+r2 of 2 by 2 p single",
                                               "-r2 of 2 by 2", "-s1 of 1 by 1"}));
    EXPECT_EQ(changes[0].match, MatchPolicy::prefix);
}

TEST(Realm, MessagesOfNobodyDoNothing) {
    World world;
    world.join(1);
    world.subscribe(1, "a.b");
    world.forget();
    for (const Message& message : test::one_of_each()) {
        world.send(99, message);
        EXPECT_EQ(world.entries, 0u) << to_string(type_of(message));
    }
    world.leave(99);
    EXPECT_EQ(world.entries, 0u);
    EXPECT_EQ(world.realm.counts().sessions, 1u);
}

TEST(Realm, MessagesThatAreNoRequestsDoNothing) {
    World world;
    world.join(1);
    for (const Message& message : test::one_of_each()) {
        switch (type_of(message)) {
            case MessageType::publish:
            case MessageType::subscribe:
            case MessageType::unsubscribe:
            case MessageType::call:
            case MessageType::register_:
            case MessageType::unregister:
                continue;
            case MessageType::hello:
            case MessageType::welcome:
            case MessageType::abort:
            case MessageType::challenge:
            case MessageType::authenticate:
            case MessageType::goodbye:
            case MessageType::error:
            case MessageType::published:
            case MessageType::subscribed:
            case MessageType::unsubscribed:
            case MessageType::event:
            case MessageType::cancel:
            case MessageType::result:
            case MessageType::registered:
            case MessageType::unregistered:
            case MessageType::invocation:
            case MessageType::interrupt:
            case MessageType::yield:
                break;
        }
        world.send(1, message);
        EXPECT_EQ(world.entries, 0u) << to_string(type_of(message));
    }
}

TEST(Realm, ASessionThatCameBackBeginsAnew) {
    World world;
    world.join(1);
    world.join(2);
    world.enroll(1, "p");
    world.call(2, "p");
    world.leave(1);
    world.join(1);
    world.forget();
    world.yield(1, 1);
    EXPECT_TRUE(world.sent_to(2).empty()) << "the call ended when the callee left";
    EXPECT_NE(world.enroll(1, "p"), 0u);
    world.call(2, "p");
    EXPECT_EQ(world.invoked(1), 1u);
}

TEST(Realm, MovesWithAllThatItHolds) {
    World world;
    world.join(1);
    world.join(2);
    world.enroll(1, "p");
    const RequestId call = world.call(2, "p");
    Realm moved = std::move(world.realm);
    world.realm = std::move(moved);
    world.yield(1, 1);
    ASSERT_NE(world.last<CallResult>(2), nullptr);
    EXPECT_EQ(world.last<CallResult>(2)->request, call);
}

// One seed replays one run: the ids that are drawn are the same.
TEST(Realm, TheSameSeedGivesTheSameIds) {
    PublicationId ids[2] = {};
    for (PublicationId& id : ids) {
        World world;
        world.join(1);
        world.publish(1, "a", Dict{{"acknowledge", true}});
        id = world.last<Published>(1)->publication;
    }
    EXPECT_EQ(ids[0], ids[1]);
    EXPECT_TRUE(is_valid_id(ids[0]));
}

// W-MSG-13, promise 4: what the router itself says holds no text.
TEST(Realm, RefusalsAreBare) {
    World world;
    world.join(1);
    world.call(1, "nothing");
    world.call(1, "bad..uri");
    world.enroll(1, "wamp.x");
    world.subscribe(1, "bad..uri");
    world.publish(1, "bad..uri", Dict{{"acknowledge", true}});
    world.send(1, Unregister{world.next_request(1), 7, {}});
    world.send(1, Unsubscribe{world.next_request(1), 7, {}});
    const std::vector<Error> errors = world.all<Error>(1);
    ASSERT_EQ(errors.size(), 7u);
    RequestId request = 0;
    for (const Error& error : errors) {
        EXPECT_EQ(error.request, ++request);
        EXPECT_TRUE(error.details.empty());
        EXPECT_TRUE(error.payload.empty());
    }
}

}  // namespace
}  // namespace sallyport::wamp
