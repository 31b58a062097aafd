#include "gateway/host/path_text.h"

#include "backend-link/link/local_address.h"

namespace sallyport::gateway {

std::optional<std::string> unfit_for_unix_socket(std::string_view path) {
    if (path.empty()) return "has no path";
    if (path.find('\0') != std::string_view::npos) return "has a NUL byte in its path";
    if (path.size() > backend_link::unix_path_bytes_max) {
        return "has a path of " + std::to_string(path.size()) + " bytes; the maximum is " +
               std::to_string(backend_link::unix_path_bytes_max);
    }
    return std::nullopt;
}

}  // namespace sallyport::gateway
