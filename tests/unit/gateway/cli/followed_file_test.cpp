#include "gateway/cli/followed_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "gateway/host/start_error.h"
#include "tests/support/temporary_folder.h"

namespace sallyport::gateway {
namespace {

class FollowedFileTest : public testing::Test {
protected:
    using Lines = std::vector<std::string>;

    void append(const std::string& name, const std::string& text) const {
        std::ofstream(folder_.path(name), std::ios::app) << text;
    }
    void rotate() const { std::filesystem::rename(folder_.path("log"), folder_.path("log.1")); }
    Lines read() {
        Lines lines;
        file().read([&](std::string line) { lines.push_back(std::move(line)); });
        return lines;
    }
    Lines follow_rotation() {
        Lines lines;
        file().follow_rotation([&](std::string line) { lines.push_back(std::move(line)); });
        return lines;
    }
    FollowedFile& file() {
        if (!file_) file_.emplace(folder_.path("log"));
        return *file_;
    }

    sallyport::test::TemporaryFolder folder_;
    std::optional<FollowedFile> file_;
};

TEST_F(FollowedFileTest, HandsOnALineOnceItHasEnded) {
    append("log", "one\ntw");
    EXPECT_EQ(read(), Lines{"one"});
    EXPECT_EQ(file().begun(), "tw");
    append("log", "o\nthree\n");
    EXPECT_EQ(read(), (Lines{"two", "three"}));
    EXPECT_EQ(file().begun(), "");
    EXPECT_EQ(read(), Lines{});
}

TEST_F(FollowedFileTest, ReadsALineLongerThanItsBuffer) {
    const std::string line((std::size_t{64} << 10) * 2 + 1, 'x');
    append("log", line + "\n");
    EXPECT_EQ(read(), Lines{line});
}

TEST_F(FollowedFileTest, ReadsWhatWasWrittenToTheOldFileBeforeTheSwitch) {
    append("log", "one\n");
    EXPECT_EQ(read(), Lines{"one"});
    EXPECT_EQ(follow_rotation(), Lines{});
    rotate();
    EXPECT_EQ(follow_rotation(), Lines{}) << "there is no new file yet";
    append("log.1", "late\nunended");
    append("log", "new\n");
    EXPECT_EQ(follow_rotation(), (Lines{"late", "unended"}));
    EXPECT_EQ(read(), Lines{"new"});
}

TEST_F(FollowedFileTest, KnowsTheOpenFileAndNotItsPath) {
    append("log", "one\n");
    file();  // opened, and replaced before it is read for the first time
    rotate();
    append("log", "new\n");
    EXPECT_EQ(follow_rotation(), Lines{"one"});
    EXPECT_EQ(read(), Lines{"new"});
}

TEST_F(FollowedFileTest, StartsAnewWhereTheFileWasCut) {
    append("log", "one\ntwo\n");
    EXPECT_EQ(read(), (Lines{"one", "two"}));
    std::filesystem::resize_file(folder_.path("log"), 0);
    append("log", "new\n");
    EXPECT_EQ(follow_rotation(), Lines{});
    EXPECT_EQ(read(), Lines{"new"});
}

TEST_F(FollowedFileTest, SaysWhatToDoWithoutAFile) {
    EXPECT_THROW(FollowedFile(folder_.path("none")), StartError);
}

}  // namespace
}  // namespace sallyport::gateway
