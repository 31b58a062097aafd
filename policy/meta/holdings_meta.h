#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "policy/meta/holding_book.h"
#include "policy/meta/provider.h"
#include "wamp/message/holding_change.h"

namespace sallyport::policy {

/// The registration meta API (W-RMA-01 to 05) or the subscription meta API (W-SMA-01 to 04) of a
/// door: what its sessions in the caller's realm hold, under the ids that they were told. Whoever
/// asks sees what he holds himself, or what the policy allows him to use: to subscribe or publish
/// to, or to register or call. Anything else does not exist for him (decision 0002).
class HoldingsMeta : public MetaProvider {
public:
    enum class Kind : std::uint8_t { registrations, subscriptions };

    HoldingsMeta(Kind kind, const HoldingBook& book) : kind_(kind), book_(book) {}

    std::span<const MetaProcedure> procedures() const noexcept override;
    std::span<const std::string_view> topics() const noexcept override;
    std::span<const MetaFeature> features() const noexcept override;
    MetaAnswer call(MetaCall&& call) override;

    using Object = HoldingBook::Object;
    /// Whether the object, of that kind, exists for the session.
    static bool may_see(const Session& session, Kind kind, const Object& object);
    /// The events of a change that was applied, in their order.
    static void publish(const Session& holder, const wamp::HoldingChange& change,
                        const HoldingBook::Applied& applied, MetaTopics& topics,
                        wamp::Deliveries& out);

private:
    MetaAnswer list(const MetaCall& call) const;
    MetaAnswer look_up(const MetaCall& call) const;
    MetaAnswer match(const MetaCall& call) const;
    const HoldingBook::Objects& objects_for(const MetaCall& call) const noexcept;

    Kind kind_;
    const HoldingBook& book_;
};

}  // namespace sallyport::policy
