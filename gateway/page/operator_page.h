#pragma once

#include <string>
#include <vector>

#include "gateway/admin/status.h"
#include "policy/tools/audit_view.h"

namespace sallyport::gateway {

/// What the page shows, as the commands of the same names tell it. A text that is not there is "".
struct PageContent {
    std::string read_at;     ///< the time, as RFC 3339 has it
    std::string status;      ///< a line of JSON
    std::string sessions;    ///< a line of JSON
    std::string unanswered;  ///< why the program cannot be asked

    struct Denied {
        policy::DeniedRequests requests;
        std::string explain;  ///< the command
    };
    std::vector<Denied> denied;
    std::vector<std::string> records;  ///< of the audit log, readable, the newest first
    std::string no_records;            ///< why there are none

    struct Policy {
        std::string file;
        std::string difference;  ///< from the previous version to the running one
    };
    bool has_previous = false;
    std::vector<Policy> policies;  ///< those that differ

    bool may_act = false;
    std::string form_token;          ///< that each form gives back
    std::vector<std::string> files;  ///< principals files, in which somebody can be disabled
    std::string notice;              ///< what became of the last act
};

/// The whole page as HTML. It needs no script; its only resource is /page.css.
std::string operator_page(const PageContent& content);

/// A page with one paragraph, such as a refusal.
std::string short_page(const std::string& title, const std::string& text);

}  // namespace sallyport::gateway
