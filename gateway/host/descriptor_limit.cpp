#include "gateway/host/descriptor_limit.h"

#include <sys/resource.h>

#include <algorithm>
#include <limits>
#include <string>

#include "gateway/host/start_error.h"

namespace sallyport::gateway {

namespace {

std::uint64_t limit_in_force() noexcept {
    rlimit limit{};
    return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? std::uint64_t{limit.rlim_cur} : 0;
}

}  // namespace

std::uint64_t raise_descriptor_limit() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
    return limit_in_force();
}

void require_descriptors(std::size_t clients, std::uint64_t limit, const policy::Place& place) {
    const std::uint64_t needed = clients + descriptors_beside_clients;
    if (needed <= limit) return;
    const std::string raise = "raise that limit with `ulimit -n " + std::to_string(needed) +
                              "` or LimitNOFILE=" + std::to_string(needed) + " in the systemd unit";
    throw StartError(
        place,
        "limits.sessions = " + std::to_string(clients) + " needs " + std::to_string(needed) +
            " file descriptors, but this process may have only " + std::to_string(limit),
        limit > descriptors_beside_clients ? raise + ", or set limits.sessions to at most " +
                                                 std::to_string(limit - descriptors_beside_clients)
                                           : raise);
}

int first_reserved_descriptor() noexcept {
    const auto limit = static_cast<std::int64_t>(std::min<std::uint64_t>(
        limit_in_force(), static_cast<std::uint64_t>(std::numeric_limits<int>::max())));
    return static_cast<int>(std::max<std::int64_t>(limit - descriptors_reserved, 0));
}

}  // namespace sallyport::gateway
