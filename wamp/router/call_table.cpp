#include "wamp/router/call_table.h"

#include <utility>

#include "wamp/base/check.h"
#include "wamp/router/member.h"

namespace sallyport::wamp {

CallTable::Handle CallTable::take_slot() {
    if (free_.empty()) {
        slots_.emplace_back();
        return static_cast<Handle>(slots_.size() - 1);
    }
    const Handle handle = free_.back();
    free_.pop_back();
    return handle;
}

CallTable::Handle CallTable::open_session() {
    const Handle handle = take_slot();
    for (Link& ring : slots_[handle].links) ring = {handle, handle};
    return handle;
}

void CallTable::close_session(Handle session) {
    SALLYPORT_CHECK(first_call_of(session) == none && first_invocation_of(session) == none);
    free_.push_back(session);
}

CallTable::Handle CallTable::add(PendingCall&& call, Instant deadline) {
    const Handle handle = take_slot();
    slots_[handle].call = std::move(call);
    const PendingCall& added = slots_[handle].call;
    link(handle, added.caller->calls, 0);
    link(handle, added.callee->calls, 1);
    const bool call_is_new =
        by_call_.try_emplace({added.caller->session.id, added.request}, handle).second;
    SALLYPORT_CHECK(call_is_new);
    if (added.invocation != 0) index_invocation(handle);
    if (deadline != never) deadlines_.set(handle, deadline);
    return handle;
}

void CallTable::index_invocation(Handle handle) {
    const PendingCall& call = slots_[handle].call;
    const bool is_new =
        by_invocation_.try_emplace({call.callee->session.id, call.invocation}, handle).second;
    SALLYPORT_CHECK(is_new);
}

void CallTable::invoke(Handle handle, RequestId invocation) {
    SALLYPORT_CHECK(slots_[handle].call.invocation == 0 && invocation != 0);
    slots_[handle].call.invocation = invocation;
    index_invocation(handle);
}

void CallTable::remove(Handle handle) {
    PendingCall& call = slots_[handle].call;
    unlink(handle, 0);
    unlink(handle, 1);
    by_call_.erase({call.caller->session.id, call.request});
    if (call.invocation != 0) by_invocation_.erase({call.callee->session.id, call.invocation});
    trim_if_empty(by_call_);
    trim_if_empty(by_invocation_);
    deadlines_.erase(handle);
    call.lease = {};
    call.held.reset();
    free_.push_back(handle);
}

CallTable::Handle CallTable::find_call(SessionId caller, RequestId request) const noexcept {
    const std::uint32_t* found = find_in(by_call_, IdPair{caller, request});
    return found != nullptr ? *found : none;
}

CallTable::Handle CallTable::find_invocation(SessionId callee,
                                             RequestId invocation) const noexcept {
    const std::uint32_t* found = find_in(by_invocation_, IdPair{callee, invocation});
    return found != nullptr ? *found : none;
}

CallTable::Handle CallTable::first_in(Handle session, int ring) const noexcept {
    const Handle first = slots_[session].links[ring].next;
    return first != session ? first : none;
}

void CallTable::link(Handle handle, Handle session, int ring) noexcept {
    const Handle last = slots_[session].links[ring].previous;
    slots_[handle].links[ring] = {last, session};
    slots_[last].links[ring].next = handle;
    slots_[session].links[ring].previous = handle;
}

void CallTable::unlink(Handle handle, int ring) noexcept {
    const Link link = slots_[handle].links[ring];
    slots_[link.previous].links[ring].next = link.next;
    slots_[link.next].links[ring].previous = link.previous;
}

}  // namespace sallyport::wamp
