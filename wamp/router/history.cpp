#include "wamp/router/history.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "wamp/message/passthru.h"
#include "wamp/router/receiver_filter.h"

namespace sallyport::wamp {
namespace {

constexpr std::array<std::string_view, 5> kept_options{
    "disclose_me", "exclude_authid", "exclude_authrole", "eligible_authid", "eligible_authrole"};

Dict kept_of(const Dict& options) {
    Dict kept;
    for (const std::string_view name : kept_options) {
        if (const Value* const value = options.find(name)) kept.append(std::string(name), *value);
    }
    append_passthru(kept, options);
    return kept;
}

/// Approximately.
std::size_t bytes_of(const Dict& options) noexcept {
    std::size_t bytes = 0;
    for (const auto& [key, value] : options) {
        bytes += sizeof(Value) + key.size();
        const List* const list = value.get_if<List>();
        if (list == nullptr) continue;
        for (const Value& entry : *list) {
            const std::string* const text = entry.get_if<std::string>();
            bytes += sizeof(Value) + (text == nullptr ? 0 : text->size());
        }
    }
    return bytes;
}

/// Whether the publication names sessions. A gateway excludes the publisher for whom it stands by
/// such a list.
bool names_sessions(const Dict& options, const Realm::Session& publisher,
                    const Origin& origin) noexcept {
    if (options.get_list("eligible") != nullptr) return true;
    const List* const excluded = options.get_list("exclude");
    if (excluded == nullptr) return false;
    return !publisher.outside ||
           std::any_of(excluded->begin(), excluded->end(),
                       [&](const Value& session) { return session != Value(origin.session); });
}

/// Whether a URI may match both patterns; true where that is hard to tell.
bool may_overlap(std::string_view a, MatchPolicy by_a, std::string_view b, MatchPolicy by_b) {
    if (by_a == MatchPolicy::exact) return matches(b, by_b, a);
    if (by_b == MatchPolicy::exact) return matches(a, by_a, b);
    if (by_a == MatchPolicy::wildcard || by_b == MatchPolicy::wildcard) return true;
    return a.starts_with(b) || b.starts_with(a);
}

}  // namespace

History::History(std::vector<HistoryRule> rules, std::size_t bytes_max)
    : rules_(std::move(rules)), bytes_max_(bytes_max) {
    for (const HistoryRule& rule : rules_) {
        if (by_pattern_.find(rule.match, rule.uri) == nullptr)
            by_pattern_.insert(rule.match, rule.uri, &rule);
    }
}

void History::keep(const Publish& publish, PublicationId publication,
                   const Realm::Session& publisher, const Origin& origin, Instant now) {
    if (rules_.empty()) return;
    const HistoryRule* const rule = by_pattern_.best(publish.topic);
    if (rule == nullptr || names_sessions(publish.options, publisher, origin)) return;
    Dict options = kept_of(publish.options);
    const std::size_t bytes = overhead_bytes + 2 * publish.topic.size() + publish.payload.bytes() +
                              origin.authid.size() + origin.authrole.size() + bytes_of(options);
    if (bytes > std::min(rule->bytes, bytes_max_)) return;
    const auto topic = topics_.try_emplace(publish.topic).first;
    topic->second.rule = rule;
    events_.push_back({publish.topic, publication, now, std::move(options), origin.session,
                       std::string(origin.authid), std::string(origin.authrole),
                       OwnedPayload(publish.payload), bytes});
    topic->second.events.push_back(std::prev(events_.end()));
    topic->second.bytes += bytes;
    bytes_ += bytes;
    // The newest one stays, as it fits alone.
    while (topic->second.events.size() > rule->events || topic->second.bytes > rule->bytes)
        drop_oldest(topic);
    while (bytes_ > bytes_max_) drop_oldest(topics_.find(events_.front().topic));
    due_ = std::min(due_, std::max(now + rule->age, now + sweep_interval));
}

void History::drop_oldest(Topics::iterator topic) {
    const auto oldest = topic->second.events.front();
    topic->second.events.pop_front();
    topic->second.bytes -= oldest->bytes;
    bytes_ -= oldest->bytes;
    events_.erase(oldest);
    if (topic->second.events.empty()) topics_.erase(topic);
}

void History::on_deadline(Instant now) {
    if (now < due_) return;
    due_ = never;
    for (auto topic = topics_.begin(); topic != topics_.end();) {
        const auto next = std::next(topic);
        const Duration age = topic->second.rule->age;
        std::size_t expired = 0;
        for (const auto& event : topic->second.events) {
            if (event->at + age > now) {
                due_ = std::min(due_, std::max(event->at + age, now + sweep_interval));
                break;
            }
            ++expired;
        }
        for (; expired > 0; --expired) drop_oldest(topic);
        topic = next;
    }
}

bool History::covers(std::string_view topic, MatchPolicy match) const {
    return std::any_of(rules_.begin(), rules_.end(), [&](const HistoryRule& rule) {
        return may_overlap(topic, match, rule.uri, rule.match);
    });
}

std::vector<const History::Event*> History::read(std::string_view topic, MatchPolicy match,
                                                 std::string_view authid, std::string_view authrole,
                                                 Instant now) {
    Realm::Session reader;
    reader.id = id_max;  // anybody: no publication that is kept names a session
    reader.authid = authid;
    reader.authrole = authrole;
    std::vector<const Event*> found;
    const auto add = [&](const Event& event, Duration age) {
        if (event.at + age > now && ReceiverFilter(event.options, 0).passes(reader))
            found.push_back(&event);
    };
    if (match == MatchPolicy::exact) {
        const auto kept = topics_.find(std::string(topic));
        if (kept == topics_.end()) return found;
        for (const auto& event : kept->second.events) add(*event, kept->second.rule->age);
        return found;
    }
    for (const Event& event : events_) {
        if (matches(topic, match, event.topic))
            add(event, topics_.find(event.topic)->second.rule->age);
    }
    return found;
}

}  // namespace sallyport::wamp
