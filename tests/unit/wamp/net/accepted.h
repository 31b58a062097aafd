#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "tests/unit/wamp/net/net_fixture.h"

namespace sallyport::wamp::test {

struct Reactor {
    boost::asio::io_context io{1};
    RecordingHost host;
    Connections connections{io, host};

    RecordingHost::Peer& at(PeerId peer) { return host.peers[peer]; }
    bool until(const std::function<bool()>& condition) { return run_until(io, condition); }
};

/// A connection that was accepted, with a plain descriptor at its other end.
struct Accepted : Reactor {
    explicit Accepted(const ConnectionOptions& options = {}) : pair(io) {
        peer = connections.accept(std::move(pair.socket), options);
    }
    RecordingHost::Peer& it() { return at(peer); }
    void open() {
        pair.write(hex_bytes("7ff20000"));
        ASSERT_TRUE(until([&] { return it().open; })) << it().why;
        pair.read();
    }
    static std::string frame(std::string_view message) {
        return std::string(Frame::copy_of(message).rawsocket());
    }
    std::string read_until_end() {
        std::string all;
        EXPECT_TRUE(until([&] {
            all += pair.read();
            return pair.ended;
        }));
        return all;
    }

    RawPair pair;
    PeerId peer{};
};

}  // namespace sallyport::wamp::test
