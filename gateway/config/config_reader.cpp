#include "gateway/config/config_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include "gateway/host/path_text.h"
#include "policy/document/units.h"
#include "wamp/net/tls_context.h"

namespace sallyport::gateway {

using policy::Item;
using policy::Section;

namespace {

constexpr std::size_t message_bytes_min = 512;
constexpr std::size_t message_bytes_max = 16u << 20;
constexpr std::size_t queue_bytes_max = 1u << 30;
constexpr std::size_t memory_min = 16u << 20;
constexpr std::size_t memory_max = std::size_t{1} << 40;
constexpr wamp::Duration ping_time_min = std::chrono::seconds(1);
constexpr wamp::Duration ping_time_max = std::chrono::hours(1);
constexpr wamp::Duration heartbeat_min = std::chrono::milliseconds(100);
constexpr wamp::Duration heartbeat_max = std::chrono::minutes(1);
constexpr wamp::Duration dead_after_max = std::chrono::minutes(10);
constexpr int heartbeats_suspect = 2;  // unanswered, until another connection is tried
constexpr int heartbeats_least = 3;    // in dead_after
constexpr wamp::Duration eject_min = std::chrono::seconds(1);
constexpr wamp::Duration eject_max = std::chrono::hours(1);
constexpr int ejections_max = 10;  // in a row, after which they do not grow
constexpr wamp::Duration slow_return_max = std::chrono::minutes(10);
constexpr std::uint32_t eject_never = 101;  // more than all calls
constexpr int heartbeats_dead = 9;          // dead_after if it is not given
constexpr std::size_t pins_max = 8;         // of one link
constexpr std::int64_t sessions_max = 1'000'000;
constexpr std::int64_t joins_max = 1'000'000;
constexpr std::int64_t denials_max = 1'000'000;
constexpr std::size_t circuit_connections_least = 16;  // of the default
constexpr std::size_t circuit_bytes_min = 64u << 10;
constexpr std::int64_t lines_max = 1'000'000;
constexpr std::size_t audit_queue_bytes_min = 64u << 10;
constexpr std::size_t audit_queue_bytes_max = 1u << 30;

// Connecting to a unix socket takes the right to write to it.
constexpr unsigned socket_mode_of_group = 0660;
constexpr unsigned socket_connect_owner = 0600;
constexpr unsigned socket_connect_group = 0020;
constexpr unsigned socket_connect_others = 0002;

std::string normal(const std::filesystem::path& path) {
    return path.lexically_normal().string();
}

}  // namespace

ConfigReader::ConfigReader(std::string file) : file_(std::move(file)) {
    folder_ = normal(std::filesystem::absolute(file_).parent_path());
}

policy::Diagnostics ConfigReader::take() {
    policy::sort(diagnostics_);
    return std::move(diagnostics_);
}

std::string ConfigReader::resolve(std::string_view path) const {
    return normal(std::filesystem::path(folder_) / path);
}

std::string ConfigReader::resolve_in_state(std::string_view path) const {
    return normal(std::filesystem::path(state_dir_.path) / path);
}

void ConfigReader::state_dir(Section& section) {
    state_dir_ = path(section, "state_dir", "\"/var/lib/sallyport\"");
    if (!state_dir_ && section.find("state_dir") == nullptr)
        section.need("state_dir", "\"/var/lib/sallyport\"");
    if (!state_dir_) state_dir_.path = folder_;  // so that relative paths can still be checked
}

PathText ConfigReader::path(Section& section, std::string_view key, std::string_view example) {
    const auto text = section.text(key, example);
    if (!text) return {};
    const Item& item = *section.find(key);
    if (text->empty() || text->find('\0') != std::string::npos) {
        section.error(item, policy::quoted(key) + " is not a path",
                      "write " + std::string(key) + " = " + std::string(example));
        return {};
    }
    return {resolve(*text), section.place(item)};
}

void ConfigReader::check_socket_path(Section& section, const Item& item, std::string_view path) {
    if (const auto why = unfit_for_unix_socket(path))
        section.error(item, policy::quoted(path) + " " + *why, "use a shorter path");
}

PathText ConfigReader::socket(Section& section, std::string_view key, std::string_view otherwise) {
    const auto text = section.text(key, "\"run/" + std::string(key) + ".sock\"");
    if (!text) {
        if (otherwise.empty()) return {};
        PathText usual{resolve_in_state(otherwise), section.place()};
        if (const auto why = unfit_for_unix_socket(usual.path))
            section.error(policy::quoted(usual.path) + " " + *why, "use a shorter state_dir");
        return usual;
    }
    return socket_at(section, *text, *section.find(key), key);
}

PathText ConfigReader::socket_at(Section& section, std::string_view text, const Item& item,
                                 std::string_view key) {
    if (text.empty()) {
        section.error(item, policy::quoted(key) + " is not a path",
                      "write " + std::string(key) + " = \"run/" + std::string(key) + ".sock\"");
        return {};
    }
    PathText found{resolve_in_state(text), section.place(item)};
    check_socket_path(section, item, found.path);
    return found;
}

SocketText ConfigReader::listener(Section& section, std::string_view key,
                                  std::string_view otherwise) {
    const Item* item = section.find(key);
    if (item == nullptr || item->kind != Item::Kind::table)
        return {socket(section, key, otherwise), {}};
    static constexpr std::array<std::string_view, 3> keys{"path", "mode", "group"};
    Section table(*item, policy::quoted(key), keys, file_, diagnostics_);
    const auto text = table.need_text("path", "\"/run/sallyport/" + std::string(key) + ".sock\"");
    if (!text) return {};
    SocketText found{socket_at(table, *text, *table.find("path"), key), {}};
    if (found) found.access = access(table, found.path);
    return found;
}

SocketAccess ConfigReader::access(Section& section, std::string_view path) {
    SocketAccess access;
    const Item* const given =
        section.find("mode") != nullptr ? section.find("mode") : section.find("group");
    if (given == nullptr) return access;
    if (path.empty()) {
        section.error(*given, "only a unix socket has a mode and a group",
                      "remove them, or listen on a unix socket");
        return access;
    }
    if (const auto group = section.text("group", "\"observers\"")) {
        access.group = *group;
        access.place = section.place(*section.find("group"));
        if (group->empty())
            section.error(*section.find("group"), "\"group\" is empty", "name a group");
    }
    access.mode = mode(section);
    if (!access.mode && !access.group.empty()) access.mode = socket_mode_of_group;
    const bool open = (access.mode.value_or(0) & socket_connect_group) != 0;
    if (!access.group.empty() && !open) {
        section.error(*section.find("mode"), "this mode does not let the group connect",
                      "write mode = \"0660\", or remove group");
    } else if (open && path.starts_with(state_dir_.path + "/")) {
        section.error(*given,
                      "nobody else can reach " + policy::quoted(path) +
                          ": state_dir is open to its owner only",
                      "choose a path outside, such as \"/run/sallyport/" +
                          std::filesystem::path(path).filename().string() + "\"");
    }
    return access;
}

std::optional<unsigned> ConfigReader::mode(Section& section) {
    const auto text = section.text("mode", "\"0660\"");
    if (!text) return std::nullopt;
    const Item& item = *section.find("mode");
    unsigned mode = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), mode, 8);
    if (error != std::errc{} || end != text->data() + text->size() || mode > 0777 ||
        (mode & socket_connect_owner) != socket_connect_owner) {
        section.error(item, policy::quoted(*text) + " is not a valid mode for a socket",
                      "write \"0600\" for the owner alone or \"0660\" for a group");
        return std::nullopt;
    }
    if ((mode & socket_connect_others) != 0) {
        section.error(item,
                      "mode " + policy::quoted(*text) + " lets every user of this machine connect",
                      "write \"0660\" and give a group");
        return std::nullopt;
    }
    return mode;
}

