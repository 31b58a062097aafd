// Every configuration and policy under deploy/examples is one that this program takes.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "gateway/config/config.h"
#include "gateway/host/files.h"
#include "policy/file/load.h"
#include "tests/paths.h"

namespace sallyport::gateway {
namespace {

std::string text_of(const policy::Diagnostics& diagnostics) {
    std::string text;
    for (const auto& diagnostic : diagnostics) text += policy::to_string(diagnostic) + "\n";
    return text;
}

/// With pins in place of the zeros, which everybody has to replace.
std::string completed(const std::string& file) {
    std::string text = read_file(file);
    const std::string zeros = "sha256:" + std::string(64, '0');
    for (std::size_t at = 0; (at = text.find(zeros, at)) != std::string::npos;)
        text.replace(at, zeros.size(), "sha256:" + std::string(64, '1'));
    return text;
}

std::vector<std::string> examples(std::string_view prefix) {
    std::vector<std::string> found;
    for (const auto& entry :
         std::filesystem::directory_iterator(SALLYPORT_SOURCE_DIR "/deploy/examples")) {
        if (entry.path().filename().string().starts_with(prefix))
            found.push_back(entry.path().string());
    }
    return found;
}

TEST(Examples, OfTheGatewayAreSound) {
    const auto files = examples("gateway");
    EXPECT_GE(files.size(), 3u);
    for (const std::string& file : files) {
        const auto config = parse_gateway_config(completed(file), file);
        ASSERT_FALSE(config.has_error()) << text_of(config.error());
        std::vector<std::string> backends;
        for (const auto& backend : config->backends) backends.push_back(backend.name);
        for (const auto& realm : config->realms) {
            policy::LoadOptions options;
            options.backends = backends;
            const auto loaded = policy::load_realm(realm.path, options);
            EXPECT_FALSE(loaded.has_error()) << text_of(loaded.error());
        }
    }
}

TEST(Examples, OfTheInsideAreSound) {
    std::vector<std::string> files;
    for (const std::string& file : examples("inside")) {
        if (!file.ends_with("observatory.toml")) files.push_back(file);
    }
    EXPECT_GE(files.size(), 2u);
    for (const std::string& file : files) {
        const bool relays = file.ends_with("relay.toml");
        const auto config = relays ? parse_relay_config(completed(file), file)
                                   : parse_inside_config(completed(file), file);
        ASSERT_FALSE(config.has_error()) << text_of(config.error());
        for (const auto& realm : config->realms) {
            policy::LoadOptions options;
            options.routes_required = false;
            const auto loaded = policy::load_realm(realm.path, options);
            EXPECT_FALSE(loaded.has_error()) << text_of(loaded.error());
        }
    }
}

// Their principals are made by whoever takes one of them: tests/interop/examples_test.py.
TEST(Examples, OfTheStoriesAreSound) {
    int stories = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(SALLYPORT_SOURCE_DIR "/deploy/examples")) {
        if (!std::filesystem::exists(entry.path() / "README.md")) continue;
        ++stories;
        const std::string front = (entry.path() / "gateway.toml").string();
        const auto gateway = parse_gateway_config(completed(front), front);
        ASSERT_FALSE(gateway.has_error()) << text_of(gateway.error());
        std::vector<std::string> backends;
        for (const auto& backend : gateway->backends) backends.push_back(backend.name);
        policy::LoadOptions options;
        options.read_principals = false;
        options.backends = backends;
        for (const auto& realm : gateway->realms) {
            const auto loaded = policy::load_realm(realm.path, options);
            EXPECT_FALSE(loaded.has_error()) << text_of(loaded.error());
        }
        const std::string back = (entry.path() / "inside.toml").string();
        const auto inside = parse_inside_config(completed(back), back);
        ASSERT_FALSE(inside.has_error()) << text_of(inside.error());
        options.routes_required = false;
        for (const auto& realm : inside->realms) {
            const auto loaded = policy::load_realm(realm.path, options);
            EXPECT_FALSE(loaded.has_error()) << text_of(loaded.error());
        }
    }
    EXPECT_EQ(stories, 4);
}

}  // namespace
}  // namespace sallyport::gateway
