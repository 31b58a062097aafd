#include "gateway/config/policy_reader.h"

#include <gtest/gtest.h>

#include <string>

#include "gateway/host/log.h"
#include "gateway/host/start_error.h"
#include "tests/support/temporary_folder.h"

namespace sallyport::gateway {
namespace {

std::string policy_text(const std::string& rule, const std::string& realm_there = "") {
    return "realm = \"lab\"\n[auth]\nanonymous = { role = \"guest\" }\n"
           "[[route]]\nid = \"lab\"\nmatch = \"prefix\"\nuri = \"lab.\"\nto = \"plc\"\n" +
           (realm_there.empty() ? "" : "realm = \"" + realm_there + "\"\n") + "[[allow]]\nid = \"" +
           rule +
           "\"\nroles = [\"guest\"]\nactions = [\"call\"]\nuri = \"lab.echo\"\n"
           "limits = { rate = \"20/s\", in_flight = 8, timeout = \"10s\", payload = \"64KiB\" }\n";
}

/// A gateway that has loaded its files, which then change.
class PolicyReaderTest : public testing::Test {
protected:
    PolicyReaderTest() {
        open_log("test", {});
        folder_.write("lab.toml", policy_text("first"));
        gateway_ = folder_.write("gateway.toml", gateway_text);
        loaded_ = load_gateway(gateway_, running_.recorder(policy::read_file));
    }

    std::string policy_path() const { return folder_.path("lab.toml"); }

    static constexpr const char* gateway_text =
        "state_dir = \"state\"\nrealms = [\"lab.toml\"]\n[tor]\nmode = \"off\"\n"
        "[[backend]]\nname = \"plc\"\nkind = \"dial\"\naddress = \"unix:plc.sock\"\n";

    test::TemporaryFolder folder_;
    std::string gateway_;
    PolicyVersion running_;
    LoadedGateway loaded_;
};

TEST_F(PolicyReaderTest, ReadsThePolicyAsItIsNow) {
    folder_.write("lab.toml", policy_text("second"));
    std::string notes;
    const PolicyVersion version = read_policy_again(loaded_, running_, notes);
    EXPECT_EQ(*version.find(policy_path()), policy_text("second"));
    EXPECT_EQ(*version.find(gateway_), gateway_text);
    EXPECT_EQ(notes, "");
}

TEST_F(PolicyReaderTest, KeepsTheConfigurationThatRunsAndNotesThatItIsAnotherOnDisk) {
    folder_.write("gateway.toml", "state_dir = \"elsewhere\"\n");
    std::string notes;
    const PolicyVersion version = read_policy_again(loaded_, running_, notes);
    EXPECT_EQ(version, running_);
    EXPECT_NE(notes.find("gateway.toml"), std::string::npos) << notes;
}

TEST_F(PolicyReaderTest, RefusesABrokenPolicyWithItsPlace) {
    folder_.write("lab.toml", "realm = ");
    std::string notes;
    EXPECT_THROW(read_policy_again(loaded_, running_, notes), StartError);
}

TEST_F(PolicyReaderTest, RefusesToMoveABackendToAnotherRealm) {
    folder_.write("lab.toml", policy_text("first", "other"));
    std::string notes;
    try {
        read_policy_again(loaded_, running_, notes);
        FAIL() << "its link has joined a realm";
    } catch (const StartError& error) {
        EXPECT_NE(std::string(error.what()).find("restart sallyport"), std::string::npos)
            << error.what();
    }
}

TEST_F(PolicyReaderTest, ReadsThePolicyOfAnInsideAgain) {
    const std::string file =
        folder_.write("inside.toml", "state_dir = \"inside\"\nrealms = [\"within.toml\"]\n");
    const auto text = [](const std::string& rule) {
        return "realm = \"lab\"\n[auth]\nanonymous = { role = \"guest\" }\n[[allow]]\nid = \"" +
               rule +
               "\"\nroles = [\"guest\"]\nactions = [\"call\"]\nuri = \"lab.echo\"\n"
               "limits = { rate = \"20/s\", in_flight = 8, timeout = \"10s\", "
               "payload = \"64KiB\" }\n";
    };
    folder_.write("within.toml", text("first"));
    PolicyVersion running;
    load_inside(file, running.recorder(policy::read_file));
    EXPECT_EQ(note_of_changed_config(file, running), "");
    folder_.write("within.toml", text("second"));
    folder_.write("inside.toml", "broken");
    EXPECT_EQ(*read_policy_again(file, running).find(folder_.path("within.toml")), text("second"));
    EXPECT_NE(note_of_changed_config(file, running).find("inside.toml"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::gateway
