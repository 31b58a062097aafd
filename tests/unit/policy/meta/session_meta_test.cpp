#include "policy/meta/session_meta.h"

#include <algorithm>
#include <array>

#include "policy/meta/registry.h"
#include "tests/unit/policy/records.h"
#include "tests/unit/policy/wires.h"
#include "wamp/message/uris.h"

namespace sallyport::policy {
namespace {

namespace uris = wamp::uris;

constexpr std::string_view meta_policy = R"(
realm = "lab"
[auth]
anonymous = { role = "guest" }
[[route]]
id = "all"
match = "prefix"
uri = ""
to = "inside"
[[allow]]
id = "meta"
roles = ["guest"]
actions = ["call", "subscribe"]
match = "prefix"
uri = "wamp."
grants = ["meta", "testaments", "history"]
[[allow]]
id = "kill"
roles = ["guest"]
actions = ["call"]
uri = ["wamp.session.kill", "wamp.session.kill_by_authid", "wamp.session.kill_by_authrole", "wamp.session.kill_all"]
grants = ["meta"]
)";

/// The same without the right to end sessions, and to hear of those that end.
constexpr std::string_view narrow_policy = R"(
realm = "lab"
[auth]
anonymous = { role = "guest" }
[[route]]
id = "all"
match = "prefix"
uri = ""
to = "inside"
[[allow]]
id = "meta"
roles = ["guest"]
actions = ["call", "subscribe"]
match = "prefix"
uri = "wamp."
grants = ["meta"]
[[forbid]]
id = "no-leavers"
roles = ["guest"]
actions = ["subscribe"]
uri = "wamp.session.on_leave"
)";

/// A door and its API as an owner joins them. Sessions are S1, S2 … in what is read.
class SessionMetaTest : public testing::Test {
protected:
    explicit SessionMetaTest(std::string_view policy = meta_policy)
        : world_(policy, audited()), meta_(world_.door, random_) {
        for (std::uint64_t id = 1; id <= 3; ++id) join(id);
        world_.take();
    }

    static DoorLimits audited() {
        DoorLimits limits;
        limits.audit = AuditTrail::Level::all;
        return limits;
    }
    void join(std::uint64_t id, wamp::Serializer serializer = wamp::Serializer::json) {
        world_.open(id, serializer);
        const auto event =
            world_.send(id, R"([1,"lab",{"roles":{"caller":{},"subscriber":{"features":)"
                            R"({"subscription_revocation":true}}}}])");
        meta_.joined(std::get<Door::Joined>(event).session, out_);
        deliver();
    }
    void leave(std::uint64_t id) {
        const auto event = world_.door.on_closed(peer(id), "reset");
        const auto session = std::get<Door::Left>(event).session;
        meta_.left(session, true, out_);
        world_.door.forget(session);
        deliver();
    }
    Lines after(std::uint64_t id, std::string_view json) {
        const auto event = world_.send(id, json);
        if (const auto* request = std::get_if<Door::Request>(&event)) {
            EXPECT_TRUE(MetaRegistry::serves(request->message));
            ended_ = meta_.handle(*request, out_);
        } else if (const auto* followup = std::get_if<Door::Followup>(&event)) {
            known_ = meta_.unsubscribe(followup->session->id,
                                       std::get<wamp::Unsubscribe>(followup->message), out_);
        }
        deliver();
        return world_.wires.take_named();
    }
    void deliver() {
        std::vector<Door::Undelivered> undelivered;
        world_.door.deliver(out_, undelivered, world_.now, world_.wires.out);
        out_.clear();
    }
    std::string id_of(std::uint64_t id) { return std::to_string(world_.wires.welcome(id).session); }
    std::string authid_of(std::uint64_t id) {
        return std::string(world_.wires.welcome(id).details.get_string("authid"));
    }
    /// The id in a SUBSCRIBED.
    static std::string subscription(const Lines& lines) {
        const std::string& line = lines.at(0);
        return line.substr(line.rfind(',') + 1, line.size() - line.rfind(',') - 2);
    }

