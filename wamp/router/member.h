#pragma once

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "wamp/router/realm.h"

namespace sallyport::wamp {

/// One session of a realm with what it holds there, so that nothing of it is left when it goes
/// (W-SES-05). Stays where it is from join() to leave(): broker and dealer keep its address
/// meanwhile.
struct Member {
    Realm::Session session;
    std::vector<SubscriptionId> subscriptions;
    std::vector<RegistrationId> registrations;
    std::uint32_t calls = 0;  ///< where its calls and invocations begin in the CallTable
};

using Members = std::unordered_map<SessionId, Member>;

/// Takes one id out of the list of a member; their order means nothing.
inline void forget(std::vector<Id>& ids, Id id) noexcept {
    for (Id& held : ids) {
        if (held == id) {
            std::swap(held, ids.back());
            ids.pop_back();
            return;
        }
    }
}

}  // namespace sallyport::wamp
