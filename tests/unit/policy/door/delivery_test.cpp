#include "policy/door/delivery.h"

#include "tests/unit/policy/wires.h"
#include "wamp/message/uris.h"

namespace sallyport::policy {
namespace {

namespace uris = wamp::uris;
using wamp::Serializer;

constexpr std::string_view nan_args("\x91\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", 10);  // [NaN]
constexpr std::string_view nul_args("\x91\xa4\x00!!!", 6);                            // ["\0!!!"]
constexpr std::string_view odd_key_kwargs("\x81\xa1k\x81\x01\x02", 6);  // {"k": {1: 2}}
const wamp::Payload nan_payload{Serializer::msgpack, nan_args, {}};
const wamp::Payload nul_payload{Serializer::msgpack, nul_args, {}};
const wamp::Payload odd_payload{Serializer::msgpack, "\x90", odd_key_kwargs};

class Deliver : public testing::Test {
protected:
    wamp::SessionId join(std::uint64_t id, Serializer serializer,
                         std::size_t peer_receives_max = 16u << 20) {
        world_.join(id, serializer, Door::Trust::client, peer_receives_max);
        return world_.wires.session(id);
    }
    /// What came of it; undelivered invocations as "undelivered URI".
    Lines deliver(std::vector<wamp::SessionId> to, wamp::Message message) {
        wamp::Deliveries deliveries;
        deliveries.add(to, std::move(message));
        std::vector<Door::Undelivered> undelivered;
        world_.door.deliver(deliveries, undelivered, world_.now, world_.wires.out);
        Lines lines = world_.take();
        for (const auto& one : undelivered) {
            lines.push_back("undelivered " + std::to_string(one.invocation) + " " +
                            std::string(one.error));
        }
        return lines;
    }