    DoorWorld world_;
    wamp::Random random_{{5}};
    MetaRegistry meta_;
    wamp::Deliveries out_;
    MetaRegistry::Ended ended_;
    bool known_ = false;
    int request_ = 0;
};

// W-SSM-02
TEST_F(SessionMetaTest, CountsAndListsTheSessionsOfTheRealm) {
    EXPECT_EQ(after(1, R"([48,1,{},"wamp.session.count"])"), Lines{"1 [50,1,{},[3]]"});
    EXPECT_EQ(after(1, R"([48,2,{},"wamp.session.count",[["guest","x"]]])"),
              Lines{"1 [50,2,{},[3]]"});
    EXPECT_EQ(after(1, R"([48,3,{},"wamp.session.count",[["x"]]])"), Lines{"1 [50,3,{},[0]]"});
    EXPECT_EQ(after(1, R"([48,4,{},"wamp.session.count",[null]])"), Lines{"1 [50,4,{},[3]]"});
    const Lines listed = after(1, R"([48,5,{},"wamp.session.list"])");
    ASSERT_EQ(listed.size(), 1U);
    for (const char* session : {"S1", "S2", "S3"})
        EXPECT_NE(listed[0].find(session), std::string::npos);
    EXPECT_EQ(after(1, R"([48,6,{},"wamp.session.list",["guest"]])"),
              Lines{R"(1 [8,48,6,{},"wamp.error.invalid_argument"])"});
}

TEST_F(SessionMetaTest, AnswersInTheSerializerOfTheSession) {
    join(4, wamp::Serializer::msgpack);
    world_.take();
    EXPECT_EQ(after(4, R"([48,1,{},"wamp.session.count"])"), Lines{"4 [50,1,{},[4]]"});
}

// W-SSM-02, W-SSM-01: nothing of the transport.
TEST_F(SessionMetaTest, TellsOfOneSessionWhatItsWelcomeSaid) {
    EXPECT_EQ(after(1, R"([48,1,{},"wamp.session.get",[)" + id_of(2) + "]]"),
              Lines{R"(1 [50,1,{},[{"session":S2,"authid":")" + authid_of(2) +
                    R"(","authrole":"guest","authmethod":"anonymous","authprovider":"static"}]])"});
    for (const char* nobody : {"7", "0", "\"x\"", "null"}) {
        const std::string request = std::to_string(++request_);
        EXPECT_EQ(after(2, "[48," + request + R"(,{},"wamp.session.get",[)" + nobody + "]]"),
                  Lines{"2 [8,48," + request + R"(,{},"wamp.error.no_such_session"])"});
    }
}

// W-SSM-01, W-SSM-05
TEST_F(SessionMetaTest, ReportsJoinsAndLeavesToTheOtherSessions) {
    const auto joins = subscription(after(1, R"([32,1,{},"wamp.session.on_join"])"));
    const auto both = subscription(after(2, R"([32,1,{"match":"prefix"},"wamp.session."])"));
    EXPECT_NE(joins, both);
    EXPECT_EQ(subscription(after(3, R"([32,1,{},"wamp.session.on_join"])")), joins);
    join(4);
    Lines lines = world_.take();
    const std::string id = id_of(4);
    const std::string authid = authid_of(4);
    ASSERT_EQ(lines.size(), 4U) << lines.size();  // WELCOME, and three who hear of it
    const std::string details =
        R"({"session":)" + id + R"(,"authid":")" + authid + R"(","authrole":"guest")";
    for (std::size_t i = 1; i < 4; ++i)
        EXPECT_NE(lines[i].find(details), std::string::npos) << lines[i];
    EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
        return line.starts_with("2 [36," + both) &&
               line.find(R"("topic":"wamp.session.on_join")") != std::string::npos;
    }));
    leave(4);
    lines = world_.take();
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_TRUE(lines[0].ends_with(R"({"topic":"wamp.session.on_leave"},[)" + id + ",\"" + authid +
                                   R"(","guest"]])"))
        << lines[0];
}

