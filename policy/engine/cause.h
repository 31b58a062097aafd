#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "policy/engine/permit.h"
#include "wamp/message/payload.h"

namespace sallyport::policy {

/// Why a request is answered with `wamp.error.unavailable`. It is told in the keyword argument
/// `cause` if the rule that allows the request grants `diagnose`; everybody else gets the bare
/// error.
enum class Cause : std::uint8_t {
    none,
    link_down,       ///< the link of its route is down
    over_rate,       ///< of the rule
    over_in_flight,  ///< of the rule, or of the session's calls in total
    too_slow,        ///< the callee does not take its calls as fast as they come
};

/// The option of ERROR.Details in which an inside tells its gateway; never sent to clients.
inline constexpr std::string_view cause_key = "_cause";

std::string_view to_string(Cause cause) noexcept;
/// Cause::none for any other text.
Cause parse_cause(std::string_view text) noexcept;

/// The payload of the error; empty for none. Its bytes are constants.
wamp::Payload payload_of(Cause cause,
                         wamp::Serializer serializer = wamp::Serializer::msgpack) noexcept;

/// The same under that permit.
inline wamp::Payload told(const Permit& permit, Cause cause) noexcept {
    return payload_of(permit.grants(Grant::diagnose) ? cause : Cause::none);
}

}  // namespace sallyport::policy
