#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/door_watch.h"
#include "tests/sim/flow/fair_shares.h"

namespace sallyport::sim {

/// The model of an inside: the second door and the router behind it. Expects every event and every
/// invocation in the turn of the request that causes it.
class InsideWatch final : public DoorWatch {
public:
    using DoorWatch::DoorWatch;

    /// The retained events that there are, and what they amount to.
    std::size_t retained() const noexcept { return retained_.size(); }
    std::size_t retained_bytes() const noexcept;
    /// Of the calls that are held for callees that have no room.
    std::size_t held_bytes() const noexcept;
    std::size_t held() const noexcept { return held_.size(); }

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

    void on_call(const Turn& turn, const Judged& judged, const wamp::Call& call);
    void on_register(const Turn& turn, const Judged& judged, const wamp::Register& request);
    void expect_taken(const Turn& turn, const Holdings::All& holders);
    void on_publish(const Turn& turn, const Judged& judged, const wamp::Publish& publish);
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
    std::map<std::string, Kept> retained_;
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
    };
    static constexpr std::size_t held_overhead_bytes = 512;
    std::vector<HeldCall> held_;
    FairShares shares_;
};

}  // namespace sallyport::sim
