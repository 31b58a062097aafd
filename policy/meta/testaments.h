#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/meta/provider.h"
#include "wamp/base/random.h"

namespace sallyport::policy {

/// The testaments of a door's sessions (W-TST-01 to 03): what they want published when they end.
/// Policy has let each request pass with the grant `testaments`. Each testament is judged as a
/// publication by its session when it is added and again when the session has ended, by the policy
/// of that moment; bounds keep strangers from filling memory. Links have none: whom they speak for
/// may end without a word to us.
///
/// Payloads that it wants published hold until last_publications() is called again.
class Testaments : public MetaProvider {
public:
    static constexpr std::size_t per_session_max = 16;
    static constexpr std::size_t bytes_per_session_max = std::size_t{64} << 10;
    static constexpr std::size_t bytes_max = std::size_t{64} << 20;  ///< of all sessions

    Testaments(Door& door, wamp::Random random) : door_(door), random_(random) {}

    std::span<const MetaProcedure> procedures() const noexcept override;
    std::span<const MetaFeature> features() const noexcept override;
    MetaAnswer call(MetaCall&& call) override;

    /// What the session leaves that may pass now: first of scope "detached", then of scope
    /// "destroyed", each in the order in which they were added (W-TST-02).
    std::vector<Door::Request> last_publications(Session& session, wamp::Instant now) override;
    void drop_publications(wamp::SessionId session) noexcept override;

    std::size_t sessions() const noexcept { return by_session_.size(); }
    std::size_t bytes() const noexcept override { return bytes_; }

private:
    struct Testament {
        bool detached = false;
        wamp::Dict options;
        std::string topic;
        wamp::OwnedPayload payload;
        std::size_t bytes = 0;
    };
    struct SessionTestaments {
        std::vector<Testament> testaments;
        std::size_t bytes = 0;
    };
    struct Arguments;

    MetaAnswer add(const Session& from, Arguments& arguments);
    MetaAnswer flush(const Session& from, const Arguments& arguments);

    Door& door_;
    wamp::Random random_;
    std::unordered_map<wamp::SessionId, SessionTestaments> by_session_;
    std::size_t bytes_ = 0;
    std::vector<Testament> spent_;
};

}  // namespace sallyport::policy
