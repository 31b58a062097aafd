#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "policy/door/door.h"

namespace sallyport::policy {

/// Whom one request speaks for.
struct Door::Speaker {
    RoleIndex role;
    wamp::SessionId session;
    std::string_view authid;
    std::string_view role_name;
    bool conveyed;          ///< by a link
    wamp::SessionId via;    ///< the session that speaks; the same unless conveyed
    std::uint64_t circuit;  ///< of Tor
    wamp::PeerId peer;
};

/// What one request is about.
struct Door::Matter {
    Realm& realm;
    const RealmPolicy& policy;
    Action action;
    std::string_view uri;
    wamp::MatchPolicy match;
    std::size_t payload_bytes;
};

/// What policy and limits say to one request.
struct Door::Ruling {
    Outcome outcome = Outcome::allow;
    std::optional<Permit> permit;  ///< only of what may pass
    RuleIndex rule = no_rule;
    std::string_view reason;  ///< for the record
    std::string_view error;   ///< that is due
    wamp::Tally::Lease lease{};
};

}  // namespace sallyport::policy
