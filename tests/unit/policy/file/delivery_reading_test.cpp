#include "policy/file/reading.h"
#include "tests/unit/policy/support.h"

namespace sallyport::policy {
namespace {

using Found = std::optional<EventDelivery>;

Found read(const std::string& keys, std::vector<std::string>& errors) {
    constexpr std::array<std::string_view, 3> known{"deliver", "key", "rate"};
    static const std::string file = "f";
    Diagnostics found;
    const Item table = *parse_document(keys, file);
    Section section(table, "[[allow]]", known, file, found);
    const Found delivery = read_delivery(section, file, found);
    for (const Diagnostic& one : found) errors.push_back(to_string(one));
    return delivery;
}

Found sound(const std::string& keys) {
    std::vector<std::string> errors;
    const Found delivery = read(keys, errors);
    for (const std::string& error : errors) ADD_FAILURE() << error;
    return delivery;
}

std::string error_of(const std::string& keys) {
    std::vector<std::string> errors;
    read(keys, errors);
    return errors.size() == 1 ? errors[0] : std::to_string(errors.size()) + " errors";
}

TEST(ReadDelivery, ReadsKindKeyAndRate) {
    EXPECT_EQ(sound(""), std::nullopt);
    EXPECT_EQ(sound("deliver = \"all\"\n"), Found(EventDelivery{}));
    EXPECT_EQ(sound("deliver = \"latest\"\n"), Found(EventDelivery{true, {}, 0}));
    EXPECT_EQ(sound("deliver = \"latest\"\nkey = { arg = 1023 }\nrate = \"2/s\"\n"),
              Found(EventDelivery{true, 1023U, 2}));
    EXPECT_EQ(sound("deliver = \"latest\"\nkey = { kwarg = \"sensor\" }\n"),
              Found(EventDelivery{true, std::string("sensor"), 0}));
}

TEST(ReadDelivery, RefusesWhatDoesNotFitTogether) {
    EXPECT_EQ(error_of("key = { arg = 0 }\n"),
              "f:1:1: error: \"key\" is only for deliver = \"latest\" (add deliver = \"latest\", "
              "or remove it)");
    EXPECT_EQ(error_of("deliver = \"all\"\nrate = \"2/s\"\n"),
              "f:2:1: error: \"rate\" is only for deliver = \"latest\" (add deliver = "
              "\"latest\", or limit requests with limits = { rate = … })");
    EXPECT_EQ(error_of("deliver = \"lastest\"\nrate = \"2/s\"\n"),
              "f:1:11: error: unknown delivery \"lastest\" (did you mean \"latest\"?)");
    for (const char* const key : {"{}", "{ arg = 0, kwarg = \"a\" }"}) {
        EXPECT_EQ(error_of("deliver = \"latest\"\nkey = " + std::string(key) + "\n"),
                  "f:2:7: error: \"key\" names one argument (write key = { arg = 0 } or key = { "
                  "kwarg = \"name\" })");
    }
    EXPECT_EQ(error_of("deliver = \"latest\"\nkey = { arg = 1024 }\n"),
              "f:2:15: error: \"arg\" is out of range (write a number from 0 to 1023)");
    EXPECT_EQ(error_of("deliver = \"latest\"\nkey = { args = true }\n").substr(0, 35), "2 errors");
    EXPECT_EQ(error_of("deliver = \"latest\"\nrate = \"2\"\n"),
              "f:2:8: error: \"2\" is not a valid rate (write a number per second, minute or "
              "hour: \"20/s\", \"5/m\", \"100/h\")");
}

}  // namespace
}  // namespace sallyport::policy
