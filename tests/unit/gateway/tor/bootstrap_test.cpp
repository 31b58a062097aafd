#include "gateway/tor/bootstrap.h"

#include <gtest/gtest.h>

namespace sallyport::gateway {
namespace {

TEST(Bootstrap, ReadsAnEvent) {
    EXPECT_EQ(parse_bootstrap("STATUS_CLIENT NOTICE BOOTSTRAP PROGRESS=75 TAG=enough_dirinfo "
                              "SUMMARY=\"Loaded enough\""),
              (Bootstrap{75, "enough_dirinfo", "Loaded enough", ""}));
}

TEST(Bootstrap, ReadsAWarning) {
    const auto found = parse_bootstrap(
        "STATUS_CLIENT WARN BOOTSTRAP PROGRESS=5 TAG=conn SUMMARY=\"Connecting to a relay\" "
        "WARNING=\"No route to host\" REASON=NOROUTE COUNT=3 RECOMMENDATION=warn HOSTID=\"X\"");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->warning, "No route to host");
    EXPECT_EQ(to_text(*found),
              "tor: bootstrapped 5% (Connecting to a relay); warning: No route to host");
}

TEST(Bootstrap, PassesOverOtherStatus) {
    EXPECT_FALSE(parse_bootstrap("STATUS_CLIENT NOTICE CIRCUIT_ESTABLISHED"));
    EXPECT_FALSE(parse_bootstrap("STATUS_CLIENT NOTICE BOOTSTRAP TAG=done"));
    EXPECT_FALSE(parse_bootstrap("STATUS_CLIENT NOTICE BOOTSTRAP PROGRESS=101 TAG=done"));
    EXPECT_FALSE(parse_bootstrap("STATUS_CLIENT NOTICE BOOTSTRAP PROGRESS=1x TAG=done"));
}

TEST(Bootstrap, ReadsALineOfTheLog) {
    EXPECT_EQ(parse_bootstrap_log("Jan 01 00:00:00.000 [notice] Bootstrapped 100% (done): Done"),
              (Bootstrap{100, "done", "Done", ""}));
    EXPECT_EQ(parse_bootstrap_log("Jan 01 00:00:00.000 [notice] Bootstrapped 5%"),
              (Bootstrap{5, "", "", ""}));
    EXPECT_FALSE(parse_bootstrap_log("Jan 01 00:00:00.000 [notice] Opened Control listener"));
    EXPECT_FALSE(parse_bootstrap_log("x] Bootstrapped many"));
}

TEST(Bootstrap, TellsComplaintsOfTheLog) {
    EXPECT_EQ(complaint_of_log("Jan 01 00:00:00.000 [warn] Oh: no"), "Oh: no");
    EXPECT_EQ(complaint_of_log("Jan 01 00:00:00.000 [err] Reading config failed"),
              "Reading config failed");
    EXPECT_FALSE(complaint_of_log("Jan 01 00:00:00.000 [notice] fine"));
}

}  // namespace
}  // namespace sallyport::gateway
