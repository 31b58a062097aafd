#pragma once

#include <cstdint>

#include "wamp/base/instant.h"
#include "wamp/base/random.h"

namespace sallyport::backend_link {

/// Waiting times between connection attempts: full jitter below a bound that doubles from 100 ms to
/// 5 s, with no limit on the number of attempts. The first wait after a success is at most 100 ms,
/// so a link recovers within a second after its path does.
class Backoff {
public:
    explicit Backoff(wamp::Random random) noexcept : random_(random) {}
    wamp::Duration next() noexcept;
    void succeeded() noexcept { attempts_ = 0; }
    std::uint32_t attempts() const noexcept { return attempts_; }

private:
    wamp::Random random_;
    std::uint32_t attempts_ = 0;
};

}  // namespace sallyport::backend_link