std::vector<PathText> ConfigReader::realms(Section& section) {
    std::vector<PathText> found;
    if (section.need("realms", "[\"observatory.toml\"]") == nullptr) return found;
    for (const Item* item : section.texts("realms", "[\"observatory.toml\"]")) {
        found.push_back({resolve(item->text), section.place(*item)});
    }
    return found;
}

std::optional<backend_link::Address> ConfigReader::address(Section& section, std::string_view key,
                                                           bool names_allowed) {
    constexpr std::string_view example = "\"tcp:10.0.0.1:4443\"";
    const auto text = section.need_text(key, example);
    if (!text) return std::nullopt;
    const Item& item = *section.find(key);
    auto address = backend_link::parse_address(*text);
    if (!address) {
        section.error(item, policy::quoted(*text) + " is not a valid address",
                      "write unix:/path or tcp:HOST:PORT");
        return std::nullopt;
    }
    if (address->kind == backend_link::Address::Kind::unix_path) {
        address->host_or_path = resolve_in_state(address->host_or_path);
        check_socket_path(section, item, address->host_or_path);
        return address;
    }
    const auto reach = backend_link::reach_of_literal(address->host_or_path);
    if (!reach) {
        if (names_allowed) return address;
        section.error(item, policy::quoted(address->host_or_path) + " is not an IP address",
                      "write the address of a local interface");
        return std::nullopt;
    }
    if (*reach == backend_link::Reach::global) {
        section.error(item, policy::quoted(address->host_or_path) + " is not a local address",
                      "links stay on loopback, link-local, private and unique-local addresses");
        return std::nullopt;
    }
    return address;
}

