#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/engine/pattern.h"
#include "policy/file/file.h"

namespace sallyport::policy {

/// A trie of patterns by component, for tools that walk through all URIs which patterns
/// distinguish. Each pattern belongs to a line, a number chosen by the caller. Texts are borrowed.
class PatternTrie {
public:
    struct Line {
        std::uint32_t line;
        std::uint64_t mark;  ///< distinguishes the content of the line from that of other lines
        Actions actions;
    };
    struct Node {
        std::vector<std::pair<std::string_view, std::uint32_t>> literals;  ///< sorted; to nodes
        /// The node below ${authid}; 0: none, as the root is never a child.
        std::uint32_t authid = 0;
        std::uint32_t authrole = 0;  ///< below ${authrole}
        std::uint32_t any = 0;       ///< below an empty component
        std::vector<Line> ends;      ///< lines whose pattern matches exactly this
        std::vector<Line> opens;     ///< lines whose pattern matches everything longer
        /// Sums of the marks of lines that match something longer, by action.
        std::array<std::uint64_t, 4> below{};
        bool has_authrole = false;  ///< here or further below
    };

    PatternTrie() : nodes_(1) {}

    void add(const Pattern& pattern, const Line& line);
    /// After the last add().
    void seal();

    static constexpr std::uint32_t root = 0;
    const Node& operator[](std::uint32_t node) const noexcept { return nodes_[node]; }
    /// The node below a literal; 0 when there is none.
    std::uint32_t find(std::uint32_t node, std::string_view literal) const noexcept;

    /// Calls `visit` with each line that may match a URI in common with the pattern, where a
    /// placeholder matches anything; once for each pattern of a line.
    template <class Visit>
    void for_each_overlapping(const Pattern& pattern, const Visit& visit) const {
        visit_overlapping(root, pattern, 0, visit);
    }

private:
    std::uint32_t child(std::uint32_t node, const PatternComponent& component);

    template <class Go>
    void each_child(std::uint32_t node, const Go& go) const {
        const Node& at = nodes_[node];
        for (const auto& [text, child] : at.literals) go(child);
        for (const std::uint32_t child : {at.authid, at.authrole, at.any}) {
            if (child != 0) go(child);
        }
    }

    template <class Visit>
    void visit_overlapping(std::uint32_t node, const Pattern& pattern, std::size_t depth,
                           const Visit& visit) const {
        const Node& at = nodes_[node];
        const auto& components = pattern.components();
        const auto on = [&](std::uint32_t child) {
            visit_overlapping(child, pattern, depth + 1, visit);
        };
        const bool ended = depth >= components.size();
        if (!ended || pattern.is_open()) {
            for (const Line& line : at.opens) visit(line.line);
        }
        if (depth > components.size() || (depth == components.size() && !pattern.is_open())) {
            for (const Line& line : at.ends) visit(line.line);
        }
        if (ended) {
            if (pattern.is_open()) each_child(node, on);
            return;
        }
        if (components[depth].kind != PatternComponent::Kind::literal) {
            each_child(node, on);
            return;
        }
        for (const std::uint32_t child :
             {find(node, components[depth].text), at.authid, at.authrole, at.any}) {
            if (child != 0) on(child);
        }
    }

    std::vector<Node> nodes_;
    std::vector<std::uint32_t> parents_{0};
};

}  // namespace sallyport::policy
