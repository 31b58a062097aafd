#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "wamp/base/ids.h"
#include "wamp/base/uri.h"

namespace sallyport::sim {

/// What peers of one core hold, subscriptions or registrations, as they have been told.
class Holdings {
public:
    struct Held {
        std::string uri;
        wamp::MatchPolicy match = wamp::MatchPolicy::exact;
        bool wants_retained = false;
        std::string invoke{};  ///< of a registration
    };
    using Key = std::pair<wamp::PeerId, wamp::Id>;  ///< with the id of what is held, or the request
    using All = std::map<Key, Held>;

    void ask(wamp::PeerId peer, wamp::RequestId request, Held what) {
        asked_[{peer, request}] = std::move(what);
    }
    void refuse(wamp::PeerId peer, wamp::RequestId request) { asked_.erase({peer, request}); }
    /// Null where nothing was asked for under that request.
    const Held* confirm(wamp::PeerId peer, wamp::RequestId request, wamp::Id id) {
        const auto found = asked_.find({peer, request});
        if (found == asked_.end()) return nullptr;
        Held& held = held_[{peer, id}] = std::move(found->second);
        asked_.erase(found);
        return &held;
    }
    void give_up(wamp::PeerId peer, wamp::RequestId request, wamp::Id id) {
        given_up_[{peer, request}] = id;
    }
    void given_up(wamp::PeerId peer, wamp::RequestId request) {
        const auto found = given_up_.find({peer, request});
        if (found == given_up_.end()) return;
        held_.erase({peer, found->second});
        given_up_.erase(found);
    }
    /// Whether what is given up by that request was asked for again before, without an answer yet.
    bool is_overtaken(wamp::PeerId peer, wamp::RequestId give_up) const {
        const auto found = given_up_.find({peer, give_up});
        const Held* const held = found == given_up_.end() ? nullptr : find(peer, found->second);
        return held != nullptr && std::any_of(asked_.begin(), asked_.end(), [&](const auto& each) {
                   return each.first.first == peer && each.first.second < give_up &&
                          each.second.uri == held->uri && each.second.match == held->match;
               });
    }
    void take_away(wamp::PeerId peer, wamp::Id id) { held_.erase({peer, id}); }
    void gone(wamp::PeerId peer) {
        const auto is_his = [peer](const auto& entry) { return entry.first.first == peer; };
        std::erase_if(held_, is_his);
        std::erase_if(asked_, is_his);
        std::erase_if(given_up_, is_his);
    }
    const Held* find(wamp::PeerId peer, wamp::Id id) const {
        const auto found = held_.find({peer, id});
        return found == held_.end() ? nullptr : &found->second;
    }
    const All& held() const noexcept { return held_; }
    const All& asked() const noexcept { return asked_; }

private:
    All held_;
    All asked_;
    std::map<Key, wamp::Id> given_up_;
};

}  // namespace sallyport::sim
