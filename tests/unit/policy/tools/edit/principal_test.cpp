#include "policy/tools/edit/principal.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "policy/auth/principals.h"
#include "tests/unit/policy/logins.h"

namespace sallyport::policy {
namespace {

using Verb = PrincipalRequest::Verb;
namespace fs = std::filesystem;

/// The tool with a file of its own.
class PrincipalTool : public testing::Test {
protected:
    struct Ran {
        int code;
        std::string out;
        std::string err;
    };

    PrincipalTool()
        : path_(fs::temp_directory_path() /
                ("sallyport-principal-" +
                 std::to_string(::testing::UnitTest::GetInstance()->random_seed()) +
                 ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
        request_.file = path_.string();
    }
    ~PrincipalTool() override { fs::remove(path_); }

    void put(const std::string& text) {
        std::ofstream(path_) << text;
        fs::permissions(path_, fs::perms::owner_read | fs::perms::owner_write);
    }
    Ran run(Verb verb, const std::string& authid, bool json = false) {
        request_.verb = verb;
        request_.authid = authid;
        request_.create = !fs::exists(path_);
        std::ostringstream out;
        std::ostringstream err;
        const auto write = [this](const std::string& text) {
            EXPECT_FALSE(fails_);
            put(text);
            ++writes_;
        };
        const int code = principal(request_, random_, write, {out, err, json});
        return {code, out.str(), err.str()};
    }
    Ran add(const std::string& authid, std::vector<std::string> methods,
            const std::string& role = "operator") {
        request_.role = role;
        request_.methods = std::move(methods);
        return run(Verb::add, authid);
    }
    std::string text() const {
        std::ifstream in(path_);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    Principals read() const {
        Diagnostics diagnostics;
        auto principals = parse_principals(text(), "p", diagnostics);
        for (const auto& diagnostic : diagnostics) ADD_FAILURE() << to_string(diagnostic);
        return principals;
    }
    std::string login(Method method, const std::string& authid, const std::string& secret) {
        logins::Desk desk({}, read());
        return desk.login(method, authid, secret);
    }
    static std::string first_line(const std::string& text) {
        return text.substr(0, text.find('\n'));
    }

    fs::path path_;
    PrincipalRequest request_;
    wamp::Random random_{wamp::Random::Seed{9}};
    int writes_ = 0;
    bool fails_ = false;
};

TEST_F(PrincipalTool, MakesAFileAndDrawsATicket) {
    const Ran ran = add("alice", {});
    EXPECT_EQ(ran.code, 0) << ran.err;
    const std::string secret = first_line(ran.out);
    EXPECT_EQ(secret.size(), 64U);
    EXPECT_EQ(ran.out, secret + "\n");
    EXPECT_EQ(text().find(secret), std::string::npos);
    EXPECT_TRUE(read().decoy_key.has_value());
    EXPECT_EQ(login(Method::ticket, "alice", secret), "alice/operator/ticket");
    EXPECT_NE(login(Method::ticket, "alice", "another"), "alice/operator/ticket");
}

TEST_F(PrincipalTool, GivesOneSecretForSeveralMethods) {
    const Ran ran = add("alice", {"ticket", "wampcra", "wamp-scram", "scram"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    const std::string secret = first_line(ran.out);
    for (const Method method :
         {Method::ticket, Method::wampcra, Method::wamp_scram, Method::scram}) {
        EXPECT_EQ(login(method, "alice", secret),
                  "alice/operator/" + std::string(to_string(method)));
    }
}

TEST_F(PrincipalTool, TakesAChosenSecretAndNeverShowsIt) {
    request_.chosen = "correct horse battery";
    const Ran ran = add("alice", {"ticket", "scram"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ((ran.out + ran.err + text()).find("horse"), std::string::npos);
    EXPECT_EQ(login(Method::ticket, "alice", "correct horse battery"), "alice/operator/ticket");
    EXPECT_EQ(login(Method::scram, "alice", "correct horse battery"), "alice/operator/scram");
}

TEST_F(PrincipalTool, DrawsAPairOfKeysOrTakesPublicOnes) {
    const Ran ran = add("alice", {"cryptosign"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    crypto::SigningSeed seed = *crypto::parse_public_key(first_line(ran.out));
    EXPECT_EQ(read().list[0].cryptosign, std::vector{crypto::public_key_of(seed)});
    EXPECT_EQ(text().find(first_line(ran.out)), std::string::npos);

    request_.keys = {
        crypto::to_hex(crypto::public_key_of(crypto::SigningSeed{5})),
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJVp3hjHwIQyEladzd8mFcf0YSXcmyKS3qMLB7VqTQKm me@home"};
    EXPECT_EQ(add("alice", {}, "").code, 0);
    ASSERT_EQ(read().list[0].cryptosign.size(), 3U);
    EXPECT_EQ(crypto::to_hex(read().list[0].cryptosign[2]),
              "9569de18c7c0843212569dcddf2615c7f46125dc9b2292dea30b07b56a4d02a6");
    EXPECT_EQ(add("alice", {}, "").code, 1);  // they are there
    request_.keys = {"01" + std::string(62, '0')};
    EXPECT_EQ(add("alice", {}, "").code, 2);  // W-AUT-C4
}

TEST_F(PrincipalTool, AddsAMethodToOneWhoIsThere) {
    const std::string first = first_line(add("alice", {}).out);
    const std::string second = first_line(add("alice", {"wampcra"}, "").out);
    EXPECT_EQ(login(Method::ticket, "alice", first), "alice/operator/ticket");
    EXPECT_EQ(login(Method::wampcra, "alice", second), "alice/operator/wampcra");
    EXPECT_EQ(add("alice", {"wampcra"}, "").code, 1);
    EXPECT_EQ(add("alice", {"scram"}, "guest").code, 1);
    EXPECT_EQ(writes_, 2);
}

TEST_F(PrincipalTool, RotatesTheSecrets) {
    const std::string first = first_line(add("alice", {"ticket", "wampcra"}).out);
    request_.methods.clear();
    const std::string second = first_line(run(Verb::rotate, "alice").out);
    EXPECT_NE(login(Method::ticket, "alice", first), "alice/operator/ticket");
    EXPECT_EQ(login(Method::ticket, "alice", second), "alice/operator/ticket");
    EXPECT_EQ(login(Method::wampcra, "alice", second), "alice/operator/wampcra");
    request_.methods = {"wampcra"};
    const std::string third = first_line(run(Verb::rotate, "alice").out);
    EXPECT_EQ(login(Method::ticket, "alice", second), "alice/operator/ticket");
    EXPECT_EQ(login(Method::wampcra, "alice", third), "alice/operator/wampcra");
    request_.methods = {"scram"};
    EXPECT_EQ(run(Verb::rotate, "alice").code, 1);
    EXPECT_EQ(run(Verb::rotate, "mallory").code, 1);
}

TEST_F(PrincipalTool, DisablesAndEnables) {
    const std::string secret = first_line(add("alice", {}).out);
    const std::string before = text();
    EXPECT_EQ(run(Verb::disable, "alice").code, 0);
    EXPECT_TRUE(read().list[0].disabled);
    EXPECT_NE(login(Method::ticket, "alice", secret), "alice/operator/ticket");
    EXPECT_EQ(run(Verb::disable, "alice").code, 0);
    EXPECT_EQ(run(Verb::enable, "alice").code, 0);
    EXPECT_EQ(text(), before);
    EXPECT_EQ(run(Verb::disable, "mallory").code, 1);
}

TEST_F(PrincipalTool, KeepsCommentsAndOrderOfAllElse) {
    add("alice", {});
    add("bob", {}, "guest");
    put("# first\n" + text() + "# last\n");
    const std::string before = text();
    run(Verb::disable, "alice");
    const std::string after = text();
    const auto at = after.find("disabled = true\n");
    ASSERT_NE(at, std::string::npos);
    EXPECT_LT(at, after.find("bob"));
    EXPECT_EQ(after.substr(0, at) + after.substr(at + 16), before);
}

TEST_F(PrincipalTool, LeavesAFileAloneThatItDoesNotUnderstand) {
    const std::string odd =
        "principal = [ { authid = \"alice\", role = \"r\", wampcra = { secret = \"x\" } } ]\n";
    put(odd);
    request_.methods.clear();
    const Ran ran = run(Verb::disable, "alice");
    EXPECT_EQ(ran.code, 2);
    EXPECT_NE(ran.err.find("has a layout that"), std::string::npos) << ran.err;
    EXPECT_EQ(text(), odd);
    const std::string sub =
        "[[principal]]\nauthid = \"a\"\nrole = \"r\"\n[principal.wampcra]\nsecret = \"x\"\n"
        "[[principal]]\nauthid = \"b\"\nrole = \"r\"\nwampcra = { secret = \"y\" }\n";
    put(sub);
    EXPECT_EQ(run(Verb::disable, "a").code, 0);
    EXPECT_TRUE(read().list[0].disabled);
    EXPECT_FALSE(read().list[1].disabled);
}

TEST_F(PrincipalTool, ListsWithoutASecret) {
    add("alice", {"ticket", "cryptosign"});
    add("bobby", {}, "guest");
    request_.methods.clear();
    run(Verb::disable, "bobby");
    const Ran people = run(Verb::list, "");
    EXPECT_EQ(people.out,
              "alice  operator  ticket, cryptosign\nbobby  guest     ticket  (disabled)\n");
    const Ran json = run(Verb::list, "", true);
    EXPECT_TRUE(json.out.starts_with(
        R"({"principals":[{"authid":"alice","role":"operator","disabled":false,"methods":["ticket","cryptosign"],"public_keys":[")"))
        << json.out;
    EXPECT_EQ(json.out.find("sha256"), std::string::npos);
}

TEST_F(PrincipalTool, ListsNothingThatATerminalObeys) {
    EXPECT_EQ(add("a\x1b[2J", {}).code, 0);
    const Ran ran = run(Verb::list, "");
    EXPECT_EQ(ran.out.find('\x1b'), std::string::npos);
    EXPECT_TRUE(ran.out.starts_with("\"a\\x1b[2J\"  ")) << ran.out;
}

TEST_F(PrincipalTool, ReportsWhatItDidAsJson) {
    request_.role = "operator";
    const Ran ran = run(Verb::add, "alice", true);
    EXPECT_TRUE(
        ran.out.starts_with(R"({"authid":"alice","done":"added","methods":["ticket"],"secret":")"))
        << ran.out;
    EXPECT_EQ(ran.err, "");
}

TEST_F(PrincipalTool, RefusesWhatCannotWork) {
    const auto chosen = [this](const std::string& secret, std::vector<std::string> methods) {
        request_.chosen = secret;
        return add("a", std::move(methods)).code;
    };
    EXPECT_EQ(chosen(std::string(chosen_secret_bytes_min - 1, 'x'), {}), 2);
    EXPECT_EQ(chosen(std::string(secret_bytes_max + 1, 'x'), {}), 2);
    EXPECT_EQ(chosen(std::string(20, '\xff'), {}), 2);
    EXPECT_EQ(chosen("pässwörd pässwörd", {"scram"}), 2);
    EXPECT_EQ(chosen("pässwörd pässwörd", {"wampcra"}), 0);
    request_.chosen.reset();
    EXPECT_EQ(add("b", {}, "two words").code, 2);
    EXPECT_EQ(add("b", {}, "").code, 2);
    EXPECT_NE(add("b", {}, "gateway").err.find("is the role of the gateway itself"),
              std::string::npos);
    EXPECT_EQ(add("b", {"magic"}).code, 2);
    EXPECT_EQ(add("b", {"anonymous"}).code, 2);
    EXPECT_EQ(add("", {}).code, 2);
    EXPECT_EQ(add(std::string(authid_bytes_max + 1, 'b'), {}).code, 2);
    EXPECT_EQ(writes_, 1);
    fs::permissions(path_, fs::perms::group_read, fs::perm_options::add);
    EXPECT_EQ(add("b", {}).code, 2);
}

TEST(SecretLine, IsTheFirstLine) {
    const auto read = [](const std::string& text) {
        std::istringstream in(text);
        return read_secret_line(in);
    };
    EXPECT_EQ(read("secret\nmore\n"), "secret");
    EXPECT_EQ(read("secret\r\n"), "secret");
    EXPECT_EQ(read("se cret"), "se cret");
    EXPECT_EQ(read(""), "");
}

}  // namespace
}  // namespace sallyport::policy
