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

/// The testaments of a door's sessions (W-TST-01 to 03): publications that are made when they end.
/// The policy has allowed each request with the grant `testaments`. Each testament is decided on as
/// a publication of its session when it is added, and again when the session has ended, by the
/// policy then active; limits keep clients from filling the memory. Links have none, as the end of
/// a conveyed session is not reported.
///
/// Payloads of its publications are valid until last_publications() is called again.
class Testaments : public MetaProvider {
public:
    static constexpr std::size_t per_session_max = 16;
    static constexpr std::size_t bytes_per_session_max = std::size_t{64} << 10;
    static constexpr std::size_t bytes_max = std::size_t{64} << 20;  ///< of all sessions

    Testaments(Door& door, wamp::Random random) : door_(door), random_(random) {}

    std::span<const MetaProcedure> procedures() const noexcept override;
    std::span<const MetaFeature> features() const noexcept override;
    MetaAnswer call(MetaCall&& call) override;

    /// The session's testaments that are allowed now: first those of scope "detached", then those
    /// of scope "destroyed", each in the order in which they were added (W-TST-02).
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
