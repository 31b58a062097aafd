#include "policy/door/auth_calls.h"

#include <gtest/gtest.h>

#include "tests/unit/policy/logins.h"
#include "tests/unit/policy/records.h"
#include "tests/unit/policy/wires.h"

namespace sallyport::policy {
namespace {

using logins::answer_to;
using logins::extra_for;
using logins::secret;

constexpr std::string_view dynamic_policy = R"(
realm = "lab"
[auth]
[auth.dynamic]
procedure = "auth.ask"
timeout = "3s"
methods = ["anonymous", "ticket", "wampcra", "cryptosign"]
[[route]]
id = "all"
match = "prefix"
uri = ""
to = "inside"
[[allow]]
id = "asking"
roles = ["gateway"]
actions = ["call"]
uri = "auth.ask"
)";

/// A door whose procedure is played by the test.
class AuthCallsWorld {
public:
    explicit AuthCallsWorld(std::string_view text = dynamic_policy)
        : door({realm(text)}, audited(), wamp::Random({7})),
          authenticator({realm(text).secret()}) {}

    static DoorLimits audited() {
        DoorLimits limits;
        limits.audit = AuditTrail::Level::all;
        return limits;
    }

    static TestRealm realm(std::string_view text) {
        TestRealm made = door_realm(text);
        Diagnostics none;
        const PolicyFile file = parse_policy(text, "door.toml", none);
        Principals principals;
        Credentials alice = logins::everything("alice", "operator");
        principals.list.push_back(alice);
        made.terms = JoinTerms::make(file.auth, Roster::of(principals, "principals"));
        made.authenticator = Authenticator::make(file.auth, principals);
        return made;
    }
    void open(std::uint64_t id, std::uint64_t circuit = 0) {
        Transport transport = wires.open(id);
        transport.circuit = circuit;
        door.on_open(peer(id), transport, Door::Trust::client, now, wires.out);
    }
    void send(std::uint64_t id, const wamp::Message& message) {
        kept_.push_back(std::string(wamp::encode(wamp::Serializer::json, message).message()));
        note(door.on_message(peer(id), kept_.back(), now, wires.out));
        settle();
    }
    void hello(std::uint64_t id, Method method, const std::string& authid) {
        open(id);
        wamp::Hello message =
            logins::hello({std::string(to_string(method))}, authid, extra_for(method));
        message.realm = "lab";
        message.details.set("roles", wamp::Dict{{"caller", wamp::Dict{}}});
        send(id, message);
    }
    /// The procedure's arguments as JSON, of the oldest call that was not looked at yet.
    std::string asked() {
        if (calls_.empty()) return "nothing";
        const auto call = std::move(calls_.front());
        calls_.pop_front();
        last_ = call.first;
        return call.second;
    }
    /// The procedure's answer to what asked() told.
    void answer(const wamp::Value& value) {
        const std::string args = wamp::encode_value(wamp::Serializer::json, wamp::List{value});
        deliver(wamp::CallResult{last_, {}, {wamp::Serializer::json, args, {}}});
    }
    void settle() {
        for (;;) {
            Door::Event event = authenticator.answer(door, now, wires.out);
            if (std::holds_alternative<std::monostate>(event)) event = door.next(now, wires.out);
            const bool quiet = std::holds_alternative<std::monostate>(event);
            if (!quiet) note(std::move(event));
            const bool asks = std::any_of(wires.out.begin(), wires.out.end(), [](const auto& e) {
                return std::holds_alternative<wamp::effect::Ask>(e);
            });
            if (quiet && !asks) return;
        }
    }
    void fail() {
        deliver(wamp::Error{wamp::MessageType::call, last_, {}, "wamp.error.network_failure", {}});
    }
    Lines take() { return wires.take(); }

    Wires wires;
    wamp::Instant now{std::chrono::hours(1)};
    Door door;
    DoorAuthenticator authenticator;
    int joined = 0;
    wamp::SessionId caller = 0;

private:
    void deliver(wamp::Message message) {
        wamp::Deliveries deliveries;
        deliveries.add(caller, std::move(message));
        std::vector<Door::Undelivered> undelivered;
        door.deliver(deliveries, undelivered, now, wires.out);
        EXPECT_TRUE(undelivered.empty());
        settle();
    }
    void note(Door::Event&& event) {
        if (std::holds_alternative<Door::Joined>(event)) ++joined;
        auto* const request = std::get_if<Door::Request>(&event);
        if (request == nullptr) return;
        caller = request->session->id;
        const auto& call = std::get<wamp::Call>(request->message);
        EXPECT_EQ(call.procedure, "auth.ask");
        EXPECT_EQ(call.options.get_uint("timeout", 0), 3000U);
        const auto args = wamp::decode_value(call.payload.serializer, call.payload.args, {});
        calls_.emplace_back(call.request, wamp::encode_value(wamp::Serializer::json, *args));
    }

