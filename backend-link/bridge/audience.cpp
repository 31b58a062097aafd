#include "backend-link/bridge/audience.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "backend-link/bridge/link_side.h"

namespace sallyport::backend_link {
namespace {

using wamp::SessionId;

template <class Entry>
bool holds(const std::vector<Entry>& sorted, const Entry& entry) noexcept {
    return std::binary_search(sorted.begin(), sorted.end(), entry);
}

/// Reads the entries of that type from a list, sorted; true if the list is present.
template <class Stored, class Entry>
bool read_list(const wamp::Dict& options, std::string_view key, std::vector<Entry>& out) {
    const wamp::List* list = options.get_list(key);
    if (list == nullptr) return false;
    for (const wamp::Value& value : *list) {
        if (const Stored* entry = value.get_if<Stored>()) out.push_back(*entry);
    }
    std::sort(out.begin(), out.end());
    return true;
}

void append_list(wamp::Dict& options, const char* key, const std::vector<std::string>& entries) {
    options.append(key, wamp::List(entries.begin(), entries.end()));
}

wamp::List ids_behind(const std::vector<SessionId>& ids, const LinkSide& link) {
    wamp::List all;
    for (const SessionId id : ids) {
        all.emplace_back(id);
        if (!link.sessions.has(id)) all.emplace_back(link.id_of(id));
    }
    return all;
}

bool is_list_key(std::string_view key) noexcept {
    return key == "eligible" || key == "exclude" || key == "eligible_authid" ||
           key == "eligible_authrole" || key == "exclude_authid" || key == "exclude_authrole";
}

}  // namespace

Audience::Audience(const wamp::Dict& options) {
    bool any = false;
    for (const auto& [key, value] : options) {
        if (key == "exclude_me") {
            const bool* flag = value.get_if<bool>();
            exclude_me_ = flag == nullptr || *flag;
        } else if (is_list_key(key)) {
            const wamp::List* list = value.get_if<wamp::List>();
            any = any || list != nullptr;
            too_long_ = too_long_ || (list != nullptr && list->size() > list_entries_max);
        }
    }
    if (!any) return;
    auto lists = std::make_shared<ReceiverLists>();
    Lists& eligible = lists->eligible;
    Lists& exclude = lists->exclude;
    eligible.has_ids = read_list<std::uint64_t>(options, "eligible", eligible.ids);
    eligible.has_authids = read_list<std::string>(options, "eligible_authid", eligible.authids);
    eligible.has_authroles =
        read_list<std::string>(options, "eligible_authrole", eligible.authroles);
    exclude.has_ids = read_list<std::uint64_t>(options, "exclude", exclude.ids);
    exclude.has_authids = read_list<std::string>(options, "exclude_authid", exclude.authids);
    exclude.has_authroles = read_list<std::string>(options, "exclude_authrole", exclude.authroles);
    lists_ = std::move(lists);
}

bool Audience::admits(const policy::Session& receiver, SessionId publisher) const noexcept {
    if (exclude_me_ && receiver.id == publisher) return false;
    if (!lists_) return true;
    const Lists& eligible = lists_->eligible;
    const Lists& exclude = lists_->exclude;
    if (eligible.has_ids && !holds(eligible.ids, receiver.id)) return false;
    if (eligible.has_authids && !holds(eligible.authids, receiver.principal.authid)) return false;
    if (eligible.has_authroles && !holds(eligible.authroles, receiver.principal.role)) return false;
    return !holds(exclude.ids, receiver.id) && !holds(exclude.authids, receiver.principal.authid) &&
           !holds(exclude.authroles, receiver.principal.role);
}

void Audience::append_to(wamp::Dict& options, const LinkSide& link, SessionId excluded) const {
    if (!lists_) {
        if (excluded != 0) options.append("exclude", wamp::List{excluded});
        return;
    }
    const Lists& eligible = lists_->eligible;
    const Lists& exclude = lists_->exclude;
    if (eligible.has_ids) options.append("eligible", ids_behind(eligible.ids, link));
    if (eligible.has_authids) append_list(options, "eligible_authid", eligible.authids);
    if (eligible.has_authroles) append_list(options, "eligible_authrole", eligible.authroles);
    wamp::List ids = ids_behind(exclude.ids, link);
    if (excluded != 0) ids.emplace_back(excluded);
    if (!ids.empty()) options.append("exclude", std::move(ids));
    if (!exclude.authids.empty()) append_list(options, "exclude_authid", exclude.authids);
    if (!exclude.authroles.empty()) append_list(options, "exclude_authrole", exclude.authroles);
}

}  // namespace sallyport::backend_link
