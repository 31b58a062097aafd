#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/file.h"
#include "policy/pattern.h"

namespace sallyport::policy {

/// Patterns by their components, one node for each beginning that they have; for tools, which walk
/// through all URIs that patterns tell apart. Each pattern stands for a line, a number of the
/// caller's. Texts are borrowed.
class PatternTrie {
public:
    struct Line {
        std::uint32_t line;
        std::uint64_t mark;  ///< tells what the line says from what other lines say
        Actions actions;
    };
    struct Node {
        std::vector<std::pair<std::string_view, std::uint32_t>> literals;  ///< sorted; to nodes
        std::uint32_t authid = 0;    ///< the node below ${authid}; 0: none, as the root is no child
        std::uint32_t authrole = 0;  ///< below ${authrole}
        std::uint32_t any = 0;       ///< below an empty component
        std::vector<Line> ends;      ///< whose pattern matches just this
        std::vector<Line> opens;     ///< whose pattern matches all that is longer
        /// Sums of the marks of lines that match something longer than this, by action.
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

private:
    std::uint32_t child(std::uint32_t node, const PatternComponent& component);

    std::vector<Node> nodes_;
    std::vector<std::uint32_t> parents_{0};
};

}  // namespace sallyport::policy
