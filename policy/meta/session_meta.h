#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "policy/meta/provider.h"

namespace sallyport::policy {

/// The session meta API of a door (W-SSM-01 to 04): lists and ends the sessions of a realm, and
/// publishes joins and leaves. Covers only the door's sessions in the caller's realm, without
/// links. The policy has allowed each request with the grant `meta`; ending sessions needs a rule
/// that names that procedure exactly. It has no access to addresses and reveals none.
class SessionMeta : public MetaProvider {
public:
    /// Of the message for those whose sessions a call ends, which may be many.
    static constexpr std::size_t message_bytes_max = 1024;

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
