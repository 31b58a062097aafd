#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "policy/engine/permit.h"
#include "policy/tools/analysis/two_doors.h"
#include "policy/tools/report.h"
#include "wamp/base/uri.h"

namespace sallyport::policy {

/// The question of `explain`: may this principal send this message?
struct ExplainRequest {
    std::string authid;
    std::string role;  ///< "" looks the authid up in the principals file
    Action action = Action::call;
    std::string uri;
    wamp::MatchPolicy match = wamp::MatchPolicy::exact;
    std::string args;    ///< a JSON array, or ""
    std::string kwargs;  ///< a JSON object, or ""
    bool opaque = false;
    std::optional<std::size_t> payload_bytes;  ///< default: the size of the arguments
    std::size_t others_max = 10;               ///< maximum number of other rules shown
};

/// `AUTHID[:ROLE]` of the command line. A role contains no colon; an authid may.
void set_principal(ExplainRequest& request, std::string_view as);

/// `sallyport policy explain FILE …`: the decision, the rule with its line, its limits and grants,
/// the route, and why each of the other rules that nearly applied did not decide. 0 for allow, 1
/// for deny, 2 if the file or the question is invalid.
int explain(const std::string& path, const ExplainRequest& request, const Output& to);

/// The same, and if the message is allowed, what each inside behind its route decides on it. 0 only
/// if one of them allows it too; `second` are the insides that are known.
int explain_both(const std::string& path, const ExplainRequest& request,
                 std::span<const SecondDoor> second, const Output& to);

}  // namespace sallyport::policy
