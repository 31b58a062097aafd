#include "gateway/front/rendezvous.h"

namespace sallyport::gateway {
namespace {

/// FNV-1a.
std::uint64_t hash_of(std::string_view text, std::uint64_t hash) noexcept {
    for (const char letter : text) {
        hash ^= static_cast<unsigned char>(letter);
        hash *= 0x100000001B3u;
    }
    return hash;
}

/// The finalizer of splitmix64, as FNV-1a mixes the last letters little.
std::uint64_t mixed(std::uint64_t value) noexcept {
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
    return value ^ (value >> 31);
}

}  // namespace

std::uint64_t rendezvous_weight(std::string_view key, std::string_view backend) noexcept {
    return mixed(hash_of(key, mixed(hash_of(backend, 0xCBF29CE484222325u))));
}

}  // namespace sallyport::gateway
