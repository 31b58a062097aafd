#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "policy/file/file.h"
#include "wamp/base/value.h"
#include "wamp/message/payload.h"

namespace sallyport::policy {

/// One payload that a message may have.
struct ArgumentCase {
    wamp::List args;
    wamp::Dict kwargs;
    wamp::OwnedPayload payload;  ///< the two, as MessagePack
    std::size_t bytes = 0;       ///< what the payload counts as
    bool opaque = false;
    bool sized = false;  ///< its size is what matters, and is not that of its arguments
};

/// The payloads that the rules tell apart: each boundary of each condition from both sides, each
/// combination of what holds and what does not (as far as one argument can show it; of very many,
/// those near to what each rule wants), each payload limit from both sides, and one that cannot be
/// read. Without conditions and limits, two. `finely` tells the parts of one condition apart as
/// well, and the literals that only some of the rules take.
std::vector<ArgumentCase> argument_cases(const std::vector<const RuleText*>& rules, Action action,
                                         bool finely = false);

/// " with args [91] and kwargs {"mode":"fast"}", " with a payload of 65537 bytes", "".
std::string describe(const ArgumentCase& arguments);

}  // namespace sallyport::policy
