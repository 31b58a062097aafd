#include "backend-link/bridge/link_wire.h"

#include <gtest/gtest.h>

#include "tests/unit/backend-link/bridge/bridge_world.h"

namespace sallyport::backend_link {
namespace {

using wamp::Serializer;

wamp::Message call(wamp::Payload payload) {
    return wamp::Call{1, {}, "lab.a", payload};
}

TEST(LinkWire, LeavesAPayloadInItsOwnSerializerWhereItIs) {
    const std::string args = "[1]";
    wamp::Message message = call(json(args));
    wamp::OwnedPayload keep;
    EXPECT_EQ(prepare_for_link({Serializer::json, 1 << 20}, message, keep), "");
    EXPECT_EQ(wamp::payload_of(message)->args.data(), args.data());
    EXPECT_TRUE(keep.view().empty());
}

TEST(LinkWire, TranscodesAPayloadToTheSerializerOfTheLink) {
    wamp::Message message = call(json("[1]"));
    wamp::OwnedPayload keep;
    EXPECT_EQ(prepare_for_link({Serializer::msgpack, 1 << 20}, message, keep), "");
    EXPECT_EQ(wamp::payload_of(message)->serializer, Serializer::msgpack);
    EXPECT_EQ(wamp::payload_of(message)->args, "\x91\x01");
}

// W-SER-05, W-SER-09
TEST(LinkWire, ReportsWhatCannotBeRepresented) {
    wamp::Message message = call(json(R"(["\u0000!!!"])"));
    wamp::OwnedPayload keep;
    EXPECT_EQ(prepare_for_link({Serializer::msgpack, 1 << 20}, message, keep),
              uris::invalid_argument);
    EXPECT_EQ(prepare_for_link({std::nullopt, 1 << 20}, message, keep), "");
}

// W-RAW-06
TEST(LinkWire, ReportsWhatIsTooLarge) {
    const std::string args = "[\"" + std::string(4000, 'x') + "\"]";
    wamp::Message message = call(json(args));
    wamp::OwnedPayload keep;
    EXPECT_EQ(prepare_for_link({Serializer::json, 4096 + args.size()}, message, keep), "");
    EXPECT_EQ(prepare_for_link({Serializer::json, 4095 + args.size()}, message, keep),
              uris::payload_size_exceeded);
    EXPECT_TRUE(fits({}, message));
}

TEST(LinkWire, CountsTheListsOfAPublication) {
    const wamp::Message plain = wamp::Publish{1, {{"acknowledge", true}}, "lab.a", {}};
    const wamp::Message listed =
        wamp::Publish{1, {{"eligible_authid", List{std::string(100, 'x')}}}, "lab.a", {}};
    EXPECT_TRUE(fits({Serializer::json, 4096}, plain));
    EXPECT_FALSE(fits({Serializer::json, 4096}, listed));
    EXPECT_TRUE(fits({Serializer::json, 4296}, listed));
    const wamp::Message ids =
        wamp::Publish{1, {{"exclude", List(100, wamp::Value(wamp::id_max))}}, "lab.a", {}};
    EXPECT_FALSE(fits({Serializer::json, 4096 + 3200}, ids)) << "each id may become two";
    EXPECT_TRUE(fits({Serializer::json, 4096 + 3500}, ids));
}

TEST(LinkWire, CountsHowAPayloadIsSealed) {
    const Dict sealed{{"ppt_scheme", "wamp"}, {"ppt_keyid", std::string(200, 'x')}};
    for (const wamp::Message& message : {wamp::Message(wamp::Call{1, sealed, "lab.a", {}}),
                                         wamp::Message(wamp::Publish{1, sealed, "lab.a", {}})}) {
        EXPECT_FALSE(fits({Serializer::json, 4096}, message));
        EXPECT_TRUE(fits({Serializer::json, 4396}, message));
    }
    const wamp::Message plain = wamp::Call{1, {{"x_own", std::string(200, 'x')}}, "lab.a", {}};
    EXPECT_TRUE(fits({Serializer::json, 4096}, plain));
}

}  // namespace
}  // namespace sallyport::backend_link
