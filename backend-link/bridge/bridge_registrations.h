#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "backend-link/bridge/bridge.h"
#include "backend-link/bridge/bridge_holdings.h"
#include "backend-link/bridge/link_side.h"
#include "backend-link/bridge/rewriting.h"
#include "wamp/base/id_map.h"
#include "wamp/base/uri.h"

namespace sallyport::backend_link {

/// The registrations of front callees at the backend's router: one per URI and match (W-GWY-07). It
/// belongs to the first session, unless a later one may take it over. A shared one has several
/// callees here, which have one id; each registers at our inside, which chooses among them and
/// those of others (W-SHR-02). REGISTERED is sent after the link has confirmed it. Restored after a
/// loss of the link, in the same order.
class Registrations {
public:
    static constexpr std::size_t registrations_per_session_max = 1024;

    /// The front callee of a registration on the link.
    struct Target {
        policy::Session* callee = nullptr;      ///< null: none
        wamp::RegistrationId registration = 0;  ///< towards the front
        bool pattern = false;
        bool forward_timeout = false;
        const Rewriting* rewriting = nullptr;  ///< never null if there is a callee
    };

    explicit Registrations(LinkSide& link) : link_(link) {}

    void forward(const RequestContext& context, const wamp::Register& request, BridgeOutbox& out);
    bool unregister(wamp::SessionId from, const wamp::Unregister& request, BridgeOutbox& out);
    /// Whether the registration with that id is for that URI, as its owner names it.
    bool is_named(wamp::RegistrationId id, std::string_view uri, wamp::MatchPolicy match) const;
    void leave(wamp::SessionId session, BridgeOutbox& out);

    void on_registered(const wamp::Registered& registered, BridgeOutbox& out);
    void on_unregistered(const wamp::Unregistered& unregistered, BridgeOutbox& out);
    void on_register_error(const wamp::Error& error, BridgeOutbox& out);
    void on_unregister_error(const wamp::Error& error) { leaving_.erase(error.request); }
    void on_link_up(BridgeOutbox& out);
    void on_link_lost(BridgeOutbox& out);

    // For a change of policy (bridge_holdings.cpp).
    void list(std::vector<Holding>& out);
    void drop(const Holding& holding, BridgeOutbox& out);
    bool adopt(const Holding& holding, const policy::RouteInfo& route, BridgeOutbox& out);

    std::optional<Holding> find_held(wamp::SessionId session, wamp::RegistrationId id) const;
    /// Whether a session has that registration or waits for it; `inside` is behind the link.
    bool has(std::string_view inside, wamp::MatchPolicy match) const noexcept {
        const ByUri& all = by_uri_[static_cast<std::size_t>(match)];
        const auto found = all.find(inside);
        return found != all.end() &&
               std::any_of(found->second.begin(), found->second.end(),
                           [](const auto& each) { return each->owner != nullptr; });
    }

    /// Without a callee if it was released in the meantime.
    Target target_of(const wamp::Invocation& invocation) const noexcept;
    /// Whether the session has a registration with that id, towards the front.
    bool holds(wamp::SessionId session, wamp::RegistrationId id) const noexcept {
        return !link_.ids.registrations.of(session, id).empty();
    }

    std::size_t size() const noexcept { return registrations_ + leaving_.size(); }
    std::size_t count_of(wamp::SessionId session) const noexcept {
        const auto* held = wamp::find_in(by_session_, session);
        return held == nullptr ? 0 : held->size();
    }

private:
    enum class State : std::uint8_t {
        down,         ///< there is no link; restored when it is back
        registering,  ///< REGISTER sent
        active,
    };
    /// Of one callee.
    struct Registration {
        wamp::RegistrationId id = 0;    ///< towards the front; the same of all that share it
        wamp::RegistrationId back = 0;  ///< while active
        State state = State::registering;
        wamp::MatchPolicy match = wamp::MatchPolicy::exact;
        bool demands_callers = false;      ///< the caller is disclosed to the callee
        std::uint64_t age = 0;             ///< order of making
        policy::Session* owner = nullptr;  ///< null: left before the link confirmed it
        wamp::RequestId waiting = 0;       ///< the owner's REGISTER until it is answered
        wamp::SessionId front = 0;         ///< of a shared one: its owner, or who was it
        bool forward_timeout = false;
        std::string invoke{};  ///< "" if it is not shared
        std::string uri;       ///< behind the link
        Rewriting rewriting;   ///< of the owner's route
    };
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>{}(text);
        }
    };
    /// Those of one URI and match, in order of making: one, or all that share it. Never empty.
    using Group = std::vector<std::unique_ptr<Registration>>;
    using ByUri = std::unordered_map<std::string, Group, TextHash, std::equal_to<>>;

    ByUri& uris_of(wamp::MatchPolicy match) noexcept {
        return by_uri_[static_cast<std::size_t>(match)];
    }
    /// It has an owner.
    static Holding holding_of(const Registration& registration);
    /// Whether it may be made beside or in place of those that are there: "" or the error.
    static std::string_view refusal_of(const Group& present, const Registration& wanted,
                                       const policy::Session& from, bool force) noexcept;
    wamp::Dict options_of(const Registration& registration) const;
    Registration& add(std::unique_ptr<Registration> made);
    Registration* find(wamp::RegistrationId id, wamp::SessionId owner) const noexcept;
    /// That are active as that registration of the link.
    std::vector<Registration*> active_as(wamp::RegistrationId back) const;
    /// All of them are given up for a new owner.
    void evict(const Group& group, wamp::SessionId by, BridgeOutbox& out);
    void confirm(Registration& registration, BridgeOutbox& out);
    void adopt(Registration& registration, policy::Session& owner, wamp::RequestId request);
    void own(Registration& registration, policy::Session& owner, wamp::RequestId request);
    void register_behind(Registration& registration, wamp::Dict options, BridgeOutbox& out);
    /// Removes it from its owner for a new one.
    void take_over(Registration& registration, wamp::SessionId by, BridgeOutbox& out);
    void notify_revoked(const Registration& registration, std::string_view reason,
                        BridgeOutbox& out);
    void release(Registration& registration, BridgeOutbox& out);
    void revoke(Registration& registration, BridgeOutbox& out);
    /// Its owner has been told of it.
    void note_held(const Registration& registration);
    /// `by`: the session that asked for it, or 0.
    void disown(Registration& registration, wamp::SessionId by);
    void note_lost(const Registration& registration, wamp::SessionId by);
    void erase(Registration& registration) noexcept;
    std::vector<Registration*> in_order();

    LinkSide& link_;
    ByUri by_uri_[3];  ///< by match policy
    wamp::IdMap<Group*> by_id_;
    wamp::IdMap<Group*> by_back_;
    wamp::IdMap<Registration*> registering_;
    wamp::IdSet leaving_;  ///< UNREGISTER requests that are not answered yet
    wamp::IdMap<std::vector<Registration*>> by_session_;
    std::uint64_t made_ = 0;
    std::size_t registrations_ = 0;
};

}  // namespace sallyport::backend_link
