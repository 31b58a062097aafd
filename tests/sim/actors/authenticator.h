#pragma once

#include <optional>

#include "tests/sim/actors/client.h"

namespace sallyport::sim {

/// What a service answers to those who ask whether somebody may join ([auth.dynamic]): mostly what
/// is right, at times what must not be believed.
struct LoginAnswer {
    std::optional<wamp::Value> result{};  ///< nothing: an error
    Duration delay{};
    bool never = false;
};
LoginAnswer answer_login(const Client& client, const wamp::Invocation& invocation);

}  // namespace sallyport::sim
