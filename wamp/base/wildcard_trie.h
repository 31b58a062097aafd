#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::wamp {

/// Wildcard patterns by their components. A match walks only through nodes that begin like the URI,
/// so patterns below one name cost nothing for URIs below another. It visits at most one node per
/// pattern and component. Must not be changed during a visit. `Value{}` means "no value".
template <class Value>
class WildcardTrie {
public:
    WildcardTrie() : nodes_(1) {}

    std::size_t size() const noexcept { return size_; }

    Value find(std::string_view pattern) const noexcept {
        NodeId node = root;
        for (Components rest(pattern); rest.next();) {
            node = child(node, rest.component());
            if (node == none) return Value{};
        }
        return nodes_[node].value;
    }

    /// The pattern is not in the trie yet.
    void insert(std::string_view pattern, Value value) {
        NodeId node = root;
        for (Components rest(pattern); rest.next();) {
            const NodeId known = child(node, rest.component());
            node = known != none ? known : add_child(node, rest.component());
        }
        nodes_[node].value = std::move(value);
        ++size_;
    }

    void erase(std::string_view pattern) noexcept {
        // Parents, and the component that leads to each child.
        std::vector<std::pair<NodeId, std::string_view>> path;
        NodeId node = root;
        for (Components rest(pattern); rest.next();) {
            path.emplace_back(node, rest.component());
            node = child(node, rest.component());
            if (node == none) return;
        }
        if (nodes_[node].value == Value{}) return;
        nodes_[node].value = Value{};
        --size_;
        for (; !path.empty() && nodes_[node].is_unused(); path.pop_back()) {
            const auto [parent, component] = path.back();
            remove_child(parent, component, node);
            node = parent;
        }
    }

    /// Calls `visit` with the value of each pattern that matches `uri`, until it returns true. A
    /// literal component comes before a wildcard at the first place where two patterns differ:
    /// W-PBR-02's order, best first. Returns whether `visit` did.
    template <class Visit>
    bool visit(std::string_view uri, Visit&& visit) const {
        if (size_ == 0) return false;
        reached_.assign(1, root);
        for (Components rest(uri); rest.next();) {
            const std::size_t hash = std::hash<std::string_view>{}(rest.component());
            next_.clear();
            for (const NodeId node : reached_) {
                if (nodes_[node].literals > 0) {
                    const auto edge = edges_.find(EdgeView{node, rest.component(), hash});
                    if (edge != edges_.end()) next_.push_back(edge->second);
                }
                if (nodes_[node].wildcard != none) next_.push_back(nodes_[node].wildcard);
            }
            if (next_.empty()) return false;
            reached_.swap(next_);
        }
        for (const NodeId node : reached_) {
            const Value& value = nodes_[node].value;
            if (value != Value{} && visit(value)) return true;
        }
        return false;
    }

    template <class Visit>
    void visit_all(Visit&& visit) const {
        for (const Node& node : nodes_) {
            if (node.value != Value{}) visit(node.value);
        }
    }

private:
    using NodeId = std::uint32_t;
    static constexpr NodeId root = 0;
    static constexpr NodeId none = UINT32_MAX;

    struct Node {
        Value value{};
        NodeId wildcard = none;      ///< the child for any component
        std::uint32_t literals = 0;  ///< number of children for a literal component

        bool is_unused() const noexcept {
            return value == Value{} && wildcard == none && literals == 0;
        }
    };
    struct Edge {
        NodeId from;
        std::string component;
    };
    struct EdgeView {
        NodeId from;
        std::string_view component;
        std::size_t hash;  ///< of the component
    };
    struct EdgeHash {
        using is_transparent = void;
        static std::size_t mix(NodeId from, std::size_t hash) noexcept {
            return hash ^ (std::size_t{from} * 0x9E3779B97F4A7C15U);
        }
        std::size_t operator()(const Edge& edge) const noexcept {
            return mix(edge.from, std::hash<std::string_view>{}(edge.component));
        }
        std::size_t operator()(const EdgeView& edge) const noexcept {
            return mix(edge.from, edge.hash);
        }
    };
    struct EdgeEqual {
        using is_transparent = void;
        template <class A, class B>
        bool operator()(const A& a, const B& b) const noexcept {
            return a.from == b.from && a.component == b.component;
        }
    };

    /// The components of a URI or pattern, one after the other; there is at least one.
    class Components {
    public:
        explicit Components(std::string_view text) noexcept : rest_(text) {}
        bool next() noexcept {
            if (ended_) return false;
            const std::size_t dot = rest_.find('.');
            ended_ = dot == std::string_view::npos;
            component_ = rest_.substr(0, dot);
            if (!ended_) rest_.remove_prefix(dot + 1);
            return true;
        }
        std::string_view component() const noexcept { return component_; }

    private:
        std::string_view rest_;
        std::string_view component_;
        bool ended_ = false;
    };

    static EdgeView view(NodeId from, std::string_view component) noexcept {
        return {from, component, std::hash<std::string_view>{}(component)};
    }

    /// An empty component of a pattern is a wildcard.
    NodeId child(NodeId from, std::string_view component) const noexcept {
        if (component.empty()) return nodes_[from].wildcard;
        const auto edge = edges_.find(view(from, component));
        return edge != edges_.end() ? edge->second : none;
    }

    NodeId add_child(NodeId from, std::string_view component) {
        NodeId added = static_cast<NodeId>(nodes_.size());
        if (free_.empty()) {
            nodes_.emplace_back();
        } else {
            added = free_.back();
            free_.pop_back();
        }
        if (component.empty()) {
            nodes_[from].wildcard = added;
        } else {
            edges_.emplace(Edge{from, std::string(component)}, added);
            ++nodes_[from].literals;
        }
        return added;
    }

    void remove_child(NodeId from, std::string_view component, NodeId child) noexcept {
        if (component.empty()) {
            nodes_[from].wildcard = none;
        } else {
            edges_.erase(edges_.find(view(from, component)));
            --nodes_[from].literals;
        }
        free_.push_back(child);
    }

    std::vector<Node> nodes_;
    std::vector<NodeId> free_;
    boost::unordered_flat_map<Edge, NodeId, EdgeHash, EdgeEqual> edges_;
    std::size_t size_ = 0;
    mutable std::vector<NodeId> reached_;  ///< scratch
    mutable std::vector<NodeId> next_;     ///< scratch
};

}  // namespace sallyport::wamp
