#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>

#include "policy/engine/permit.h"
#include "policy/engine/realm_policy.h"
#include "wamp/base/ids.h"
#include "wamp/session/features.h"

namespace sallyport::policy {

/// An authenticated session, from WELCOME to its end.
struct Session {
    wamp::SessionId id = 0;
    wamp::PeerId peer = wamp::no_peer;
    std::uint64_t circuit = 0;  ///< Tor circuit; 0 when there is none
    Principal principal;
    wamp::Features features;
    std::shared_ptr<const RealmPolicy> policy;
    RoleIndex role{};
    bool dynamic = false;                 ///< the principal is one of the dynamic authenticator
    wamp::RequestId last_invocation = 0;  ///< ids of invocations sent to it so far (W-ID-04)

    Subject subject() const noexcept { return {role, principal.authid, principal.role}; }
    bool may_receive(std::string_view topic) const noexcept {
        return policy->may_receive(subject(), topic);
    }
};

/// All authenticated sessions, named by their ids. A pointer holds until the session is removed.
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
        return *(sessions_[id] = std::make_unique<Session>(std::move(session)));
    }
    void remove(wamp::SessionId id) noexcept { sessions_.erase(id); }
    bool has(wamp::SessionId id) const noexcept { return sessions_.contains(id); }
    std::size_t size() const noexcept { return sessions_.size(); }

private:
    std::unordered_map<wamp::SessionId, std::unique_ptr<Session>> sessions_;
};

}  // namespace sallyport::policy
