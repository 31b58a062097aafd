#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

#include "backend-link/bridge/flat_map.h"
#include "wamp/base/ids.h"

namespace sallyport::backend_link {

/// Requests that are open on both sides of a bridge: found by the front session's id for it, by the
/// back id, and all of one session at once. Entries are named by small slot numbers, which are used
/// again. `Data` is kept per request, `Group` per session that has or had any.
template <class Data, class Group = std::monostate>
class RequestTable {
public:
    using Slot = std::uint32_t;
    static constexpr Slot none = UINT32_MAX;

    struct Entry {
        wamp::SessionId session = 0;
        wamp::RequestId front = 0;
        wamp::RequestId back = 0;
        Data data{};

    private:
        friend class RequestTable;
        Slot previous = none;
        Slot next = none;
    };

    /// `secret` keeps clients, which choose their request ids, from aiming at one place of the
    /// table.
    explicit RequestTable(std::uint64_t secret) noexcept : secret_(secret) {}

    std::size_t size() const noexcept { return by_back_.size(); }
    Entry& at(Slot slot) noexcept { return entries_[slot]; }

    Slot find_back(wamp::RequestId back) const noexcept {
        const Slot* slot = by_back_.find(back);
        return slot == nullptr ? none : *slot;
    }
    Slot find_front(wamp::SessionId session, wamp::RequestId front) const noexcept {
        const Slot* slot = by_front_.find(key(session, front));
        return slot == nullptr ? none : *slot;
    }

    /// The session's own record, made when there is none; holds until the next session comes or
    /// goes.
    Group& group(wamp::SessionId session) { return sessions_[session].group; }
    std::size_t open_of(wamp::SessionId session) const noexcept {
        const PerSession* found = sessions_.find(session);
        return found == nullptr ? 0 : found->open;
    }

    Slot insert(wamp::SessionId session, wamp::RequestId front, wamp::RequestId back, Data data) {
        const Slot slot = take_slot();
        PerSession& owner = sessions_[session];
        Entry& entry = entries_[slot];
        entry.session = session;
        entry.front = front;
        entry.back = back;
        entry.data = std::move(data);
        entry.previous = none;
        entry.next = owner.newest;
        if (owner.newest != none) entries_[owner.newest].previous = slot;
        owner.newest = slot;
        ++owner.open;
        by_front_[key(session, front)] = slot;
        by_back_[back] = slot;
        return slot;
    }

    /// Makes the entry unknown to the front: its request has its answer already.
    void release_front(Slot slot) noexcept {
        by_front_.erase(key(entries_[slot].session, entries_[slot].front));
    }

    void erase(Slot slot) noexcept {
        Entry& entry = entries_[slot];
        // After release_front() the same key may belong to a later request.
        const FrontKey front = key(entry.session, entry.front);
        if (const Slot* owner = by_front_.find(front); owner != nullptr && *owner == slot) {
            by_front_.erase(front);
        }
        by_back_.erase(entry.back);
        PerSession* owner = sessions_.find(entry.session);
        --owner->open;
        if (owner->newest == slot) owner->newest = entry.next;
        if (entry.previous != none) entries_[entry.previous].next = entry.next;
        if (entry.next != none) entries_[entry.next].previous = entry.previous;
        entry = Entry{};
        free_.push_back(slot);
    }

    /// The session's open requests, oldest first.
    std::vector<Slot> slots_of(wamp::SessionId session) const {
        std::vector<Slot> slots;
        const PerSession* found = sessions_.find(session);
        if (found == nullptr) return slots;
        slots.resize(found->open);
        std::size_t left = found->open;
        for (Slot at = found->newest; at != none; at = entries_[at].next) slots[--left] = at;
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

    /// Forgets a session that has no open requests.
    void forget(wamp::SessionId session) noexcept { sessions_.erase(session); }

private:
    struct FrontKey {
        wamp::SessionId session = 0;
        std::uint64_t request = 0;
        bool operator==(const FrontKey&) const noexcept = default;
    };
    struct FrontHash {
        std::size_t operator()(const FrontKey& key) const noexcept {
            return IdHash{}(key.request ^ IdHash{}(key.session));
        }
    };
    struct PerSession {
        Slot newest = none;
        std::uint32_t open = 0;
        Group group{};
    };

    FrontKey key(wamp::SessionId session, wamp::RequestId front) const noexcept {
        return {session, front ^ secret_};
    }

    Slot take_slot() {
        if (free_.empty()) {
            entries_.emplace_back();
            return static_cast<Slot>(entries_.size() - 1);
        }
        const Slot slot = free_.back();
        free_.pop_back();
        return slot;
    }

    std::uint64_t secret_;
    std::vector<Entry> entries_;
    std::vector<Slot> free_;
    FlatMap<wamp::RequestId, Slot> by_back_;
    FlatMap<FrontKey, Slot, FrontHash> by_front_;
    FlatMap<wamp::SessionId, PerSession> sessions_;
};

}  // namespace sallyport::backend_link
