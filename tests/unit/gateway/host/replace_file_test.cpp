#include "gateway/host/replace_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>

#include "gateway/host/start_error.h"
#include "tests/support/temporary_folder.h"

namespace sallyport::gateway {
namespace {

constexpr uid_t somebody = 65534;

/// A folder of another user, where this is root; otherwise one of this user.
class ReplaceFile : public testing::Test {
protected:
    ReplaceFile() {
        ::chmod(outer_.path().c_str(), 0711);
        ::mkdir(theirs().c_str(), 0700);
        if (is_root() && ::chown(theirs().c_str(), somebody, somebody) != 0) ADD_FAILURE();
    }
    static bool is_root() { return ::geteuid() == 0; }
    std::string theirs() const { return outer_.path("theirs"); }
    static std::string content(const std::string& path) {
        std::ifstream in(path);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    static struct stat about(const std::string& path) {
        struct stat found{};
        EXPECT_EQ(::stat(path.c_str(), &found), 0);
        return found;
    }

    test::TemporaryFolder outer_;
};

TEST_F(ReplaceFile, ANewFileHasTheModeAndIsOfTheFoldersUser) {
    const std::string path = theirs() + "/new";
    replace_file(path, "text", 0600);
    EXPECT_EQ(content(path), "text");
    EXPECT_EQ(about(path).st_mode & 07777U, 0600U);
    EXPECT_EQ(about(path).st_uid, is_root() ? somebody : ::geteuid());
}

TEST_F(ReplaceFile, AnotherUsersLinkDoesNotHaveRootWriteElsewhere) {
    const std::string ours = outer_.write("ours", "as it was");
    const std::string link = theirs() + "/link";
    ASSERT_EQ(::symlink(ours.c_str(), link.c_str()), 0);
    if (is_root()) {
        EXPECT_THROW(replace_file(link, "theirs", 0600), StartError);
        EXPECT_EQ(content(ours), "as it was");
    } else {
        replace_file(link, "mine", 0600);
        EXPECT_EQ(content(ours), "mine");
    }
    EXPECT_EQ(::access(ours.c_str(), R_OK | W_OK), 0);  // this process is who it was
}

TEST_F(ReplaceFile, AFileStaysThatOfItsUserAlsoInAFolderOfAnother) {
    const std::string path = theirs() + "/principals";
    replace_file(path, "old", 0600);
    const uid_t third = is_root() ? somebody - 1 : ::geteuid();
    ASSERT_EQ(::chown(path.c_str(), third, static_cast<gid_t>(-1)), 0);
    replace_file(path, "new");
    EXPECT_EQ(content(path), "new");
    EXPECT_EQ(about(path).st_uid, third);
    EXPECT_EQ(about(path).st_mode & 07777U, 0600U);
}

TEST_F(ReplaceFile, ALinkIntoAnotherUsersFolderIsWrittenAsThatUser) {
    const std::string theirs_file = theirs() + "/file";
    const std::string link = outer_.path("link");
    replace_file(theirs_file, "old", 0600);
    ASSERT_EQ(::symlink(theirs_file.c_str(), link.c_str()), 0);
    replace_file(link, "text");
    EXPECT_EQ(content(theirs_file), "text");
    EXPECT_EQ(about(theirs_file).st_uid, is_root() ? somebody : ::geteuid());
}

TEST_F(ReplaceFile, AfterwardsTheProcessIsWhoItWas) {
    const uid_t before = ::geteuid();
    const gid_t group = ::getegid();
    {
        const AsOwnerOf owner(theirs());
        EXPECT_EQ(::geteuid(), before == 0 ? somebody : before);
    }
    EXPECT_EQ(::geteuid(), before);
    EXPECT_EQ(::getegid(), group);
}

}  // namespace
}  // namespace sallyport::gateway
