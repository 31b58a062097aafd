#include "wamp/router/receiver_filter.h"

#include <algorithm>
#include <array>

namespace sallyport::wamp {
namespace {

template <class T>
bool contains(const std::vector<T>& sorted, const T& value) noexcept {
    return std::binary_search(sorted.begin(), sorted.end(), value);
}

/// Elements of another type match no session.
template <class Out, class Stored>
std::optional<std::vector<Out>> sorted_list(const Dict& options, std::string_view key) {
    const List* list = options.get_list(key);
    if (list == nullptr) return std::nullopt;
    std::vector<Out> out;
    out.reserve(list->size());
    for (const Value& value : *list) {
        if (const Stored* stored = value.get_if<Stored>()) out.emplace_back(*stored);
    }
    std::sort(out.begin(), out.end());
    return out;
}

constexpr std::array<std::string_view, 6> keys{"eligible",          "exclude",
                                               "eligible_authid",   "exclude_authid",
                                               "eligible_authrole", "exclude_authrole"};

}  // namespace

ReceiverFilter::ReceiverFilter(const Dict& options, SessionId publisher)
    : excluded_publisher_(options.get_bool("exclude_me", true) ? publisher : 0) {
    if (options.empty()) return;
    eligible_ = sessions(options, "eligible");
    exclude_ = sessions(options, "exclude");
    eligible_authid_ = names(options, "eligible_authid");
    exclude_authid_ = names(options, "exclude_authid");
    eligible_authrole_ = names(options, "eligible_authrole");
    exclude_authrole_ = names(options, "exclude_authrole");
    lists_ = eligible_ || exclude_ || eligible_authid_ || exclude_authid_ || eligible_authrole_ ||
             exclude_authrole_;
}

ReceiverFilter::Sessions ReceiverFilter::sessions(const Dict& options, std::string_view key) {
    return sorted_list<SessionId, std::uint64_t>(options, key);
}

ReceiverFilter::Names ReceiverFilter::names(const Dict& options, std::string_view key) {
    return sorted_list<std::string_view, std::string>(options, key);
}

bool ReceiverFilter::too_long(const Dict& options) noexcept {
    if (options.empty()) return false;
    return std::any_of(keys.begin(), keys.end(), [&](std::string_view key) {
        const List* const list = options.get_list(key);
        return list != nullptr && list->size() > entries_max;
    });
}

void ReceiverFilter::append_lists(Dict& details, const Dict& options) {
    for (const std::string_view key : keys) {
        if (const List* const list = options.get_list(key)) details.append(std::string(key), *list);
    }
}

bool ReceiverFilter::passes(const Realm::Session& session) const noexcept {
    if (session.id == excluded_publisher_) return false;
    if (!lists_) return true;
    if (session.outside ? is_for_nobody() : !is_eligible(session)) return false;
    if (exclude_ && contains(*exclude_, session.id)) return false;
    if (exclude_authid_ && contains(*exclude_authid_, std::string_view(session.authid)))
        return false;
    return !(exclude_authrole_ && contains(*exclude_authrole_, std::string_view(session.authrole)));
}

bool ReceiverFilter::is_eligible(const Realm::Session& session) const noexcept {
    if (eligible_ && !contains(*eligible_, session.id)) return false;
    if (eligible_authid_ && !contains(*eligible_authid_, std::string_view(session.authid)))
        return false;
    return !(eligible_authrole_ &&
             !contains(*eligible_authrole_, std::string_view(session.authrole)));
}

bool ReceiverFilter::is_for_nobody() const noexcept {
    return (eligible_ && eligible_->empty()) || (eligible_authid_ && eligible_authid_->empty()) ||
           (eligible_authrole_ && eligible_authrole_->empty());
}

}  // namespace sallyport::wamp
