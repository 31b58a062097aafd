#include "policy/document/section.h"

#include <utility>

#include "policy/document/nearest.h"

namespace sallyport::policy {

Section::Section(const Item& table, std::string name, std::span<const std::string_view> keys,
                 const std::string& file, Diagnostics& diagnostics)
    : table_(table), name_(std::move(name)), file_(file), diagnostics_(diagnostics) {
    for (const Item& entry : table.items) {
        bool known = false;
        for (const std::string_view key : keys) known = known || key == entry.key;
        if (!known) {
            misspelt_.push_back(nearest(entry.key, keys));
            error_at_key(entry, "unknown key " + quoted(entry.key) + " in " + name_,
                         suggestion(entry.key, keys, "keys"));
        }
    }
}

const Item* Section::need(std::string_view key, std::string_view example) {
    const Item* item = table_.find(key);
    const bool misspelt = std::find(misspelt_.begin(), misspelt_.end(), key) != misspelt_.end();
    if (item == nullptr && !misspelt) {
        error(name_ + " has no " + quoted(key),
              "add " + std::string(key) + " = " + std::string(example));
    }
    return item;
}

const Item* Section::find(std::string_view key, Item::Kind kind, std::string_view example) {
    const Item* item = table_.find(key);
    if (item == nullptr || item->kind == kind) return item;
    wrong_kind(*item, to_string(kind), example);
    return nullptr;
}

std::optional<std::string> Section::text(std::string_view key, std::string_view example) {
    const Item* item = find(key, Item::Kind::text, example);
    if (item == nullptr) return std::nullopt;
    return item->text;
}

std::optional<bool> Section::boolean(std::string_view key) {
    const Item* item = find(key, Item::Kind::boolean, "true");
    if (item == nullptr) return std::nullopt;
    return item->boolean;
}

std::optional<std::string> Section::need_text(std::string_view key, std::string_view example) {
    if (need(key, example) == nullptr) return std::nullopt;
    return text(key, example);
}

std::vector<const Item*> Section::texts(std::string_view key, std::string_view example) {
    std::vector<const Item*> found;
    const Item* item = table_.find(key);
    if (item == nullptr) return found;
    if (item->kind == Item::Kind::text) {
        found.push_back(item);
        return found;
    }
    if (item->kind != Item::Kind::list) {
        wrong_kind(*item, "a string or a list of strings", example);
        return found;
    }
    if (item->items.empty()) {
        error(*item, quoted(key) + " is an empty list, so " + name_ + " never applies",
              "write " + std::string(key) + " = " + std::string(example));
    }
    for (const Item& element : item->items) {
        if (element.kind == Item::Kind::text) {
            found.push_back(&element);
        } else {
            error(element,
                  "an element of " + quoted(key) + " is " + std::string(to_string(element.kind)) +
                      ", expected a string",
                  "write " + std::string(key) + " = " + std::string(example));
        }
    }
    return found;
}

std::vector<const Item*> Section::tables(std::string_view key) {
    std::vector<const Item*> found;
    const Item* item = table_.find(key);
    if (item == nullptr) return found;
    const std::string head = "[[" + std::string(key) + "]]";
    if (item->kind != Item::Kind::list) {
        error(*item,
              quoted(key) + " is " + std::string(to_string(item->kind)) + ", expected " + head,
              "each one begins with a line " + head);
        return found;
    }
    for (const Item& element : item->items) {
        if (element.kind == Item::Kind::table) {
            found.push_back(&element);
        } else {
            error(element,
                  "an element of " + quoted(key) + " is " + std::string(to_string(element.kind)) +
                      ", expected a table",
                  "each one begins with a line " + head);
        }
    }
    return found;
}

void Section::error(const Item& at_value, std::string text, std::string hint) {
    diagnostics_.push_back({place(at_value), std::move(text), std::move(hint)});
}

void Section::error_at_key(const Item& entry, std::string text, std::string hint) {
    diagnostics_.push_back(
        {{file_, entry.key_line, entry.key_column}, std::move(text), std::move(hint)});
}

void Section::error(std::string text, std::string hint) {
    diagnostics_.push_back({place(), std::move(text), std::move(hint)});
}

void Section::wrong_kind(const Item& item, std::string_view expected, std::string_view example) {
    const std::string key = item.key;
    error(item,
          quoted(key) + " is " + std::string(to_string(item.kind)) + ", expected " +
              std::string(expected),
          "write " + key + " = " + std::string(example));
}

}  // namespace sallyport::policy
