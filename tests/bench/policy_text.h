#pragma once

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "policy/file/compile.h"
#include "policy/file/file.h"

namespace sallyport::bench {

inline constexpr int rules = 10'000;

inline std::string device(int i) {
    return "site.line" + std::to_string(i % 100) + ".device" + std::to_string(i);
}

/// Of each ten: a forbid, four exact, three prefix, a wildcard and a placeholder, some with
/// conditions. `actions` as in TOML; without rule number `without` of each second ten, where that
/// is not negative.
inline std::string policy_text(std::string_view actions, int without = -1) {
    std::string text =
        "realm = \"bench\"\n[auth]\nanonymous = { role = \"operator\" }\n[[route]]\nid = "
        "\"all\"\nmatch = \"prefix\"\n"
        "uri = \"\"\nto = \"inside\"\n";
    for (int i = 0; i < rules; ++i) {
        const int kind = i % 10;
        if (kind == without && i / 10 % 2 == 0) continue;
        const char* match = kind == 8 ? "wildcard" : kind >= 5 && kind <= 7 ? "prefix" : "exact";
        const std::string uri = kind == 8   ? device(i) + "..speed"
                                : kind == 9 ? device(i) + ".${authid}"
                                : kind >= 5 ? device(i) + "."
                                            : device(i) + ".run";
        text += kind == 0 ? "[[forbid]]\n" : "[[allow]]\n";
        text += "id = \"rule-" + std::to_string(i) + "\"\nroles = [\"" +
                (i % 3 == 0 ? "*" : "operator") + "\"]\nactions = [" + std::string(actions) +
                "]\nmatch = \"" + match + "\"\nuri = \"" + uri + "\"\n";
        if (kind == 1 && actions == "\"call\"")
            text +=
                "where = [{ arg = 0, type = \"number\", min = 0, max = 90 }, { kwarg = \"mode\", "
                "one_of = [\"slow\", \"fast\"] }]\n";
    }
    return text;
}

inline policy::PolicyFile parsed(std::string_view text) {
    policy::Diagnostics diagnostics;
    policy::PolicyFile file = policy::parse_policy(text, "bench.toml", diagnostics);
    if (diagnostics.empty()) return file;
    std::fputs("the policy does not load\n", stderr);
    std::exit(1);
}

inline std::shared_ptr<const policy::RealmPolicy> compiled(const policy::PolicyFile& file,
                                                           std::string_view hash) {
    const auto made = policy::Compiler::compile(file, {false, {}, true}, hash);
    if (made) return *made;
    std::fputs("the policy does not compile\n", stderr);
    std::exit(1);
}

}  // namespace sallyport::bench
