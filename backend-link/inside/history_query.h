#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wamp/base/ids.h"
#include "wamp/base/timestamp.h"
#include "wamp/base/value.h"
#include "wamp/router/history.h"

namespace sallyport::backend_link {

/// The arguments of wamp.subscription.get_events (W-EVH-01): which of the events that a
/// subscription would have brought are wanted. All conditions hold together.
class HistoryQuery {
public:
    /// Nothing if an argument has a wrong type or value. A limit may also be the second positional
    /// argument (W-EVH-04).
    static std::optional<HistoryQuery> read(const wamp::List& args, const wamp::Dict& kwargs);

    wamp::SubscriptionId subscription() const noexcept { return subscription_; }
    /// Of `events`, in the order of their publication, those that are wanted, in the order in which
    /// they are. Nothing if a publication that the query names is not among them.
    std::optional<std::vector<const wamp::History::Event*>> select(
        const std::vector<const wamp::History::Event*>& events, const wamp::CivilTime& time) const;

private:
    using Event = wamp::History::Event;

    bool read_times(const wamp::Dict& kwargs);
    bool read_publications(const wamp::Dict& kwargs);
    bool read_limit(const wamp::List& args, const wamp::Dict& kwargs);
    bool is_wanted(const Event& event, wamp::Timestamp at) const noexcept;

    wamp::SubscriptionId subscription_ = 0;
    bool reverse_ = false;
    std::size_t limit_ = SIZE_MAX;
    std::optional<std::string> topic_;
    std::optional<wamp::Timestamp> from_, after_, before_, until_;
    wamp::PublicationId from_publication_ = 0, after_publication_ = 0, before_publication_ = 0,
                        until_publication_ = 0;
};

}  // namespace sallyport::backend_link
