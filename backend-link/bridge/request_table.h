#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "backend-link/bridge/front_ids.h"
#include "wamp/base/id_map.h"
#include "wamp/base/ids.h"

namespace sallyport::backend_link {

/// Requests that are open on both sides of a bridge: found by the front request id, which all
/// bridges of the front index together, by the id on the link, and by session. Entries are
/// identified by small slot numbers, which are reused. `Data` is stored per request.
template <class Data>
class RequestTable {
public:
    using Slot = std::uint32_t;
    static constexpr Slot none = UINT32_MAX;
    /// A session that has or had open requests here, until forget().
    using Owner = std::uint32_t;
    /// An entry that was found by its back id. Valid until the table changes.
    using Found = typename wamp::IdMap<Slot>::iterator;

    struct Entry {
        wamp::SessionId session = 0;  ///< 0: free
        wamp::RequestId front = 0;
        wamp::RequestId back = 0;
        Data data{};

    private:
        friend class RequestTable;
        bool released_ = false;
        Owner owner_ = 0;
        Slot previous_ = none;
        Slot next_ = none;
    };

    RequestTable(FrontRequests& front, LinkNumber link) : by_front_(front), link_(link) {
        by_back_.reserve(wamp::busy_entries);
    }

    std::size_t size() const noexcept { return by_back_.size(); }
    Entry& at(Slot slot) noexcept { return entries_[slot]; }

    bool is_end(Found found) const noexcept { return found == by_back_.end(); }
    Found find_back(wamp::RequestId back) noexcept { return by_back_.find(back); }
    Slot find_front(wamp::SessionId session, wamp::RequestId front) const noexcept {
        const FrontRequests::Place* place = by_front_.find(session, front);
        return place == nullptr || place->link != link_ ? none : place->slot;
    }

    Owner owner(wamp::SessionId session) {
        const auto [at, is_new] = owners_by_session_.try_emplace(session, Owner{});
        if (!is_new) return at->second;
        if (free_owners_.empty()) {
            at->second = static_cast<Owner>(owners_.size());
            owners_.emplace_back();
        } else {
            at->second = free_owners_.back();
            free_owners_.pop_back();
        }
        return at->second;
    }
    std::size_t open_of(Owner owner) const noexcept { return owners_[owner].open; }
    /// The open requests of the session.
    std::size_t count_of(wamp::SessionId session) const noexcept {
        const auto owner = owners_by_session_.find(session);
        return owner == owners_by_session_.end() ? 0 : owners_[owner->second].open;
    }

    /// `none` if the session already has an open request with that id, here or at another bridge.
    /// Otherwise the entry must get a back id before any other change of the table.
    Slot insert(wamp::SessionId session, Owner owner, wamp::RequestId front, Data&& data) {
        const Slot slot = free_.empty() ? static_cast<Slot>(entries_.size()) : free_.back();
        if (!by_front_.insert(session, front, {link_, slot})) return none;
        if (free_.empty()) {
            entries_.emplace_back();
        } else {
            free_.pop_back();
        }
        PerSession& of_session = owners_[owner];
        Entry& entry = entries_[slot];
        entry.session = session;
        entry.front = front;
        entry.data = std::move(data);
        entry.released_ = false;
        entry.owner_ = owner;
        entry.previous_ = none;
        entry.next_ = of_session.newest;
        if (of_session.newest != none) entries_[of_session.newest].previous_ = slot;
        of_session.newest = slot;
        ++of_session.open;
        return slot;
    }
    void set_back(Slot slot, wamp::RequestId back) {
        entries_[slot].back = back;
        by_back_.emplace(back, slot);
    }

    /// Removes the entry from the front's index, as its request has been answered.
    void release_front(Slot slot) noexcept {
        Entry& entry = entries_[slot];
        if (std::exchange(entry.released_, true)) return;
        by_front_.erase(entry.session, entry.front);
    }

    void erase(Slot slot) noexcept { erase(by_back_.find(entries_[slot].back)); }
    void erase(Found found) noexcept {
        const Slot slot = found->second;
        by_back_.erase(found);
        wamp::trim_if_empty(by_back_);
        release_front(slot);
        Entry& entry = entries_[slot];
        PerSession& owner = owners_[entry.owner_];
        --owner.open;
        if (owner.newest == slot) owner.newest = entry.next_;
        if (entry.previous_ != none) entries_[entry.previous_].next_ = entry.next_;
        if (entry.next_ != none) entries_[entry.next_].previous_ = entry.previous_;
        entry.session = 0;
        entry.data = Data{};
        free_.push_back(slot);
    }

    /// The session's open requests, oldest first.
    std::vector<Slot> slots_of(wamp::SessionId session) const {
        std::vector<Slot> slots;
        const Owner* owner = wamp::find_in(owners_by_session_, session);
        if (owner == nullptr) return slots;
        slots.resize(owners_[*owner].open);
        std::size_t left = slots.size();
        for (Slot at = owners_[*owner].newest; at != none; at = entries_[at].next_)
            slots[--left] = at;
        return slots;
    }
    /// All open requests, in the order of their slots.
    std::vector<Slot> slots() const {
        std::vector<Slot> all;
        all.reserve(size());
        for (Slot slot = 0; slot < entries_.size(); ++slot) {
            if (entries_[slot].session != 0) all.push_back(slot);
        }
        return all;
    }

    /// Removes a session that has no open requests.
    void forget(wamp::SessionId session) noexcept {
        const auto at = owners_by_session_.find(session);
        if (at == owners_by_session_.end()) return;
        free_owners_.push_back(at->second);
        owners_by_session_.erase(at);
    }

private:
    struct PerSession {
        Slot newest = none;
        std::uint32_t open = 0;
    };

    FrontRequests& by_front_;
    LinkNumber link_;
    std::vector<Entry> entries_;
    std::vector<Slot> free_;
    wamp::IdMap<Slot> by_back_;
    wamp::IdMap<Owner> owners_by_session_;
    std::vector<PerSession> owners_;
    std::vector<Owner> free_owners_;
};

}  // namespace sallyport::backend_link
