#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "wamp/message/payload.h"

namespace sallyport::policy {

/// A bound of a number; integers are compared exactly.
using Number = std::variant<std::int64_t, double>;

/// The allowed types of a value; an empty set allows any.
class ValueTypes {
public:
    enum class Type : std::uint8_t { null, boolean, integer, number, text, binary, list, dict };

    constexpr void add(Type type) noexcept { bits_ = static_cast<std::uint8_t>(bits_ | bit(type)); }
    /// `number` includes integers.
    constexpr bool has(Type type) const noexcept { return (bits_ & bit(type)) != 0; }
    constexpr bool empty() const noexcept { return bits_ == 0; }
    constexpr bool operator==(const ValueTypes&) const noexcept = default;

private:
    static constexpr std::uint8_t bit(Type type) noexcept {
        return static_cast<std::uint8_t>(1U << static_cast<unsigned>(type));
    }
    std::uint8_t bits_ = 0;
};

std::string_view to_string(ValueTypes::Type type) noexcept;
std::optional<ValueTypes::Type> parse_value_type(std::string_view name) noexcept;

/// One entry of `where`: a condition on one argument (architecture: Policy 6). Defined for every
/// payload.
struct Condition {
    enum class Source : std::uint8_t {
        arg,     ///< the positional argument number `index`
        kwarg,   ///< the keyword argument `name`
        args,    ///< the list of all positional arguments
        kwargs,  ///< the dict of all keyword arguments
    };
    using Literal = std::variant<bool, std::int64_t, double, std::string>;

    Source source = Source::arg;
    std::uint32_t index = 0;
    std::string name;
    bool optional = false;  ///< also holds if the argument is absent
    ValueTypes types;
    std::optional<Number> min;  ///< of a number, inclusive
    std::optional<Number> max;
    std::optional<std::uint64_t> min_length;  ///< bytes of text or binary, items of list or dict
    std::optional<std::uint64_t> max_length;
    std::optional<std::uint64_t> max_depth;  ///< 0: no list or dict; 1: of scalars
    std::optional<std::uint64_t> max_bytes;  ///< as the sender encoded it
    std::vector<Literal> one_of;             ///< empty: anything

    bool operator==(const Condition&) const = default;
};

/// "arg 0", "kwarg "mode"", "args".
std::string subject_of(const Condition& condition);

/// Whether the validated payload meets the condition.
bool holds(const Condition& condition, const wamp::Payload& payload) noexcept;
bool all_hold(const std::vector<Condition>& conditions, const wamp::Payload& payload) noexcept;

}  // namespace sallyport::policy
