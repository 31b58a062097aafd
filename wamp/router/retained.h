#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "wamp/message/message.h"
#include "wamp/router/realm.h"

namespace sallyport::wamp {

/// The retained events of a realm: of each topic the last publication that asked for it, with whom
/// it is for (W-EVR-01, W-EVR-02). Bounded: where there are too many, or they are too large
/// together, those that were kept first are forgotten first.
class RetainedEvents {
public:
    static constexpr std::size_t topics_max = 4096;
    static constexpr std::size_t bytes_max = std::size_t{16} << 20;
    /// What each costs beside its texts, roughly.
    static constexpr std::size_t overhead_bytes = 256;

    struct Entry {
        std::string topic;
        PublicationId publication = 0;
        Dict options;  ///< of the PUBLISH: whom it is for, and whether its publisher is named
        SessionId excluded = 0;  ///< the publisher; 0 when it stands for others too
        SessionId origin = 0;
        std::string authid;
        std::string authrole;
        OwnedPayload payload;
        std::size_t bytes = 0;
    };

    /// In place of what was kept for its topic.
    void keep(const Publish& publish, PublicationId publication, const Realm::Session& publisher,
              const Origin& origin);
    /// Null for none; holds until the next keep().
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
