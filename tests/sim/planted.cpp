#include "tests/sim/planted.h"

#include <string_view>
#include <utility>
#include <variant>

#include "policy/audit/audit.h"
#include "tests/sim/names.h"
#include "wamp/base/frame.h"
#include "wamp/message/uris.h"

namespace sallyport::sim {

namespace uris = wamp::uris;

namespace {

auto decoded(wamp::Serializer serializer, std::string_view bytes) {
    return read_message(serializer, bytes.substr(wamp::Frame::prefix_bytes));
}

}  // namespace

void Planter::forget() {
    held_.clear();
    last_event_.clear();
    subscriptions_.clear();
    forgotten_ = 0;
}

void Planter::to_guest(wamp::PeerId peer, wamp::Serializer serializer, std::string& bytes) {
    if (bug_ == Bug::none) return;
    const std::string kept = bytes;
    auto message = decoded(serializer, kept);
    if (message.has_error()) return;
    const bool result = std::holds_alternative<wamp::CallResult>(*message);
    if (bug_ == Bug::answers_twice && result && dice_.chance(20)) bytes += kept;
    if (bug_ == Bug::loses_answers && result && dice_.chance(20)) bytes.clear();
    if (auto* event = std::get_if<wamp::Event>(&*message))
        return spoil_event(peer, serializer, bytes, *event);
    if (std::holds_alternative<wamp::Unsubscribed>(*message) && bug_ == Bug::events_after_end)
        bytes += last_event_[peer];
    if (bug_ == Bug::loses_logins && std::holds_alternative<wamp::Abort>(*message) &&
        dice_.chance(20)) {
        bytes.clear();
    }
    auto* const welcome = std::get_if<wamp::Welcome>(&*message);
    if (bug_ == Bug::promotes_guests && welcome != nullptr &&
        welcome->details.get_string("authprovider") == "dynamic") {
        welcome->details.set("authrole", "warden");
        bytes = write_message(serializer, *message).rawsocket();
    }
    if (bug_ == Bug::ends_the_quick && std::holds_alternative<wamp::Published>(*message) &&
        !subscriptions_[peer].empty() && dice_.chance(5)) {
        const wamp::Unsubscribed ended{0, wamp::Dict{{"subscription", subscriptions_[peer].back()},
                                                     {"reason", uris::too_slow}}};
        bytes += wamp::encode(serializer, ended).rawsocket();
    }
    const auto* const goodbye = std::get_if<wamp::Goodbye>(&*message);
    if (bug_ == Bug::spares_sessions && goodbye != nullptr && goodbye->reason == uris::killed &&
        dice_.chance(20)) {
        bytes.clear();
    }
    if (const auto* subscribed = std::get_if<wamp::Subscribed>(&*message)) {
        subscriptions_[peer].push_back(subscribed->subscription);
        if (bug_ == Bug::speaks_out_of_turn && dice_.chance(10)) bytes += kept;
    }
    auto* const error = std::get_if<wamp::Error>(&*message);
    if (error == nullptr) return;
    const bool call = error->request_type == wamp::MessageType::call;
    if (bug_ == Bug::tells_forbidden_apart && call && error->uri == uris::not_authorized) {
        error->uri = uris::no_such_procedure;
    } else if (bug_ == Bug::names_the_host && dice_.chance(20)) {
        error->details.set("host", "mark-alpha");
    } else {
        return;
    }
    bytes = write_message(serializer, *message).rawsocket();
}

void Planter::spoil_event(wamp::PeerId peer, wamp::Serializer serializer, std::string& bytes,
                          wamp::Event& event) {
    if (bug_ == Bug::events_after_end) last_event_[peer] = bytes;
    if (bug_ == Bug::loses_events && dice_.chance(5)) bytes.clear();
    if (bug_ == Bug::swaps_events) {
        auto& held = held_[peer];
        if (held.empty()) {
            held = std::exchange(bytes, {});
        } else {
            bytes += std::exchange(held, {});
        }
    }
    const auto& others = subscriptions_[peer];
    if (bug_ == Bug::misdelivers_events && !others.empty() && dice_.chance(20)) {
        event.subscription = others[dice_.between(0, others.size() - 1)];
        const std::string spoilt(write_message(serializer, event).rawsocket());
        bytes = spoilt;
    }
}

void Planter::to_link(wamp::Serializer serializer, std::string& bytes) {
    if (bug_ == Bug::shows_tickets) return show_ticket(serializer, bytes);
    if (bug_ == Bug::loses_publications) {
        const auto message = decoded(serializer, bytes);
        const bool publish = message.has_value() && std::holds_alternative<wamp::Publish>(*message);
        if (publish && dice_.chance(5)) bytes.clear();
        return;
    }
    if (bug_ == Bug::forgets_to_retain || bug_ == Bug::forgets_lists)
        return strip_publication(serializer, bytes);
    if (bug_ != Bug::crosses_unpermitted || !dice_.chance(2)) return;
    bytes += write_message(serializer, wamp::Call{1, {}, "lab.svc.secret", {}}).rawsocket();
}

void Planter::from_guest(wamp::Serializer serializer, std::string& message) const {
    if (bug_ != Bug::pads_requests) return;
    const std::string kept = message;
    auto sent = wamp::decode(serializer, kept, {});
    auto* const call = sent.has_error() ? nullptr : std::get_if<wamp::Call>(&*sent);
    if (call == nullptr) return;
    call->options.set("_padding", std::string(100, 'x'));
    message = wamp::encode(serializer, *sent).message();
}

void Planter::strip_publication(wamp::Serializer serializer, std::string& bytes) const {
    const std::string kept = bytes;
    auto message = decoded(serializer, kept);
    auto* const publish = message.has_error() ? nullptr : std::get_if<wamp::Publish>(&*message);
    if (publish == nullptr) return;
    if (bug_ == Bug::forgets_to_retain) publish->options.erase("retain");
    if (bug_ == Bug::forgets_lists) {
        for (const auto* list :
             {"eligible_authid", "exclude_authid", "eligible_authrole", "exclude_authrole"}) {
            publish->options.erase(list);
        }
    }
    bytes = write_message(serializer, *message).rawsocket();
}

void Planter::strip_event(wamp::Serializer serializer, std::string& bytes) const {
    const std::string kept = bytes;
    auto message = decoded(serializer, kept);
    auto* const event = message.has_error() ? nullptr : std::get_if<wamp::Event>(&*message);
    if (event == nullptr) return;
    bool stripped = false;
    for (const auto* list : {"eligible", "exclude", "eligible_authid", "exclude_authid",
                             "eligible_authrole", "exclude_authrole"}) {
        stripped = stripped || event->details.find(list) != nullptr;
        event->details.erase(list);
    }
    if (stripped) bytes = write_message(serializer, *message).rawsocket();
}

void Planter::show_ticket(wamp::Serializer serializer, std::string& bytes) const {
    const std::string kept = bytes;
    auto message = decoded(serializer, kept);
    auto* const call = message.has_error() ? nullptr : std::get_if<wamp::Call>(&*message);
    if (call == nullptr || call->procedure != ask_procedure) return;
    wamp::List args = *wamp::args_of(call->payload);
    args[2].get_if<wamp::Dict>()->set("ticket", "ticket of " + *args[1].get_if<std::string>());
    const auto payload = wamp::make_payload(serializer, args);
    call->payload = payload.view();
    bytes = write_message(serializer, *message).rawsocket();
}

void Planter::to_service(wamp::Serializer serializer, std::string& bytes) {
    if (bug_ != Bug::misnames_callers && bug_ != Bug::forgets_evicted) return;
    const std::string kept = bytes;
    auto message = decoded(serializer, kept);
    const auto* const ended =
        message.has_error() ? nullptr : std::get_if<wamp::Unregistered>(&*message);
    if (bug_ == Bug::forgets_evicted && ended != nullptr && ended->request == 0) bytes.clear();
    if (bug_ != Bug::misnames_callers) return;
    auto* const invocation =
        message.has_error() ? nullptr : std::get_if<wamp::Invocation>(&*message);
    if (invocation == nullptr || invocation->details.find("caller") == nullptr) return;
    if (!dice_.chance(20)) return;
    invocation->details.set("caller", invocation->details.get_uint("caller", 0) + 1);
    bytes = write_message(serializer, *message).rawsocket();
}

void Planter::to_front(std::size_t backend, wamp::Serializer serializer, std::string& bytes) {
    if (bug_ == Bug::forgets_lists_inside) return strip_event(serializer, bytes);
    if (bug_ == Bug::loses_events_inside || bug_ == Bug::swaps_events_inside) {
        const auto sent = decoded(serializer, bytes);
        if (sent.has_error() || !std::holds_alternative<wamp::Event>(*sent)) return;
        if (bug_ == Bug::loses_events_inside) {
            if (dice_.chance(5)) bytes.clear();
            return;
        }
        std::string& held = held_inside_[backend];
        if (held.empty()) {
            if (dice_.chance(20)) held = std::exchange(bytes, {});
        } else {
            bytes += std::exchange(held, {});
        }
        return;
    }
    if (bug_ != Bug::keeps_leases && bug_ != Bug::loses_acknowledgements) return;
    const auto message = decoded(serializer, bytes);
    if (bug_ == Bug::loses_acknowledgements) {
        const bool published =
            message.has_value() && std::holds_alternative<wamp::Published>(*message);
        if (published && dice_.chance(5)) bytes.clear();
        return;
    }
    const auto* const result =
        message.has_error() ? nullptr : std::get_if<wamp::CallResult>(&*message);
    if (result == nullptr) return;
    const CallState* const state = ledger_.call(payload_id_of(result->payload).first);
    if (state != nullptr && state->procedure == "lab.svc.limited") bytes.clear();
}

/// No number is missing where they were.
void Planter::forget_shadows(std::string& packed) {
    std::string others;
    std::string_view rest = packed;
    policy::AuditRecord record;
    for (std::size_t size = policy::unpack(rest, record); size != 0;
         size = policy::unpack(rest, record)) {
        rest.remove_prefix(size);
        if (record.outcome == policy::Outcome::shadow) {
            ++forgotten_;
        } else {
            record.number -= forgotten_;
            policy::pack(others, record);
        }
        record = {};
    }
    packed = std::move(others);
}

void Planter::records(std::string& packed) {
    if (bug_ == Bug::forgets_shadows) return forget_shadows(packed);
    if (bug_ != Bug::forgets_records && bug_ != Bug::doubles_records) return;
    if (!dice_.chance(2)) return;
    policy::AuditRecord record;
    const std::size_t size = policy::unpack(packed, record);
    if (bug_ == Bug::forgets_records) packed.erase(0, size);
    if (bug_ == Bug::doubles_records) packed.insert(0, packed.substr(0, size));
}

}  // namespace sallyport::sim
