#pragma once

#include <cstddef>
#include <string_view>

#include "policy/door.h"

namespace sallyport::policy {

/// Whom one request speaks for.
struct Door::Speaker {
    RoleIndex role;
    wamp::SessionId session;
    std::string_view authid;
    std::string_view role_name;
    bool conveyed;
};

/// What one request is about.
struct Door::Matter {
    const RealmPolicy& policy;
    Action action;
    std::string_view uri;
    wamp::MatchPolicy match;
    std::size_t payload_bytes;
};

}  // namespace sallyport::policy
