#include "wamp/router/retained.h"

#include <array>
#include <iterator>
#include <utility>

#include "wamp/message/passthru.h"
#include "wamp/message/transaction_hash.h"

namespace sallyport::wamp {
namespace {

constexpr std::array<std::string_view, 8> kept_options{
    "exclude_me",       "disclose_me", "exclude",         "exclude_authid",
    "exclude_authrole", "eligible",    "eligible_authid", "eligible_authrole"};

Dict kept_of(const Dict& options) {
    Dict kept;
    for (const std::string_view name : kept_options) {
        if (const Value* const value = options.find(name)) kept.append(std::string(name), *value);
    }
    append_passthru(kept, options);
    append_transaction_hash(kept, options);
    return kept;
}

std::size_t bytes_of(const Dict& options) noexcept {
    std::size_t bytes = 0;
    for (const Dict::Entry& entry : options) {
        if (const std::string* const text = entry.second.get_if<std::string>())
            bytes += text->size();
        const List* const list = entry.second.get_if<List>();
        if (list == nullptr) continue;
        for (const Value& value : *list) {
            const std::string* const text = value.get_if<std::string>();
            bytes += sizeof(Value) + (text == nullptr ? 0 : text->size());
        }
    }
    return bytes;
}

}  // namespace

void RetainedEvents::keep(const Publish& publish, PublicationId publication,
                          const Realm::Session& publisher, const Origin& origin) {
    if (const auto before = by_topic_.find(publish.topic); before != by_topic_.end()) {
        forget(before->second);
    }
    Dict options = kept_of(publish.options);
    const std::size_t bytes =
        overhead_bytes + publish.topic.size() + publish.payload.bytes() + bytes_of(options);
    if (bytes > bytes_max) return;
    while (by_age_.size() >= topics_max || bytes > bytes_max - bytes_) forget(by_age_.begin());
    by_age_.push_back({publish.topic, publication, std::move(options),
                       publisher.outside ? 0 : publisher.id, origin.session,
                       std::string(origin.authid), std::string(origin.authrole),
                       OwnedPayload(publish.payload), bytes});
    by_topic_.emplace(by_age_.back().topic, std::prev(by_age_.end()));
    bytes_ += bytes;
}

const RetainedEvents::Entry* RetainedEvents::find(std::string_view topic) const noexcept {
    const auto found = by_topic_.find(topic);
    return found == by_topic_.end() ? nullptr : &*found->second;
}

void RetainedEvents::forget(ByAge::iterator kept) noexcept {
    bytes_ -= kept->bytes;
    by_topic_.erase(kept->topic);
    by_age_.erase(kept);
}

}  // namespace sallyport::wamp
