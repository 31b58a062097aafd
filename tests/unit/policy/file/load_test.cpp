#include "policy/file/load.h"

#include <gtest/gtest.h>

#include <unistd.h>
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "policy/crypto/hash.h"
#include "tests/paths.h"

namespace sallyport::policy {
namespace {

namespace fs = std::filesystem;

constexpr const char* policy_text = R"(realm = "r"
[auth]
anonymous = { role = "guest" }
principals = "people.toml"
[[route]]
id = "all"
match = "prefix"
uri = ""
to = "inside"
[[allow]]
id = "a"
roles = ["operator"]
actions = ["call"]
uri = "lab.x"
[[test]]
as = { role = "operator" }
call = "lab.x"
expect = "allow a"
)";

const std::string people_text =
    "[[principal]]\nauthid = \"alice\"\nrole = \"operator\"\nticket = \"sha256$" +
    std::string(32, 'a') + "$" + std::string(64, '0') + "\"\n";

class Load : public testing::Test {
protected:
    Load() : folder_(fs::path(testing::TempDir()) / ("policy load " + std::to_string(::getpid()))) {
        fs::create_directories(folder_);
        write("realm.toml", policy_text);
        write("people.toml", people_text);
        fs::permissions(folder_ / "people.toml", fs::perms::owner_read | fs::perms::owner_write);
    }
    ~Load() override { fs::remove_all(folder_); }

    void write(const std::string& name, const std::string& text) const {
        std::ofstream(folder_ / name, std::ios::binary) << text;
    }
    std::string path(const std::string& name) const { return (folder_ / name).string(); }

    // The errors, a line each, with the folder cut away.
    std::string errors() const {
        const auto realm = load_realm(path("realm.toml"), {true, backends_});
        if (realm) return "";
        std::string all;
        for (const Diagnostic& one : realm.error()) all += to_string(one) + "\n";
        const std::string prefix = folder_.string() + "/";
        for (std::size_t at = all.find(prefix); at != std::string::npos; at = all.find(prefix)) {
            all.erase(at, prefix.size());
        }
        return all;
    }

