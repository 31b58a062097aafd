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

/// A message without payload on which two policies may decide differently, with the rules of both
/// whose role, action and URI match.
struct DiffPlace {
    std::string_view role;
    std::string_view authid;
    Action action = Action::call;
    std::string uri;
    std::vector<const RuleText*> rules;  ///< of both files, without shadows
    bool others = false;                 ///< the role stands for all roles that no rule names
};

/// Walks through all messages that two policies may treat differently, component by component of
/// the URI, and skips subtrees in which both have the same rules. Each class of roles, authids and
/// URIs that the patterns of both files cannot distinguish is visited once, by one member. A named
/// role is visited only where its own rules or ${authrole} apply; elsewhere it is one of the
/// others.
class DiffWalk {
public:
    DiffWalk(const PolicyFile& before, const PolicyFile& after);

    using Report = std::function<void(const DiffPlace&)>;
    void run(const Report& report);

private:
    static constexpr std::size_t sides = 2;
    /// Allows and forbids are separate, as an unusable placeholder matches nothing in an allow and
    /// anything in a forbid.
    using Tries = std::array<PatternTrie, 2>;
    struct Side {
        const PolicyFile* file;
        Tries everyones;
        std::map<std::string, Tries, std::less<>> own;  ///< by role
        PatternTrie routes;
    };
    /// A trie node of the URI so far.
    struct Position {
        const PatternTrie* trie;
        std::uint32_t node;
        std::uint8_t side;
        bool own;  ///< of a rule for this role and not for all
        bool forbid;
        bool rules;  ///< a trie of rules; otherwise of routes or landmarks
    };
    using Positions = std::vector<Position>;
    enum class Bound : std::uint8_t { no, yes, unfit };

    void fill(Side& side, const PolicyFile& file);
    void choose_names();
    void walk_role(const std::string& role, bool others, Action action);
    void start(Positions& at, const Tries& tries, std::size_t side, bool own) const;
    void visit(const Positions& at);
    void descend(const Positions& at);
    void go(const Positions& at, std::string_view component, bool authid);
    void report(const Positions& at);
    std::vector<std::string_view> literals(const Positions& at) const;
    bool follows_authid(const Positions& at) const;
    bool concerns_role(const Positions& at) const;

    std::array<Side, sides> sides_;
    PatternTrie landmarks_;                     ///< URIs that the engine treats specially
    std::set<std::string, std::less<>> roles_;  ///< named by a rule
    std::vector<std::string> other_roles_;      ///< in patterns, but in no rule
    std::string fresh_;                         ///< a component that no pattern names
    std::string fresh_authid_;                  ///< an authid that no pattern names
    bool binds_authid_ = false;

    // State of the walk through one role and action.
    const Report* report_ = nullptr;
    Action action_ = Action::call;
    std::string role_;
    bool role_fits_ = true;
    bool others_ = false;
    Bound bound_ = Bound::no;
    std::string authid_;                      ///< if bound
    std::vector<std::string_view> excluded_;  ///< values that an unbound authid must not have
    std::vector<std::string_view> path_;
    std::array<std::uint64_t, sides> held_{};  ///< sum of the marks of matching prefixes
    std::vector<const RuleText*> held_rules_;
    std::size_t held_own_ = 0;
};

}  // namespace sallyport::policy
