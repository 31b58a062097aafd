#include "policy/tools/import/import.h"

#include "policy/auth/principals.h"
#include "policy/file/compile.h"
#include "policy/file/inline_test.h"
#include "policy/tools/import/crossbar_reader.h"
#include "tests/unit/policy/tools/support.h"

namespace sallyport::policy {
namespace {

using Import = ToolTest;

constexpr const char* config_text = R"({"version":2,"workers":[{"type":"router",
 "realms":[{"name":"realm1","roles":[
   {"name":"backend","permissions":[
     {"uri":"com.app.","match":"prefix","allow":{"register":true,"publish":true},"disclose":{"publisher":true}}]},
   {"name":"guest","permissions":[
     {"uri":"com.app","match":"prefix","allow":{"call":true,"subscribe":true}},
     {"uri":"com.app.secret","match":"exact","allow":{"call":false,"subscribe":false}},
     {"uri":"com..ping","match":"wildcard","allow":{"call":true}}]},
   {"name":"any","permissions":[{"uri":"","match":"prefix","allow":{"call":true}}]},
   {"name":"dyn","authorizer":"com.authorize"}]}],
 "transports":[{"type":"websocket","auth":{
   "anonymous":{"type":"static","role":"guest"},
   "ticket":{"type":"static","principals":{"tom":{"ticket":"secret!!","role":"backend"}}},
   "wampcra":{"type":"static","users":{"joe":{"secret":"prq7+YkJ1/KlW1X0YczMHw==","role":"backend","salt":"salt123","iterations":100,"keylen":16},"tom":{"secret":"x","role":"backend"}}},
   "cryptosign":{"type":"static","principals":{"ann":{"authorized_keys":["545efb0a2192db8d43f118e9bf9aee081466e1ef36c708b96ee6f62dddad9122"],"role":"backend"}}}}}]}]})";

Imported imported(const std::string& text, const ImportOptions& options = {}) {
    wamp::Random random({1});
    auto config = read_crossbar(text, "config.json");
    if (!config) {
        ADD_FAILURE() << to_string(config.error());
        return {};
    }
    return import_crossbar(*config, options, random);
}

std::vector<std::string> texts(const Imported& made) {
    std::vector<std::string> all;
    for (const ImportNote& note : made.notes) all.push_back(note.text);
    return all;
}

// The file loads, and its tests pass.
std::shared_ptr<const RealmPolicy> loaded(const std::string& text) {
    Diagnostics diagnostics;
    const PolicyFile file = parse_policy(text, "f", diagnostics);
    for (const Diagnostic& diagnostic : diagnostics) ADD_FAILURE() << to_string(diagnostic);
    const auto policy = Compiler::compile(file, {true, {}, true}, "");
    if (!policy) {
        ADD_FAILURE() << to_string(policy.error().front()) << text;
        return nullptr;
    }
    for (const Diagnostic& failed : failed_tests(file, **policy))
        ADD_FAILURE() << to_string(failed);
    EXPECT_FALSE(file.tests.empty());
    return *policy;
}

TEST_F(Import, CreatesAPolicyThatLoadsAndReportsEachDifference) {
    const Imported made = imported(config_text);
    ASSERT_EQ(made.files.size(), 2U);
    EXPECT_EQ(made.files[0].name, "realm1.toml");
    EXPECT_TRUE(made.files[1].secret);
    const auto policy = loaded(made.files[0].text);
    const auto may = [&](const char* role, Action action, const char* uri) {
        return std::holds_alternative<Permit>(
            policy->decide({policy->role(role), "x", role}, {action, uri}));
    };
    EXPECT_TRUE(may("guest", Action::call, "com.app.x"));
    EXPECT_TRUE(may("guest", Action::call, "com.app"));
    EXPECT_FALSE(may("guest", Action::call, "com.app2"));
    EXPECT_FALSE(may("guest", Action::call, "com.app.secret"));
    EXPECT_TRUE(may("guest", Action::call, "com.any.ping"));
    EXPECT_TRUE(may("backend", Action::register_, "com.app.x"));
    EXPECT_FALSE(may("any", Action::call, "com.x"));
    EXPECT_EQ(
        texts(made),
        (std::vector<std::string>{
            "permission \"com.app.\" of role backend: Crossbar always discloses its callers or "
            "publishers; here they are disclosed only if they ask for it (disclose_me)",
            "role any was allowed to call every URI, which is not imported: name the "
            "prefixes (import --everything com.example.), or write a rule with match = \"prefix\" "
            "and uri = \"\"",
            "role dyn is authorized by a procedure: it has no rules here, and is allowed nothing "
            "(write the rules that the procedure applies)",
            "principal \"tom\" by wampcra has another way to log in already: this one is not "
            "imported (sallyport principal add)",
            "role guest, call, subscribe \"com.appx\": Crossbar allows it (\"com.app\"), here it "
            "is denied",
            "role guest, call, subscribe \"com.app.secretx\": Crossbar denies it, here it is "
            "allowed",
            "role any, call \"x\": Crossbar allows it, here it is denied"}));
    for (const ImportNote& note : made.notes)
        EXPECT_NE(made.files[0].text.find("# - " + note.text), std::string::npos);
    Diagnostics diagnostics;
    EXPECT_EQ(parse_principals(made.files[1].text, "p", diagnostics).list.size(), 3U);
    EXPECT_TRUE(diagnostics.empty());
    EXPECT_EQ(made.files[1].text.find("secret!!"), std::string::npos);
}

