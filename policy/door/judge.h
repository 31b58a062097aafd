#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "policy/audit/audit.h"
#include "policy/door/recorder.h"
#include "policy/door/sessions.h"
#include "policy/engine/permit.h"
#include "policy/engine/question.h"
#include "policy/engine/realm_policy.h"
#include "policy/engine/rule_limits.h"
#include "wamp/base/instant.h"
#include "wamp/base/random.h"
#include "wamp/base/tally.h"
#include "wamp/message/message.h"

namespace sallyport::policy {

/// The one place that puts questions to the policy of a door: whatever is decided about a session
/// is decided here, and recorded with it: the audit record, the hit of the rule, and what a shadow
/// rule would have changed (architecture: Policy 11).
class Judge {
public:
    Judge(AuditTrail::Level level, wamp::Random& random)
        : random_(random), recorder_(level), limits_(random.next()) {}

    struct Verdict {
        std::optional<Permit> permit{};
        Outcome outcome = Outcome::allow;
        std::string_view error{};    ///< that the sender is due where there is no permit
        wamp::Tally::Lease lease{};  ///< the place of a call among the calls in flight
    };
    /// A request that has come in. It loses options that its rule does not grant and that need no
    /// error (architecture: Policy 8).
    Verdict judge(const Requester& requester, wamp::Call& request, wamp::Instant now);
    Verdict judge(const Requester& requester, wamp::Publish& request, wamp::Instant now);
    Verdict judge(const Requester& requester, wamp::Subscribe& request, wamp::Instant now);
    Verdict judge(const Requester& requester, wamp::Register& request, wamp::Instant now);

    /// Whether the session could publish that now, but for rates: "" or the error that is due.
    /// For what is to be published later: a refusal is recorded, and leave is recorded when the
    /// publication comes.
    std::string_view may_publish(const Session& session, wamp::Publish& publication);

    /// A request that had a permit by another version of the policy and has waited since. Its rates
    /// and its place are those of before, and so is its record, unless it is refused now.
    Verdict judge_again(const Session& session, wamp::Message& request);
    /// Notes that it ends here all the same: its permit leads to another backend now.
    void record_lost_route(const Session& session, const wamp::Message& request);

    /// A subscription or registration that the session holds by a permit of another version. A
    /// denial is recorded as its revocation.
    Decision judge_holding(const Session& session, const Question& question);
    /// Notes that the session has lost what it may hold: its route has changed.
    void record_lost_route(const Session& session, const Question& question);

    /// What `policy` would say to something that the session holds. Nothing is recorded.
    static Decision would_decide(const RealmPolicy& policy, const Session& session,
                                 const Question& question) noexcept;

    /// Whether an event on `topic` may be delivered to the session. Checked for each receiver of a
    /// subscription by pattern; what is withheld is counted and not recorded, so that no publisher
    /// can fill the audit log with what others may not see.
    bool may_deliver(const Session& session, std::string_view topic) noexcept {
        if (session.policy->may_receive(session.subject(), topic)) return true;
        ++withheld_;
        return false;
    }
    /// One more event is withheld for an answer that may_deliver() gave before.
    void count_withheld() noexcept { ++withheld_; }
    std::uint64_t withheld() const noexcept { return withheld_; }
    /// Counts of calls in flight that are not zero: none when no call is open that a limit counts.
    std::size_t in_flight_counts() const noexcept { return limits_.counts(); }

    Recorder& recorder() noexcept { return recorder_; }
    const Recorder& recorder() const noexcept { return recorder_; }

private:
    struct Judgement;
    template <class Request>
    Judgement decide(const Requester& requester, const Question& question, Request& request,
                     bool shadows);
    template <class Request>
    Verdict judge_request(const Requester& requester, Request& request, wamp::Instant now);
    void admit(const Requester& requester, const Question& question, Judgement& judgement,
               wamp::Instant now);
    void record_shadow(const Requester& requester, const Question& question, bool allowed);
    void hide_timing() noexcept;

    wamp::Random& random_;
    Recorder recorder_;
    RuleLimits limits_;
    std::uint64_t withheld_ = 0;
    std::uint64_t hidden_ = 0;  ///< by hide_timing()
};

}  // namespace sallyport::policy
