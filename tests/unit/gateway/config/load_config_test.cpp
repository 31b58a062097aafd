#include "gateway/config/load_config.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>

#include "gateway/config/link_keys.h"
#include "gateway/config/policy_version.h"
#include "gateway/host/start_error.h"
#include "tests/support/temporary_folder.h"

namespace sallyport::gateway {
namespace {

std::string refusal_of(const std::function<void()>& load) {
    try {
        load();
    } catch (const StartError& error) {
        return error.what();
    }
    return "";
}

/// A policy of that realm whose route leads to `realm_there` of that backend.
std::string policy_text(const std::string& realm, const std::string& backend = "inside",
                        const std::string& realm_there = "") {
    return "realm = \"" + realm + "\"\n[auth]\nanonymous = { role = \"guest\" }\n" +
           "[[route]]\nid = \"lab\"\nmatch = \"prefix\"\nuri = \"lab.\"\nto = \"" + backend +
           "\"\n" + (realm_there.empty() ? "" : "realm = \"" + realm_there + "\"\n") +
           "[[allow]]\nid = \"echo\"\nroles = [\"guest\"]\nactions = [\"call\"]\n"
           "uri = \"lab.echo\"\n"
           "limits = { rate = \"20/s\", in_flight = 8, timeout = \"10s\", payload = \"64KiB\" }\n";
}

class LoadConfigTest : public testing::Test {
protected:
    LoadConfigTest() {
        folder_.write("r.toml", policy_text("observatory"));
        folder_.write("second.toml", policy_text("observatory", "local"));
        folder_.write("inside.toml", "state_dir = \"inside\"\nrealms = [\"second.toml\"]\n");
    }
    /// gateway.toml with these realms and backends.
    std::string gateway(const std::string& realms, const std::string& backends) const {
        return folder_.write("gateway.toml", "state_dir = \"state\"\nrealms = [" + realms +
                                                 "]\n[tor]\nmode = \"off\"\n" + backends);
    }
    std::string embedded() const {
        return gateway("\"r.toml\"",
                       "[[backend]]\nname = \"inside\"\nkind = \"embedded\"\n"
                       "config = \"inside.toml\"\n");
    }

