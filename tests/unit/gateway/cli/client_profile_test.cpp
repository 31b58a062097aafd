#include "gateway/cli/client_profile.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "gateway/host/start_error.h"
#include "tests/support/temporary_folder.h"

namespace sallyport::gateway {
namespace {

TEST(ClientProfile, IsAFileOrANameInTheConfigurationOfTheUser) {
    ::setenv("XDG_CONFIG_HOME", "/users/a/config", 1);
    EXPECT_EQ(profile_path("lab"), "/users/a/config/sallyport/lab.toml");
    EXPECT_EQ(profile_path("./lab"), "./lab");
    EXPECT_EQ(profile_path("lab.toml"), "lab.toml");
    ::unsetenv("XDG_CONFIG_HOME");
    ::setenv("HOME", "/users/a", 1);
    EXPECT_EQ(profile_path("lab"), "/users/a/.config/sallyport/lab.toml");
}

TEST(ClientProfile, FillsInWhatIsNotSaid) {
    const test::TemporaryFolder folder;
    folder.write("lab.toml",
                 "url = \"ws://h/\"\nrealm = \"lab\"\nauthid = \"alice\"\n"
                 "method = \"scram\"\nsecret_file = \"alice.secret\"\n");
    ClientAccess access;
    access.realm = "other";
    fill_in(access, folder.path("lab.toml"));
    EXPECT_EQ(access.url, "ws://h/");
    EXPECT_EQ(access.realm, "other");
    EXPECT_EQ(access.method, "scram");
    EXPECT_EQ(access.secret_file, folder.path("alice.secret"));
    EXPECT_EQ(access.socks, "");
}

TEST(ClientProfile, NamesFileLineAndCureOfAnError) {
    const test::TemporaryFolder folder;
    folder.write("lab.toml", "url = \"ws://h/\"\nrelam = \"lab\"\n");
    ClientAccess access;
    try {
        fill_in(access, folder.path("lab.toml"));
        FAIL() << "no error";
    } catch (const StartError& error) {
        EXPECT_EQ(std::string(error.what()),
                  folder.path("lab.toml") +
                      ":2:1: error: unknown key \"relam\" in this file (did you mean \"realm\"?)");
    }
    EXPECT_THROW(fill_in(access, folder.path("none.toml")), StartError);
}

}  // namespace
}  // namespace sallyport::gateway
