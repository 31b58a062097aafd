#include "policy/meta/testaments.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "wamp/base/check.h"
#include "wamp/codec/codec.h"
#include "wamp/message/layout.h"
#include "wamp/message/passthru.h"
#include "wamp/message/uris.h"

namespace sallyport::policy {

namespace uris = wamp::uris;
using wamp::SessionId;

namespace {

constexpr std::string_view add_procedure = "wamp.session.add_testament";
constexpr std::string_view flush_procedure = "wamp.session.flush_testaments";
constexpr std::string_view testament_error = "wamp.error.testament_error";  // as Crossbar has it

/// What each costs beside its bytes, so that empty ones are not for nothing.
constexpr std::size_t overhead_bytes = 128;

/// As of a PUBLISH (W-SEC-25), but for `acknowledge`, which nobody is left to hear (W-TST-02).
constexpr std::array<std::string_view, 13> kept_options{
    "exclude_me",       "disclose_me", "retain",          "exclude",           "exclude_authid",
    "exclude_authrole", "eligible",    "eligible_authid", "eligible_authrole", "ppt_scheme",
    "ppt_serializer",   "ppt_cipher",  "ppt_keyid"};

}  // namespace

/// A call with its arguments.
struct Testaments::Asked {
    wamp::Serializer serializer;
    wamp::List args;
    wamp::Dict kwargs;

