#include "policy/document/variables.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "policy/document/names.h"
#include "policy/document/nearest.h"
#include "policy/document/section.h"

namespace sallyport::policy {
namespace {

constexpr std::string_view opening = "${var.";
// Variables that use variables multiply, so the expanded size is limited as well.
constexpr std::size_t values_max = 100'000;

// The name, if the text is exactly one variable.
std::optional<std::string_view> lone_variable(std::string_view text) noexcept {
    if (!text.starts_with(opening) || !text.ends_with('}')) return std::nullopt;
    const std::string_view name = text.substr(opening.size(), text.size() - opening.size() - 1);
    if (name.find('}') != std::string_view::npos) return std::nullopt;
    return name;
}

Item placed_as(Item value, const Item& place) {
    value.line = place.line;
    value.column = place.column;
    value.key = place.key;
    value.key_line = place.key_line;
    value.key_column = place.key_column;
    for (Item& item : value.items) {
        const std::string key = item.key;
        item = placed_as(std::move(item), place);
        item.key = key;
    }
    return value;
}

}  // namespace

/// One walk through a tree.
class Variables::Expansion {
public:
    Expansion(const Variables& variables, const std::string& file, Diagnostics& diagnostics)
        : variables_(variables.variables_),
          used_(variables.used_),
          file_(file),
          diagnostics_(diagnostics) {}

    Item expand(const Item& item) {
        if (++values_ > values_max) {
            if (values_ == values_max + 1)
                error(item, "the variables expand to more than 100000 values", "use fewer of them");
            return item;
        }
        if (item.kind == Item::Kind::text) return text(item);
        Item out = item;
        out.items.clear();
        for (const Item& inner : item.items) {
            Item value = expand(inner);
            const bool splices = item.kind == Item::Kind::list && inner.kind == Item::Kind::text &&
                                 value.kind == Item::Kind::list;
            if (splices) {
                std::move(value.items.begin(), value.items.end(), std::back_inserter(out.items));
            } else {
                out.items.push_back(std::move(value));
            }
        }
        return out;
    }

private:
    Item text(const Item& item) {
        if (const auto name = lone_variable(item.text)) {
            const Variable* found = find(*name, item);
            return found == nullptr ? item : value(*name, *found, item);
        }
        Item out = item;
        for (std::size_t at = out.text.find(opening); at != std::string::npos;
             at = out.text.find(opening, at)) {
            const std::size_t end = out.text.find('}', at);
            if (end == std::string::npos) {
                error(item, "a variable in " + quoted(item.text) + " is not closed",
                      "write ${var.name}");
                return out;
            }
            const std::string name =
                out.text.substr(at + opening.size(), end - at - opening.size());
            const Variable* found = find(name, item);
            if (found == nullptr) return out;
            const Item filled = value(name, *found, item);
            if (filled.kind != Item::Kind::text) {
                error(item,
                      "the variable " + quoted(name) + " is " +
                          std::string(to_string(filled.kind)) + " and cannot be part of a string",
                      "use it alone, as in \"${var." + name + "}\"");
                return out;
            }
            out.text.replace(at, end + 1 - at, filled.text);
            at += filled.text.size();
        }
        return out;
    }

    const Variable* find(std::string_view name, const Item& use) {
        const auto found = variables_.find(name);
        if (found != variables_.end()) return &found->second;
        std::vector<std::string_view> known;
        known.reserve(variables_.size());
        for (const auto& [each, variable] : variables_) known.push_back(each);
        error(use, "unknown variable " + quoted(name),
              known.empty() ? "define it in [variables]" : suggestion(name, known, "variables"));
        return nullptr;
    }

    Item value(std::string_view name, const Variable& variable, const Item& use) {
        if (std::find(open_.begin(), open_.end(), name) != open_.end()) {
            error(use, "the variable " + quoted(name) + " refers to itself", "write out its value");
            return use;
        }
        used_.emplace(name);
        if (open_.empty()) use_ = &use;
        open_.emplace_back(name);
        Item out = placed_as(expand(variable.value), use);
        open_.pop_back();
        if (open_.empty()) use_ = nullptr;
        return out;
    }

    void error(const Item& at, std::string text, std::string hint) {
        if (failed_) return;  // report only the first error
        failed_ = values_ > values_max;
        // Errors within a variable, which may be in another file, are reported where it is used.
        const Item& place = use_ == nullptr ? at : *use_;
        diagnostics_.push_back(
            {{file_, place.line, place.column}, std::move(text), std::move(hint)});
    }

    const std::map<std::string, Variable, std::less<>>& variables_;
    std::set<std::string, std::less<>>& used_;
    const std::string& file_;
    Diagnostics& diagnostics_;
    std::vector<std::string> open_;  ///< variables that are being expanded, from the outermost on
    const Item* use_ = nullptr;      ///< where the outermost of them is used
    std::size_t values_ = 0;
    bool failed_ = false;
};

void Variables::add(const Item& table, const std::string& file, Diagnostics& diagnostics) {
    for (const Item& entry : table.items) {
        const Place place{file, entry.key_line, entry.key_column};
        if (!is_valid_name(entry.key)) {
            diagnostics.push_back({place, quoted(entry.key) + " cannot be a variable",
                                   "use 1 to 64 letters, digits and any of - _ . @"});
            continue;
        }
        const auto [known, added] = variables_.try_emplace(entry.key, Variable{entry, place});
        if (added) continue;
        diagnostics.push_back({place, "the variable " + quoted(entry.key) + " is already in use",
                               "rename it; the other is at " + to_string(known->second.place)});
    }
}

Item Variables::expand(const Item& item, const std::string& file, Diagnostics& diagnostics) const {
    return Expansion(*this, file, diagnostics).expand(item);
}

void Variables::check_unused(Diagnostics& diagnostics) const {
    for (const auto& [name, variable] : variables_) {
        if (used_.contains(name)) continue;
        Item use = variable.value;
        use.kind = Item::Kind::text;
        use.text = std::string(opening) + name + "}";
        use.items.clear();
        expand(use, variable.place.file, diagnostics);
    }
}

}  // namespace sallyport::policy
