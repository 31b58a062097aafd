#pragma once

#include <string>

#include "gateway/page/form.h"
#include "gateway/page/operator_page.h"

namespace sallyport::gateway {

/// What there is to show of the program of that gateway.toml or inside.toml, whether it runs or
/// not: everything but the acts and their notice. Of the audit log, its last MiB is read. Throws
/// StartError if the configuration cannot be read.
PageContent page_content(const std::string& config_file);

/// Does what a form asks for, and returns what to tell about it: `reload`, `rollback`, `drain` and
/// `undrain` of the link "name", `disable` of the principal "name" in "file", which has to be one
/// of the running version.
std::string act_on(const std::string& config_file, const Form& form);

}  // namespace sallyport::gateway
