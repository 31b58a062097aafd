#include "policy/document.h"

// Compiled in here, whatever the package's flags say: without exceptions errors are values, and
// nothing is linked for one reader. Version 3.3 asserts what any file can break (`[~x]`), and a
// release build would take that for granted: as no-ops in every build the assertions leave its own
// error to come up.
#undef TOML_HEADER_ONLY
#undef TOML_SHARED_LIB
#undef NDEBUG
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ASSERT(expression) static_assert(true)
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <array>
#include <optional>
#include <utility>

#include "wamp/base/utf8.h"

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

// Each dot of a key nests one table more, and trees are walked by recursion.
constexpr std::uint32_t line_dots_max = 16;

// Walks through a file as TOML sees it. Outside of texts and comments only ASCII means anything,
// and version 3.3 may do anything at all when it meets something else there; so that is found
// before.
class Scan {
public:
    explicit Scan(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {
        if (text.starts_with("\xEF\xBB\xBF")) at_ += 3;  // a byte order mark
    }

    std::optional<Diagnostic> find(const std::string& file) {
        while (at_ != end_) {
            const std::size_t bytes = wamp::utf8_sequence_bytes(at_, end_);
            const Place place{file, line_, column_};
            if (bytes == 0) return Diagnostic{place, "this is no UTF-8", "save the file as UTF-8"};
            if (in_ == In::structure && !means_something(bytes)) {
                return Diagnostic{place,
                                  "a letter or character that stands for nothing outside of a text",
                                  "put texts in double quotes: key = \"value\""};
            }
            if (in_ == In::structure && *at_ == '.' && ++dots_ > line_dots_max) {
                return Diagnostic{place, "too many dotted keys in one line",
                                  "write a [table] for each part"};
            }
            if (bytes == 1) {
                step();
            } else {
                take(bytes, 1);
            }
        }
        return std::nullopt;
    }

private:
    enum class In : std::uint8_t { structure, comment, basic, literal, basic_block, literal_block };

    bool means_something(std::size_t bytes) const noexcept {
        return bytes == 1 &&
               ((*at_ >= ' ' && *at_ != '\x7F') || *at_ == '\t' || *at_ == '\r' || *at_ == '\n');
    }

    void take(std::size_t bytes, std::uint32_t columns) noexcept {
        at_ += bytes;
        column_ += columns;
    }

    bool is_block_quote(char quote) const noexcept {
        return end_ - at_ >= 3 && at_[0] == quote && at_[1] == quote && at_[2] == quote;
    }

    // Over one ASCII character, or one delimiter.
    void step() noexcept {
        const char c = *at_;
        const bool block = in_ == In::basic_block || in_ == In::literal_block;
        const char block_quote = in_ == In::basic_block ? '"' : '\'';
        if (c == '\n') {
            if (!block) in_ = In::structure;
            ++line_;
            dots_ = 0;
            column_ = 0;
            take(1, 1);
        } else if (in_ == In::structure) {
            open(c);
        } else if (c == '\\' && (in_ == In::basic || in_ == In::basic_block) && end_ - at_ > 1 &&
                   (at_[1] == '"' || at_[1] == '\\')) {
            take(2, 2);
        } else if (block && is_block_quote(block_quote)) {
            take(3, 3);
            // One or two more belong to the text before.
            for (int more = 0; more < 2 && at_ != end_ && *at_ == block_quote; ++more) take(1, 1);
            in_ = In::structure;
        } else {
            if ((in_ == In::basic && c == '"') || (in_ == In::literal && c == '\''))
                in_ = In::structure;
            take(1, 1);
        }
    }

    void open(char c) noexcept {
        if (c == '#') in_ = In::comment;
        if (c != '"' && c != '\'') return take(1, 1);
        const bool block = is_block_quote(c);
        if (c == '"') in_ = block ? In::basic_block : In::basic;
        if (c == '\'') in_ = block ? In::literal_block : In::literal;
        take(block ? 3 : 1, block ? 3 : 1);
    }

    const char* at_;
    const char* end_;
    In in_ = In::structure;
    std::uint32_t line_ = 1;
    std::uint32_t column_ = 1;
    std::uint32_t dots_ = 0;  ///< of this line, outside of texts and comments
};

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

Diagnostic syntax_error(const toml::parse_error& error, const std::string& file) {
    std::string_view description = error.description();
    const std::string cure(cure_of(description));
    constexpr std::string_view head = "Error while ";
    if (description.starts_with(head)) description.remove_prefix(head.size());
    const toml::source_position at = error.source().begin;
    return {{file, at.line, at.column}, "syntax error: " + std::string(description), cure};
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
    if (auto refusal = Scan(text).find(file)) return *std::move(refusal);
    const toml::parse_result parsed = toml::parse(text);
    if (!parsed) return syntax_error(parsed.error(), file);
    Item root;
    convert_into(root, parsed.table());
    return root;
}

}  // namespace sallyport::policy
