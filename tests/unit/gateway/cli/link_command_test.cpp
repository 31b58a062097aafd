#include "gateway/cli/link_command.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <string>

#include "wamp/net/tls_context.h"

namespace sallyport::gateway {
namespace {

namespace fs = std::filesystem;

TEST(LinkPair, ShowsThePinForEitherEndAndTheSameOneNextTime) {
    const fs::path folder =
        fs::temp_directory_path() / ("sallyport-pair-" + std::to_string(::getpid()));
    fs::remove_all(folder);
    std::ostringstream first;
    std::ostringstream second;
    EXPECT_EQ(pair_link(folder.string(), first), 0);
    EXPECT_EQ(pair_link(folder.string(), second), 0);
    const std::string line = "peer_pin = \"" + wamp::read_pin(folder) + "\"";
    const std::string text = second.str();
    EXPECT_NE(text.find("[[link]]"), std::string::npos);
    EXPECT_NE(text.find("[[backend]]"), std::string::npos);
    EXPECT_NE(text.find(line), text.rfind(line));
    EXPECT_NE(first.str().find(line), std::string::npos);
    EXPECT_TRUE(first.str().starts_with("Created"));
    EXPECT_TRUE(text.starts_with("Found"));
    fs::remove_all(folder);
}

TEST(LinkPair, MakesTheStateFolderOfAnEndThatNeverRanForItsOwnerAlone) {
    const fs::path state =
        fs::temp_directory_path() / ("sallyport-pair-first-" + std::to_string(::getpid()));
    fs::remove_all(state);
    std::ostringstream out;
    EXPECT_EQ(pair_link((state / "link").string(), out), 0);
    EXPECT_TRUE(out.str().starts_with("Created"));
    EXPECT_EQ(fs::status(state).permissions(), fs::perms::owner_all);
    fs::remove_all(state);
}

TEST(LinkPair, NamesTheFolderThatItCannotMake) {
    std::ostringstream out;
    try {
        pair_link("/proc/nothing/link", out);
        ADD_FAILURE() << "it was made";
    } catch (const std::runtime_error& error) {
        EXPECT_TRUE(std::string(error.what()).starts_with("/proc/nothing/link: cannot be created"));
    }
}

}  // namespace
}  // namespace sallyport::gateway