    /// An argument that may be missing; nothing: it is of another type.
    template <class T>
    std::optional<T> take(std::size_t at) {
        if (at >= args.size() || args[at].is_null()) return T();
        T* const read = args[at].get_if<T>();
        return read == nullptr ? std::nullopt : std::optional<T>(std::move(*read));
    }
    /// Nothing: no such scope.
    std::optional<bool> detached() const noexcept {
        const wamp::Value* const scope = kwargs.find("scope");
        if (scope == nullptr || scope->is_null()) return false;
        const std::string* const name = scope->get_if<std::string>();
        if (name == nullptr || (*name != "detached" && *name != "destroyed")) return std::nullopt;
        return *name == "detached";
    }
    std::optional<wamp::Dict> options() const {
        const wamp::Value* const given = kwargs.find("publish_options");
        wamp::Dict kept;
        if (given == nullptr || given->is_null()) return kept;
        const wamp::Dict* const all = given->get_if<wamp::Dict>();
        if (all == nullptr) return std::nullopt;
        for (const std::string_view name : kept_options) {
            if (const wamp::Value* const value = all->find(name))
                kept.append(std::string(name), *value);
        }
        return kept;
    }
};

wamp::Dict Testaments::announced(wamp::Dict roles) {
    roles.find("dealer")
        ->get_if<wamp::Dict>()
        ->find("features")
        ->get_if<wamp::Dict>()
        ->set("testament_meta_api", true);
    return roles;
}

bool Testaments::serves(const wamp::Message& message) noexcept {
    const auto* const call = std::get_if<wamp::Call>(&message);
    return call != nullptr &&
           (call->procedure == add_procedure || call->procedure == flush_procedure);
}

void Testaments::handle(const Door::Request& request, wamp::Instant now, wamp::Deliveries& out) {
    const Session* const from = door_.sessions().find(request.from);
    SALLYPORT_CHECK(from != nullptr);
    const auto& call = std::get<wamp::Call>(request.message);
    const wamp::Serializer serializer = call.payload.serializer;
    auto args = wamp::args_of(call.payload);
    auto kwargs = wamp::kwargs_of(call.payload);
    wamp::Value result;
    std::string_view error;
    if (from->principal.method == "link") {
        error = uris::no_such_procedure;
    } else if (!args || !kwargs) {
        error = uris::invalid_argument;
    } else {
        Asked asked{serializer, std::move(*args), std::move(*kwargs)};
        error = call.procedure == add_procedure ? add(*from, asked, now, result)
                                                : flush(*from, asked, result);
    }
    if (!error.empty()) {
        out.add(from->id,
                wamp::Error{wamp::MessageType::call, call.request, {}, std::string(error), {}});
        return;
    }
    kept_ = wamp::make_payload(serializer, {std::move(result)});
    out.add(from->id, wamp::CallResult{call.request, {}, kept_.view()});
}

std::string_view Testaments::add(const Session& from, Asked& asked, wamp::Instant now,
                                 wamp::Value& result) {
    auto topic = asked.take<std::string>(0);
    const auto args = asked.take<wamp::List>(1);
    const auto kwargs = asked.take<wamp::Dict>(2);
    auto options = asked.options();
    if (!topic || !args || !kwargs || !options) return uris::invalid_argument;
    const auto detached = asked.detached();
    if (!detached) return testament_error;

    Testament testament{*detached, *std::move(options), *std::move(topic),
                        wamp::make_payload(asked.serializer, *args, *kwargs), 0};
    const std::size_t payload_bytes = testament.payload.view().bytes();
    const wamp::Message publication =
        wamp::Publish{0, testament.options, testament.topic, testament.payload.view()};
    if (wamp::wrong_option(publication)) return uris::invalid_argument;
    if (wamp::is_passthru(testament.options) &&
        !from.features.has(wamp::Feature::publisher_payload_passthru_mode)) {
        return uris::feature_not_supported;
    }
    if (const auto error = door_.may_publish(from, std::get<wamp::Publish>(publication), now);
        !error.empty()) {
        return error;
    }
    testament.bytes = overhead_bytes + testament.topic.size() + payload_bytes +
                      wamp::encode_value(wamp::Serializer::msgpack, testament.options).size();

    const auto found = wills_.find(from.id);
    const std::size_t held = found == wills_.end() ? 0 : found->second.bytes;
    if (testament.bytes > bytes_per_session_max - held) return uris::payload_size_exceeded;
    if (testament.bytes > bytes_max - bytes_) return uris::unavailable;
    if (found != wills_.end() && found->second.testaments.size() >= per_session_max)
        return uris::unavailable;
    Will& will = wills_[from.id];
    will.bytes += testament.bytes;
    bytes_ += testament.bytes;
    will.testaments.push_back(std::move(testament));
    result = wamp::Value(std::uint64_t{random_.global_id()});
    return {};
}

std::string_view Testaments::flush(const Session& from, const Asked& asked, wamp::Value& result) {
    const auto detached = asked.detached();
    if (!detached) return testament_error;
    std::size_t flushed = 0;
    const auto found = wills_.find(from.id);
    if (found != wills_.end()) {
        Will& will = found->second;
        flushed = std::erase_if(will.testaments, [&](const Testament& testament) {
            if (testament.detached != *detached) return false;
            will.bytes -= testament.bytes;
            bytes_ -= testament.bytes;
            return true;
        });
        if (will.testaments.empty()) wills_.erase(found);
    }
    result = wamp::Value(std::uint64_t{flushed});
    return {};
}

std::vector<Door::Request> Testaments::left(SessionId session, wamp::Instant now) {
    spent_.clear();
    std::vector<Door::Request> requests;
    const auto found = wills_.find(session);
    if (found == wills_.end()) return requests;
    spent_ = std::move(found->second.testaments);
    forget(session);
    const Session* const from = door_.sessions().find(session);
    SALLYPORT_CHECK(from != nullptr);
    std::stable_partition(spent_.begin(), spent_.end(),
                          [](const Testament& each) { return each.detached; });
    for (Testament& each : spent_) {
        wamp::Publish publication{0, std::move(each.options), std::move(each.topic),
                                  each.payload.view()};
        if (auto request = door_.publish(*from, std::move(publication), now))
            requests.push_back(*std::move(request));
    }
    return requests;
}

void Testaments::forget(SessionId session) noexcept {
    const auto found = wills_.find(session);
    if (found == wills_.end()) return;
    bytes_ -= found->second.bytes;
    wills_.erase(found);
}

}  // namespace sallyport::policy
