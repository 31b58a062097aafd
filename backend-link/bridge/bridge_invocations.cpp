#include "backend-link/bridge/bridge_invocations.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "wamp/base/uri.h"
#include "wamp/message/transaction_hash.h"
#include "wamp/message/uris.h"

namespace sallyport::backend_link {
namespace {

namespace uris = wamp::uris;
using wamp::Feature;
using wamp::MessageType;
using wamp::SessionId;

constexpr std::string_view callee_error = "sallyport.error.callee";

/// Whether a front callee may use this error URI: its own URIs, and those predefined ones that
/// callees may raise (W-RPC-13). An invalid URI would make some routers end the link.
bool may_raise(std::string_view uri) noexcept {
    constexpr std::array<std::string_view, 6> raised_by_callees{
        uris::invalid_argument,      uris::canceled,    uris::timeout,
        uris::payload_size_exceeded, uris::unavailable, "wamp.error.runtime_error"};
    if (!wamp::is_valid_uri(uri)) return false;
    return !wamp::is_reserved(uri) || std::find(raised_by_callees.begin(), raised_by_callees.end(),
                                                uri) != raised_by_callees.end();
}

}  // namespace

void Invocations::on_invocation(wamp::Invocation&& invocation, BridgeOutbox& out) {
    const wamp::RequestId back = invocation.request;
    const bool open = invocation.details.get_bool("progress", false);
    const auto refuse = [&](std::string_view uri) {
        if (open) ended_.add(back);
        out.to_link.emplace_back(error_for(MessageType::invocation, back, uri));
    };
    const Table::Found pending = table_.find_back(back);
    if (!table_.is_end(pending)) return proceed(pending->second, std::move(invocation), out);
    if (ended_.contains(back)) {  // the answer has crossed it (W-PCI-05)
        if (!open) ended_.erase(back);
        return;
    }
    const Registrations::Target target = registrations_.target_of(invocation);
    policy::Session* const callee = target.callee;
    // It crossed our UNREGISTER; for the caller the procedure no longer exists (W-SUB-02).
    if (callee == nullptr) return refuse(uris::no_such_procedure);
    const Table::Owner owner = table_.owner(callee->id);
    if (table_.open_of(owner) >= invocations_per_session_max) return refuse(uris::unavailable);
    if (wamp::is_passthru(invocation.details) &&
        !callee->features.has(Feature::callee_payload_passthru_mode)) {
        return refuse(uris::feature_not_supported);  // W-PPT-02
    }
    if (open && !callee->features.has(Feature::callee_progressive_call_invocations)) {
        return refuse(uris::feature_not_supported);  // W-PCI-03
    }
    const bool progressive = invocation.details.get_bool("receive_progress", false) &&
                             callee->features.has(Feature::callee_progressive_call_results);
    wamp::Dict details;
    if (target.pattern) {
        const std::string_view procedure = invocation.details.get_string("procedure");
        if (!target.rewriting->none()) {
            const auto outside = target.rewriting->outside(procedure);
            if (!outside) return refuse(uris::invalid_uri);
            details.append("procedure", *outside);
        } else if (!procedure.empty()) {
            details.append("procedure", procedure);
        }
    }
    if (callee->features.has(Feature::callee_caller_identification)) {
        if (const auto caller = link_.conveyed(invocation.details, "caller")) {
            append_identity(details, "caller", *caller);
        }
    }
    if (progressive) details.append("receive_progress", true);
    if (open) details.append("progress", true);
    const std::uint64_t timeout_ms = invocation.details.get_uint("timeout", 0);
    if (target.forward_timeout && timeout_ms != 0) details.append("timeout", timeout_ms);
    wamp::append_passthru(details, invocation.details);
    wamp::append_transaction_hash(details, invocation.details);
    Slot slot = Table::none;
    while (slot == Table::none) {  // skips ids that are still open
        callee->last_invocation = wamp::next_id(callee->last_invocation);
        slot = table_.insert(callee->id, owner, callee->last_invocation,
                             {progressive, open, target.registration});
    }
    table_.set_back(slot, back);
    invocation.request = callee->last_invocation;
    invocation.registration = target.registration;
    invocation.details = std::move(details);
    out.to_sessions.add(callee->id, std::move(invocation));
}

void Invocations::proceed(Slot slot, wamp::Invocation&& further, BridgeOutbox& out) {
    Table::Entry& entry = table_.at(slot);
    if (!entry.data.open) return;  // one answer per id (W-ID-08)
    entry.data.open = further.details.get_bool("progress", false);
    wamp::Dict details;
    if (entry.data.open) details.append("progress", true);
    wamp::append_passthru(details, further.details);
    further.request = entry.front;
    further.registration = entry.data.registration;
    further.details = std::move(details);
    out.to_sessions.add(entry.session, std::move(further));
}

void Invocations::end(Slot slot) {
    if (table_.at(slot).data.open) ended_.add(table_.at(slot).back);
    table_.erase(slot);
}

bool Invocations::answer(SessionId from, wamp::Yield&& yield, BridgeOutbox& out) {
    const Slot slot = table_.find_front(from, yield.request);
    if (slot == Table::none) return false;
    const bool progress = yield.options.get_bool("progress", false);
    if (progress && !table_.at(slot).data.progressive) return true;  // not requested (W-PCR-04)
    const wamp::RequestId back = table_.at(slot).back;
    const bool carried = link_.carries(yield.options, Feature::dealer_payload_passthru_mode);
    if (!progress || !carried) end(slot);
    if (!carried) {  // the backend's router would treat it as a violation by the link
        out.to_link.emplace_back(
            error_for(MessageType::invocation, back, uris::feature_not_supported));
        return true;
    }
    const wamp::Dict said = std::exchange(yield.options, {});
    if (progress) yield.options.append("progress", true);
    wamp::append_passthru(yield.options, said);
    yield.request = back;
    out.to_link.emplace_back(std::move(yield));
    return true;
}

bool Invocations::answer(SessionId from, wamp::Error&& error, BridgeOutbox& out) {
    const Slot slot = table_.find_front(from, error.request);
    if (slot == Table::none) return false;
    error.request = table_.at(slot).back;
    const wamp::Dict details = std::exchange(error.details, {});
    if (link_.carries(details, Feature::dealer_payload_passthru_mode)) {
        wamp::append_passthru(error.details, details);
    } else {
        error.payload = {};
    }
    // It knows no procedure because its UNREGISTER had crossed the INVOCATION.
    const bool crossed = error.uri == uris::no_such_procedure &&
                         !registrations_.holds(from, table_.at(slot).data.registration);
    if (!crossed && !may_raise(error.uri)) error.uri = callee_error;
    end(slot);
    out.to_link.emplace_back(std::move(error));
    return true;
}

void Invocations::on_interrupt(const wamp::Interrupt& interrupt_behind, BridgeOutbox& out) {
    const Table::Found found = table_.find_back(interrupt_behind.request);
    if (table_.is_end(found)) return;
    const Slot slot = found->second;
    const Table::Entry entry = table_.at(slot);
    const policy::Session* callee = link_.sessions.find(entry.session);
    const bool understands =
        callee != nullptr && callee->features.has(Feature::callee_call_canceling);
    const bool kill = interrupt_behind.options.get_string("mode", "killnowait") == "kill";
    if (understands) interrupt(slot, kill ? "kill" : "killnowait", out);
    if (understands && kill) return;  // the callee's answer counts
    // The callee need not answer, so the gateway does: some routers keep the invocation until it is
    // answered.
    out.to_link.emplace_back(error_for(MessageType::invocation, entry.back, uris::canceled));
    end(slot);
}

void Invocations::interrupt(Slot slot, std::string_view mode, BridgeOutbox& out) {
    wamp::Interrupt interrupt{table_.at(slot).front, {}};
    interrupt.options.append("mode", mode);
    out.to_sessions.add(table_.at(slot).session, std::move(interrupt));
}

void Invocations::leave(SessionId session, BridgeOutbox& out) {
    for (const Slot slot : table_.slots_of(session)) {
        out.to_link.emplace_back(
            error_for(MessageType::invocation, table_.at(slot).back, uris::canceled));
        end(slot);
    }
    table_.forget(session);
}

void Invocations::on_link_lost(BridgeOutbox& out) {
    for (const Slot slot : table_.slots()) {
        const policy::Session* callee = link_.sessions.find(table_.at(slot).session);
        if (callee != nullptr && callee->features.has(Feature::callee_call_canceling)) {
            interrupt(slot, "killnowait", out);
        }
        table_.erase(slot);
    }
    ended_.clear();
}

}  // namespace sallyport::backend_link