std::vector<std::string> ConfigReader::pins(Section& section, std::string_view key) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::vector<std::string> pins;
    const auto items = section.texts(key, "\"sha256:…\"");
    for (const policy::Item* const item : items) {
        if (!wamp::is_pin(item->text)) {
            section.error(*item,
                          policy::quoted(key) + " is not a pin: " + policy::quoted(item->text),
                          "paste the line that `sallyport link pair` printed at the other end: "
                          "sha256: and 64 hex digits");
        } else if (item->text.find_first_of(digits.substr(1), wamp::pin_start.size()) ==
                   std::string::npos) {
            section.error(
                *item, policy::quoted(key) + " is all zeros, which no key has",
                "pair the two ends with `sallyport link invite` on the gateway, or paste the "
                "pin that `sallyport link pair` prints at the other end");
        } else {
            pins.push_back(item->text);
        }
    }
    if (items.size() > pins_max) {
        section.error(*items[pins_max],
                      "more than " + std::to_string(pins_max) + " pins in " + policy::quoted(key),
                      "remove those of keys that are not used any more");
    }
    return pins;
}

std::optional<std::int64_t> ConfigReader::integer(Section& section, std::string_view key,
                                                  std::int64_t least, std::int64_t most) {
    const Item* item = section.find(key, Item::Kind::integer, std::to_string(least));
    if (item == nullptr) return std::nullopt;
    if (item->integer >= least && item->integer <= most) return item->integer;
    section.error(*item,
                  std::to_string(item->integer) + " is out of range for " + policy::quoted(key),
                  "from " + std::to_string(least) + " to " + std::to_string(most));
    return std::nullopt;
}

void ConfigReader::bytes(Section& section, std::string_view key, std::size_t least,
                         std::size_t most, std::size_t& value) {
    const auto text = section.text(key, "\"4MiB\"");
    if (!text) return;
    const auto read = policy::parse_bytes(*text);
    if (read && *read >= least && *read <= most) {
        value = static_cast<std::size_t>(*read);
        return;
    }
    section.error(*section.find(key),
                  policy::quoted(*text) + " is not a valid size for " + policy::quoted(key),
                  "from " + policy::format_bytes(least) + " to " + policy::format_bytes(most) +
                      ", such as \"4MiB\"");
}

