#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "policy/engine/permit.h"
#include "wamp/base/ids.h"
#include "wamp/base/uri.h"

namespace sallyport::policy {

/// What became of a message or of a session.
enum class Outcome : std::uint8_t {
    allow,
    deny,            ///< no permit; AuditRecord::reason says why
    over_rate,       ///< a permit, and too many of them in too short a time
    over_in_flight,  ///< a permit, and too many calls open already
    invalid,         ///< what was named is no URI, or nobody may name it
    join,
    join_refused,
    leave,
    revoke,  ///< a subscription or registration that a new policy no longer permits
    reload,  ///< another version of the policy decides from here on
    shadow,  ///< what would have become of the message before, had a rule been no shadow
};

std::string_view to_string(Outcome outcome) noexcept;

/// One line of the audit log: who asked for what, and which rule of which version of which file
/// decided how (architecture: Promises 3). Names and sizes only, never a payload. The texts are
/// borrowed. What a record has no value for is empty or zero, and is not written.
struct AuditRecord {
    Outcome outcome = Outcome::allow;
    Action action = Action::call;  ///< as match, uri and payload_bytes: of a message only
    wamp::MatchPolicy match = wamp::MatchPolicy::exact;
    std::uint64_t number = 0;  ///< counts the records of one process from 1; set by AuditTrail
    wamp::SessionId session = 0;
    wamp::SessionId via = 0;  ///< the link's session, when `session` is one that it speaks for
    std::uint64_t circuit = 0;
    std::uint64_t payload_bytes = 0;
    std::uint32_t line = 0;  ///< of the rule in `file`; 0 when none decided, whatever these say
    std::string_view realm;
    std::string_view policy;  ///< RealmPolicy::hash()
    std::string_view rule;
    std::string_view file;
    std::string_view authid;
    std::string_view role;
    std::string_view method;  ///< of authentication
    std::string_view uri;
    std::string_view reason;
};

/// The longest text of a record, in bytes; more is cut, at a character, and ends in "…".
inline constexpr std::size_t audit_text_bytes_max = 1024;
/// The most that a packed record takes.
inline constexpr std::size_t audit_record_bytes_max = 16 * 1024;

/// The record in a form that is cheap to make and to carry to where it is written.
void pack(std::string& out, const AuditRecord& record);
/// The record that begins `bytes`, borrowing from them, and how much it takes; 0 when there is no
/// whole one.
std::size_t unpack(std::string_view bytes, AuditRecord& record) noexcept;

/// Appends the record as one line of JSON in pure ASCII, whatever a stranger put into it. `time` is
/// its first member, and `door` the second.
void append_json(std::string& out, const AuditRecord& record, std::string_view time,
                 std::string_view door);
/// The line that says that records are missing before the one that follows.
void append_gap_json(std::string& out, std::uint64_t dropped, std::string_view time,
                     std::string_view door);
/// Appends valid UTF-8 in quotes as ASCII, escaped as JSON has it.
void append_ascii_json(std::string& out, std::string_view text);

/// A door's records on their way out: packed one behind the other in an outbox, which whoever owns
/// the door empties. Costs next to nothing where none are wanted. Counts all outcomes, wanted or
/// not.
class AuditTrail {
public:
    enum class Level : std::uint8_t {
        nothing,
        denied,  ///< all but what was allowed
        all,
    };
    struct Counts {
        std::uint64_t allowed = 0;
        std::uint64_t denied = 0;   ///< invalid ones included
        std::uint64_t limited = 0;  ///< over a rate, or over the calls in flight
        std::uint64_t joined = 0;
        std::uint64_t join_refused = 0;
        std::uint64_t recorded = 0;  ///< records made so far
    };

    explicit AuditTrail(Level level = Level::nothing) noexcept : level_(level) {}

    Level level() const noexcept { return level_; }

    /// Counts the outcome, and says whether it is to be recorded.
    bool count(Outcome outcome) noexcept;
    void add(AuditRecord record);

    const Counts& counts() const noexcept { return counts_; }
    /// Empties the outbox into `bytes`, whose memory it goes on with.
    void take(std::string& bytes) noexcept {
        bytes.clear();
        bytes.swap(packed_);
    }
    bool empty() const noexcept { return packed_.empty(); }

private:
    Level level_;
    Counts counts_;
    std::string packed_;
};

}  // namespace sallyport::policy
