#include "policy/meta/testaments.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

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
constexpr std::string_view testament_error = "wamp.error.testament_error";  // as in Crossbar

/// Counted for each testament in addition to its bytes, so that empty ones count too.
constexpr std::size_t overhead_bytes = 128;

/// The options of PUBLISH (W-SEC-25) except `acknowledge`, as there is no publisher left to answer
/// (W-TST-02).
constexpr std::array<std::string_view, 13> kept_options{
    "exclude_me",       "disclose_me", "retain",          "exclude",           "exclude_authid",
    "exclude_authrole", "eligible",    "eligible_authid", "eligible_authrole", "ppt_scheme",
    "ppt_serializer",   "ppt_cipher",  "ppt_keyid"};

constexpr std::array all_procedures{
    MetaProcedure{add_procedure, Grant::testaments, false},
    MetaProcedure{flush_procedure, Grant::testaments, false},
};
constexpr std::array all_features{MetaFeature{"dealer", "testament_meta_api"}};

MetaAnswer error(std::string_view uri) {
    MetaAnswer answer;
    answer.error = uri;
    return answer;
}

}  // namespace

/// The arguments of a call.
struct Testaments::Arguments {
    wamp::Serializer serializer;
    wamp::List args;
    wamp::Dict kwargs;

    /// An argument that may be absent; nothing if it has another type.
    template <class T>
    std::optional<T> read(std::size_t at) {
        if (at >= args.size() || args[at].is_null()) return T();
        T* const read = args[at].get_if<T>();
        return read == nullptr ? std::nullopt : std::optional<T>(std::move(*read));
    }
    /// Nothing if the scope is unknown.
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

std::span<const MetaProcedure> Testaments::procedures() const noexcept {
    return all_procedures;
}

std::span<const MetaFeature> Testaments::features() const noexcept {
    return all_features;
}

MetaAnswer Testaments::call(MetaCall&& call) {
    if (call.from.principal.method == "link") return error(uris::no_such_procedure);
    Arguments arguments{call.serializer, std::move(call.args), std::move(call.kwargs)};
    return call.procedure == add_procedure ? add(call.from, arguments)
                                           : flush(call.from, arguments);
}

MetaAnswer Testaments::add(const Session& from, Arguments& arguments) {
    auto topic = arguments.read<std::string>(0);
    const auto args = arguments.read<wamp::List>(1);
    const auto kwargs = arguments.read<wamp::Dict>(2);
    auto options = arguments.options();
    if (!topic || !args || !kwargs || !options) return error(uris::invalid_argument);
    const auto detached = arguments.detached();
    if (!detached) return error(testament_error);

    Testament testament{*detached, *std::move(options), *std::move(topic),
                        wamp::make_payload(arguments.serializer, *args, *kwargs), 0};
    const std::size_t payload_bytes = testament.payload.view().bytes();
    const wamp::Message publication =
        wamp::Publish{0, testament.options, testament.topic, testament.payload.view()};
    if (wamp::wrong_option(publication)) return error(uris::invalid_argument);
    if (wamp::is_passthru(testament.options) &&
        !from.features.has(wamp::Feature::publisher_payload_passthru_mode)) {
        return error(uris::feature_not_supported);
    }
    const auto refusal = door_.may_publish(from, std::get<wamp::Publish>(publication));
    if (!refusal.empty()) return error(refusal);
    testament.bytes = overhead_bytes + testament.topic.size() + payload_bytes +
                      wamp::encode_value(wamp::Serializer::msgpack, testament.options).size();

    const auto found = by_session_.find(from.id);
    const std::size_t held = found == by_session_.end() ? 0 : found->second.bytes;
    if (testament.bytes > bytes_per_session_max - held) return error(uris::payload_size_exceeded);
    if (testament.bytes > bytes_max - bytes_) return error(uris::unavailable);
    if (found != by_session_.end() && found->second.testaments.size() >= per_session_max)
        return error(uris::unavailable);
    SessionTestaments& own = by_session_[from.id];
    own.bytes += testament.bytes;
    bytes_ += testament.bytes;
    own.testaments.push_back(std::move(testament));
    MetaAnswer answer;
    answer.result = wamp::Value(std::uint64_t{random_.global_id()});
    return answer;
}

MetaAnswer Testaments::flush(const Session& from, const Arguments& arguments) {
    const auto detached = arguments.detached();
    if (!detached) return error(testament_error);
    std::size_t flushed = 0;
    const auto found = by_session_.find(from.id);
    if (found != by_session_.end()) {
        SessionTestaments& own = found->second;
        flushed = std::erase_if(own.testaments, [&](const Testament& testament) {
            if (testament.detached != *detached) return false;
            own.bytes -= testament.bytes;
            bytes_ -= testament.bytes;
            return true;
        });
        if (own.testaments.empty()) by_session_.erase(found);
    }
    MetaAnswer answer;
    answer.result = wamp::Value(std::uint64_t{flushed});
    return answer;
}

std::vector<Door::Request> Testaments::last_publications(Session& session, wamp::Instant now) {
    spent_.clear();
    std::vector<Door::Request> requests;
    const auto found = by_session_.find(session.id);
    if (found == by_session_.end()) return requests;
    spent_ = std::move(found->second.testaments);
    drop_publications(session.id);
    std::stable_partition(spent_.begin(), spent_.end(),
                          [](const Testament& each) { return each.detached; });
    for (Testament& each : spent_) {
        wamp::Publish publication{0, std::move(each.options), std::move(each.topic),
                                  each.payload.view()};
        if (auto request = door_.publish(session, std::move(publication), now))
            requests.push_back(*std::move(request));
    }
    return requests;
}

void Testaments::drop_publications(SessionId session) noexcept {
    const auto found = by_session_.find(session);
    if (found == by_session_.end()) return;
    bytes_ -= found->second.bytes;
    by_session_.erase(found);
}

}  // namespace sallyport::policy
