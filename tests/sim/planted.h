#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/sim/ledger.h"
#include "tests/sim/random.h"
#include "wamp/base/ids.h"
#include "wamp/codec/codec.h"

namespace sallyport::sim {

/// Bugs to plant, at least one for each checker that has to catch it.
enum class Bug : std::uint8_t {
    none,
    answers_twice,               ///< a RESULT is sent twice
    loses_answers,               ///< some RESULTs are not sent
    crosses_unpermitted,         ///< a forbidden call crosses the link
    events_after_end,            ///< an EVENT follows UNSUBSCRIBED
    swaps_events,                ///< two EVENTs to one session change places
    ignores_closed_connections,  ///< the front is not told of lost connections
    speaks_out_of_turn,          ///< SUBSCRIBED is sent twice
    loses_events,                ///< some EVENTs are not sent
    loses_events_inside,         ///< an inside does not send some EVENTs to the front
    swaps_events_inside,         ///< two of them change places
    misdelivers_events,          ///< an EVENT comes on another subscription of the session
    tells_forbidden_apart,       ///< not_authorized becomes no_such_procedure
    misnames_callers,            ///< a service is told another caller's session
    forgets_records,             ///< some decisions are not recorded
    doubles_records,             ///< some are recorded twice
    forgets_shadows,             ///< what shadow rules would change is not recorded
    obeys_shadows,               ///< shadow rules decide
    spares_sessions,             ///< some GOODBYEs to sessions that are put out are not sent
    forgets_evicted,             ///< who loses a registration to another is not told
    loses_acknowledgements,      ///< the front is not told that some publications were taken
    forgets_to_retain,           ///< events to be retained cross the link as others do
    hides_undeliverable,         ///< events that cannot be delivered are not counted
    shows_tickets,               ///< the procedure that says who may join is shown them all
    promotes_guests,             ///< whom it lets in gets another role
    loses_logins,                ///< some that it refuses are not told so
    forgets_lists,               ///< publications for some cross the link as if for all
    forgets_lists_inside,        ///< their events cross it as if for all
    names_the_host,              ///< an error names the backend
    reloads_halfway,             ///< one inside ignores reloads
    keeps_leases,                ///< the backend never answers some calls
    forgets_to_resume,           ///< a guest that had to wait is not read any more
    forgets_services,            ///< as above, of services
    loses_publications,          ///< some that are permitted do not cross the link
    ends_the_quick,              ///< sessions that keep up are told that they are too slow
    ignores_the_window,          ///< a link's transport is given everything at once
    pads_requests,               ///< the front holds more than was sent
    replaces_links,              ///< a second connection of a link ends the first
};

/// Carries out a planted bug on what a core sends or records.
class Planter {
public:
    Planter(Bug bug, Dice& dice, Ledger& ledger) : bug_(bug), dice_(dice), ledger_(ledger) {}

    Bug bug() const noexcept { return bug_; }
    /// The versions by which the cores decide; the models always have versions().
    const Versions& versions() const {
        return bug_ == Bug::obeys_shadows ? versions_that_obey_shadows() : sim::versions();
    }
    /// Bytes of the front to a guest, to a link; of an inside to a service, to the link.
    void to_guest(wamp::PeerId peer, wamp::Serializer serializer, std::string& bytes);
    void to_link(wamp::Serializer serializer, std::string& bytes);
    /// What the front is given, from a guest.
    void from_guest(wamp::Serializer serializer, std::string& message) const;
    void to_service(wamp::Serializer serializer, std::string& bytes);
    void to_front(std::size_t backend, wamp::Serializer serializer, std::string& bytes);
    void records(std::string& packed);
    /// The front has been started anew.
    void forget();

private:
    void forget_shadows(std::string& packed);
    void strip_publication(wamp::Serializer serializer, std::string& bytes) const;
    void strip_event(wamp::Serializer serializer, std::string& bytes) const;
    void show_ticket(wamp::Serializer serializer, std::string& bytes) const;
    void spoil_event(wamp::PeerId peer, wamp::Serializer serializer, std::string& bytes,
                     wamp::Event& event);

    Bug bug_;
    Dice& dice_;
    Ledger& ledger_;
    std::map<std::size_t, std::string> held_inside_;  ///< swaps_events_inside: by backend
    std::map<wamp::PeerId, std::string> held_;        ///< swaps_events: waits for the next one
    std::map<wamp::PeerId, std::string> last_event_;  ///< events_after_end
    std::map<wamp::PeerId, std::vector<wamp::SubscriptionId>> subscriptions_;
    std::uint64_t forgotten_ = 0;  ///< forgets_shadows
};

}  // namespace sallyport::sim
