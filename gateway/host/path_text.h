#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/document/diagnostic.h"

namespace sallyport::gateway {

/// A path of a configuration file and where it was written. Made absolute when the file was read.
struct PathText {
    std::string path;  ///< "" when absent
    policy::Place place;

    explicit operator bool() const noexcept { return !path.empty(); }
};

/// Why a unix socket cannot have that path, or nothing.
std::optional<std::string> unfit_for_unix_socket(std::string_view path);

}  // namespace sallyport::gateway