TEST_F(Import, OfAWildcardOfEmptyComponentsLoads) {
    const Imported made = imported(
        R"({"version":2,"workers":[{"type":"router","realms":[{"name":"r1","roles":[{"name":"a",)"
        R"("permissions":[{"uri":"...","match":"wildcard","allow":{"call":true}}]}]}]}]})");
    ASSERT_FALSE(made.files.empty());
    EXPECT_NE(loaded(made.files.front().text), nullptr);
}

TEST_F(Import, TakesPrefixesForEverything) {
    const Imported made = imported(config_text, {{"com.", "org."}, "inside"});
    const auto policy = loaded(made.files[0].text);
    EXPECT_TRUE(std::holds_alternative<Permit>(
        policy->decide({policy->role("any"), "x", "any"}, {Action::call, "org.x"})));
}

TEST_F(Import, KeepsClosedWhatAnExactPermissionHides) {
    const Imported made = imported(R"({"workers":[{"realms":[{"name":"r","roles":[{"name":"a",
        "permissions":[{"uri":"com.","match":"prefix","allow":{"call":true}},
                       {"uri":"com.app","match":"exact","allow":{"call":true}}]}]}]}]})");
    const auto policy = loaded(made.files[0].text);
    const auto may = [&](const char* uri) {
        return std::holds_alternative<Permit>(
            policy->decide({policy->role("a"), "x", "a"}, {Action::call, uri}));
    };
    EXPECT_TRUE(may("com.app"));
    EXPECT_FALSE(may("com.app.x"));
    EXPECT_TRUE(may("com.apple"));
    EXPECT_EQ(texts(made),
              std::vector<std::string>{"role a, call \"com.appx\": Crossbar denies it, here it is "
                                       "allowed"});
}

