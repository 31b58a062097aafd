#pragma once

#include <string>
#include <string_view>

#include "policy/document/diagnostic.h"
#include "policy/tools/import/crossbar.h"
#include "wamp/base/result.h"

namespace sallyport::policy {

/// Reads a config.json of Crossbar, version 2 or 1 (whose permissions are written differently). A
/// key that is not known is told in CrossbarConfig::rest, and so is every known one that is not
/// carried over: nothing is skipped without a word but ids, addresses, serializers and the like.
wamp::Result<CrossbarConfig, Diagnostic> read_crossbar(std::string_view text,
                                                       const std::string& file);

}  // namespace sallyport::policy
