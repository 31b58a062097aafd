#include "backend-link/bridge/link_wire.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "wamp/codec/codec.h"
#include "wamp/message/passthru.h"
#include "wamp/message/uris.h"

namespace sallyport::backend_link {
namespace {

namespace uris = wamp::uris;

/// The maximum encoded size of the bridge's own options, the URI and the ids of a message.
constexpr std::size_t envelope_bytes_max = 4096;

constexpr std::size_t overhead_bytes = 512;  // approximately, of one request

/// Each session id in a list of receivers may become two (Audience::append_to).
std::size_t more_bytes_of_ids(const wamp::Dict& options) noexcept {
    constexpr std::size_t id_bytes_max = 17;  // in JSON, with its comma
    std::size_t entries = 0;
    for (const std::string_view key : {"eligible", "exclude"}) {
        if (const wamp::List* const list = options.get_list(key)) entries += list->size();
    }
    return entries * id_bytes_max;
}

/// The options of a message if some of them are forwarded: receiver lists and ppt_* options.
const wamp::Dict* handed_on(const wamp::Message& message) noexcept {
    if (const auto* publish = std::get_if<wamp::Publish>(&message)) {
        const auto& options = publish->options;
        const bool has_lists = std::any_of(options.begin(), options.end(), [](const auto& option) {
            return option.second.template get_if<wamp::List>() != nullptr;
        });
        return has_lists || wamp::is_passthru(options) ? &options : nullptr;
    }
    const auto* call = std::get_if<wamp::Call>(&message);
    return call != nullptr && wamp::is_passthru(call->options) ? &call->options : nullptr;
}

}  // namespace

std::string_view transcode_payload(wamp::Serializer serializer, wamp::Message& message,
                                   wamp::OwnedPayload& keep) {
    const wamp::Payload* const payload = wamp::payload_of(message);
    if (payload == nullptr || payload->empty() || payload->serializer == serializer) return {};
    auto transcoded = wamp::transcode(*payload, serializer);
    if (transcoded.has_error()) return uris::invalid_argument;
    keep = std::move(*transcoded);
    std::visit(
        [&](auto& m) {
            if constexpr (requires { m.payload; }) m.payload = keep.view();
        },
        message);
    return {};
}

bool fits(const LinkWire& wire, const wamp::Message& message) {
    const wamp::Payload* const payload = wamp::payload_of(message);
    std::size_t bytes = envelope_bytes_max + (payload == nullptr ? 0 : payload->bytes());
    if (const wamp::Dict* options = handed_on(message)) {
        const auto serializer = wire.serializer.value_or(wamp::Serializer::json);
        bytes += wamp::encode_value(serializer, wamp::Value(*options)).size() +
                 more_bytes_of_ids(*options);
    }
    return bytes <= wire.message_bytes_max;
}

std::size_t bytes_of(const wamp::Message& message) {
    return std::visit(
        [](const auto& m) {
            std::size_t bytes = overhead_bytes;
            if constexpr (requires { m.options; }) {
                if (!m.options.empty()) {
                    bytes += wamp::encode_value(wamp::Serializer::msgpack, m.options).size();
                }
            }
            if constexpr (requires { m.payload; }) bytes += m.payload.bytes();
            return bytes;
        },
        message);
}

std::string_view prepare_for_link(const LinkWire& wire, wamp::Message& message,
                                  wamp::OwnedPayload& keep) {
    if (wire.serializer) {
        const auto error = transcode_payload(*wire.serializer, message, keep);
        if (!error.empty()) return error;
    }
    return fits(wire, message) ? std::string_view() : uris::payload_size_exceeded;
}

}  // namespace sallyport::backend_link
