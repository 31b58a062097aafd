#pragma once

#include <cstdint>
#include <string_view>

#include "policy/audit/audit.h"
#include "policy/door/sessions.h"
#include "policy/engine/question.h"

namespace sallyport::policy {

/// The sender of a request, its principal, and the keys for limits. Borrows.
struct Requester {
    const Session& session;  ///< that sent it
    Subject subject;         ///< the session's principal, or the one that a link conveys
    wamp::SessionId origin;  ///< of the principal: the session itself unless conveyed
    bool conveyed;           ///< a link conveys the principal
    std::uint64_t circuit;   ///< of Tor
    /// The key of limits per session: the connection, so that joining again does not reset them; or
    /// the session that a link conveys.
    std::uint64_t counted_session;
    /// The key of limits per circuit: a connection without a circuit counts as its own.
    std::uint64_t counted_circuit;

    explicit Requester(const Session& session) noexcept;
    /// `session` is a link that conveys the principal of `subject`.
    Requester(const Session& session, const Subject& subject, wamp::SessionId origin) noexcept;
};

/// The key of limits per circuit: a connection without a circuit counts as its own.
constexpr std::uint64_t counted_circuit(std::uint64_t circuit, wamp::PeerId peer) noexcept {
    return circuit != 0 ? circuit : static_cast<std::uint64_t>(peer);
}

/// Creates the audit records of a door and counts the decisions of each rule.
class Recorder {
public:
    explicit Recorder(AuditTrail::Level level) noexcept : trail_(level) {}

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

    AuditTrail& trail() noexcept { return trail_; }
    const AuditTrail& trail() const noexcept { return trail_; }

private:
    AuditTrail trail_;
};

}  // namespace sallyport::policy
