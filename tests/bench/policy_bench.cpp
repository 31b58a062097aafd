// Nanoseconds of CPU per decision with 10,000 rules, and what loading them costs. Prints a table;
// judges nothing.
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

#include "policy/compile.h"
#include "policy/file.h"

namespace {

using namespace sallyport;
using policy::Action;
using wamp::MatchPolicy;

constexpr int rules = 10'000;
constexpr int rounds = 200;

std::string policy_text() {
    std::string text =
        "realm = \"bench\"\n[[route]]\nid = \"all\"\nmatch = \"prefix\"\nuri = \"\"\nto = "
        "\"inside\"\n";
    for (int i = 0; i < rules; ++i) {
        const std::string number = std::to_string(i);
        const bool prefix = i % 2 == 1;
        text += i % 10 == 0 ? "[[forbid]]\n" : "[[allow]]\n";
        text += "id = \"rule-" + number + "\"\nroles = [\"" + (i % 3 == 0 ? "*" : "operator") +
                "\"]\nactions = [\"call\", \"subscribe\"]\nmatch = \"" +
                (prefix ? "prefix" : "exact") + "\"\nuri = \"site.line" + std::to_string(i % 100) +
                ".device" + number + (prefix ? "." : ".run") + "\"\n";
    }
    return text;
}

struct Question {
    const char* name;
    std::vector<std::string> uris;
    MatchPolicy match;
};

std::vector<Question> questions() {
    std::vector<Question> all{{"exact rule", {}, MatchPolicy::exact},
                              {"prefix rule", {}, MatchPolicy::exact},
                              {"forbidden", {}, MatchPolicy::exact},
                              {"no rule", {}, MatchPolicy::exact},
                              {"prefix pattern", {}, MatchPolicy::prefix},
                              {"wildcard pattern", {}, MatchPolicy::wildcard},
                              {"512 components", {}, MatchPolicy::exact}};
    for (int i = 0; i < rules; ++i) {
        const std::string device =
            "site.line" + std::to_string(i % 100) + ".device" + std::to_string(i);
        if (i % 10 == 0) {
            all[2].uris.push_back(device + ".run");
        } else if (i % 2 == 0) {
            all[0].uris.push_back(device + ".run");
        } else {
            all[1].uris.push_back(device + ".motor.speed");
            all[4].uris.push_back(device + ".motor.");
            all[5].uris.push_back(device + "..speed");
        }
        all[3].uris.push_back("other." + device + ".run");
    }
    std::string deep = "site";
    while (deep.size() + 2 <= wamp::uri_bytes_max) deep += ".x";
    all[6].uris.assign(100, deep);
    return all;
}

// Of CPU time: other programs on the machine do not count.
double seconds() {
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

}  // namespace

int main() {
    const std::string text = policy_text();
    const double start = seconds();
    policy::Diagnostics diagnostics;
    const policy::PolicyFile file = policy::parse_policy(text, "bench.toml", diagnostics);
    const double read = seconds() - start;
    const auto compiled = policy::Compiler::compile(file, {false, {}, true}, "");
    if (!diagnostics.empty() || !compiled) {
        std::fputs("the policy does not load\n", stderr);
        return 1;
    }
    const policy::RealmPolicy& realm = **compiled;
    std::printf("%d rules, %zu KiB: read in %.0f ms, compiled in %.0f ms\n", rules,
                text.size() / 1024, read * 1e3, (seconds() - start - read) * 1e3);
    std::printf("%-20s %12s %10s\n", "decision", "ns", "allowed");
    const policy::RoleIndex role = realm.role("operator");
    for (const Question& question : questions()) {
        std::size_t allowed = 0;
        const double begin = seconds();
        for (int round = 0; round < rounds; ++round) {
            for (const std::string& uri : question.uris) {
                const policy::Decision decision =
                    realm.decide({role}, {Action::subscribe, uri, question.match});
                allowed += std::holds_alternative<policy::Permit>(decision) ? 1U : 0U;
            }
        }
        const double count = static_cast<double>(question.uris.size()) * rounds;
        std::printf("%-20s %12.0f %9.0f%%\n", question.name, (seconds() - begin) * 1e9 / count,
                    static_cast<double>(allowed) * 100 / count);
    }
    return 0;
}
