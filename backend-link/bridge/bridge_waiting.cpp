#include "backend-link/bridge/bridge_waiting.h"

#include <algorithm>
#include <type_traits>

#include "backend-link/bridge/link_wire.h"
#include "wamp/message/uris.h"

namespace sallyport::backend_link {
namespace {

namespace uris = wamp::uris;

}  // namespace

std::unique_ptr<WaitingRequests::Entry> WaitingRequests::keep(RequestContext& context,
                                                              const wamp::Message& message) {
    const policy::Session& session = context.from;
    const std::size_t bytes = backend_link::bytes_of(message);
    Owner& owner = owners_[session.id];
    if (owner.requests >= requests_per_session_max || owner.bytes + bytes > bytes_per_session_max ||
        bytes_ + bytes > bytes_max) {
        return nullptr;
    }
    ++owner.requests;
    owner.bytes += bytes;
    bytes_ += bytes;
    const wamp::Payload* payload = wamp::payload_of(message);
    auto entry = std::make_unique<Entry>(
        Entry{session.id, session.policy, std::move(context.permit), message,
              payload == nullptr ? wamp::OwnedPayload() : wamp::OwnedPayload(*payload),
              context.since, bytes});
    std::visit(
        [&](auto& m) {
            if constexpr (requires { m.payload; }) m.payload = entry->payload.view();
        },
        entry->message);
    entry->order = context.order != 0 ? context.order : ++last_;
    return entry;
}

void WaitingRequests::forget(const Entry& entry) noexcept {
    bytes_ -= entry.bytes;
    Owner* owner = wamp::find_in(owners_, entry.from);
    if (owner == nullptr) return;  // it has left
    --owner->requests;
    owner->bytes -= entry.bytes;
}

void WaitingRequests::wait(std::unique_ptr<Entry> entry, wamp::Instant due, std::string_view late) {
    entry->due = due;
    entry->late = late;
    if (const policy::Session* from = link_.sessions.find(entry->from))
        entry->charge = link_.charge(*from, entry->bytes);
    const Order order = entry->order;
    due_.emplace(due, order);
    std::vector<Order>& waiting = owners_[entry->from].waiting;
    waiting.insert(std::upper_bound(waiting.begin(), waiting.end(), order), order);
    if (const auto* call = std::get_if<wamp::Call>(&entry->message)) {
        calls_.emplace(std::pair(entry->from, call->request), order);
        link_.ids.calls.insert(entry->from, call->request, {link_.number, FrontRequests::waiting});
    }
    queue_.emplace(order, std::move(entry));
}

void WaitingRequests::take_over(std::unique_ptr<Entry> entry) {
    Owner& owner = owners_[entry->from];
    ++owner.requests;
    owner.bytes += entry->bytes;
    bytes_ += entry->bytes;
    entry->order = ++last_;
    const wamp::Instant due = entry->due;
    const std::string_view late = entry->late;
    wait(std::move(entry), due, late);
}

std::unique_ptr<WaitingRequests::Entry> WaitingRequests::take(Order order) {
    const auto found = queue_.find(order);
    std::unique_ptr<Entry> entry = std::move(found->second);
    queue_.erase(found);
    due_.erase({entry->due, order});
    if (const auto* call = std::get_if<wamp::Call>(&entry->message)) {
        calls_.erase({entry->from, call->request});
        link_.ids.calls.erase(entry->from, call->request);
    }
    if (Owner* owner = wamp::find_in(owners_, entry->from)) {
        std::vector<Order>& waiting = owner->waiting;
        waiting.erase(std::lower_bound(waiting.begin(), waiting.end(), order));
    }
    forget(*entry);
    entry->charge = {};
    return entry;
}

bool WaitingRequests::cancel(wamp::SessionId from, wamp::RequestId request, BridgeOutbox& out) {
    const auto found = calls_.find({from, request});
    if (found == calls_.end()) return false;
    // The backend has not received it: every mode ends it.
    refuse(*take(found->second), uris::canceled, out);
    return true;
}

void WaitingRequests::leave(wamp::SessionId session) {
    const Owner* owner = wamp::find_in(owners_, session);
    if (owner == nullptr) return;
    for (const Order order : std::vector<Order>(owner->waiting)) take(order);
    owners_.erase(session);
}

std::vector<Bridge::Waiting> WaitingRequests::list() const {
    std::vector<Bridge::Waiting> all;
    all.reserve(queue_.size());
    for (const auto& [order, entry] : queue_) all.push_back({entry->from, entry->bytes});
    return all;
}

std::unique_ptr<WaitingRequests::Entry> WaitingRequests::take_oldest(wamp::SessionId session) {
    const Owner* owner = wamp::find_in(owners_, session);
    if (owner == nullptr || owner->waiting.empty()) return nullptr;
    return take(owner->waiting.front());
}

std::unique_ptr<WaitingRequests::Entry> WaitingRequests::take_late(wamp::Instant now,
                                                                   BridgeOutbox& out) {
    if (due_.empty() || due_.begin()->first > now) return nullptr;
    std::unique_ptr<Entry> entry = take(due_.begin()->second);
    refuse(*entry, entry->late, out);
    return entry;
}

std::string_view WaitingRequests::judge_again(const policy::Session& session, Entry& entry) {
    policy::Judge::Verdict verdict = link_.judge.judge_again(session, entry.message);
    if (!verdict.permit) return verdict.error;
    const policy::RouteInfo& before = entry.policy->route(entry.permit.route());
    const policy::RouteInfo& after = session.policy->route(verdict.permit->route());
    if (before.backends != after.backends) {
        link_.judge.record_lost_route(session, entry.message);
        return uris::unavailable;
    }
    entry.permit = *std::move(verdict.permit);
    entry.policy = session.policy;
    return {};
}

void WaitingRequests::refuse(const Entry& entry, std::string_view uri, BridgeOutbox& out) {
    std::visit(
        [&]<class Request>(const Request& request) {
            if constexpr (std::is_same_v<Request, wamp::Publish>) {
                if (!request.options.get_bool("acknowledge", false)) return;  // W-PUB-04
            }
            if constexpr (requires { request.request; }) {
                const wamp::Payload payload =
                    uri == uris::unavailable ? policy::told(entry.permit, policy::Cause::link_down)
                                             : wamp::Payload();
                out.to_sessions.add(entry.from,
                                    error_for(Request::type, request.request, uri, payload));
            }
        },
        entry.message);
}

}  // namespace sallyport::backend_link
