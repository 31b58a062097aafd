#include "gateway/cli/ping_report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numeric>

#include "policy/tools/json.h"

namespace sallyport::gateway {

using policy::Json;

namespace {

constexpr std::string_view metric = "sallyport_call_duration_seconds_";
constexpr std::size_t depth_max = 8;

/// As `12.3 ms`.
std::string in_ms(double seconds) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.2f ms", seconds * 1000);
    return text;
}

std::string line_of(const char* part, double seconds, const std::string& what) {
    char text[64];
    std::snprintf(text, sizeof(text), "%-16s %12s  ", part, in_ms(seconds).c_str());
    return text + what + "\n";
}

/// In milliseconds, to the microsecond.
double rounded_ms(double seconds) {
    return std::round(seconds * 1e6) / 1e3;
}

}  // namespace

std::optional<CallSums> call_sums(std::string_view metrics) {
    if (metrics.find("\nsallyport_build_info{") == std::string_view::npos) return std::nullopt;
    CallSums sums;
    while (!metrics.empty()) {
        const std::string line(metrics.substr(0, metrics.find('\n')));
        metrics.remove_prefix(std::min(line.size() + 1, metrics.size()));
        const std::size_t end = line.rfind("} ");
        if (!line.starts_with(metric) || end == std::string::npos) continue;
        const std::string_view kind = std::string_view(line).substr(metric.size());
        const double value = std::strtod(line.c_str() + end + 2, nullptr);
        const bool total = line.find("part=\"total\"") != std::string::npos;
        if (kind.starts_with("sum{")) (total ? sums.answered_s : sums.crossed_s) += value;
        if (kind.starts_with("count{"))
            (total ? sums.answered : sums.crossed) += static_cast<std::uint64_t>(value);
    }
    return sums;
}

std::optional<double> link_round_trip_s(std::string_view status) {
    const auto json = policy::parse_json(status, depth_max);
    const Json* const front = json ? policy::object_member(*json, "front") : nullptr;
    if (front == nullptr) return std::nullopt;
    std::vector<std::uint64_t> trips_us;
    for (const Json& link : policy::array_member(*front, "links")) {
        if (policy::bool_member(link, "up"))
            trips_us.push_back(policy::unsigned_member(link, "round_trip_us"));
    }
    if (trips_us.size() != 1 || trips_us.front() == 0) return std::nullopt;
    return static_cast<double>(trips_us.front()) / 1e6;
}

double PingReport::mean_s() const {
    if (calls.empty()) return 0;
    return std::accumulate(calls.begin(), calls.end(), Seconds{}).count() /
           static_cast<double>(calls.size());
}

std::string PingReport::unknown() const {
    if (calls.empty()) return "no call was answered";
    if (!asked_gateway) return "ask the gateway, too: --config gateway.toml on its machine";
    if (!before || !after) return "the gateway did not tell its metrics";
    const std::uint64_t answered = after->answered - before->answered;
    const std::uint64_t crossed = after->crossed - before->crossed;
    if (answered < calls.size() || crossed < calls.size())
        return "the calls did not come through this gateway, or did not cross a link";
    if (answered > calls.size() || crossed > calls.size())
        return "the gateway had calls of others meanwhile; try again when it has none";
    return {};
}

std::optional<PingReport::Shares> PingReport::shares() const {
    if (!before || !after || !unknown().empty()) return std::nullopt;
    const auto each = [this](double sum) { return sum / static_cast<double>(calls.size()); };
    const double total = each(after->answered_s - before->answered_s);
    const double gateway = each(after->crossed_s - before->crossed_s);
    return Shares{std::max(mean_s() - total, 0.0), gateway, std::max(total - gateway, 0.0)};
}

std::string ping_text(const PingReport& report) {
    std::string text =
        line_of("connect", report.connect.count(), "to the address, through the proxy if any") +
        line_of("handshake", report.handshake.count(), "of the transport") +
        line_of("join", report.join.count(), "until WELCOME");
    if (report.calls.empty()) return text;
    const auto [least, most] = std::minmax_element(report.calls.begin(), report.calls.end());
    text += line_of("call", report.mean_s(),
                    "mean of " + std::to_string(report.calls.size()) + ", " +
                        in_ms(least->count()) + " to " + in_ms(most->count()));
    const auto shares = report.shares();
    if (!shares) return text + "shares of the call unknown: " + report.unknown() + "\n";
    text += line_of("  to the gateway", shares->way_s, "and back, with this program");
    text += line_of("  gateway", shares->gateway_s, "until the call crossed the link");
    text += line_of("  behind it", shares->behind_s,
                    report.link_s ? "link, inside and callee; the last probe of the link took " +
                                        in_ms(*report.link_s)
                                  : "link, inside and callee, which cannot be told apart");
    return text;
}

std::string ping_line(const PingReport& report) {
    Json json{{"connect_ms", rounded_ms(report.connect.count())},
              {"handshake_ms", rounded_ms(report.handshake.count())},
              {"join_ms", rounded_ms(report.join.count())},
              {"calls", report.calls.size()}};
    if (!report.calls.empty()) {
        const auto [least, most] = std::minmax_element(report.calls.begin(), report.calls.end());
        json["call_ms"] = rounded_ms(report.mean_s());
        json["call_min_ms"] = rounded_ms(least->count());
        json["call_max_ms"] = rounded_ms(most->count());
        if (const auto shares = report.shares()) {
            json["way_ms"] = rounded_ms(shares->way_s);
            json["gateway_ms"] = rounded_ms(shares->gateway_s);
            json["behind_ms"] = rounded_ms(shares->behind_s);
            if (report.link_s) json["link_probe_ms"] = rounded_ms(*report.link_s);
        } else {
            json["unknown"] = report.unknown();
        }
    }
    return policy::to_line(json) + "\n";
}

}  // namespace sallyport::gateway
