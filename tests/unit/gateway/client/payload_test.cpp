#include "gateway/client/payload.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <string>

#include "wamp/codec/codec.h"

namespace sallyport::gateway {
namespace {

using wamp::Dict;
using wamp::List;
using wamp::Serializer;
using wamp::Value;

TEST(ClientArguments, AreJsonOrElseStrings) {
    const Arguments arguments = parse_arguments(
        {{"1", "-2", "1.5", "true", "null", "\"x\"", "[1,2]", "plain", "007", "", "{"}, "", {}});
    const List expected{Value(1),
                        Value(-2),
                        Value(1.5),
                        Value(true),
                        Value(),
                        Value("x"),
                        Value(List{Value(1), Value(2)}),
                        Value("plain"),
                        Value("007"),
                        Value(""),
                        Value("{")};
    EXPECT_EQ(arguments.args, expected);
}

TEST(ClientArguments, MayBeOneJsonArray) {
    EXPECT_EQ(parse_arguments({{}, "[1,\"a\"]", {}}).args, (List{Value(1), Value("a")}));
    EXPECT_THROW(parse_arguments({{}, "{}", {}}), std::invalid_argument);
    EXPECT_THROW(parse_arguments({{}, "[", {}}), std::invalid_argument);
    EXPECT_THROW(parse_arguments({{"1"}, "[1]", {}}), std::invalid_argument);
}

TEST(ClientArguments, TakeKeywords) {
    const Arguments arguments = parse_arguments({{}, "", {"a=1", "b=x=y", "c="}});
    EXPECT_EQ(arguments.kwargs, (Dict{{"a", 1}, {"b", "x=y"}, {"c", ""}}));
    EXPECT_THROW(parse_arguments({{}, "", {"a"}}), std::invalid_argument);
    EXPECT_THROW(parse_arguments({{}, "", {"=1"}}), std::invalid_argument);
}

class EachSerializer : public testing::TestWithParam<Serializer> {
protected:
    std::string shortest(const List& args, const Dict& kwargs = {}) const {
        return json_of(wamp::make_payload(GetParam(), args, kwargs).view()).value().shortest();
    }
};
INSTANTIATE_TEST_SUITE_P(Payloads, EachSerializer,
                         testing::Values(Serializer::json, Serializer::msgpack));

TEST_P(EachSerializer, IsShownAsShortAsItMay) {
    EXPECT_EQ(shortest({}), "null");
    EXPECT_EQ(shortest({Value(7)}), "7");
    EXPECT_EQ(shortest({Value()}), "null");
    EXPECT_EQ(shortest({Value(List{})}), "[]");
    EXPECT_EQ(shortest({Value(1), Value("a")}), R"({"args":[1,"a"],"kwargs":{}})");
    EXPECT_EQ(shortest({}, {{"k", 1}}), R"({"args":[],"kwargs":{"k":1}})");
    EXPECT_EQ(shortest({Value(1)}, {{"k", true}}), R"({"args":[1],"kwargs":{"k":true}})");
}

TEST_P(EachSerializer, ShowsBinaryAsJsonHasIt) {  // W-SER-04
    EXPECT_EQ(shortest({Value(wamp::Bytes{std::string("\x01\x02", 2)})}), R"("\u0000AQI=")");
}

TEST(ClientPayload, IsNothingIfJsonCannotRepresentIt) {
    const auto payload = wamp::make_payload(Serializer::msgpack, {Value(std::nan(""))});
    EXPECT_FALSE(json_of(payload.view()).has_value());
}

}  // namespace
}  // namespace sallyport::gateway
