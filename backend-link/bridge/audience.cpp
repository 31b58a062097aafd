#include "backend-link/bridge/audience.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace sallyport::backend_link {
namespace {

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
    if (entries.empty()) return;
    options.append(key, wamp::List(entries.begin(), entries.end()));
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
    if (!any || too_long_) return;
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

bool Audience::admits(const policy::Session& receiver, wamp::SessionId publisher) const noexcept {
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

bool Audience::front_only(bool identity_is_conveyed) const noexcept {
    if (!lists_) return false;
    const Lists& eligible = lists_->eligible;
    if (eligible.has_ids) return true;
    // Some routers treat an empty list as absent.
    if (eligible.has_authids && (eligible.authids.empty() || !identity_is_conveyed)) return true;
    return eligible.has_authroles && (eligible.authroles.empty() || !identity_is_conveyed);
}

void Audience::append_to(wamp::Dict& options, bool identity_is_conveyed) const {
    if (!lists_ || !identity_is_conveyed) return;
    append_list(options, "eligible_authid", lists_->eligible.authids);
    append_list(options, "eligible_authrole", lists_->eligible.authroles);
    append_list(options, "exclude_authid", lists_->exclude.authids);
    append_list(options, "exclude_authrole", lists_->exclude.authroles);
}

}  // namespace sallyport::backend_link
