#include "policy/tools/analysis/pattern_trie.h"

#include <algorithm>

namespace sallyport::policy {
namespace {

using Literal = std::pair<std::string_view, std::uint32_t>;

bool before(const Literal& a, std::string_view text) noexcept {
    return a.first < text;
}

}  // namespace

std::uint32_t PatternTrie::find(std::uint32_t node, std::string_view literal) const noexcept {
    const auto& literals = nodes_[node].literals;
    const auto found = std::lower_bound(literals.begin(), literals.end(), literal, before);
    return found != literals.end() && found->first == literal ? found->second : 0;
}

std::uint32_t PatternTrie::child(std::uint32_t node, const PatternComponent& component) {
    const auto next = static_cast<std::uint32_t>(nodes_.size());
    std::uint32_t* slot = nullptr;
    switch (component.kind) {
        case PatternComponent::Kind::literal: {
            auto& literals = nodes_[node].literals;
            const auto place =
                std::lower_bound(literals.begin(), literals.end(), component.text, before);
            if (place != literals.end() && place->first == component.text) return place->second;
            literals.insert(place, {component.text, next});
            break;
        }
        case PatternComponent::Kind::authid:
            slot = &nodes_[node].authid;
            break;
        case PatternComponent::Kind::authrole:
            slot = &nodes_[node].authrole;
            break;
        case PatternComponent::Kind::any:
            slot = &nodes_[node].any;
            break;
    }
    if (slot != nullptr) {
        if (*slot != 0) return *slot;
        *slot = next;
    }
    nodes_.emplace_back();
    parents_.push_back(node);
    return next;
}

void PatternTrie::add(const Pattern& pattern, const Line& line) {
    std::uint32_t node = root;
    for (const PatternComponent& component : pattern.components()) node = child(node, component);
    (pattern.is_open() ? nodes_[node].opens : nodes_[node].ends).push_back(line);
}

// Children come after their parents.
void PatternTrie::seal() {
    for (std::size_t at = nodes_.size(); at-- > 0;) {
        Node& node = nodes_[at];
        Node* const parent = at == root ? nullptr : &nodes_[parents_[at]];
        node.has_authrole = node.has_authrole || node.authrole != 0;
        for (std::size_t action = 0; action < node.below.size(); ++action) {
            const auto sum = [action](const std::vector<Line>& lines) {
                std::uint64_t marks = 0;
                for (const Line& line : lines)
                    marks += line.actions.has(static_cast<Action>(action)) ? line.mark : 0;
                return marks;
            };
            node.below[action] += sum(node.opens);
            if (parent != nullptr) parent->below[action] += node.below[action] + sum(node.ends);
        }
        if (parent != nullptr && node.has_authrole) parent->has_authrole = true;
    }
}

}  // namespace sallyport::policy
