#include "policy/door/peers.h"

#include <gtest/gtest.h>

namespace sallyport::policy {
namespace {

using namespace std::chrono_literals;

constexpr wamp::PeerId peer(std::uint64_t number) {
    return wamp::PeerId{number};
}

TEST(Peers, KnowTheirSessionsUntilThoseLeave) {
    Peers peers;
    Sessions sessions;
    Session session;
    session.id = 42;
    Session& joined = sessions.add(std::move(session));
    Peer& one = peers.add(peer(1));
    peers.add(peer(2));
    peers.bind(one, joined);
    EXPECT_EQ(joined.peer, peer(1));
    EXPECT_EQ(joined.connection, &one);
    EXPECT_EQ(peers.sessions(), std::vector<wamp::SessionId>{42});
    ASSERT_EQ(peers.without_session().size(), 1U);
    EXPECT_EQ(peers.without_session().front()->id, peer(2));
    EXPECT_EQ(Peers::unbind(one), &joined);
    EXPECT_EQ(joined.connection, nullptr);
    EXPECT_EQ(Peers::unbind(one), nullptr);
    EXPECT_EQ(peers.without_session().size(), 2U);
}

TEST(Peers, LeaveNoPointerToAConnectionThatIsGone) {
    Peers peers;
    Session session;
    Peer& one = peers.add(peer(1));
    peers.bind(one, session);
    wamp::Outbox out;
    peers.close(one, out);
    EXPECT_EQ(session.connection, nullptr);
    EXPECT_EQ(peers.find(peer(1)), nullptr);
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(std::get<wamp::effect::Close>(out[0]).peer, peer(1));
}

TEST(Peers, AreDueOnceAndOnlyForTheirLastTimeout) {
    Peers peers;
    const wamp::Instant start{1h};
    Peer& one = peers.add(peer(1));
    Peer& two = peers.add(peer(2));
    EXPECT_EQ(peers.deadline(), wamp::never);
    peers.set_due(one, start + 1s);
    peers.set_due(two, start + 11s);
    peers.set_due(one, start + 10s);
    EXPECT_EQ(peers.deadline(), start + 10s);
    EXPECT_EQ(peers.next_due(start + 9s), nullptr);
    peers.set_due(one, wamp::never);  // it has joined
    EXPECT_EQ(peers.next_due(start + 11s), &two);
    EXPECT_EQ(peers.next_due(start + 11s), nullptr);
    EXPECT_EQ(peers.deadline(), wamp::never);
}

TEST(Peers, ThatAreGoneAreNotDue) {
    Peers peers;
    const wamp::Instant start{1h};
    peers.set_due(peers.add(peer(1)), start + 10s);
    peers.remove(*peers.find(peer(1)));
    EXPECT_EQ(peers.next_due(start + 10s), nullptr);
}

}  // namespace
}  // namespace sallyport::policy
