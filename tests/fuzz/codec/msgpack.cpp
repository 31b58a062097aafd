// MessagePack texts: as messages, and as values and payloads against msgpack-c and nlohmann/json
// as oracles.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/fuzz/codec_properties.h"
#include "tests/fuzz/oracles.h"
#include "tests/fuzz/skipping.h"

namespace {

using sallyport::wamp::DecodeError;
using sallyport::wamp::MessageLimits;
using sallyport::wamp::Serializer;

// A value that the codec builds is the one that both libraries read. nlohmann's looks at no UTF-8,
// takes any text for a key and goes as deep as it is told: it accepts more than we do.
void compare_values(std::string_view bytes) {
    const auto value = sallyport::wamp::decode_value(Serializer::msgpack, bytes, MessageLimits{});
    if (!value) return;
    const std::string reading = sallyport::fuzz::reading_of(*value);
    const sallyport::fuzz::MsgpackOracle oracle(bytes);
    SALLYPORT_CHECK(oracle.well_formed());
    SALLYPORT_CHECK(oracle.reading() == reading);
    const auto tree = nlohmann::ordered_json::from_msgpack(bytes.begin(), bytes.end(), true, false);
    SALLYPORT_CHECK(!tree.is_discarded());
    SALLYPORT_CHECK(sallyport::fuzz::reading_of(tree) == reading);
}

// As a payload, which is validated and not built, the codec accepts exactly what msgpack-c does,
// within its limits and where all text is UTF-8.
void compare_payloads(std::string_view bytes) {
    const std::string message = "\x94\x32\x01\x80\x91" + std::string(bytes);
    const auto decoded = sallyport::wamp::decode(Serializer::msgpack, message, MessageLimits{});
    const sallyport::fuzz::MsgpackOracle oracle(message);
    if (decoded) SALLYPORT_CHECK(oracle.well_formed() && oracle.utf8());
    if (oracle.well_formed() && oracle.utf8())
        SALLYPORT_CHECK(decoded || decoded.error() != DecodeError::malformed);
}

// The vector code does with these bytes what the scalar code does.
void compare_instruction_sets(std::string_view bytes, MessageLimits limits) {
    const std::string args = "\x91" + std::string(bytes);
    limits.string_bytes = std::max(limits.string_bytes, args.size());
    for (const auto set : sallyport::fuzz::vector_sets) {
        if (!sallyport::wamp::is_supported(set)) continue;
        SALLYPORT_CHECK(sallyport::fuzz::skips_alike(Serializer::msgpack, args, limits, set));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    for (const MessageLimits& limits : {MessageLimits{}, sallyport::fuzz::small_limits()}) {
        sallyport::fuzz::check_message(Serializer::msgpack, text, limits);
        compare_instruction_sets(text, limits);
    }
    sallyport::fuzz::check_value(Serializer::msgpack, text, MessageLimits{});
    compare_values(text);
    compare_payloads(text);
    return 0;
}
