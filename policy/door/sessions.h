#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "policy/door/realm_counts.h"
#include "policy/engine/permit.h"
#include "policy/engine/realm_policy.h"
#include "wamp/base/ids.h"
#include "wamp/session/features.h"

namespace sallyport::policy {

struct Peer;

/// The authmethod of sessions that have proved no identity.
inline constexpr std::string_view guest_method = "anonymous";

/// An authenticated session, from WELCOME to its end.
struct Session {
    wamp::SessionId id = 0;
    wamp::PeerId peer = wamp::no_peer;
    Peer* connection = nullptr;  ///< null once the session has left or its connection is closed
    std::uint64_t circuit = 0;   ///< Tor circuit; 0 if there is none
    Principal principal;
    wamp::Features features;
    std::shared_ptr<const RealmPolicy> policy;
    std::shared_ptr<RealmCounts> counts;  ///< of `policy`; null if not counted
    RoleIndex role{};
    bool dynamic = false;                 ///< the principal was admitted by [auth.dynamic]
    wamp::RequestId last_invocation = 0;  ///< ids of invocations sent to it so far (W-ID-04)

    Subject subject() const noexcept { return {role, principal.authid, principal.role, id}; }
};

/// All authenticated sessions by id. A pointer is valid until the session is removed.
class Sessions {
public:
    Session* find(wamp::SessionId id) noexcept {
        const auto found = sessions_.find(id);
        return found == sessions_.end() ? nullptr : found->second.get();
    }
    const Session* find(wamp::SessionId id) const noexcept {
        const auto found = sessions_.find(id);
        return found == sessions_.end() ? nullptr : found->second.get();
    }
    Session& add(Session session) {
        const wamp::SessionId id = session.id;
        if (session.principal.method == guest_method) ++guests_;
        return *(sessions_[id] = std::make_unique<Session>(std::move(session)));
    }
    void remove(wamp::SessionId id) noexcept {
        const auto found = sessions_.find(id);
        if (found == sessions_.end()) return;
        if (found->second->principal.method == guest_method) --guests_;
        sessions_.erase(found);
    }
    bool has(wamp::SessionId id) const noexcept { return sessions_.contains(id); }
    std::size_t size() const noexcept { return sessions_.size(); }
    /// Those that have proved no identity.
    std::size_t guests() const noexcept { return guests_; }
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (const auto& [id, session] : sessions_) visit(*session);
    }

private:
    boost::unordered_flat_map<wamp::SessionId, std::unique_ptr<Session>> sessions_;
    std::size_t guests_ = 0;
};

}  // namespace sallyport::policy
