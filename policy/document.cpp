#include "policy/document.h"

// The package's flags ask for its shared library, which throws. Compiled in without exceptions,
// errors are values.
#undef TOML_HEADER_ONLY
#undef TOML_SHARED_LIB
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <array>
#include <optional>
#include <utility>

namespace sallyport::policy {
namespace {

// What people do most often, by words of toml++'s description.
struct Cure {
    std::string_view symptom;
    std::string_view cure;
};
constexpr std::array cures{
    Cure{"redefine", "remove or rename one of the two"},
    Cure{"duplicate", "remove or rename one of the two"},
    Cure{"already defined", "remove or rename one of the two"},
    Cure{"expected '='", "write key = value"},
    Cure{"control characters", "close the text with a double quote on the same line"},
    Cure{"string: encountered end-of-file", "close the text with a double quote"},
    Cure{"utf-8", "save the file as UTF-8"},
    Cure{"parsing inline table", "an inline table stands on one line: { a = 1, b = 2 }"},
    Cure{"parsing table header", "write [name] for one table, [[name]] for one of several"},
    Cure{"parsing array", "write a list as [\"a\", \"b\"]"},
    Cure{"parsing",
         "texts stand in double quotes: key = \"value\"; lists in brackets: [\"a\", \"b\"]"},
};

std::string_view cure_of(std::string_view description) noexcept {
    for (const Cure& cure : cures) {
        if (description.find(cure.symptom) != std::string_view::npos) return cure.cure;
    }
    return "see https://toml.io for the syntax";
}

std::optional<Diagnostic> refuse_size(std::string_view text, const std::string& file) {
    if (text.size() > document_bytes_max) {
        return Diagnostic{{file, 1, 1}, "the file is larger than 4 MiB", "split it"};
    }
    std::uint32_t line = 1;
    std::size_t begin = 0;
    while (begin < text.size()) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        if (end - begin > document_line_bytes_max) {
            return Diagnostic{{file, line, 1},
                              "the line is longer than 4096 bytes",
                              "write a long list with one element a line"};
        }
        begin = end + 1;
        ++line;
    }
    return std::nullopt;
}

Item convert(const toml::node& node);

void convert_into(Item& item, const toml::table& table) {
    item.kind = Item::Kind::table;
    item.inline_table = table.is_inline();
    item.items.reserve(table.size());
    for (const auto& [key, value] : table) {
        Item entry = convert(value);
        entry.key = std::string(key.str());
        entry.key_line = key.source().begin.line;
        entry.key_column = key.source().begin.column;
        item.items.push_back(std::move(entry));
    }
}

Item convert(const toml::node& node) {
    Item item;
    item.line = node.source().begin.line;
    item.column = node.source().begin.column;
    if (const auto* table = node.as_table()) {
        convert_into(item, *table);
    } else if (const auto* list = node.as_array()) {
        item.kind = Item::Kind::list;
        item.items.reserve(list->size());
        for (const toml::node& element : *list) item.items.push_back(convert(element));
    } else if (const auto* text = node.as_string()) {
        item.kind = Item::Kind::text;
        item.text = text->get();
    } else if (const auto* integer = node.as_integer()) {
        item.kind = Item::Kind::integer;
        item.integer = integer->get();
    } else if (const auto* real = node.as_floating_point()) {
        item.kind = Item::Kind::real;
        item.real = real->get();
    } else if (const auto* boolean = node.as_boolean()) {
        item.kind = Item::Kind::boolean;
        item.boolean = boolean->get();
    } else {
        item.kind = Item::Kind::date;
    }
    return item;
}

}  // namespace

const Item* Item::find(std::string_view entry) const noexcept {
    for (const Item& item : items) {
        if (item.key == entry) return &item;
    }
    return nullptr;
}

std::string_view to_string(Item::Kind kind) noexcept {
    switch (kind) {
        case Item::Kind::boolean:
            return "true or false";
        case Item::Kind::integer:
            return "a whole number";
        case Item::Kind::real:
            return "a number";
        case Item::Kind::text:
            return "a text";
        case Item::Kind::list:
            return "a list";
        case Item::Kind::table:
            return "a table";
        case Item::Kind::date:
            return "a date or time";
    }
    return "";
}

wamp::Result<Item, Diagnostic> parse_document(std::string_view text, const std::string& file) {
    if (auto refusal = refuse_size(text, file)) return *std::move(refusal);
    const toml::parse_result parsed = toml::parse(text);
    if (!parsed) {
        const toml::parse_error& error = parsed.error();
        std::string_view description = error.description();
        const std::string cure(cure_of(description));
        constexpr std::string_view head = "Error while ";
        if (description.starts_with(head)) description.remove_prefix(head.size());
        const toml::source_position at = error.source().begin;
        return Diagnostic{
            {file, at.line, at.column}, "syntax error: " + std::string(description), cure};
    }
    Item root;
    convert_into(root, parsed.table());
    return root;
}

}  // namespace sallyport::policy
