#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "wamp/base/id_map.h"
#include "wamp/flow/fair_queue.h"
#include "wamp/router/realm.h"

namespace sallyport::wamp {

/// One session of a realm with its subscriptions and registrations, so that all of them end with it
/// (W-SES-05). Its address does not change between join() and leave(), as broker and dealer store
/// it.
struct Member {
    Realm::Session session;
    std::vector<SubscriptionId> subscriptions;
    std::vector<RegistrationId> registrations;
    std::uint32_t calls = 0;  ///< the handle of its calls and invocations in the CallTable
    bool has_room = true;     ///< for further invocations; otherwise they are held
    /// A held INVOCATION; outdated once the call has ended.
    struct Held {
        std::uint32_t call;    ///< in the CallTable
        std::uint64_t serial;  ///< as HeldInvocation::serial
    };
    struct HeldShare {
        std::size_t calls = 0;
        std::size_t bytes = 0;
    };
    struct HeldCalls {
        flow::FairQueue<Held> queue;
        IdMap<HeldShare> shares;  ///< by caller: of calls that have not ended
        std::size_t bytes = 0;    ///< of them
    };
    std::unique_ptr<HeldCalls> held{};  ///< null as long as it was never needed
};

using Members = std::unordered_map<SessionId, Member>;

/// Removes one id from the list of a member; the order of the list has no meaning.
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
