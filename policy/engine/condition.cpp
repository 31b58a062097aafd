#include "policy/engine/condition.h"

#include <algorithm>
#include <array>
#include <utility>

#include "policy/document/diagnostic.h"
#include "wamp/codec/argument.h"

namespace sallyport::policy {
namespace {

using Type = ValueTypes::Type;
using Kind = wamp::Argument::Kind;

constexpr std::array<std::pair<Type, std::string_view>, 8> type_names{{{Type::null, "null"},
                                                                       {Type::boolean, "boolean"},
                                                                       {Type::integer, "integer"},
                                                                       {Type::number, "number"},
                                                                       {Type::text, "text"},
                                                                       {Type::binary, "binary"},
                                                                       {Type::list, "list"},
                                                                       {Type::dict, "dict"}}};

bool is_number(Kind kind) noexcept {
    return kind == Kind::unsigned_integer || kind == Kind::negative_integer ||
           kind == Kind::floating;
}

// x87's long double holds every 64-bit integer and every double exactly.
static_assert(__LDBL_MANT_DIG__ >= 64);

long double number_of(const wamp::Argument& value) noexcept {
    switch (value.kind) {
        case Kind::unsigned_integer:
            return static_cast<long double>(value.unsigned_integer);
        case Kind::negative_integer:
            return static_cast<long double>(value.negative_integer);
        case Kind::floating:
            return static_cast<long double>(value.floating);
        case Kind::null:
        case Kind::boolean:
        case Kind::text:
        case Kind::binary:
        case Kind::list:
        case Kind::dict:
        case Kind::other:
            break;
    }
    return 0;
}

long double number_of(const Number& number) noexcept {
    if (const auto* integer = std::get_if<std::int64_t>(&number)) {
        return static_cast<long double>(*integer);
    }
    return static_cast<long double>(*std::get_if<double>(&number));
}

bool has_type(const wamp::Argument& value, const ValueTypes& types) noexcept {
    if (types.empty()) return true;
    switch (value.kind) {
        case Kind::null:
            return types.has(Type::null);
        case Kind::boolean:
            return types.has(Type::boolean);
        case Kind::unsigned_integer:
        case Kind::negative_integer:
            return types.has(Type::integer) || types.has(Type::number);
        case Kind::floating:
            return types.has(Type::number);
        case Kind::text:
            return types.has(Type::text);
        case Kind::binary:
            return types.has(Type::binary);
        case Kind::list:
            return types.has(Type::list);
        case Kind::dict:
            return types.has(Type::dict);
        case Kind::other:
            return false;
    }
    return false;
}

bool has_length(Kind kind) noexcept {
    return kind == Kind::text || kind == Kind::binary || kind == Kind::list || kind == Kind::dict;
}

bool equals(const wamp::Argument& value, const Condition::Literal& literal) noexcept {
    if (const auto* flag = std::get_if<bool>(&literal)) {
        return value.kind == Kind::boolean && value.boolean == *flag;
    }
    if (const auto* text = std::get_if<std::string>(&literal)) return value.is_text(*text);
    if (!is_number(value.kind)) return false;
    if (const auto* integer = std::get_if<std::int64_t>(&literal)) {
        return number_of(value) == static_cast<long double>(*integer);
    }
    return number_of(value) == static_cast<long double>(*std::get_if<double>(&literal));
}

bool is_within(const Condition& condition, const wamp::Argument& value) noexcept {
    if (!has_type(value, condition.types)) return false;
    if (condition.min || condition.max) {
        if (!is_number(value.kind)) return false;
        const long double number = number_of(value);  // NaN is within no range
        if (condition.min && !(number >= number_of(*condition.min))) return false;
        if (condition.max && !(number <= number_of(*condition.max))) return false;
    }
    if (condition.min_length || condition.max_length) {
        if (!has_length(value.kind)) return false;
        if (value.length < condition.min_length.value_or(0)) return false;
        if (condition.max_length && value.length > *condition.max_length) return false;
    }
    if (condition.max_depth && value.depth > *condition.max_depth) return false;
    if (condition.max_bytes && value.bytes > *condition.max_bytes) return false;
    return condition.one_of.empty() ||
           std::any_of(condition.one_of.begin(), condition.one_of.end(),
                       [&value](const auto& literal) { return equals(value, literal); });
}

std::optional<wamp::Argument> find(const Condition& condition,
                                   const wamp::Payload& payload) noexcept {
    switch (condition.source) {
        case Condition::Source::arg:
            return wamp::find_argument(payload, std::size_t{condition.index});
        case Condition::Source::kwarg:
            return wamp::find_argument(payload, std::string_view(condition.name));
        case Condition::Source::args:
            return wamp::positional_arguments(payload);
        case Condition::Source::kwargs:
            return wamp::keyword_arguments(payload);
    }
    return std::nullopt;
}

}  // namespace

std::string_view to_string(Type type) noexcept {
    for (const auto& [known, name] : type_names) {
        if (known == type) return name;
    }
    return "";
}

std::optional<Type> parse_value_type(std::string_view name) noexcept {
    for (const auto& [type, known] : type_names) {
        if (known == name) return type;
    }
    return std::nullopt;
}

std::string subject_of(const Condition& condition) {
    switch (condition.source) {
        case Condition::Source::arg:
            return "arg " + std::to_string(condition.index);
        case Condition::Source::kwarg:
            return "kwarg " + quoted(condition.name);
        case Condition::Source::args:
            return "args";
        case Condition::Source::kwargs:
            return "kwargs";
    }
    return {};
}

bool holds(const Condition& condition, const wamp::Payload& payload) noexcept {
    const auto value = find(condition, payload);
    return value ? is_within(condition, *value) : condition.optional;
}

bool all_hold(const std::vector<Condition>& conditions, const wamp::Payload& payload) noexcept {
    return std::all_of(conditions.begin(), conditions.end(),
                       [&payload](const Condition& one) { return holds(one, payload); });
}

}  // namespace sallyport::policy