    std::deque<std::string> kept_;
    std::deque<std::pair<wamp::RequestId, std::string>> calls_;
    wamp::RequestId last_ = 0;
};

const Lines refused{R"(1 [3,{},"wamp.error.authentication_denied"])", "1 closed"};

TEST(AuthCalls, LetsTheProcedureDecideAboutATicket) {
    AuthCallsWorld world;
    world.hello(1, Method::ticket, "joe");
    EXPECT_EQ(world.take(), Lines{R"(1 [4,"ticket",{}])"});
    EXPECT_EQ(world.asked(), "nothing");
    world.send(1, wamp::Authenticate{"sesame", {}});
    const std::string asked = world.asked();
    EXPECT_TRUE(asked.starts_with(R"(["lab","joe",{"authmethod":"ticket","session":)")) << asked;
    EXPECT_NE(asked.find(R"("ticket":"sesame")"), std::string::npos);
    EXPECT_EQ(world.take(), Lines{});
    world.answer("visitor");
    EXPECT_EQ(world.take(), Lines{"1 WELCOME visitor ticket lab"});
    EXPECT_EQ(world.wires.welcome(1).details.get_string("authprovider"), "dynamic");
    EXPECT_EQ(world.joined, 2);  // the door's own session, and joe's
}

TEST(AuthCalls, FailsClosed) {
    for (int how = 0; how < 4; ++how) {
        AuthCallsWorld world;
        world.hello(1, Method::ticket, "joe");
        world.take();
        world.send(1, wamp::Authenticate{"sesame", {}});
        world.asked();
        if (how == 0) world.fail();
        if (how == 1) world.answer(nullptr);
        if (how == 2) world.answer(wamp::Dict{{"role", "two words"}});
        if (how == 3) world.answer(wamp::Dict{{"role", "gateway"}});
        EXPECT_EQ(world.take(), refused) << how;
    }
}

TEST(AuthCalls, TakesCredentialsForAChallenge) {
    for (const bool known : {true, false}) {
        AuthCallsWorld world;
        world.hello(1, Method::wampcra, "joe");
        EXPECT_EQ(world.take(), Lines{});  // the challenge waits for the answer
        EXPECT_TRUE(world.asked().starts_with(R"(["lab","joe",{"authmethod":"wampcra")"));
        const CraCredential credential = logins::cra_credential(secret, "saltsalt");
        if (known) {
            world.answer(wamp::Dict{{"role", "visitor"},
                                    {"secret", credential.key},
                                    {"salt", credential.salt},
                                    {"iterations", 100}});
        } else {
            world.fail();
        }
        const Lines lines = world.take();
        ASSERT_EQ(lines.size(), 1U);
        ASSERT_TRUE(lines[0].starts_with(R"(1 [4,"wampcra",)")) << lines[0];
        const auto challenge = wamp::decode_value(wamp::Serializer::json, lines[0].substr(2), {});
        const wamp::Dict extra = *(*challenge->get_if<wamp::List>())[2].get_if<wamp::Dict>();
        world.send(1, answer_to(Method::wampcra, "joe", extra, secret));
        EXPECT_EQ(world.take(), known ? Lines{"1 WELCOME visitor wampcra lab"} : refused);
    }
}

TEST(AuthCalls, LetsTheProcedureNameAnonymousOnesAndOwnersOfKeys) {
    AuthCallsWorld world;
    world.hello(1, Method::anonymous, "");
    EXPECT_TRUE(world.asked().starts_with(R"(["lab","anonymous-)"));
    world.answer(wamp::Dict{{"role", "guest"}, {"authid", "guest-7"}});
    EXPECT_EQ(world.take(), Lines{"1 WELCOME guest anonymous lab"});
    EXPECT_EQ(world.wires.welcome(1).details.get_string("authid"), "guest-7");
    world.hello(2, Method::cryptosign, "");
    const std::string asked = world.asked();  // of a key that alice has: nobody else is looked for
    EXPECT_TRUE(asked.starts_with(R"(["lab",null,{"authmethod":"cryptosign")")) << asked;
    EXPECT_NE(asked.find(R"("pubkey":")"), std::string::npos);
}

TEST(AuthCalls, NeverShowsTheProcedureASecretOfTheFile) {
    AuthCallsWorld world;
    world.hello(1, Method::ticket, "alice");
    world.take();
    world.send(1, wamp::Authenticate{secret, {}});
    const std::string asked = world.asked();
    EXPECT_NE(asked.find(R"("ticket":")"), std::string::npos);
    EXPECT_EQ(asked.find(secret), std::string::npos);
    world.fail();  // whatever it says
    EXPECT_EQ(world.take(), Lines{"1 WELCOME operator ticket lab"});
    EXPECT_EQ(world.wires.welcome(1).details.get_string("authprovider"), "static");
    // Nor does it let anybody in as one of the file.
    world.hello(2, Method::ticket, "alice");
    world.take();
    world.send(2, wamp::Authenticate{"wrong", {}});
    world.asked();
    world.answer("visitor");
    EXPECT_EQ(world.take().size(), 2U);
    world.hello(3, Method::ticket, "joe");
    world.take();
    world.send(3, wamp::Authenticate{"x", {}});
    world.asked();
    world.answer(wamp::Dict{{"role", "visitor"}, {"authid", "alice"}});
    EXPECT_EQ(world.take().at(1), "3 closed");
}

TEST(AuthCalls, ForgetsWhoIsGone) {
    AuthCallsWorld world;
    world.hello(1, Method::ticket, "joe");
    world.send(1, wamp::Authenticate{"x", {}});
    world.take();
    world.asked();
    EXPECT_EQ(world.door.auth_calls(), 1U);
    world.door.on_closed(peer(1), "gone");
    world.answer("visitor");
    EXPECT_EQ(world.door.auth_calls(), 0U);
    EXPECT_EQ(world.take(), Lines{});
    EXPECT_EQ(world.door.peers(), 0U);
}

TEST(AuthCalls, IsRefusedWithoutARightToCall) {
    std::string text(dynamic_policy);
    const auto at = text.find("roles = [\"gateway\"]");
    text.replace(at, 19, "roles = [\"nobody\"]");
    AuthCallsWorld world(text);
    world.hello(1, Method::ticket, "joe");
    world.take();
    world.send(1, wamp::Authenticate{"x", {}});
    EXPECT_EQ(world.asked(), "nothing");
    EXPECT_EQ(world.take(), refused);
    EXPECT_NE(world.wires.notes().find("the policy denies it for role gateway"), std::string::npos);
}

TEST(AuthCalls, IsRecordedAndCountedLikeAnyCall) {
    AuthCallsWorld world;
    world.hello(1, Method::ticket, "joe");
    world.send(1, wamp::Authenticate{"sesame", {}});
    world.asked();
    const auto all = records(world.door.audit());
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0]["outcome"], "allow");
    EXPECT_EQ(all[0]["uri"], "auth.ask");
    EXPECT_EQ(all[0]["rule"], "asking");
    EXPECT_EQ(all[0]["role"], "gateway");
    EXPECT_EQ(world.door.counts("lab")->of(0).decisions(), 1U);
    world.take();
}

TEST(AuthCalls, IsRecordedWhenItIsRefused) {
    std::string text(dynamic_policy);
    text.replace(text.find("roles = [\"gateway\"]"), 19, "roles = [\"nobody\"]");
    AuthCallsWorld world(text);
    world.hello(1, Method::ticket, "joe");
    world.send(1, wamp::Authenticate{"sesame", {}});
    world.take();
    const Lines all = brief_records(world.door.audit());
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0], "deny call auth.ask (no rule allows it)");
    EXPECT_TRUE(all[1].starts_with("join_refused ")) << all[1];
}

TEST(AuthCalls, EndsWithTheRealmThatItIsOf) {
    AuthCallsWorld world;
    world.hello(1, Method::ticket, "joe");
    world.send(1, wamp::Authenticate{"sesame", {}});
    world.take();
    world.asked();
    const std::vector<DoorRealm> others{door_realm(closed_policy)};
    EXPECT_EQ(world.door.own_sessions_ended_by(others), std::vector{world.caller});
    world.door.forget(world.caller);
    world.door.reload(others, world.wires.out);
    world.settle();
    EXPECT_EQ(world.take(), refused);
    EXPECT_EQ(world.door.joined(), 0U);
}

TEST(AuthCalls, KeepsABoundedNumberOfQuestionsOpen) {
    AuthCallsWorld world;
    for (std::uint64_t id = 1; id <= 257; ++id) {
        world.hello(id, Method::ticket, "joe");
        world.take();
        world.send(id, wamp::Authenticate{"x", {}});
    }
    const Lines lines = world.take();
    EXPECT_EQ(lines, (Lines{R"(257 [3,{},"wamp.error.authentication_denied"])", "257 closed"}));
}

}  // namespace
}  // namespace sallyport::policy
