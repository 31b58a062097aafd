#pragma once

#include <optional>
#include <string>

#include "tests/sim/ledger.h"
#include "tests/sim/rules.h"
#include "wamp/message/message.h"

namespace sallyport::sim {

/// A request, decided again from the policy as written.
struct Judged {
    Rules::Query asked;
    Identity of;
    bool conveyed = false;
    wamp::RequestId request = 0;
    wamp::MessageType type{};
    bool answers = true;
    const Rules::Answer* answer = nullptr;
    std::string error;  ///< the expected refusal; "" if the request is permitted
    bool passes() const noexcept { return error.empty(); }
    bool grants(policy::Grant grant) const noexcept {
        return answer->text != nullptr && answer->text->grants.has(grant);
    }
};

/// Nothing if policy does not decide the message. `link`: the sender is a link, which may speak for
/// somebody else.
std::optional<Judged> judge(const wamp::Message& message, const Identity& sender, bool link,
                            const Rules& rules);

}  // namespace sallyport::sim
