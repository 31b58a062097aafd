#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "policy/permit.h"
#include "wamp/base/uri.h"

namespace sallyport::policy {

/// What tools want of one line of the decision log (policy/audit.h).
struct LogLine {
    /// Whether it is about a message, and the policy then had an answer.
    bool decision = false;
    bool allowed = false;  ///< a permit, whatever came of it
    Action action = Action::call;
    wamp::MatchPolicy match = wamp::MatchPolicy::exact;
    std::uint64_t payload_bytes = 0;
    std::string realm, authid, role, uri, rule, policy;
};

/// Reads one line without its end into `line`, whose memory it uses again. False when it is none of
/// the log's. Unknown members are passed over.
bool read_log_line(std::string_view text, LogLine& line);

}  // namespace sallyport::policy
