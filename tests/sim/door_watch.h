#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/holdings.h"
#include "tests/sim/judged.h"
#include "tests/sim/ledger.h"
#include "tests/sim/records.h"
#include "wamp/session/features.h"

namespace sallyport::sim {

/// What a session leaves to be published when it ends.
struct Testament {
    bool detached = false;
    PayloadId payload_id;
    std::string topic;
    Audience audience{};
    std::size_t bytes = 0;  ///< that it takes
};

/// The model of one door: its sessions, their subscriptions, registrations and testaments. Looks at
/// every turn of the core, decides each request again from the policy as written, and compares the
/// result with the audit records, the answers and the events of that turn. FrontWatch and
/// InsideWatch model what is behind the door.
class DoorWatch {
public:
    /// The limits of the door for those who read slowly.
    struct Limits {
        std::size_t window_bytes = SIZE_MAX;
        std::size_t session_bytes_max = SIZE_MAX;
        Duration slow_after{};
    };
    DoorWatch(Ledger& ledger, std::string name, const Rules& rules)
        : ledger_(ledger),
          name_(std::move(name)),
          rules_(&rules),
          records_(ledger.findings, name_) {}
    virtual ~DoorWatch() = default;

    /// The next turn is a reload to this version.
    void reload(const Rules& next) { next_ = &next; }
    void limit(const Limits& limits) { limits_ = limits; }
    void see(const Turn& turn);
    const Rules& rules() const noexcept { return *rules_; }
    /// Of the testaments that are kept.
    std::size_t testament_bytes() const;
    /// PUBLISHes of the session so far.
    std::uint64_t published(wamp::SessionId session) const;

protected:
    struct Peer {
        bool link = false;
        std::uint32_t number = 0;  ///< of the link
        Identity is;               ///< session 0: none
        wamp::Features features;
        Turn::Opened transport;
        std::vector<Testament> testaments;
        std::uint64_t published = 0;
        std::size_t unread = 0;              ///< by it, when it last read something
        std::size_t given = 0;               ///< bytes, since then
        Instant behind_since = wamp::never;  ///< it has had a window unread ever since
        bool slow = false;  ///< for sure: others may be when they are sent something
        Instant may_be_behind_since = wamp::never;  ///< at the earliest
        bool joined() const noexcept { return is.session != 0; }
    };
    struct ExpectedEvent {
        wamp::PeerId to;
        wamp::SubscriptionId subscription;
        PayloadId payload_id;
        bool retained = false;
        bool optional = false;
        std::optional<Identity> publisher{};  ///< that the event must disclose
        std::string topic{};                  ///< in its details; pattern subscriptions only
        Weight weight{};
        std::size_t bytes = 0;  ///< of its payload, at most
        bool is_bytes_known = false;
        std::uint64_t turn = 0;  ///< in which it became due
    };
    /// Of an event whose subscription is not confirmed yet.
    static constexpr wamp::SubscriptionId unconfirmed = 0;

    /// True for an inside, where the link joins as a client; false for the front.
    virtual bool links_join() const noexcept = 0;
    virtual void on_begin(const Turn&) {}
    /// Adds the records that a subclass expects of this turn.
    virtual void expect_more_records(const Turn&) {}
    virtual void on_request(const Turn& turn, const Judged& judged) = 0;
    /// A testament of a session that has ended; it is published if `passes`.
    virtual void on_testament(const Turn& turn, wamp::PeerId from, const Testament& testament,
                              bool passes) = 0;
    virtual void on_other_input(const Turn&) {}
    virtual void on_sent(const Turn&, const Turn::Sent&) {}
    virtual void on_subscribed(const Turn&, const Turn::Sent&, const wamp::Subscribed&,
                               const Holdings::Held&) {}
    virtual void on_left(const Turn&, wamp::PeerId) {}
    virtual void on_end(const Turn&) {}
    /// Events that were not sent in the turn in which they were due, and may come later.
    virtual bool may_wait(const ExpectedEvent&) const { return false; }
    /// Whether a peer may be told later of what a reload takes from it.
    virtual bool may_be_told_later(wamp::PeerId) const { return false; }

