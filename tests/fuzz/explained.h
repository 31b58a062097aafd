#pragma once

#include <string>

#include "policy/document/diagnostic.h"
#include "wamp/base/check.h"

namespace sallyport::fuzz {

/// Each says where, what and how to correct it, on one line.
inline void hold_explained(const policy::Diagnostics& diagnostics) {
    for (const policy::Diagnostic& one : diagnostics) {
        SALLYPORT_CHECK(!one.text.empty() && !one.hint.empty());
        SALLYPORT_CHECK(one.place.line > 0 && one.place.column > 0);
        SALLYPORT_CHECK(to_string(one).find('\n') == std::string::npos);
    }
}

}  // namespace sallyport::fuzz
