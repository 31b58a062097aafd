#include "tests/layout/includes.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <span>
#include <utility>

namespace sallyport::layout {
namespace {

using Names = std::vector<std::string_view>;

struct Arrow {
    std::string_view folder;
    Names may_include;
};

// The architecture: exactly one row per folder, lowest layer first. A folder may always include
// itself.
const std::vector<Arrow>& arrows() {
    static const std::vector<Arrow> table = {
        {"wamp/base", {}},
        {"wamp/message", {"wamp/base"}},
        {"wamp/flow", {"wamp/base"}},
        {"wamp/codec", {"wamp/base", "wamp/message"}},
        {"wamp/session", {"wamp/base", "wamp/message"}},
        {"wamp/router", {"wamp/base", "wamp/message", "wamp/flow", "wamp/session"}},
        {"wamp/framing", {"wamp/base", "wamp/message"}},
        {"wamp/net", {"wamp/base", "wamp/message", "wamp/flow", "wamp/framing"}},
        {"policy/document", {"wamp/base"}},
        {"policy/crypto", {"wamp/base"}},
        {"policy/engine", {"wamp/base", "wamp/message", "wamp/codec", "policy/document"}},
        {"policy/auth",
         {"wamp/base", "wamp/message", "wamp/codec", "policy/document", "policy/crypto",
          "policy/engine"}},
        {"policy/file",
         {"wamp/base", "wamp/message", "wamp/codec", "policy/document", "policy/crypto",
          "policy/engine", "policy/auth"}},
        {"policy/audit", {"wamp/base", "policy/engine"}},
        {"policy/door",
         {"wamp/base", "wamp/message", "wamp/codec", "wamp/session", "policy/crypto",
          "policy/engine", "policy/auth", "policy/audit"}},
        {"policy/meta",
         {"wamp/base", "wamp/message", "wamp/codec", "policy/engine", "policy/door"}},
        {"policy/gate",
         {"wamp/base", "wamp/message", "wamp/session", "policy/door", "policy/meta"}},
        {"policy/tools", {"policy/document", "policy/file"}},
        {"policy/tools/edit",
         {"wamp/base", "wamp/codec", "policy/document", "policy/crypto", "policy/auth",
          "policy/file", "policy/tools"}},
        {"policy/tools/analysis",
         {"wamp/base", "wamp/message", "wamp/codec", "policy/document", "policy/engine",
          "policy/auth", "policy/file", "policy/tools", "policy/tools/edit"}},
        {"policy/tools/import",
         {"wamp/base", "policy/document", "policy/crypto", "policy/engine", "policy/auth",
          "policy/file", "policy/tools", "policy/tools/edit"}},
        {"backend-link/link", {"wamp/base", "wamp/message", "wamp/session"}},
        {"backend-link/bridge",
         {"wamp/base", "wamp/message", "wamp/flow", "wamp/codec", "wamp/session", "policy/engine",
          "policy/door", "backend-link/link"}},
        {"backend-link/inside",
         {"wamp/base", "wamp/message", "wamp/codec", "wamp/flow", "wamp/session", "wamp/router",
          "policy/door", "policy/gate", "backend-link/link"}},
        {"gateway/tor", {}},
        {"gateway/doctor", {}},
        {"gateway/supervision", {"wamp/base"}},
        {"gateway/front",
         {"wamp/base", "wamp/message", "wamp/flow", "wamp/codec", "wamp/session", "policy/door",
          "policy/gate", "backend-link/link", "backend-link/bridge"}},
        {"gateway/host", {"wamp/base", "policy/document", "backend-link/link"}},
        {"gateway/config",
         {"wamp/base", "wamp/message", "wamp/codec", "wamp/session", "wamp/net", "policy/document",
          "policy/auth", "policy/file", "backend-link/link", "gateway/tor", "gateway/host"}},
        {"gateway/audit", {"wamp/base", "policy/audit", "gateway/host", "gateway/config"}},
        {"gateway/metrics", {"wamp/base", "policy/audit", "policy/door", "backend-link/link"}},
        {"gateway/admin",
         {"wamp/base", "policy/tools", "backend-link/link", "gateway/supervision", "gateway/host",
          "gateway/config"}},
        {"gateway/page", {"policy/crypto", "policy/tools", "gateway/admin"}},
        {"gateway/programs",
         {"wamp/base", "wamp/flow", "wamp/session", "wamp/net", "policy/auth", "policy/file",
          "policy/door", "backend-link/link", "backend-link/inside", "gateway/tor",
          "gateway/supervision", "gateway/front", "gateway/host", "gateway/config", "gateway/audit",
          "gateway/metrics", "gateway/admin"}},
        {"gateway/client",
         {"wamp/base", "wamp/message", "wamp/codec", "wamp/session", "wamp/framing", "wamp/net",
          "policy/crypto", "backend-link/link", "gateway/host"}},
        {"gateway/cli",
         {"wamp/base", "policy/document", "policy/crypto", "policy/auth", "policy/file",
          "policy/tools", "policy/tools/edit", "policy/tools/analysis", "policy/tools/import",
          "backend-link/link", "gateway/host", "gateway/tor", "gateway/doctor", "gateway/config",
          "gateway/admin", "gateway/page", "gateway/client", "gateway/programs"}},
    };
    return table;
}

struct Home {
    std::string_view include_prefix;
    Names places;  // folders, or single files
};

constexpr std::string_view any_net = "*/net";

// The first prefix that fits decides. What has a slash in its name and is not here has no home.
const std::vector<Home>& homes() {
    static const Names outside = {any_net,          "gateway/host",  "gateway/config",
                                  "gateway/audit",  "gateway/admin", "gateway/programs",
                                  "gateway/client", "gateway/cli"};
    static const std::vector<Home> table = {
        {"boost/system/", {"wamp/base", any_net}},
        {"boost/unordered/", {"wamp/base", "policy/door"}},
        {"boost/asio",
         {any_net, "gateway/host", "gateway/audit", "gateway/admin", "gateway/programs",
          "gateway/client"}},
        {"boost/beast", {any_net}},
        {"openssl/", {"policy/crypto", any_net}},
        {"argon2.h", {"policy/crypto"}},
        {"toml++/", {"policy/document"}},
        {"toml.hpp", {"policy/document"}},
        {"CLI/", {"gateway/cli/arguments.cpp"}},
        {"qrencode.h", {"gateway/cli/qr_code.cpp"}},
        {"prometheus/", {"gateway/metrics"}},
        {"spdlog/", {"gateway/host"}},
        {"fmt/", {"gateway/host"}},
        {"systemd/", {"gateway/host"}},
        {"seccomp.h", {"gateway/host"}},
        {"gtest/", {}},
        // Never on the path of a message.
        {"nlohmann/",
         {"policy/tools", "policy/tools/edit", "policy/tools/analysis", "policy/tools/import",
          "gateway/admin", "gateway/cli/check_command.cpp", "gateway/config/policy_version.cpp",
          "gateway/host/log_format.cpp"}},
        // The world outside: only the shell touches it.
        {"sys/", outside},
        {"linux/", outside},
        {"netinet/", outside},
        {"arpa/", {any_net, "gateway/host", "wamp/framing", "backend-link/link"}},
        {"net/", outside},
        {"netdb.h", outside},
        {"unistd.h", outside},
        {"fcntl.h", outside},
        {"poll.h", outside},
        {"pthread.h", outside},
        {"signal.h", outside},
        {"csignal", outside},
        {"time.h", outside},
        {"ctime", outside},
        {"thread", outside},
        {"mutex", outside},
        {"shared_mutex", outside},
        {"condition_variable", outside},
        {"future", outside},
        {"atomic", outside},
        {"random", outside},
        {"iostream", outside},
        // Files are read where a policy is loaded, which is at the start or on a reload, never on
        // the path of a message.
        {"fstream",
         {"policy/file/load.cpp", any_net, "gateway/host", "gateway/config", "gateway/programs",
          "gateway/cli"}},
        {"filesystem",
         {"policy/file/load.cpp", any_net, "gateway/host", "gateway/config", "gateway/programs",
          "gateway/cli"}},
    };
    return table;
}

struct Include {
    std::size_t line;
    bool quoted;
    std::string_view path;
};

std::string_view trim_left(std::string_view text) {
    const auto start = text.find_first_not_of(" \t");
    return start == std::string_view::npos ? std::string_view{} : text.substr(start);
}

std::optional<Include> parse_include(std::string_view line, std::size_t number) {
    line = trim_left(line);
    if (!line.starts_with('#')) return std::nullopt;
    line = trim_left(line.substr(1));
    if (!line.starts_with("include")) return std::nullopt;
    line = trim_left(line.substr(7));
    if (line.empty() || (line.front() != '"' && line.front() != '<')) return std::nullopt;
    const bool quoted = line.front() == '"';
    const auto end = line.find(quoted ? '"' : '>', 1);
    if (end == std::string_view::npos) return std::nullopt;
    return Include{number, quoted, line.substr(1, end - 1)};
}

std::vector<Include> includes_of(std::string_view text) {
    std::vector<Include> found;
    std::size_t number = 0;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        if (const auto include = parse_include(text.substr(0, end), ++number)) {
            found.push_back(*include);
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return found;
}

std::string at(const SourceFile& file, std::size_t line, std::string what) {
    return file.path + ":" + std::to_string(line) + ": " + std::move(what);
}

bool in(std::string_view name, const Names& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_home(std::string_view path, const Names& places) {
    const auto folder = folder_of(path);
    return in(folder, places) || in(path, places) ||
           (folder.ends_with("/net") && in(any_net, places));
}

bool is_test(std::string_view path) {
    return path.starts_with("tests/");
}

}  // namespace

std::string_view folder_of(std::string_view path) {
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

bool is_core(std::string_view path) {
    const auto folder = folder_of(path);
    static const Names shell = {"gateway/host",  "gateway/config",   "gateway/audit",
                                "gateway/admin", "gateway/programs", "gateway/client",
                                "gateway/cli"};
    return !is_test(path) && !folder.ends_with("/net") && !in(folder, shell);
}

std::vector<std::string> check_arrows(const SourceFile& file) {
    if (is_test(file.path)) return {};
    const auto folder = folder_of(file.path);
    const auto arrow = std::find_if(arrows().begin(), arrows().end(),
                                    [&](const Arrow& a) { return a.folder == folder; });
    if (arrow == arrows().end()) {
        return {at(file, 1, "the folder is not in the table of arrows")};
    }
    std::vector<std::string> wrong;
    for (const auto& include : includes_of(file.text)) {
        if (!include.quoted) continue;
        const auto target = folder_of(include.path);
        if (target == folder || in(target, arrow->may_include)) continue;
        wrong.push_back(at(file, include.line,
                           std::string(folder) + " may not include " + std::string(include.path)));
    }
    return wrong;
}

std::vector<std::string> check_table(const std::vector<SourceFile>& sources) {
    std::set<std::string_view> folders;
    std::set<std::pair<std::string_view, std::string_view>> used;
    for (const auto& file : sources) {
        const auto folder = folder_of(file.path);
        folders.insert(folder);
        for (const auto& include : includes_of(file.text)) {
            if (include.quoted) used.emplace(folder, folder_of(include.path));
        }
    }
    std::vector<std::string> wrong;
    for (const auto& arrow : arrows()) {
        if (!folders.contains(arrow.folder)) {
            wrong.push_back(std::string(arrow.folder) + ": has a row, but no source");
            continue;
        }
        for (const auto& target : arrow.may_include) {
            if (used.contains({arrow.folder, target})) continue;
            wrong.push_back(std::string(arrow.folder) + ": may include " + std::string(target) +
                            ", but does not");
        }
    }
    return wrong;
}

std::vector<std::string> check_library_homes(const SourceFile& file) {
    if (is_test(file.path)) return {};
    const auto folder = folder_of(file.path);
    std::vector<std::string> wrong;
    for (const auto& include : includes_of(file.text)) {
        if (include.quoted) continue;
        const auto home = std::find_if(homes().begin(), homes().end(), [&](const Home& h) {
            const bool folder_prefix = h.include_prefix.find('/') != std::string_view::npos ||
                                       h.include_prefix.starts_with("boost");
            return folder_prefix ? include.path.starts_with(h.include_prefix)
                                 : include.path == h.include_prefix;
        });
        if (home == homes().end()) {
            if (include.path.find('/') != std::string_view::npos) {
                wrong.push_back(at(file, include.line,
                                   "<" + std::string(include.path) + "> has no home in the table"));
            }
        } else if (!is_home(file.path, home->places)) {
            wrong.push_back(at(
                file, include.line,
                "<" + std::string(include.path) + "> does not belong in " + std::string(folder)));
        }
    }
    return wrong;
}

}  // namespace sallyport::layout
