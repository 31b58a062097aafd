#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/document/diagnostic.h"

namespace sallyport::gateway {

/// A path of a configuration file and its position there. Made absolute when the file is read.
struct PathText {
    std::string path;  ///< "" when absent
    policy::Place place;

    explicit operator bool() const noexcept { return !path.empty(); }
};

/// Why the path is invalid for a unix socket; nothing if it is valid.
std::optional<std::string> unfit_for_unix_socket(std::string_view path);

}  // namespace sallyport::gateway
