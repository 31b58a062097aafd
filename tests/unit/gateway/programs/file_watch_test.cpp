#include "gateway/programs/file_watch.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/temporary_folder.h"

namespace sallyport::gateway {
namespace {

class FileWatchTest : public testing::Test {
protected:
    FileWatchTest() {
        policy_ = folder_.write("policy.toml", "one");
        watch_.watch({policy_, folder_.path("missing.toml")});
    }

    test::TemporaryFolder folder_;
    std::string policy_;
    FileWatch watch_;
};

TEST_F(FileWatchTest, WhatStaysTheSameIsNoChange) {
    EXPECT_FALSE(watch_.changed());
    EXPECT_FALSE(watch_.changed());
}

TEST_F(FileWatchTest, AChangeIsToldOnceWhenItHasSettled) {
    folder_.write("policy.toml", "three");
    EXPECT_FALSE(watch_.changed());
    EXPECT_TRUE(watch_.changed());
    EXPECT_FALSE(watch_.changed());
}

TEST_F(FileWatchTest, WhatIsStillWrittenIsLeftForLater) {
    for (const char* text : {"a", "ab", "abcdef"}) {
        folder_.write("policy.toml", text);
        EXPECT_FALSE(watch_.changed());
    }
    EXPECT_TRUE(watch_.changed());
}

TEST_F(FileWatchTest, AnotherFileInItsPlaceIsAChangeEvenOfTheSameSize) {
    std::filesystem::rename(folder_.write("other.toml", "two"), policy_);
    EXPECT_FALSE(watch_.changed());
    EXPECT_TRUE(watch_.changed());
}

TEST_F(FileWatchTest, AChangeSinceTheLastOneToldIsToldAlsoWhenTheListIsRenewed) {
    folder_.write("policy.toml", "three");
    EXPECT_FALSE(watch_.changed());
    EXPECT_TRUE(watch_.changed());
    folder_.write("policy.toml", "while it is applied");
    watch_.watch({policy_, folder_.path("missing.toml"), folder_.write("further.toml", "")});
    EXPECT_FALSE(watch_.changed());
    EXPECT_TRUE(watch_.changed());
    EXPECT_FALSE(watch_.changed());
}

TEST_F(FileWatchTest, AFileThatComesOrGoesIsAChange) {
    folder_.write("missing.toml", "");
    EXPECT_FALSE(watch_.changed());
    EXPECT_TRUE(watch_.changed());
    std::filesystem::remove(policy_);
    EXPECT_FALSE(watch_.changed());
    EXPECT_TRUE(watch_.changed());
}

}  // namespace
}  // namespace sallyport::gateway
