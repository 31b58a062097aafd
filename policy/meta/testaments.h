#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/door/door.h"
#include "wamp/base/random.h"
#include "wamp/message/deliveries.h"

namespace sallyport::policy {

/// The testaments of a door's sessions (W-TST-01 to 03): what they want published when they end.
/// Policy has let each request pass with the grant `testaments`. Each testament is judged as a
/// publication by its session when it is added and again when the session has ended, by the policy
/// of that moment; bounds keep strangers from filling memory. Links have none: whom they speak for
/// may end without a word to us.
///
/// Payloads that it wants delivered or published hold until the next call.
class Testaments {
public:
    static constexpr std::size_t per_session_max = 16;
    static constexpr std::size_t bytes_per_session_max = std::size_t{64} << 10;
    static constexpr std::size_t bytes_max = std::size_t{64} << 20;  ///< of all sessions

    Testaments(Door& door, wamp::Random random) : door_(door), random_(random) {}

    /// `roles` of WELCOME with this API in it.
    static wamp::Dict announced(wamp::Dict roles);

    /// Whether the request is a call of one of the two procedures.
    static bool serves(const wamp::Message& message) noexcept;

    /// Answers a request that it serves.
    void handle(const Door::Request& request, wamp::Instant now, wamp::Deliveries& out);

    /// The session has ended, and is not forgotten yet: what it leaves that may pass now, first of
    /// scope "detached", then of scope "destroyed", each in the order in which they were added
    /// (W-TST-02).
    std::vector<Door::Request> left(wamp::SessionId session, wamp::Instant now);
    /// The session has ended in a way that nothing is published for.
    void forget(wamp::SessionId session) noexcept;

    std::size_t sessions() const noexcept { return wills_.size(); }
    std::size_t bytes() const noexcept { return bytes_; }

private:
    struct Testament {
        bool detached = false;
        wamp::Dict options;
        std::string topic;
        wamp::OwnedPayload payload;
        std::size_t bytes = 0;
    };
    struct Will {
        std::vector<Testament> testaments;
        std::size_t bytes = 0;
    };
    struct Asked;

    /// The error that is due, or "" and a result.
    std::string_view add(const Session& from, Asked& asked, wamp::Instant now, wamp::Value& result);
    std::string_view flush(const Session& from, const Asked& asked, wamp::Value& result);

    Door& door_;
    wamp::Random random_;
    std::unordered_map<wamp::SessionId, Will> wills_;
    std::size_t bytes_ = 0;
    std::vector<Testament> spent_;
    wamp::OwnedPayload kept_;
};

}  // namespace sallyport::policy
