// MessagePack texts: as messages, and as documents against nlohmann's parser as the oracle.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <nlohmann/json.hpp>

#include "tests/fuzz/codec_properties.h"

namespace {

using sallyport::wamp::MessageLimits;
using sallyport::wamp::Serializer;

// The oracle looks at no UTF-8, takes any text for a key and goes as deep as it is told: it accepts
// more than we do.
void compare_with_oracle(std::string_view bytes) {
    const auto value = sallyport::wamp::decode_value(Serializer::msgpack, bytes, MessageLimits{});
    if (!value) return;
    const auto tree = nlohmann::json::from_msgpack(bytes.begin(), bytes.end(), true, false);
    SALLYPORT_CHECK(!tree.is_discarded());
    if (const auto* list = value->get_if<sallyport::wamp::List>())
        SALLYPORT_CHECK(tree.size() == list->size());
    if (const auto* dict = value->get_if<sallyport::wamp::Dict>())
        SALLYPORT_CHECK(tree.size() == dict->size());
    if (const auto* number = value->get_if<std::uint64_t>()) SALLYPORT_CHECK(tree == *number);
    if (const auto* number = value->get_if<std::int64_t>()) SALLYPORT_CHECK(tree == *number);
    if (const auto* text = value->get_if<std::string>()) SALLYPORT_CHECK(tree == *text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    for (const MessageLimits& limits : {MessageLimits{}, sallyport::fuzz::small_limits()}) {
        sallyport::fuzz::check_message(Serializer::msgpack, text, limits);
    }
    sallyport::fuzz::check_value(Serializer::msgpack, text, MessageLimits{});
    compare_with_oracle(text);
    return 0;
}
