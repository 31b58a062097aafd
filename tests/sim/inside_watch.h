#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/door_watch.h"
#include "tests/sim/flow/fair_shares.h"

namespace sallyport::sim {

/// The model of an inside: the second door and the router behind it. Expects every event and every
/// invocation in the turn of the request that causes it; those for a link whose transport is full
/// may come as long as the inside says that it holds something for links.
class InsideWatch final : public DoorWatch {
public:
    /// `egress_bytes`: what the inside says that it holds for links.
    InsideWatch(Ledger& ledger, std::string name, const Rules& rules,
                std::function<std::size_t()> egress_bytes)
        : DoorWatch(ledger, std::move(name), rules), egress_bytes_(std::move(egress_bytes)) {}

    /// The retained events that there are, and what they amount to.
    std::size_t retained() const noexcept { return retained_.size(); }
    std::size_t retained_bytes() const noexcept;
    /// Of the calls that are held for callees that have no room.
    std::size_t held_bytes() const noexcept;
    std::size_t held() const noexcept { return held_.size(); }
    /// Compares what the inside says that it holds with what it should hold; `held_bytes` of calls.
    void check_books(std::size_t held_bytes, std::size_t egress_bytes, Instant now) const;

private:
    bool links_join() const noexcept override { return true; }
    void on_request(const Turn& turn, const Judged& judged) override;
    void on_testament(const Turn& turn, wamp::PeerId from, const Testament& testament,
                      bool passes) override;
    void on_other_input(const Turn& turn) override;
    void on_sent(const Turn& turn, const Turn::Sent& sent) override;
    void on_subscribed(const Turn& turn, const Turn::Sent& sent, const wamp::Subscribed& subscribed,
                       const Holdings::Held& held) override;
    void on_left(const Turn& turn, wamp::PeerId id) override;
    void on_begin(const Turn& turn) override;
    void on_end(const Turn& turn) override;
    bool may_wait(const ExpectedEvent& event) const override;
    bool may_be_told_later(wamp::PeerId id) const override;

    void on_call(const Turn& turn, const Judged& judged, const wamp::Call& call);
    void on_register(const Turn& turn, const Judged& judged, const wamp::Register& request);
    void expect_taken(const Turn& turn, const Holdings::All& holders);
    void on_publish(const Turn& turn, const Judged& judged, const wamp::Publish& publish);
    void on_subscribe(const Turn& turn, const Judged& judged, const wamp::Subscribe& request);
    /// As its publisher wants it, and as the receiver can read it.
    static bool is_for(const Publication& publication, const Peer& receiver);
    void expect_publication(const PayloadId& payload_id, const std::string& topic,
                            wamp::PeerId excluded, const Publication& publication);
    void check_invocation(const Turn& turn, const Turn::Sent& sent,
                          const wamp::Invocation& invocation);
    bool offers(wamp::PeerId callee, wamp::RegistrationId id, std::string_view procedure) const;

    struct Kept {
        PayloadId payload_id;
        wamp::PeerId excluded = wamp::no_peer;  ///< a publishing service; never the link
        std::size_t bytes = 0;
        Publication publication{};
    };
    /// Of that topic; null if there is none.
    const Kept* kept_of(const std::string& topic) const;

    std::map<std::string, Kept> retained_;
    /// What was retained when a link subscribed, by its request, if that is not answered at once.
    std::map<std::pair<wamp::PeerId, wamp::RequestId>, std::optional<Kept>> kept_then_;
    using Tags = std::map<std::pair<wamp::PeerId, wamp::RequestId>, std::uint64_t>;
    Tags calls_;  ///< of services
    Tags invocations_;
    /// A call of which no callee had room for the INVOCATION.
    struct HeldCall {
        wamp::PeerId caller;
        wamp::RequestId request;
        std::uint64_t tag;
        std::string procedure;
        wamp::SessionId from;  ///< the caller, who may be outside
        std::size_t bytes;
        FairShares::Moment since;
        wamp::List args;  ///< calls of [auth.dynamic] have no tag
    };
    static constexpr std::size_t held_overhead_bytes = 512;
    bool is_link(wamp::PeerId id) const {
        const Peer* const known = peer(id);
        return known != nullptr && known->link;
    }
    void count_answers(const Turn& turn);

    std::vector<HeldCall> held_;
    std::vector<HeldCall> ended_;  ///< calls whose INVOCATION may be held for a link all the same
    std::function<std::size_t()> egress_bytes_;
    /// Whether something was held for links before this turn, or is after it.
    bool holds_for_links() const noexcept { return egress_before_ != 0 || egress_now_ != 0; }
    std::size_t egress_before_ = 0;
    std::size_t egress_now_ = 0;        ///< after this turn
    std::size_t answer_bytes_max_ = 0;  ///< that may be held for links beside events and calls
    FairShares shares_;
};

}  // namespace sallyport::sim
