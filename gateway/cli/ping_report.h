#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::gateway {

/// The calls that a gateway has counted since its start (docs/monitoring.md:
/// sallyport_call_duration_seconds), of all rules together.
struct CallSums {
    std::uint64_t answered = 0;
    double answered_s = 0;  ///< from their arrival to the final answer
    std::uint64_t crossed = 0;
    double crossed_s = 0;  ///< from their arrival until they crossed the link
};

/// The sums in the text of /metrics; nothing if that is no such text.
std::optional<CallSums> call_sums(std::string_view metrics);

/// The round trip of the last probe in the line of a gateway's status, if one link alone is up and
/// was probed.
std::optional<double> link_round_trip_s(std::string_view status);

/// What `sallyport ping` has measured.
struct PingReport {
    using Seconds = std::chrono::duration<double>;

    Seconds connect{};
    Seconds handshake{};
    Seconds join{};
    std::vector<Seconds> calls;
    bool asked_gateway = false;
    std::optional<CallSums> before;  ///< as the gateway counted before the calls, and after them
    std::optional<CallSums> after;
    std::optional<double> link_s;

    /// What the mean call consists of.
    struct Shares {
        double way_s = 0;      ///< from the client to the gateway and back
        double gateway_s = 0;  ///< until it crossed the link
        double behind_s = 0;   ///< link, inside and callee
    };
    /// Nothing if the gateway was not asked, or has counted other calls, too.
    std::optional<Shares> shares() const;
    double mean_s() const;
    /// Why there are no shares; "" if there are.
    std::string unknown() const;
};

std::string ping_text(const PingReport& report);
/// With the line end.
std::string ping_line(const PingReport& report);

}  // namespace sallyport::gateway
