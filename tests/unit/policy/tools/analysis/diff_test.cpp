#include "policy/tools/analysis/diff.h"

#include <map>

#include "policy/file/inline_test.h"
#include "tests/unit/policy/tools/random_policy.h"
#include "tests/unit/policy/tools/support.h"
#include "wamp/codec/codec.h"

namespace sallyport::policy {
namespace {

using Diff = ToolTest;
using Policy = std::shared_ptr<const RealmPolicy>;

constexpr const char* two_rules = R"(realm = "r"
[[allow]]
id = "drive"
roles = ["operator"]
actions = ["call"]
uri = ["lab.slew", "lab.park"]
where = [{ arg = 0, type = "integer", min = 0, max = 90 }]
[[allow]]
id = "watch"
roles = ["*"]
actions = ["subscribe"]
match = "prefix"
uri = "lab.events."
limits = { rate = "5/s" }
)";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    text.replace(text.find(from), from.size(), to);
    return text;
}

TEST_F(Diff, OfTheSameInAnotherLayoutIsNothing) {
    const std::string a = file("a.toml", two_rules);
    const std::string b = file(
        "b.toml", replaced(two_rules, "[\"lab.slew\", \"lab.park\"]", "['lab.park', 'lab.slew']"));
    EXPECT_EQ(diff(a, b, to_), 0);
    EXPECT_EQ(out(), "no difference\n");
}

TEST_F(Diff, ShowsAMessageForEachChange) {
    const std::string a = file("a.toml", two_rules);
    const std::string b = file(
        "b.toml",
        replaced(replaced(two_rules, "max = 90", "max = 91"), "rate = \"5/s\"", "rate = \"6/s\"") +
            "[[forbid]]\nid = \"no\"\nroles = [\"guest\"]\nactions = [\"subscribe\"]\nuri = "
            "\"lab.events.fault\"\n[auth]\nanonymous = { role = \"guest\" }\n");
    EXPECT_EQ(diff(a, b, to_), 1);
    EXPECT_EQ(
        out(),
        "role of anonymous: none before, \"guest\" after\n"
        "call \"lab.park\" as anna:operator with args [91]\n"
        "  before: deny: the arguments do not meet the rule's conditions; rule drive (a.toml:2:1)\n"
        "  after:  allow drive (b.toml:2:1) by route local\n"
        "  roles:  operator\n"
        "subscribe \"lab.events.x\" as anna:somebody\n"
        "  before: allow watch (a.toml:8:1) by route local; limits: rate 5/s\n"
        "  after:  allow watch (b.toml:8:1) by route local; limits: rate 6/s\n"
        "  roles:  all others\n"
        "subscribe \"lab.events.fault\" as anna:guest\n"
        "  before: allow watch (a.toml:8:1) by route local\n"
        "  after:  forbid no (b.toml:15:1)\n"
        "  roles:  guest\n"
        "4 differences\n");
    out_.str("");
    EXPECT_EQ(diff(a, b, json_), 1);
    EXPECT_TRUE(out().starts_with(
        R"({"differences":[{"action":"call","uri":"lab.park","authid":"anna","role":"operator","args":[91],)"))
        << out();
}

TEST_F(Diff, ShowsHowEventsAreDelivered) {
    const std::string watch =
        "realm = \"r\"\n[[allow]]\nid = \"watch\"\nroles = [\"*\"]\nactions = [\"subscribe\", "
        "\"call\"]\nuri = \"lab.x\"\n";
    const std::string latest = watch + "deliver = \"latest\"\n";
    const std::string a = file("a.toml", watch);
    const std::string b = file("b.toml", latest);
    EXPECT_EQ(diff(a, b, to_), 1);
    EXPECT_EQ(out(),
              "subscribe \"lab.x\" as anna:somebody\n"
              "  before: allow watch (a.toml:2:1) by route local; events: all\n"
              "  after:  allow watch (b.toml:2:1) by route local; events: latest\n"
              "  roles:  all others\n"
              "1 difference\n");
    for (const char* other :
         {"key = { arg = 0 }\n", "key = { kwarg = \"a\" }\n", "rate = \"2/s\"\n"})
        EXPECT_EQ(diff(b, file("c.toml", latest + other), to_), 1) << other;
    EXPECT_EQ(diff(file("c.toml", latest + "key = { arg = 0 }\n"),
                   file("d.toml", latest + "key = { arg = 1 }\n"), to_),
              1);
    EXPECT_EQ(diff(a, file("c.toml", watch + "deliver = \"all\"\n"), to_), 0);
}

