#include "gateway/admin/services.h"

#include <gtest/gtest.h>

namespace sallyport::gateway {
namespace {

const ServiceView look{"lab",
                       true,
                       "lab.look",
                       "exact",
                       "roundrobin",
                       "2026-12-01T09:30:00.5Z",
                       {{5, "scope", "service"}},
                       1};

TEST(Services, AreListedByRealmWithProceduresFirst) {
    const ServiceView weather{
        "lab",
        false,
        "lab.",
        "prefix",
        "",
        "2026-12-01T09:31:00Z",
        {{7, "b\x1b", "service"}, {8, "c", "x"}, {9, "d", "x"}, {10, "e", "x"}},
        20};
    ServiceView elsewhere = look;
    elsewhere.realm = "elsewhere";
    const std::string line = services_line({weather, look, elsewhere}, 2);
    EXPECT_TRUE(line.starts_with(
        R"({"services":[{"realm":"elsewhere","kind":"procedure","uri":"lab.look","match":"exact",)"
        R"("invoke":"roundrobin","since":"2026-12-01T09:30:00.5Z",)"
        R"("by":[{"session":5,"authid":"scope","role":"service"}],"sessions":1},)"))
        << line;
    EXPECT_TRUE(line.ends_with(R"("sessions":20}],"more":2})"
                               "\n"))
        << line;
    const auto text = services_text(line);
    ASSERT_TRUE(text);
    EXPECT_TRUE(text->starts_with(
        "REALM      KIND       URI       MATCH   INVOKE      SINCE                 BY\n"
        "elsewhere  procedure  lab.look  exact   roundrobin  2026-12-01T09:30:00Z  scope "
        "(service)\n"
        "lab        procedure  lab.look"))
        << *text;
    EXPECT_TRUE(text->ends_with("c (x), d (x) and 17 more\nand 2 more\n")) << *text;
    EXPECT_EQ(text->find('\x1b'), std::string::npos) << "clients choose their names";
}

TEST(Services, MayBeNone) {
    EXPECT_EQ(services_text(services_line({}, 0)), "nothing is registered or subscribed to\n");
    EXPECT_FALSE(services_text("unknown command\n"));
}

}  // namespace
}  // namespace sallyport::gateway
