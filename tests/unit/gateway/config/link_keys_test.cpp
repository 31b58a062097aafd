#include "gateway/config/link_keys.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <stdexcept>
#include <string>

#include "gateway/host/start_error.h"
#include "tests/support/temporary_folder.h"

namespace sallyport::gateway {
namespace {

namespace fs = std::filesystem;

const std::string a_pin = "sha256:" + std::string(64, '0');

class LinkKeysTest : public testing::Test {
protected:
    /// Why the keys were refused; "" when they were not.
    std::string refusal(const std::string& pin = a_pin) const {
        try {
            read_link_keys({folder_.path("state"), {}}, {"gateway.toml", 7, 1}, {pin});
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "";
    }
    std::string directory() const { return folder_.path("state/link"); }

    test::TemporaryFolder folder_;
};

TEST_F(LinkKeysTest, AreMadeOnceWithTheStateDirectoryAboveThem) {
    const LinkKeys first = make_link_keys(directory());
    EXPECT_TRUE(first.made);
    EXPECT_EQ(first.pin.size(), a_pin.size());
    EXPECT_EQ(fs::status(folder_.path("state")).permissions(), fs::perms::owner_all);
    const LinkKeys second = make_link_keys(directory());
    EXPECT_FALSE(second.made);
    EXPECT_EQ(second.pin, first.pin);
    EXPECT_EQ(refusal(), "");
}

TEST_F(LinkKeysTest, AreAskedForWithTheCommandThatMakesThem) {
    const std::string link = directory();
    EXPECT_EQ(refusal(), "gateway.toml:7:1: error: a link over tcp needs \"" + link +
                             "/link.key\" (make it with: sallyport link pair --dir " + link + ")");
    make_link_keys(link);
    fs::remove(link + "/link.crt");
    EXPECT_NE(refusal().find("link.crt"), std::string::npos);
}

TEST_F(LinkKeysTest, AreRefusedWhenOthersMayReadTheKey) {
    make_link_keys(directory());
    fs::permissions(directory() + "/link.key", fs::perms(0640));
    EXPECT_NE(refusal().find("can be read or written by users"), std::string::npos) << refusal();
}

TEST_F(LinkKeysTest, AreRefusedWhenTheCertificateIsOfAnotherKeyOrBroken) {
    make_link_keys(directory());
    make_link_keys(folder_.path("other/link"));
    fs::copy_file(folder_.path("other/link/link.crt"), directory() + "/link.crt",
                  fs::copy_options::overwrite_existing);
    EXPECT_NE(refusal().find("link.crt: does not belong to link.key"), std::string::npos)
        << refusal();
    folder_.write("state/link/link.crt", "no certificate");
    EXPECT_NE(refusal().find("link.crt"), std::string::npos) << refusal();
}

TEST_F(LinkKeysTest, AreOfNoUseWithoutThePinOfTheOtherEnd) {
    make_link_keys(directory());
    EXPECT_NE(refusal("sha256:0"), "");
}

}  // namespace
}  // namespace sallyport::gateway
