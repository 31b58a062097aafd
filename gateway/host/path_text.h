#pragma once

#include <cstddef>
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

/// The most bytes of a unix socket's path. Tor accepts a longer one without an error and never
/// connects.
inline constexpr std::size_t unix_path_bytes_max = 107;

/// Why a unix socket cannot have that path, or nothing.
std::optional<std::string> unfit_for_unix_socket(std::string_view path);

}  // namespace sallyport::gateway
