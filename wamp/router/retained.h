#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "wamp/message/message.h"
#include "wamp/router/realm.h"

namespace sallyport::wamp {

/// The retained events of a realm: for each topic the last publication with `retain`, with its
/// allowed receivers (W-EVR-01, W-EVR-02). Bounded: if there are too many, or they are too large
/// together, the oldest are dropped first.
class RetainedEvents {
public:
    static constexpr std::size_t topics_max = 4096;
    static constexpr std::size_t bytes_max = std::size_t{16} << 20;
    /// What each costs beside its texts, roughly.
    static constexpr std::size_t overhead_bytes = 256;

    struct Entry {
        std::string topic;
        PublicationId publication = 0;
        /// Of PUBLISH: the allowed receivers, and whether the publisher is disclosed.
        Dict options;
        SessionId excluded = 0;  ///< the publisher; 0 if its session also represents others
        SessionId origin = 0;
        std::string authid;
        std::string authrole;
        OwnedPayload payload;
        std::size_t bytes = 0;
    };

    /// Replaces the retained event of the topic.
    void keep(const Publish& publish, PublicationId publication, const Realm::Session& publisher,
              const Origin& origin);
    /// Null if there is none; valid until the next keep().
    const Entry* find(std::string_view topic) const noexcept;

    std::size_t size() const noexcept { return by_age_.size(); }
    std::size_t bytes() const noexcept { return bytes_; }

private:
    using ByAge = std::list<Entry>;  // oldest first

    void forget(ByAge::iterator kept) noexcept;

    ByAge by_age_;
    std::unordered_map<std::string_view, ByAge::iterator> by_topic_;
    std::size_t bytes_ = 0;
};

}  // namespace sallyport::wamp
