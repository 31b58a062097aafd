#include "tests/sim/audience.h"

#include <algorithm>
#include <string_view>

namespace sallyport::sim {

namespace {

template <class Stored>
std::optional<std::set<Stored>> read(const wamp::Dict& options, std::string_view key) {
    const wamp::List* const list = options.get_list(key);
    if (list == nullptr) return std::nullopt;
    std::set<Stored> all;
    for (const wamp::Value& value : *list) {
        if (const Stored* entry = value.get_if<Stored>()) all.insert(*entry);
    }
    return all;
}

template <class Entry>
bool passes(const std::optional<std::set<Entry>>& eligible,
            const std::optional<std::set<Entry>>& exclude, const Entry& entry) {
    return (!eligible || eligible->contains(entry)) && !(exclude && exclude->contains(entry));
}

template <class List>
bool is_empty(const List& list) {
    return list && list->empty();
}

}  // namespace

Audience::Audience(const wamp::Dict& options)
    : eligible(read<std::uint64_t>(options, "eligible")),
      exclude(read<std::uint64_t>(options, "exclude")),
      eligible_authid(read<std::string>(options, "eligible_authid")),
      exclude_authid(read<std::string>(options, "exclude_authid")),
      eligible_authrole(read<std::string>(options, "eligible_authrole")),
      exclude_authrole(read<std::string>(options, "exclude_authrole")) {}

bool Audience::admits(wamp::SessionId session, const Principal& principal) const {
    return passes(eligible, exclude, session) &&
           passes(eligible_authid, exclude_authid, principal.authid) &&
           passes(eligible_authrole, exclude_authrole, principal.role);
}

bool Audience::reaches_link(wamp::SessionId session, const Principal& principal) const {
    Audience itself = *this;
    itself.eligible.reset();
    itself.eligible_authid.reset();
    itself.eligible_authrole.reset();
    return itself.admits(session, principal) && !is_empty(eligible) && !is_empty(eligible_authid) &&
           !is_empty(eligible_authrole);
}

bool Audience::crosses_as(const Audience& crossing, wamp::SessionId excluded) const {
    const auto names = [](const Names& all) { return all.value_or(std::set<std::string>()); };
    if (eligible_authid != crossing.eligible_authid ||
        eligible_authrole != crossing.eligible_authrole ||
        names(exclude_authid) != names(crossing.exclude_authid) ||
        names(exclude_authrole) != names(crossing.exclude_authrole) ||
        eligible.has_value() != crossing.eligible.has_value())
        return false;
    const auto grown = [](std::set<wamp::SessionId> from, const Sessions& crossed) {
        const auto to = crossed.value_or(std::set<wamp::SessionId>());
        return to.size() <= 2 * from.size() &&
               std::includes(to.begin(), to.end(), from.begin(), from.end());
    };
    std::set<wamp::SessionId> all = exclude.value_or(std::set<wamp::SessionId>());
    if (excluded != 0) all.insert(excluded);
    return grown(all, crossing.exclude) &&
           grown(eligible.value_or(std::set<wamp::SessionId>()), crossing.eligible);
}

}  // namespace sallyport::sim
