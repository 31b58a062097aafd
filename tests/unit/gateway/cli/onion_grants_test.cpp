#include "gateway/cli/onion_grants.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "gateway/cli/bundle.h"
#include "gateway/config/grant.h"
#include "tests/unit/gateway/cli/program_run.h"

namespace sallyport::gateway {
namespace {

namespace fs = std::filesystem;

// On the files of a gateway that does not run. A running one is in tests/onion/grants_test.py.
class OnionGrantsTest : public testing::Test {
protected:
    void SetUp() override {
        folder_.write("gateway.toml", gateway("managed"));
        folder_.write("lab.toml",
                      "realm = \"lab\"\n[auth]\nprincipals = \"lab.principals.toml\"\n"
                      "[[route]]\nid = \"all\"\nmatch = \"prefix\"\nuri = \"lab.\"\n"
                      "to = \"inside\"\n[[allow]]\nid = \"all\"\nroles = [\"operator\"]\n"
                      "actions = [\"call\"]\nmatch = \"prefix\"\nuri = \"lab.\"\n");
        folder_.write("state/onion/hostname", address_ + "\n");
        ::chmod(folder_.path("state").c_str(), 0700);
        ::chmod(folder_.path("state/onion").c_str(), 0700);
    }
    static std::string gateway(const std::string& mode) {
        return "state_dir = \"state\"\nrealms = [\"lab.toml\"]\n[listen]\n"
               "front = \"run/front.sock\"\nadmin = \"run/admin.sock\"\n[tor]\nmode = \"" +
               mode +
               "\"\n[[backend]]\nname = \"inside\"\nkind = \"accept\"\nlisten = "
               "\"unix:link.sock\"\n";
    }
    test::ProgramRun run(const std::string& words) {
        return test::run_program(folder_, "onion " + words);
    }
    bool is_there(const std::string& name) const { return fs::exists(folder_.path(name)); }

