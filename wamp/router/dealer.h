#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "wamp/base/instant.h"
#include "wamp/base/pattern_index.h"
#include "wamp/base/random.h"
#include "wamp/base/uri.h"
#include "wamp/message/deliveries.h"
#include "wamp/message/holding_change.h"
#include "wamp/message/uris.h"
#include "wamp/router/call_table.h"
#include "wamp/router/member.h"

namespace sallyport::wamp {

/// How long a caller that cancelled with mode `kill` waits for a callee that never answers
/// (W-CAN-06).
inline constexpr Duration kill_wait_max = std::chrono::seconds(10);

/// How long a call waits for a callee that does not read, and how much one caller may have waiting
/// for one callee, and all together; then it is refused with `unavailable`.
inline constexpr Duration hold_max = std::chrono::seconds(10);
inline constexpr std::size_t held_calls_max = 4096;
inline constexpr std::size_t held_bytes_max = std::size_t{16} << 20;
inline constexpr std::size_t held_bytes_of_all_max = std::size_t{64} << 20;

/// The longest timeout of a call; a longer one counts as this.
inline constexpr Duration call_timeout_max = std::chrono::hours(24 * 365);

/// The remote-procedure half of a realm (requirements: Basic RPC, requirements: Advanced RPC). A
/// call that reached a callee is in the table until its caller has been sent the one final answer:
/// the callee's, or an ERROR of the router if the callee left, the call timed out or the caller
/// cancelled it. A later answer finds no entry and is dropped (W-RPC-07). The address of a member
/// must not change before leave().
class Dealer {
public:
    /// Writes who holds its registrations to `changes`, which outlives it.
    Dealer(Random random, HoldingChanges& changes)
        : random_(std::move(random)), changes_(changes) {}

    /// Instead of held_bytes_max.
    void limit_held_bytes(std::size_t bytes_of_caller) noexcept {
        held_bytes_of_caller_max_ = bytes_of_caller;
        waits_.limit(bytes_of_caller / waiting_share);
    }
    CallerWaits& caller_waits() noexcept { return waits_; }
    /// As Realm::name_conveyed_callers().
    void name_conveyed_callers(bool always) noexcept { names_conveyed_ = always; }

    void join(Member& member) { member.calls = calls_.open_session(); }
    void leave(Member& member, Deliveries& out);

    void register_(Member& from, Register&& request, Deliveries& out);
    void unregister(Member& from, const Unregister& request, Deliveries& out);
    void call(Member& from, Call&& call, const Origin& origin, CallLimits&& limits, Instant now,
              Deliveries& out);
    /// A further CALL of an open call; it is dropped if that has been answered (W-PCI-05). Its
    /// options are those of the first one, but for `progress`.
    void proceed(const Member& from, Call&& further, Instant now, Deliveries& out);
    /// The caller gets `reason`.
    void cancel(const Member& from, const Cancel& cancel, Instant now, Deliveries& out,
                std::string_view reason = uris::canceled);
    void yield(const Member& from, const Yield& yield, Instant now, Deliveries& out);
    void error(const Member& from, Error&& error, Deliveries& out);
    /// Sends the callee the held INVOCATION whose turn it is; false if it has no room or none is
    /// held. The message borrows from this object until the next call of a function of it.
    bool invoke_held(Member& callee, Instant now, Deliveries& out);
    /// Of the invocations that are held for all callees.
    std::size_t held_bytes() const noexcept { return held_bytes_; }

    /// Procedure and match policy of an existing registration.
    std::pair<std::string_view, MatchPolicy> registered(RegistrationId id) const {
        const Registration& registration = registrations_.find(id)->second;
        return {registration.procedure, registration.match};
    }
    void revoke(Member& from, RegistrationId id, std::string_view reason, Deliveries& out);

    void on_deadline(Instant now, Deliveries& out);
    Instant deadline() const noexcept { return calls_.deadline(); }

