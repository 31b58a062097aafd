#include "gateway/admin/top.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "gateway/admin/admin.h"
#include "gateway/admin/status.h"
#include "gateway/admin/table.h"
#include "policy/tools/exit_code.h"
#include "policy/tools/report.h"

namespace sallyport::gateway {

using policy::Json;

namespace {

constexpr const char* bold = "\x1b[1m";
constexpr const char* red = "\x1b[31m";
constexpr const char* green = "\x1b[32m";
constexpr const char* plain = "\x1b[0m";
constexpr const char* clear_screen = "\x1b[H\x1b[2J";

/// The counters of a door, by the names that the status has, and those for people.
constexpr std::array counters{std::pair{"allowed", "allowed"}, std::pair{"denied", "denied"},
                              std::pair{"limited", "over a limit"}, std::pair{"joined", "joined"},
                              std::pair{"join_refused", "refused to join"}};

const Json& object_in(const Json& json, std::string_view key) {
    static const Json none = Json::object();
    const Json* const found = policy::object_member(json, key);
    return found == nullptr ? none : *found;
}

std::uint64_t counted(const TopSample& sample, const char* counter) {
    return policy::unsigned_member(object_in(object_in(sample.status, "front"), "decisions"),
                                   counter);
}

/// Nothing without two moments, and after a restart.
std::optional<double> rate_of(const TopSample& now, const TopSample* before, const char* counter) {
    if (before == nullptr || now.at_s <= before->at_s) return std::nullopt;
    const std::uint64_t from = counted(*before, counter);
    const std::uint64_t to = counted(now, counter);
    if (to < from) return std::nullopt;
    return std::round(static_cast<double>(to - from) / (now.at_s - before->at_s) * 10) / 10;
}

std::string rate_text(std::optional<double> rate) {
    if (!rate) return "-";
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f/s", *rate);
    return text.data();
}

std::string coloured(const char* start, const std::string& text, bool colour) {
    return colour ? start + text + plain : text;
}

/// With the first line, which has the names of the columns, in bold.
std::string titled(const std::vector<Row>& rows, bool colour) {
    const std::string text = table_of(rows);
    const std::size_t end = text.find('\n');
    return coloured(bold, text.substr(0, end), colour) + text.substr(end);
}

struct Person {
    std::string realm, authid, role;
    std::uint64_t sessions = 0;
};

/// Those with the most sessions first.
std::vector<Person> people_in(const Json& sessions) {
    std::map<std::tuple<std::string, std::string, std::string>, std::uint64_t> counts;
    for (const Json& session : policy::array_member(sessions, "sessions"))
        ++counts[{shown(session, "realm"), shown(session, "authid"), shown(session, "role")}];
    std::vector<Person> people;
    people.reserve(counts.size());
    for (const auto& [who, count] : counts)
        people.push_back({std::get<0>(who), std::get<1>(who), std::get<2>(who), count});
    std::stable_sort(people.begin(), people.end(),
                     [](const Person& a, const Person& b) { return a.sessions > b.sessions; });
    return people;
}

std::string of_limit(std::uint64_t used, std::uint64_t limit) {
    return std::to_string(used) + (limit == 0 ? "" : " of " + std::to_string(limit));
}

std::string verdict_text(const Json& status, bool colour) {
    const auto faults = faults_in(policy::to_line(status));
    if (faults.empty()) return coloured(green, "all is well", colour) + "\n";
    std::string text;
    for (const Fault& fault : faults)
        text += coloured(red, fault.text, colour) + "\n    " + fault.cure + "\n";
    return text;
}

std::string links_part(const Json& front, bool colour) {
    std::vector<Row> rows{{"LINK", "STATE", "CALLS", "SUBSCRIPTIONS", "REGISTRATIONS", "HELD"}};
    for (const Json& link : policy::array_member(front, "links")) {
        const bool up = policy::bool_member(link, "up");
        rows.push_back({shown(link, "name"),
                        policy::bool_member(link, "drained")
                            ? (up ? "up, drained" : "down, drained")
                            : (up ? "up" : "down"),
                        count(link, "calls"), count(link, "subscriptions"),
                        count(link, "registrations"), count(link, "held")});
    }
    return rows.size() == 1 ? "" : "\n" + titled(rows, colour);
}

std::string people_part(const Json& sessions, bool colour) {
    const auto people = people_in(sessions);
    std::vector<Row> rows{{"SESSIONS", "REALM", "AUTHID", "ROLE"}};
    for (const Person& person : people) {
        if (rows.size() > top_people_max) break;
        rows.push_back({std::to_string(person.sessions), person.realm, person.authid, person.role});
    }
    if (rows.size() == 1) return {};
    std::string text = "\n" + titled(rows, colour);
    if (people.size() >= rows.size())
        text += "and " + std::to_string(people.size() + 1 - rows.size()) + " more\n";
    if (const auto more = policy::unsigned_member(sessions, "more"); more > 0)
        text += std::to_string(more) + " sessions are not counted here\n";
    return text;
}

bool is_terminal() {
    const char* const terminal = std::getenv("TERM");
    return ::isatty(STDOUT_FILENO) == 1 && terminal != nullptr &&
           std::string_view(terminal) != "dumb";
}

}  // namespace

std::optional<TopSample> top_sample(std::string_view status, std::string_view sessions,
                                    double at_s) {
    auto status_json = parsed_answer(status);
    auto sessions_json = parsed_answer(sessions);
    if (!status_json || !sessions_json) return std::nullopt;
    return TopSample{*std::move(status_json), *std::move(sessions_json), at_s};
}

std::string top_text(const TopSample& now, const TopSample* before, bool colour) {
    const Json& front = object_in(now.status, "front");
    const Json& limits = object_in(now.status, "limits");
    const Json& memory = object_in(front, "memory");
    constexpr std::uint64_t mib = std::uint64_t{1} << 20;
    std::vector<Row> rows{{"", "NOW", "RATE"},
                          {"connections",
                           of_limit(policy::unsigned_member(front, "connections"),
                                    policy::unsigned_member(limits, "sessions")),
                           ""},
                          {"sessions", count(front, "sessions"), ""},
                          {"memory, MiB",
                           of_limit(policy::unsigned_member(memory, "used") / mib,
                                    policy::unsigned_member(limits, "memory") / mib),
                           ""}};
    for (const auto& [counter, name] : counters)
        rows.push_back({name, std::to_string(counted(now, counter)),
                        rate_text(rate_of(now, before, counter))});
    return verdict_text(now.status, colour) + "\n" + titled(rows, colour) +
           links_part(front, colour) + people_part(now.sessions, colour);
}

std::string top_line(const TopSample& now, const TopSample* before) {
    const Json& front = object_in(now.status, "front");
    Json faults = Json::array();
    for (const Fault& fault : faults_in(policy::to_line(now.status)))
        faults.push_back({{"text", fault.text}, {"cure", fault.cure}});
    Json line{{"well", faults.empty()},
              {"faults", std::move(faults)},
              {"connections", policy::unsigned_member(front, "connections")},
              {"sessions", policy::unsigned_member(front, "sessions")},
              {"memory_bytes", policy::unsigned_member(object_in(front, "memory"), "used")}};
    for (const auto& [counter, name] : counters) {
        line[counter] = counted(now, counter);
        if (const auto rate = rate_of(now, before, counter))
            line[std::string(counter) + "_per_s"] = *rate;
    }
    line["links"] = policy::array_member(front, "links");
    Json people = Json::array();
    for (const Person& person : people_in(now.sessions)) {
        if (people.size() == top_people_max) break;
        people.push_back({{"realm", person.realm},
                          {"authid", person.authid},
                          {"role", person.role},
                          {"sessions", person.sessions}});
    }
    line["people"] = std::move(people);
    return policy::to_line(line) + "\n";
}

int run_top(const TopOptions& options) {
    const bool terminal = is_terminal();
    const bool colour = terminal && std::getenv("NO_COLOR") == nullptr;
    std::optional<TopSample> before;
    for (;;) {
        const std::string status = ask_admin(options.config_file, "status");
        const std::string sessions = ask_admin(options.config_file, "sessions");
        const auto since_start = std::chrono::steady_clock::now().time_since_epoch();
        auto now = top_sample(status, sessions, std::chrono::duration<double>(since_start).count());
        if (!now) {
            return policy::print_fault("the program did not answer",
                                       {std::cout, std::cerr, options.json});
        }
        const TopSample* const last = before ? &*before : nullptr;
        const bool screen = terminal && !options.once && !options.json;
        std::string text = options.json ? top_line(*now, last) : top_text(*now, last, colour);
        if (screen) {
            text.insert(0, clear_screen);
        } else if (last != nullptr && !options.json) {
            text.insert(0, "\n");
        }
        const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
                             std::fflush(stdout) == 0;
        if (options.once || !written) return policy::exit_code::fine;
        before = std::move(now);
        static_cast<void>(::poll(nullptr, 0, static_cast<int>(options.interval_s * 1000)));
    }
}

}  // namespace sallyport::gateway
