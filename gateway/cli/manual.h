#pragma once

#include <string>
#include <vector>

#include "gateway/cli/arguments.h"

namespace sallyport::gateway {

struct ManualPage {
    std::string name;  ///< "sallyport-policy-check.1"
    std::string text;  ///< in the macros of man(7)
};

/// A page for the program and for each of its public commands, from the declarations that also make
/// `--help`.
std::vector<ManualPage> manual_pages(const Command& program);

/// Adds the hidden `sallyport manual FOLDER`, which the build runs.
void add_manual_command(Command& program);

}  // namespace sallyport::gateway
