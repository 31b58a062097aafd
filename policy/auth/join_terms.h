#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "policy/auth/auth_section.h"
#include "policy/auth/roster.h"
#include "policy/engine/permit.h"
#include "wamp/message/message.h"

namespace sallyport::policy {

/// The methods by which a realm with that [auth] section and these methods of principals can be
/// joined.
Methods offered_methods(const AuthText& auth, Methods of_principals) noexcept;

/// What a door knows of how one realm is joined: the [auth] section of its policy file and the
/// roster of its principals, but no secret. The Authenticator of the realm has those. Immutable.
class JoinTerms {
public:
    static std::shared_ptr<const JoinTerms> make(const AuthText& auth, Roster roster);

    /// The method that this HELLO is to be answered with: the first of the client's list that this
    /// realm offers (W-AUT-01), regardless of the principal; nothing if it is refused.
    std::optional<Method> method_of(const wamp::Hello& hello) const;
    /// The reason of the ABORT for a HELLO without such a method.
    static std::string_view refusal_of(const wamp::Hello& hello);

    const std::string& anonymous_role() const noexcept { return anonymous_role_; }
    const FailureLimits& failures() const noexcept { return failures_; }
    const DynamicText* dynamic() const noexcept { return dynamic_ ? &*dynamic_ : nullptr; }
    /// Whether the procedure of [auth.dynamic] decides on this method.
    bool asks_for(Method method) const noexcept {
        return dynamic_ && dynamic_->methods.has(method);
    }

    /// Whether a principal that was admitted would be admitted again with that role and method.
    /// The procedure of [auth.dynamic] is not called again: its answer (`dynamic`) remains valid as
    /// long as the realm has that section.
    bool admits(const Principal& principal, bool dynamic) const;
    bool admits_anybody() const noexcept {
        return !anonymous_role_.empty() || roster_.has_principals() || dynamic_.has_value();
    }

private:
    std::string anonymous_role_;  ///< "" if anonymous sessions are refused
    Roster roster_;
    Methods offered_;
    FailureLimits failures_;
    std::optional<DynamicText> dynamic_;
};

}  // namespace sallyport::policy
