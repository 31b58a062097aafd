// Everything the core must not do, in one object: the purity check has to find each of these
// symbols.
#include <pthread.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

#include <chrono>
#include <cstdint>
#include <random>

namespace sallyport::layout {

void* planted_thread(void* argument) {
    return argument;
}

std::int64_t planted_impurity() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    pthread_t thread{};
    pthread_create(&thread, nullptr, planted_thread, nullptr);
    std::uint64_t value = 0;
    const auto drawn = getrandom(&value, sizeof value, 0);
    std::random_device device;
    return now.tv_nsec + drawn + socket(AF_INET, SOCK_STREAM, 0) +
           static_cast<std::int64_t>(value) + static_cast<std::int64_t>(device()) +
           std::chrono::steady_clock::now().time_since_epoch().count();
}

}  // namespace sallyport::layout
