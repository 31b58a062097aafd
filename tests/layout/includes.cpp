#include "tests/layout/includes.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

namespace sallyport::layout {
namespace {

using Names = std::vector<std::string_view>;

struct Arrow {
    std::string_view folder;
    Names may_include;
};

// A folder may always include itself. A folder that is not here may not exist.
const std::vector<Arrow>& arrows() {
    static const Names wamp_core = {"wamp/base", "wamp/message", "wamp/codec", "wamp/session",
                                    "wamp/router"};
    static const auto and_core = [](Names more) {
        more.insert(more.end(), wamp_core.begin(), wamp_core.end());
        return more;
    };
    static const std::vector<Arrow> table = {
        {"wamp/base", {}},
        {"wamp/message", {"wamp/base"}},
        {"wamp/codec", {"wamp/base", "wamp/message"}},
        {"wamp/session", {"wamp/base", "wamp/message"}},
        {"wamp/router", {"wamp/base", "wamp/message", "wamp/session"}},
        {"wamp/net", wamp_core},
        {"policy/crypto", {"wamp/base"}},
        {"policy", and_core({"policy/crypto"})},
        {"policy/tools", and_core({"policy", "policy/crypto"})},
        {"backend-link", and_core({"policy"})},
        {"backend-link/net", and_core({"policy", "policy/crypto", "backend-link", "wamp/net"})},
        {"gateway/tor", {"wamp/base"}},
        {"gateway/front", and_core({"policy", "backend-link"})},
        {"gateway/net", and_core({"policy", "policy/crypto", "backend-link", "backend-link/net",
                                  "wamp/net", "gateway/tor", "gateway/front"})},
        {"gateway/app",
         and_core({"policy", "policy/crypto", "policy/tools", "backend-link", "backend-link/net",
                   "wamp/net", "gateway/tor", "gateway/front", "gateway/net"})},
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
    static const std::vector<Home> table = {
        {"boost/system/", {"wamp/base", any_net, "gateway/app"}},
        {"boost/asio", {any_net, "gateway/app"}},
        {"boost/beast", {any_net, "gateway/app"}},
        {"openssl/", {"policy/crypto", any_net}},
        {"argon2.h", {"policy/crypto"}},
        {"toml++/", {"policy", "gateway/app"}},
        {"toml.hpp", {"policy", "gateway/app"}},
        {"CLI/", {"gateway/app"}},
        {"spdlog/", {"gateway/app"}},
        {"fmt/", {"gateway/app"}},
        {"systemd/", {"gateway/app"}},
        {"seccomp.h", {"gateway/app"}},
        {"gtest/", {}},
        {"nlohmann/", {}},
        // The world outside: only the shell touches it.
        {"sys/", {any_net, "gateway/app"}},
        {"linux/", {any_net, "gateway/app"}},
        {"netinet/", {any_net, "gateway/app"}},
        {"arpa/", {any_net, "gateway/app"}},
        {"net/", {any_net, "gateway/app"}},
        {"netdb.h", {any_net, "gateway/app"}},
        {"unistd.h", {any_net, "gateway/app"}},
        {"fcntl.h", {any_net, "gateway/app"}},
        {"poll.h", {any_net, "gateway/app"}},
        {"pthread.h", {any_net, "gateway/app"}},
        {"signal.h", {any_net, "gateway/app"}},
        {"csignal", {any_net, "gateway/app"}},
        {"time.h", {any_net, "gateway/app"}},
        {"ctime", {any_net, "gateway/app"}},
        {"thread", {any_net, "gateway/app"}},
        {"mutex", {any_net, "gateway/app"}},
        {"shared_mutex", {any_net, "gateway/app"}},
        {"condition_variable", {any_net, "gateway/app"}},
        {"future", {any_net, "gateway/app"}},
        {"atomic", {any_net, "gateway/app"}},
        {"random", {any_net, "gateway/app"}},
        {"iostream", {any_net, "gateway/app"}},
        // Files are read where a policy is loaded, which is at the start or on a reload, never on
        // the path of a message.
        {"fstream", {"policy/load.cpp", any_net, "gateway/app"}},
        {"filesystem", {"policy/load.cpp", any_net, "gateway/app"}},
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
    return !is_test(path) && !folder.ends_with("/net") && folder != "gateway/app";
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
