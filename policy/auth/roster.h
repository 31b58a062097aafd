#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/auth/principals.h"
#include "policy/engine/permit.h"

namespace sallyport::policy {

/// What a door needs of a principals file, without a secret: the methods that somebody may use, and
/// a mark for each principal, role and method that go together, so that a reload can end the
/// sessions of principals that it has removed without asking anybody. A mark does not tell whose it
/// is, but it can be checked for a name that is known.
class Roster {
public:
    /// `text` is that of the principals file.
    static Roster of(const Principals& principals, std::string_view text);
    /// One line for each mark after three of head.
    std::string to_text() const;
    static std::optional<Roster> parse(std::string_view text);

    /// The hash of the principals file, in hex: part of the version of the policy.
    const std::string& id() const noexcept { return id_; }
    /// The methods of all principals, disabled ones too.
    Methods methods() const noexcept { return methods_; }
    /// Whether there are principals, disabled ones too.
    bool has_principals() const noexcept { return !methods_.empty(); }
    /// Whether the principals file has such a principal, not disabled, with this role and a
    /// credential for the method.
    bool lists(const Principal& principal) const;

    bool operator==(const Roster&) const = default;

private:
    std::string mark_of(std::string_view authid, std::string_view role,
                        std::string_view method) const;

    std::string id_;
    Methods methods_;
    std::vector<std::string> marks_;  ///< in hex, sorted
};

}  // namespace sallyport::policy
