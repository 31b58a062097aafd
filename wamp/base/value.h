#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace sallyport::wamp {

class Value;

using List = std::vector<Value>;

/// Bytes that a serializer distinguishes from text (msgpack bin; JSON's NUL convention, W-SER-04).
struct Bytes {
    std::string data;
    bool operator==(const Bytes&) const = default;
};

/// A string-keyed dictionary in insertion order, for options and details. They have few entries, so
/// a linear search is faster than hashing, and an empty one allocates nothing. Keys are unique
/// (W-MSG-08).
class Dict {
public:
    using Entry = std::pair<std::string, Value>;

    Dict() noexcept;
    Dict(std::initializer_list<Entry> entries);
    Dict(const Dict&);
    Dict(Dict&&) noexcept;
    Dict& operator=(const Dict&);
    Dict& operator=(Dict&&) noexcept;
    ~Dict();

    bool empty() const noexcept;
    std::size_t size() const noexcept;
    std::vector<Entry>::const_iterator begin() const noexcept;
    std::vector<Entry>::const_iterator end() const noexcept;

    const Value* find(std::string_view key) const noexcept;
    Value* find(std::string_view key) noexcept;

    /// Sets or replaces.
    void set(std::string_view key, Value value);
    /// Appends without a search for the key; the caller knows that it is new.
    void append(std::string key, Value value);
    void erase(std::string_view key);

    /// The entry's value if it is present and has that type; otherwise the given default.
    bool get_bool(std::string_view key, bool otherwise) const noexcept;
    std::uint64_t get_uint(std::string_view key, std::uint64_t otherwise) const noexcept;
    std::string_view get_string(std::string_view key,
                                std::string_view otherwise = {}) const noexcept;
    const Dict* get_dict(std::string_view key) const noexcept;
    const List* get_list(std::string_view key) const noexcept;

    bool operator==(const Dict&) const noexcept;  ///< the order of entries does not matter

private:
    std::vector<Entry> entries_;
};

/// A value of WAMP's own fields, or of a small payload that this program creates or reads itself.
/// Application payloads are never converted to values on their way through (architecture:
/// Envelopes). Non-negative integers are always stored as std::uint64_t, negative ones as
/// std::int64_t.
class Value {
public:
    using Storage = std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double,
                                 std::string, Bytes, List, Dict>;

    Value() noexcept = default;
    Value(std::nullptr_t) noexcept {}
    Value(bool value) noexcept : storage_(value) {}
    Value(int value) noexcept : Value(static_cast<std::int64_t>(value)) {}
    Value(std::int64_t value) noexcept;
    Value(std::uint64_t value) noexcept : storage_(value) {}
    Value(double value) noexcept : storage_(value) {}
    Value(const char* text) : storage_(std::string(text)) {}
    Value(std::string text) noexcept : storage_(std::move(text)) {}
    Value(std::string_view text) : storage_(std::string(text)) {}
    Value(Bytes bytes) noexcept : storage_(std::move(bytes)) {}
    Value(List list) noexcept : storage_(std::move(list)) {}
    Value(Dict dict) noexcept : storage_(std::move(dict)) {}

    bool is_null() const noexcept { return std::holds_alternative<std::monostate>(storage_); }
    template <class T>
    const T* get_if() const noexcept {
        return std::get_if<T>(&storage_);
    }
    template <class T>
    T* get_if() noexcept {
        return std::get_if<T>(&storage_);
    }
    const Storage& storage() const noexcept { return storage_; }

    bool operator==(const Value&) const noexcept = default;

private:
    Storage storage_;
};

// Defined here, as the entries of a dictionary contain the type that was just completed.
inline Dict::Dict() noexcept = default;
inline Dict::Dict(const Dict&) = default;
inline Dict::Dict(Dict&&) noexcept = default;
inline Dict& Dict::operator=(const Dict&) = default;
inline Dict& Dict::operator=(Dict&&) noexcept = default;
inline Dict::~Dict() = default;
inline bool Dict::empty() const noexcept {
    return entries_.empty();
}
inline std::size_t Dict::size() const noexcept {
    return entries_.size();
}
inline std::vector<Dict::Entry>::const_iterator Dict::begin() const noexcept {
    return entries_.begin();
}
inline std::vector<Dict::Entry>::const_iterator Dict::end() const noexcept {
    return entries_.end();
}

}  // namespace sallyport::wamp