TEST_F(SessionMetaTest, ForgetsWhoUnsubscribesOrLeaves) {
    const auto id = subscription(after(1, R"([32,1,{},"wamp.session.on_join"])"));
    after(2, R"([32,1,{},"wamp.session.on_join"])");
    EXPECT_EQ(meta_.subscriptions(), 1U);
    EXPECT_EQ(after(1, "[34,2," + id + "]"), Lines{"1 [35,2]"});
    EXPECT_TRUE(known_);
    EXPECT_EQ(after(1, "[34,3," + id + "]"), Lines{});
    EXPECT_FALSE(known_);
    leave(2);
    EXPECT_EQ(meta_.subscriptions(), 0U);
    join(4);
    EXPECT_EQ(world_.take().size(), 1U);
}

TEST_F(SessionMetaTest, RefusesTopicsThatNobodyPublishes) {
    EXPECT_EQ(after(1, R"([32,1,{},"wamp.registration.on_change"])"),
              Lines{R"(1 [8,32,1,{},"wamp.error.feature_not_supported"])"});
    EXPECT_EQ(after(1, R"([32,2,{"match":"wildcard"},"wamp..on_end"])"),
              Lines{R"(1 [8,32,2,{},"wamp.error.feature_not_supported"])"});
    EXPECT_EQ(meta_.subscriptions(), 0U);
}

// W-SSM-03
TEST_F(SessionMetaTest, EndsOneSessionButNeverTheAskers) {
    EXPECT_EQ(after(1, R"([48,1,{},"wamp.session.kill",[)" + id_of(1) + "]]"),
              Lines{R"(1 [8,48,1,{},"wamp.error.no_such_session"])"});
    EXPECT_TRUE(ended_.sessions.empty());
    EXPECT_EQ(after(1, R"([48,2,{},"wamp.session.kill",[)" + id_of(2) + "]]"),
              Lines{"1 [50,2,{},[null]]"});
    EXPECT_EQ(ended_.sessions, std::vector{world_.wires.welcome(2).session});
    EXPECT_EQ(ended_.reason, uris::killed);
    EXPECT_TRUE(ended_.publish_leave);
    after(1, R"([48,3,{},"wamp.session.kill",[)" + id_of(2) + R"(],{"reason":"lab.enough"}])");
    EXPECT_EQ(ended_.reason, "lab.enough");
    EXPECT_EQ(
        after(1, R"([48,4,{},"wamp.session.kill",[)" + id_of(2) + R"(],{"reason":"not an uri"}])"),
        Lines{R"(1 [8,48,4,{},"wamp.error.invalid_uri"])"});
    EXPECT_TRUE(ended_.sessions.empty());
}

// W-SSM-03
TEST_F(SessionMetaTest, EndsSessionsWithAMessage) {
    const std::array calls{R"([48,1,{},"wamp.session.kill",[)" + id_of(2) + "]",
                           R"([48,2,{},"wamp.session.kill_by_authid",[")" + authid_of(2) + "\"]",
                           std::string(R"([48,3,{},"wamp.session.kill_by_authrole",["guest"])"),
                           std::string(R"([48,4,{},"wamp.session.kill_all",[])")};
    for (const std::string& call : calls) {
        after(1, call + R"(,{"message":"back at noon","reason":"lab.enough"}])");
        EXPECT_FALSE(ended_.sessions.empty());
        EXPECT_EQ(ended_.message, "back at noon");
        EXPECT_EQ(ended_.reason, "lab.enough");
    }
    const auto kill_all = [&](int request, const std::string& kwargs) {
        return after(1, "[48," + std::to_string(request) + R"(,{},"wamp.session.kill_all",[],)" +
                            kwargs + "]");
    };
    EXPECT_EQ(kill_all(5, R"({"message":null})"), Lines{"1 [50,5,{},[2]]"});
    EXPECT_EQ(ended_.message, "");
    const std::string longest(SessionMeta::message_bytes_max, 'm');
    EXPECT_EQ(kill_all(6, R"({"message":")" + longest + "\"}"), Lines{"1 [50,6,{},[2]]"});
    EXPECT_EQ(ended_.message, longest);
    for (const std::string& wrong : {std::string("1"), "\"m" + longest + "\"", std::string("[]")}) {
        static int request = 6;
        ++request;
        EXPECT_EQ(
            kill_all(request, R"({"message":)" + wrong + "}"),
            Lines{"1 [8,48," + std::to_string(request) + R"(,{},"wamp.error.invalid_argument"])"});
        EXPECT_TRUE(ended_.sessions.empty());
    }
}

