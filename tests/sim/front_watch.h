#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gateway/front/front.h"
#include "tests/sim/door_watch.h"
#include "tests/sim/flow/link_shares.h"
#include "tests/sim/logins.h"

namespace sallyport::sim {

/// The model of the front: the first door and the bridges behind it. Checks in each turn what is
/// forwarded on a link, what waits for one, and which guests receive what a link delivers.
class FrontWatch final : public DoorWatch {
public:
    using LinkStatus = gateway::Front::LinkStatus;
    /// `links`: the names of the backends, in order. `status`: what the front says of their links.
    /// `window`: of a link.
    FrontWatch(Ledger& ledger, const Rules& rules, std::vector<std::string> links,
               std::function<std::vector<LinkStatus>()> status, std::size_t window);

    /// Checks that every subscription and registration of a guest exists on its link, if that is
    /// up.
    void check_behind(Instant now);
    /// Compares the bytes that the front says it keeps with those that it should keep.
    void check_books(const std::vector<LinkStatus>& status, Instant now) const;
    /// Messages that wait for a link.
    std::size_t waiting() const noexcept { return held_.size() + waiting_.size(); }

private:
    /// A request that waits for its link, or a call that will wait if the link is lost.
    struct Waiting {
        wamp::PeerId peer = wamp::no_peer;
        Identity of;
        wamp::RequestId request = 0;
        Rules::Query asked;
        bool answers = true;
        std::uint64_t tag = 0;  ///< of a call
        std::uint32_t link = 0;
        std::size_t bytes = 0;  ///< that it takes
        const Rules* rules = nullptr;
        Instant due = wamp::never;
        bool unsure = false;   ///< the link was lost while it may have crossed
        bool crossed = false;  ///< before a reload, which then does not decide it again
    };
    /// A publication that was forwarded and is not acknowledged yet.
    struct Pending {
        PayloadId payload_id;
        wamp::PeerId publisher = wamp::no_peer;
        std::string topic;                 ///< inside
        std::set<Holdings::Key> matching;  ///< that led to this link ever since it was forwarded
        std::size_t bytes = 0;             ///< of its payload and its topic
    };
    /// A permitted request on its way to a link.
    struct Crossing {
        Judged judged;
        wamp::PeerId peer = wamp::no_peer;
        std::optional<PayloadId> call{};
        std::optional<PayloadId> publication{};
        const Rules* rules = nullptr;
        Instant since{};
        std::size_t bytes = 0;
    };
    using OnLink = std::pair<std::uint32_t, wamp::RequestId>;

    bool links_join() const noexcept override { return false; }
    void on_begin(const Turn& turn) override;
    void expect_more_records(const Turn& turn) override;
    void on_request(const Turn& turn, const Judged& judged) override;
    void on_testament(const Turn& turn, wamp::PeerId from, const Testament& testament,
                      bool passes) override;
    void on_other_input(const Turn& turn) override;
    void on_sent(const Turn& turn, const Turn::Sent& sent) override;
    void on_subscribed(const Turn& turn, const Turn::Sent& sent, const wamp::Subscribed& subscribed,
                       const Holdings::Held& held) override;
    void on_left(const Turn& turn, wamp::PeerId id) override;
    void on_end(const Turn& turn) override;

    Pending pending_of(const PayloadId& payload_id, std::uint32_t link, std::string topic) const;
    void check_published(const Turn& turn, const Crossing& crossing) const;
    /// Whether the guest has so much published that is not acknowledged that it may have to wait.
    bool may_be_held_back(const Turn& turn) const;
    /// Whoever is to get it gets it now.
    void fan_out(std::uint32_t link, const Pending& pending);
    void expect_for(const Holdings::Key& key, const Holdings::Held& held, std::uint32_t link,
                    const Pending& pending, bool optional);
    void release_waiting(const Turn& turn, std::uint32_t link);
    Instant due_of(const Waiting& waited) const;
    /// Whether it was refused, or should have been.
    bool judge_again(const Turn& turn, const Waiting& waited, bool last);
    void on_link_lost(std::uint32_t link);
    void note_call(const Turn& turn, const Judged& judged, const wamp::Call& call);
    void cross(const Turn& turn, const Crossing& crossing);
    void cross_call(const Turn& turn, const Crossing& crossing, const Rules::Target& target,
                    std::uint32_t link);
    void release_held(const Turn& turn);
    /// After a reload; whether it is still permitted.
    bool judge_held(const Turn& turn, Crossing& held);
    /// Whether it has been held for too long, and is answered so.
    bool times_out(const Turn& turn, const Crossing& held);
    void on_event(const Turn& turn, const wamp::Event& event);
    void on_published(const Turn& turn, const wamp::Published& published);
    void on_invocation(const Turn& turn, const wamp::Invocation& invocation);
    void check_registered(const Turn& turn, const Turn::Sent& sent,
                          const wamp::Registered& registered);
    void check_forwarded(const Turn& turn, const Turn::Sent& sent);
    void check_forwarded_call(const Turn& turn, const Turn::Sent& sent, const wamp::Call& call);
    void check_forwarded_publication(const Turn& turn, const Turn::Sent& sent,
                                     const wamp::Publish& publish);
    /// Whether a guest has, or has requested, something that the link knows by this URI.
    bool is_wanted(const Holdings& holdings, std::uint32_t link, std::string_view uri,
                   wamp::MatchPolicy match) const;
    bool is_at(const Holdings::Held& held, std::uint32_t link, std::string_view uri,
               wamp::MatchPolicy match) const;
    /// Whether a topic of the inside behind `link` matches a subscription of a guest.
    bool reaches(const Holdings::Held& held, std::uint32_t link, std::string_view topic) const;
    void forget_moved();
    void expect_at(const Holdings::Key& key, const Holdings::Held& held,
                   const PayloadId& payload_id, std::string_view topic, bool retained,
                   bool optional, const Identity* named, bool sealed, const Weight& weight);
    std::uint32_t link_of(std::string_view backend) const;
    static wamp::PeerId link_peer(std::uint32_t link) { return wamp::PeerId{link + 1}; }

    std::vector<std::string> links_;
    bool is_up(std::uint32_t link) const { return now_[link].up; }
    std::size_t held_at(std::uint32_t link) const { return now_[link].held; }

    std::function<std::vector<LinkStatus>()> status_;
    std::vector<LinkShares::Link> now_;  ///< in this turn
    std::vector<bool> up_;
    LinkShares shares_;
    std::map<wamp::PeerId, Crossing> held_;  ///< of guests that are paused
    std::map<std::pair<wamp::PeerId, wamp::RequestId>, std::uint64_t> calls_;  ///< tags
    std::vector<Waiting> waiting_;
    std::map<std::uint64_t, Waiting> may_repeat_;  ///< by tag
    std::map<std::uint64_t, Waiting> kept_;  ///< the same, also those that were cancelled since
    std::map<OnLink, Pending> pending_;
    Logins logins_;
    Holdings back_subscriptions_;
    Holdings back_registrations_;
    std::map<std::pair<std::uint32_t, wamp::Id>, std::set<Holdings::Key>> want_retained_;
};

}  // namespace sallyport::sim
