#pragma once

#include <utility>
#include <vector>

#include "wamp/message/message.h"

namespace sallyport::wamp::test {

inline Dict roles(std::initializer_list<const char*> names) {
    Dict inner;
    for (const char* name : names) inner.append(name, Dict{});
    Dict details;
    details.append("roles", std::move(inner));
    return details;
}

inline Hello hello(Dict details = roles({"caller"})) {
    return {"realm1", std::move(details)};
}

/// One legal message of every type; requests have the id 1, answers the id of a first invocation.
inline std::vector<Message> one_of_each() {
    return {
        hello(),
        Welcome{7, roles({"broker", "dealer"})},
        Abort{{}, "wamp.error.canceled", {}},
        Challenge{"ticket", {}},
        Authenticate{"secret", {}},
        Goodbye{{}, "wamp.close.close_realm"},
        Error{MessageType::invocation, 1, {}, "a.b", {}},
        Publish{1, {}, "a.b", {}},
        Published{1, 2},
        Subscribe{1, {}, "a.b"},
        Subscribed{1, 2},
        Unsubscribe{1, 2, {}},
        Unsubscribed{1, {}},
        Event{1, 2, {}, {}},
        Call{1, {}, "a.b", {}},
        Cancel{1, {}},
        CallResult{1, {}, {}},
        Register{1, {}, "a.b"},
        Registered{1, 2},
        Unregister{1, 2, {}},
        Unregistered{1, {}},
        Invocation{1, 2, {}, {}},
        Interrupt{1, {}},
        Yield{1, {}, {}},
    };
}

}  // namespace sallyport::wamp::test
