#pragma once

#include <cstddef>
#include <deque>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "wamp/base/instant.h"
#include "wamp/base/pattern_index.h"
#include "wamp/base/uri.h"
#include "wamp/message/message.h"
#include "wamp/router/realm.h"

namespace sallyport::wamp {

/// The events of a realm that are kept for later (W-EVH-01): those on topics for which a rule asks
/// for it, in the order of their publication. Bounded per topic by its rule, and together: the
/// oldest are dropped first. Publications for or without certain sessions are not kept (W-EVH-03).
class History {
public:
    /// What each costs beside its texts, roughly.
    static constexpr std::size_t overhead_bytes = 512;

    struct Event {
        std::string topic;
        PublicationId publication = 0;
        Instant at{};
        /// Of PUBLISH: who may receive it by authid and role, whether the publisher is disclosed,
        /// and the payload mode.
        Dict options;
        SessionId origin = 0;
        std::string authid;
        std::string authrole;
        OwnedPayload payload;
        std::size_t bytes = 0;
    };

    History() = default;
    /// `rules` have different patterns; the most specific one counts for a topic (W-PBR-02).
    History(std::vector<HistoryRule> rules, std::size_t bytes_max);
    History(const History&) = delete;
    History& operator=(const History&) = delete;

    void keep(const Publish& publish, PublicationId publication, const Realm::Session& publisher,
              const Origin& origin, Instant now);

    /// Whether events may be kept that match a subscription.
    bool covers(std::string_view topic, MatchPolicy match) const;
    /// Those that match a subscription, and that a reader with that authid and role may receive, in
    /// the order of their publication; valid until the next call.
    std::vector<const Event*> read(std::string_view topic, MatchPolicy match,
                                   std::string_view authid, std::string_view authrole, Instant now);

    /// Drops what is older than its rule says.
    void on_deadline(Instant now);
    Instant deadline() const noexcept { return due_; }

    std::size_t size() const noexcept { return events_.size(); }
    std::size_t bytes() const noexcept { return bytes_; }

private:
    /// Memory is given back so often; what is too old is never read.
    static constexpr Duration sweep_interval = std::chrono::seconds(1);

    using Events = std::list<Event>;
    struct Topic {
        const HistoryRule* rule = nullptr;
        std::deque<Events::iterator> events;  ///< oldest first
        std::size_t bytes = 0;
    };
    using Topics = std::unordered_map<std::string, Topic>;

    void drop_oldest(Topics::iterator topic);

    std::vector<HistoryRule> rules_;
    PatternIndex<const HistoryRule*> by_pattern_;
    std::size_t bytes_max_ = 0;
    Events events_;  ///< of all topics, oldest first
    Topics topics_;
    std::size_t bytes_ = 0;
    Instant due_ = never;
};

}  // namespace sallyport::wamp