void ConfigReader::duration(Section& section, std::string_view key, wamp::Duration& value,
                            wamp::Duration least, wamp::Duration most) {
    const auto text = section.text(key, "\"10s\"");
    if (!text) return;
    // A policy has no use for a duration of zero, and refuses it.
    const bool zero = *text == "0s";
    const std::optional<wamp::Duration> read =
        zero ? wamp::Duration::zero() : policy::parse_duration(*text);
    if (!read) {
        section.error(*section.find(key), policy::quoted(*text) + " is not a valid duration",
                      "such as \"10s\" or \"500ms\"");
    } else if (*read < least || *read > most) {
        section.error(
            *section.find(key),
            policy::quoted(*text) + " is out of range for " + policy::quoted(key),
            "from " + policy::format_duration(least) + " to " + policy::format_duration(most));
    } else {
        value = *read;
    }
}

backend_link::Pulse::Limits ConfigReader::pulse(Section& section) {
    backend_link::Pulse::Limits pulse;
    duration(section, "heartbeat", pulse.heartbeat, heartbeat_min, heartbeat_max);
    pulse.suspect_after = pulse.heartbeat * heartbeats_suspect;
    pulse.dead_after = pulse.heartbeat * heartbeats_dead;
    duration(section, "dead_after", pulse.dead_after, pulse.heartbeat * heartbeats_least,
             dead_after_max);
    return pulse;
}

backend_link::Health::Limits ConfigReader::health(Section& section) {
    backend_link::Health::Limits health;
    duration(section, "eject", health.eject, eject_min, eject_max);
    health.eject_max = health.eject * ejections_max;
    duration(section, "slow_return", health.slow_return, wamp::Duration::zero(), slow_return_max);
    if (const auto percent = integer(section, "eject_at", 0, 100))
        health.failed_percent = *percent == 0 ? eject_never : static_cast<std::uint32_t>(*percent);
    return health;
}

LimitsText ConfigReader::limits(Section& root) {
    LimitsText limits;
    limits.sessions_place.file = file_;
    const Item* table = root.find("limits", Item::Kind::table, "{}");
    if (table == nullptr) return limits;
    static constexpr std::array<std::string_view, 14> keys{"sessions",
                                                           "reserved_sessions",
                                                           "circuit_connections",
                                                           "circuit_joins_per_second",
                                                           "circuit_bytes",
                                                           "denials_per_second",
                                                           "handshake_timeout",
                                                           "stall_timeout",
                                                           "ping_interval",
                                                           "ping_timeout",
                                                           "rawsocket_pings",
                                                           "message_bytes",
                                                           "queue_bytes",
                                                           "memory"};
    Section section(*table, "[limits]", keys, file_, diagnostics_);
    if (const auto sessions = integer(section, "sessions", 1, sessions_max)) {
        limits.sessions = static_cast<std::size_t>(*sessions);
        limits.sessions_place = section.place(*section.find("sessions"));
    }
    limits.reserved_sessions = limits.sessions / 10;
    limits.circuit_connections =
        std::min(limits.sessions, std::max(limits.sessions / 10, circuit_connections_least));
    const auto most = static_cast<std::int64_t>(limits.sessions);
    if (const auto reserved = integer(section, "reserved_sessions", 0, most - 1))
        limits.reserved_sessions = static_cast<std::size_t>(*reserved);
    if (const auto connections = integer(section, "circuit_connections", 1, most))
        limits.circuit_connections = static_cast<std::size_t>(*connections);
    if (const auto joins = integer(section, "circuit_joins_per_second", 1, joins_max))
        limits.circuit_joins_per_second = static_cast<std::size_t>(*joins);
    bytes(section, "circuit_bytes", circuit_bytes_min, memory_max, limits.circuit_bytes);
    if (const auto denials = integer(section, "denials_per_second", 1, denials_max))
        limits.denials_per_second = static_cast<std::size_t>(*denials);
    duration(section, "handshake_timeout", limits.handshake_timeout);
    duration(section, "stall_timeout", limits.stall_timeout);
    duration(section, "ping_interval", limits.ping_interval, ping_time_min, ping_time_max);
    duration(section, "ping_timeout", limits.ping_timeout, ping_time_min, ping_time_max);
    limits.rawsocket_pings = section.boolean("rawsocket_pings").value_or(false);
    bytes(section, "message_bytes", message_bytes_min, message_bytes_max, limits.message_bytes);
    bytes(section, "queue_bytes", message_bytes_min, queue_bytes_max, limits.queue_bytes);
    bytes(section, "memory", memory_min, memory_max, limits.memory);
    return limits;
}

