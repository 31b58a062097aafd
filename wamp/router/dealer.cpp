#include "wamp/router/dealer.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "wamp/message/front_callee.h"
#include "wamp/message/passthru.h"
#include "wamp/message/transaction_hash.h"
#include "wamp/message/uris.h"
#include "wamp/router/options.h"

namespace sallyport::wamp {
namespace {

constexpr std::string_view mode_skip = "skip";
constexpr std::string_view mode_kill = "kill";
constexpr std::string_view mode_killnowait = "killnowait";

/// The smaller of the timeouts that the caller requested and that its rule allows; zero means none
/// (W-TMO-01, W-TMO-05).
Duration timeout_of(const Dict& options, const CallLimits& limits) noexcept {
    using std::chrono::milliseconds;
    constexpr std::uint64_t max_ms =
        std::chrono::duration_cast<milliseconds>(call_timeout_max).count();
    const std::uint64_t asked_ms = std::min(options.get_uint("timeout", 0), max_ms);
    const Duration asked = milliseconds(static_cast<std::int64_t>(asked_ms));
    const Duration allowed = std::min(limits.timeout, call_timeout_max);
    if (asked == Duration::zero()) return allowed;
    if (allowed == Duration::zero()) return asked;
    return std::min(asked, allowed);
}

Instant deadline_after(Instant now, Duration timeout) noexcept {
    return timeout == Duration::zero() ? never : now + timeout;
}

bool can_be_cancelled(const Member& callee) noexcept {
    return callee.session.features.has(Feature::callee_call_canceling);
}

bool can_decode(const Member& caller) noexcept {
    return caller.session.features.has(Feature::caller_payload_passthru_mode);
}

void interrupt(const PendingCall& call, std::string_view mode, std::string_view reason,
               Deliveries& out) {
    if (call.invocation == 0 || !can_be_cancelled(*call.callee)) return;  // W-CAN-03
    Dict options;
    options.append("mode", mode);
    options.append("reason", reason);
    out.add_for(call.callee->session.id, call.origin,
                Interrupt{call.invocation, std::move(options)});
}

/// The details of INVOCATION, built from scratch (W-GWY-02).
Dict invocation_details(const Origin& origin, bool disclosed) {
    if (!disclosed) return {};
    return Dict{{"caller", origin.session},
                {"caller_authid", origin.authid},
                {"caller_authrole", origin.authrole}};
}

}  // namespace

Dealer::Invoke Dealer::invoke_of(const Dict& options) noexcept {
    const std::string_view name = options.get_string("invoke");
    if (name == "roundrobin") return Invoke::roundrobin;
    if (name == "random") return Invoke::random;
    if (name == "first") return Invoke::first;
    if (name == "last") return Invoke::last;
    return Invoke::single;
}

std::string_view Dealer::to_string(Invoke invoke) noexcept {
    switch (invoke) {
        case Invoke::single:
            return "single";
        case Invoke::roundrobin:
            return "roundrobin";
        case Invoke::random:
            return "random";
        case Invoke::first:
            return "first";
        case Invoke::last:
            break;
    }
    return "last";
}

void Dealer::register_(Member& from, Register&& request, Deliveries& out) {
    const SessionId to = from.session.id;
    const MatchPolicy match = match_of(request.options);
    if (!is_valid_pattern(request.procedure, match) || reaches_reserved(request.procedure, match)) {
        out.add(to, refusal(Register::type, request.request, uris::invalid_uri));
        return;
    }
    const Invoke invoke = invoke_of(request.options);
    const Callee callee{&from, front_of(from, request.options),
                        request.options.get_bool("forward_timeout", false)};
    Registration* registration = procedures_.find(match, request.procedure);
    if (registration != nullptr && request.options.get_bool("force_reregister", false) &&
        evict(*registration, callee, out)) {
        registration = nullptr;
    }
    if (registration != nullptr) {
        std::vector<Callee>& callees = registration->callees;
        const bool member_already =
            std::find(callees.begin(), callees.end(), callee) != callees.end();
        // One callee is not told of callers because another one may be (W-SEC-09).
        const bool names = request.options.get_bool("disclose_caller", false);
        if (invoke == Invoke::single || invoke != registration->invoke || member_already ||
            names != registration->names_callers) {
            out.add(to, refusal(Register::type, request.request, uris::procedure_already_exists));
            return;
        }
        callees.push_back(callee);
    } else {
        registration = &registrations_[++last_registration_];
        *registration = {last_registration_,
                         std::move(request.procedure),
                         match,
                         invoke,
                         {callee},
                         0,
                         request.options.get_bool("disclose_caller", false)};
        procedures_.insert(match, registration->procedure, registration);
    }
    std::vector<RegistrationId>& held = from.registrations;
    if (std::find(held.begin(), held.end(), registration->id) == held.end()) {
        held.push_back(registration->id);
        changes_.push_back({to, to, registration->id, true, true, match, registration->procedure,
                            to_string(invoke)});
    }
    out.add(to, Registered{request.request, registration->id});
}

SessionId Dealer::front_of(const Member& from, const Dict& options) noexcept {
    return from.session.outside ? options.get_uint(front_callee_key, 0) : 0;
}

bool Dealer::evict(const Registration& registration, const Callee& by, Deliveries& out) {
    const RegistrationId id = registration.id;
    const std::vector<Callee>& callees = registration.callees;
    if (std::find(callees.begin(), callees.end(), by) != callees.end()) return false;  // W-RPC-14
    std::vector<Member*> members;
    for (const Callee& callee : callees) {
        if (std::find(members.begin(), members.end(), callee.member) == members.end())
            members.push_back(callee.member);
    }
    for (Member* callee : members) {
        forget(callee->registrations, id);
        remove(*callee, id, by.member->session.id);  // its open invocations continue (W-RRV-03)
        if (!callee->session.features.has(Feature::callee_registration_revocation)) continue;
        Unregistered revocation;
        revocation.details.append("registration", id);
        revocation.details.append("reason", "wamp.error.unregistered");
        out.add(callee->session.id, std::move(revocation));
    }
    return true;
}

void Dealer::unregister(Member& from, const Unregister& request, Deliveries& out) {
    const RegistrationId id = request.registration;
    const auto at = registrations_.find(id);
    const Callee callee{&from, front_of(from, request.options)};
    const auto is_one = [&](const Registration& registration) {
        const std::vector<Callee>& callees = registration.callees;
        return std::find(callees.begin(), callees.end(), callee) != callees.end();
    };
    if (at == registrations_.end() || !is_one(at->second)) {  // unknown or foreign (W-RPC-02)
        out.add(from.session.id,
                refusal(Unregister::type, request.request, uris::no_such_registration));
        return;
    }
    Registration& registration = at->second;
    remove(registration, callee);  // its open invocations continue (W-RPC-12)
    const std::vector<Callee>& others = registration.callees;
    if (std::none_of(others.begin(), others.end(),
                     [&](const Callee& other) { return other.member == &from; })) {
        forget(from.registrations, id);
        changes_.push_back(
            {.session = from.session.id, .by = from.session.id, .id = id, .registration = true});
    }
    erase_if_empty(registration);
    out.add(from.session.id, Unregistered{request.request, {}});
}

void Dealer::revoke(Member& from, RegistrationId id, std::string_view reason, Deliveries& out) {
    const std::vector<RegistrationId>& held = from.registrations;
    if (std::find(held.begin(), held.end(), id) == held.end()) return;
    forget(from.registrations, id);
    remove(from, id, 0);
    if (!from.session.features.has(Feature::callee_registration_revocation)) return;
    out.add(from.session.id, Unregistered{0, Dict{{"registration", id}, {"reason", reason}}});
}

void Dealer::remove(Member& member, RegistrationId id, SessionId by) {
    changes_.push_back({.session = member.session.id, .by = by, .id = id, .registration = true});
    Registration& registration = registrations_.find(id)->second;
    const std::vector<Callee> callees = registration.callees;
    for (const Callee& callee : callees) {
        if (callee.member == &member) remove(registration, callee);
    }
    erase_if_empty(registration);
}

void Dealer::remove(Registration& registration, const Callee& callee) {
    std::vector<Callee>& callees = registration.callees;
    const auto leaving = std::find(callees.begin(), callees.end(), callee);
    // No callee is skipped or chosen twice because another one leaves (W-SHR-03).
    if (static_cast<std::size_t>(leaving - callees.begin()) < registration.next) {
        --registration.next;
    }
    callees.erase(leaving);
}

void Dealer::erase_if_empty(Registration& registration) {
    if (!registration.callees.empty()) return;
    procedures_.erase(registration.match, registration.procedure);
    registrations_.erase(registration.id);
}

/// Where the caller cannot rely on a certain one of several callees, one that has room.
const Dealer::Callee& Dealer::choose(Registration& registration) noexcept {
    const Callee* chosen = &choose_any(registration);
    if (registration.invoke == Invoke::roundrobin) {
        for (std::size_t i = 1; i < registration.callees.size() && !chosen->member->has_room; ++i)
            chosen = &choose_any(registration);
    } else if (registration.invoke == Invoke::random && !chosen->member->has_room) {
        const auto other =
            std::find_if(registration.callees.begin(), registration.callees.end(),
                         [](const Callee& callee) { return callee.member->has_room; });
        if (other != registration.callees.end()) chosen = &*other;
    }
    return *chosen;
}

const Dealer::Callee& Dealer::choose_any(Registration& registration) noexcept {
    const std::vector<Callee>& callees = registration.callees;
    switch (registration.invoke) {
        case Invoke::single:
        case Invoke::first:
            break;
        case Invoke::last:
            return callees.back();
        case Invoke::random:
            return callees[random_.below(callees.size())];
        case Invoke::roundrobin:
            if (registration.next >= callees.size()) registration.next = 0;
            return callees[registration.next++];
    }
    return callees.front();
}

// Whether the callee is told who calls (W-CID-01, W-CID-03). The owner of the realm has checked
// that the caller, or the callee that demands it, has the right to ask for it.
bool Dealer::discloses(const Dict& call, const Member& caller, const Registration& registration,
                       const Member& callee, const Origin& origin) const noexcept {
    if (registration.names_callers) return true;
    const bool conveyed = origin.session != caller.session.id;
    if (conveyed && names_conveyed_ && !callee.session.outside) return true;
    // A link's own features are not those of the callees behind it, which decide there.
    return call.get_bool("disclose_me", false) &&
           (callee.session.outside ||
            callee.session.features.has(Feature::callee_caller_identification));
}

RequestId Dealer::next_invocation(Member& callee) const noexcept {
    RequestId& last = callee.session.last_invocation;
    do {
        last = next_id(last);
    } while (calls_.find_invocation(callee.session.id, last) != CallTable::none);  // W-ID-10
    return last;
}

void Dealer::call(Member& from, Call&& call, const Origin& origin, CallLimits&& limits, Instant now,
                  Deliveries& out) {
    const SessionId caller = from.session.id;
    // The call that is pending under this id gets its answer; a second CALL with the same id gets
    // none.
    if (calls_.find_call(caller, call.request) != CallTable::none) return;
    const auto refuse = [&](std::string_view uri) {
        out.add(caller, refusal(Call::type, call.request, uri));
    };
    if (!is_valid_uri(call.procedure)) return refuse(uris::invalid_uri);
    if (call.options.find("runmode") != nullptr) return refuse(uris::option_not_allowed);
    Registration* const found = procedures_.best(call.procedure);
    if (found == nullptr) return refuse(uris::no_such_procedure);

    Registration& registration = *found;
    const Callee& chosen = choose(registration);
    Member& callee = *chosen.member;
    if (is_passthru(call.options) &&
        !callee.session.features.has(Feature::callee_payload_passthru_mode)) {
        return refuse(uris::feature_not_supported);  // W-PPT-02
    }
    const bool open = call.options.get_bool("progress", false);
    if (open && !callee.session.features.has(Feature::callee_progressive_call_invocations)) {
        return refuse(uris::feature_not_supported);  // W-PCI-03
    }
    const bool held = must_hold(callee);
    if (held && !may_hold(callee, {0, origin.session}))
        return out.add(caller, too_slow(call.request, from.session.outside));
    PendingCall pending;
    pending.caller = &from;
    pending.callee = &callee;
    pending.origin = origin.session;
    pending.request = call.request;
    pending.invocation = held ? 0 : next_invocation(callee);
    pending.registration = registration.id;
    pending.open = open;
    pending.lease = std::move(limits.lease);
    const Duration timeout = timeout_of(call.options, limits);
    pending.timeout = chosen.forward_timeout ? limits.timeout : timeout;
    pending.due = deadline_after(now, pending.timeout);
    pending.receive_progress =
        call.options.get_bool("receive_progress", false) &&
        callee.session.features.has(Feature::callee_progressive_call_results);
    const RequestId invocation = pending.invocation;
    const bool progressive = pending.receive_progress;
    const Instant due = pending.due;
    const CallTable::Handle handle = calls_.add(std::move(pending), due);

    Dict details =
        invocation_details(origin, discloses(call.options, from, registration, callee, origin));
    if (progressive) details.append("receive_progress", true);
    if (open) details.append("progress", true);
    if (registration.match != MatchPolicy::exact) {
        details.append("procedure", std::move(call.procedure));
    }
    append_passthru(details, call.options);
    append_transaction_hash(details, call.options);
    if (chosen.front != 0) details.append(std::string(front_callee_key), chosen.front);
    if (chosen.forward_timeout && call.options.get_uint("timeout", 0) != 0) {
        details.append("timeout",
                       static_cast<std::uint64_t>(timeout / std::chrono::milliseconds(1)));
    }
    if (held) {
        return hold(
            handle,
            {++last_held_, std::move(details), OwnedPayload(call.payload), {0, origin.session}, 0},
            now);
    }
    out.add_for(callee.session.id, origin.session,
                Invocation{invocation, registration.id, std::move(details), call.payload});
}

void Dealer::proceed(const Member& from, Call&& further, Instant now, Deliveries& out) {
    const CallTable::Handle handle = calls_.find_call(from.session.id, further.request);
    if (handle == CallTable::none) return;
    PendingCall& call = calls_.at(handle);
    if (!call.open || call.killed) return;
    call.open = further.options.get_bool("progress", false);
    Dict details;
    if (call.open) details.append("progress", true);
    append_passthru(details, further.options);
    const Member& callee = *call.callee;
    if (call.held == nullptr && !must_hold(callee)) {
        out.add_for(
            callee.session.id, call.origin,
            Invocation{call.invocation, call.registration, std::move(details), further.payload});
        return;
    }
    if (!may_hold_further(callee, call.origin)) {
        interrupt(call, mode_killnowait, uris::canceled, out);
        return fail_as_too_slow(handle, out);
    }
    hold(handle,
         {++last_held_, std::move(details), OwnedPayload(further.payload), {0, call.origin}, 0},
         now);
}

// Whoever holds nothing yet may hold one call, so that a few callers do not keep him out.
bool Dealer::may_hold(const Member& callee, const flow::Sender& caller) const noexcept {
    if (callee.held == nullptr) return true;
    const Member::HeldShare* share = find_in(callee.held->shares, caller.session);
    if (callee.held->queue.size_of(caller) >= 2 * held_calls_max) return false;  // ended ones too
    if (share == nullptr) return callee.held->bytes < 2 * held_bytes_of_all_max;
    return share->calls < held_calls_max && share->bytes < held_bytes_of_caller_max_ &&
           callee.held->bytes < held_bytes_of_all_max;
}

bool Dealer::may_hold_further(const Member& callee, SessionId caller) const noexcept {
    if (callee.held == nullptr) return true;
    const Member::HeldShare* share = find_in(callee.held->shares, caller);
    return share == nullptr ||
           (share->bytes < held_bytes_of_caller_max_ && callee.held->bytes < held_bytes_of_all_max);
}

void Dealer::hold(CallTable::Handle handle, HeldInvocation&& invocation, Instant now) {
    constexpr std::size_t overhead_bytes = 512;  // approximately, of the envelope and the entry
    PendingCall& call = calls_.at(handle);
    invocation.caller.via = call.caller->session.id;
    invocation.bytes = overhead_bytes + invocation.payload.view().bytes();
    const std::size_t bytes = invocation.bytes;
    const flow::Sender sender{0, invocation.caller.session};
    auto& held = call.callee->held;
    if (held == nullptr) held = std::make_unique<Member::HeldCalls>();
    Member::HeldShare& share = held->shares[sender.session];
    ++share.calls;
    share.bytes += bytes;
    held->bytes += bytes;
    held_bytes_ += bytes;
    waits_.add(invocation.caller, bytes);
    held->queue.push(sender, bytes, {handle, invocation.serial});
    if (call.held == nullptr) {
        call.held = std::make_unique<std::deque<HeldInvocation>>();
        call.held_until = now + hold_max;
        await(handle);
    }
    call.held->push_back(std::move(invocation));
}

void Dealer::await(CallTable::Handle handle) {
    const PendingCall& call = calls_.at(handle);
    calls_.set_deadline(handle,
                        call.held == nullptr ? call.due : std::min(call.due, call.held_until));
}

void Dealer::drop_held(PendingCall& call) {
    if (call.held == nullptr) return;
    for (const HeldInvocation& held : *call.held) release_share(*call.callee, held);
    call.held.reset();
}

void Dealer::release_share(Member& callee, const HeldInvocation& held) {
    const auto share = callee.held->shares.find(held.caller.session);
    callee.held->bytes -= held.bytes;
    held_bytes_ -= held.bytes;
    waits_.remove(held.caller, held.bytes);
    share->second.bytes -= held.bytes;
    if (--share->second.calls == 0) callee.held->shares.erase(share);
}

void Dealer::end(CallTable::Handle handle) {
    drop_held(calls_.at(handle));
    calls_.remove(handle);
}

bool Dealer::invoke_held(Member& callee, Instant now, Deliveries& out) {
    sent_.reset();
    while (callee.has_room && callee.held != nullptr && !callee.held->queue.empty()) {
        const auto [handle, serial] = callee.held->queue.pop();
        PendingCall& call = calls_.at(handle);
        if (call.held == nullptr || call.held->front().serial != serial) continue;  // it has ended
        const auto& held = callee.registrations;
        if (call.invocation == 0 &&
            std::find(held.begin(), held.end(), call.registration) == held.end()) {
            fail(handle, uris::no_such_procedure, out);
            return true;
        }
        sent_ = std::make_unique<HeldInvocation>(std::move(call.held->front()));
        release_share(callee, *sent_);
        call.held->pop_front();
        if (call.held->empty()) call.held.reset();
        if (call.invocation == 0) calls_.invoke(handle, next_invocation(callee));
        call.held_until = now + hold_max;  // the callee reads
        await(handle);
        out.add_for(callee.session.id, call.origin,
                    Invocation{call.invocation, call.registration, std::move(sent_->details),
                               sent_->payload.view()});
        return true;
    }
    return false;
}

void Dealer::cancel(const Member& from, const Cancel& cancel, Instant now, Deliveries& out,
                    std::string_view reason) {
    const CallTable::Handle handle = calls_.find_call(from.session.id, cancel.request);
    if (handle == CallTable::none) return;  // the call has just ended: a race (W-CAN-05)
    PendingCall& call = calls_.at(handle);
    const std::string_view mode = cancel.options.get_string("mode", mode_killnowait);
    if (mode == mode_kill && call.invocation != 0 && can_be_cancelled(*call.callee)) {
        if (call.killed) return;
        call.killed = true;
        drop_held(call);
        interrupt(call, mode_kill, uris::canceled, out);
        calls_.set_deadline(handle, std::min(calls_.deadline_of(handle), now + kill_wait_max));
        return;
    }
    // After `kill`, only `killnowait` has a further effect (W-CAN-06).
    if (mode == mode_skip && call.killed) return;
    if (mode != mode_skip) interrupt(call, mode_killnowait, uris::canceled, out);
    fail(handle, reason, out);
}

void Dealer::yield(const Member& from, const Yield& yield, Instant now, Deliveries& out) {
    const CallTable::Handle handle = calls_.find_invocation(from.session.id, yield.request);
    if (handle == CallTable::none) return;  // late, or of another callee (W-RPC-08)
    PendingCall& call = calls_.at(handle);
    const SessionId caller = call.caller->session.id;
    const RequestId request = call.request;
    const bool progress = yield.options.get_bool("progress", false);
    if (progress && !call.receive_progress) return;  // the caller did not request it (W-PCR-04)
    if (is_passthru(yield.options) && !can_decode(*call.caller)) {
        // The call must end. An ERROR for the YIELD, which W-PPT-02 sends to the callee, would end
        // the callee's session: clients do not accept one.
        if (progress && !call.killed) interrupt(call, mode_killnowait, uris::canceled, out);
        return fail(handle, uris::feature_not_supported, out);
    }
    Dict details;
    if (progress) details.append("progress", true);
    append_passthru(details, yield.options);
    if (progress) {
        // The timeout limits the time between results (W-PCR-06), but does not change the deadline
        // that `kill` set.
        if (!call.killed) {
            call.due = deadline_after(now, call.timeout);
            await(handle);
        }
        out.add_for(caller, call.origin, CallResult{request, std::move(details), yield.payload});
        return;
    }
    const SessionId origin = call.origin;
    end(handle);
    out.add_for(caller, origin, CallResult{request, std::move(details), yield.payload});
}

void Dealer::error(const Member& from, Error&& error, Deliveries& out) {
    if (error.request_type != MessageType::invocation) return;
    const CallTable::Handle handle = calls_.find_invocation(from.session.id, error.request);
    if (handle == CallTable::none) return;
    const PendingCall& call = calls_.at(handle);
    const SessionId caller = call.caller->session.id;
    const RequestId request = call.request;
    Dict details;
    append_passthru(details, error.details);
    // A caller that cannot decode the payload still receives the error (W-PPT-02).
    const bool opaque = !details.empty() && !can_decode(*call.caller);
    const SessionId origin = call.origin;
    end(handle);
    // Type and id are those of the caller's request, not of the INVOCATION (W-RPC-06).
    Error failure{Call::type, request, {}, std::move(error.uri), {}};
    if (!opaque) {
        failure.details = std::move(details);
        failure.payload = error.payload;
    }
    out.add_for(caller, origin, std::move(failure));
}

void Dealer::fail(CallTable::Handle handle, std::string_view uri, Deliveries& out) {
    const PendingCall& call = calls_.at(handle);
    out.add_for(call.caller->session.id, call.origin, refusal(Call::type, call.request, uri));
    end(handle);
}

void Dealer::fail_as_too_slow(CallTable::Handle handle, Deliveries& out) {
    const PendingCall& call = calls_.at(handle);
    const Realm::Session& caller = call.caller->session;
    out.add_for(caller.id, call.origin, too_slow(call.request, caller.outside));
    end(handle);
}

void Dealer::on_deadline(Instant now, Deliveries& out) {
    for (;;) {
        const CallTable::Handle handle = calls_.due(now);
        if (handle == CallTable::none) return;
        const PendingCall& call = calls_.at(handle);
        if (call.held != nullptr && now < call.due) {
            interrupt(call, mode_killnowait, uris::canceled, out);
            fail_as_too_slow(handle, out);
            continue;
        }
        // A call cancelled with `kill` has had its INTERRUPT already.
        if (!call.killed) interrupt(call, mode_killnowait, uris::timeout, out);
        fail(handle, call.killed ? uris::canceled : uris::timeout, out);
    }
}

void Dealer::leave(Member& member, Deliveries& out) {
    for (const RegistrationId id : member.registrations) remove(member, id, member.session.id);
    member.registrations.clear();
    for (;;) {  // calls that it has not answered (W-RPC-10)
        const CallTable::Handle handle = calls_.first_invocation_of(member.calls);
        if (handle == CallTable::none) break;
        if (calls_.at(handle).caller == &member) {
            end(handle);  // W-RPC-11
        } else {
            fail(handle, uris::canceled, out);
        }
    }
    for (;;) {  // calls that it made (W-RPC-09)
        const CallTable::Handle handle = calls_.first_call_of(member.calls);
        if (handle == CallTable::none) break;
        const PendingCall& call = calls_.at(handle);
        if (!call.killed) interrupt(call, mode_killnowait, uris::canceled, out);
        end(handle);
    }
    calls_.close_session(member.calls);
}

}  // namespace sallyport::wamp
