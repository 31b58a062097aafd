#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "backend-link/bridge/bridge.h"
#include "backend-link/bridge/front_ids.h"
#include "backend-link/link/health.h"
#include "backend-link/link/profile.h"
#include "policy/door/judge.h"
#include "policy/door/sessions.h"
#include "policy/engine/cause.h"
#include "wamp/base/random.h"
#include "wamp/flow/circuit_bytes.h"
#include "wamp/message/match.h"
#include "wamp/message/message.h"
#include "wamp/message/passthru.h"
#include "wamp/session/features.h"

namespace sallyport::backend_link {

/// A front request that is being forwarded: its session, permit, route and time of arrival.
struct RequestContext {
    policy::Session& from;
    policy::Permit& permit;
    const policy::RouteInfo& route;
    wamp::Instant since;
    bool again = false;          ///< a call that was in flight when the link was lost
    wamp::Tally::Lease lease{};  ///< of a call
    std::uint64_t order = 0;     ///< WaitingRequests::Entry::order if it has waited; 0: it has not
};

/// The identity of a caller or publisher, for receivers to whom it may be disclosed.
struct Identity {
    wamp::SessionId session = 0;
    std::string authid;
    std::string authrole;
};

/// `who` is "caller" or "publisher" (W-CID-01, W-PID-01).
inline void append_identity(wamp::Dict& details, const std::string& who, const Identity& identity) {
    details.append(who, identity.session);
    details.append(who + "_authid", identity.authid);
    details.append(who + "_authrole", identity.authrole);
}

/// What all parts of a bridge share: the session on the link with its numbering, and the sessions
/// in front.
struct LinkSide {
    Profile profile;
    policy::Sessions& sessions;
    FrontIds& ids;
    LinkNumber number;
    policy::Judge& judge;
    wamp::Random random;
    wamp::Features router;
    bool up = false;
    wamp::RequestId last_request = 0;
    std::uint64_t secret = 0;                       ///< of pseudonym_of()
    LinkWire wire{};                                ///< while up
    wamp::flow::CircuitBytes* under_way = nullptr;  ///< counts what waits; null: nothing
    Health* health = nullptr;                       ///< counts how calls end; null: nothing

    /// What the session has waiting, from now on.
    wamp::flow::CircuitBytes::Charge charge(const policy::Session& from, std::size_t bytes) const {
        if (under_way == nullptr) return {};
        return under_way->charge({from.circuit, from.id}, bytes);
    }

    wamp::RequestId next_request() noexcept { return last_request = wamp::next_id(last_request); }
    bool cancels() const noexcept {
        return profile.cancels && router.has(wamp::Feature::dealer_call_canceling);
    }

    /// Whether the backend's router shares a registration among several callees of ours.
    bool shares() const noexcept {
        return profile.shares && router.has(wamp::Feature::dealer_shared_registration);
    }
    /// Whether the backend's router takes the arguments of a call in several CALLs (W-PCI-03).
    bool streams() const noexcept {
        return profile.streams && router.has(wamp::Feature::dealer_progressive_call_invocations);
    }

    /// Whether the backend's router keeps retained events: others decline without a word
    /// (W-EVR-01).
    bool retains() const noexcept {
        return profile.retains || router.has(wamp::Feature::broker_event_retention);
    }

    /// Whether the backend's router accepts the options: those of payload passthru mode only if it
    /// announced that feature for its role (W-PPT-02).
    bool carries(const wamp::Dict& options, wamp::Feature passthru) const noexcept {
        return !wamp::is_passthru(options) || router.has(passthru);
    }
    /// Whether a front session supports the payload mode in the details, or has left.
    bool can_decode(wamp::SessionId session, const wamp::Dict& details,
                    wamp::Feature passthru) const noexcept {
        if (!wamp::is_passthru(details)) return true;
        const policy::Session* front = sessions.find(session);
        return front == nullptr || front->features.has(passthru);
    }

