#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "tests/sim/audience.h"
#include "tests/sim/checkers.h"
#include "tests/sim/rules.h"
#include "tests/sim/turn.h"
#include "wamp/base/ids.h"
#include "wamp/base/value.h"

namespace sallyport::sim {

/// Who a session is, as its own door says.
struct Identity {
    wamp::SessionId session = 0;
    Principal principal;
    auto operator<=>(const Identity&) const = default;
};
/// `head`: "caller" or "publisher".
bool tells(const wamp::Dict& details, std::string_view head);
bool tells_truly(const wamp::Dict& details, std::string_view head, const Identity& truth);
/// The principal that a link conveys; session 0 where it conveys none.
Identity conveyed(const wamp::Dict& options);

/// What the doors' models know about an unanswered call. It decides which answers are legal.
struct CallState {
    Identity caller;
    bool discloses = false;
    Instant since{};
    Duration due{};  ///< the shortest of the caller's and the rules' timeouts; zero: none
    std::string backend;
    std::string procedure;  ///< as it is called there
    std::size_t bytes = 0;  ///< that it takes while it waits for a link
    bool forwarded = false;
    bool may_repeat = false;    ///< idempotent route, not repeated yet
    bool yielded = false;       ///< a callee has answered with a result
    std::string must;           ///< the one error that is legal
    std::set<std::string> may;  ///< errors that are legal, too
};

/// One publication.
struct Publication {
    Identity publisher;
    std::string topic;  ///< as its publisher calls it
    bool exclude_me = true;
    bool discloses = false;
    bool retains = false;
    bool sealed = false;
    Weight weight{};
    std::size_t bytes = 0;  ///< of its payload, as its publisher sends it, at most
    bool is_bytes_known = false;
    Audience audience{};

    /// Whom an inside excludes from it although a link stands for him.
    wamp::SessionId excluded_behind() const noexcept {
        return retains && exclude_me ? publisher.session : 0;
    }
};

/// What the models of all doors and actors share.
struct Ledger {
    Findings& findings;
    std::map<std::uint64_t, CallState> calls{};       ///< by tag; open ones
    std::map<PayloadId, Publication> publications{};  ///< of guests, by key and number
    std::map<PayloadId, Audience> audiences{};        ///< of publications of services

    CallState* call(std::uint64_t tag) {
        const auto found = calls.find(tag);
        return found == calls.end() ? nullptr : &found->second;
    }
};

}  // namespace sallyport::sim
