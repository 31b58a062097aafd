#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/document/diagnostic.h"
#include "policy/document/document.h"

namespace sallyport::policy {

/// Reads one table of a configuration file by its keys and reports all that is wrong with it:
/// unknown keys at once, missing ones and wrong types as they are asked for. What is wrong reads as
/// if it were absent, so that one pass over a file finds every error. Borrows all it is given.
class Section {
public:
    /// `name` as it is shown: "[auth]", "[[allow]]", "this file".
    Section(const Item& table, std::string name, std::span<const std::string_view> keys,
            const std::string& file, Diagnostics& diagnostics);

    const Item* find(std::string_view key) const noexcept { return table_.find(key); }
    /// The entry; reports when it is not there, not even misspelt. `example` completes the cure:
    /// `add key = example`.
    const Item* need(std::string_view key, std::string_view example);

    /// The entry when it is there and of that kind; reports a wrong kind.
    const Item* find(std::string_view key, Item::Kind kind, std::string_view example);
    std::optional<std::string> text(std::string_view key, std::string_view example);
    std::optional<bool> boolean(std::string_view key);
    /// As text(), and reports its absence.
    std::optional<std::string> need_text(std::string_view key, std::string_view example);
    /// One text or a list of texts, each as its item; reports an empty list.
    std::vector<const Item*> texts(std::string_view key, std::string_view example);
    /// The tables of [[key]]; reports [key] and lists of something else.
    std::vector<const Item*> tables(std::string_view key);

    void error(const Item& at_value, std::string text, std::string cure);
    void error_at_key(const Item& entry, std::string text, std::string cure);
    /// At the head of the table.
    void error(std::string text, std::string cure);

    /// Of the table: its head, or the file's beginning.
    Place place() const { return {file_, std::max(table_.line, 1U), std::max(table_.column, 1U)}; }
    Place place(const Item& value) const { return {file_, value.line, value.column}; }
    const std::string& name() const noexcept { return name_; }

private:
    void wrong_kind(const Item& item, std::string_view expected, std::string_view example);

    const Item& table_;
    std::string name_;
    const std::string& file_;
    Diagnostics& diagnostics_;
    std::vector<std::string_view>
        misspelt_;  ///< known keys that unknown ones were probably meant to be
};

}  // namespace sallyport::policy
