// What a reload does to the services, the link and the guests of an inside.
#include "backend-link/inside/inside.h"

#include <algorithm>

#include "tests/unit/policy/wires.h"

namespace sallyport::backend_link {
namespace {

using policy::Lines;
using policy::peer;
using namespace std::chrono_literals;

std::string policy_with(std::string_view prefix, std::string_view realm = "lab") {
    return "realm = \"" + std::string(realm) + R"("
[auth]
anonymous = { role = "service" }
[[allow]]
id = "services"
roles = ["service", "gateway", "guest"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = ")" + std::string(prefix) +
           "\"\n";
}

constexpr std::string_view revocable_hello =
    R"([1,"lab",{"roles":{"caller":{},"publisher":{},"callee":{"features":{"registration_revocation":true}},)"
    R"("subscriber":{"features":{"subscription_revocation":true}}}}])";

class InsideReload : public testing::Test {
protected:
    InsideReload()
        : inside_({{policy::door_realm(policy_with("lab."))}, {{"gateway", {}}}, {}}, {7}) {
        inside_.start(now_, wires_.out);
        wires_.take();
    }
    void join(std::uint64_t id) {
        inside_.on_open(peer(id), wires_.open(id), now_, wires_.out);
        EXPECT_EQ(after(id, revocable_hello).size(), 1U);
    }
    void link_up(std::uint64_t id = 9) {
        inside_.on_link_open(0, peer(id), wires_.open(id), now_, wires_.out);
        EXPECT_EQ(after(id, revocable_hello).size(), 1U);
    }
    Lines after(std::uint64_t id, std::string_view json) {
        inside_.on_message(peer(id), policy::in(wires_.serializer(id), json), now_, wires_.out);
        return wires_.take();
    }
    Inside::Reloaded reload(std::string_view text) {
        const auto expected = inside_.would_reload({policy::door_realm(text)});
        EXPECT_EQ(wires_.take(), Lines{});
        const auto done = inside_.reload({policy::door_realm(text)}, now_, wires_.out);
        EXPECT_EQ(done.sessions_ended, expected.sessions_ended);
        EXPECT_EQ(done.subscriptions_revoked, expected.subscriptions_revoked);
        EXPECT_EQ(done.registrations_revoked, expected.registrations_revoked);
        return done;
    }

    policy::Wires wires_;
    wamp::Instant now_{std::chrono::hours(1)};
    Inside inside_;
};

TEST_F(InsideReload, AddsLinksAndLeavesThoseThatAreRemoved) {
    link_up();
    const auto change = [&](InsideLinkChange links) {
        inside_.reload({policy::door_realm(policy_with("lab."))}, now_, wires_.out,
                       std::move(links));
        return wires_.take();
    };
    EXPECT_EQ(change({{{"second", {}}}, {}}), Lines{"dial 1"});
    inside_.on_link_open(1, peer(10), wires_.open(10), now_, wires_.out);
    EXPECT_EQ(after(10, revocable_hello).size(), 1U);
    EXPECT_EQ(change({{}, {0}}), Lines{"9 closed"});
    now_ += 10min;
    inside_.on_deadline(now_, wires_.out);
    for (const std::string& line : wires_.take()) EXPECT_NE(line, "dial 0");
    inside_.on_link_open(0, peer(11), wires_.open(11), now_, wires_.out);
    EXPECT_EQ(wires_.take(), Lines{"11 closed"}) << "it was still being dialled";
    EXPECT_EQ(inside_.status_json().find("gateway"), std::string::npos);
}

TEST_F(InsideReload, RevokesAndNotifies) {
    join(1);
    join(2);
    after(1, R"([64,1,{},"lab.add"])");
    after(1, R"([32,2,{},"lab.topic"])");
    after(2, R"([32,1,{},"lab.public.topic"])");
    const auto done = reload(policy_with("lab.public."));
    EXPECT_EQ(done.registrations_revoked, 1U);
    EXPECT_EQ(done.subscriptions_revoked, 1U);
    EXPECT_EQ(wires_.take(),
              (Lines{R"(1 [35,0,{"subscription":1,"reason":"wamp.error.not_authorized"}])",
                     R"(1 [67,0,{"registration":1,"reason":"wamp.error.not_authorized"}])"}));
    EXPECT_EQ(inside_.counts().subscriptions, 1U);
    EXPECT_EQ(inside_.counts().registrations, 0U);
    EXPECT_EQ(inside_.counts().sessions, 2U);
    // The other one's goes on.
    EXPECT_EQ(after(1, R"([16,3,{},"lab.public.topic",[7]])").size(), 1U);
}

TEST_F(InsideReload, TellsTheGatewayOfWhatItSubscribedFor) {
    link_up();
    join(1);
    after(9, R"([32,1,{},"lab.topic"])");
    EXPECT_EQ(reload(policy_with("elsewhere.")).subscriptions_revoked, 1U);
    EXPECT_EQ(wires_.take(),
              Lines{R"(9 [35,0,{"subscription":1,"reason":"wamp.error.not_authorized"}])"});
}

TEST_F(InsideReload, LetsCallsInFlightFinish) {
    link_up();
    join(1);
    after(1, R"([64,1,{},"lab.add"])");
    const Lines invoked = after(
        9,
        R"([48,1,{"forward_for":[{"session":5,"authid":"g","authrole":"guest"}]},"lab.add",[1]])");
    ASSERT_EQ(invoked.size(), 1U);
    EXPECT_TRUE(invoked[0].starts_with("1 [68,1,1,")) << invoked[0];
    reload(policy_with("elsewhere."));
    wires_.take();
    EXPECT_EQ(after(1, "[70,1,{},[2]]"), Lines{"9 [50,1,{},[2]]"});
    EXPECT_EQ(
        after(
            9,
            R"([48,2,{"forward_for":[{"session":5,"authid":"g","authrole":"guest"}]},"lab.add",[1]])"),
        Lines{R"(9 [8,48,2,{},"wamp.error.not_authorized"])"});
    EXPECT_EQ(inside_.counts().calls, 0U);
}

TEST_F(InsideReload, EndsWhoBelongsToARealmThatIsGone) {
    link_up();
    join(1);
    after(1, R"([64,1,{},"lab.add"])");
    const auto done = reload(policy_with("lab.", "other"));
    EXPECT_EQ(done.sessions_ended, 2U);
    const Lines lines = wires_.take();
    EXPECT_EQ(std::count_if(lines.begin(), lines.end(),
                            [](const auto& line) {
                                return line.find("wamp.close.close_realm") != line.npos;
                            }),
              2);
    EXPECT_EQ(inside_.counts().sessions, 0U);
    EXPECT_EQ(inside_.counts().registrations, 0U);
    inside_.on_open(peer(3), wires_.open(3), now_, wires_.out);
    EXPECT_EQ(after(3, R"([1,"other",{"roles":{"caller":{}}}])").size(), 1U);
    EXPECT_EQ(inside_.counts().sessions, 1U);
}

TEST_F(InsideReload, ChangesNothingWhenNothingChanged) {
    join(1);
    after(1, R"([64,1,{},"lab.add"])");
    for (int i = 0; i < 100; ++i) {
        const auto done = reload(policy_with("lab."));
        EXPECT_EQ(done.sessions_ended + done.registrations_revoked + done.subscriptions_revoked,
                  0U);
    }
    EXPECT_EQ(wires_.take(), Lines{});
    EXPECT_EQ(after(1, R"([48,2,{},"lab.add"])").size(), 1U);
}

}  // namespace
}  // namespace sallyport::backend_link
