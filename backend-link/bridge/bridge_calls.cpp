#include "backend-link/bridge/bridge_calls.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "backend-link/bridge/rewriting.h"
#include "wamp/message/history.h"
#include "wamp/message/transaction_hash.h"
#include "wamp/message/uris.h"

namespace sallyport::backend_link {
namespace {

namespace uris = wamp::uris;
using policy::Cause;
using wamp::Feature;
using wamp::Instant;
using wamp::MessageType;

// Longer timeouts are cut to this, so that no instant can overflow.
constexpr wamp::Duration timeout_max = std::chrono::hours(24 * 30);
constexpr wamp::Duration kill_wait = std::chrono::seconds(10);
constexpr wamp::Duration abandoned_wait = std::chrono::seconds(60);

/// Routers include ids, names and roles in the arguments of their own errors (W-GWY-11).
bool is_refusal_of_router(std::string_view uri) noexcept {
    constexpr std::array refusals{uris::invalid_uri,           uris::no_such_procedure,
                                  uris::not_authorized,        uris::authorization_failed,
                                  uris::no_available_callee,   uris::option_not_allowed,
                                  uris::disclose_me_disallowed};
    return std::find(refusals.begin(), refusals.end(), uri) != refusals.end();
}

}  // namespace

wamp::Duration timeout_of(const wamp::Call& call, const policy::Permit& permit) noexcept {
    const wamp::Duration limit = permit.limits().timeout;
    const auto most_ms = static_cast<std::uint64_t>(timeout_max / std::chrono::milliseconds(1));
    const std::uint64_t wish_ms = std::min(call.options.get_uint("timeout", 0), most_ms);
    const wamp::Duration wish =
        std::chrono::milliseconds(static_cast<std::chrono::milliseconds::rep>(wish_ms));
    if (wish == wamp::Duration::zero()) return std::min(limit, timeout_max);
    return limit == wamp::Duration::zero() ? wish : std::min(wish, limit);
}

void Calls::forward(RequestContext& context, wamp::Call&& call, BridgeOutbox& out) {
    const policy::Session& caller = context.from;
    const auto refuse = [&](std::string_view uri, wamp::Payload payload = {}) {
        // One answer per id: a caller that reuses the id of an open call (W-ID-10) gets only that
        // call's answer.
        if (link_.ids.calls.find(caller.id, call.request) != nullptr) return;
        out.to_sessions.add(caller.id, error_for(MessageType::call, call.request, uri, payload));
    };
    if (!link_.up) return refuse(uris::unavailable, policy::told(context.permit, Cause::link_down));
    if (!link_.carries(call.options, Feature::dealer_payload_passthru_mode)) {
        return refuse(uris::feature_not_supported);
    }
    const bool open = call.options.get_bool("progress", false);
    if (open && !link_.streams()) return refuse(uris::feature_not_supported);  // W-PCI-03
    const bool disclose = call.options.get_bool("disclose_me", false);
    if (disclose && !link_.may_disclose(context.permit))
        return refuse(uris::disclose_me_disallowed);
    std::unique_ptr<HistoryCall> history;
    if (call.procedure == uris::get_events) {
        auto made = HistoryCall::make(link_, subscriptions_, caller.id, call);
        if (made.has_error()) return refuse(made.error());
        history = std::move(*made);
    }
    std::optional<std::string> inside;
    if (context.route.rewrite && history == nullptr) {
        inside = Rewriting(context.route).inside(call.procedure);
        if (!inside) return refuse(uris::invalid_uri);
    }
    const Table::Owner owner = table_.owner(caller.id);
    if (table_.open_of(owner) >= calls_per_session_max)
        return refuse(uris::unavailable, policy::told(context.permit, Cause::over_in_flight));
    const bool progressive = call.options.get_bool("receive_progress", false) &&
                             caller.features.has(Feature::caller_progressive_call_results) &&
                             link_.router.has(Feature::dealer_progressive_call_results);
    const wamp::Duration timeout = timeout_of(call, context.permit);
    const bool diagnoses = context.permit.grants(policy::Grant::diagnose);
    const Slot slot = table_.insert(caller.id, owner, call.request,
                                    {State::open,
                                     progressive,
                                     open,
                                     timeout,
                                     wamp::never,
                                     {},
                                     std::move(context.lease),
                                     diagnoses});
    if (slot == Table::none) return;  // as above
    table_.at(slot).data.since = context.since;
    if (caller.counts != nullptr) {
        Call& entry = table_.at(slot).data;
        entry.rule = context.permit.rule();
        entry.version = caller.counts->version();
    }
    const wamp::RequestId back = link_.next_request();
    table_.set_back(slot, back);
    table_.at(slot).data.allotted = timeout == context.permit.limits().timeout;
    if (timeout != wamp::Duration::zero()) set_due(slot, context.since + timeout);
    if (context.route.idempotent && !context.again && !open) {
        table_.at(slot).data.request = waiting_.keep(context, call);
    }
    if (inside) call.procedure = *std::move(inside);
    if (history != nullptr) {
        call.payload = history->question();
        table_.at(slot).data.history = std::move(history);
    }
    if (open) table_.at(slot).data.procedure = call.procedure;
    wamp::Dict options = options_for(caller, call, progressive, disclose, open);
    wamp::append_transaction_hash(options, call.options);
    if (link_.profile.times_calls && call.options.get_uint("timeout", 0) != 0) {
        options.append("timeout",
                       static_cast<std::uint64_t>(timeout / std::chrono::milliseconds(1)));
    }
    call.request = back;
    call.options = std::move(options);
    out.to_link.emplace_back(std::move(call));
}

bool Calls::proceed(wamp::SessionId from, wamp::Call&& further, BridgeOutbox& out) {
    const Slot slot = table_.find_front(from, further.request);
    if (slot == Table::none) return false;
    Table::Entry& entry = table_.at(slot);
    const policy::Session* const caller = link_.sessions.find(from);
    if (!entry.data.open || entry.data.state != State::open || caller == nullptr) return true;
    entry.data.open = further.options.get_bool("progress", false);
    further.procedure = entry.data.open ? entry.data.procedure : std::move(entry.data.procedure);
    further.options = options_for(*caller, further, false, false, entry.data.open);
    further.request = entry.back;
    out.to_link.emplace_back(std::move(further));
    return true;
}

// The allow-list of W-SEC-25. A timeout is enforced here, and forwarded only to a router that
// passes it on to callees that ask for it (W-TMO-03, W-TMO-04).
wamp::Dict Calls::options_for(const policy::Session& caller, const wamp::Call& asked,
                              bool progressive, bool disclose, bool open) const {
    wamp::Dict options;
    if (open) options.append("progress", true);
    if (progressive) options.append("receive_progress", true);
    if (disclose) options.append("disclose_me", true);
    wamp::append_passthru(options, asked.options);
    convey(link_.profile, caller, asked.request, options);
    return options;
}

bool Calls::cancel(wamp::SessionId from, const wamp::Cancel& request, Instant now,
                   BridgeOutbox& out, std::string_view reason) {
    const Slot slot = table_.find_front(from, request.request);
    if (slot == Table::none) return waiting_.cancel(from, request.request, out);
    settle(slot);
    const std::string_view mode = request.options.get_string("mode", "killnowait");
    const bool first = table_.at(slot).data.state == State::open;
    if (mode == "kill" && link_.cancels()) {
        if (!first) return true;
        table_.at(slot).data.state = State::killing;
        set_due(slot, std::min(table_.at(slot).data.due, now + kill_wait));
        cancel_behind(slot, "kill", out);
        return true;
    }
    // After `kill` the callee has been interrupted already; only the caller stops waiting
    // (W-CAN-06).
    if (mode != "skip" && first) cancel_behind(slot, "killnowait", out);
    abandon(slot, reason, now, out);
    return true;
}

void Calls::cancel_behind(Slot slot, std::string_view mode, BridgeOutbox& out) {
    table_.at(slot).data.open = false;
    if (!link_.cancels()) return;
    wamp::Cancel cancel{table_.at(slot).back, {}};
    cancel.options.append("mode", mode);
    out.to_link.emplace_back(std::move(cancel));
}

// A callee that waits for more of a call's arguments would wait for ever (W-CAN-02: `skip` tells it
// nothing at first).
void Calls::end_behind(Slot slot, BridgeOutbox& out) {
    const Call& call = table_.at(slot).data;
    if (call.state == State::open || call.open) cancel_behind(slot, "killnowait", out);
}

void Calls::abandon(Slot slot, std::string_view uri, Instant now, BridgeOutbox& out) {
    Table::Entry& entry = table_.at(slot);
    count(entry, now);
    out.to_sessions.add(entry.session, error_for(MessageType::call, entry.front, uri));
    entry.data.state = State::abandoned;
    settle(slot);
    table_.release_front(slot);
    set_due(slot, now + abandoned_wait);
}

void Calls::leave(wamp::SessionId session, BridgeOutbox& out) {
    for (const Slot slot : table_.slots_of(session)) {
        end_behind(slot, out);
        erase(slot);
    }
    table_.forget(session);
}

void Calls::on_result(wamp::CallResult&& result, Instant now, BridgeOutbox& out) {
    const Table::Found found = table_.find_back(result.request);
    if (table_.is_end(found)) return;  // already cancelled
    const Slot slot = found->second;
    const Table::Entry& entry = table_.at(slot);
    const bool progress = !result.details.empty() && result.details.get_bool("progress", false);
    if (progress && (entry.data.state == State::abandoned || !entry.data.progressive)) return;
    const bool answered = entry.data.state == State::abandoned;
    if (!progress) note_answer(entry.data, now);
    const wamp::SessionId caller = entry.session;
    result.request = entry.front;
    if (!progress && !answered) count(entry, now);
    if (entry.data.history != nullptr && !answered)
        return answer_history(found, std::move(result), out);
    if (!result.details.empty()) {
        if (!answered &&
            !link_.can_decode(caller, result.details, Feature::caller_payload_passthru_mode)) {
            return refuse_result(found, progress, now, out);
        }
        wamp::Dict details;
        if (progress) details.append("progress", true);
        wamp::append_passthru(details, result.details);
        result.details = std::move(details);
    }
    if (!progress) {
        erase(found);
        if (answered) return;
    } else {
        settle(slot);
        const wamp::Duration timeout = entry.data.timeout;
        const bool timed = timeout != wamp::Duration::zero();
        if (timed && entry.data.state == State::open) set_due(slot, now + timeout);  // W-PCR-06
    }
    out.to_sessions.add(caller, std::move(result));
}

void Calls::answer_history(Table::Found found, wamp::CallResult&& result, BridgeOutbox& out) {
    const Table::Entry& entry = table_.at(found->second);
    const policy::Session* const reader = link_.sessions.find(entry.session);
    auto answer = reader == nullptr ? std::nullopt
                                    : entry.data.history->answer(result.payload, *reader, link_);
    if (answer) {
        answer_ = *std::move(answer);
        out.to_sessions.add(entry.session, wamp::CallResult{result.request, {}, answer_.view()});
    } else {
        out.to_sessions.add(entry.session,
                            error_for(MessageType::call, result.request, uris::unavailable));
    }
    erase(found);
}

void Calls::refuse_result(Table::Found found, bool progress, Instant now, BridgeOutbox& out) {
    const Slot slot = found->second;
    const Table::Entry& entry = table_.at(slot);
    if (progress) {
        if (entry.data.state == State::open) cancel_behind(slot, "killnowait", out);
        return abandon(slot, uris::feature_not_supported, now, out);
    }
    out.to_sessions.add(entry.session,
                        error_for(MessageType::call, entry.front, uris::feature_not_supported));
    erase(found);
}

// An answer that comes too late has been counted as a failure, or its caller did not want to wait.
void Calls::note_answer(const Call& call, Instant now) noexcept {
    if (link_.health != nullptr && call.state != State::abandoned)
        link_.health->on_answer(now - call.since, now);
}

void Calls::on_error(wamp::Error&& error, Instant now, BridgeOutbox& out) {
    const Table::Found found = table_.find_back(error.request);
    if (table_.is_end(found)) return;
    const Slot slot = found->second;
    const bool answered = table_.at(slot).data.state == State::abandoned;
    note_answer(table_.at(slot).data, now);
    const wamp::SessionId caller = table_.at(slot).session;
    const bool diagnoses = table_.at(slot).data.diagnoses;
    error.request = table_.at(slot).front;
    if (!answered) count(table_.at(slot), now);
    erase(found);
    if (answered) return;
    const wamp::Dict details = std::exchange(error.details, {});
    const Cause cause = error.uri == uris::unavailable && link_.profile.tells_causes
                            ? policy::parse_cause(details.get_string(policy::cause_key))
                            : Cause::none;
    if (cause != Cause::none) {
        error.payload = policy::payload_of(diagnoses ? cause : Cause::none);
        return out.to_sessions.add(caller, std::move(error));
    }
    const bool opens = link_.can_decode(caller, details, Feature::caller_payload_passthru_mode);
    if (!opens || is_refusal_of_router(error.uri)) {
        error.payload = {};
    } else {
        wamp::append_passthru(error.details, details);
    }
    out.to_sessions.add(caller, std::move(error));
}

void Calls::on_link_lost(Instant now, BridgeOutbox& out) {
    std::vector<Slot> slots = table_.slots();
    std::sort(slots.begin(), slots.end(),
              [this](Slot a, Slot b) { return table_.at(a).back < table_.at(b).back; });
    for (const Slot slot : slots) {
        Table::Entry& entry = table_.at(slot);
        if (link_.health != nullptr && entry.data.state == State::open)
            link_.health->on_failure(now);
        if (entry.data.request != nullptr) {
            std::unique_ptr<WaitingRequests::Entry> request = std::move(entry.data.request);
            request->again = true;
            request->lease = std::move(entry.data.lease);
            const Instant due = std::min(entry.data.due, now + again_wait_max);
            erase(slot);
            waiting_.wait(std::move(request), due, uris::network_failure);
            continue;
        }
        if (entry.data.state != State::abandoned) {
            count(entry, now);
            out.to_sessions.add(entry.session,
                                error_for(MessageType::call, entry.front, uris::network_failure));
        }
        erase(slot);
    }
}

void Calls::on_deadline(Instant now, BridgeOutbox& out) {
    while (deadlines_.next() <= now) {
        if (deadlines_.next() == wamp::never) return;
        const Slot slot = deadlines_.first();
        switch (table_.at(slot).data.state) {
            case State::open:
                if (link_.health != nullptr && table_.at(slot).data.allotted)
                    link_.health->on_failure(now);
                cancel_behind(slot, "killnowait", out);
                abandon(slot, uris::timeout, now, out);
                break;
            case State::killing:
                abandon(slot, uris::canceled, now, out);
                break;
            case State::abandoned:
                end_behind(slot, out);
                erase(slot);
                break;
        }
    }
}

// A call that a reload has overtaken is not counted: its rule may be gone.
void Calls::count(const Table::Entry& call, Instant now) const noexcept {
    const policy::Session* const caller = link_.sessions.find(call.session);
    if (caller == nullptr || caller->counts == nullptr) return;
    if (caller->counts->version() != call.data.version) return;
    caller->counts->of(call.data.rule).answered.add(now - call.data.since);
}

void Calls::set_due(Slot slot, Instant due) {
    table_.at(slot).data.due = due;
    deadlines_.set(slot, due);
}

void Calls::settle(Slot slot) noexcept {
    if (const auto request = std::move(table_.at(slot).data.request)) waiting_.forget(*request);
}

void Calls::erase(Slot slot) noexcept {
    settle(slot);
    deadlines_.erase(slot);
    table_.erase(slot);
}

void Calls::erase(Table::Found found) noexcept {
    settle(found->second);
    deadlines_.erase(found->second);
    table_.erase(found);
}

}  // namespace sallyport::backend_link