TEST_F(Diff, ShowsEachOfSeveralChangesOfOneRule) {
    const std::string old_text = R"(realm = "r"
[[allow]]
id = "c"
roles = ["op"]
actions = ["call"]
uri = ["lab.slew"]
where = [
    { arg = 0, type = "number", min = 1, max = 9 },
    { kwarg = "m", one_of = ["x", "y"] },
    { kwargs = true, max_length = 3, max_depth = 2 },
]
)";
    const std::string a = file("a.toml", old_text);
    const std::string b =
        file("b.toml", replaced(replaced(replaced(replaced(old_text, "\"lab.slew\"",
                                                           "\"lab.slew\", \"lab.go\", \"lab.by\""),
                                                  "max = 9", "max = 99"),
                                         "\"y\"]", "\"y\", \"danger\", \"worse\"]"),
                                "max_length = 3, max_depth = 2", "max_length = 2, max_depth = 1"));
    EXPECT_EQ(diff(a, b, to_), 1);
    const std::string told = out();
    for (const char* part : {"args [10]", "\"danger\"", "\"worse\"", "\"lab.go\"", "\"lab.by\"",
                             "\"pad\":[", "\"pad_k1\""})
        EXPECT_NE(told.find(part), std::string::npos) << part << " in\n" << told;
    EXPECT_NE(told.find("\n7 differences\n"), std::string::npos) << told;
}

TEST_F(Diff, TellsWhatChangesInWhoMayJoin) {
    PolicyFile before;
    before.realm = "r";
    PolicyFile after = before;
    EXPECT_TRUE(other_differences(before, after).empty());
    after.realm = "s";
    after.auth.methods.emplace().add(Method::cryptosign);
    after.auth.failures.per_circuit = 3;
    after.auth.dynamic.emplace().procedure = "com.auth";
    after.auth.dynamic->methods.add(Method::ticket);
    EXPECT_EQ(other_differences(before, after),
              (std::vector<std::string>{
                  "realm: \"r\" before, \"s\" after", "methods: none before, \"cryptosign\" after",
                  "failures: \"5 per circuit, then a wait of 1m\" before, \"3 per circuit, then a "
                  "wait of 1m\" after",
                  "dynamic authenticator: none before, \"com.auth within 5s by ticket\" after"}));
}

TEST_F(Diff, TellsOfErrorsInEitherFile) {
    const std::string a = file("a.toml", "realm 1\n");
    const std::string b = file("b.toml", "x = 1\n");
    EXPECT_EQ(diff(a, b, to_), 2);
    EXPECT_NE(err().find("a.toml:1:7"), std::string::npos);
    EXPECT_NE(err().find("b.toml:1:1"), std::string::npos);
}

// --- brute force on a bounded universe ---------------------------------------------------------

// What both sides of a comparison come down to, made here anew.
struct Seen {
    const RuleInfo* rule = nullptr;    ///< that decides
    const RouteInfo* route = nullptr;  ///< of what is allowed
    bool too_big = false;
};

Seen look(const RealmPolicy& policy, const Subject& subject, const Question& question) {
    Seen seen;
    const Decision decision = policy.decide(subject, question);
    if (const auto* denial = std::get_if<Denial>(&decision)) {
        seen.too_big = denial->reason == Denial::Reason::payload_too_big;
        if (denial->reason == Denial::Reason::forbidden || seen.too_big)
            seen.rule = &policy.rule(denial->rule);
        return seen;
    }
    const auto& permit = std::get<Permit>(decision);
    seen.rule = &policy.rule(permit.rule());
    seen.route = &policy.route(permit.route());
    return seen;
}

bool bound_alike(const Limits& a, const Limits& b, Action action) {
    if (a.rate_per_s != b.rate_per_s) return false;
    return action != Action::call ||
           (a.payload_bytes == b.payload_bytes && a.circuit.in_flight == b.circuit.in_flight);
}

bool led_alike(const RouteInfo& a, const RouteInfo& b, const Question& question) {
    const auto target = [&question](const RouteInfo& route) {
        const bool rewritten = route.rewrite && question.uri.starts_with(route.prefix);
        const std::string_view head = rewritten ? std::string_view(*route.rewrite) : "";
        return std::pair(head, question.uri.substr(rewritten ? route.prefix.size() : 0));
    };
    return a.backends == b.backends && target(a) == target(b) &&
           (question.action != Action::call || a.idempotent == b.idempotent);
}

// The name of a change; "" for none.
std::string change(const Seen& before, const Seen& after, const Question& question) {
    std::string parts;
    if (before.route != nullptr && after.route != nullptr) {
        if (!bound_alike(before.rule->limits, after.rule->limits, question.action))
            parts += " limits";
        if (!(before.rule->grants == after.rule->grants)) parts += " grants";
        if (question.action == Action::subscribe && before.rule->delivery != after.rule->delivery)
            parts += " events";
        if (!led_alike(*before.route, *after.route, question)) parts += " route";
    } else if (before.route != after.route || before.too_big != after.too_big) {
        parts = " decision";
    }
    const auto id = [](const Seen& seen) { return seen.rule == nullptr ? "" : seen.rule->id; };
    return parts.empty() ? "" : id(before) + " " + id(after) + parts;
}

std::vector<std::string> uris() {
    const std::array parts{"a", "b", "z", "q"};
    std::vector<std::string> all;
    std::vector<std::string> level{""};
    for (int depth = 0; depth < 3; ++depth) {
        std::vector<std::string> next;
        for (const std::string& head : level) {
            // No pattern has a third component, so that there one is as good as another.
            for (const char* part : parts) {
                if (depth < 2 || std::string_view(part) == "a")
                    next.push_back(head.empty() ? part : head + "." + part);
            }
        }
        all.insert(all.end(), next.begin(), next.end());
        level = std::move(next);
    }
    return all;
}

