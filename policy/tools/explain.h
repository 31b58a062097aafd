#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "policy/permit.h"
#include "policy/tools/report.h"
#include "wamp/base/uri.h"

namespace sallyport::policy {

/// What `explain` is asked: may this principal send this message?
struct ExplainRequest {
    std::string authid;
    std::string role;  ///< "" looks the authid up in the principals file
    Action action = Action::call;
    std::string uri;
    wamp::MatchPolicy match = wamp::MatchPolicy::exact;
    std::size_t payload_bytes = 0;
};

/// `AUTHID[:ROLE]` of the command line. A role holds no colon here; an authid may.
void set_principal(ExplainRequest& request, std::string_view as);

/// `sallyport policy explain FILE …`: the decision, the rule with its line, its limits and the
/// route. 0 for allow, 1 for deny, 2 when the file or the question is not sound.
int explain(const std::string& path, const ExplainRequest& request, const Output& to);

}  // namespace sallyport::policy
