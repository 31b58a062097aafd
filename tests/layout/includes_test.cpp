#include "tests/layout/includes.h"

#include <gtest/gtest.h>

namespace sallyport::layout {
namespace {

std::size_t arrows_broken(std::string path, std::string text) {
    return check_arrows({std::move(path), std::move(text)}).size();
}

std::size_t homes_broken(std::string path, std::string text) {
    return check_library_homes({std::move(path), std::move(text)}).size();
}

TEST(Arrows, ALayerIncludesItselfAndTheLayersBelow) {
    EXPECT_EQ(arrows_broken("wamp/codec/json.cpp",
                            "#include \"wamp/codec/json.h\"\n#include \"wamp/message/message.h\"\n"
                            "#include \"wamp/base/uri.h\"\n"),
              0U);
    EXPECT_EQ(arrows_broken("gateway/front/front.cpp", "#include \"backend-link/bridge.h\"\n"), 0U);
    EXPECT_EQ(arrows_broken("gateway/app/main.cpp", "#include \"gateway/net/worker.h\"\n"), 0U);
}

TEST(Arrows, ALayerDoesNotIncludeWhatIsAboveOrBesideIt) {
    EXPECT_EQ(arrows_broken("wamp/base/uri.cpp", "#include \"wamp/message/message.h\"\n"), 1U);
    EXPECT_EQ(arrows_broken("wamp/session/server.cpp", "#include \"wamp/codec/json.h\"\n"), 1U);
    EXPECT_EQ(arrows_broken("policy/engine.cpp", "#include \"backend-link/bridge.h\"\n"), 1U);
    EXPECT_EQ(arrows_broken("gateway/tor/torrc.cpp", "#include \"policy/permit.h\"\n"), 1U);
    EXPECT_EQ(arrows_broken("gateway/front/front.cpp", "#include \"wamp/net/stream.h\"\n"), 1U);
    EXPECT_EQ(arrows_broken("gateway/net/worker.cpp", "#include \"gateway/app/config.h\"\n"), 1U);
}

TEST(Arrows, NothingIncludesTests) {
    EXPECT_EQ(arrows_broken("gateway/app/main.cpp", "#include \"tests/sim/world.h\"\n"), 1U);
    EXPECT_EQ(arrows_broken("tests/sim/world.cpp", "#include \"gateway/front/front.h\"\n"), 0U);
}

TEST(Arrows, IncludesAreRootedAtTheRepository) {
    EXPECT_EQ(arrows_broken("wamp/base/uri.cpp", "#include \"uri.h\"\n"), 1U);
    EXPECT_EQ(arrows_broken("wamp/base/uri.cpp", "#include \"../base/uri.h\"\n"), 1U);
}

TEST(Arrows, AFolderThatTheTableDoesNotKnowIsRefused) {
    EXPECT_EQ(arrows_broken("gateway/helpers/more.cpp", ""), 1U);
}

TEST(Arrows, TheViolationNamesFileAndLine) {
    const auto wrong =
        check_arrows({"wamp/base/uri.cpp", "\n  #  include \"policy/permit.h\" // why\n"});
    ASSERT_EQ(wrong.size(), 1U);
    EXPECT_EQ(wrong[0], "wamp/base/uri.cpp:2: wamp/base may not include policy/permit.h");
}

TEST(LibraryHomes, NetworkingLivesInNetFoldersAndTheApp) {
    const std::string asio = "#include <boost/asio/io_context.hpp>\n";
    EXPECT_EQ(homes_broken("wamp/net/stream.cpp", asio), 0U);
    EXPECT_EQ(homes_broken("gateway/app/main.cpp", asio), 0U);
    EXPECT_EQ(homes_broken("backend-link/bridge.cpp", asio), 1U);
    EXPECT_EQ(homes_broken("policy/engine.cpp", "#include <sys/socket.h>\n"), 1U);
    EXPECT_EQ(homes_broken("wamp/session/server.cpp", "#include <mutex>\n"), 1U);
}

TEST(LibraryHomes, EveryThirdPartyLibraryHasOneHome) {
    EXPECT_EQ(homes_broken("policy/crypto/hash.cpp", "#include <openssl/evp.h>\n"), 0U);
    EXPECT_EQ(homes_broken("policy/engine.cpp", "#include <openssl/evp.h>\n"), 1U);
    EXPECT_EQ(homes_broken("policy/load.cpp", "#include <toml++/toml.h>\n"), 0U);
    EXPECT_EQ(homes_broken("gateway/front/front.cpp", "#include <toml++/toml.h>\n"), 1U);
    EXPECT_EQ(homes_broken("gateway/net/worker.cpp", "#include <spdlog/spdlog.h>\n"), 1U);
    EXPECT_EQ(homes_broken("gateway/front/front.cpp", "#include <absl/strings/cord.h>\n"), 1U);
}

TEST(LibraryHomes, OnlyTheLoaderOfPoliciesReadsFilesInTheCore) {
    EXPECT_EQ(homes_broken("policy/load.cpp", "#include <fstream>\n"), 0U);
    EXPECT_EQ(homes_broken("policy/compile.cpp", "#include <fstream>\n"), 1U);
    EXPECT_EQ(homes_broken("gateway/front/front.cpp", "#include <filesystem>\n"), 1U);
}

TEST(LibraryHomes, TheStandardLibraryIsAtHomeEverywhere) {
    EXPECT_EQ(homes_broken("wamp/base/uri.cpp", "#include <string>\n#include <random_thing>\n"),
              0U);
}

TEST(Core, IsEverythingButNetFoldersTheAppAndTests) {
    EXPECT_TRUE(is_core("wamp/base/uri.h"));
    EXPECT_TRUE(is_core("gateway/front/front.cpp"));
    EXPECT_FALSE(is_core("wamp/net/stream.cpp"));
    EXPECT_FALSE(is_core("gateway/app/main.cpp"));
    EXPECT_FALSE(is_core("tests/sim/world.cpp"));
}

}  // namespace
}  // namespace sallyport::layout