    DoorWorld world_;
};

TEST_F(Deliver, EncodesAnEventInTheSerializerOfEachReceiver) {
    const auto json = join(1, Serializer::json);
    const auto msgpack = join(2, Serializer::msgpack);
    const auto other = join(3, Serializer::msgpack);
    const auto payload = wamp::make_payload(Serializer::json, {wamp::Value(1), wamp::Value("a")},
                                            {{"k", wamp::Value(2.5)}});
    EXPECT_EQ(deliver({json, msgpack, other}, wamp::Event{1, 2, {}, payload.view()}),
              (Lines{R"(1 [36,1,2,{},[1,"a"],{"k":2.5}])", R"(2 [36,1,2,{},[1,"a"],{"k":2.5}])",
                     R"(3 [36,1,2,{},[1,"a"],{"k":2.5}])"}));
    EXPECT_EQ(world_.door.undeliverable_events(), 0u);
}

TEST_F(Deliver, EncodesOnceForAllReceiversOfASerializer) {
    const auto one = join(1, Serializer::json);
    const auto two = join(2, Serializer::json);
    wamp::Deliveries deliveries;
    deliveries.add(std::vector{one, two}, wamp::Event{1, 2, {}, {}});
    std::vector<Door::Undelivered> undelivered;
    world_.door.deliver(deliveries, undelivered, world_.now, world_.wires.out);
    const auto& out = world_.wires.out;
    ASSERT_EQ(out.size(), 2u);
    EXPECT_EQ(std::get<wamp::effect::Send>(out[0]).frame.message().data(),
              std::get<wamp::effect::Send>(out[1]).frame.message().data());
    world_.take();
}

TEST_F(Deliver, PassesOverReceiversOfPoisonedEventsAlone) {  // W-SUB-18, W-SER-05, W-SER-09
    const auto json = join(1, Serializer::json);
    const auto msgpack = join(2, Serializer::msgpack);
    std::uint64_t count = 0;
    for (const auto& payload : {nan_payload, nul_payload, odd_payload}) {
        wamp::Deliveries deliveries;
        deliveries.add(std::vector{json, msgpack}, wamp::Event{1, 2, {}, payload});
        std::vector<Door::Undelivered> undelivered;
        world_.door.deliver(deliveries, undelivered, world_.now, world_.wires.out);
        ASSERT_EQ(world_.wires.out.size(), 1u);
        const auto& send = std::get<wamp::effect::Send>(world_.wires.out[0]);
        EXPECT_EQ(send.to, peer(2));
        EXPECT_TRUE(
            send.frame.message().ends_with(payload.kwargs.empty() ? payload.args : payload.kwargs));
        world_.wires.out.clear();
        EXPECT_EQ(world_.door.undeliverable_events(), ++count);
    }
    EXPECT_EQ(deliver({json}, wamp::Event{1, 3, {}, {}}),
              Lines{"1 [36,1,3,{}]"});  // it is still there
}

TEST_F(Deliver, EndsACallWhoseResultCannotBeRepresented) {  // W-SER-09
    const auto json = join(1, Serializer::json);
    for (const auto& payload : {nan_payload, nul_payload, odd_payload}) {
        EXPECT_EQ(deliver({json}, wamp::CallResult{4, {}, payload}),
                  Lines{R"(1 [8,48,4,{},"wamp.error.invalid_argument"])"});
    }
}

TEST_F(Deliver, LosesAPieceOfAProgressiveResultAndNotTheCall) {
    const auto json = join(1, Serializer::json);
    EXPECT_EQ(deliver({json}, wamp::CallResult{4, {{"progress", true}}, nan_payload}), Lines{});
    EXPECT_EQ(world_.door.undeliverable_events(), 1u);
    EXPECT_EQ(deliver({json}, wamp::CallResult{4, {}, {}}), Lines{"1 [50,4,{}]"});
}

TEST_F(Deliver, LogsEventsThatCannotBeDeliveredAtMostOnceAMinute) {
    const auto json = join(1, Serializer::json);
    const auto lose_one = [&] { deliver({json}, wamp::Event{1, 2, {}, nan_payload}); };
    const auto logged = [&] {
        const auto before = world_.wires.notes().size();
        world_.door.next(world_.now, world_.wires.out);
        world_.take();
        return world_.wires.notes().substr(before, 27);
    };
    EXPECT_EQ(logged(), "");
    lose_one();
    EXPECT_EQ(logged(), "could not deliver 1 events ");
    lose_one();
    lose_one();
    world_.now += 59s;
    EXPECT_EQ(logged(), "");
    world_.now += 1s;
    EXPECT_EQ(logged(), "could not deliver 2 events ");
    world_.now += 60s;
    EXPECT_EQ(logged(), "");
}

TEST_F(Deliver, KeepsAnErrorWhoseArgumentsCannotBeRepresented) {
    const auto json = join(1, Serializer::json, 1024);
    const wamp::Error error{wamp::MessageType::call, 4, {}, "lab.failed", nan_payload};
    EXPECT_EQ(deliver({json}, error), Lines{R"(1 [8,48,4,{},"lab.failed"])"});
    const auto big = wamp::make_payload(Serializer::json, {wamp::Value(std::string(2000, 'x'))});
    EXPECT_EQ(
        deliver({json}, wamp::Error{wamp::MessageType::call, 5, {}, "lab.failed", big.view()}),
        Lines{R"(1 [8,48,5,{},"lab.failed"])"});
}

TEST_F(Deliver, ReportsInvocationsThatCannotBeRepresented) {  // W-SER-09, W-RAW-11
    const auto json = join(1, Serializer::json, 1024);
    EXPECT_EQ(deliver({json}, wamp::Invocation{1, 7, {}, nan_payload}),
              Lines{"undelivered 1 wamp.error.invalid_argument"});
    const auto big = wamp::make_payload(Serializer::json, {wamp::Value(std::string(2000, 'x'))});
    EXPECT_EQ(deliver({json}, wamp::Invocation{2, 7, {}, big.view()}),
              Lines{"undelivered 2 wamp.error.payload_size_exceeded"});
    EXPECT_EQ(deliver({json}, wamp::Invocation{3, 7, {}, {}}), Lines{"1 [68,3,7,{}]"});
    EXPECT_TRUE(std::holds_alternative<Door::Followup>(world_.send(1, "[70,3,{}]")));
    EXPECT_TRUE(std::holds_alternative<Door::Left>(world_.send(1, "[70,4,{}]")));
    world_.take();
}

TEST_F(Deliver, SendsNothingLargerThanTheReceiverAccepts) {  // W-RAW-06, W-RAW-11
    const auto small = join(1, Serializer::json, 1024);
    const auto other = join(2, Serializer::json);
    const std::string fixed = "[50,4,{},[\"\"]]";
    const auto fits =
        wamp::make_payload(Serializer::json, {wamp::Value(std::string(1024 - fixed.size(), 'x'))});
    const auto over =
        wamp::make_payload(Serializer::json, {wamp::Value(std::string(1025 - fixed.size(), 'x'))});
    EXPECT_EQ(deliver({small}, wamp::CallResult{4, {}, fits.view()}).at(0).size(), 1024 + 2u);
    EXPECT_EQ(deliver({small}, wamp::CallResult{4, {}, over.view()}),
              Lines{R"(1 [8,48,4,{},"wamp.error.payload_size_exceeded"])"});
    const auto big = wamp::make_payload(Serializer::json, {wamp::Value(std::string(2000, 'x'))});
    const Lines lines = deliver({small, other}, wamp::Event{1, 2, {}, big.view()});
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_TRUE(lines[0].starts_with("2 [36,1,2,{},"));
    EXPECT_EQ(world_.door.undeliverable_events(), 1u);
    EXPECT_EQ(
        deliver({small},
                wamp::Error{wamp::MessageType::call, 4, {}, "lab." + std::string(1020, 'x'), {}}),
        Lines{R"(1 [8,48,4,{},"wamp.error.payload_size_exceeded"])"});
}

TEST_F(Deliver, SendsNothingToSessionsThatHaveLeft) {
    const auto gone = join(1, Serializer::json);
    const auto dismissed = join(2, Serializer::json);
    world_.door.on_closed(peer(1), "gone");
    world_.door.dismiss(dismissed, uris::killed, world_.now, world_.wires.out);
    world_.take();
    EXPECT_EQ(deliver({gone, dismissed, 12345}, wamp::Event{1, 2, {}, {}}), Lines{});
    for (const auto id : {gone, dismissed}) {
        const Session& session = *world_.door.sessions().find(id);
        world_.door.refuse(session, wamp::MessageType::call, 1, uris::canceled, world_.wires.out);
    }
    EXPECT_EQ(world_.take(), Lines{});
}

TEST_F(Deliver, SendsNothingToTheNextSessionOfAConnection) {  // W-SES-16
    const auto first = join(1, Serializer::json);
    const auto left = world_.door.on_message(peer(1), R"([6,{},"wamp.close.close_realm"])",
                                             world_.now, world_.wires.out);
    ASSERT_TRUE(
        std::holds_alternative<Door::Left>(left));  // and its owner has not forgotten it yet
    world_.door.on_message(peer(1), hello, world_.now, world_.wires.out);
    world_.take();
    EXPECT_EQ(deliver({first}, wamp::Event{1, 2, {}, {}}), Lines{});
}

// Who reads, but cannot keep up
// ---------------------------------------------------------------------------------------------------

class Slow : public Deliver {
protected:
    Slow() {
        world_.join(1);
        session_ = world_.wires.session(1);
    }
    void written(std::size_t unsent) {
        world_.door.on_written(peer(1), unsent, world_.now, world_.wires.out);
    }
    /// Whether an event of the subscription 7 gets through.
    bool gets_event() { return !deliver({session_}, wamp::Event{7, 2, {}, {}}).empty(); }
    void fall_behind() {
        deliver({session_}, large_);
        written(5u << 20);
        world_.advance(2s);
        written(4u << 20);
    }

