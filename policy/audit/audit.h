#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "policy/engine/permit.h"
#include "wamp/base/ids.h"
#include "wamp/base/uri.h"

namespace sallyport::policy {

/// The outcome of a message or a session.
enum class Outcome : std::uint8_t {
    allow,
    deny,            ///< no permit; for the reason see AuditRecord::reason
    over_rate,       ///< permitted, but over the rule's rate
    over_in_flight,  ///< permitted, but over the rule's limit on calls in flight
    invalid,         ///< not a valid URI, or a URI that no client may use
    join,
    join_refused,
    leave,
    revoke,  ///< a subscription or registration that a new policy no longer permits
    reload,  ///< another version of the policy is now active
    shadow,  ///< the outcome of the previous message if a shadow rule were active
};

std::string_view to_string(Outcome outcome) noexcept;

/// One line of the audit log: who requested what, the decision, and the rule, file and policy
/// version that decided (architecture: Promises 3). Names and sizes only, never a payload. The
/// texts are borrowed. Fields without a value are empty or zero and are not written.
struct AuditRecord {
    Outcome outcome = Outcome::allow;
    Action action = Action::call;  ///< like match, uri and payload_bytes only for a message
    wamp::MatchPolicy match = wamp::MatchPolicy::exact;
    std::uint64_t number = 0;  ///< counts the records of one process from 1; set by AuditTrail
    wamp::SessionId session = 0;
    wamp::SessionId via = 0;  ///< the link's session, if it conveys `session`
    std::uint64_t circuit = 0;
    std::uint64_t payload_bytes = 0;
    /// Decisions that this record stands for (AuditSums); 0 if it is one.
    std::uint64_t repeated = 0;
    /// The number that the client gave its request; 0 if there is none. With `session`, it names
    /// the request in the records of both doors.
    wamp::RequestId request = 0;
    /// Of the rule in `file`; 0 if no rule decided: `rule` and `file` are then meaningless.
    std::uint32_t line = 0;
    std::string_view realm;
    std::string_view policy;  ///< RealmPolicy::hash()
    std::string_view rule;
    std::string_view file;
    std::string_view authid;
    std::string_view role;
    std::string_view method;  ///< of authentication
    std::string_view uri;
    std::string_view reason;
    std::string_view other_uri;  ///< one more of those, if not all have the same
};

/// The maximum size of a text in bytes; a longer one is cut at a character and ends in "…".
inline constexpr std::size_t audit_text_bytes_max = 1024;
/// The maximum size of a packed record.
inline constexpr std::size_t audit_record_bytes_max = 16 * 1024;

/// The record in a form that is cheap to create and to pass to the writer.
void pack(std::string& out, const AuditRecord& record);
/// The first record in `bytes`, borrowed from them, and its size; 0 if there is no complete one.
std::size_t unpack(std::string_view bytes, AuditRecord& record) noexcept;

/// "SESSION-REQUEST", which names a request in the records of both doors; "" if it has no number.
std::string request_name(const AuditRecord& record);
/// Appends the record as one line of JSON in pure ASCII, even if it contains untrusted text. `time`
/// is its first member, and `door` the second.
void append_json(std::string& out, const AuditRecord& record, std::string_view time,
                 std::string_view door);
/// The line for records that are missing before the next one.
void append_gap_json(std::string& out, std::uint64_t dropped, std::string_view time,
                     std::string_view door);
/// Appends valid UTF-8 in quotes as ASCII with JSON escapes.
void append_ascii_json(std::string& out, std::string_view text);

/// The audit records of a door, packed in an outbox that the owner of the door empties. Costs
/// almost nothing if no records are configured. Counts all outcomes, recorded or not.
class AuditTrail {
public:
    enum class Level : std::uint8_t {
        nothing,
        denied,  ///< everything but allowed requests
        all,
    };
    struct Counts {
        std::uint64_t allowed = 0;
        std::uint64_t denied = 0;   ///< including invalid requests
        std::uint64_t limited = 0;  ///< over a limit on rates or on calls in flight
        std::uint64_t joined = 0;
        std::uint64_t join_refused = 0;
        std::uint64_t recorded = 0;  ///< records made so far
        std::uint64_t summed = 0;    ///< decisions that share the record of another one
    };

    explicit AuditTrail(Level level = Level::nothing) noexcept : level_(level) {}

    Level level() const noexcept { return level_; }

    /// Counts the outcome, and returns whether it is to be recorded.
    bool count(Outcome outcome) noexcept;
    void add(AuditRecord record);

    const Counts& counts() const noexcept { return counts_; }
    /// Moves the records to `bytes` and reuses its memory.
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
