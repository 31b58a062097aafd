#include "tests/layout/includes.h"

#include <gtest/gtest.h>

#include <algorithm>

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
    EXPECT_EQ(
        arrows_broken("gateway/front/front.cpp", "#include \"backend-link/bridge/bridge.h\"\n"),
        0U);
    EXPECT_EQ(arrows_broken("gateway/cli/main.cpp", "#include \"gateway/programs/worker.h\"\n"),
              0U);
}

TEST(Arrows, ALayerDoesNotIncludeWhatIsAboveOrBesideIt) {
    EXPECT_EQ(arrows_broken("wamp/base/uri.cpp", "#include \"wamp/message/message.h\"\n"), 1U);
    EXPECT_EQ(arrows_broken("wamp/session/server.cpp", "#include \"wamp/codec/json.h\"\n"), 1U);
    EXPECT_EQ(
        arrows_broken("policy/engine/permit.cpp", "#include \"backend-link/bridge/bridge.h\"\n"),
        1U);
    EXPECT_EQ(arrows_broken("gateway/tor/torrc.cpp", "#include \"policy/engine/permit.h\"\n"), 1U);
    EXPECT_EQ(arrows_broken("gateway/front/front.cpp", "#include \"wamp/net/stream.h\"\n"), 1U);
    EXPECT_EQ(arrows_broken("gateway/host/log.cpp", "#include \"gateway/config/config.h\"\n"), 1U);
}

TEST(Arrows, NothingIncludesTests) {
    EXPECT_EQ(arrows_broken("gateway/cli/main.cpp", "#include \"tests/sim/world.h\"\n"), 1U);
    EXPECT_EQ(arrows_broken("tests/sim/world.cpp", "#include \"gateway/front/front.h\"\n"), 0U);
}

TEST(Arrows, IncludesAreRootedAtTheRepository) {
    EXPECT_EQ(arrows_broken("wamp/base/uri.cpp", "#include \"uri.h\"\n"), 1U);
    EXPECT_EQ(arrows_broken("wamp/base/uri.cpp", "#include \"../base/uri.h\"\n"), 1U);
}

TEST(Arrows, AFolderThatTheTableDoesNotKnowIsRefused) {
    EXPECT_EQ(arrows_broken("gateway/helpers/more.cpp", ""), 1U);
}

TEST(Table, NamesRowsWithoutSourcesAndArrowsWithoutIncludes) {
    const auto wrong = check_table({{"wamp/message/message.cpp", "#include \"wamp/base/uri.h\"\n"},
                                    {"wamp/codec/json.cpp", "#include \"wamp/base/uri.h\"\n"}});
    const auto has = [&](std::string_view line) {
        return std::find(wrong.begin(), wrong.end(), line) != wrong.end();
    };
    EXPECT_TRUE(has("wamp/base: has a row, but no source"));
    EXPECT_TRUE(has("wamp/codec: may include wamp/message, but does not"));
    EXPECT_FALSE(has("wamp/message: may include wamp/base, but does not"));
}

TEST(Arrows, TheViolationNamesFileAndLine) {
    const auto wrong =
        check_arrows({"wamp/base/uri.cpp", "\n  #  include \"policy/engine/permit.h\" // why\n"});
    ASSERT_EQ(wrong.size(), 1U);
    EXPECT_EQ(wrong[0], "wamp/base/uri.cpp:2: wamp/base may not include policy/engine/permit.h");
}

TEST(LibraryHomes, NetworkingLivesInNetFoldersAndTheShell) {
    const std::string asio = "#include <boost/asio/io_context.hpp>\n";
    EXPECT_EQ(homes_broken("wamp/net/stream.cpp", asio), 0U);
    EXPECT_EQ(homes_broken("gateway/programs/worker.cpp", asio), 0U);
    EXPECT_EQ(homes_broken("gateway/config/config.cpp", asio), 1U);
    EXPECT_EQ(homes_broken("gateway/cli/main.cpp", asio), 1U);
    EXPECT_EQ(homes_broken("backend-link/bridge/bridge.cpp", asio), 1U);
    EXPECT_EQ(homes_broken("policy/engine/permit.cpp", "#include <sys/socket.h>\n"), 1U);
    EXPECT_EQ(homes_broken("wamp/session/server.cpp", "#include <mutex>\n"), 1U);
}

TEST(LibraryHomes, EveryThirdPartyLibraryHasOneHome) {
    EXPECT_EQ(homes_broken("policy/crypto/hash.cpp", "#include <openssl/evp.h>\n"), 0U);
    EXPECT_EQ(homes_broken("policy/engine/permit.cpp", "#include <openssl/evp.h>\n"), 1U);
    EXPECT_EQ(homes_broken("policy/document/document.cpp", "#include <toml++/toml.h>\n"), 0U);
    EXPECT_EQ(homes_broken("gateway/front/front.cpp", "#include <toml++/toml.h>\n"), 1U);
    EXPECT_EQ(homes_broken("gateway/programs/worker.cpp", "#include <spdlog/spdlog.h>\n"), 1U);
    EXPECT_EQ(homes_broken("gateway/front/front.cpp", "#include <absl/strings/cord.h>\n"), 1U);
}

TEST(LibraryHomes, OneSourceAlonePaysForTheParserOfCommandLines) {
    const std::string parser = "#include <CLI/CLI.hpp>\n";
    EXPECT_EQ(homes_broken("gateway/cli/arguments.cpp", parser), 0U);
    EXPECT_EQ(homes_broken("gateway/cli/arguments.h", parser), 1U);
    EXPECT_EQ(homes_broken("gateway/cli/main.cpp", parser), 1U);
    EXPECT_EQ(homes_broken("gateway/programs/worker.cpp", parser), 1U);
}

TEST(LibraryHomes, OnlyTheLoaderOfPoliciesReadsFilesInTheCore) {
    EXPECT_EQ(homes_broken("policy/file/load.cpp", "#include <fstream>\n"), 0U);
    EXPECT_EQ(homes_broken("policy/file/compile.cpp", "#include <fstream>\n"), 1U);
    EXPECT_EQ(homes_broken("gateway/front/front.cpp", "#include <filesystem>\n"), 1U);
}

TEST(LibraryHomes, TheStandardLibraryIsAtHomeEverywhere) {
    EXPECT_EQ(homes_broken("wamp/base/uri.cpp", "#include <string>\n#include <random_thing>\n"),
              0U);
}

TEST(Core, IsEverythingButNetFoldersTheShellAndTests) {
    EXPECT_TRUE(is_core("wamp/base/uri.h"));
    EXPECT_TRUE(is_core("gateway/front/front.cpp"));
    EXPECT_FALSE(is_core("wamp/net/stream.cpp"));
    EXPECT_FALSE(is_core("gateway/cli/main.cpp"));
    EXPECT_FALSE(is_core("tests/sim/world.cpp"));
}

}  // namespace
}  // namespace sallyport::layout
