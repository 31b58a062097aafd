#include "policy/engine/event_delivery.h"

#include <cmath>
#include <optional>

#include "wamp/codec/argument.h"

namespace sallyport::policy {
namespace {

using Kind = wamp::Argument::Kind;

// Beyond it a double does not hold every integer.
constexpr double exact_integer_max = 9007199254740992.0;

std::string text_of(double number) {
    if (std::abs(number) <= exact_integer_max && std::trunc(number) == number)
        return "i" + std::to_string(static_cast<std::int64_t>(number));
    std::string bytes(sizeof(number), '\0');
    bytes.assign(reinterpret_cast<const char*>(&number), sizeof(number));
    return "f" + bytes;
}

// The first character distinguishes the types.
std::string text_of(const wamp::Argument& value) {
    switch (value.kind) {
        case Kind::boolean:
            return value.boolean ? "true" : "false";
        case Kind::unsigned_integer:
            return "i" + std::to_string(value.unsigned_integer);
        case Kind::negative_integer:
            return "i" + std::to_string(value.negative_integer);
        case Kind::floating:
            return text_of(value.floating);
        case Kind::text:
            return "\"" + value.text();
        case Kind::null:
        case Kind::binary:
        case Kind::list:
        case Kind::dict:
        case Kind::other:
            break;
    }
    return {};
}

}  // namespace

wamp::Duration EventDelivery::interval() const noexcept {
    if (rate_per_s <= 0) return wamp::Duration::zero();
    return wamp::Duration(static_cast<wamp::Duration::rep>(std::ceil(
        static_cast<double>(wamp::Duration(std::chrono::seconds(1)).count()) / rate_per_s)));
}

std::string key_of(const EventKey& key, const wamp::Payload& payload) {
    std::optional<wamp::Argument> value;
    if (const auto* index = std::get_if<std::uint32_t>(&key)) {
        value = wamp::find_argument(payload, std::size_t{*index});
    } else if (const auto* name = std::get_if<std::string>(&key)) {
        value = wamp::find_argument(payload, std::string_view(*name));
    }
    return value ? text_of(*value) : std::string();
}

}  // namespace sallyport::policy