    fs::path folder_;
    std::vector<std::string> backends_{"inside"};
};

TEST_F(Load, ReadsPolicyAndPrincipals) {
    const auto realm = load_realm(path("realm.toml"), {true, backends_});
    ASSERT_TRUE(realm);
    EXPECT_EQ(realm->policy->realm(), "r");
    EXPECT_EQ(realm->principals, 1U);
    EXPECT_EQ(realm->tests, 1U);
    EXPECT_EQ(realm->authenticator->role_of("alice"), "operator");
    EXPECT_EQ(realm->policy->rule(0).place, (Place{path("realm.toml"), 10, 1}));
}

TEST_F(Load, NamesTheVersionByAllThatWasRead) {
    const auto hash = [this] {
        return std::string(load_realm(path("realm.toml"), {true, backends_})->policy->hash());
    };
    EXPECT_EQ(hash(), crypto::sha256_hex(policy_text + crypto::sha256_hex(people_text)));
    const std::string before = hash();
    write("people.toml", people_text + "# changed\n");
    EXPECT_NE(hash(), before);
}

TEST_F(Load, RefusesAPrincipalsFileThatOthersMayRead) {
    const fs::path people = folder_ / "people.toml";
    for (const auto open :
         {fs::perms::group_read, fs::perms::others_read, fs::perms::others_write}) {
        fs::permissions(people, fs::perms::owner_read | open);
        EXPECT_NE(errors().find("run: chmod 600 '"), std::string::npos);
    }
    fs::permissions(people, static_cast<fs::perms>(0644));
    EXPECT_EQ(errors(),
              "realm.toml:4:14: error: people.toml: is accessible to other users (mode 0644) and "
              "contains secrets (run: chmod 600 '" +
                  std::string("people.toml')\n"));
    fs::permissions(people, fs::perms::owner_read);
    EXPECT_EQ(errors(), "");
}

TEST_F(Load, ReportsAMissingPrincipalsFileWhereItIsNamed) {  // a missing file never opens anything
    fs::remove(folder_ / "people.toml");
    EXPECT_EQ(errors(),
              "realm.toml:4:14: error: people.toml: there is no such file (check the path)\n");
}

TEST_F(Load, ReportsErrorsOfBothFilesAndOfTheirMeaningAtOnce) {
    write("people.toml", people_text + "rank = 1\n");
    write("realm.toml", std::string(policy_text) +
                            "[[route]]\nid = \"b\"\nuri = \"lab.x\"\nto = \"plc\"\nfrom = 1\n");
    EXPECT_EQ(errors(),
              "realm.toml:22:6: error: route \"b\" names an unknown backend \"plc\" (known "
              "backends: inside)\n"
              "realm.toml:23:1: error: unknown key \"from\" in [[route]] (known keys: id, match, "
              "uri, to, realm, rewrite, when_down, wait, idempotent, spread)\n"
              "people.toml:5:1: error: unknown key \"rank\" in [[principal]] (known keys: authid, "
              "role, disabled, ticket, wampcra, wamp-scram, scram, cryptosign)\n");
}

TEST_F(Load, TellsOfTheProcedureThatNobodyMayCallBesideTheRestOfItsSection) {
    std::string text = policy_text;
    text.insert(text.find("[[route]]"),
                "dynamic = { procedure = \"lab.ask\", methods = [\"jump\"] }\n");
    write("realm.toml", text);
    const std::string told = errors();
    EXPECT_NE(told.find("the gateway may not call \"lab.ask\""), std::string::npos) << told;
    EXPECT_NE(told.find("\"jump\""), std::string::npos) << told;
    // A rule that is wrong may be the one that allows it.
    write("realm.toml", text + "[[allow]]\nid = \"b\"\n");
    EXPECT_EQ(errors().find("may not call"), std::string::npos);
}

TEST_F(Load, RefusesAFailingTest) {
    write("realm.toml", std::string(policy_text) +
                            "[[test]]\nas = { role = \"guest\" }\ncall = \"lab.x\"\n"
                            "expect = \"allow\"\n");
    EXPECT_TRUE(errors().starts_with("realm.toml:19:1: error: test failed"));
    EXPECT_TRUE(load_realm(path("realm.toml"), {true, backends_, false, true, false}));
}

TEST_F(Load, CanLeaveThePrincipalsFileAlone) {
    fs::remove(folder_ / "people.toml");
    const auto realm = load_realm(path("realm.toml"), {true, backends_, false, false});
    ASSERT_TRUE(realm);
    EXPECT_EQ(realm->principals, 0U);
}

TEST_F(Load, SaysWhatIsWrongWithThePath) {
    const auto error = [](const std::string& path) {
        const auto realm = load_realm(path, {});
        return realm ? std::string() : to_string(realm.error().at(0));
    };
    EXPECT_EQ(error(path("none.toml")),
              path("none.toml") + ": error: there is no such file (check the path)");
    EXPECT_EQ(error(folder_.string()),
              folder_.string() + ": error: is not a file (check the path)");
}

TEST_F(Load, ReadsTheExamples) {
    const std::string examples = SALLYPORT_SOURCE_DIR "/deploy/examples/";
    const auto front = load_realm(examples + "observatory.toml", {true, backends_});
    ASSERT_TRUE(front) << to_string(front.error()[0]);
    EXPECT_GE(front->tests, 10U);
    const auto inside = load_realm(examples + "inside-observatory.toml", {false, {}});
    ASSERT_TRUE(inside) << to_string(inside.error()[0]);
    EXPECT_EQ(inside->policy->route(0).backends, std::vector<std::string>{"local"});
    EXPECT_EQ(front->policy->realm(), inside->policy->realm());
}

TEST_F(Load, ReadsWhatIsIncludedOnce) {
    fs::create_directories(folder_ / "shared");
    write("shared/a.toml", "include = [\"b.toml\", \"../never.toml\"]\n");
    write("shared/b.toml", "include = \"a.toml\"\n[variables]\nwho = [\"operator\"]\n");
    write("never.toml",
          "[[forbid]]\nid = \"f\"\nroles = [\"${var.who}\"]\nactions = \"call\"\nuri = \"lab.y\"\n"
          "[[test]]\nas = { role = \"operator\" }\ncall = \"lab.y\"\nexpect = \"forbid f\"\n");
    write("realm.toml",
          "include = [\"shared/a.toml\", \"./never.toml\"]\n" + std::string(policy_text));
    const auto realm = load_realm(path("realm.toml"), {true, backends_});
    ASSERT_TRUE(realm) << errors();
    EXPECT_EQ(realm->tests, 2U);
    EXPECT_EQ(realm->policy->rules().size(), 2U);
    const std::string version(realm->policy->hash());
    write("shared/b.toml", "# changed\ninclude = \"a.toml\"\n[variables]\nwho = [\"operator\"]\n");
    EXPECT_NE(load_realm(path("realm.toml"), {true, backends_})->policy->hash(), version);
}

TEST_F(Load, NamesTheIncludedFileInErrors) {
    write("realm.toml",
          "include = [\"more.toml\", \"none.toml\", \"realm.toml\"]\n" + std::string(policy_text));
    write("more.toml",
          "realm = \"x\"\n[[allow]]\nid = \"a\"\nroles = \"${var.x}\"\nactions = \"call\"\nuri = "
          "\"lab.x\"\n");
    EXPECT_EQ(errors(),
              "more.toml:1:1: error: unknown key \"realm\" in an included file (known keys: "
              "include, variables, "
              "route, allow, forbid, test)\n"
              "more.toml:3:6: error: the id \"a\" is already in use (give each one its own id)\n"
              "more.toml:4:9: error: unknown variable \"x\" (define it in [variables])\n"
              "realm.toml:1:25: error: none.toml: there is no such file (check the path)\n"
              "realm.toml:1:38: error: \"realm.toml\" includes itself (remove it)\n");
}

}  // namespace
}  // namespace sallyport::policy
