#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "gateway/supervision/effect.h"

namespace sallyport::gateway::supervision {

/// The worker's requests to connect a backend, each answered by `connected BACKEND` or `failed
/// BACKEND WHY`. There is at most one attempt for a backend; a request during it is answered
/// together with the first. The connection of an attempt for an earlier worker, or of one that ends
/// during shutdown, is closed.
class DialRequests {
public:
    enum class Target : std::uint8_t {
        inside,   ///< embedded: connected by a socket pair
        address,  ///< dialled
        none,     ///< it connects to the gateway
    };

    /// By number of the backend.
    explicit DialRequests(const std::vector<Target>& targets);
    /// After a reload. Numbers are not used again: those of removed backends are not dialled any
    /// more, and new ones follow.
    void set_targets(const std::vector<Target>& targets);

    void on_request(std::uint32_t backend, bool inside_runs, Outbox& out);
    void on_connected(AttemptId attempt, Outbox& out);
    void on_failed(AttemptId attempt, std::string_view why, Outbox& out);
    void on_worker_exit();
    void stop();

private:
    static constexpr AttemptId none = 0;
    struct Backend {
        Target target;
        AttemptId attempt = none;
    };

    Backend* find(AttemptId attempt) noexcept;
    std::uint32_t number_of(const Backend& backend) const noexcept;

    std::vector<Backend> backends_;
    AttemptId last_attempt_ = none;
    bool stopped_ = false;
};

}  // namespace sallyport::gateway::supervision
