#include "gateway/tor/extra_torrc.h"

#include <algorithm>
#include <array>
#include <utility>

namespace sallyport::gateway {

namespace {

constexpr std::size_t shown_bytes_max = 80;

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

bool starts_ignoring_case(std::string_view text, std::string_view start) noexcept {
    return equal_ignoring_case(text.substr(0, start.size()), start);
}

bool is_blank(char c) noexcept {
    return c == ' ' || c == '\t';
}

std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

/// What to do about an option that is not permitted; the first entry that it begins with counts.
constexpr std::array<std::pair<std::string_view, std::string_view>, 11> cures{{
    {"Socks", "remove it; tor.socks in gateway.toml offers a SOCKS port on a unix socket"},
    {"HiddenServiceSingleHop", "remove it and set tor.single_onion in gateway.toml"},
    {"HiddenServiceNonAnonymous", "remove it and set tor.single_onion in gateway.toml"},
    {"HiddenService",
     "remove it; this tor serves the gateway's onion service alone, so run another tor for others"},
    {"RunAsDaemon", "remove it; tor runs as a child of sallyport"},
    {"DataDirectory", "remove it; tor's files are in the state directory of sallyport"},
    {"Control", "remove it; sallyport has the control socket of this tor"},
    {"Log", "remove it; tor's warnings are in the log of sallyport"},
    {"%include", "copy the lines of that file into this one"},
    {"ORPort", "remove it; run a relay with a tor of its own"},
    {"DirPort", "remove it; run a relay with a tor of its own"},
}};

std::string cure_of(std::string_view option) {
    for (const auto& [start, cure] : cures) {
        if (starts_ignoring_case(option, start)) return std::string(cure);
    }
    return "remove it, or run your own tor with mode = \"external\"; "
           "docs/operations.md lists the permitted options";
}

/// For an error; the file belongs to the operator, but may be a binary one.
std::string shown(std::string_view option) {
    std::string text(option.substr(0, shown_bytes_max));
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
    }
    return text;
}

/// The rest of a line after its option, without a comment; nothing if a quoted value does not end.
bool take_value(std::string_view rest, std::string_view& value) {
    rest = trimmed(rest);
    if (!rest.starts_with('"')) {
        value = trimmed(rest.substr(0, rest.find('#')));
        return true;
    }
    std::size_t end = 1;
    while (end < rest.size() && rest[end] != '"') end += rest[end] == '\\' ? 2U : 1U;
    if (end >= rest.size()) return false;
    value = rest.substr(0, end + 1);
    const std::string_view after = trimmed(rest.substr(end + 1));
    return after.empty() || after.front() == '#';
}

void parse_line(std::string_view line, std::uint32_t number, ExtraTorrc& out) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = trimmed(line);
    if (line.empty() || line.front() == '#') return;
    const auto error = [&](std::string text, std::string hint) {
        out.errors.push_back({number, std::move(text), std::move(hint)});
    };
    if (std::any_of(line.begin(), line.end(), [](char c) {
            return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
        })) {
        return error("this line has a control character", "remove it");
    }
    const std::size_t end = std::min(line.find_first_of(" \t#"), line.size());
    const std::string_view option = line.substr(0, end);
    const auto& permitted = permitted_torrc_options();
    if (!std::any_of(permitted.begin(), permitted.end(),
                     [&](std::string_view one) { return equal_ignoring_case(one, option); })) {
        return error("tor's option \"" + shown(option) + "\" is not permitted here",
                     cure_of(option));
    }
    std::string_view value;
    if (!take_value(line.substr(end), value))
        return error("the quoted value does not end with this line", "close its quotes");
    if (value.ends_with('\\'))
        return error("this line continues on the next one", "write each option on one line");
    out.lines.append(option).append(" ").append(value).append("\n");
}

}  // namespace

const std::vector<std::string_view>& permitted_torrc_options() {
    static const std::vector<std::string_view> options{
        // Bridges, proxies and firewalls
        "Bridge", "UseBridges", "UpdateBridgesFromAuthority", "ClientTransportPlugin", "HTTPSProxy",
        "HTTPSProxyAuthenticator", "Socks4Proxy", "Socks5Proxy", "Socks5ProxyUsername",
        "Socks5ProxyPassword", "FascistFirewall", "ReachableAddresses", "ReachableORAddresses",
        "ClientUseIPv4", "ClientUseIPv6", "ClientPreferIPv6ORPort", "OutboundBindAddress",
        "OutboundBindAddressOR", "OutboundBindAddressPT",
        // Another network
        "TestingTorNetwork", "DirAuthority", "AlternateDirAuthority", "AlternateBridgeAuthority",
        "FallbackDir", "UseDefaultFallbackDirs", "DirAuthorityFallbackRate", "DisableNetwork",
        // Which relays
        "EntryNodes", "ExcludeNodes", "MiddleNodes", "StrictNodes", "EnforceDistinctSubnets",
        "GeoIPFile", "GeoIPv6File", "UseEntryGuards", "NumEntryGuards", "NumDirectoryGuards",
        "NumPrimaryGuards", "GuardLifetime", "VanguardsLiteEnabled", "HSLayer2Nodes",
        "HSLayer3Nodes",
        // How much and how fast
        "BandwidthRate", "BandwidthBurst", "MaxMemInQueues", "ConnLimit", "NumCPUs",
        "ConstrainedSockets", "ConstrainedSockSize", "KeepalivePeriod", "ConnectionPadding",
        "ReducedConnectionPadding", "CircuitPadding", "ReducedCircuitPadding", "Schedulers",
        "KISTSchedRunInterval", "CircuitBuildTimeout", "LearnCircuitBuildTimeout",
        "MaxCircuitDirtiness", "ConfluxEnabled",
        // How tor protects itself
        "Sandbox", "NoExec", "DisableAllSwap", "DisableDebuggerAttachment", "AvoidDiskWrites",
        "HardwareAccel", "SafeLogging", "LogTimeGranularity"};
    return options;
}

ExtraTorrc parse_extra_torrc(std::string_view content) {
    ExtraTorrc out;
    for (std::uint32_t number = 1; !content.empty(); ++number) {
        const std::string_view line = content.substr(0, content.find('\n'));
        content.remove_prefix(std::min(line.size() + 1, content.size()));
        parse_line(line, number, out);
    }
    return out;
}

}  // namespace sallyport::gateway
