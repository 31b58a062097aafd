#include "wamp/base/value.h"

#include <algorithm>

namespace sallyport::wamp {

Dict::Dict(std::initializer_list<Entry> entries) {
    entries_.reserve(entries.size());
    for (const Entry& entry : entries) set(entry.first, entry.second);
}

const Value* Dict::find(std::string_view key) const noexcept {
    for (const Entry& entry : entries_) {
        if (entry.first == key) return &entry.second;
    }
    return nullptr;
}

Value* Dict::find(std::string_view key) noexcept {
    for (Entry& entry : entries_) {
        if (entry.first == key) return &entry.second;
    }
    return nullptr;
}

void Dict::set(std::string_view key, Value value) {
    if (Value* present = find(key)) {
        *present = std::move(value);
    } else {
        append(std::string(key), std::move(value));
    }
}

void Dict::append(std::string key, Value value) {
    entries_.emplace_back(std::move(key), std::move(value));
}

void Dict::erase(std::string_view key) {
    std::erase_if(entries_, [key](const Entry& entry) { return entry.first == key; });
}

bool Dict::get_bool(std::string_view key, bool otherwise) const noexcept {
    const Value* value = find(key);
    const bool* found = value != nullptr ? value->get_if<bool>() : nullptr;
    return found != nullptr ? *found : otherwise;
}

std::uint64_t Dict::get_uint(std::string_view key, std::uint64_t otherwise) const noexcept {
    const Value* value = find(key);
    const std::uint64_t* found = value != nullptr ? value->get_if<std::uint64_t>() : nullptr;
    return found != nullptr ? *found : otherwise;
}

std::string_view Dict::get_string(std::string_view key, std::string_view otherwise) const noexcept {
    const Value* value = find(key);
    const std::string* found = value != nullptr ? value->get_if<std::string>() : nullptr;
    return found != nullptr ? std::string_view(*found) : otherwise;
}

const Dict* Dict::get_dict(std::string_view key) const noexcept {
    const Value* value = find(key);
    return value != nullptr ? value->get_if<Dict>() : nullptr;
}

const List* Dict::get_list(std::string_view key) const noexcept {
    const Value* value = find(key);
    return value != nullptr ? value->get_if<List>() : nullptr;
}

bool Dict::operator==(const Dict& other) const noexcept {
    if (size() != other.size()) return false;
    return std::all_of(begin(), end(), [&other](const Entry& entry) {
        const Value* same = other.find(entry.first);
        return same != nullptr && *same == entry.second;
    });
}

Value::Value(std::int64_t value) noexcept {
    if (value >= 0) {
        storage_ = static_cast<std::uint64_t>(value);
    } else {
        storage_ = value;
    }
}

}  // namespace sallyport::wamp
