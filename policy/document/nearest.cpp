#include "policy/document/nearest.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "policy/document/diagnostic.h"

namespace sallyport::policy {
namespace {

constexpr std::size_t compared_bytes_max = 64;  // longer words are not compared
constexpr std::size_t listed_names_max = 16;

// Optimal string alignment distance: letters substituted, inserted, deleted, or two neighbours
// swapped.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> previous(b.size() + 1);
    std::vector<std::size_t> current(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        current[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t changed = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            current[j] = std::min({previous[j] + 1, current[j - 1] + 1, changed});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                current[j] = std::min(current[j], before[j - 2] + 1);
            }
        }
        before.swap(previous);
        previous.swap(current);
    }
    return previous[b.size()];
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> names) {
    if (word.empty() || word.size() > compared_bytes_max) return {};
    std::string_view best;
    std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (const std::string_view name : names) {
        if (name.size() > compared_bytes_max) continue;
        const std::size_t changes = distance(word, name);
        if (changes < best_distance) {
            best_distance = changes;
            best = name;
        }
    }
    return best;
}

std::string suggestion(std::string_view word, std::span<const std::string_view> names,
                       std::string_view what) {
    if (const std::string_view name = nearest(word, names); !name.empty()) {
        return "did you mean " + quoted(name) + "?";
    }
    if (names.empty()) return "there are no " + std::string(what);
    std::string list = "known " + std::string(what) + ": ";
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i == listed_names_max) return list + ", …";
        if (i != 0) list += ", ";
        list += names[i];
    }
    return list;
}

}  // namespace sallyport::policy