// W-SSM-03, W-SSM-04
TEST_F(SessionMetaTest, EndsManySessionsAtOnce) {
    EXPECT_EQ(after(1, R"([48,1,{},"wamp.session.kill_by_authid",[")" + authid_of(3) + "\"]]"),
              Lines{"1 [50,1,{},[[S3]]]"});
    EXPECT_EQ(ended_.sessions, std::vector{world_.wires.welcome(3).session});
    EXPECT_EQ(after(1, R"([48,2,{},"wamp.session.kill_by_authrole",["guest"]])"),
              Lines{"1 [50,2,{},[2]]"});
    EXPECT_EQ(ended_.sessions.size(), 2U);
    EXPECT_TRUE(ended_.publish_leave);
    EXPECT_EQ(after(1, R"([48,3,{},"wamp.session.kill_all"])"), Lines{"1 [50,3,{},[2]]"});
    EXPECT_EQ(ended_.sessions.size(), 2U);
    EXPECT_FALSE(ended_.publish_leave);
    EXPECT_EQ(after(1, R"([48,4,{},"wamp.session.kill_by_authrole"])"),
              Lines{R"(1 [8,48,4,{},"wamp.error.invalid_argument"])"});
}

// W-TST-03: what a shared link would say of the link's own session is not said at all.
TEST_F(SessionMetaTest, OffersNothingElseBelowWamp) {
    int request = 0;
    for (const char* procedure : {"wamp.subscription.get_event", "wamp.registration.remove_callee",
                                  "wamp.session.nothing", "wamp.session.lists"}) {
        const std::string id = std::to_string(++request);
        EXPECT_EQ(after(1, "[48," + id + ",{},\"" + procedure + "\"]"),
                  Lines{"1 [8,48," + id + R"(,{},"wamp.error.no_such_procedure"])"});
    }
}

TEST_F(SessionMetaTest, CountsNoLinks) {
    world_.open(9, wamp::Serializer::json, Door::Trust::link);
    world_.send(9, hello);
    world_.take();
    EXPECT_EQ(after(1, R"([48,1,{},"wamp.session.count"])"), Lines{"1 [50,1,{},[3]]"});
    // But what is known of it is told: it may hold subscriptions and registrations.
    const Lines known = after(1, R"([48,2,{},"wamp.session.get",[)" + id_of(9) + "]]");
    ASSERT_EQ(known.size(), 1U);
    EXPECT_NE(known[0].find(R"("authrole":"gateway","authmethod":"link")"), std::string::npos)
        << known[0];
    EXPECT_EQ(after(1, R"([48,3,{},"wamp.session.kill",[)" + id_of(9) + "]]"),
              Lines{R"(1 [8,48,3,{},"wamp.error.no_such_session"])"});
}

