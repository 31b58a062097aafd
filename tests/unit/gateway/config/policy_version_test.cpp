#include "gateway/config/policy_version.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <utility>

#include "gateway/host/start_error.h"
#include "policy/auth/roster.h"
#include "tests/support/temporary_folder.h"

namespace sallyport::gateway {
namespace {

namespace fs = std::filesystem;

PolicyVersion two_files() {
    PolicyVersion version;
    version.add("/etc/a/r.toml", "realm = \"a\"\n");
    version.add("/etc/b/r.toml", std::string("\0\xFF binary", 9));
    return version;
}

TEST(PolicyVersion, IsWhatWasReadThroughItsRecorder) {
    const test::TemporaryFolder folder;
    const std::string file = folder.write("r.toml", "before");
    PolicyVersion version;
    const auto read = version.recorder(policy::read_file);
    ASSERT_TRUE(read(file, false));
    EXPECT_FALSE(read(folder.path("missing.toml"), false));
    folder.write("r.toml", "after");
    EXPECT_EQ(version.files().size(), 1U);
    EXPECT_EQ(*version.reader()(file, false), "before");
}

TEST(PolicyVersion, ReadsNothingElse) {
    const test::TemporaryFolder folder;
    const std::string file = folder.write("r.toml", "text");
    const PolicyVersion version = two_files();
    EXPECT_FALSE(version.reader()(file, false));
    EXPECT_EQ(version.find(file), nullptr);
    EXPECT_EQ(*version.find("/etc/a/r.toml"), "realm = \"a\"\n");
}

TEST(PolicyVersion, IsTheSameAfterEncodingAndDecoding) {
    PolicyVersion version;
    version.add("/etc/a/r.toml", "realm = \"a\"\n");
    version.add("/etc/empty", "");
    EXPECT_EQ(PolicyVersion::decode(version.encode()), version);
    EXPECT_EQ(PolicyVersion::decode(PolicyVersion().encode()), PolicyVersion());
}

TEST(PolicyVersion, PassesOnWhatLinksNeedAndDoesNotStoreIt) {
    PolicyVersion plain;
    plain.add("/etc/a/r.toml", "realm = \"a\"\n");
    const LinkParts links{{0, 3, 4'000'000'000}, {{"/s/link/link.key", "a key"}}};
    const PolicyVersion version = plain.with_links(links);
    EXPECT_EQ(PolicyVersion::decode(version.encode())->links(), links);
    EXPECT_EQ(version.without_secrets().links(), links);
    EXPECT_NE(version, plain);
    test::TemporaryFolder folder;
    store_version(version, folder.path("version"));
    EXPECT_EQ(stored_version(folder.path("version")), plain);
}

TEST(PolicyVersion, WithoutSecretsHasTheRosterInsteadOfPrincipals) {
    const std::string key(64, 'd');
    const std::string principals = "decoy_key = \"" + key +
                                   "\"\n[[principal]]\nauthid = \"alice\"\nrole = \"operator\"\n"
                                   "wampcra = { secret = \"my own secret words\" }\n";
    PolicyVersion version;
    const auto read = version.recorder(
        [&](const std::string& path, bool) -> wamp::Result<std::string, policy::Diagnostic> {
            return path == "/p.toml" ? principals : std::string("realm = \"r\"");
        });
    ASSERT_TRUE(read("/r.toml", false).has_value() && read("/p.toml", true).has_value());
    const PolicyVersion open = version.without_secrets();
    EXPECT_EQ(*open.find("/r.toml"), *version.find("/r.toml"));
    const auto roster = policy::Roster::parse(*open.find("/p.toml"));
    ASSERT_TRUE(roster.has_value());
    EXPECT_TRUE(roster->lists({"alice", "operator", "wampcra"}));
    const std::string bytes = open.encode();
    EXPECT_EQ(bytes.find("my own secret words"), std::string::npos);
    EXPECT_EQ(bytes.find(key), std::string::npos);
    EXPECT_TRUE(PolicyVersion::decode(version.encode())->is_secret("/p.toml"));
    EXPECT_FALSE(PolicyVersion::decode(bytes)->is_secret("/p.toml"));
}

TEST(PolicyVersion, CannotBeChangedByThoseWhoReceiveIt) {
    PolicyVersion version;
    version.add("/etc/a/r.toml", "realm = \"a\"\n");
    const Descriptor memory = to_memory(version);
    EXPECT_EQ(::pwrite(memory.get(), "x", 1, 0), -1);
    EXPECT_EQ(errno, EPERM);
    EXPECT_EQ(::ftruncate(memory.get(), 0), -1);
    EXPECT_EQ(::mmap(nullptr, 1, PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0), MAP_FAILED);
    EXPECT_EQ(from_memory(memory), version);
}

TEST(PolicyVersion, IsNotDecodedFromAnythingElse) {
    const std::string bytes = two_files().encode();
    EXPECT_FALSE(PolicyVersion::decode(""));
    EXPECT_FALSE(PolicyVersion::decode(bytes.substr(0, bytes.size() - 1)));
    EXPECT_FALSE(PolicyVersion::decode("\x80"));  // a map without "files"
    EXPECT_FALSE(
        PolicyVersion::decode("\x81\xA5"  // "files" is a number
                              "files\x01"));
    EXPECT_FALSE(
        PolicyVersion::decode("\x81\xA5"  // a file is a number
                              "files\x91\x01"));
}

TEST(PolicyVersion, IsHandedOnInMemory) {
    PolicyVersion version;
    version.add("/etc/r.toml", std::string(1U << 20, 'x'));
    EXPECT_EQ(from_memory(to_memory(version)), version);
    EXPECT_FALSE(from_memory(Descriptor()));
    EXPECT_FALSE(from_memory(std::move(make_stream_pair().ours)));  // cannot be read again
}

TEST(PolicyVersion, IsTheFirstWordOfTheSupervisor) {
    PolicyVersion version;
    version.add("/etc/r.toml", "text");
    const DescriptorPair pair = make_packet_pair();
    ASSERT_TRUE(send_packet(pair.ours.get(), "version", to_memory(version).get()));
    EXPECT_EQ(receive_version(pair.theirs.get()), version);
}

TEST(PolicyVersion, IsMissedWhenTheSupervisorSaysSomethingElseOrHasGone) {
    DescriptorPair pair = make_packet_pair();
    send_packet(pair.ours.get(), "stop");
    EXPECT_THROW(receive_version(pair.theirs.get()), StartError);
    send_packet(pair.ours.get(), "version");  // without memory
    EXPECT_THROW(receive_version(pair.theirs.get()), StartError);
    pair.ours.close();
    EXPECT_THROW(receive_version(pair.theirs.get()), StartError);
}

class KeptVersionTest : public testing::Test {
protected:
    std::string kept() const { return folder_.path("kept"); }

    test::TemporaryFolder folder_;
};

TEST_F(KeptVersionTest, IsFoundAgainWithFilesOfOneNameApart) {
    const PolicyVersion version = two_files();
    store_version(version, kept());
    EXPECT_EQ(stored_version(kept()), version);
    EXPECT_EQ(fs::status(kept()).permissions(), fs::perms::owner_all);
    for (const auto& file : fs::directory_iterator(kept())) {
        EXPECT_EQ(file.status().permissions(), fs::perms::owner_read | fs::perms::owner_write)
            << file.path();
    }
}

TEST_F(KeptVersionTest, TakesThePlaceOfTheOneBefore) {
    store_version(two_files(), kept());
    PolicyVersion version;
    version.add("/etc/r.toml", "text");
    store_version(version, kept());
    EXPECT_EQ(stored_version(kept()), version);
    EXPECT_FALSE(fs::exists(kept() + ".new"));
    EXPECT_EQ(std::distance(fs::directory_iterator(kept()), fs::directory_iterator()), 2);
}

TEST_F(KeptVersionTest, IsNoneWhenAFileIsMissing) {
    EXPECT_FALSE(stored_version(kept()));
    store_version(two_files(), kept());
    fs::remove(kept() + "/1-r.toml");
    EXPECT_FALSE(stored_version(kept()));
}

TEST_F(KeptVersionTest, IsNoneWhenItDoesNotSayWhatIsSecret) {
    store_version(two_files(), kept());
    ASSERT_TRUE(stored_version(kept()));
    folder_.write("kept/files.json", R"([{"path":"/etc/r.toml","kept_as":"1-r.toml"}])");
    EXPECT_FALSE(stored_version(kept()));
}

TEST_F(KeptVersionTest, NamesNoFileOutsideItsFolder) {
    folder_.write("secret", "key");
    folder_.write("kept/files.json",
                  R"([{"path":"/etc/r.toml","kept_as":"../secret","secret":false}])");
    EXPECT_FALSE(stored_version(kept()));
}

TEST_F(KeptVersionTest, CannotBeKeptBelowAFile) {
    folder_.write("file", "");
    EXPECT_THROW(store_version(two_files(), folder_.path("file/kept")), StartError);
}

}  // namespace
}  // namespace sallyport::gateway
