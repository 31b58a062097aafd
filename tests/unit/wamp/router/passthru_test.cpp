// Payload passthru mode through a realm: what says how a payload is to be read goes with it, to
// those who announced that they can.
#include <gtest/gtest.h>

#include "tests/unit/wamp/router/world.h"
#include "wamp/message/uris.h"

namespace sallyport::wamp {
namespace {

using namespace test;

const Dict sealed{{"ppt_scheme", "wamp"},
                  {"ppt_serializer", "cbor"},
                  {"ppt_cipher", "xsalsa20poly1305"},
                  {"ppt_keyid", "k1"}};

Features opening() {
    Features all = all_features();
    for (const Feature feature :
         {Feature::caller_payload_passthru_mode, Feature::callee_payload_passthru_mode,
          Feature::publisher_payload_passthru_mode, Feature::subscriber_payload_passthru_mode}) {
        all.add(feature);
    }
    return all;
}

Dict with(Dict options, std::string_view key, Value value) {
    options.set(key, std::move(value));
    return options;
}

Dict without_names(Dict details) {
    for (const char* key : {"caller", "caller_authid", "caller_authrole"}) details.erase(key);
    return details;
}

/// 1 calls and publishes, 2 has the procedure "a.b", both in the mode; 3 knows nothing of it.
class PassthruTest : public testing::Test {
protected:
    PassthruTest() {
        world_.join(1, opening());
        world_.join(2, opening());
        world_.join(3);
        world_.enroll(2, "a.b");
    }

