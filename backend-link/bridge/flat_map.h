#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "wamp/base/check.h"
#include "wamp/base/ids.h"

namespace sallyport::backend_link {

/// Spreads ids that were counted up or drawn at random.
struct IdHash {
    std::size_t operator()(wamp::Id id) const noexcept {
        id = (id ^ (id >> 32)) * 0xD6E8FEB86659FD93u;
        return static_cast<std::size_t>(id ^ (id >> 32));
    }
};

/// A hash map in one piece of memory, for tables that every message touches: open addressing, no
/// allocation while the number of entries stays below what it once was. `Key{}` is no key. A
/// pointer to a value holds until the next insertion or removal; for_each() goes in no particular
/// order, which is the same in every run.
template <class Key, class Value, class Hash = IdHash>
class FlatMap {
public:
    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }

    Value* find(const Key& key) noexcept {
        if (size_ == 0 || key == Key{}) return nullptr;
        const std::size_t at = place_of(key);
        return entries_[at].key == key ? &entries_[at].value : nullptr;
    }
    const Value* find(const Key& key) const noexcept {
        if (size_ == 0 || key == Key{}) return nullptr;
        const std::size_t at = place_of(key);
        return entries_[at].key == key ? &entries_[at].value : nullptr;
    }

    /// The value of the key, made when there is none.
    Value& operator[](const Key& key) {
        SALLYPORT_CHECK(!(key == Key{}));
        if ((size_ + 1) * 3 > entries_.size() * 2) grow();
        const std::size_t at = place_of(key);
        if (!(entries_[at].key == key)) {
            entries_[at].key = key;
            ++size_;
        }
        return entries_[at].value;
    }

    bool erase(const Key& key) noexcept {
        if (size_ == 0 || key == Key{}) return false;
        std::size_t hole = place_of(key);
        if (!(entries_[hole].key == key)) return false;
        // Entries behind the hole move up, so that no search has to pass over the removed one.
        for (std::size_t at = after(hole); !(entries_[at].key == Key{}); at = after(at)) {
            const std::size_t home = hash_(entries_[at].key) & mask();
            if (((at - home) & mask()) < ((at - hole) & mask())) continue;
            entries_[hole] = std::move(entries_[at]);
            hole = at;
        }
        entries_[hole] = Entry{};
        if (--size_ == 0 && entries_.size() > kept_when_empty) clear();
        return true;
    }

    void clear() noexcept {
        std::vector<Entry>().swap(entries_);
        size_ = 0;
    }

    template <class Function>
    void for_each(Function&& function) {
        for (Entry& entry : entries_) {
            if (!(entry.key == Key{})) function(entry.key, entry.value);
        }
    }

private:
    struct Entry {
        Key key{};
        Value value{};
    };
    static constexpr std::size_t smallest = 16;
    static constexpr std::size_t kept_when_empty = 1024;  // entries; a burst's memory is given back

    std::size_t mask() const noexcept { return entries_.size() - 1; }
    std::size_t after(std::size_t at) const noexcept { return (at + 1) & mask(); }

    /// Where the key is, or the free place where it would be.
    std::size_t place_of(const Key& key) const noexcept {
        std::size_t at = hash_(key) & mask();
        while (!(entries_[at].key == Key{}) && !(entries_[at].key == key)) at = after(at);
        return at;
    }

    void grow() {
        std::vector<Entry> old(entries_.empty() ? smallest : entries_.size() * 2);
        old.swap(entries_);
        for (Entry& entry : old) {
            if (!(entry.key == Key{})) entries_[place_of(entry.key)] = std::move(entry);
        }
    }

    std::vector<Entry> entries_;
    std::size_t size_ = 0;
    [[no_unique_address]] Hash hash_;
};

}  // namespace sallyport::backend_link
