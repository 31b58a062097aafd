#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/client/payload.h"
#include "gateway/client/run.h"

namespace sallyport::gateway {

/// `sallyport ping`: joins, and calls the procedure so many times, one after the other; none if it
/// is "". Once it has joined, `times` has how long that took; it ends as `call` does.
class PingRun final : public ClientRun {
public:
    struct Times {
        Marks marks;
        std::vector<wamp::Duration> calls;  ///< those that were answered with a result
    };
    /// `times` must live as long as this.
    PingRun(ClientOptions options, std::string procedure, Arguments arguments, std::uint64_t count,
            Times& times);

private:
    void on_joined() override;
    void on_dispatch(wamp::Message& message) override;
    void call();

    std::string procedure_;
    Arguments arguments_;
    std::uint64_t left_;
    Times& times_;
    wamp::Instant called_{};
};

}  // namespace sallyport::gateway
