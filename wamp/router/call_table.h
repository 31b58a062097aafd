#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "wamp/base/deadline_heap.h"
#include "wamp/base/id_map.h"
#include "wamp/base/ids.h"
#include "wamp/base/instant.h"
#include "wamp/base/tally.h"
#include "wamp/base/value.h"
#include "wamp/message/payload.h"
#include "wamp/router/caller_waits.h"

namespace sallyport::wamp {

struct Member;

/// An INVOCATION that its callee has no room for yet.
struct HeldInvocation {
    std::uint64_t serial = 0;  ///< of the entry in the callee's queue
    Dict details;
    OwnedPayload payload;
    CallerWaits::Caller caller;
    std::size_t bytes = 0;  ///< that it is counted with
};

/// A call that has not been answered yet.
struct PendingCall {
    Member* caller = nullptr;
    Member* callee = nullptr;
    SessionId origin = 0;      ///< on whose behalf the caller calls
    RequestId request = 0;     ///< the caller's id of the CALL
    RequestId invocation = 0;  ///< the callee's id of the INVOCATION; 0 while that is held
    RegistrationId registration = 0;
    Duration timeout{};             ///< zero: none
    Instant due = never;            ///< when it times out
    Instant held_until = never;     ///< when an INVOCATION is held: how long at most
    bool receive_progress = false;  ///< the callee was allowed to send progressive results
    bool killed = false;            ///< INTERRUPT `kill` was sent; the answer is pending
    bool open = false;              ///< its last CALL has not come yet (W-PCI-01)
    Tally::Lease lease{};           ///< its share of the limit on calls in flight
    /// Its INVOCATIONs that are held, oldest first; null if there are none.
    std::unique_ptr<std::deque<HeldInvocation>> held{};
};

/// All calls in flight of one realm: found by the caller's id, by the callee's, by session and by
/// deadline, each in constant time (logarithmic for deadlines). An entry exists exactly as long as
/// its caller is waiting for an answer.
class CallTable {
public:
    using Handle = std::uint32_t;
    static constexpr Handle none = UINT32_MAX;

    CallTable() {
        by_call_.reserve(busy_entries);
        by_invocation_.reserve(busy_entries);
    }

    /// Creates the empty lists of a session that joined; the handle identifies it in the functions
    /// below.
    Handle open_session();
    /// The session has no calls left.
    void close_session(Handle session);

    /// Neither the caller's nor the callee's id is pending yet; the callee's may be 0 for several
    /// calls. `never`: no deadline.
    Handle add(PendingCall&& call, Instant deadline);
    void remove(Handle handle);
    /// The INVOCATION that was held is sent under this id.
    void invoke(Handle handle, RequestId invocation);

    Handle find_call(SessionId caller, RequestId request) const noexcept;
    Handle find_invocation(SessionId callee, RequestId invocation) const noexcept;
    PendingCall& at(Handle handle) noexcept { return slots_[handle].call; }

    /// The oldest call that the session made, or the oldest that it was invoked for; `none` if
    /// there is none.
    Handle first_call_of(Handle session) const noexcept { return first_in(session, 0); }
    Handle first_invocation_of(Handle session) const noexcept { return first_in(session, 1); }

    void set_deadline(Handle handle, Instant deadline) { deadlines_.set(handle, deadline); }
    Instant deadline_of(Handle handle) const noexcept { return deadlines_.of(handle); }
    Instant deadline() const noexcept { return deadlines_.next(); }
    /// The call with the earliest deadline, if that is `now` or earlier; otherwise `none`.
    Handle due(Instant now) const noexcept {
        return deadlines_.next() <= now && deadlines_.size() > 0 ? deadlines_.first() : none;
    }

    std::size_t calls() const noexcept { return by_call_.size(); }
    std::size_t invocations() const noexcept { return by_invocation_.size(); }

private:
    // Two circular lists link the slots: [0] the calls of one caller, [1] the invocations of one
    // callee. Each starts and ends at the session's own slot.
    struct Link {
        Handle previous = none;
        Handle next = none;
    };
    struct Slot {
        PendingCall call;
        Link links[2];
    };

    void index_invocation(Handle handle);
    Handle take_slot();
    Handle first_in(Handle session, int ring) const noexcept;
    void link(Handle handle, Handle session, int ring) noexcept;
    void unlink(Handle handle, int ring) noexcept;

    std::vector<Slot> slots_;
    std::vector<Handle> free_;
    IdPairMap<Handle> by_call_;        ///< by caller and request
    IdPairMap<Handle> by_invocation_;  ///< by callee and invocation
    DeadlineHeap deadlines_;
};

}  // namespace sallyport::wamp
