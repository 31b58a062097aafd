#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policy/document/diagnostic.h"
#include "policy/engine/permit.h"
#include "wamp/base/uri.h"

namespace sallyport::policy {

/// What tools want of one line of the decision log (policy/audit/audit.h).
struct LogLine {
    /// Whether it is about a message, and the policy then had an answer.
    bool decision = false;
    bool allowed = false;  ///< a permit, whatever came of it
    bool shadow = false;   ///< no decision: what a shadow rule would have made of one
    Action action = Action::call;
    wamp::MatchPolicy match = wamp::MatchPolicy::exact;
    std::uint64_t payload_bytes = 0;
    std::string realm, authid, role, uri, rule, policy;
};

/// Reads one line without its end into `line`, whose memory it uses again. False when it is none of
/// the log's. Unknown members are passed over.
bool read_log_line(std::string_view text, LogLine& line);

/// "3 unreadable, the first at line 7".
std::string unreadable_lines(std::uint64_t count, std::uint64_t first);

/// How many lines of one file can be read. One in which not a single one can be is no log.
class LogTally {
public:
    void add(bool readable) noexcept;
    /// What is wrong with the file as a whole.
    std::optional<Diagnostic> fault(const std::string& path) const;

private:
    std::uint64_t lines_ = 0;
    bool any_readable_ = false;
};

}  // namespace sallyport::policy
