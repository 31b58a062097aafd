#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>

#include "policy/file/file.h"
#include "policy/tools/analysis/argument_cases.h"
#include "policy/tools/analysis/diff_walk.h"

namespace sallyport::policy {

/// Names the reason why two policies decide differently on one message, so that each change of a
/// rule gets an example of its own: the bound or literal of one version that the message violates,
/// or the URI that only one of them has. The names are not shown; equal names mean the same change.
/// Borrows the files.
class Causes {
public:
    Causes(const PolicyFile& before, const PolicyFile& after);

    static constexpr std::string_view condition = "condition ";  ///< prefix of each single cause
    static constexpr std::string_view several = "several";       ///< several conditions at once

    /// `before` and `after` are the deciding rules, "" for none.
    std::string of(const DiffPlace& place, const ArgumentCase& arguments, const std::string& before,
                   const std::string& after) const;

private:
    static constexpr std::size_t sides = 2;
    using ById = std::map<std::string_view, const RuleText*, std::less<>>;

    const RuleText* rule(std::size_t side, std::string_view id) const;
    std::string on_side(std::size_t side, const DiffPlace& place, const ArgumentCase& arguments,
                        const std::string& decider) const;
    std::string of_renamed(std::size_t side, const DiffPlace& place, const ArgumentCase& arguments,
                           const RuleText& decider) const;

    std::array<ById, sides> by_id_;
};

}  // namespace sallyport::policy
