// tests/vectors/sequences.json: what a client sends, and how session machine and realm together
// take it.

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/wamp/router/world.h"
#include "tests/vectors/vectors.h"
#include "wamp/codec/codec.h"
#include "wamp/message/uris.h"
#include "wamp/session/server_session.h"

namespace sallyport::wamp {
namespace {

using nlohmann::json;

/// One client at a router that has one realm, where another session offers the procedure "p".
class Router {
public:
    static constexpr SessionId other = 1000;

    Router() {
        realm_.join({other, "other", "service", test::all_features(), 0});
        realm_.handle(other, Register{1, {}, "p2"}, {other, "", ""}, {}, now_, out_);
        out_.clear();
    }

    void join() {
        receive(
            R"([1,"realm1",{"roles":{"caller":{},"callee":{},"publisher":{},"subscriber":{}}}])");
    }

    void receive(const std::string& text) {
        auto message = decode(Serializer::json, text, {});
        ASSERT_TRUE(message) << text;
        using Verdict = ServerSession::Verdict;
        switch (session_.judge(*message)) {
            case Verdict::join:
                return opened(std::get<Hello>(*message));
            case Verdict::authenticate:
                return welcome();
            case Verdict::dispatch:
                realm_.handle(session_.id(), std::move(*message), {session_.id(), "joe", "user"},
                              {}, now_, out_);
                return collect();
            case Verdict::proceed:
            case Verdict::refuse:
                FAIL() << "the client announced no progressive call invocations";
            case Verdict::ignore:
                return;
            case Verdict::goodbye:
                seen_.push_back("GOODBYE");
                return dispose();
            case Verdict::ended:
            case Verdict::close:
                return dispose();
            case Verdict::violation:
                seen_.push_back("protocol_violation");
                return dispose();
        }
    }

    /// Another session calls the client's "p" and gets an answer: one invocation is finished.
    void invoke_and_answer() {
        receive(R"([64,1,{},"p"])");
        realm_.handle(other, Call{1, {}, "p", {}}, {other, "", ""}, {}, now_, out_);
        collect();
        receive("[70,1,{}]");
        seen_.clear();
    }

    const std::vector<std::string>& seen() const { return seen_; }
    const std::vector<SessionId>& sessions() const { return sessions_; }

private:
    void opened(const Hello& hello) {
        if (hello.details.get_list("authmethods") == nullptr) return welcome();
        session_.challenged();
        seen_.push_back("CHALLENGE");
    }
    void welcome() {
        const SessionId id = sessions_.size() + 1;
        session_.welcomed(id);
        invocations_ = 0;
        sessions_.push_back(id);
        realm_.join({id, "joe", "user", session_.features(), 0});
        seen_.push_back("WELCOME");
    }
    void dispose() {
        if (!sessions_.empty()) realm_.leave(sessions_.back(), now_, out_);
        collect();
    }
    void collect() {
        for (const Deliveries::Entry& entry : out_.entries()) {
            for (const SessionId to : out_.receivers(entry)) {
                if (to == other) continue;
                if (const auto* invocation = std::get_if<Invocation>(&entry.message)) {
                    ASSERT_EQ(invocation->request, ++invocations_) << "numbered from 1";
                    session_.invoked(invocation->request);
                }
                seen_.emplace_back(to_string(type_of(entry.message)));
            }
        }
        out_.clear();
    }

    ServerSession session_;
    RequestId invocations_ = 0;
    Realm realm_{test::random()};
    Deliveries out_;
    Instant now_{test::seconds(1000)};
    std::vector<std::string> seen_;
    std::vector<SessionId> sessions_;
};

bool says(const std::vector<std::string>& seen, const std::string& what) {
    return std::find(seen.begin(), seen.end(), what) != seen.end();
}

// Progressive call invocations are not announced, so that their use is a violation (W-PCI-03).
const std::set<std::string> progressive{"progressive-continuation",
                                        "continuation-after-completion"};

void play(Router& router, const json& sequence) {
    if (!sequence.value("pre_session", false)) router.join();
    if (sequence.value("after", "").starts_with("INVOCATION")) router.invoke_and_answer();
    for (const json& message : sequence["send"]) router.receive(message.dump());
}

// W-SUB-10, W-SUB-16, W-ID-04 to 09, W-SES-01, W-SES-10, W-SES-16
TEST(Sequences, GoAsTheVectorsSay) {
    const json sequences = vectors::load("sequences.json")["cases"];
    ASSERT_EQ(sequences.size(), 25u);
    for (const json& sequence : sequences) {
        const auto name = sequence["name"].get<std::string>();
        const auto expected = sequence["expect"].get<std::string>();
        SCOPED_TRACE(name);
        Router router;
        play(router, sequence);
        const bool violated = says(router.seen(), "protocol_violation");
        if (progressive.contains(name) ||
            expected.find("protocol_violation") != std::string::npos) {
            EXPECT_TRUE(violated);
        } else {
            EXPECT_TRUE(expected == "ok" || expected == "ignored" ||
                        expected.find(" then ") != std::string::npos)
                << "unknown expectation: " << expected;
            EXPECT_FALSE(violated);
        }
    }
}

json named(const std::string& name) {
    const json sequences = vectors::load("sequences.json")["cases"];
    for (const json& sequence : sequences) {
        if (sequence["name"] == name) return sequence;
    }
    ADD_FAILURE() << name;
    return {};
}

TEST(Sequences, AFailedRequestConsumesItsId) {
    Router router;
    play(router, named("failed-request-still-consumes-id"));
    EXPECT_EQ(router.seen(), (std::vector<std::string>{"WELCOME", "ERROR", "SUBSCRIBED"}));
}

TEST(Sequences, AllRequestsOfTheSharedCounterAreServed) {
    Router router;
    play(router, named("shared-counter-across-types"));
    EXPECT_EQ(router.seen(), (std::vector<std::string>{"WELCOME", "REGISTERED", "SUBSCRIBED",
                                                       "PUBLISHED", "INVOCATION"}));
}

TEST(Sequences, ALateYieldIsIgnored) {
    Router router;
    play(router, named("yield-finished-id"));
    EXPECT_TRUE(router.seen().empty());
}

TEST(Sequences, ATransportHostsANewSessionAfterGoodbye) {
    Router router;
    play(router, named("rejoin-same-transport"));
    EXPECT_EQ(router.seen(), (std::vector<std::string>{"WELCOME", "GOODBYE", "WELCOME"}));
    ASSERT_EQ(router.sessions().size(), 2u);
    EXPECT_NE(router.sessions()[0], router.sessions()[1]);
    router.receive(R"([32,1,{},"a.b"])");
    EXPECT_EQ(router.seen().back(), "SUBSCRIBED");
}

TEST(Sequences, AViolationIsTheLastWord) {
    Router router;
    play(router, named("gap"));
    EXPECT_EQ(router.seen().back(), "protocol_violation");
    router.receive(R"([32,2,{},"a.b"])");
    EXPECT_EQ(router.seen().back(), "protocol_violation");
    EXPECT_EQ(std::count(router.seen().begin(), router.seen().end(), "protocol_violation"), 1);
}

}  // namespace
}  // namespace sallyport::wamp
