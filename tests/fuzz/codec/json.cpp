// JSON texts: as messages, and as values and payloads against nlohmann/json as the oracle.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/fuzz/codec_properties.h"
#include "tests/fuzz/oracles.h"
#include "tests/fuzz/skipping.h"
#include "wamp/base/utf8.h"

namespace {

using sallyport::wamp::DecodeError;
using sallyport::wamp::MessageLimits;
using sallyport::wamp::Serializer;

// The oracle takes NUL for the end, and refuses numbers beyond double, which are well-formed.
bool oracle_applies(std::string_view text) {
    if (text.find('\0') != std::string_view::npos) return false;
    std::size_t digits = 0;
    for (char c : text) {
        digits = c >= '0' && c <= '9' ? digits + 1 : 0;
        if (digits > 200 || c == 'e' || c == 'E') return false;
    }
    return true;
}

void compare_with_oracle(std::string_view text) {
    if (!oracle_applies(text)) return;
    const std::string message = "[50,1,{},[" + std::string(text) + "]]";
    const auto decoded = sallyport::wamp::decode(Serializer::json, message, MessageLimits{});
    const bool well_formed = nlohmann::json::accept(message);
    if (decoded) SALLYPORT_CHECK(well_formed);
    if (well_formed) SALLYPORT_CHECK(decoded || decoded.error() != DecodeError::malformed);
}

// A value that the codec builds is the one that nlohmann/json reads, but for text that the codec
// takes as binary (W-SER-04).
void compare_values(std::string_view text) {
    if (text.find("\\u0000") != std::string_view::npos || !oracle_applies(text)) return;
    const auto value = sallyport::wamp::decode_value(Serializer::json, text, MessageLimits{});
    if (!value) return;
    const auto tree = nlohmann::ordered_json::parse(text, nullptr, false);
    SALLYPORT_CHECK(!tree.is_discarded());
    SALLYPORT_CHECK(sallyport::fuzz::reading_of(tree) == sallyport::fuzz::reading_of(*value));
}

// The vector code does with these bytes what the scalar code does.
void compare_instruction_sets(std::string_view text, MessageLimits limits) {
    const std::string args = "[" + std::string(text) + "]";
    limits.string_bytes = std::max(limits.string_bytes, args.size());
    for (const auto set : sallyport::fuzz::vector_sets) {
        if (!sallyport::wamp::is_supported(set)) continue;
        SALLYPORT_CHECK(sallyport::fuzz::skips_alike(Serializer::json, args, limits, set));
    }
}

// Text that is UTF-8 is taken apart by code points and put together again.
void check_code_points(std::string_view text) {
    if (!sallyport::wamp::is_valid_utf8(text)) return;
    std::string again;
    for (std::string_view rest = text; !rest.empty();)
        sallyport::wamp::append_utf8(again, sallyport::wamp::take_code_point(rest));
    SALLYPORT_CHECK(again == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    for (const MessageLimits& limits : {MessageLimits{}, sallyport::fuzz::small_limits()}) {
        sallyport::fuzz::check_message(Serializer::json, text, limits);
        compare_instruction_sets(text, limits);
    }
    sallyport::fuzz::check_value(Serializer::json, text, MessageLimits{});
    check_code_points(text);
    compare_with_oracle(text);
    compare_values(text);
    return 0;
}
