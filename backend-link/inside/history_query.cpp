#include "backend-link/inside/history_query.h"

#include <algorithm>
#include <array>
#include <utility>

namespace sallyport::backend_link {

using wamp::Dict;
using wamp::Value;

namespace {

/// An argument that may be absent or null.
const Value* given(const Dict& kwargs, std::string_view key) noexcept {
    const Value* const value = kwargs.find(key);
    return value == nullptr || value->is_null() ? nullptr : value;
}

}  // namespace

std::optional<HistoryQuery> HistoryQuery::read(const wamp::List& args, const Dict& kwargs) {
    HistoryQuery query;
    const auto* const id = args.empty() ? nullptr : args[0].get_if<std::uint64_t>();
    if (id == nullptr) return std::nullopt;
    query.subscription_ = *id;
    if (const Value* const reverse = given(kwargs, "reverse")) {
        const bool* const value = reverse->get_if<bool>();
        if (value == nullptr) return std::nullopt;
        query.reverse_ = *value;
    }
    if (const Value* const topic = given(kwargs, "topic")) {
        const std::string* const value = topic->get_if<std::string>();
        if (value == nullptr) return std::nullopt;
        query.topic_ = *value;
    }
    if (!query.read_limit(args, kwargs) || !query.read_times(kwargs) ||
        !query.read_publications(kwargs)) {
        return std::nullopt;
    }
    return query;
}

bool HistoryQuery::read_limit(const wamp::List& args, const Dict& kwargs) {
    const Value* limit = given(kwargs, "limit");
    if (limit == nullptr && args.size() > 1 && !args[1].is_null()) limit = &args[1];
    if (limit == nullptr) return true;
    const auto* const value = limit->get_if<std::uint64_t>();
    if (value == nullptr || *value == 0) return false;
    limit_ = static_cast<std::size_t>(*value);
    return true;
}

bool HistoryQuery::read_times(const Dict& kwargs) {
    using Bound = std::pair<std::string_view, std::optional<wamp::Timestamp>*>;
    const std::array bounds{Bound{"from_time", &from_}, Bound{"after_time", &after_},
                            Bound{"before_time", &before_}, Bound{"until_time", &until_}};
    return std::all_of(bounds.begin(), bounds.end(), [&](const Bound& bound) {
        const Value* const value = given(kwargs, bound.first);
        if (value == nullptr) return true;
        const std::string* const text = value->get_if<std::string>();
        if (text == nullptr) return false;
        *bound.second = wamp::parse_rfc3339(*text);
        return bound.second->has_value();
    });
}

bool HistoryQuery::read_publications(const Dict& kwargs) {
    using Bound = std::pair<std::string_view, wamp::PublicationId*>;
    const std::array bounds{Bound{"from_publication", &from_publication_},
                            Bound{"after_publication", &after_publication_},
                            Bound{"before_publication", &before_publication_},
                            Bound{"until_publication", &until_publication_}};
    return std::all_of(bounds.begin(), bounds.end(), [&](const Bound& bound) {
        const Value* const value = given(kwargs, bound.first);
        if (value == nullptr) return true;
        const auto* const id = value->get_if<std::uint64_t>();
        if (id == nullptr || !wamp::is_valid_id(*id)) return false;
        *bound.second = *id;
        return true;
    });
}

bool HistoryQuery::is_wanted(const Event& event, wamp::Timestamp at) const noexcept {
    return (!topic_ || event.topic == *topic_) && (!from_ || at >= *from_) &&
           (!after_ || at > *after_) && (!before_ || at < *before_) && (!until_ || at <= *until_);
}

std::optional<std::vector<const wamp::History::Event*>> HistoryQuery::select(
    const std::vector<const Event*>& events, const wamp::CivilTime& time) const {
    const auto position = [&](wamp::PublicationId id) {
        return std::find_if(events.begin(), events.end(),
                            [id](const Event* event) { return event->publication == id; });
    };
    auto first = events.begin();
    auto last = events.end();
    for (const auto& [id, inclusive] :
         {std::pair{from_publication_, true}, std::pair{after_publication_, false}}) {
        if (id == 0) continue;
        const auto at = position(id);
        if (at == events.end()) return std::nullopt;
        first = std::max(first, inclusive ? at : at + 1);
    }
    for (const auto& [id, inclusive] :
         {std::pair{until_publication_, true}, std::pair{before_publication_, false}}) {
        if (id == 0) continue;
        const auto at = position(id);
        if (at == events.end()) return std::nullopt;
        last = std::min(last, inclusive ? at + 1 : at);
    }
    std::vector<const Event*> wanted;
    for (; first < last; ++first) {
        if (is_wanted(**first, time.at((*first)->at))) wanted.push_back(*first);
    }
    if (reverse_) std::reverse(wanted.begin(), wanted.end());
    if (wanted.size() > limit_) wanted.resize(limit_);
    return wanted;
}

}  // namespace sallyport::backend_link
