#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "wamp/base/check.h"
#include "wamp/codec/codec.h"
#include "wamp/codec/message_parts.h"
#include "wamp/session/features.h"

/// What must hold for any bytes that are thrown at the decoders; a check() that fails is a crash to
/// the fuzzer.
namespace sallyport::fuzz {

inline std::string encoded(wamp::Serializer serializer, const wamp::Message& message) {
    std::string out;
    wamp::encode_to(out, serializer, message);
    SALLYPORT_CHECK(wamp::encode(serializer, message).message() == out);
    return out;
}

inline bool same(const wamp::Message& a, const wamp::Message& b) {
    const wamp::BorrowedParts x = wamp::parts_of(a);
    const wamp::BorrowedParts y = wamp::parts_of(b);
    if (a.index() != b.index() || x.ids != y.ids || x.request_type != y.request_type) return false;
    if (x.text != y.text || (x.dict == nullptr) != (y.dict == nullptr)) return false;
    return x.dict == nullptr || *x.dict == *y.dict;
}

inline void set_payload(wamp::Message& message, const wamp::Payload& payload) {
    std::visit(
        [&payload](auto& m) {
            if constexpr (requires { m.payload; }) m.payload = payload;
        },
        message);
}

// What cannot be transcoded is refused; what can be is a message to the other decoder too, and
// coming back and going again changes nothing any more.
inline void check_transcoding(wamp::Message message, wamp::Serializer from, wamp::Serializer to,
                              const wamp::MessageLimits& limits) {
    const wamp::Payload* payload = wamp::parts_of(message).payload;
    if (payload == nullptr) return;
    const auto there = wamp::transcode(*payload, to);
    if (!there) return;
    set_payload(message, there->view());
    const std::string bytes = encoded(to, message);
    const auto decoded = wamp::decode(to, bytes, limits);
    SALLYPORT_CHECK(decoded);
    SALLYPORT_CHECK(same(message, *decoded));
    const auto back = wamp::transcode(there->view(), from);
    if (!back) return;  // a JSON key may begin with NUL, and may not come back
    const auto again = wamp::transcode(back->view(), to);
    SALLYPORT_CHECK(again);
    SALLYPORT_CHECK(again->view().args == there->view().args);
    SALLYPORT_CHECK(again->view().kwargs == there->view().kwargs);
}

// A payload that is taken apart and built again says the same.
inline void check_payload(const wamp::Payload& payload) {
    const auto args = wamp::args_of(payload);
    const auto kwargs = wamp::kwargs_of(payload);
    if (!args || !kwargs) return;
    const auto again = wamp::make_payload(payload.serializer, *args, *kwargs);
    SALLYPORT_CHECK(wamp::args_of(again.view()) == args);
    SALLYPORT_CHECK(wamp::kwargs_of(again.view()) == kwargs);
}

inline void check_features(const wamp::Message& message) {
    const wamp::Dict* details = nullptr;
    if (const auto* hello = std::get_if<wamp::Hello>(&message)) details = &hello->details;
    if (const auto* welcome = std::get_if<wamp::Welcome>(&message)) details = &welcome->details;
    if (details == nullptr) return;
    const wamp::Features features = wamp::read_features(*details);
    SALLYPORT_CHECK(features.any_client_role() ==
                    (features.has(wamp::Feature::caller) || features.has(wamp::Feature::callee) ||
                     features.has(wamp::Feature::publisher) ||
                     features.has(wamp::Feature::subscriber)));
}

// Returns whether the bytes are a message.
inline bool check_message(wamp::Serializer serializer, std::string_view bytes,
                          const wamp::MessageLimits& limits) {
    const auto message = wamp::decode(serializer, bytes, limits);
    if (!message) {
        SALLYPORT_CHECK(!wamp::to_string(message.error()).empty());
        return false;
    }
    const std::string once = encoded(serializer, *message);
    const auto again = wamp::decode(serializer, once, limits);
    SALLYPORT_CHECK(again);
    SALLYPORT_CHECK(same(*message, *again));
    SALLYPORT_CHECK(encoded(serializer, *again) == once);
    for (const wamp::Serializer to : wamp::all_serializers)
        if (to != serializer) check_transcoding(*message, serializer, to, limits);
    if (const wamp::Payload* payload = wamp::payload_of(*message)) check_payload(*payload);
    check_features(*message);
    return true;
}

inline void check_value(wamp::Serializer serializer, std::string_view bytes,
                        const wamp::MessageLimits& limits) {
    const auto value = wamp::decode_value(serializer, bytes, limits);
    if (!value) return;
    for (const wamp::Serializer target : wamp::all_serializers) {
        const auto back = wamp::decode_value(target, wamp::encode_value(target, *value), limits);
        SALLYPORT_CHECK(back);
        SALLYPORT_CHECK(*back == *value);
    }
}

/// The limits that the fuzzer meets often enough to look behind them.
inline wamp::MessageLimits small_limits() {
    wamp::MessageLimits limits;
    limits.depth = 8;
    limits.elements = 64;
    limits.string_bytes = 200;
    limits.option_keys = 6;
    limits.option_values = 16;
    return limits;
}

}  // namespace sallyport::fuzz
