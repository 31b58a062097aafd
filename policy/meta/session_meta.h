#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "policy/meta/provider.h"

namespace sallyport::policy {

/// The session meta API of a door (W-SSM-01 to 04): who is in a realm, who joins and leaves it, and
/// who is to go. It speaks of the door's own sessions, and of those of the caller's realm alone;
/// links are none of them. Policy has let each request pass with the grant `meta`; ending sessions
/// needs a rule that names that procedure exactly. Knows nothing of addresses, and tells nothing of
/// them.
class SessionMeta : public MetaProvider {
public:
    explicit SessionMeta(Door& door) : door_(door) {}

    std::span<const MetaProcedure> procedures() const noexcept override;
    std::span<const std::string_view> topics() const noexcept override;
    std::span<const MetaFeature> features() const noexcept override;
    MetaAnswer call(MetaCall&& call) override;
    void on_joined(const Session& session, MetaTopics& topics, wamp::Deliveries& out) override;
    void on_left(const Session& session, bool publish_leave, MetaTopics& topics,
                 wamp::Deliveries& out) override;

private:
    MetaAnswer get(const MetaCall& call) const;
    MetaAnswer list(const MetaCall& call) const;
    MetaAnswer kill(const MetaCall& call) const;
    std::vector<const Session*> sessions_of(std::string_view realm) const;

    Door& door_;
};

}  // namespace sallyport::policy
