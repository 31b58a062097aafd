#pragma once

#include <span>
#include <string_view>

#include "policy/meta/provider.h"

namespace sallyport::policy {

/// The topics on which a door tells that a link goes down or is up again. The owner of the door
/// publishes them (Gate::publish_own()).
class LinkMeta final : public MetaProvider {
public:
    static constexpr std::string_view on_down = "sallyport.link.on_down";
    static constexpr std::string_view on_up = "sallyport.link.on_up";

    std::span<const MetaProcedure> procedures() const noexcept override { return {}; }
    std::span<const std::string_view> topics() const noexcept override;
    std::span<const MetaFeature> features() const noexcept override { return {}; }

    MetaAnswer call(MetaCall&& call) override;
};

}  // namespace sallyport::policy
