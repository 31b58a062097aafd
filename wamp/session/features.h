#pragma once

#include <cstdint>
#include <string_view>

#include "wamp/base/value.h"

namespace sallyport::wamp {

/// Roles and features that one end announced in HELLO or WELCOME (requirements: Feature
/// announcement), as a bit set.
enum class Feature : std::uint32_t {
    caller = 1u << 0,
    callee = 1u << 1,
    publisher = 1u << 2,
    subscriber = 1u << 3,
    broker = 1u << 4,
    dealer = 1u << 5,
    caller_progressive_call_results = 1u << 6,
    callee_progressive_call_results = 1u << 7,
    callee_call_canceling = 1u << 8,
    callee_call_timeout = 1u << 9,
    callee_caller_identification = 1u << 10,
    subscriber_publisher_identification = 1u << 11,
    callee_registration_revocation = 1u << 12,
    subscriber_subscription_revocation = 1u << 13,
    dealer_call_canceling = 1u << 14,
    dealer_progressive_call_results = 1u << 15,
    caller_payload_passthru_mode = 1u << 16,
    callee_payload_passthru_mode = 1u << 17,
    publisher_payload_passthru_mode = 1u << 18,
    subscriber_payload_passthru_mode = 1u << 19,
    broker_payload_passthru_mode = 1u << 20,
    dealer_payload_passthru_mode = 1u << 21,
    carries_payloads = 1u << 22,  ///< ours: `_carries_payloads` beside the roles (W-GWY-13)
    caller_progressive_call_invocations = 1u << 23,
    callee_progressive_call_invocations = 1u << 24,
    dealer_progressive_call_invocations = 1u << 25,
    dealer_shared_registration = 1u << 26,
    broker_event_retention = 1u << 27,
};

/// A set of roles and features.
class Features {
public:
    constexpr Features() noexcept = default;
    constexpr bool has(Feature feature) const noexcept {
        return (bits_ & static_cast<std::uint32_t>(feature)) != 0;
    }
    constexpr void add(Feature feature) noexcept { bits_ |= static_cast<std::uint32_t>(feature); }
    constexpr bool any_client_role() const noexcept { return (bits_ & 0xFu) != 0; }
    constexpr bool operator==(const Features&) const noexcept = default;

private:
    std::uint32_t bits_ = 0;
};

/// The detail of HELLO and WELCOME by which our gateway and inside agree on carried payloads
/// (W-GWY-13).
inline constexpr std::string_view carries_payloads_key = "_carries_payloads";

/// Reads `roles` of HELLO.Details or WELCOME.Details, whose types were checked at decoding. A
/// callee that cannot be cancelled counts as without progressive results and invocations
/// (W-FEA-05); `call_cancelling` and `progressive_calls` are aliases (W-FEA-03).
Features read_features(const Dict& details) noexcept;

/// `roles` as this program announces them in WELCOME: exactly the features that work end to end
/// (W-FEA-01).
Dict router_roles();
/// `roles` as this program announces them in HELLO; a link also forwards progressive call
/// invocations, and payload passthru mode.
Dict client_roles(bool link = false);

}  // namespace sallyport::wamp
