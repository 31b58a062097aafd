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

/// Reads one table of a configuration file by key and reports every error in it: unknown keys at
/// once, missing keys and wrong types when they are read. An invalid entry reads as absent, so that
/// one pass over a file finds every error. Borrows its arguments.
class Section {
public:
    /// `name` is used in messages: "[auth]", "[[allow]]", "this file".
    Section(const Item& table, std::string name, std::span<const std::string_view> keys,
            const std::string& file, Diagnostics& diagnostics);

    const Item* find(std::string_view key) const noexcept { return table_.find(key); }
    /// The entry; reports if it is missing, unless a misspelt key was reported. `example` completes
    /// the advice: `add key = example`.
    const Item* need(std::string_view key, std::string_view example);

    /// The entry if it is present and of that kind; reports a wrong kind.
    const Item* find(std::string_view key, Item::Kind kind, std::string_view example);
    std::optional<std::string> text(std::string_view key, std::string_view example);
    std::optional<bool> boolean(std::string_view key);
    /// As text(), but reports a missing entry.
    std::optional<std::string> need_text(std::string_view key, std::string_view example);
    /// One string or a list of strings, each as its item; reports an empty list.
    std::vector<const Item*> texts(std::string_view key, std::string_view example);
    /// The tables of [[key]]; reports [key] and other lists.
    std::vector<const Item*> tables(std::string_view key);

    void error(const Item& at_value, std::string text, std::string hint);
    void error_at_key(const Item& entry, std::string text, std::string hint);
    /// At the header of the table.
    void error(std::string text, std::string hint);

    /// The position of the table: its header, or the beginning of the file.
    Place place() const { return {file_, std::max(table_.line, 1U), std::max(table_.column, 1U)}; }
    Place place(const Item& value) const { return {file_, value.line, value.column}; }
    const std::string& name() const noexcept { return name_; }

private:
    void wrong_kind(const Item& item, std::string_view expected, std::string_view example);

    const Item& table_;
    std::string name_;
    const std::string& file_;
    Diagnostics& diagnostics_;
    std::vector<std::string_view> misspelt_;  ///< known keys that unknown keys probably stand for
};

}  // namespace sallyport::policy
