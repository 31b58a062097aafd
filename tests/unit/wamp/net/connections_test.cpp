#include "wamp/net/connections.h"

#include <string>
#include <tuple>

#include <gtest/gtest.h>

#include "tests/unit/wamp/net/net_fixture.h"

namespace sallyport::wamp::test {
namespace {

using std::chrono::milliseconds;

struct Reactor {
    boost::asio::io_context io{1};
    RecordingHost host;
    Connections connections{io, host};

    RecordingHost::Peer& at(PeerId peer) { return host.peers[peer]; }
    bool until(const std::function<bool()>& condition) { return run_until(io, condition); }
};

class BothFramings : public testing::TestWithParam<std::tuple<bool, Serializer>> {
protected:
    Connections::Target target() const { return {std::get<1>(GetParam()), std::get<0>(GetParam()), "localhost", "/"}; }
};
INSTANTIATE_TEST_SUITE_P(Transports, BothFramings,
                         testing::Combine(testing::Bool(), testing::Values(Serializer::json, Serializer::msgpack)));

TEST_P(BothFramings, OpenOnBothEndsAndCarryMessagesInOrder) {
    Reactor r;
    auto [a, b] = socket_pair(r.io);
    const PeerId server = r.connections.accept(std::move(a), {});
    const PeerId client = r.connections.connect(std::move(b), target(), {});
    ASSERT_TRUE(r.until([&] { return r.at(server).open && r.at(client).open; }));
    EXPECT_EQ(r.at(server).opened.serializer, std::get<1>(GetParam()));
    EXPECT_EQ(r.at(server).opened.pings, !std::get<0>(GetParam()));

    const std::string large(1 << 20, 'x');
    for (PeerId peer : {server, client}) {
        r.connections.send(peer, Frame::copy_of("[1]"));
        r.connections.send(peer, Frame::copy_of(large));
        r.connections.send(peer, Frame::copy_of("[2]"));
    }
    for (PeerId peer : {server, client}) {
        ASSERT_TRUE(r.until([&] { return r.at(peer).messages.size() == 3; })) << r.at(peer).why;
        EXPECT_EQ(r.at(peer).messages[0], "[1]");
        EXPECT_TRUE(r.at(peer).messages[1] == large);
        EXPECT_EQ(r.at(peer).messages[2], "[2]");
    }
}

}  // namespace
}  // namespace sallyport::wamp::test
