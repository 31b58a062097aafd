// CBOR texts: as messages, and as values and payloads against nlohmann/json as an oracle.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/fuzz/codec_properties.h"
#include "tests/fuzz/oracles.h"
#include "wamp/codec/argument.h"

namespace {

using sallyport::wamp::MessageLimits;
using sallyport::wamp::Serializer;

constexpr char undefined_mark = '\xF7';

// A value that the codec builds is the one that nlohmann reads, which knows no `undefined`, looks
// at no UTF-8 and goes as deep as it is told.
void compare_values(std::string_view bytes) {
    const auto value = sallyport::wamp::decode_value(Serializer::cbor, bytes, MessageLimits{});
    if (!value) return;
    const auto tree = nlohmann::ordered_json::from_cbor(bytes.begin(), bytes.end(), true, false);
    if (tree.is_discarded()) {
        SALLYPORT_CHECK(bytes.find(undefined_mark) != std::string_view::npos);
        return;
    }
    SALLYPORT_CHECK(sallyport::fuzz::reading_of(tree) == sallyport::fuzz::reading_of(*value));
}

// As a payload, where the bytes are validated and not built: what is accepted as a value is, in
// whatever else it is put, and every argument can be inspected.
void compare_payloads(std::string_view bytes) {
    const std::string message = "\x84\x18\x32\x01\xA0\x81" + std::string(bytes);
    const auto decoded = sallyport::wamp::decode(Serializer::cbor, message, MessageLimits{});
    if (sallyport::wamp::decode_value(Serializer::cbor, bytes, MessageLimits{}))
        SALLYPORT_CHECK(decoded);
    if (!decoded) return;
    const auto& payload = *sallyport::wamp::payload_of(*decoded);
    const auto argument = sallyport::wamp::find_argument(payload, 0);
    SALLYPORT_CHECK(argument && argument->bytes == bytes.size());
    SALLYPORT_CHECK(argument->is_text(argument->text()) ==
                    (argument->kind == sallyport::wamp::Argument::Kind::text));
    SALLYPORT_CHECK(!sallyport::wamp::find_argument(payload, 1));
    const auto inner = sallyport::wamp::Payload{Serializer::cbor, {}, bytes, 0};
    if (argument->kind == sallyport::wamp::Argument::Kind::dict && argument->length != 0)
        sallyport::wamp::find_argument(inner, std::string_view("a"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    for (const MessageLimits& limits : {MessageLimits{}, sallyport::fuzz::small_limits()})
        sallyport::fuzz::check_message(Serializer::cbor, text, limits);
    sallyport::fuzz::check_value(Serializer::cbor, text, MessageLimits{});
    compare_values(text);
    compare_payloads(text);
    return 0;
}