    wamp::SessionId session_ = 0;
    const std::string text_ = "[\"" + std::string(5u << 20, 'x') + "\"]";
    const wamp::CallResult large_{9, {}, {Serializer::json, text_, {}}};
};

TEST_F(Slow, EndsTheSubscriptionThatOutrunsASessionAndNotTheSession) {
    fall_behind();
    EXPECT_FALSE(gets_event());
    EXPECT_FALSE(gets_event());
    using Overruns = std::vector<Delivery::Overrun>;
    EXPECT_EQ(world_.door.take_overruns(), (Overruns{{session_, 7, false}}));
    EXPECT_EQ(world_.door.take_overruns(), Overruns{});
    EXPECT_EQ(world_.door.overrun(), 1u);
    EXPECT_EQ(deliver({session_}, wamp::CallResult{1, {}, {}}).size(), 1u) << "a final answer";
    EXPECT_EQ(deliver({session_}, wamp::CallResult{1, {{"progress", true}}, {}}), Lines{});
    EXPECT_EQ(world_.door.take_overruns(), (Overruns{{session_, 1, true}}));
}

TEST_F(Slow, IsNobodyForABurstAlone) {
    deliver({session_}, large_);
    written(5u << 20);
    world_.advance(1999ms);
    written(4u << 20);
    EXPECT_TRUE(gets_event());
}

TEST_F(Slow, IsWhoReadsNothing) {
    deliver({session_}, large_);
    EXPECT_TRUE(gets_event());
    world_.advance(2s);
    EXPECT_FALSE(gets_event());
}

TEST_F(Slow, IsNobodyWhoHasCaughtUp) {
    fall_behind();
    written(0);
    deliver({session_}, large_);
    written(5u << 20);
    world_.advance(1s);
    written(4u << 20);
    EXPECT_TRUE(gets_event());
}

TEST_F(Slow, IsNobodyForWhomLittleWaits) {
    fall_behind();
    written((4u << 20) - 1);
    EXPECT_TRUE(gets_event());
}

}  // namespace
}  // namespace sallyport::policy
