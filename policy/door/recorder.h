#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "policy/audit/audit.h"
#include "policy/audit/audit_sums.h"
#include "policy/door/sessions.h"
#include "policy/engine/question.h"
#include "wamp/base/instant.h"

namespace sallyport::policy {

/// The sender of a request, its principal, and the keys for limits. Borrows.
struct Requester {
    const Session& session;   ///< that sent it
    Subject subject;          ///< the session's principal, or the one that a link conveys
    wamp::SessionId origin;   ///< of the principal: the session itself unless conveyed
    bool conveyed;            ///< a link conveys the principal
    wamp::RequestId request;  ///< the number that the conveyed session gave it; otherwise 0
    std::uint64_t circuit;    ///< of Tor
    /// The key of limits per session: the connection, so that joining again does not reset them; or
    /// the session that a link conveys.
    std::uint64_t counted_session;
    /// The key of limits per circuit: a connection without a circuit counts as its own.
    std::uint64_t counted_circuit;

    explicit Requester(const Session& session) noexcept;
    /// `session` is a link that conveys the principal of `subject`.
    Requester(const Session& session, const Subject& subject, wamp::SessionId origin,
              wamp::RequestId request) noexcept;
};

/// The key of limits per circuit: a connection without a circuit counts as its own.
constexpr std::uint64_t counted_circuit(std::uint64_t circuit, wamp::PeerId peer) noexcept {
    return circuit != 0 ? circuit : static_cast<std::uint64_t>(peer);
}

/// Creates the audit records of a door and counts the decisions of each rule. Decisions that come
/// in floods are summed up (AuditSums).
class Recorder {
public:
    explicit Recorder(AuditTrail::Level level, std::size_t lines_per_s = SIZE_MAX) noexcept
        : trail_(level), sums_(lines_per_s) {}

    /// The time of the input that leads to the next records.
    void set_time(wamp::Instant now) noexcept { now_ = now; }

    /// The outcome of a request, and the rule that decided it.
    struct Decided {
        Outcome outcome = Outcome::allow;
        RuleIndex rule = no_rule;
        std::string_view reason{};
    };
    void record(const Decided& decided, const Requester& requester, const Question& question);

    /// A connection without a session, not yet or no longer.
    struct Visitor {
        std::uint64_t circuit = 0;
        const RealmPolicy* policy = nullptr;  ///< of the requested realm; null for none
        std::string_view authid;
        std::string_view method;
    };
    void record_join(const Session& session);
    void record_join_refused(const Visitor& visitor, std::string_view reason);
    void record_leave(const Session& session, std::string_view reason);
    /// Another version of the policy is now active.
    void record_reload(const RealmPolicy& policy);

    /// Records the decisions that are summed up so far.
    void end_sums() { sums_.end_all(trail_); }
    void on_deadline(wamp::Instant now) { sums_.on_deadline(now, trail_); }
    wamp::Instant deadline() const noexcept { return sums_.deadline(); }

    /// Refused joins by the URI that they were refused with.
    const std::vector<RealmCounts::Named>& refused() const noexcept { return refused_; }

    AuditTrail& trail() noexcept { return trail_; }
    const AuditTrail& trail() const noexcept { return trail_; }

private:
    AuditTrail trail_;
    AuditSums sums_;
    wamp::Instant now_{};
    std::vector<RealmCounts::Named> refused_;
};

}  // namespace sallyport::policy