    /// What the receiver cannot be sent is to be counted.
    void expect(ExpectedEvent event);
    const Peer* peer(wamp::PeerId id) const {
        const auto found = peers_.find(id);
        return found == peers_.end() ? nullptr : &found->second;
    }
    void wrong(Check check, const Turn& turn, std::string what) const {
        ledger_.findings.wrong(check, turn.now, name_ + ": " + std::move(what));
    }
    bool is_leaving(wamp::PeerId id) const;
    /// Whether so much waits for that peer, which is slow, that what it is sent may be ended. It is
    /// wrong if not.
    bool may_be_slow(const Peer& peer, Instant now) const noexcept {
        return peer.may_be_behind_since != wamp::never &&
               now - peer.may_be_behind_since >= limits_.slow_after;
    }
    bool outruns(const Turn& turn, wamp::PeerId id);
    /// Events that are still due, in their order.
    const std::vector<ExpectedEvent>& owed() const noexcept { return owed_; }
    /// Nothing is held any more: what is owed now has been lost.
    void expect_none_owed(const Turn& turn);
    /// Ends up sent or not, as policy has changed.
    template <class IsIt>
    void make_optional(IsIt is_it) {
        for (ExpectedEvent& each : owed_) each.optional = each.optional || is_it(each);
    }
    bool anybody_leaves() const noexcept { return !leaving_.empty(); }
    static const wamp::Error* refusal(const Turn& turn, wamp::PeerId to, wamp::RequestId request);

    Ledger& ledger_;
    std::string name_;
    const Rules* rules_;
    const Rules* old_ = nullptr;  ///< in the turn of a reload
    std::map<wamp::PeerId, Peer> peers_;
    Holdings subscriptions_;
    Holdings registrations_;
    std::vector<ExpectedRecord> expected_;

private:
    void look_at_input(const Turn& turn);
    void note_reading(const Turn& turn);
    void find_leavers(const Turn& turn);
    void expect_records(const Turn& turn);
    void expect_shadow(const ExpectedRecord& decided, const Rules::Answer& answer);
    void expect_revocations(const Turn& turn);
    void after_request(const Turn& turn);
    void see_sent(const Turn& turn, const Turn::Sent& sent);
    void miss(const Turn& turn, const ExpectedEvent& missing) const;
    /// What is due of this EVENT, which is not due any more; nothing if it is not.
    std::optional<ExpectedEvent> take_due(const Turn& turn, const Turn::Sent& sent,
                                          const wamp::Event& event, const PayloadId& payload_id);
    void see_event(const Turn& turn, const Turn::Sent& sent, const wamp::Event& event);
    void check_undeliverable(const Turn& turn);
    void take_denied();
    void check_holdings(const Turn& turn);

    // The meta API (door_meta.cpp).
    void expect_testament_record(const Turn& turn, const wamp::Call& call);
    void check_meta_answer(const Turn& turn, const wamp::Call& call);
    std::set<wamp::SessionId> meant_by(const Turn& turn, const wamp::Call& call) const;
    bool check_killed(const Turn& turn, const wamp::Call& call) const;
    bool silences(const Turn& turn) const;
    void publish_testaments(const Turn& turn);
    void expect_meta_events(const Turn& turn);
    void expect_meta_event(const Identity& about, wamp::PeerId from, std::string_view topic,
                           std::uint64_t kind);

    /// Whether its subscription has ended in this turn, in which several requests of guests
    /// crossed.
    bool has_ended(const Turn& turn, const ExpectedEvent& event) const;
    bool is_overrun(const ExpectedEvent& event) const;

    const Rules* next_ = nullptr;
    Limits limits_;
    std::vector<Holdings::Key> overrun_;  ///< subscriptions that end in this turn
    Records records_;
    std::optional<Judged> judged_;  ///< the request of this turn
    std::vector<wamp::PeerId> leaving_;
    std::size_t first_testament_ = 0;  ///< among the expected records
    std::vector<ExpectedEvent> events_;
    std::uint64_t turn_ = 0;              ///< how many there were
    std::vector<ExpectedEvent> owed_;     ///< of the turns before
    std::vector<ExpectedEvent> unheard_;  ///< that cannot be sent
    std::uint64_t undeliverable_ = 0;     ///< of the turns before
};

}  // namespace sallyport::sim