    World world_;
};

// W-PPT-01
TEST_F(PassthruTest, WhatACallSaysOfItsPayloadReachesTheCallee) {
    world_.call(1, "a.b", with(with(sealed, "ppt_more", "x"), "timeout", 500),
                args("\x91\xc4\x01\x07"));
    const auto* invocation = world_.last<Invocation>(2);
    ASSERT_NE(invocation, nullptr);
    EXPECT_EQ(without_names(invocation->details), sealed);
    EXPECT_EQ(invocation->payload.args, "\x91\xc4\x01\x07");
}

// W-PPT-01
TEST_F(PassthruTest, WhatAResultSaysOfItsPayloadReachesTheCaller) {
    const RequestId call = world_.call(1, "a.b");
    world_.yield(2, world_.invoked(2), with(sealed, "x_own", 1), args("\x91\xc4\x01\x08"));
    const auto* result = world_.last<CallResult>(1);
    ASSERT_NE(result, nullptr);
    EXPECT_EQ(result->request, call);
    EXPECT_EQ(result->details, sealed);
    EXPECT_EQ(result->payload.args, "\x91\xc4\x01\x08");
}

// W-PPT-05
TEST_F(PassthruTest, ProgressiveResultsSayItToo) {
    world_.call(1, "a.b", with(sealed, "receive_progress", true));
    world_.yield(2, world_.invoked(2), with(sealed, "progress", true));
    const auto* result = world_.last<CallResult>(1);
    ASSERT_NE(result, nullptr);
    EXPECT_EQ(result->details, with(sealed, "progress", true));
}

// W-PPT-01
TEST_F(PassthruTest, WhatAnErrorSaysOfItsPayloadReachesTheCaller) {
    world_.call(1, "a.b");
    world_.send(2, Error{MessageType::invocation, world_.invoked(2), with(sealed, "x_own", 1),
                         "a.failed", args("\x91\xc4\x01\x09")});
    const auto* error = world_.last<Error>(1);
    ASSERT_NE(error, nullptr);
    EXPECT_EQ(error->details, sealed);
    EXPECT_EQ(error->payload.args, "\x91\xc4\x01\x09");
}

// W-PPT-02
TEST_F(PassthruTest, ACalleeWithoutTheModeIsNotCalledInIt) {
    world_.enroll(3, "plain");
    world_.forget();
    const RequestId call = world_.call(1, "plain", sealed);
    EXPECT_EQ(world_.error(1, Call::type, call), uris::feature_not_supported);
    EXPECT_TRUE(world_.sent_to(3).empty());
    EXPECT_EQ(world_.tally.counts(), 0u);
    world_.call(1, "plain");
    EXPECT_NE(world_.invoked(3), 0u);
}

// W-PPT-02, W-DEF-18: the call ends, and no session does.
TEST_F(PassthruTest, ACallerWithoutTheModeGetsAnErrorInsteadOfAResultInIt) {
    const RequestId call = world_.call(3, "a.b");
    const RequestId invocation = world_.invoked(2);
    world_.forget();
    world_.yield(2, invocation, sealed);
    EXPECT_EQ(world_.error(3, Call::type, call), uris::feature_not_supported);
    EXPECT_TRUE(world_.sent_to(2).empty());
    EXPECT_EQ(world_.tally.counts(), 0u);
    world_.yield(2, invocation);
    EXPECT_EQ(world_.sent_to(3).size(), 1u);
}

// W-PPT-02, W-PPT-05
TEST_F(PassthruTest, AProgressiveResultThatTheCallerCannotOpenEndsTheCallAndStopsTheCallee) {
    const RequestId call = world_.call(3, "a.b", {{"receive_progress", true}});
    const RequestId invocation = world_.invoked(2);
    world_.yield(2, invocation, with(sealed, "progress", true));
    EXPECT_EQ(world_.error(3, Call::type, call), uris::feature_not_supported);
    const auto* interrupt = world_.last<Interrupt>(2);
    ASSERT_NE(interrupt, nullptr);
    EXPECT_EQ(interrupt->request, invocation);
    EXPECT_EQ(world_.tally.counts(), 0u);
}

// W-PPT-02
TEST_F(PassthruTest, AnErrorArrivesWithoutTheArgumentsThatItsCallerCannotOpen) {
    const RequestId call = world_.call(3, "a.b");
    world_.send(2, Error{MessageType::invocation, world_.invoked(2), sealed, "a.failed",
                         args("\x91\xc4\x01\x09")});
    EXPECT_EQ(world_.error(3, Call::type, call), "a.failed");
    const auto* error = world_.last<Error>(3);
    ASSERT_NE(error, nullptr);
    EXPECT_TRUE(error->details.empty());
    EXPECT_TRUE(error->payload.empty());
}

// W-PPT-01, W-PPT-04
TEST_F(PassthruTest, AnEventInTheModeGoesToTheSubscribersWhoHaveIt) {
    world_.subscribe(2, "t.a");
    world_.subscribe(3, "t.a");
    world_.forget();
    world_.publish(1, "t.a", with(sealed, "x_own", 1), args("\x91\xc4\x01\x0a"));
    const auto* event = world_.last<Event>(2);
    ASSERT_NE(event, nullptr);
    EXPECT_EQ(event->details, sealed);
    EXPECT_EQ(event->payload.args, "\x91\xc4\x01\x0a");
    EXPECT_TRUE(world_.sent_to(3).empty());
    world_.publish(1, "t.a");
    EXPECT_EQ(world_.sent_to(3).size(), 1u);
}

TEST_F(PassthruTest, AnEventInTheModeSaysItsTopicAndPublisherAsOthersDo) {
    world_.subscribe(2, "t", {{"match", "prefix"}});
    world_.publish(1, "t.a", with(sealed, "disclose_me", true));
    const auto* event = world_.last<Event>(2);
    ASSERT_NE(event, nullptr);
    EXPECT_EQ(event->details.get_string("topic"), "t.a");
    EXPECT_EQ(event->details.get_uint("publisher", 0), 1u);
    EXPECT_EQ(event->details.get_string("ppt_keyid"), "k1");
}

// W-PPT-01: without a scheme the other keys mean nothing and go nowhere.
TEST_F(PassthruTest, KeysWithoutASchemeAreLeftOut) {
    const Dict no_scheme{{"ppt_cipher", "aes256gcm"}, {"ppt_keyid", "k1"}};
    world_.enroll(3, "plain");
    world_.call(1, "plain", no_scheme);
    const auto* invocation = world_.last<Invocation>(3);
    ASSERT_NE(invocation, nullptr);
    EXPECT_TRUE(without_names(invocation->details).empty());
    world_.yield(3, invocation->request, no_scheme);
    const auto* result = world_.last<CallResult>(1);
    ASSERT_NE(result, nullptr);
    EXPECT_TRUE(result->details.empty());
}

}  // namespace
}  // namespace sallyport::wamp
