#include "tests/sim/audience.h"

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

bool Audience::is_front_only() const noexcept {
    return eligible || is_empty(eligible_authid) || is_empty(eligible_authrole);
}

Audience Audience::behind() const {
    Audience all = *this;
    all.eligible.reset();
    all.exclude.reset();
    for (Names* const names : {&all.eligible_authid, &all.exclude_authid, &all.eligible_authrole,
                               &all.exclude_authrole}) {
        if (is_empty(*names)) names->reset();
    }
    return all;
}

}  // namespace sallyport::sim
