#include <sys/random.h>

#include <cerrno>
#include <system_error>

#include "gateway/host/random_seed.h"

namespace sallyport::gateway {

wamp::Random::Seed random_seed() {
    wamp::Random::Seed seed{};
    if (::getrandom(seed.data(), seed.size(), 0) != static_cast<ssize_t>(seed.size())) {
        throw std::system_error(errno, std::generic_category(), "getrandom");
    }
    return seed;
}

}  // namespace sallyport::gateway
