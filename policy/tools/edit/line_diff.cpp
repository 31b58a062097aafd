#include "policy/tools/edit/line_diff.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

namespace sallyport::policy {
namespace {

constexpr std::size_t lines_around = 3;

using Lines = std::vector<std::string_view>;

Lines lines_of(std::string_view text) {
    Lines lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return lines;
}

struct Range {
    std::size_t begin;
    std::size_t end;
};

/// Pairs equal lines of both texts in order: lines that are unique in both and in the longest
/// common order (patience diff), then adjacent equal lines.
class Pairing {
public:
    Pairing(const Lines& before, const Lines& after) : before_(before), after_(after) {}

    std::vector<std::pair<std::size_t, std::size_t>> run() {
        pair({0, before_.size()}, {0, after_.size()});
        return std::move(pairs_);
    }

private:
    void pair(Range a, Range b) {
        while (a.begin < a.end && b.begin < b.end && before_[a.begin] == after_[b.begin])
            pairs_.emplace_back(a.begin++, b.begin++);
        std::size_t tail = 0;
        while (a.begin + tail < a.end && b.begin + tail < b.end &&
               before_[a.end - tail - 1] == after_[b.end - tail - 1])
            ++tail;
        a.end -= tail;
        b.end -= tail;
        if (a.begin < a.end && b.begin < b.end) {
            Range rest_a = a;
            Range rest_b = b;
            for (const auto& [i, j] : anchors(a, b)) {
                pair({rest_a.begin, i}, {rest_b.begin, j});
                pairs_.emplace_back(i, j);
                rest_a.begin = i + 1;
                rest_b.begin = j + 1;
            }
            if (rest_a.begin != a.begin) pair(rest_a, rest_b);
        }
        for (std::size_t k = 0; k < tail; ++k) pairs_.emplace_back(a.end + k, b.end + k);
    }

    std::vector<std::pair<std::size_t, std::size_t>> anchors(Range a, Range b) const {
        struct Occurrences {
            std::size_t in_a = 0;
            std::size_t in_b = 0;
            std::size_t at_b = 0;
        };
        std::unordered_map<std::string_view, Occurrences> seen;
        for (std::size_t i = a.begin; i < a.end; ++i) ++seen[before_[i]].in_a;
        for (std::size_t j = b.begin; j < b.end; ++j) {
            const auto found = seen.find(after_[j]);
            if (found == seen.end()) continue;
            ++found->second.in_b;
            found->second.at_b = j;
        }
        // The longest increasing sequence of positions in b, found by patience sorting.
        struct Node {
            std::size_t i;
            std::size_t j;
            std::size_t previous;
        };
        std::vector<Node> nodes;
        std::vector<std::size_t> piles;
        for (std::size_t i = a.begin; i < a.end; ++i) {
            const Occurrences& line = seen.at(before_[i]);
            if (line.in_a != 1 || line.in_b != 1) continue;
            const auto pile = std::lower_bound(
                piles.begin(), piles.end(), line.at_b,
                [&nodes](std::size_t node, std::size_t j) { return nodes[node].j < j; });
            nodes.push_back({i, line.at_b, pile == piles.begin() ? SIZE_MAX : *(pile - 1)});
            if (pile == piles.end()) {
                piles.push_back(nodes.size() - 1);
            } else {
                *pile = nodes.size() - 1;
            }
        }
        std::vector<std::pair<std::size_t, std::size_t>> found;
        for (std::size_t node = piles.empty() ? SIZE_MAX : piles.back(); node != SIZE_MAX;
             node = nodes[node].previous)
            found.emplace_back(nodes[node].i, nodes[node].j);
        std::reverse(found.begin(), found.end());
        return found;
    }

    const Lines& before_;
    const Lines& after_;
    std::vector<std::pair<std::size_t, std::size_t>> pairs_;
};

struct Change {
    Range a;
    Range b;
};

std::vector<Change> changes_of(const Lines& before, const Lines& after) {
    auto pairs = Pairing(before, after).run();
    pairs.emplace_back(before.size(), after.size());
    std::vector<Change> changes;
    std::size_t i = 0;
    std::size_t j = 0;
    for (const auto& [a, b] : pairs) {
        if (a > i || b > j) changes.push_back({{i, a}, {j, b}});
        i = a + 1;
        j = b + 1;
    }
    return changes;
}

void append_line(std::string& out, char mark, std::string_view line) {
    out += mark;
    out += line;
    if (!line.ends_with('\n')) out += "\n\\ No newline at end of file\n";
}

std::string range_text(std::size_t begin, std::size_t count) {
    const std::size_t shown = count == 0 ? begin : begin + 1;
    return std::to_string(shown) + (count == 1 ? "" : "," + std::to_string(count));
}

}  // namespace

std::string line_diff(std::string_view before_text, std::string_view after_text,
                      const std::string& file) {
    const Lines before = lines_of(before_text);
    const Lines after = lines_of(after_text);
    const std::vector<Change> changes = changes_of(before, after);
    if (changes.empty()) return "";
    std::string out = "--- " + file + "\n+++ " + file + "\n";
    for (std::size_t first = 0; first < changes.size();) {
        std::size_t last = first;
        while (last + 1 < changes.size() &&
               changes[last + 1].a.begin - changes[last].a.end <= 2 * lines_around)
            ++last;
        const std::size_t context = std::min(lines_around, changes[first].a.begin);
        const std::size_t end = std::min(before.size(), changes[last].a.end + lines_around);
        const std::size_t begin_a = changes[first].a.begin - context;
        const std::size_t begin_b = changes[first].b.begin - context;
        const std::size_t end_b = changes[last].b.end + (end - changes[last].a.end);
        out += "@@ -" + range_text(begin_a, end - begin_a) + " +" +
               range_text(begin_b, end_b - begin_b) + " @@\n";
        std::size_t at = begin_a;
        for (; first <= last; ++first) {
            const Change& change = changes[first];
            for (; at < change.a.begin; ++at) append_line(out, ' ', before[at]);
            for (; at < change.a.end; ++at) append_line(out, '-', before[at]);
            for (std::size_t j = change.b.begin; j < change.b.end; ++j)
                append_line(out, '+', after[j]);
        }
        for (; at < end; ++at) append_line(out, ' ', before[at]);
    }
    return out;
}

}  // namespace sallyport::policy
