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
    const PolicyVersion version = read_policy_again(loaded_, running_, notes).files;
    EXPECT_EQ(*version.find(policy_path()), policy_text("second"));
    EXPECT_EQ(*version.find(gateway_), gateway_text);
    EXPECT_EQ(notes, "");
}

TEST_F(PolicyReaderTest, KeepsTheConfigurationThatRunsAndNotesThatItIsAnotherOnDisk) {
    folder_.write("gateway.toml", std::string("sandbox = \"preferred\"\n") + gateway_text);
    std::string notes;
    const PolicyVersion version = read_policy_again(loaded_, running_, notes).files;
    EXPECT_EQ(version, running_);
    EXPECT_NE(notes.find("gateway.toml"), std::string::npos) << notes;
}

TEST_F(PolicyReaderTest, TakesLinksAsTheyAreNow) {
    const std::string text = std::string(gateway_text) +
                             "heartbeat = \"3s\"\neject = \"5s\"\neject_at = 0\n"
                             "slow_return = \"0s\"\n";
    folder_.write("gateway.toml", text);
    std::string notes;
    const auto read = read_policy_again(loaded_, running_, notes);
    EXPECT_EQ(*read.files.find(gateway_), text);
    EXPECT_EQ(read.loaded.config.backends[0].pulse.heartbeat, std::chrono::seconds(3));
    const auto& health = read.loaded.config.backends[0].health;
    EXPECT_EQ(health.eject, std::chrono::seconds(5));
    EXPECT_EQ(health.eject_max, std::chrono::seconds(50));
    EXPECT_EQ(health.slow_return, std::chrono::seconds(0));
    EXPECT_GT(health.failed_percent, 100U) << "never";
    EXPECT_EQ(notes, "");
    const auto back = read_previous(read.loaded, read.files, running_, notes);
    EXPECT_EQ(back.files, running_);
    EXPECT_EQ(back.loaded.config.backends[0].pulse.heartbeat, std::chrono::seconds(1));
    EXPECT_EQ(back.loaded.config.backends[0].health, backend_link::Health::Limits());
}

TEST_F(PolicyReaderTest, RollsBackThePolicyOfAnotherConfiguration) {
    PolicyVersion previous = running_;
    previous.add(gateway_, std::string("sandbox = \"preferred\"\n") + gateway_text);
    previous.add(policy_path(), policy_text("older"));
    std::string notes;
    const auto back = read_previous(loaded_, running_, previous, notes);
    EXPECT_EQ(*back.files.find(policy_path()), policy_text("older"));
    EXPECT_EQ(*back.files.find(gateway_), gateway_text);
    EXPECT_NE(notes.find("gateway.toml"), std::string::npos) << notes;
}

TEST_F(PolicyReaderTest, RefusesABrokenPolicyWithItsPlace) {
    folder_.write("lab.toml", "realm = ");
    std::string notes;
    EXPECT_THROW(read_policy_again(loaded_, running_, notes), StartError);
}

TEST_F(PolicyReaderTest, ReadsThePolicyOfAnInsideAgain) {
    const auto config = [](const std::string& more) {
        return "state_dir = \"inside\"\nrealms = [\"within.toml\"]\n" + more;
    };
    const std::string file = folder_.write("inside.toml", config(""));
    const auto text = [](const std::string& rule) {
        return "realm = \"lab\"\n[auth]\nanonymous = { role = \"guest\" }\n[[allow]]\nid = \"" +
               rule +
               "\"\nroles = [\"guest\"]\nactions = [\"call\"]\nuri = \"lab.echo\"\n"
               "limits = { rate = \"20/s\", in_flight = 8, timeout = \"10s\", "
               "payload = \"64KiB\" }\n";
    };
    folder_.write("within.toml", text("first"));
    PolicyVersion running;
    const LoadedInside loaded = load_inside(file, running.recorder(policy::read_file));
    folder_.write("within.toml", text("second"));
    folder_.write("inside.toml", config("[[link]]\ngateway = \"unix:g.sock\"\n"));
    std::string notes;
    const auto read = read_policy_again(loaded, running, notes);
    EXPECT_EQ(*read.files.find(folder_.path("within.toml")), text("second"));
    EXPECT_EQ(read.loaded.config.links.size(), 1U);
    EXPECT_EQ(notes, "");
    folder_.write("inside.toml", "broken");
    EXPECT_THROW(read_policy_again(loaded, running, notes), StartError);
}

}  // namespace
}  // namespace sallyport::gateway
