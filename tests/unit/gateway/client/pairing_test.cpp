// Both ends of a pairing, over loopback.
#include "gateway/client/pairing.h"

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "gateway/client/connect.h"
#include "gateway/client/exit_code.h"
#include "tests/unit/wamp/net/key_folder.h"
#include "wamp/net/connections.h"
#include "wamp/net/tls_context.h"

namespace sallyport::gateway {
namespace {

using namespace std::chrono_literals;

class Pairing : public testing::Test {
protected:
    Pairing() : gateway_("pair-gateway"), inside_("pair-inside"), other_("pair-other") {
        for (wamp::test::KeyFolder* folder : {&gateway_, &inside_, &other_}) {
            wamp::make_key_pair(folder->path);
        }
        invitation_.at = *backend_link::parse_address("tcp:127.0.0.1:1");
        listener_ = listen_somewhere();
        invitation_.link = invitation_.at;
        invitation_.pin = wamp::read_pin(gateway_.path);
        invitation_.secret = std::string(invitation_secret_digits, '5');
    }
    ~Pairing() override {
        if (inviting_.joinable()) inviting_.join();
    }

    Descriptor listen_somewhere() {
        Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(address);
        auto* const any = reinterpret_cast<sockaddr*>(&address);
        EXPECT_EQ(::bind(listener.get(), any, size), 0);
        EXPECT_EQ(::listen(listener.get(), 64), 0);
        EXPECT_EQ(::getsockname(listener.get(), any, &size), 0);
        invitation_.at.port = ntohs(address.sin_port);
        return listener;
    }
    void invite(wamp::Duration lifetime = 20s) {
        inviting_ = std::thread([this, lifetime] {
            try {
                paired_ = await_join(
                    listener_, gateway_.path, invitation_.secret, lifetime,
                    [this](const std::string& pin) {
                        if (disk_is_full_) throw std::runtime_error("no space left");
                        pin_ = pin;
                    },
                    [this](const std::string& line) { told_.push_back(line); });
            } catch (const std::runtime_error& error) {
                why_ = error.what();
            }
        });
    }
    int join_as(const wamp::test::KeyFolder& keys, const Invitation& invitation) {
        try {
            join_link(invitation, keys.path);
            return 0;
        } catch (const ClientFailure& failure) {
            refusal_ = failure.what();
            return failure.exit_code;
        }
    }
    Descriptor connect_silently() const {
        ClientUrl url;
        url.address = invitation_.at;
        return connect_client(url, std::nullopt, wamp::now() + 10s);
    }

    wamp::test::KeyFolder gateway_, inside_, other_;
    Invitation invitation_;
    Descriptor listener_;
    std::thread inviting_;
    bool disk_is_full_ = false;
    // Of the thread, to be read after it has ended.
    bool paired_ = false;
    std::string pin_, why_;
    std::vector<std::string> told_;
    std::string refusal_;
};

TEST_F(Pairing, TellsTheInvitingEndThePinOfTheOneThatKnowsTheSecret) {
    invite();
    EXPECT_EQ(join_as(inside_, invitation_), 0) << refusal_;
    inviting_.join();
    EXPECT_TRUE(paired_);
    EXPECT_EQ(pin_, wamp::read_pin(inside_.path));
    EXPECT_EQ(told_, std::vector<std::string>{});
}

TEST_F(Pairing, GoesOnAfterAWrongSecret) {
    invite();
    Invitation guessed = invitation_;
    guessed.secret = std::string(invitation_secret_digits, '6');
    EXPECT_EQ(join_as(other_, guessed), client_join_refused);
    EXPECT_NE(refusal_.find("make a new invitation"), std::string::npos) << refusal_;
    EXPECT_EQ(join_as(inside_, invitation_), 0) << refusal_;
    inviting_.join();
    EXPECT_EQ(pin_, wamp::read_pin(inside_.path));
    ASSERT_EQ(told_.size(), 1u);
    EXPECT_EQ(told_[0], "refused: an end with the pin " + wamp::read_pin(other_.path) +
                            " does not know the secret");
}

TEST_F(Pairing, TellsTheSecretToNobodyButTheInvitingEnd) {
    invite(500ms);
    Invitation another = invitation_;
    another.pin = wamp::read_pin(other_.path);
    EXPECT_EQ(join_as(inside_, another), client_join_refused);
    EXPECT_NE(refusal_.find("has the pin " + invitation_.pin), std::string::npos) << refusal_;
    inviting_.join();
    EXPECT_FALSE(paired_);
    ASSERT_EQ(told_.size(), 1u);
    EXPECT_NE(told_[0].find("refuses the key of this end"), std::string::npos) << told_[0];
}

TEST_F(Pairing, IsNotKeptFromOthersBySilentConnections) {
    std::vector<Descriptor> silent;
    for (int i = 0; i < 40; ++i) silent.push_back(connect_silently());
    invite();
    EXPECT_EQ(join_as(inside_, invitation_), 0) << refusal_;
    inviting_.join();
    EXPECT_TRUE(paired_);
}

TEST_F(Pairing, DoesNotTellThatItIsDoneIfThePinCouldNotBeKept) {
    disk_is_full_ = true;
    invite();
    EXPECT_EQ(join_as(inside_, invitation_), client_join_refused);
    inviting_.join();
    EXPECT_EQ(why_, "no space left");
    EXPECT_FALSE(paired_);
}

TEST_F(Pairing, EndsWithItsTime) {
    invite(50ms);
    inviting_.join();
    EXPECT_FALSE(paired_);
    listener_.close();
    EXPECT_EQ(join_as(inside_, invitation_), client_not_connected);
    EXPECT_NE(refusal_.find("Connection refused"), std::string::npos) << refusal_;
}

TEST_F(Pairing, TakesNothingButTheOneLine) {
    invite(2s);
    const Descriptor socket = connect_silently();
    const std::string junk(100'000, 'x');
    // Closed by the other end at some point, long before all of it was sent or read.
    EXPECT_GT(::send(socket.get(), junk.data(), junk.size(), MSG_NOSIGNAL), 0);
    inviting_.join();
    EXPECT_FALSE(paired_);
    ASSERT_EQ(told_.size(), 1u);
    EXPECT_TRUE(told_[0].starts_with("failed: TLS: ")) << told_[0];
}

}  // namespace
}  // namespace sallyport::gateway
