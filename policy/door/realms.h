#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/auth/authenticator.h"
#include "policy/door/sessions.h"
#include "policy/engine/realm_policy.h"

namespace sallyport::policy {

/// Who may enter one realm, and what for.
struct DoorRealm {
    std::shared_ptr<const RealmPolicy> policy;
    std::shared_ptr<const Authenticator> authenticator;
};

/// A realm of a door, with what is counted for it.
struct OpenRealm : DoorRealm {
    std::shared_ptr<RuleHits> hits;  ///< of the rules of `policy`
};

/// The realms of a door in the version that decides.
class Realms {
public:
    explicit Realms(std::vector<DoorRealm> realms);

    /// Null when there is none of that name.
    std::shared_ptr<OpenRealm> find(std::string_view name) const noexcept;
    bool has(std::string_view name) const noexcept { return realms_.contains(name); }
    std::vector<std::string_view> names() const;

    /// From here on these are the realms; rules keep their hits under their ids. The policies that
    /// were not there before, in the order of `realms`.
    std::vector<const RealmPolicy*> replace(std::vector<DoorRealm> realms);

private:
    std::map<std::string, std::shared_ptr<OpenRealm>, std::less<>> realms_;
};

/// The realm of that name; null when there is none.
const DoorRealm* find_realm(std::span<const DoorRealm> realms, std::string_view name) noexcept;

/// Whether somebody who was let in would be let in again. The answer of a procedure is not asked
/// for again: it stands as long as the realm has [auth.dynamic].
bool admits(const Authenticator& authenticator, const Principal& principal, bool dynamic) noexcept;

}  // namespace sallyport::policy
