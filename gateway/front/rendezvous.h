#pragma once

#include <cstdint>
#include <string_view>

namespace sallyport::gateway {

/// How much the key belongs to the backend of that name: it is served by the one with the highest
/// weight (rendezvous hashing). So the keys of a backend that is lost are shared by the others, and
/// no other key moves. The same in every gateway and after a restart, and thus without a secret:
/// who chooses keys can have all of them served by one backend.
std::uint64_t rendezvous_weight(std::string_view key, std::string_view backend) noexcept;

}  // namespace sallyport::gateway
