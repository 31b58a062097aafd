#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "policy/file/file.h"
#include "policy/tools/analysis/pattern_trie.h"

namespace sallyport::policy {

/// A message, but for its payload, that two policies may decide on differently, with the rules of
/// both whose role, action and URI match.
struct DiffPlace {
    std::string_view role;
    std::string_view authid;
    Action action = Action::call;
    std::string uri;
    std::vector<const RuleText*> rules;  ///< of both files, without shadows
    bool others = false;  ///< the role is none that a rule names: it stands for all others
};

/// Walks through all messages that two policies tell apart, component by component of their URIs,
/// and leaves out all below which both say the same. Each class of roles, authids and URIs that the
/// patterns of both files cannot tell apart is met once, by one member. A named role is met only
/// where rules of its own, or ${authrole}, speak of it; elsewhere it is one of the others.
class DiffWalk {
public:
    DiffWalk(const PolicyFile& before, const PolicyFile& after);

    using Meet = std::function<void(const DiffPlace&)>;
    void run(const Meet& meet);

private:
    static constexpr std::size_t sides = 2;
    /// Allows and forbids apart, as an unfit placeholder is nothing to one and anything to the
    /// other.
    using Tries = std::array<PatternTrie, 2>;
    struct Side {
        const PolicyFile* file;
        Tries everyones;
        std::map<std::string, Tries, std::less<>> own;  ///< by role
        PatternTrie routes;
    };
    /// A node that the URI so far leads to.
    struct At {
        const PatternTrie* trie;
        std::uint32_t node;
        std::uint8_t side;
        bool own;  ///< of a rule that speaks of this role and not of all
        bool forbid;
        bool rules;  ///< of rules; routes and landmarks otherwise
    };
    using Ats = std::vector<At>;
    enum class Bound : std::uint8_t { no, yes, unfit };

    void fill(Side& side, const PolicyFile& file);
    void choose_names();
    void walk_role(const std::string& role, bool others, Action action);
    void start(Ats& at, const Tries& tries, std::size_t side, bool own) const;
    void visit(const Ats& at);
    void descend(const Ats& at);
    void go(const Ats& at, std::string_view component, bool authid);
    void meet(const Ats& at);
    std::vector<std::string_view> literals(const Ats& at) const;
    bool follows_authid(const Ats& at) const;
    bool concerns_role(const Ats& at) const;

    std::array<Side, sides> sides_;
    PatternTrie landmarks_;                     ///< URIs that the engine itself tells apart
    std::set<std::string, std::less<>> roles_;  ///< named by a rule
    std::vector<std::string> other_roles_;      ///< that no rule names, but patterns may tell apart
    std::string fresh_;                         ///< a component that no pattern names
    std::string fresh_authid_;                  ///< an authid that no pattern names
    bool binds_authid_ = false;

    // Of the walk through one role and action.
    const Meet* meet_ = nullptr;
    Action action_ = Action::call;
    std::string role_;
    bool role_fits_ = true;
    bool others_ = false;
    Bound bound_ = Bound::no;
    std::string authid_;                      ///< when bound
    std::vector<std::string_view> excluded_;  ///< what an unbound authid is not
    std::vector<std::string_view> path_;
    std::array<std::uint64_t, sides> held_{};  ///< sum of the marks of prefixes that match already
    std::vector<const RuleText*> held_rules_;
    std::size_t held_own_ = 0;
};

}  // namespace sallyport::policy
