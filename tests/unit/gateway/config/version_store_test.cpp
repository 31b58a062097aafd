#include "gateway/config/version_store.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <string>

#include "gateway/host/log.h"
#include "tests/support/temporary_folder.h"

namespace sallyport::gateway {
namespace {

PolicyVersion version_of(const std::string& text) {
    PolicyVersion version;
    version.add("/etc/r.toml", text);
    return version;
}

/// No file can grow beyond 4,000 bytes as long as this exists.
class SmallFiles {
public:
    SmallFiles() {
        std::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit small{4000, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &small);
    }
    SmallFiles(const SmallFiles&) = delete;
    SmallFiles& operator=(const SmallFiles&) = delete;
    ~SmallFiles() { ::setrlimit(RLIMIT_FSIZE, &before_); }

private:
    rlimit before_{};
};

class VersionStoreTest : public testing::Test {
protected:
    test::TemporaryFolder state_;
};

TEST_F(VersionStoreTest, KeepsTheVersionThatRunsAndTheOneBefore) {
    VersionStore store(state_.path(), version_of("1"));
    EXPECT_EQ(store.previous(), std::nullopt);
    EXPECT_EQ(store.adopt(version_of("2")), "");
    EXPECT_EQ(store.running(), version_of("2"));
    EXPECT_EQ(store.previous(), version_of("1"));
    EXPECT_EQ(stored_version(running_version_folder(state_.path())), version_of("2"));
    EXPECT_EQ(stored_version(previous_version_folder(state_.path())), version_of("1"));
}

TEST_F(VersionStoreTest, ChangesNothingWhenTheSameVersionRunsAgain) {
    VersionStore store(state_.path(), version_of("1"));
    EXPECT_EQ(store.adopt(version_of("2")), "");
    EXPECT_EQ(store.adopt(version_of("2")), "");
    EXPECT_EQ(store.previous(), version_of("1"));
}

TEST_F(VersionStoreTest, FindsThePreviousVersionAfterARestart) {
    {
        VersionStore(state_.path(), version_of("1")).adopt(version_of("2"));
    }
    // The files were changed while the program did not run.
    EXPECT_EQ(VersionStore(state_.path(), version_of("3")).previous(), version_of("2"));
    // They were not.
    EXPECT_EQ(VersionStore(state_.path(), version_of("3")).previous(), version_of("2"));
}

TEST_F(VersionStoreTest, RunsOnWhenTheStateDirectoryTakesNothing) {
    const std::string no_folder = state_.write("file", "");
    testing::internal::CaptureStderr();
    open_log("test", {});
    VersionStore store(no_folder, version_of("1"));
    const std::string why_not = store.adopt(version_of("2"));
    const std::string logged = testing::internal::GetCapturedStderr();
    EXPECT_EQ(store.running(), version_of("2"));
    EXPECT_EQ(store.previous(), version_of("1"));
    EXPECT_NE(logged.find("cannot store the running policy: "), std::string::npos) << logged;
    EXPECT_NE(why_not, "");
}

TEST_F(VersionStoreTest, KeepsTheLastVersionWholeUntilTheNextCanBeStored) {
    VersionStore store(state_.path(), version_of("1"));
    EXPECT_EQ(store.adopt(version_of("2")), "");
    const PolicyVersion large = version_of(std::string(1 << 20, 'x'));
    {
        const SmallFiles as_on_a_full_disk;
        EXPECT_NE(store.adopt(large), "");
    }
    EXPECT_EQ(store.running(), large);
    EXPECT_EQ(stored_version(running_version_folder(state_.path())), version_of("2"));
    EXPECT_FALSE(std::filesystem::exists(state_.path("policy/running.new")));
    EXPECT_EQ(store.adopt(large), "") << "the same version again";
    EXPECT_EQ(stored_version(running_version_folder(state_.path())), large);
    EXPECT_EQ(stored_version(previous_version_folder(state_.path())), version_of("2"));
}

TEST_F(VersionStoreTest, HintsAtTheVersionThatRanLast) {
    const std::string config = state_.write("gateway.toml", "state_dir = \"state\"\nbroken = 1\n");
    EXPECT_EQ(hint_at_stored_version(config), "");
    std::filesystem::create_directory(state_.path("state"));
    const VersionStore store(state_.path("state"), version_of("1"));
    EXPECT_EQ(hint_at_stored_version(config), "the files of the last running policy are in " +
                                                  state_.path("state") + "/policy/running");
    EXPECT_EQ(hint_at_stored_version(state_.path("missing.toml")), "");
    EXPECT_EQ(hint_at_stored_version(state_.write("broken.toml", "state_dir = ")), "");
}

TEST_F(VersionStoreTest, AddsTheHintToTheErrorOfALoadThatFailed) {
    const std::string config = state_.write("gateway.toml", "state_dir = \".\"\n");
    const auto failing = [&]() -> int { throw StartError("broken"); };
    const auto error_of = [&]() -> std::string {
        try {
            load_or_hint(config, failing);
        } catch (const StartError& error) {
            return error.what();
        }
        return "";
    };
    EXPECT_EQ(error_of(), "broken");
    const VersionStore store(state_.path(), version_of("1"));
    EXPECT_TRUE(error_of().starts_with("broken\nthe files of the last running policy"));
    EXPECT_EQ(load_or_hint(config, [] { return 7; }), 7);
}

}  // namespace
}  // namespace sallyport::gateway
