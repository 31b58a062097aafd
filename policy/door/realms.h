#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/auth/join_terms.h"
#include "policy/door/sessions.h"
#include "policy/engine/realm_policy.h"

namespace sallyport::policy {

/// A realm with its policy and the terms of joining it.
struct DoorRealm {
    std::shared_ptr<const RealmPolicy> policy;
    std::shared_ptr<const JoinTerms> terms;
};

/// A realm of a door with its counters.
struct OpenRealm : DoorRealm {
    std::shared_ptr<RealmCounts> counts;  ///< of `policy`
};

/// The realms of a door in the active version.
class Realms {
public:
    explicit Realms(std::vector<DoorRealm> realms);

    /// Null if there is none of that name.
    std::shared_ptr<OpenRealm> find(std::string_view name) const noexcept;
    bool has(std::string_view name) const noexcept { return realms_.contains(name); }
    std::vector<std::string_view> names() const;
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (const auto& [name, realm] : realms_) visit(*realm);
    }

    /// Replaces the realms; rules keep their counts under their ids. Returns the policies that are
    /// new, in the order of `realms`.
    std::vector<const RealmPolicy*> replace(std::vector<DoorRealm> realms);

private:
    std::map<std::string, std::shared_ptr<OpenRealm>, std::less<>> realms_;
    std::uint64_t versions_ = 0;  ///< RealmCounts::version()
};

/// The realm of that name; null if there is none.
const DoorRealm* find_realm(std::span<const DoorRealm> realms, std::string_view name) noexcept;

}  // namespace sallyport::policy