// The session with which the door itself calls the procedure of [auth.dynamic].
TEST_F(SessionMetaTest, KnowsNothingOfTheDoorsOwnSessions) {
    after(1, R"([32,1,{"match":"prefix"},"wamp.session."])");
    Session own;
    own.id = 77;
    own.policy = world_.door.sessions().find(world_.wires.welcome(1).session)->policy;
    own.principal = {"gateway", "gateway", "internal"};
    world_.door.sessions().add(std::move(own));
    meta_.joined(77, out_);
    deliver();
    EXPECT_EQ(world_.take(), Lines{});
    EXPECT_EQ(after(1, R"([48,2,{},"wamp.session.count"])"), Lines{"1 [50,2,{},[3]]"});
    EXPECT_EQ(after(1, R"([48,3,{},"wamp.session.get",[77]])"),
              Lines{R"(1 [8,48,3,{},"wamp.error.no_such_session"])"});
    EXPECT_EQ(after(1, R"([48,4,{},"wamp.session.kill",[77]])"),
              Lines{R"(1 [8,48,4,{},"wamp.error.no_such_session"])"});
    EXPECT_TRUE(ended_.sessions.empty());
    EXPECT_EQ(after(1, R"([48,5,{},"wamp.session.kill_by_authrole",["gateway"]])"),
              Lines{"1 [50,5,{},[0]]"});
    meta_.left(77, true, out_);
    deliver();
    EXPECT_EQ(world_.take(), Lines{});
}

class NarrowSessionMeta : public SessionMetaTest {
protected:
    NarrowSessionMeta() : SessionMetaTest(narrow_policy) {}
};

TEST_F(NarrowSessionMeta, EndsNoSessionByARuleThatDoesNotNameTheProcedure) {
    EXPECT_EQ(after(1, R"([48,1,{},"wamp.session.kill",[)" + id_of(2) + "]]"),
              Lines{R"(1 [8,48,1,{},"wamp.error.not_authorized"])"});
    EXPECT_EQ(after(1, R"([48,2,{},"wamp.session.kill_all"])"),
              Lines{R"(1 [8,48,2,{},"wamp.error.not_authorized"])"});
    EXPECT_TRUE(ended_.sessions.empty());
    // It is the policy that says no, so that tools and records do too.
    const RealmPolicy& policy = *world_.door.realm("lab");
    const auto decision =
        policy.decide({policy.role("guest"), {}, "guest"}, {Action::call, "wamp.session.kill"});
    ASSERT_TRUE(std::holds_alternative<Denial>(decision));
    EXPECT_EQ(std::get<Denial>(decision).reason, Denial::Reason::unnamed);
}

TEST_F(NarrowSessionMeta, ChecksEachEventByItsTopic) {
    EXPECT_EQ(after(1, R"([32,1,{},"wamp.session.on_leave"])"),
              Lines{R"(1 [8,32,1,{},"wamp.error.not_authorized"])"});
    EXPECT_EQ(after(1, R"([32,2,{"match":"prefix"},"wamp.session."])"),
              Lines{R"(1 [8,32,2,{},"wamp.error.not_authorized"])"});
    after(1, R"([32,3,{},"wamp.session.on_join"])");
    leave(3);
    EXPECT_EQ(world_.take(), Lines{});
    join(4);
    EXPECT_EQ(world_.take().size(), 2U);
}

TEST_F(SessionMetaTest, TellsWhoMayListenNoLonger) {
    const auto lost = subscription(after(1, R"([32,1,{},"wamp.session.on_leave"])"));
    after(1, R"([32,2,{},"wamp.session.on_join"])");
    world_.door.reload({door_realm(narrow_policy)}, world_.wires.out);
    brief_records(world_.door.audit());
    meta_.judge_again(out_, world_.wires.out);
    deliver();
    EXPECT_EQ(brief_records(world_.door.audit()),
              Lines{"revoke subscribe wamp.session.on_leave (forbidden)"});
    EXPECT_EQ(world_.take(), Lines{R"(1 [35,0,{"subscription":)" + lost +
                                   R"(,"reason":"wamp.error.not_authorized"}])"});
    EXPECT_EQ(meta_.subscriptions(), 1U);
}

}  // namespace
}  // namespace sallyport::policy
