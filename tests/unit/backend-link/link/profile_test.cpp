#include "backend-link/link/profile.h"

#include <gtest/gtest.h>

namespace sallyport::backend_link {
namespace {

TEST(Profile, HasANameForEachKind) {  // W-GWY-12
    EXPECT_EQ(backend_kind("sallyport"), BackendKind::sallyport);
    EXPECT_EQ(backend_kind("crossbar"), BackendKind::crossbar);
    EXPECT_EQ(backend_kind("nexus"), BackendKind::nexus);
    EXPECT_EQ(backend_kind("generic"), BackendKind::generic);
    EXPECT_EQ(backend_kind("Crossbar"), std::nullopt);
    EXPECT_EQ(backend_kind(""), std::nullopt);
}

// W-R2R-04
TEST(Profile, ConveysIdentityOnlyToOurOwnRouter) {
    EXPECT_TRUE(profile_of(BackendKind::sallyport).conveys_identity);
    EXPECT_FALSE(profile_of(BackendKind::crossbar).conveys_identity);
    EXPECT_TRUE(profile_of(BackendKind::sallyport).lists);
    EXPECT_FALSE(profile_of(BackendKind::crossbar).lists);
    EXPECT_FALSE(profile_of(BackendKind::generic).lists);
    EXPECT_FALSE(profile_of(BackendKind::nexus).conveys_identity);
    EXPECT_FALSE(profile_of(BackendKind::generic).conveys_identity);
}

// W-RAW-08
TEST(Profile, SendsNoPingToCrossbar) {
    EXPECT_FALSE(profile_of(BackendKind::crossbar).rawsocket_ping);
    EXPECT_TRUE(profile_of(BackendKind::sallyport).rawsocket_ping);
    EXPECT_TRUE(profile_of(BackendKind::nexus).rawsocket_ping);
    EXPECT_TRUE(profile_of(BackendKind::generic).rawsocket_ping);
}

// W-PPT-06
TEST(Profile, ExpectsNoPayloadPassthruModeOfCrossbar) {
    EXPECT_FALSE(profile_of(BackendKind::crossbar).passthru);
    EXPECT_TRUE(profile_of(BackendKind::sallyport).passthru);
    EXPECT_TRUE(profile_of(BackendKind::nexus).passthru);
    EXPECT_TRUE(profile_of(BackendKind::generic).passthru);
}

// W-FEA-01, W-EVR-01
TEST(Profile, SaysWhoKeepsRetainedEvents) {
    EXPECT_TRUE(profile_of(BackendKind::sallyport).retains);
    EXPECT_TRUE(profile_of(BackendKind::crossbar).retains);
    EXPECT_FALSE(profile_of(BackendKind::nexus).retains);
    EXPECT_FALSE(profile_of(BackendKind::generic).retains);
}

TEST(Profile, KeepsItsKind) {
    for (const BackendKind kind : {BackendKind::sallyport, BackendKind::crossbar,
                                   BackendKind::nexus, BackendKind::generic}) {
        EXPECT_EQ(profile_of(kind).kind, kind);
        EXPECT_TRUE(profile_of(kind).cancels);
        EXPECT_TRUE(profile_of(kind).pattern_options);
    }
}

}  // namespace
}  // namespace sallyport::backend_link
