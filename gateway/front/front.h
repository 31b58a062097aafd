#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "backend-link/bridge/bridge.h"
#include "backend-link/link/link_machine.h"
#include "policy/door/door.h"
#include "policy/gate/gate.h"
#include "wamp/base/instant.h"
#include "wamp/base/random.h"
#include "wamp/session/outbox.h"

namespace sallyport::gateway {

struct BackendConfig {
    std::string name;  ///< what routes name
    backend_link::LinkMachine::Config link;
};

struct FrontConfig {
    std::vector<policy::DoorRealm> realms;
    std::vector<BackendConfig> backends;
    policy::DoorLimits limits;
};

/// The whole gateway as one pure object: the gate that faces the onion, and behind it one link and
/// one bridge per backend. Every message crosses a link or is refused: the front keeps no
/// procedures or topics of its own. Fed with what the transports bring, the time and a seed; what
/// it wants done is appended to the outbox (architecture: Core and shell).
class Front {
public:
    /// Every route of every realm names a backend of `config`; routes of one backend name one realm
    /// there (checked).
    Front(FrontConfig config, const wamp::Random::Seed& seed);

    void start(wamp::Instant now, wamp::Outbox& out);

    void on_open(wamp::PeerId peer, const policy::Transport& transport, wamp::Instant now,
                 wamp::Outbox& out);
    /// One message of a client or of a link.
    void on_message(wamp::PeerId peer, std::string_view bytes, wamp::Instant now,
                    wamp::Outbox& out);
    void on_alive(wamp::PeerId peer, wamp::Instant now) noexcept;
    /// What a Work effect has returned.
    void on_work_done(std::uint64_t work, bool result, wamp::Instant now, wamp::Outbox& out);
    void on_closed(wamp::PeerId peer, std::string_view why, wamp::Instant now, wamp::Outbox& out);

    /// The transport of link number `link` (position in config.backends) is there: it was dialled
    /// as asked for, or the far end dialled us, and then takes over from an older one.
    void on_link_open(std::uint32_t link, wamp::PeerId peer, const policy::Transport& transport,
                      wamp::Instant now, wamp::Outbox& out);
    void on_link_failed(std::uint32_t link, std::string_view why, wamp::Instant now,
                        wamp::Outbox& out);

    void on_deadline(wamp::Instant now, wamp::Outbox& out);
    wamp::Instant deadline() const noexcept;

    /// What a reload did, or would do.
    struct Reloaded {
        std::size_t sessions_ended = 0;
        std::size_t subscriptions_revoked = 0;
        std::size_t registrations_revoked = 0;
        std::size_t moved = 0;  ///< subscriptions and registrations that another route leads now
    };
    /// From here on these realms decide, all at once (architecture: Policy 10): sessions that they
    /// no longer admit are ended, what sessions hold is judged again and revoked or led elsewhere,
    /// calls in flight finish under the permits that they have. Routes name backends and their
    /// realms as for the constructor (checked).
    Reloaded reload(std::vector<policy::DoorRealm> realms, wamp::Instant now, wamp::Outbox& out);
    /// The same, and nothing is done.
    Reloaded would_reload(const std::vector<policy::DoorRealm>& realms) const;

    /// Orderly end: the testaments of all are published, then GOODBYE to everybody; stopped() once
    /// all have gone, within a few seconds.
    void stop(wamp::Instant now, wamp::Outbox& out);
    bool stopped() const noexcept;

    /// For `sallyport status` and the simulator's checkers.
    struct LinkStatus {
        std::string_view name;
        bool up;
        backend_link::Bridge::Counts counts;
    };
    std::vector<LinkStatus> links() const;
    std::size_t sessions() noexcept { return gate_.door().joined(); }
    std::size_t peers() const noexcept { return gate_.door().peers(); }
    /// Held by the testaments of the sessions that are there.
    std::size_t testament_bytes() const noexcept { return gate_.meta().bytes(); }
    std::string status_json();
    policy::AuditTrail& audit() noexcept { return gate_.audit(); }
    const policy::Door& door() const noexcept { return gate_.door(); }

private:
    struct Backend {
        std::string name;
        backend_link::LinkMachine link;
        backend_link::Bridge bridge;
        wamp::PeerId peer = wamp::no_peer;
        policy::Transport transport;
    };

    /// To which backends the routes of a policy lead. Realms are few: the list is searched.
    struct RouteBackends {
        const policy::RealmPolicy* policy;
        std::vector<std::uint32_t> backends;  ///< by RouteIndex
    };
    using Routes = std::vector<RouteBackends>;
    struct HoldingChange;
    Routes routes_by(const std::vector<policy::DoorRealm>& realms) const;
    static std::uint32_t backend_of(const Routes& routes, const policy::RealmPolicy& policy,
                                    policy::RouteIndex route) noexcept;
    std::uint32_t route_of(const policy::Session& session,
                           const policy::Permit& permit) const noexcept {
        return backend_of(routes_, *session.policy, permit.route());
    }
    /// What changes for those who hold something. `decide` names the policy that it asked; none
    /// for a session that ends.
    template <class Decide>
    std::vector<HoldingChange> judge(const Routes& routes, Decide&& decide) const;
    void move_or_revoke(std::vector<HoldingChange>& judged, wamp::Instant now, wamp::Outbox& out);
    static Reloaded count(std::size_t ended, const std::vector<HoldingChange>& judged);
    /// Acts on a step of the gate and on those that follow.
    void act_on(policy::Gate::Step&& step, wamp::Instant now, wamp::Outbox& out);
    void forward(policy::Door::Request&& request, wamp::Instant now, wamp::Outbox& out);
    void follow_up(policy::Door::Followup&& followup, wamp::Instant now, wamp::Outbox& out);
    /// Whether the backend that has what the message refers to has acted on it.
    bool follow_up_at(Backend& backend, policy::Door::Followup& followup, wamp::OwnedPayload& keep,
                      wamp::Instant now, wamp::Outbox& out);
    /// Of all that the session has behind the door.
    void dispose(wamp::SessionId session, wamp::Instant now, wamp::Outbox& out);
    void on_link_message(Backend& backend, std::string_view bytes, wamp::Instant now,
                         wamp::Outbox& out);
    void on_verdict(Backend& backend, backend_link::LinkMachine::Verdict verdict, wamp::Instant now,
                    wamp::Outbox& out);
    /// Carries out what the link machine wants.
    void carry_out(Backend& backend, backend_link::LinkMachine::Outbox& wanted, wamp::Outbox& out);
    /// Carries out what the bridge wants, until it wants nothing more.
    void flush(Backend& backend, wamp::Instant now, wamp::Outbox& out);
    std::uint32_t index_of(const Backend& backend) const noexcept;

    wamp::Random random_;
    policy::Gate gate_;
    wamp::MessageLimits link_message_limits_;
    backend_link::FrontIds ids_;
    std::vector<std::unique_ptr<Backend>> backends_;
    Routes routes_;
    std::unordered_map<wamp::PeerId, Backend*> link_peers_;
    backend_link::BridgeOutbox bridge_out_;
    std::vector<policy::Door::Undelivered> undelivered_;
};

}  // namespace sallyport::gateway
