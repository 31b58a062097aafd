#include "policy/tools/import/crossbar.h"

namespace sallyport::policy {

void CrossbarRole::seal() {
    keys_.clear();
    wildcards_.clear();
    for (const CrossbarPermission& permission : permissions) {
        const auto gap = permission.uri.find("..");
        if (gap != std::string::npos) {
            wildcards_[std::string_view(permission.uri).substr(0, gap)] = &permission;
        } else {
            keys_[permission.uri] = &permission;
        }
    }
}

const CrossbarPermission* CrossbarRole::decider(std::string_view uri) const {
    const auto longest = [uri](const auto& map) -> const CrossbarPermission* {
        for (std::size_t bytes = uri.size() + 1; bytes-- > 0;) {
            const auto found = map.find(uri.substr(0, bytes));
            if (found != map.end()) return found->second;
        }
        return nullptr;
    };
    const CrossbarPermission* found = longest(keys_);
    if (found != nullptr && found->match != wamp::MatchPolicy::prefix && found->uri != uri)
        found = nullptr;
    if (found != nullptr && found->match == wamp::MatchPolicy::exact) return found;
    const CrossbarPermission* wildcard = longest(wildcards_);
    // Crossbar's tree cannot store an empty first component.
    if (wildcard != nullptr && !wildcard->uri.starts_with("..") &&
        wamp::matches(wildcard->uri, wamp::MatchPolicy::wildcard, uri))
        return wildcard;
    return found;
}

}  // namespace sallyport::policy
