#include "tests/layout/rules.h"

#include <algorithm>
#include <cctype>
#include <map>

namespace sallyport::layout {
namespace {

struct Ban {
    std::string_view word;
    std::string_view why;
    std::string_view only_in = {};  // the one file that may use it all the same
};

// Whole words, outside comments and strings, in core folders.
constexpr Ban banned_in_core[] = {
    {"steady_clock", "time comes in as Instant"},
    {"system_clock", "time comes in as Instant"},
    {"high_resolution_clock", "time comes in as Instant"},
    {"clock_gettime", "time comes in as Instant"},
    {"gettimeofday", "time comes in as Instant"},
    {"sleep_for", "the core never waits"},
    {"random_device", "randomness comes in through wamp::Random"},
    {"mt19937", "randomness comes in through wamp::Random"},
    {"rand", "randomness comes in through wamp::Random"},
    {"getrandom", "randomness comes in through wamp::Random"},
    {"RAND_bytes", "randomness comes in through wamp::Random"},
    {"std::mutex", "one owner, one thread"},
    {"std::thread", "one owner, one thread"},
    {"std::jthread", "one owner, one thread"},
    {"std::atomic", "one owner, one thread"},
    {"thread_local", "one owner, one thread"},
    {"getenv", "configuration comes in as values"},
    {"std::cout", "the core does not print"},
    {"std::cerr", "the core does not print"},
    {"printf", "the core does not print"},
    {"fprintf", "the core does not print", "wamp/base/check.cpp"},
    {"spdlog", "the core does not log"},
    {"co_await", "the core never waits"},
    {"throw", "failures are messages, results or events"},
};

// Functions of RealmPolicy that decide.
constexpr std::string_view policy_questions[] = {"decide", "decide_with_shadows", "may_receive"};
// Folders and files that may call them.
constexpr std::string_view policy_askers[] = {"policy/engine/",        "policy/file/",
                                              "policy/tools/",         "policy/door/judge.h",
                                              "policy/door/judge.cpp", "tests/"};

// Symbols as nm shows them, without version and arguments.
constexpr std::string_view impure[] = {"clock_gettime",
                                       "clock",
                                       "time",
                                       "gettimeofday",
                                       "nanosleep",
                                       "clock_nanosleep",
                                       "usleep",
                                       "sleep",
                                       "timerfd_create",
                                       "std::chrono::_V2::steady_clock::now",
                                       "std::chrono::_V2::system_clock::now",
                                       "socket",
                                       "socketpair",
                                       "connect",
                                       "bind",
                                       "listen",
                                       "accept",
                                       "accept4",
                                       "send",
                                       "sendto",
                                       "sendmsg",
                                       "recv",
                                       "recvfrom",
                                       "recvmsg",
                                       "poll",
                                       "ppoll",
                                       "select",
                                       "epoll_create1",
                                       "epoll_wait",
                                       "getaddrinfo",
                                       "pthread_create",
                                       "pthread_mutex_lock",
                                       "pthread_cond_wait",
                                       "std::thread::_M_start_thread",
                                       "std::condition_variable::wait",
                                       "getrandom",
                                       "getentropy",
                                       "rand",
                                       "srand",
                                       "random",
                                       "arc4random",
                                       "std::random_device::_M_init",
                                       "std::random_device::_M_getval",
                                       "RAND_bytes",
                                       "RAND_priv_bytes",
                                       "getenv",
                                       "secure_getenv",
                                       "fork",
                                       "execve",
                                       "syscall"};

bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

bool has_word(std::string_view line, std::string_view word) {
    for (auto at = line.find(word); at != std::string_view::npos; at = line.find(word, at + 1)) {
        const bool starts = at == 0 || !is_word(line[at - 1]);
        const auto after = at + word.size();
        if (starts && (after == line.size() || !is_word(line[after]))) return true;
    }
    return false;
}

// Whether the word stands there with an argument list.
bool has_call(std::string_view line, std::string_view word) {
    for (auto at = line.find(word); at != std::string_view::npos; at = line.find(word, at + 1)) {
        const bool starts = at == 0 || !is_word(line[at - 1]);
        const auto after = line.find_first_not_of(' ', at + word.size());
        if (starts && after != std::string_view::npos && line[after] == '(') return true;
    }
    return false;
}

// A name in a CMake list stands between spaces, quotes, brackets or slashes of a longer path.
bool names_file(std::string_view list, std::string_view name) {
    constexpr std::string_view ends = " \t\n()\";";
    for (auto at = list.find(name); at != std::string_view::npos; at = list.find(name, at + 1)) {
        const auto after = at + name.size();
        const bool starts = at == 0 || ends.find(list[at - 1]) != std::string_view::npos ||
                            (at > 0 && list[at - 1] == '/' && name.find('/') != name.npos);
        if (starts && (after == list.size() || ends.find(list[after]) != std::string_view::npos)) {
            return true;
        }
    }
    return false;
}

bool is_source(std::string_view path) {
    return path.ends_with(".cpp") || path.ends_with(".h");
}

// A header that only tests include is part of no interface; the compiler finds it.
bool is_header_of_tests(std::string_view path) {
    return path.starts_with("tests/") && path.ends_with(".h");
}

// The name of the class, struct, union or enum that a line defines at the level of a namespace.
std::string_view defined_type(std::string_view line) {
    if (!line.ends_with('{')) return {};
    for (const std::string_view kind : {"class ", "struct ", "union ", "enum class ", "enum "}) {
        if (!line.starts_with(kind)) continue;
        line.remove_prefix(kind.size());
        if (line.starts_with("[[")) line.remove_prefix(std::min(line.find(']') + 3, line.size()));
        const auto* const end = std::find_if_not(line.begin(), line.end(), is_word);
        const auto name = line.substr(0, static_cast<std::size_t>(end - line.begin()));
        const bool is_nested = line.substr(name.size()).starts_with("::");
        return is_nested ? std::string_view{} : name;
    }
    return {};
}

// Blanks [from, to) except line ends, which keep the numbering.
void blank(std::string& text, std::size_t from, std::size_t to) {
    for (auto i = from; i < std::min(to, text.size()); ++i) {
        if (text[i] != '\n') text[i] = ' ';
    }
}

// The end of the literal that opens at `start` with `quote`; the closing quote is not part of it.
std::size_t literal_end(std::string_view text, std::size_t start, char quote) {
    auto i = start + 1;
    while (i < text.size() && text[i] != quote && text[i] != '\n') i += text[i] == '\\' ? 2U : 1U;
    return std::min(i, text.size());
}

// Of R"delimiter(…)delimiter", from the quote on.
std::size_t raw_literal_end(std::string_view text, std::size_t quote) {
    const auto open = text.find('(', quote);
    if (open == std::string_view::npos) return text.size();
    const std::string close = ")" + std::string(text.substr(quote + 1, open - quote - 1)) + "\"";
    const auto end = text.find(close, open);
    return end == std::string_view::npos ? text.size() : end + close.size() - 1;
}

}  // namespace

std::string without_comments_and_strings(std::string_view source) {
    std::string text(source);
    std::size_t i = 0;
    while (i < source.size()) {
        const auto rest = source.substr(i);
        std::size_t end = i + 1;
        if (rest.starts_with("//")) {
            end = std::min(source.find('\n', i), source.size());
            blank(text, i, end);
        } else if (rest.starts_with("/*")) {
            const auto close = source.find("*/", i + 2);
            end = close == std::string_view::npos ? source.size() : close + 2;
            blank(text, i, end);
        } else if (source[i] == '"' && i > 0 && source[i - 1] == 'R') {
            end = raw_literal_end(source, i) + 1;
            blank(text, i + 1, end - 1);
        } else if (source[i] == '"' || (source[i] == '\'' && (i == 0 || !is_word(source[i - 1])))) {
            end = literal_end(source, i, source[i]) + 1;
            blank(text, i + 1, end - 1);
        }
        i = end;
    }
    return text;
}

std::vector<std::string> check_banned_words(const SourceFile& file) {
    if (!is_core(file.path)) return {};
    std::vector<std::string> wrong;
    const auto text = without_comments_and_strings(file.text);
    std::size_t number = 0;
    for (const auto line : lines_of(text)) {
        ++number;
        for (const auto& ban : banned_in_core) {
            if (file.path != ban.only_in && has_word(line, ban.word)) {
                wrong.push_back(file.path + ":" + std::to_string(number) + ": " +
                                std::string(ban.word) + ": " + std::string(ban.why));
            }
        }
    }
    return wrong;
}

std::vector<std::string> check_policy_questions(const SourceFile& file) {
    const bool may_ask =
        std::any_of(std::begin(policy_askers), std::end(policy_askers),
                    [&](std::string_view asker) { return file.path.starts_with(asker); });
    if (may_ask || !is_source(file.path)) return {};
    std::vector<std::string> wrong;
    const auto text = without_comments_and_strings(file.text);
    std::size_t number = 0;
    for (const auto line : lines_of(text)) {
        ++number;
        for (const auto question : policy_questions) {
            if (!has_call(line, question)) continue;
            wrong.push_back(file.path + ":" + std::to_string(number) + ": " +
                            std::string(question) + "(): only policy::Judge asks the policy");
        }
    }
    return wrong;
}

std::vector<std::string> check_length(const SourceFile& file) {
    const auto lines = lines_of(file.text).size();
    if (lines <= file_lines_max) return {};
    return {file.path + ": " + std::to_string(lines) + " lines, at most " +
            std::to_string(file_lines_max)};
}

std::vector<std::string> check_header_guard(const SourceFile& file) {
    if (!file.path.ends_with(".h")) return {};
    for (const auto line : lines_of(file.text)) {
        if (line == "#pragma once") return {};
    }
    return {file.path + ": no #pragma once"};
}

std::vector<std::string> check_namespace(const SourceFile& file) {
    if (file.path.starts_with("tests/")) return {};
    std::string own = "sallyport::" + file.path.substr(0, file.path.find('/'));
    std::replace(own.begin(), own.end(), '-', '_');
    const auto text = without_comments_and_strings(file.text);
    std::vector<std::string> wrong;
    std::size_t number = 0;
    for (const auto line : lines_of(text)) {
        ++number;
        constexpr std::string_view opening = "namespace sallyport";
        if (!line.starts_with(opening) || line.find('=') != std::string_view::npos) continue;
        const auto name = line.substr(10, line.find_first_of(" {", 10) - 10);
        if (name != own && !name.starts_with(own + "::")) {
            wrong.push_back(file.path + ":" + std::to_string(number) + ": namespace " +
                            std::string(name) + ", expected " + own);
        }
    }
    return wrong;
}

std::string mirror_of(std::string_view path) {
    const auto folder = folder_of(path);
    const bool excused =
        folder.ends_with("/net") || folder == "gateway/host" || folder == "gateway/programs";
    if (!path.ends_with(".cpp") || path.starts_with("tests/") || excused) return {};
    return "tests/unit/" + std::string(path.substr(0, path.size() - 4)) + "_test.cpp";
}

std::vector<std::string> check_mirrors(const std::set<std::string>& paths) {
    std::vector<std::string> wrong;
    for (const auto& path : paths) {
        const auto mirror = mirror_of(path);
        if (!mirror.empty() && !paths.contains(mirror)) {
            wrong.push_back(path + ": no test at " + mirror);
        }
    }
    return wrong;
}

std::vector<std::string> check_type_names(const std::vector<SourceFile>& sources) {
    std::map<std::string, std::string, std::less<>> homes;
    std::vector<std::string> wrong;
    for (const auto& file : sources) {
        if (!file.path.ends_with(".h") || file.path.starts_with("tests/")) continue;
        bool is_nested = false;  // as wamp::effect, whose types are never named without it
        for (const auto line : lines_of(file.text)) {
            if (line.starts_with("namespace ")) is_nested = !line.starts_with("namespace sally");
            if (line.starts_with("}  // namespace")) is_nested = false;
            const auto name = defined_type(line);
            if (name.empty() || is_nested) continue;
            const auto [home, is_new] = homes.emplace(name, file.path);
            if (is_new) continue;
            wrong.push_back(file.path + ": " + std::string(name) + " is a type in " + home->second +
                            " too");
        }
    }
    return wrong;
}

std::vector<std::string> check_folder_sizes(const std::set<std::string>& paths) {
    std::map<std::string_view, std::size_t> sources;
    for (const std::string& path : paths) {
        if (path.ends_with(".cpp")) ++sources[folder_of(path)];
    }
    std::vector<std::string> wrong;
    for (const auto& [folder, count] : sources) {
        if (count <= folder_sources_max) continue;
        wrong.push_back(std::string(folder) + ": " + std::to_string(count) + " sources, at most " +
                        std::to_string(folder_sources_max));
    }
    return wrong;
}

std::vector<std::string> check_named_in_cmake(const std::set<std::string>& paths,
                                              const std::vector<SourceFile>& lists) {
    std::vector<std::string> wrong;
    for (const auto& path : paths) {
        if (!is_source(path) || is_header_of_tests(path)) continue;
        const bool named = std::any_of(lists.begin(), lists.end(), [&](const SourceFile& list) {
            if (!list.path.ends_with("CMakeLists.txt")) return names_file(list.text, path);
            const auto folder = folder_of(list.path);
            const auto prefix = folder.empty() ? std::string() : std::string(folder) + "/";
            return path.starts_with(prefix) && names_file(list.text, path.substr(prefix.size()));
        });
        if (!named) wrong.push_back(path + ": no CMake list names it");
    }
    return wrong;
}

std::vector<std::string> impure_symbols(std::string_view output) {
    std::vector<std::string> found;
    for (const auto line : lines_of(output)) {
        const auto mark = line.find(" U ");
        if (mark == std::string_view::npos) continue;
        auto symbol = line.substr(mark + 3);
        symbol = symbol.substr(0, symbol.find_first_of("(@"));
        if (symbol.starts_with("__") && symbol.ends_with("_chk")) {  // _FORTIFY_SOURCE's variant
            symbol = symbol.substr(2, symbol.size() - 6);
        }
        if (std::find(std::begin(impure), std::end(impure), symbol) != std::end(impure)) {
            found.emplace_back(line);
        }
    }
    return found;
}

}  // namespace sallyport::layout