    /// Whether the permit grants disclosure, and identities are conveyed to the backend's router.
    bool may_disclose(const policy::Permit& permit) const noexcept {
        return profile.conveys_identity && permit.grants(policy::Grant::disclose_me);
    }
    /// A constant pseudonym for a session behind the link, which does not reveal its id to the
    /// front (W-GWY-01, W-SEC-09).
    wamp::SessionId pseudonym_of(wamp::SessionId behind) const noexcept {
        return permuted(behind, false);
    }
    /// The session behind the link that has the pseudonym; for other numbers, the id of nobody.
    wamp::SessionId id_of(wamp::SessionId pseudonym) const noexcept {
        return permuted(pseudonym, true);
    }
    /// The caller or publisher as disclosed by a backend's router that knows the front's
    /// principals: it discloses only identities that may be disclosed.
    std::optional<Identity> conveyed(const wamp::Dict& details, const std::string& who) const {
        if (details.empty() || !profile.conveys_identity) return std::nullopt;
        const wamp::SessionId session = details.get_uint(who, 0);
        if (session == 0) return std::nullopt;
        Identity identity{session, std::string(details.get_string(who + "_authid")),
                          std::string(details.get_string(who + "_authrole"))};
        const policy::Session* front = sessions.find(session);
        if (front == nullptr || front->principal.authid != identity.authid) {
            identity.session = pseudonym_of(session);
        }
        return identity;
    }

private:
    /// A permutation of all ids by the secret, or its inverse: a Feistel network of 54 bits, which
    /// is repeated until the result is an id again.
    wamp::SessionId permuted(wamp::SessionId id, bool inverse) const noexcept {
        constexpr unsigned half_bits = 27;
        constexpr std::uint64_t half = (std::uint64_t{1} << half_bits) - 1;
        if (id == 0 || id > wamp::id_max) return id;
        std::uint64_t value = id - 1;
        do {
            std::uint64_t left = value >> half_bits;
            std::uint64_t right = value & half;
            for (unsigned round = 0; round < 4; ++round) {
                const unsigned key = inverse ? 3 - round : round;
                std::uint64_t mixed =
                    (inverse ? left : right) ^ secret ^ (std::uint64_t{key} << 60);
                for (const std::uint64_t factor : {0xBF58476D1CE4E5B9u, 0x94D049BB133111EBu})
                    mixed = (mixed ^ (mixed >> 30)) * factor;
                mixed = (mixed ^ (mixed >> 31)) & half;
                if (inverse) {
                    right = std::exchange(left, right ^ mixed);
                } else {
                    left = std::exchange(right, left ^ mixed);
                }
            }
            value = (left << half_bits) | right;
        } while (value >= wamp::id_max);
        return value + 1;
    }
};

inline wamp::Error error_for(wamp::MessageType type, wamp::RequestId request, std::string_view uri,
                             wamp::Payload payload = {}) {
    return {type, request, {}, std::string(uri), payload};
}

/// The identity of a front session as a trusted link conveys it: a list with the origin first, here
/// of one element (W-R2R-01).
inline wamp::Value forward_for(const policy::Session& session) {
    wamp::Dict origin;
    origin.append("session", session.id);
    origin.append("authid", session.principal.authid);
    origin.append("authrole", session.principal.role);
    wamp::List chain;
    chain.emplace_back(std::move(origin));
    return chain;
}

/// Appends who sends a request, as far as the router may know it, and the number that he gave it,
/// which names it in the audit logs of both doors.
inline void convey(const Profile& profile, const policy::Session& session, wamp::RequestId request,
                   wamp::Dict& options) {
    if (!profile.conveys_identity) return;
    options.append("forward_for", forward_for(session));
    if (profile.audits && request != 0) options.append("x_request", request);
}

inline wamp::Dict match_options(wamp::MatchPolicy match) {
    wamp::Dict options;
    if (match != wamp::MatchPolicy::exact) options.append("match", wamp::to_string(match));
    return options;
}

}  // namespace sallyport::backend_link
