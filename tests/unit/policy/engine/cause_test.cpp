#include "policy/engine/cause.h"

#include <gtest/gtest.h>

#include "wamp/codec/codec.h"

namespace sallyport::policy {
namespace {

TEST(Cause, IsTheOnlyKeywordArgumentInEachSerializer) {
    for (const Cause cause :
         {Cause::link_down, Cause::over_rate, Cause::over_in_flight, Cause::too_slow}) {
        for (const auto serializer :
             {wamp::Serializer::json, wamp::Serializer::msgpack, wamp::Serializer::cbor}) {
            const wamp::Payload payload = payload_of(cause, serializer);
            EXPECT_EQ(wamp::args_of(payload), wamp::List{});
            EXPECT_EQ(wamp::kwargs_of(payload), (wamp::Dict{{"cause", to_string(cause)}}));
        }
        EXPECT_EQ(parse_cause(to_string(cause)), cause);
    }
}

TEST(Cause, NoneIsNoPayloadAtAll) {
    EXPECT_TRUE(payload_of(Cause::none).empty());
    EXPECT_EQ(parse_cause(""), Cause::none);
    EXPECT_EQ(parse_cause("too fast"), Cause::none);
}

}  // namespace
}  // namespace sallyport::policy