    sallyport::test::TemporaryFolder folder_;
    const std::string address_ = std::string(56, 'a').append(".onion");
};

TEST_F(OnionGrantsTest, GrantMakesOneFileWithAllThatAClientNeeds) {
    const auto granted = run("grant alice --role operator");
    ASSERT_EQ(granted.exit_code, 0) << granted.err;
    EXPECT_NE(granted.err.find("not running"), std::string::npos) << granted.err;
    const Bundle bundle = read_bundle(folder_.path("alice.sallyport"));
    EXPECT_EQ(bundle.address, address_);
    EXPECT_EQ(bundle.realm, "lab");
    EXPECT_EQ(bundle.authid, "alice");
    EXPECT_TRUE(is_there("state/onion/authorized_clients/alice.auth"));
    EXPECT_NE(folder_.read("lab.principals.toml").find("authid = \"alice\""), std::string::npos);
    EXPECT_EQ(folder_.read("state/onion/authorized_clients/alice.auth")
                  .find(onion_key_text(bundle.onion_key)),
              std::string::npos)
        << "the private key stays with the client";
    EXPECT_EQ(run("grant alice --role operator").exit_code, 1);
}

TEST_F(OnionGrantsTest, RevokeOfTheLastOneLeavesTheAddressClosed) {
    ASSERT_EQ(run("grant alice --role operator").exit_code, 0);
    const auto revoked = run("revoke alice");
    EXPECT_EQ(revoked.exit_code, 0) << revoked.err;
    EXPECT_FALSE(is_there("state/onion/authorized_clients/alice.auth"));
    EXPECT_TRUE(is_there("state/onion/authorized_clients/nobody.auth"));
    EXPECT_NE(folder_.read("lab.principals.toml").find("disabled = true"), std::string::npos);
    EXPECT_EQ(run("list").out, "");
    EXPECT_EQ(run("revoke alice").exit_code, 1);
}

TEST_F(OnionGrantsTest, WhoeverWasRevokedCanBeGrantedAccessWithNewKeysOnly) {
    ASSERT_EQ(run("grant alice --role operator").exit_code, 0);
    const Bundle before = read_bundle(folder_.path("alice.sallyport"));
    const std::string principals = folder_.read("lab.principals.toml");
    ASSERT_EQ(run("revoke alice").exit_code, 0);
    ASSERT_EQ(run("grant alice --out again").exit_code, 0);
    const Bundle after = read_bundle(folder_.path("again"));
    EXPECT_NE(after.private_key, before.private_key);
    EXPECT_NE(after.onion_key, before.onion_key);
    const std::string now = folder_.read("lab.principals.toml");
    EXPECT_EQ(now.find("disabled"), std::string::npos);
    EXPECT_EQ(now.size(), principals.size()) << "one key, not two:\n" << now;
}

TEST_F(OnionGrantsTest, AKeyThatIsInUseIsNotReplacedByAGrant) {
    ASSERT_EQ(run("grant alice --role operator").exit_code, 0);
    fs::remove(folder_.path("state/grants/alice.toml"));  // as if she had a key of her own
    const std::string principals = folder_.read("lab.principals.toml");
    const auto granted = run("grant alice --out again");
    EXPECT_NE(granted.exit_code, 0);
    EXPECT_NE(granted.err.find("logs in with a key already"), std::string::npos) << granted.err;
    EXPECT_NE(granted.err.find("`sallyport principal disable"), std::string::npos) << granted.err;
    EXPECT_EQ(folder_.read("lab.principals.toml"), principals);
    EXPECT_FALSE(is_there("again"));
}

TEST_F(OnionGrantsTest, AnotherRoleThanThatOfThePrincipalIsRefused) {
    ASSERT_EQ(run("grant alice --role operator").exit_code, 0);
    ASSERT_EQ(run("revoke alice").exit_code, 0);
    const auto granted = run("grant alice --role viewer --out again");
    EXPECT_NE(granted.exit_code, 0);
    EXPECT_NE(granted.err.find("`sallyport principal role "), std::string::npos) << granted.err;
    EXPECT_FALSE(is_there("again"));
}

TEST_F(OnionGrantsTest, WhatCannotBeTakenAwayIsToldAndStaysKnown) {
    ASSERT_EQ(run("grant alice --role operator").exit_code, 0);
    const std::string key = folder_.path("state/onion/authorized_clients/alice.auth");
    fs::remove(key);
    folder_.write("state/onion/authorized_clients/alice.auth/in-the-way", "");
    const auto revoked = run("revoke alice");
    EXPECT_EQ(revoked.exit_code, 1);
    EXPECT_NE(revoked.err.find(key + ": cannot be removed: "), std::string::npos) << revoked.err;
    EXPECT_EQ(revoked.err.find("revoked the access"), std::string::npos) << revoked.err;
    EXPECT_NE(folder_.read("lab.principals.toml").find("disabled = true"), std::string::npos);
    fs::remove_all(key);
    EXPECT_EQ(run("revoke alice").exit_code, 0);
    EXPECT_FALSE(is_there("state/grants/alice.toml"));
}

TEST_F(OnionGrantsTest, RotateReplacesBothKeys) {
    ASSERT_EQ(run("grant alice --role operator --expires 2999-01-01").exit_code, 0);
    const std::string authorized = folder_.read("state/onion/authorized_clients/alice.auth");
    ASSERT_EQ(run("rotate alice --out new").exit_code, 0);
    EXPECT_NE(folder_.read("state/onion/authorized_clients/alice.auth"), authorized);
    EXPECT_NE(folder_.read("new"), folder_.read("alice.sallyport"));
    EXPECT_NE(run("list").out.find("until 2999-01-01"), std::string::npos);
    EXPECT_EQ(run("rotate bob").exit_code, 1);
}

TEST_F(OnionGrantsTest, ListTellsWhoSinceWhenAndUntilWhen) {
    ASSERT_EQ(run("grant alice --role operator").exit_code, 0);
    ASSERT_EQ(run("grant bob --role operator --expires 2999-01-01").exit_code, 0);
    const std::string list = run("list").out;
    EXPECT_NE(list.find("alice  lab  since 20"), std::string::npos) << list;
    EXPECT_NE(list.find("until 2999-01-01T00:00:00.000000Z"), std::string::npos) << list;
    EXPECT_NE(run("list --json").out.find("\"expires\":null"), std::string::npos);
}

TEST_F(OnionGrantsTest, ExpireRevokesThoseWhoseTimeIsOver) {
    ASSERT_EQ(run("grant alice --role operator").exit_code, 0);
    ASSERT_EQ(run("grant bob --role operator --expires 2999-01-01").exit_code, 0);
    EXPECT_EQ(run("expire").exit_code, 0);
    EXPECT_TRUE(is_there("state/grants/bob.toml"));
    std::string grant = folder_.read("state/grants/bob.toml");
    grant.replace(grant.find("2999"), 4, "2001");
    folder_.write("state/grants/bob.toml", grant);
    EXPECT_EQ(run("expire").exit_code, 0);
    EXPECT_FALSE(is_there("state/grants/bob.toml"));
    EXPECT_FALSE(is_there("state/onion/authorized_clients/bob.auth"));
    EXPECT_TRUE(is_there("state/onion/authorized_clients/alice.auth"));
}

TEST_F(OnionGrantsTest, AnErrorGrantsNothing) {
    const struct {
        const char* words;
        const char* error;
    } cases[] = {{"grant alice", "--role"},
                 {"grant nobody --role operator", "cannot be a name"},
                 {"grant ../x --role operator", "cannot be a name"},
                 {"grant alice --role operator --expires 2001-01-01", "not a date to come"},
                 {"grant alice --role operator --expires soon", "not a date to come"},
                 {"grant alice --role operator --realm elsewhere", "there are: lab"},
                 {"grant alice --role operator --out no/such/folder", "--out"}};
    for (const auto& one : cases) {
        const auto refused = run(one.words);
        EXPECT_EQ(refused.exit_code, 2) << one.words << refused.err;
        EXPECT_NE(refused.err.find(one.error), std::string::npos) << one.words << refused.err;
        EXPECT_FALSE(is_there("state/grants/alice.toml")) << one.words;
        EXPECT_FALSE(is_there("alice.sallyport")) << one.words;
    }
    folder_.write("gateway.toml", gateway("external"));
    EXPECT_NE(run("grant alice --role operator").err.find("mode = \"managed\""), std::string::npos);
    folder_.write("gateway.toml", gateway("managed"));
    fs::remove(folder_.path("state/onion/hostname"));
    EXPECT_NE(run("grant alice --role operator").err.find("start the gateway once"),
              std::string::npos);
}

}  // namespace
}  // namespace sallyport::gateway
