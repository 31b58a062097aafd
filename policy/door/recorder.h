#pragma once

#include <cstdint>
#include <string_view>

#include "policy/audit/audit.h"
#include "policy/door/sessions.h"
#include "policy/engine/question.h"

namespace sallyport::policy {

/// Whom one request speaks for, and for whom it counts. Borrows.
struct Requester {
    const Session& session;  ///< that sent it
    Subject subject;         ///< the session's principal, or the one that a link conveys
    wamp::SessionId origin;  ///< of the principal: the session itself unless conveyed
    bool conveyed;           ///< a link speaks for the principal
    std::uint64_t circuit;   ///< of Tor
    /// What a limit per session counts for: the connection, so that joining again makes nothing
    /// fresh; or the session that a link conveys.
    std::uint64_t counted_session;
    /// What a limit per circuit counts for: a connection without a circuit is its own.
    std::uint64_t counted_circuit;

    explicit Requester(const Session& session) noexcept;
    /// `session` is a link that speaks for the principal of `subject`.
    Requester(const Session& session, const Subject& subject, wamp::SessionId origin) noexcept;
};

/// Whom a limit per circuit counts for: a connection without one is its own.
constexpr std::uint64_t counted_circuit(std::uint64_t circuit, wamp::PeerId peer) noexcept {
    return circuit != 0 ? circuit : static_cast<std::uint64_t>(peer);
}

/// Makes the audit records of a door, and counts the rules that decided.
class Recorder {
public:
    explicit Recorder(AuditTrail::Level level) noexcept : trail_(level) {}

    /// What became of a request, and the rule that decided it.
    struct Decided {
        Outcome outcome = Outcome::allow;
        RuleIndex rule = no_rule;
        std::string_view reason{};
    };
    void record(const Decided& decided, const Requester& requester, const Question& question);

    /// A connection that has no session yet, or no longer.
    struct Visitor {
        std::uint64_t circuit = 0;
        const RealmPolicy* policy = nullptr;  ///< of the realm that it asked for; null for none
        std::string_view authid;
        std::string_view method;
    };
    void record_join(const Session& session);
    void record_join_refused(const Visitor& visitor, std::string_view reason);
    void record_leave(const Session& session, std::string_view reason);
    /// Another version of the policy decides from here on.
    void record_reload(const RealmPolicy& policy);

    AuditTrail& trail() noexcept { return trail_; }
    const AuditTrail& trail() const noexcept { return trail_; }

private:
    AuditTrail trail_;
};

}  // namespace sallyport::policy