TEST_F(Import, NeverAllowsWhatIsNotToldOnRandomConfigurations) {
    wamp::Random random({8});
    int same = 0;
    int different = 0;
    for (int round = 0; round < 300; ++round) {
        std::string permissions;
        const auto uri = [&random] {
            std::string text;
            for (std::uint64_t i = 1 + random.below(3); i > 0; --i)
                text += std::string(text.empty() ? "" : ".") +
                        std::array{"a", "ab", "b"}[random.below(3)];
            return text;
        };
        for (std::uint64_t i = 1 + random.below(5); i > 0; --i) {
            std::string text = uri();
            const std::uint64_t match = random.below(3);
            if (match == 1 && random.below(2) == 0) text += '.';
            if (match == 2) text = "a.." + text;
            permissions += std::string(permissions.empty() ? "" : ",") + "{\"uri\":\"" + text +
                           "\",\"match\":\"" + std::array{"exact", "prefix", "wildcard"}[match] +
                           "\",\"allow\":{\"call\":" + (random.below(3) != 0 ? "true" : "false") +
                           "}}";
        }
        const std::string text =
            R"({"workers":[{"realms":[{"name":"r","roles":[{"name":"a","permissions":[)" +
            permissions + "]}]}]}]}";
        const auto config = read_crossbar(text, "c");
        ASSERT_TRUE(config.has_value());
        const CrossbarRole& role = config->realms[0].roles[0];
        const Imported made = imported(text);
        Diagnostics diagnostics;
        const PolicyFile file = parse_policy(made.files.at(0).text, "f", diagnostics);
        ASSERT_TRUE(diagnostics.empty()) << to_string(diagnostics.front());
        const auto policy = Compiler::compile(file, {true, {}, true}, "");
        ASSERT_TRUE(policy.has_value());
        ASSERT_TRUE(failed_tests(file, **policy).empty()) << made.files[0].text;
        for (int i = 0; i < 60; ++i) {
            const std::string asked = uri();
            const bool was = role.allows(Action::call, asked);
            const bool is = std::holds_alternative<Permit>(
                (*policy)->decide({(*policy)->role("a"), "x", "a"}, {Action::call, asked}));
            ++(was == is ? same : different);
            if (was == is) continue;
            const CrossbarPermission* decider = role.decider(asked);
            const auto kind = was ? ImportNote::Kind::narrower : ImportNote::Kind::wider;
            const bool told =
                std::any_of(made.notes.begin(), made.notes.end(), [&](const ImportNote& note) {
                    return note.kind == kind &&
                           note.permission == (decider == nullptr ? "" : decider->uri);
                });
            ASSERT_TRUE(told) << text << "\n" << asked << "\n" << made.files[0].text;
        }
    }
    EXPECT_GE(same, 10'000);
    EXPECT_GE(different, 100);
}

TEST_F(Import, LetsNobodyInWhomItDoesNotName) {
    const Imported made = imported(R"({"version":2,"workers":[{"type":"router",
      "realms":[{"name":"r","roles":[{"name":"op","permissions":[{"uri":"com.","match":"prefix","allow":{"call":true}}]}]}],
      "transports":[{"type":"rawsocket","endpoint":{"type":"unix","path":"s"},"auth":{"anonymous":{"type":"static","role":"op"}}},
                    {"type":"mqtt","options":{"realm":"r","role":"op"}}]}]})");
    EXPECT_EQ(made.files.at(0).text.find("\n[auth]\n"), std::string::npos) << made.files[0].text;
    ASSERT_EQ(made.notes.size(), 2U);
    EXPECT_EQ(made.notes[0].path, "workers[0].transports[0]");
    EXPECT_EQ(made.notes[1].path, "workers[0].transports[1]");
}

TEST_F(Import, WritesNoFileTwice) {
    const Imported made = imported(R"({"version":2,"workers":[{"type":"router","realms":[
        {"name":"a,b","roles":[]},{"name":"a;b","roles":[]}]}]})");
    EXPECT_EQ(made.files.size(), 1U);
    ASSERT_EQ(made.notes.size(), 1U);
    EXPECT_EQ(made.notes[0].path, "workers[0].realms[1]");
}

TEST_F(Import, GivesNoRuleToTheGatewaysOwnRole) {
    const Imported made = imported(R"({"version":2,"workers":[{"type":"router","realms":[
        {"name":"r","roles":[{"name":"gateway","permissions":[{"uri":"a","match":"exact","allow":{"call":true}}]}]}]}]})");
    EXPECT_EQ(made.files.at(0).text.find("[[allow]]"), std::string::npos);
    EXPECT_EQ(made.notes.size(), 1U);
}

TEST_F(Import, PrintsOrHandsOverTheFiles) {
    wamp::Random random({1});
    const std::string path = file("config.json", config_text);
    std::vector<ImportedFile> files;
    EXPECT_EQ(import_file({path, {}, true}, random, files, to_), 1);
    EXPECT_TRUE(files.empty());
    EXPECT_TRUE(out().starts_with("# Imported from a Crossbar configuration, realm \"realm1\".\n"));
    EXPECT_EQ(out().find("wampcra = "), std::string::npos);
    EXPECT_NE(err().find("narrower: config.json: workers[0].realms[0].roles[1].permissions[0]: "
                         "realm realm1: role guest, call, subscribe \"com.appx\""),
              std::string::npos)
        << err();
    out_.str("");
    EXPECT_EQ(import_file({path, {}, false}, random, files, json_), 1);
    EXPECT_EQ(files.size(), 2U);
    EXPECT_TRUE(out().starts_with(
        R"({"files":[{"name":"realm1.toml"},{"name":"realm1.principals.toml"}],"differences":[)"))
        << out();
    EXPECT_EQ(import_file({file("no.json", "{"), {}, false}, random, files, to_), 2);
}

}  // namespace
}  // namespace sallyport::policy