    test::TemporaryFolder folder_;
};

TEST_F(LoadConfigTest, LoadsTheGatewayWithItsRealmsAndEmbeddedInsides) {
    const LoadedGateway loaded = load_gateway(embedded());
    ASSERT_EQ(loaded.realms.size(), 1U);
    EXPECT_EQ(loaded.realms[0].policy->realm(), "observatory");
    EXPECT_EQ(loaded.backend_realms, std::vector<std::string>{"observatory"});
    ASSERT_EQ(loaded.insides.size(), 1U);
    EXPECT_EQ(loaded.insides[0].config.state_dir.path, folder_.path("inside"));
    EXPECT_EQ(load_gateway_config(embedded()).state_dir.path, folder_.path("state"));
    EXPECT_EQ(load_inside(folder_.path("inside.toml")).realms.size(), 1U);
}

TEST_F(LoadConfigTest, ReadsEverythingThroughTheFunctionThatItIsGiven) {
    const std::string path = embedded();
    PolicyVersion version;
    load_gateway(path, version.recorder(policy::read_file));
    EXPECT_EQ(version.files().size(), 4U);
    for (const auto& [file, text] : version.files()) std::filesystem::remove(file);
    EXPECT_EQ(load_gateway(path, version.reader()).realms.size(), 1U);
}

TEST_F(LoadConfigTest, ReportsAllInvalidPoliciesAtOnce) {
    folder_.write("broken.toml", "realm = \"x\"\nnonsense = 1\n");
    const std::string path = gateway("\"r.toml\", \"missing.toml\", \"broken.toml\"",
                                     "[[backend]]\nname = \"inside\"\nkind = \"embedded\"\n"
                                     "config = \"inside.toml\"\n");
    const std::string refusal = refusal_of([&] { load_gateway(path); });
    EXPECT_NE(refusal.find("missing.toml"), std::string::npos) << refusal;
    EXPECT_NE(refusal.find("broken.toml:2:1: error: unknown key"), std::string::npos) << refusal;
}

TEST_F(LoadConfigTest, RefusesTwoPoliciesForOneRealm) {
    folder_.write("again.toml", policy_text("observatory"));
    const std::string path = gateway("\"r.toml\", \"again.toml\"",
                                     "[[backend]]\nname = \"inside\"\nkind = \"embedded\"\n"
                                     "config = \"inside.toml\"\n");
    EXPECT_NE(refusal_of([&] {
                  load_gateway(path);
              }).find("there is already a policy for realm \"observatory\""),
              std::string::npos);
}

TEST_F(LoadConfigTest, RefusesRoutesOfOneBackendToTwoRealms) {
    folder_.write("b.toml", policy_text("b", "inside", "elsewhere"));
    folder_.write("c.toml", policy_text("c", "inside", "nowhere"));
    const std::string backends =
        "[[backend]]\nname = \"inside\"\nkind = \"embedded\"\nconfig = \"inside.toml\"\n";
    const std::string path = gateway("\"b.toml\", \"c.toml\"", backends);
    EXPECT_NE(refusal_of([&] {
                  load_gateway(path);
              }).find("is routed to two realms, \"elsewhere\" and \"nowhere\""),
              std::string::npos);
    EXPECT_EQ(load_gateway(gateway("\"b.toml\"", backends)).backend_realms[0], "elsewhere");
}

TEST_F(LoadConfigTest, WantsTheKeysOfALinkOverTcp) {
    const std::string path = gateway("\"r.toml\"",
                                     "[[backend]]\nname = \"inside\"\nkind = \"accept\"\n"
                                     "listen = \"tcp:127.0.0.1:4443\"\npeer_pin = \"sha256:" +
                                         std::string(64, 'a') + "\"\n");
    EXPECT_NE(refusal_of([&] { load_gateway(path); }).find("a link over tcp needs"),
              std::string::npos);
    make_link_keys(folder_.path("state/link"));
    EXPECT_EQ(refusal_of([&] { load_gateway(path); }), "");
}

TEST_F(LoadConfigTest, ReadsATicketFromTheFirstLineOfAPrivateFile) {
    const PathText ticket{folder_.write("lab.ticket", "secret\r\nmore\n"), {"gateway.toml", 9, 1}};
    EXPECT_EQ(read_ticket(ticket), "secret");
    folder_.write("lab.ticket", "\nsecret\n");
    EXPECT_NE(refusal_of([&] { read_ticket(ticket); }).find("gateway.toml:9:1: error: "),
              std::string::npos);
    folder_.write("lab.ticket", "secret\n");
    std::filesystem::permissions(ticket.path, std::filesystem::perms(0644));
    EXPECT_NE(refusal_of([&] { read_ticket(ticket); }), "");
}

TEST_F(LoadConfigTest, FindsTheStateDirectoryInAFileThatIsOtherwiseWrong) {
    const std::string path = folder_.write("half.toml", "state_dir = \"s\"\nnonsense = 1\n");
    EXPECT_EQ(load_state_dir(path), folder_.path("s"));
    folder_.write("half.toml", "nonsense = 1\n");
    EXPECT_EQ(load_state_dir(path), folder_.path()) << "beside the file where it names none";
    folder_.write("half.toml", "state_dir = ");
    EXPECT_TRUE(refusal_of([&] { load_state_dir(path); }).starts_with(path + ":1:"));
    EXPECT_NE(refusal_of([&] { load_state_dir(folder_.path("none.toml")); }), "");
}

TEST_F(LoadConfigTest, FindsTheAdminSocketOfAGatewayAndOfAnInside) {
    const auto socket_in = [&](const std::string& text) {
        return load_admin_socket(folder_.write("half.toml", text)).path;
    };
    EXPECT_EQ(socket_in("state_dir = \"s\"\nnonsense = 1\n"), folder_.path("s/run/admin.sock"));
    EXPECT_EQ(socket_in("state_dir = \"s\"\n[listen]\nadmin = \"a.sock\"\n"),
              folder_.path("s/a.sock"));
    EXPECT_EQ(socket_in("state_dir = \"s\"\nadmin = \"b.sock\"\n[[listen]]\naddress = \"x\"\n"),
              folder_.path("s/b.sock"));
    EXPECT_EQ(socket_in("state_dir = \"s\"\nadmin = { path = \"/run/c.sock\", mode = \"0660\" }\n"),
              "/run/c.sock");
}

TEST(ConfigNote, TellsWhenAChangedConfigurationAndItsRealmsTakeEffect) {
    const std::string running = "realms = [\"a.toml\"]\n";
    EXPECT_EQ(config_note("g.toml", running + "# more\n", running),
              "g.toml has changed, which takes effect at the next start");
    EXPECT_NE(config_note("g.toml", "realms = [\"a.toml\", \"b.toml\"]\n", running)
                  .find("its list of realms"),
              std::string::npos);
    EXPECT_EQ(config_note("g.toml", "broken [", running),
              "g.toml has changed, which takes effect at the next start");
}

}  // namespace
}  // namespace sallyport::gateway
