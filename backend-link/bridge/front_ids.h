#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "wamp/base/id_map.h"
#include "wamp/base/ids.h"
#include "wamp/message/holding_change.h"
#include "wamp/message/message.h"

namespace sallyport::backend_link {

/// Identifies a bridge of the front: the number of its link.
using LinkNumber = std::uint32_t;

/// The links whose bridges have the same subscription or registration of a front session: one, or
/// several if its route has several backends.
class LinkSet {
public:
    static constexpr LinkNumber links_max = 64;

    bool has(LinkNumber link) const noexcept { return (bits_ >> link & 1U) != 0; }
    void add(LinkNumber link) noexcept { bits_ |= std::uint64_t{1} << link; }
    void remove(LinkNumber link) noexcept { bits_ &= ~(std::uint64_t{1} << link); }
    bool empty() const noexcept { return bits_ == 0; }
    /// It is not empty.
    LinkNumber first() const noexcept { return static_cast<LinkNumber>(std::countr_zero(bits_)); }

private:
    std::uint64_t bits_ = 0;
};

/// The links of subscriptions or registrations, by session and by the id towards the front.
class LinksById {
public:
    /// Whether it is the first link.
    bool add(wamp::SessionId session, wamp::Id id, LinkNumber link) {
        LinkSet& set = sets_[{session, id}];
        const bool first = set.empty();
        set.add(link);
        return first;
    }
    /// Whether no link is left.
    bool remove(wamp::SessionId session, wamp::Id id, LinkNumber link) noexcept {
        LinkSet* const set = wamp::find_in(sets_, wamp::IdPair{session, id});
        if (set == nullptr) return true;
        set->remove(link);
        if (!set->empty()) return false;
        sets_.erase({session, id});
        return true;
    }
    LinkSet of(wamp::SessionId session, wamp::Id id) const noexcept {
        const LinkSet* const set = wamp::find_in(sets_, wamp::IdPair{session, id});
        return set == nullptr ? LinkSet() : *set;
    }
    std::size_t size() const noexcept { return sets_.size(); }

private:
    wamp::IdPairMap<LinkSet> sets_;
};

/// Requests of front sessions that are open at any bridge, by session and request id.
class FrontRequests {
public:
    /// Slot of a request that waits for the link.
    static constexpr std::uint32_t waiting = UINT32_MAX;

    struct Place {
        LinkNumber link;
        std::uint32_t slot;  ///< in that bridge's table
    };

    /// `secret` prevents clients, which choose their request ids, from provoking collisions in the
    /// table.
    explicit FrontRequests(std::uint64_t secret) : secret_(secret) {
        places_.reserve(wamp::busy_entries);
    }

    const Place* find(wamp::SessionId session, wamp::RequestId request) const noexcept {
        return wamp::find_in(places_, key(session, request));
    }
    /// False if the session already has an open request with that id; nothing was done.
    bool insert(wamp::SessionId session, wamp::RequestId request, Place place) {
        return places_.try_emplace(key(session, request), place).second;
    }
    void erase(wamp::SessionId session, wamp::RequestId request) noexcept {
        places_.erase(key(session, request));
        wamp::trim_if_empty(places_);
    }
    std::size_t size() const noexcept { return places_.size(); }

private:
    wamp::IdPair key(wamp::SessionId session, wamp::RequestId request) const noexcept {
        return {session, request ^ secret_};
    }

    std::uint64_t secret_;
    wamp::IdPairMap<Place> places_;
};

/// Maps the ids that front sessions use to bridges. Shared by all bridges of one front, so that a
/// follow-up is passed directly to the right one.
struct FrontIds {
    explicit FrontIds(std::uint64_t secret) : calls(secret), invocations(secret) {}

    /// The link that a CANCEL, further CALL, UNSUBSCRIBE, UNREGISTER, YIELD or ERROR of the session
    /// refers to, the first if there are several; nothing if no bridge knows the id for that
    /// session.
    std::optional<LinkNumber> link_of(wamp::SessionId from, const wamp::Message& followup) const;

    FrontRequests calls;
    FrontRequests invocations;
    LinksById subscriptions;
    LinksById registrations;
    /// Who has come to hold subscriptions and registrations, or holds them no longer; the front
    /// empties it.
    wamp::HoldingChanges changes{};
};

}  // namespace sallyport::backend_link