MetricsText ConfigReader::metrics(Section& root) {
    MetricsText metrics;
    const Item* table = root.find("metrics", Item::Kind::table, "{}");
    if (table == nullptr) return metrics;
    static constexpr std::array<std::string_view, 1> keys{"listen"};
    Section section(*table, "[metrics]", keys, file_, diagnostics_);
    const auto text = section.need_text("listen", "\"127.0.0.1:9464\"");
    if (!text) return metrics;
    const Item& item = *section.find("listen");
    metrics.place = section.place(item);
    auto address = backend_link::parse_address("tcp:" + *text);
    if (!address ||
        backend_link::reach_of_literal(address->host_or_path) != backend_link::Reach::loopback) {
        section.error(item, policy::quoted(*text) + " is not a port at a loopback address",
                      "such as \"127.0.0.1:9464\" or \"[::1]:9464\"; whoever reads it from another "
                      "machine needs a proxy that asks who he is");
        return metrics;
    }
    metrics.listen = std::move(address);
    return metrics;
}

AuditText ConfigReader::audit(Section& root) {
    AuditText audit;
    const Item* table = root.find("audit", Item::Kind::table, "{}");
    if (table == nullptr) return audit;
    static constexpr std::array<std::string_view, 4> keys{"to", "decisions", "lines_per_second",
                                                          "queue_bytes"};
    Section section(*table, "[audit]", keys, file_, diagnostics_);
    audit.place = section.place();
    if (const auto to = section.need_text("to", "\"file:audit.jsonl\"")) {
        audit.place = section.place(*section.find("to"));
        const std::string_view text = *to;
        if (text == "log" || text == "off") {
            audit.kind = text == "log" ? AuditText::Kind::log : AuditText::Kind::off;
        } else if (text == "journald" || text.starts_with("journald:/")) {
            audit.kind = AuditText::Kind::journald;
            if (const auto colon = text.find(':'); colon != text.npos) {
                audit.path = text.substr(colon + 1);
                check_socket_path(section, *section.find("to"), audit.path);
            }
        } else if (text.starts_with("file:") && text != "file:") {
            audit.kind = AuditText::Kind::file;
            audit.path = resolve_in_state(text.substr(text.find(':') + 1));
        } else {
            section.error(*section.find("to"),
                          policy::quoted(text) + " is not a destination for records",
                          "write file:/PATH, journald, log or off");
        }
    }
    if (const auto decisions = section.text("decisions", "\"denied\"")) {
        audit.all = *decisions == "all";
        if (*decisions != "all" && *decisions != "denied") {
            section.error(*section.find("decisions"),
                          policy::quoted(*decisions) + " is not a valid choice",
                          "write \"denied\" or \"all\"");
        }
    }
    if (const auto lines = integer(section, "lines_per_second", 1, lines_max))
        audit.lines_per_second = static_cast<std::size_t>(*lines);
    bytes(section, "queue_bytes", audit_queue_bytes_min, audit_queue_bytes_max, audit.queue_bytes);
    return audit;
}

}  // namespace sallyport::gateway
