#include "policy/file/reading.h"
#include "tests/unit/policy/support.h"

namespace sallyport::policy {
namespace {

std::optional<Condition> read(const std::string& inside, Diagnostics& found) {
    static const std::string file = "f";
    const Item root = *parse_document("c = { " + inside + " }\n", file);
    return read_condition(*root.find("c"), file, found);
}

Condition sound(const std::string& inside) {
    Diagnostics found;
    const auto condition = read(inside, found);
    for (const Diagnostic& one : found) ADD_FAILURE() << to_string(one);
    return condition.value_or(Condition{});
}

std::string error_of(const std::string& inside) {
    Diagnostics found;
    read(inside, found);
    return found.size() == 1 ? to_string(found[0]) : std::to_string(found.size()) + " errors";
}

TEST(ReadCondition, ReadsEveryKey) {
    const Condition condition = sound(
        "kwarg = \"k\", optional = true, type = [\"text\", \"list\"], min_length = 1, "
        "max_length = 2, max_depth = 3, max_bytes = \"4KiB\"");
    EXPECT_EQ(condition.source, Condition::Source::kwarg);
    EXPECT_EQ(condition.name, "k");
    EXPECT_TRUE(condition.optional);
    EXPECT_TRUE(condition.types.has(ValueTypes::Type::list));
    EXPECT_EQ(condition.min_length, 1U);
    EXPECT_EQ(condition.max_length, 2U);
    EXPECT_EQ(condition.max_depth, 3U);
    EXPECT_EQ(condition.max_bytes, 4096U);
    EXPECT_EQ(sound("arg = 3, min = -1, max = 2.5").index, 3U);
    EXPECT_EQ(sound("arg = 3, min = -1, max = 2.5").max, Number(2.5));
    EXPECT_EQ(sound("args = true, max_length = 2").source, Condition::Source::args);
    EXPECT_EQ(sound("kwargs = true, max_length = 0").source, Condition::Source::kwargs);
}

TEST(ReadCondition, IsAboutOneThing) {
    EXPECT_EQ(error_of("type = \"text\""),
              "f:1:5: error: a condition does not name the value it tests (add arg = 0, kwarg = "
              "\"name\", args = true or kwargs = true)");
    EXPECT_EQ(error_of("arg = 0, kwarg = \"k\""),
              "f:1:16: error: a condition tests one value, and this one names two (write two "
              "conditions)");
    EXPECT_EQ(error_of("arg = -1"),
              "f:1:13: error: \"arg\" is out of range (write a number from 0 to 1023)");
    EXPECT_EQ(error_of("args = false"), "f:1:14: error: \"args\" is false (write true)");
}

TEST(ReadCondition, RefusesBoundsThatNothingIsWithin) {
    EXPECT_EQ(error_of("arg = 0, min = 2, max = 1"),
              "f:1:31: error: \"max\" is below \"min\" (swap the two)");
    EXPECT_EQ(error_of("arg = 0, min_length = 2, max_length = 1"),
              "f:1:45: error: \"max_length\" is below \"min_length\" (swap the two)");
    EXPECT_EQ(error_of("arg = 0, type = \"text\", min = 2"),
              "f:1:5: error: \"min\" and \"max\" are for numbers, and the type is not a number "
              "(write min_length "
              "and max_length for strings, binaries, lists and dicts)");
    EXPECT_EQ(error_of("arg = 0, one_of = []"),
              "f:1:25: error: \"one_of\" is an empty list, so no value is in it (write one_of "
              "= [\"slow\", \"fast\"])");
    EXPECT_EQ(error_of("arg = 0, min = \"2\""),
              "f:1:22: error: \"min\" is not a number (write a number, as in 0 or 1.5)");
    EXPECT_EQ(
        error_of("arg = 0, type = \"int\""),
        "f:1:23: error: unknown type \"int\" (known types: null, boolean, integer, number, text, "
        "binary, list, dict)");
    EXPECT_EQ(error_of("arg = 0, max_depth = -1"),
              "f:1:28: error: \"max_depth\" is negative (write 0 or more)");
}

}  // namespace
}  // namespace sallyport::policy
