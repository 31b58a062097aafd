#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "wamp/base/ids.h"
#include "wamp/base/pattern_index.h"
#include "wamp/base/timestamp.h"
#include "wamp/base/uri.h"
#include "wamp/message/holding_change.h"

namespace sallyport::policy {

/// The subscriptions and registrations of a door's sessions, by realm, as the changes tell that its
/// owner hands in. An object exists as long as a session holds it.
class HoldingBook {
public:
    struct Object {
        wamp::Id id = 0;
        std::string uri;
        wamp::MatchPolicy match = wamp::MatchPolicy::exact;
        std::string_view invoke = "single";  ///< of a registration
        wamp::Timestamp created{};
        std::vector<wamp::SessionId> members;  ///< in order of subscribing or registering
        bool displaces = false;  ///< another one of that name was there when it was made
    };
    /// The subscriptions or the registrations of one realm.
    class Objects {
    public:
        /// Null if there is none.
        const Object* find(wamp::Id id) const noexcept;
        const Object* find(std::string_view uri, wamp::MatchPolicy match) const noexcept {
            return index_.find(match, uri);
        }
        /// The one that a call of the URI goes to (W-PBR-02).
        const Object* best(std::string_view uri) const { return index_.best(uri); }
        /// All that match: the exact one, prefixes from short to long, wildcards.
        std::vector<const Object*> matching(std::string_view uri) const;
        /// All, by id.
        std::vector<const Object*> all() const;
        std::size_t size() const noexcept { return by_id_.size(); }

    private:
        friend class HoldingBook;
        std::unordered_map<wamp::Id, std::unique_ptr<Object>> by_id_;
        wamp::PatternIndex<const Object*> index_;
    };

    const Objects& subscriptions(std::string_view realm) const noexcept;
    const Objects& registrations(std::string_view realm) const noexcept;

    /// What a change has done.
    struct Applied {
        /// The object after its creation, before its end; null: nothing has changed.
        const Object* object = nullptr;
        bool first = false;  ///< it has been created
        bool last = false;   ///< nobody holds it any more; it is there until forget()
    };
    Applied apply(std::string_view realm, const wamp::HoldingChange& change, wamp::Timestamp now);
    /// Removes an object that nobody holds.
    void forget(std::string_view realm, const wamp::HoldingChange& change) noexcept;

private:
    struct Realm {
        Objects subscriptions;
        Objects registrations;
    };
    Objects& objects_of(std::string_view realm, bool registrations);
    const Realm& realm(std::string_view name) const noexcept;

    std::map<std::string, Realm, std::less<>> realms_;
};

/// Without the pairs of changes that end a holding and begin it again under the same id: it has
/// only moved.
wamp::HoldingChanges without_moves(wamp::HoldingChanges&& changes);

}  // namespace sallyport::policy
