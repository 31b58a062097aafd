#include "policy/engine/cause.h"

namespace sallyport::policy {
namespace {

using namespace std::string_view_literals;

struct Text {
    std::string_view name;
    std::string_view json;
    std::string_view msgpack;
    std::string_view cbor;
};

/// By Cause. The keyword arguments {"cause": NAME}, encoded.
constexpr std::array<Text, 5> texts{{
    {"", "", "", ""},
    {"link_down", R"({"cause":"link_down"})",
     "\x81\xA5"
     "cause\xA9"
     "link_down",
     "\xA1\x65"
     "cause\x69"
     "link_down"},
    {"over_rate", R"({"cause":"over_rate"})",
     "\x81\xA5"
     "cause\xA9"
     "over_rate",
     "\xA1\x65"
     "cause\x69"
     "over_rate"},
    {"over_in_flight", R"({"cause":"over_in_flight"})",
     "\x81\xA5"
     "cause\xAE"
     "over_in_flight",
     "\xA1\x65"
     "cause\x6E"
     "over_in_flight"},
    {"too_slow", R"({"cause":"too_slow"})",
     "\x81\xA5"
     "cause\xA8"
     "too_slow",
     "\xA1\x65"
     "cause\x68"
     "too_slow"},
}};

}  // namespace

std::string_view to_string(Cause cause) noexcept {
    return texts[static_cast<std::size_t>(cause)].name;
}

Cause parse_cause(std::string_view text) noexcept {
    for (std::size_t index = 1; index < texts.size(); ++index) {
        if (texts[index].name == text) return static_cast<Cause>(index);
    }
    return Cause::none;
}

wamp::Payload payload_of(Cause cause, wamp::Serializer serializer) noexcept {
    if (cause == Cause::none) return {};
    const Text& text = texts[static_cast<std::size_t>(cause)];
    switch (serializer) {
        case wamp::Serializer::json:
            return {serializer, "[]"sv, text.json, 0};
        case wamp::Serializer::msgpack:
            return {serializer, "\x90"sv, text.msgpack, 0};
        case wamp::Serializer::cbor:
            break;
    }
    return {serializer, "\x80"sv, text.cbor, 0};
}

}  // namespace sallyport::policy
