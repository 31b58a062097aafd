#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "wamp/message/message.h"

namespace sallyport::wamp {

/// Messages to send to sessions, in order. One entry may have many receivers, so that an
/// event is encoded once per serializer and not once per receiver. Payloads are borrowed:
/// the owner sends the deliveries before their input is freed. Reuses its memory after a
/// clear.
class Deliveries {
public:
    struct Entry {
        std::uint32_t first;
        std::uint32_t count;
        Message message;
        /// Of what a call causes: the session on whose behalf it was made, if that is known.
        SessionId origin = 0;
    };

    void add(SessionId to, Message message) { add(std::span(&to, 1), std::move(message)); }
    void add_for(SessionId to, SessionId origin, Message message) {
        add(std::span(&to, 1), std::move(message), origin);
    }
    void add(std::span<const SessionId> to, Message message, SessionId origin = 0) {
        entries_.push_back({static_cast<std::uint32_t>(receivers_.size()),
                            static_cast<std::uint32_t>(to.size()), std::move(message), origin});
        receivers_.insert(receivers_.end(), to.begin(), to.end());
    }

    std::span<const Entry> entries() const noexcept { return entries_; }
    std::span<const SessionId> receivers(const Entry& entry) const noexcept {
        return std::span(receivers_).subspan(entry.first, entry.count);
    }
    bool empty() const noexcept { return entries_.empty(); }
    void clear() noexcept {
        entries_.clear();
        receivers_.clear();
    }

private:
    std::vector<Entry> entries_;
    std::vector<SessionId> receivers_;
};

}  // namespace sallyport::wamp
