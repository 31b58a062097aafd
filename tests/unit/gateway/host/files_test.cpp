#include "gateway/host/files.h"

#include <grp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "gateway/host/start_error.h"
#include "tests/support/temporary_folder.h"

namespace sallyport::gateway {
namespace {

class Files : public testing::Test {
protected:
    std::string path(const std::string& name) const { return folder_.path(name); }
    PathText at(const std::string& name) const { return {path(name), {"gateway.toml", 7, 9}}; }
    void write(const std::string& name, const std::string& content, mode_t mode) const {
        std::ofstream(path(name)) << content;
        ::chmod(path(name).c_str(), mode);
    }
    template <class Does>
    static std::string refusal(Does does) {
        try {
            does();
        } catch (const StartError& error) {
            return error.what();
        }
        return "";
    }

    test::TemporaryFolder folder_;
};

TEST_F(Files, ASecretThatOthersMayReadIsRefused) {
    write("key", "secret", 0600);
    EXPECT_EQ(read_secret(path("key")), "secret");
    for (const mode_t mode : {0640u, 0604u, 0620u}) {
        write("key", "secret", mode);
        const std::string said = refusal([&] { read_secret(path("key")); });
        EXPECT_NE(said.find("chmod 600"), std::string::npos) << said;
        EXPECT_EQ(said.find("secret\n"), std::string::npos);
    }
}

TEST_F(Files, AFileThatIsTooLongOrNoFileIsRefused) {
    write("long", "12345", 0600);
    EXPECT_EQ(read_file(path("long"), {}, 5), "12345");
    EXPECT_NE(refusal([&] { read_file(path("long"), {}, 4); }), "");
    EXPECT_NE(refusal([&] { read_file(folder_.path()); }).find("is not a file"), std::string::npos);
    EXPECT_NE(refusal([&] { read_file(path("nothing")); }).find("No such file"), std::string::npos);
}

TEST_F(Files, AStaleSocketIsRemovedAndALiveOneIsNot) {  // W-UDS-01
    const PathText socket = at("a.sock");
    claim_socket_path(socket);
    Descriptor listener = listen_unix(socket);
    EXPECT_NE(refusal([&] { claim_socket_path(socket); }).find("gateway.toml:7:9: error: "),
              std::string::npos);
    EXPECT_TRUE(std::filesystem::exists(socket.path));
    listener.close();
    claim_socket_path(socket);
    EXPECT_FALSE(std::filesystem::exists(socket.path));
}

TEST_F(Files, WhatIsNoSocketIsNeverRemoved) {
    write("a.sock", "precious", 0600);
    EXPECT_NE(refusal([&] { claim_socket_path(at("a.sock")); }).find("is not a socket"),
              std::string::npos);
    EXPECT_EQ(read_file(path("a.sock")), "precious");
}

TEST_F(Files, ASocketIsForItsOwnerAlone) {
    const Descriptor listener = listen_unix(at("a.sock"));
    struct stat about{};
    ASSERT_EQ(::stat(path("a.sock").c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777u, 0600u);
}

TEST_F(Files, ASocketHasTheModeAndGroupThatItIsGiven) {  // W-UDS-01
    const group* const own = ::getgrgid(::getegid());
    ASSERT_NE(own, nullptr);
    const Descriptor listener =
        listen_unix(at("a.sock"), {0660, own->gr_name, {"gateway.toml", 8, 1}});
    struct stat about{};
    ASSERT_EQ(::stat(path("a.sock").c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777u, 0660u);
    EXPECT_EQ(about.st_gid, ::getegid());
}

TEST_F(Files, AGroupThatDoesNotExistIsRefusedWithItsPlace) {
    const std::string said = refusal(
        [&] { listen_unix(at("a.sock"), {0660, "no-such-group", {"gateway.toml", 8, 1}}); });
    EXPECT_EQ(said,
              "gateway.toml:8:1: error: there is no group \"no-such-group\" (create it with "
              "`groupadd --system no-such-group` or name another group)");
    EXPECT_FALSE(std::filesystem::exists(path("a.sock")));
}

TEST_F(Files, AStateDirectoryHasOneUser) {
    const PathText state = at("state");
    make_private_folder(state.path, state.place);
    struct stat about{};
    ASSERT_EQ(::stat(state.path.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777u, 0700u);
    Descriptor lock = lock_state_dir(state);
    EXPECT_NE(refusal([&] { lock_state_dir(state); }).find("another sallyport"), std::string::npos);
    lock.close();
    EXPECT_EQ(refusal([&] { lock_state_dir(state); }), "");
}

TEST_F(Files, AStateDirectoryThatCannotBeMadeIsRefused) {
    write("file", "", 0600);
    EXPECT_NE(refusal([&] { make_private_folder(path("file"), {}); }).find("is not a folder"),
              std::string::npos);
    EXPECT_NE(
        refusal([&] { make_private_folder("/proc/nowhere/state", {}); }).find("cannot create"),
        std::string::npos);
}

TEST_F(Files, AnOccupiedPortIsRefusedWithItsPlace) {
    const auto any = *backend_link::parse_address("tcp:127.0.0.1:39211");
    const Descriptor taken = listen_tcp(any, {});
    const std::string said = refusal([&] { listen_tcp(any, {"gateway.toml", 3, 1}); });
    EXPECT_NE(said.find("gateway.toml:3:1: error: cannot listen on \"tcp:127.0.0.1:39211\""),
              std::string::npos)
        << said;
}

TEST_F(Files, AProgramIsSearchedInPath) {
    EXPECT_TRUE(find_program("sh"));
    EXPECT_TRUE(find_program("/bin/sh"));
    EXPECT_FALSE(find_program("no-such-program"));
    EXPECT_FALSE(find_program("/nowhere/sh"));
}

}  // namespace
}  // namespace sallyport::gateway