struct Message {
    wamp::OwnedPayload payload;
    std::size_t bytes = 0;
    bool opaque = false;
};

std::vector<Message> messages() {
    std::vector<Message> all;
    const auto add = [&all](const wamp::List& args) {
        Message message{wamp::make_payload(wamp::Serializer::json, args), 0, false};
        message.bytes = 3;
        all.push_back(message);
        message.bytes = 11;
        all.push_back(message);
    };
    add({});
    const std::array<wamp::Value, 4> values{0, 1, 3, "s"};
    for (const wamp::Value& first : values) {
        add({first});
        for (const wamp::Value& second : values) add({first, second});
    }
    all.push_back({{}, 3, true});
    all.push_back({{}, 11, true});
    return all;
}

class Universe {
public:
    // "a" and "b" are named by rules, everybody else is nobody.
    static constexpr std::array roles{"a", "b", "z", "z.z"};
    static constexpr std::array authids{"a", "b", "q", "q.q"};

    std::map<std::string, std::string> changes(const RealmPolicy& before,
                                               const RealmPolicy& after) const {
        std::map<std::string, std::string> found;
        for (const char* role : roles) {
            for (const char* authid : authids) {
                for (const std::string& uri : uris_) ask(before, after, role, authid, uri, found);
            }
        }
        return found;
    }

private:
    void ask(const RealmPolicy& before, const RealmPolicy& after, const char* role,
             const char* authid, const std::string& uri,
             std::map<std::string, std::string>& found) const {
        const auto compare = [&](const Question& question) {
            const std::string what =
                change(look(before, {before.role(role), authid, role}, question),
                       look(after, {after.role(role), authid, role}, question), question);
            if (what.empty()) return;
            found.try_emplace(std::string(to_string(question.action)) + " " + role + " " + what,
                              uri + " as " + authid);
        };
        compare({Action::subscribe, uri});
        for (const Message& message : messages_) {
            const wamp::Payload payload = message.payload.view();
            compare({Action::call, uri, wamp::MatchPolicy::exact, message.bytes,
                     message.opaque ? nullptr : &payload, message.opaque});
        }
    }

    std::vector<std::string> uris_ = uris();
    std::vector<Message> messages_ = messages();
};

std::string name_of(const Difference& difference, const RealmPolicy& before,
                    const RealmPolicy& after) {
    const wamp::Payload payload = difference.arguments.payload.view();
    const bool opaque = difference.arguments.opaque;
    const Question question{difference.action,           difference.uri,
                            wamp::MatchPolicy::exact,    difference.arguments.bytes,
                            opaque ? nullptr : &payload, opaque};
    const auto& [authid, role] = std::tie(difference.authid, difference.role);
    return change(look(before, {before.role(role), authid, role}, question),
                  look(after, {after.role(role), authid, role}, question), question);
}

bool covers(const Difference& difference, const std::string& role) {
    return difference.others || std::find(difference.roles.begin(), difference.roles.end(), role) !=
                                    difference.roles.end();
}

TEST(DiffAgainstBruteForce, MissesNothingAndInventsNothing) {
    const Universe universe;
#ifdef NDEBUG
    constexpr std::uint64_t worlds = 2000;
#else
    constexpr std::uint64_t worlds = 60;
#endif
    int compared = 0;
    int different = 0;
    std::size_t changes = 0;
    for (std::uint64_t seed = 0; seed < worlds; ++seed) {
        RandomPolicies random(seed);
        const PolicyFile before = random.file();
        const PolicyFile after = seed % 5 == 0 ? random.file() : random.changed(before);
        const auto old = Compiler::compile(before, {false, {}, true}, "");
        const auto fresh = Compiler::compile(after, {false, {}, true}, "");
        if (!old || !fresh) continue;
        ++compared;
        const auto found = differences({before, **old}, {after, **fresh});
        std::set<std::string> told;
        for (const Difference& difference : found) {
            const std::string name = name_of(difference, **old, **fresh);
            ASSERT_NE(name, "") << "seed " << seed << ": nothing changes for "
                                << to_string(difference.action) << " " << difference.uri;
            for (const char* role : Universe::roles) {
                if (covers(difference, role))
                    told.insert(std::string(to_string(difference.action)) + " " + role + " " +
                                name);
            }
        }
        const auto due = universe.changes(**old, **fresh);
        for (const auto& [name, witness] : due) {
            ASSERT_TRUE(told.contains(name))
                << "seed " << seed << " misses " << name << ", as " << witness;
        }
        ASSERT_EQ(found.empty(), due.empty()) << "seed " << seed;
        different += due.empty() ? 0 : 1;
        changes += due.size();
    }
    EXPECT_GE(compared, static_cast<int>(worlds) / 2);
    EXPECT_GE(different, compared / 3);
    EXPECT_GE(changes, worlds / 2);
}

}  // namespace
}  // namespace sallyport::policy
