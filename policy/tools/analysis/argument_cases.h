#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "policy/file/file.h"
#include "wamp/base/value.h"
#include "wamp/message/payload.h"

namespace sallyport::policy {

/// One possible payload of a message.
struct ArgumentCase {
    wamp::List args;
    wamp::Dict kwargs;
    wamp::OwnedPayload payload;  ///< both, as MessagePack
    std::size_t bytes = 0;       ///< the size that counts for the payload limit
    bool opaque = false;
    bool sized = false;  ///< the case is about this size, which is not that of the arguments
};

/// The payloads that the rules distinguish: each boundary of each condition from both sides, each
/// combination of conditions that hold and fail (as far as one argument allows; if there are very
/// many, only those near to what each rule accepts), each payload limit from both sides, and an
/// opaque payload. Without conditions and limits, two. With `finely`, the atoms of one condition
/// and the literals that only some rules accept are distinguished too.
std::vector<ArgumentCase> argument_cases(const std::vector<const RuleText*>& rules, Action action,
                                         bool finely = false);

/// " with args [91] and kwargs {"mode":"fast"}", " with a payload of 65537 bytes", "".
std::string describe(const ArgumentCase& arguments);

}  // namespace sallyport::policy
