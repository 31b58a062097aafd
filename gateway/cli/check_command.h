#pragma once

#include <string>
#include <vector>

#include "gateway/cli/arguments.h"
#include "policy/tools/report.h"

namespace sallyport::gateway {

/// `sallyport check`: whether a gateway's configuration and everything that it names is valid, and
/// what in it has no effect: what the gateway lets through and no inside ever does, roles of
/// principals that no rule knows, principals files that no policy names. 0 if there is nothing to
/// do, 1 for a warning, 2 if something is invalid.
///
/// `insides` are words BACKEND=INSIDE.TOML for insides that run elsewhere.
int check_all(const std::string& config, const std::vector<std::string>& insides,
              const policy::Output& to);

/// Adds `check`.
void add_check_command(Command& program);

}  // namespace sallyport::gateway
