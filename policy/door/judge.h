#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "policy/audit/audit.h"
#include "policy/door/latest_events.h"
#include "policy/door/recorder.h"
#include "policy/door/sessions.h"
#include "policy/engine/cause.h"
#include "policy/engine/permit.h"
#include "policy/engine/question.h"
#include "policy/engine/realm_policy.h"
#include "policy/engine/rule_limits.h"
#include "wamp/base/instant.h"
#include "wamp/base/random.h"
#include "wamp/base/tally.h"
#include "wamp/message/message.h"

namespace sallyport::policy {

/// The only place where a door evaluates its policy: every decision about a session is made here
/// and recorded: the audit record, the hit of the rule, and what a shadow rule would have changed
/// (architecture: Policy 11).
class Judge {
public:
    Judge(AuditTrail::Level level, wamp::Random& random, std::size_t lines_per_s = SIZE_MAX,
          std::size_t latest_bytes_max = std::size_t{4} << 20)
        : random_(random),
          recorder_(level, lines_per_s),
          limits_(random.next()),
          latest_(latest_bytes_max) {}

    struct Verdict {
        std::optional<Permit> permit{};
        Outcome outcome = Outcome::allow;
        std::string_view error{};    ///< for the sender, if there is no permit
        wamp::Tally::Lease lease{};  ///< the call's share of the limits on calls in flight
        Cause cause = Cause::none;   ///< if the sender may know it
    };
    /// Decides on an incoming request. Options that its rule does not grant are removed if the
    /// protocol requires no error for them (architecture: Policy 8).
    Verdict judge(const Requester& requester, wamp::Call& request, wamp::Instant now);
    Verdict judge(const Requester& requester, wamp::Publish& request, wamp::Instant now);
    Verdict judge(const Requester& requester, wamp::Subscribe& request, wamp::Instant now);
    Verdict judge(const Requester& requester, wamp::Register& request, wamp::Instant now);

    /// Whether a further CALL of an open call may pass: "" or the required error. It counts for
    /// rates, not as another call in flight; only a denial is recorded.
    std::string_view judge_further(const Requester& requester, wamp::Call& further,
                                   wamp::Instant now);

    /// Whether the session may publish that now, regardless of rates: "" or the required error. For
    /// publications that are made later: a denial is recorded now, a permission when the
    /// publication is made.
    std::string_view may_publish(const Session& session, wamp::Publish& publication);

    /// Decides again on a request that waited with a permit of another version of the policy. Its
    /// rates, its share of the limits and its record remain, unless it is denied now.
    Verdict judge_again(const Session& session, wamp::Message& request);
    /// Records that it ends although it is permitted: its route has another backend now.
    void record_lost_route(const Session& session, const wamp::Message& request);

    /// Decides again on a subscription or registration with a permit of another version. A denial
    /// is recorded as its revocation.
    Decision judge_holding(const Session& session, const Question& question);
    /// Records that the session loses a permitted subscription or registration because its route
    /// has changed.
    void record_lost_route(const Session& session, const Question& question);

    /// The decision of `policy` on a subscription or registration of the session. Nothing is
    /// recorded.
    static Decision would_decide(const RealmPolicy& policy, const Session& session,
                                 const Question& question) noexcept;

    /// Whether an event on `topic` may be delivered to the session. Checked for each receiver of a
    /// pattern subscription; withheld events are counted and not recorded, so that no publisher can
    /// flood the audit log with events that others may not receive.
    bool may_deliver(const Session& session, std::string_view topic) noexcept {
        if (session.policy->may_receive(session.subject(), topic)) return true;
        ++withheld_;
        return false;
    }
    /// Counts one more event that an earlier result of may_deliver() withholds.
    void count_withheld() noexcept { ++withheld_; }
    std::uint64_t withheld() const noexcept { return withheld_; }
    /// Counts of calls in flight that are not zero: none when no call is open that a limit counts.
    std::size_t in_flight_counts() const noexcept { return limits_.counts(); }

    /// The subscriptions that a rule with deliver = "latest" permitted.
    LatestEvents& latest() noexcept { return latest_; }
    const LatestEvents& latest() const noexcept { return latest_; }

    Recorder& recorder() noexcept { return recorder_; }
    const Recorder& recorder() const noexcept { return recorder_; }

private:
    struct Judgement;
    template <class Request>
    Judgement decide(const Requester& requester, const Question& question, Request& request,
                     bool shadows);
    template <class Request>
    Verdict judge_request(const Requester& requester, Request& request, wamp::Instant now);
    void admit(const Requester& requester, Judgement& judgement, wamp::Instant now, bool is_call);
    void note_delivery(const Requester& requester, const wamp::Subscribe& request,
                       const Permit& permit);
    void record_shadow(const Requester& requester, const Question& question, bool allowed);
    void hide_timing() noexcept;

    wamp::Random& random_;
    Recorder recorder_;
    RuleLimits limits_;
    LatestEvents latest_;
    std::uint64_t withheld_ = 0;
    std::uint64_t hidden_ = 0;  ///< by hide_timing()
};

}  // namespace sallyport::policy
