#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "wamp/base/instant.h"
#include "wamp/message/payload.h"

namespace sallyport::policy {

/// The argument of an event by whose value its subscriber distinguishes events of one topic: none,
/// a positional argument by its index, or a keyword argument by its name.
using EventKey = std::variant<std::monostate, std::uint32_t, std::string>;

/// How the events of a subscription are delivered: `deliver`, `key` and `rate` of an [[allow]] rule
/// for `subscribe`.
struct EventDelivery {
    bool latest = false;    ///< of each topic and key only the newest undelivered event
    EventKey key;           ///< only with `latest`, as is `rate_per_s`
    double rate_per_s = 0;  ///< events of each topic and key; 0: no limit

    bool operator==(const EventDelivery&) const = default;

    /// The time between two events of one topic and key; zero without a rate.
    wamp::Duration interval() const noexcept;
};

/// The value of the key in the validated payload of an event, in a form that is the same in every
/// serializer: "" if there is none, or if it is neither a string, a number nor a boolean.
std::string key_of(const EventKey& key, const wamp::Payload& payload);

}  // namespace sallyport::policy
