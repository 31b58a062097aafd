#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policy/document/diagnostic.h"
#include "policy/engine/permit.h"
#include "wamp/base/uri.h"

namespace sallyport::policy {

/// The fields of one line of the decision log (policy/audit/audit.h) that tools use.
struct LogLine {
    /// Whether it is a decision of the policy about a message.
    bool decision = false;
    bool allowed = false;  ///< a permit, whatever happened afterwards
    bool shadow = false;   ///< not a decision: what a shadow rule would have decided
    Action action = Action::call;
    wamp::MatchPolicy match = wamp::MatchPolicy::exact;
    std::uint64_t payload_bytes = 0;
    std::uint64_t count = 1;    ///< decisions that the line stands for
    bool several_uris = false;  ///< `uri` and `payload_bytes` are those of the first of them only
    std::string realm, authid, role, uri, rule, policy;
};

/// Parses one line without its line end into `line`, reusing its memory. False if it is not a line
/// of the log. Unknown members are ignored.
bool read_log_line(std::string_view text, LogLine& line);

/// "3 unreadable, the first at line 7".
std::string unreadable_lines(std::uint64_t count, std::uint64_t first);

/// Counts the readable lines of one file. A file without a single readable line is not a log.
class LogTally {
public:
    void add(bool readable) noexcept;
    /// The error of the file as a whole.
    std::optional<Diagnostic> fault(const std::string& path) const;

private:
    std::uint64_t lines_ = 0;
    bool any_readable_ = false;
};

}  // namespace sallyport::policy