    std::size_t registrations() const noexcept { return registrations_.size(); }
    const CallTable& calls() const noexcept { return calls_; }

private:
    enum class Invoke : std::uint8_t { single, roundrobin, random, first, last };
    /// A member is one callee, or as a link several: one for each of its clients that registered.
    struct Callee {
        Member* member = nullptr;
        SessionId front = 0;           ///< the client of a link; 0: the member itself
        bool forward_timeout = false;  ///< it watches the time itself (W-TMO-03)
        bool operator==(const Callee& other) const noexcept {
            return member == other.member && front == other.front;
        }
    };
    struct Registration {
        RegistrationId id = 0;
        std::string procedure;
        MatchPolicy match = MatchPolicy::exact;
        Invoke invoke = Invoke::single;
        std::vector<Callee> callees;  ///< in order of registering
        std::size_t next = 0;         ///< the callee of the next call, for roundrobin
        bool names_callers = false;   ///< its callee requested it (W-CID-01)
    };

    static Invoke invoke_of(const Dict& options) noexcept;
    static std::string_view to_string(Invoke invoke) noexcept;
    static SessionId front_of(const Member& from, const Dict& options) noexcept;
    const Callee& choose(Registration& registration) noexcept;
    const Callee& choose_any(Registration& registration) noexcept;
    bool may_hold(const Member& callee, const flow::Sender& caller) const noexcept;
    /// The same of a further INVOCATION: their number is bounded by their bytes.
    bool may_hold_further(const Member& callee, SessionId caller) const noexcept;
    /// Whether the next INVOCATION of that caller has to be held.
    static bool must_hold(const Member& callee) noexcept {
        return !callee.has_room || (callee.held != nullptr && !callee.held->queue.empty());
    }
    /// Its held INVOCATIONs are not needed any more.
    void drop_held(PendingCall& call);
    /// Sets the deadline of a call that was not cancelled.
    void await(CallTable::Handle handle);
    /// It does not count for its callee any more.
    void release_share(Member& callee, const HeldInvocation& held);
    /// The call has ended.
    void end(CallTable::Handle handle);
    void hold(CallTable::Handle handle, HeldInvocation&& invocation, Instant now);
    bool discloses(const Dict& call, const Member& caller, const Registration& registration,
                   const Member& callee, const Origin& origin) const noexcept;
    RequestId next_invocation(Member& callee) const noexcept;
    /// Removes the member from the registration, which must have been forgotten by it. `by`: the
    /// session that asked for it, or 0.
    void remove(Member& member, RegistrationId id, SessionId by);
    void remove(Registration& registration, const Callee& callee);
    void erase_if_empty(Registration& registration);
    /// Revokes the registration of its callees in favour of one that may use `force_reregister`;
    /// false if it is one of them.
    bool evict(const Registration& registration, const Callee& by, Deliveries& out);
    /// Ends the call with an error of the router.
    void fail(CallTable::Handle handle, std::string_view uri, Deliveries& out);
    void fail_as_too_slow(CallTable::Handle handle, Deliveries& out);

    Random random_;
    HoldingChanges& changes_;
    /// A caller is to wait with this part of what may be held for him: messages are on their way.
    static constexpr std::size_t waiting_share = 4;

    std::size_t held_bytes_of_caller_max_ = held_bytes_max;
    CallerWaits waits_{held_bytes_max / waiting_share};
    std::unordered_map<RegistrationId, Registration> registrations_;  ///< they stay in place
    PatternIndex<Registration*> procedures_;
    RegistrationId last_registration_ = 0;
    CallTable calls_;
    std::uint64_t last_held_ = 0;
    std::size_t held_bytes_ = 0;  ///< of all held invocations
    bool names_conveyed_ = true;
    std::unique_ptr<HeldInvocation> sent_;  ///< borrowed by the last deliveries
};

}  // namespace sallyport::wamp
