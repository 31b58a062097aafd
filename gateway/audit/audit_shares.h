#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>

#include "policy/audit/audit.h"

namespace sallyport::gateway {

/// Divides the queue of the audit log among those whose decisions are recorded, so that the records
/// of one never take the last room from the records of others (dynamic thresholds: Choudhury and
/// Hahne, 1998). A Tor circuit may have half as much waiting as there is room left, a session a
/// quarter. So there is room left for those who have little waiting. Records that belong to no
/// session, such as those of a reload, only need room.
class AuditShares {
public:
    explicit AuditShares(std::size_t capacity) noexcept : capacity_(capacity) {}

    /// Whether a record of that size may enter the queue.
    bool has_room(const policy::AuditRecord& record, std::size_t bytes) const noexcept {
        const std::size_t room = capacity_ - used_;
        if (bytes > room) return false;
        const Key session = session_of(record), circuit = circuit_of(record);
        return (session.id == 0 || used_by(session) + bytes <= room / 4) &&
               (circuit.id == 0 || used_by(circuit) + bytes <= room / 2);
    }
    /// It has entered, and ends there.
    void entered(const policy::AuditRecord& record, std::size_t bytes, std::size_t end) {
        const Entry entry{end, bytes, session_of(record), circuit_of(record)};
        used_ += bytes;
        for (const Key& key : {entry.session, entry.circuit}) {
            if (key.id != 0) used_by_[key] += bytes;
        }
        entries_.push_back(entry);
    }
    /// The queue begins there now; offsets only grow.
    void taken(std::size_t begin) noexcept {
        while (!entries_.empty() && entries_.front().end <= begin) {
            const Entry& entry = entries_.front();
            used_ -= entry.bytes;
            for (const Key& key : {entry.session, entry.circuit}) {
                const auto found = used_by_.find(key);
                if (found == used_by_.end()) continue;
                found->second -= entry.bytes;
                if (found->second == 0) used_by_.erase(found);
            }
            entries_.pop_front();
        }
    }

private:
    /// A session, behind the link `via` if that is not 0, or a circuit.
    struct Key {
        std::uint64_t id = 0;
        std::uint64_t via = 0;
        bool circuit = false;
        bool operator==(const Key&) const = default;
    };
    struct HashOfKey {
        std::size_t operator()(const Key& key) const noexcept {
            return static_cast<std::size_t>(key.id ^ (key.via * 0x9E3779B97F4A7C15U)) ^
                   (key.circuit ? 1U : 0U);
        }
    };
    struct Entry {
        std::size_t end;
        std::size_t bytes;
        Key session;
        Key circuit;
    };
    static Key session_of(const policy::AuditRecord& record) noexcept {
        return {record.session, record.via, false};
    }
    static Key circuit_of(const policy::AuditRecord& record) noexcept {
        return {record.circuit, 0, true};
    }
    std::size_t used_by(const Key& key) const noexcept {
        const auto found = used_by_.find(key);
        return found == used_by_.end() ? 0 : found->second;
    }

    std::size_t capacity_;
    std::size_t used_ = 0;
    std::unordered_map<Key, std::size_t, HashOfKey> used_by_;
    std::deque<Entry> entries_;
};

}  // namespace sallyport::gateway
