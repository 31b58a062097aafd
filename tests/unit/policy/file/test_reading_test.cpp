#include "policy/file/reading.h"
#include "tests/unit/policy/support.h"

namespace sallyport::policy {
namespace {

TestText read(const std::string& keys, std::vector<std::string>& errors) {
    static const std::string file = "f";
    Diagnostics found;
    const Item table =
        *parse_document("as = { authid = \"joe\", role = \"guest\" }\n" + keys, file);
    TestText test = read_test(table, file, found);
    for (const Diagnostic& one : found) errors.push_back(to_string(one));
    return test;
}

std::string error_of(const std::string& keys) {
    std::vector<std::string> errors;
    read(keys, errors);
    return errors.size() == 1 ? errors[0] : std::to_string(errors.size()) + " errors";
}

TEST(ReadTest, MakesThePayloadOfItsArguments) {
    std::vector<std::string> errors;
    const TestText test = read(
        "call = \"a.b\"\nargs = [1, -2, 0.5, \"x\", true, [1], { a = 1 }]\nkwargs = { k = \"v\" "
        "}\nexpect = \"allow\"\n",
        errors);
    EXPECT_TRUE(errors.empty());
    EXPECT_EQ(test.payload.view().bytes(), test.payload_bytes);
    EXPECT_EQ(test.payload.view().kwargs, "\x81\xA1k\xA1v");
    EXPECT_EQ(read("call = \"a\"\nargs = [1]\npayload = \"1KiB\"\nexpect = \"deny\"\n", errors)
                  .payload_bytes,
              1024U);
    EXPECT_TRUE(read("publish = \"a\"\nopaque = true\nexpect = \"deny\"\n", errors).opaque);
    EXPECT_EQ(read("call = \"a\"\nexpect = \"allow\"\nroute = \"r\"\n", errors).route, "r");
}

TEST(ReadTest, ReadsAnExpectedDelivery) {
    std::vector<std::string> errors;
    EXPECT_EQ(read("subscribe = \"a.b\"\nexpect = \"allow\"\n", errors).delivery, std::nullopt);
    EXPECT_EQ(read("subscribe = \"a.b\"\nexpect = \"allow r\"\ndeliver = \"latest\"\nrate = "
                   "\"2/s\"\n",
                   errors)
                  .delivery,
              (EventDelivery{true, {}, 2}));
    EXPECT_TRUE(errors.empty());
    EXPECT_EQ(error_of("subscribe = \"a.b\"\nexpect = \"deny\"\ndeliver = \"all\"\n"),
              "f:4:1: error: \"deliver\" is only for an allowed subscribe (remove the line)");
}

TEST(ReadTest, RefusesWhatMakesNoSense) {
    EXPECT_EQ(error_of("subscribe = \"a.b\"\nargs = [1]\nexpect = \"allow\"\n"),
              "f:3:1: error: only call and publish have a payload (remove the line)");
    EXPECT_EQ(error_of("call = \"a.b\"\nargs = [1]\nopaque = true\nexpect = \"allow\"\n"),
              "f:4:1: error: an opaque payload has no readable arguments (remove \"args\" and "
              "\"kwargs\")");
    EXPECT_EQ(error_of("call = \"a.b\"\nexpect = \"deny\"\nroute = \"r\"\n"),
              "f:4:1: error: a denied request has no route (remove the line)");
    EXPECT_EQ(error_of("call = \"a.b\"\nargs = [1979-05-27]\nexpect = \"deny\"\n"),
              "f:3:9: error: an argument cannot be a date (write it as a string)");
    EXPECT_EQ(error_of("expect = \"deny\"\n"),
              "f:1:1: error: [[test]] has no request (add call, publish, subscribe or register = "
              "\"com.app.name\")");
}

}  // namespace
}  // namespace sallyport::policy
