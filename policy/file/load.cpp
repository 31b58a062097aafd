#include "policy/file/load.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <utility>
#include <vector>

#include "policy/auth/principals.h"
#include "policy/crypto/hash.h"
#include "policy/document/document.h"
#include "policy/file/auth_check.h"
#include "policy/file/compile.h"
#include "policy/file/file.h"
#include "policy/file/inline_test.h"

namespace sallyport::policy {
namespace {

namespace fs = std::filesystem;

std::string octal(fs::perms permissions) {
    auto bits = static_cast<unsigned>(permissions) & 0777U;
    std::string text;
    for (int digit = 0; digit < 3; ++digit, bits >>= 3U)
        text.insert(text.begin(), static_cast<char>('0' + (bits & 7U)));
    return "0" + text;
}

// Quoted as a word of a shell command.
std::string shell_word(const std::string& path) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("/._-+:@").find(c) != std::string_view::npos;
    };
    bool all_plain = true;
    std::string word = "'";
    for (const char c : path) {
        all_plain = all_plain && plain(c);
        word += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return all_plain ? path : word + "'";
}

void append(Diagnostics& to, Diagnostics from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

// Whether all errors are before the routes, rules and tests of the file.
bool rules_are_sound(const PolicyFile& file, const Diagnostics& diagnostics) {
    std::size_t first = std::numeric_limits<std::size_t>::max();
    const auto look = [&](const auto& parts) {
        for (const auto& part : parts) {
            if (part.place.file == file.file)
                first = std::min(first, static_cast<std::size_t>(part.place.line));
        }
    };
    look(file.routes);
    look(file.rules);
    look(file.tests);
    return std::all_of(diagnostics.begin(), diagnostics.end(), [&](const Diagnostic& one) {
        return one.place.file == file.file && static_cast<std::size_t>(one.place.line) < first;
    });
}

/// A principals file, or what there is instead.
struct Joiners {
    Principals principals;
    Roster roster;
};

Joiners read_principals(const PolicyFile& file, const LoadOptions& options,
                        Diagnostics& diagnostics) {
    const std::string path =
        (fs::path(file.file).parent_path() / file.auth.principals).lexically_normal().string();
    const auto text = options.read(path, true);
    if (!text) {
        Diagnostic diagnostic = text.error();
        if (diagnostic.place.line == 0) {
            diagnostic.text = path + ": " + diagnostic.text;
            diagnostic.place = file.auth.principals_place;
        }
        diagnostics.push_back(std::move(diagnostic));
        return {};
    }
    if (options.rosters) {
        if (auto roster = Roster::parse(*text)) return {{}, *std::move(roster)};
        diagnostics.push_back({{path, 0, 0}, "is not a roster", "apply the policy again"});
        return {};
    }
    Principals principals = parse_principals(*text, path, diagnostics);
    Roster roster = Roster::of(principals, *text);
    return {std::move(principals), std::move(roster)};
}

}  // namespace

wamp::Result<std::string, Diagnostic> read_file(const std::string& path, bool secret) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    const Place place{path, 0, 0};
    if (!fs::exists(status)) return Diagnostic{place, "there is no such file", "check the path"};
    if (error)
        return Diagnostic{place, "cannot be read: " + error.message(), "check its permissions"};
    if (!fs::is_regular_file(status)) return Diagnostic{place, "is not a file", "check the path"};
    constexpr fs::perms others = fs::perms::group_all | fs::perms::others_all;
    if (secret && (status.permissions() & others) != fs::perms::none) {
        return Diagnostic{place,
                          "is accessible to other users (mode " + octal(status.permissions()) +
                              ") and contains secrets",
                          "run: chmod 600 " + shell_word(path)};
    }
    if (fs::file_size(path, error) > document_bytes_max || error) {
        return Diagnostic{place, "is larger than 4 MiB", "split it"};
    }
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if (!in.is_open() || in.bad()) {
        const int reason = errno;
        return Diagnostic{
            place, "cannot be read: " + std::error_code(reason, std::generic_category()).message(),
            "check its owner and permissions"};
    }
    return text;
}

wamp::Result<LoadedRealm, Diagnostics> load_realm(const std::string& path,
                                                  const LoadOptions& options) {
    const auto text = options.read(path, false);
    if (!text) return Diagnostics{text.error()};
    Diagnostics diagnostics;
    std::string hashed = *text;
    const ReadInclude read_include = [&](const std::string& included) {
        auto read = options.read(included, false);
        if (read) hashed += '\0' + *read;
        return read;
    };
    PolicyFile file = parse_policy(*text, path, diagnostics, read_include);
    if (!file.is_toml) return diagnostics;
    const bool sound = diagnostics.empty();
    Joiners joiners;
    if (options.read_principals && !file.auth.principals.empty()) {
        joiners = read_principals(file, options, diagnostics);
        hashed += joiners.roster.id();
    }
    const CompileOptions compile{options.routes_required, options.backends, options.any_backend};
    auto policy = Compiler::compile(file, compile, crypto::sha256_hex(hashed));
    if (!policy) {
        append(diagnostics, policy.error());
    } else if (auto wrong = check_dynamic(file.auth, **policy);
               wrong && (sound || rules_are_sound(file, diagnostics))) {
        diagnostics.push_back(*std::move(wrong));
    } else if (sound && options.run_tests) {
        append(diagnostics, failed_tests(file, **policy));
    }
    if (!diagnostics.empty()) {
        sort(diagnostics);
        return diagnostics;
    }
    const std::size_t tests = options.run_tests ? file.tests.size() : 0;
    return LoadedRealm{
        *std::move(policy),
        JoinTerms::make(file.auth, std::move(joiners.roster)),
        options.rosters ? nullptr : Authenticator::make(file.auth, joiners.principals),
        joiners.principals.list.size(),
        tests,
        std::move(file)};
}

}  // namespace sallyport::policy
