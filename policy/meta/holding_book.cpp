#include "policy/meta/holding_book.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "wamp/base/id_map.h"

namespace sallyport::policy {

using wamp::HoldingChange;

const HoldingBook::Object* HoldingBook::Objects::find(wamp::Id id) const noexcept {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second.get();
}

std::vector<const HoldingBook::Object*> HoldingBook::Objects::matching(std::string_view uri) const {
    std::vector<const Object*> found;
    index_.match(uri, found);
    return found;
}

std::vector<const HoldingBook::Object*> HoldingBook::Objects::all() const {
    std::vector<const Object*> all;
    all.reserve(by_id_.size());
    for (const auto& [id, object] : by_id_) all.push_back(object.get());
    std::sort(all.begin(), all.end(),
              [](const Object* a, const Object* b) { return a->id < b->id; });
    return all;
}

const HoldingBook::Realm& HoldingBook::realm(std::string_view name) const noexcept {
    static const Realm nothing{};
    const auto found = realms_.find(name);
    return found == realms_.end() ? nothing : found->second;
}

const HoldingBook::Objects& HoldingBook::subscriptions(std::string_view name) const noexcept {
    return realm(name).subscriptions;
}

const HoldingBook::Objects& HoldingBook::registrations(std::string_view name) const noexcept {
    return realm(name).registrations;
}

HoldingBook::Objects& HoldingBook::objects_of(std::string_view name, bool registrations) {
    auto found = realms_.find(name);
    if (found == realms_.end()) found = realms_.emplace(name, Realm{}).first;
    return registrations ? found->second.registrations : found->second.subscriptions;
}

HoldingBook::Applied HoldingBook::apply(std::string_view name, const HoldingChange& change,
                                        wamp::Timestamp now) {
    Objects& objects = objects_of(name, change.registration);
    const auto found = objects.by_id_.find(change.id);
    Object* object = found == objects.by_id_.end() ? nullptr : found->second.get();
    if (!change.added) {
        if (object == nullptr || std::erase(object->members, change.session) == 0) return {};
        return {object, false, object->members.empty()};
    }
    if (object != nullptr) {
        auto& members = object->members;
        if (std::find(members.begin(), members.end(), change.session) != members.end()) return {};
        members.push_back(change.session);
        return {object, false, false};
    }
    auto made = std::make_unique<Object>(
        Object{change.id, change.uri, change.match, change.invoke, now, {change.session}});
    object = objects.by_id_.emplace(change.id, std::move(made)).first->second.get();
    // Two doors may name two objects alike for a moment, while one takes the other's place.
    object->displaces = objects.index_.find(object->match, object->uri) != nullptr;
    if (object->displaces) objects.index_.erase(object->match, object->uri);
    objects.index_.insert(object->match, object->uri, object);
    return {object, true, false};
}

void HoldingBook::forget(std::string_view name, const HoldingChange& change) noexcept {
    const auto realm = realms_.find(name);
    if (realm == realms_.end()) return;
    Objects& objects =
        change.registration ? realm->second.registrations : realm->second.subscriptions;
    const auto found = objects.by_id_.find(change.id);
    if (found == objects.by_id_.end() || !found->second->members.empty()) return;
    const std::unique_ptr<Object> ended = std::move(found->second);
    objects.by_id_.erase(found);
    if (objects.index_.find(ended->match, ended->uri) != ended.get()) return;
    objects.index_.erase(ended->match, ended->uri);
    if (!ended->displaces) return;
    for (const auto& [id, other] : objects.by_id_) {  // whose place it had taken
        if (other->match != ended->match || other->uri != ended->uri) continue;
        objects.index_.insert(other->match, other->uri, other.get());
        break;
    }
}

wamp::HoldingChanges without_moves(wamp::HoldingChanges&& changes) {
    struct Ends {
        wamp::IdPairMap<std::size_t> of[2];
    } ends;  // the last end of each holding, by session and id
    std::vector<bool> moved(changes.size());
    bool any = false;
    for (std::size_t i = 0; i < changes.size(); ++i) {
        const HoldingChange& change = changes[i];
        auto& of_kind = ends.of[change.registration ? 1 : 0];
        const wamp::IdPair key{change.session, change.id};
        if (!change.added) {
            of_kind[key] = i;
            continue;
        }
        const auto ended = of_kind.find(key);
        if (ended == of_kind.end()) continue;
        moved[i] = moved[ended->second] = any = true;
        of_kind.erase(ended);
    }
    if (!any) return std::move(changes);
    wamp::HoldingChanges kept;
    for (std::size_t i = 0; i < changes.size(); ++i) {
        if (!moved[i]) kept.push_back(std::move(changes[i]));
    }
    return kept;
}

}  // namespace sallyport::policy
