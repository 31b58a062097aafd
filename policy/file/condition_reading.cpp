#include <array>
#include <limits>
#include <utility>

#include "policy/document/nearest.h"
#include "policy/file/reading.h"

namespace sallyport::policy {
namespace {

constexpr std::array<std::string_view, 13> condition_keys{
    "arg", "kwarg",      "args",       "kwargs",    "optional",  "type",  "min",
    "max", "min_length", "max_length", "max_depth", "max_bytes", "one_of"};
constexpr std::array<std::string_view, 8> type_names{"null", "boolean", "integer", "number",
                                                     "text", "binary",  "list",    "dict"};
// Reads which argument the condition tests; false if it cannot be determined.
bool read_subject(Section& section, Condition& out) {
    const Item* chosen = nullptr;
    for (const std::string_view key : {"arg", "kwarg", "args", "kwargs"}) {
        const Item* item = section.find(key);
        if (item == nullptr) continue;
        if (chosen != nullptr) {
            section.error_at_key(*item, "a condition tests one value, and this one names two",
                                 "write two conditions");
            return false;
        }
        chosen = item;
    }
    if (chosen == nullptr) {
        section.error("a condition does not name the value it tests",
                      "add arg = 0, kwarg = \"name\", args = true or kwargs = true");
        return false;
    }
    if (chosen->key == "arg") {
        const auto index = read_argument_index(section);
        out.index = index.value_or(0);
        return index.has_value();
    }
    if (chosen->key == "kwarg") {
        const auto name = section.text("kwarg", "\"name\"");
        out.source = Condition::Source::kwarg;
        out.name = name.value_or("");
        return name.has_value();
    }
    out.source = chosen->key == "args" ? Condition::Source::args : Condition::Source::kwargs;
    const auto flag = section.boolean(chosen->key);
    if (flag == false) section.error(*chosen, quoted(chosen->key) + " is false", "write true");
    return flag == true;
}

void read_types(Section& section, Condition& out) {
    for (const Item* item : section.texts("type", "\"integer\"")) {
        if (const auto type = parse_value_type(item->text)) {
            out.types.add(*type);
        } else {
            section.error(*item, "unknown type " + quoted(item->text),
                          suggestion(item->text, type_names, "types"));
        }
    }
}

std::optional<Number> read_number(Section& section, std::string_view key) {
    const Item* item = section.find(key);
    if (item == nullptr) return std::nullopt;
    if (item->kind == Item::Kind::integer) return item->integer;
    if (item->kind == Item::Kind::real && item->real == item->real) return item->real;
    section.error(*item, quoted(key) + " is not a number", "write a number, as in 0 or 1.5");
    return std::nullopt;
}

std::optional<std::uint64_t> read_count(Section& section, std::string_view key) {
    if (key == "max_bytes") return read_bytes(section, key, 0);
    const Item* item = section.find(key, Item::Kind::integer, "16");
    if (item == nullptr) return std::nullopt;
    if (item->integer >= 0) return static_cast<std::uint64_t>(item->integer);
    section.error(*item, quoted(key) + " is negative", "write 0 or more");
    return std::nullopt;
}

void read_one_of(Section& section, Condition& out) {
    const Item* list = section.find("one_of", Item::Kind::list, "[\"slow\", \"fast\"]");
    if (list == nullptr) return;
    if (list->items.empty()) {
        section.error(*list, "\"one_of\" is an empty list, so no value is in it",
                      "write one_of = [\"slow\", \"fast\"]");
    }
    for (const Item& item : list->items) {
        switch (item.kind) {
            case Item::Kind::boolean:
                out.one_of.emplace_back(item.boolean);
                break;
            case Item::Kind::integer:
                out.one_of.emplace_back(item.integer);
                break;
            case Item::Kind::real:
                out.one_of.emplace_back(item.real);
                break;
            case Item::Kind::text:
                out.one_of.emplace_back(item.text);
                break;
            case Item::Kind::list:
            case Item::Kind::table:
            case Item::Kind::date:
                section.error(item,
                              "an element of \"one_of\" is " + std::string(to_string(item.kind)),
                              "write strings, numbers, true or false");
                break;
        }
    }
}

long double wide(const Number& number) {
    return std::visit([](auto value) { return static_cast<long double>(value); }, number);
}

// Bounds that no value satisfies are a mistake: the rule could never match.
void check_bounds(Section& section, const Condition& condition) {
    if (condition.min && condition.max && wide(*condition.min) > wide(*condition.max)) {
        section.error(*section.find("max"), "\"max\" is below \"min\"", "swap the two");
    }
    if (condition.max_length && condition.min_length.value_or(0) > *condition.max_length) {
        section.error(*section.find("max_length"), "\"max_length\" is below \"min_length\"",
                      "swap the two");
    }
    const bool numeric = condition.types.has(ValueTypes::Type::integer) ||
                         condition.types.has(ValueTypes::Type::number);
    if ((condition.min || condition.max) && !condition.types.empty() && !numeric) {
        section.error("\"min\" and \"max\" are for numbers, and the type is not a number",
                      "write min_length and max_length for strings, binaries, lists and dicts");
    }
}

}  // namespace

std::optional<Condition> read_condition(const Item& table, const std::string& file,
                                        Diagnostics& diagnostics) {
    Section section(table, "a condition", condition_keys, file, diagnostics);
    Condition out;
    const bool known = read_subject(section, out);
    out.optional = section.boolean("optional").value_or(false);
    read_types(section, out);
    out.min = read_number(section, "min");
    out.max = read_number(section, "max");
    out.min_length = read_count(section, "min_length");
    out.max_length = read_count(section, "max_length");
    out.max_depth = read_count(section, "max_depth");
    out.max_bytes = read_count(section, "max_bytes");
    read_one_of(section, out);
    check_bounds(section, out);
    if (!known) return std::nullopt;
    return out;
}

}  // namespace sallyport::policy
