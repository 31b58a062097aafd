// Seeded worlds around the whole Front and two whole Insides (testing: The simulator). One seed
// replays one run:
//   SALLYPORT_SIM_SEED=N  runs that seed alone and prints what happens and what was found
//   SALLYPORT_SIM_SEEDS=N runs that many instead of the default

#include "tests/sim/world.h"

#include <cstdlib>
#include <iostream>
#include <string>

#include <gtest/gtest.h>

namespace sallyport::sim {
namespace {

constexpr std::uint64_t default_seeds = 100;

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
    const char* const text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

void add(Findings::Counts& sum, const Findings::Counts& counts) {
    sum.calls_ended += counts.calls_ended;
    sum.results += counts.results;
    sum.progress += counts.progress;
    sum.refused += counts.refused;
    sum.network_failures += counts.network_failures;
    sum.canceled += counts.canceled;
    sum.timeouts += counts.timeouts;
    sum.events += counts.events;
    sum.chosen += counts.chosen;
    sum.undeliverable += counts.undeliverable;
    sum.retained += counts.retained;
    sum.sealed += counts.sealed;
    sum.meta += counts.meta;
    sum.testaments += counts.testaments;
    sum.named += counts.named;
    sum.let_in += counts.let_in;
    sum.turned_away += counts.turned_away;
    sum.killed += counts.killed;
    sum.records += counts.records;
    sum.revoked += counts.revoked;
    sum.taken += counts.taken;
    sum.reloads += counts.reloads;
    sum.judged_again += counts.judged_again;
    sum.held += counts.held;
    sum.held_calls += counts.held_calls;
    sum.too_slow += counts.too_slow;
    sum.shadows += counts.shadows;
    sum.impostors += counts.impostors;
}

std::string text_of(const Findings::Counts& counts) {
    const auto item = [](std::uint64_t count, const char* what) {
        return std::to_string(count) + " " + what;
    };
    return item(counts.calls_ended, "calls ended: ") + item(counts.results, "results, ") +
           item(counts.refused, "not_authorized, ") +
           item(counts.network_failures, "network_failure, ") +
           item(counts.canceled, "canceled, ") + item(counts.timeouts, "timeout; ") +
           item(counts.progress, "progressive results; ") + item(counts.events, "events, ") +
           item(counts.undeliverable, "undeliverable ones, ") +
           item(counts.chosen, "publications for some, ") +
           item(counts.retained, "retained ones; ") + item(counts.sealed, "sealed payloads, ") +
           item(counts.named, "identities told, ") + item(counts.meta, "answers about sessions, ") +
           item(counts.testaments, "testaments, ") + item(counts.killed, "killed; ") +
           item(counts.let_in, "let in, ") + item(counts.turned_away, "turned away; ") +
           item(counts.records, "decisions recorded, ") + item(counts.reloads, "reloads, ") +
           item(counts.revoked, "revoked, ") + item(counts.taken, "taken over, ") +
           item(counts.judged_again, "judged again, ") + item(counts.held, "held, ") +
           item(counts.held_calls, "calls held, ") + item(counts.too_slow, "too slow, ") +
           item(counts.shadows, "disputed by shadow rules, ") + item(counts.impostors, "impostors");
}

TEST(World, KeepsEveryPromiseWhateverTheSeedBrings) {
    const auto only = number_from_environment("SALLYPORT_SIM_SEED", 0);
    const auto seeds = number_from_environment("SALLYPORT_SIM_SEEDS", default_seeds);
    Findings::Counts sum;
    for (std::uint64_t seed = only == 0 ? 1 : only; seed <= (only == 0 ? seeds : only); ++seed) {
        World world(seed, Bug::none, only != 0);
        world.run();
        ASSERT_TRUE(world.findings().none()) << "seed " << seed << ":\n" << world.findings().text();
        add(sum, world.findings().counts);
    }
    std::cout << text_of(sum) << "\n";
    if (only != 0) return;
    EXPECT_GT(sum.results, 100 * seeds);
    EXPECT_GT(sum.refused, 50 * seeds);
    EXPECT_GT(sum.events, 50 * seeds);
    EXPECT_GT(sum.records, 500 * seeds);
    EXPECT_GT(sum.reloads, seeds);
    for (const auto count :
         {sum.progress,      sum.network_failures, sum.canceled,    sum.timeouts,   sum.chosen,
          sum.undeliverable, sum.retained,         sum.sealed,      sum.meta,       sum.testaments,
          sum.killed,        sum.let_in,           sum.turned_away, sum.named,      sum.revoked,
          sum.taken,         sum.judged_again,     sum.held,        sum.held_calls, sum.too_slow,
          sum.shadows}) {
        EXPECT_GT(count, seeds / 10);
    }
}

TEST(World, ReplaysOneRunExactlyFromItsSeed) {
    for (const std::uint64_t seed : {7u, 11u}) {
        World first(seed);
        first.run();
        World second(seed);
        second.run();
        EXPECT_EQ(first.findings().digest(), second.findings().digest());
    }
    World one(7);
    one.run();
    World other(8);
    other.run();
    EXPECT_NE(one.findings().digest(), other.findings().digest());
}

struct Planted {
    Bug bug;
    Check check;
    const char* name;
};

void PrintTo(const Planted& planted, std::ostream* out) {
    *out << planted.name;
}

class PlantedBug : public testing::TestWithParam<Planted> {};

TEST_P(PlantedBug, IsCaughtByItsChecker) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        World world(seed, GetParam().bug);
        world.run();
        if (world.findings().has(GetParam().check)) return;
    }
    FAIL() << "20 seeds, and " << to_string(GetParam().check) << " saw nothing";
}

INSTANTIATE_TEST_SUITE_P(
    Checkers, PlantedBug,
    testing::Values(
        Planted{Bug::answers_twice, Check::one_answer, "AnswersTwice"},
        Planted{Bug::loses_answers, Check::one_answer, "LosesAnswers"},
        Planted{Bug::crosses_unpermitted, Check::permit, "CrossesUnpermitted"},
        Planted{Bug::events_after_end, Check::subscribed_only, "EventsAfterEnd"},
        Planted{Bug::swaps_events, Check::publisher_order, "SwapsEvents"},
        Planted{Bug::ignores_closed_connections, Check::tables_empty, "IgnoresClosedConnections"},
        Planted{Bug::speaks_out_of_turn, Check::legal_router, "SpeaksOutOfTurn"},
        Planted{Bug::loses_events, Check::no_event_lost, "LosesEvents"},
        Planted{Bug::loses_events_inside, Check::no_event_lost, "LosesEventsInside"},
        Planted{Bug::swaps_events_inside, Check::publisher_order, "SwapsEventsInside"},
        Planted{Bug::misdelivers_events, Check::right_subscription, "MisdeliversEvents"},
        Planted{Bug::tells_forbidden_apart, Check::expected_outcome, "TellsForbiddenApart"},
        Planted{Bug::misnames_callers, Check::true_identity, "MisnamesCallers"},
        Planted{Bug::forgets_records, Check::recorded_once, "ForgetsRecords"},
        Planted{Bug::doubles_records, Check::recorded_once, "DoublesRecords"},
        Planted{Bug::forgets_shadows, Check::recorded_once, "ForgetsShadows"},
        Planted{Bug::obeys_shadows, Check::expected_outcome, "ObeysShadows"},
        Planted{Bug::spares_sessions, Check::expected_outcome, "SparesSessions"},
        Planted{Bug::forgets_evicted, Check::expected_outcome, "ForgetsEvicted"},
        Planted{Bug::loses_acknowledgements, Check::leases_returned, "LosesAcknowledgements"},
        Planted{Bug::forgets_to_retain, Check::leases_returned, "ForgetsToRetain"},
        Planted{Bug::hides_undeliverable, Check::no_event_lost, "HidesUndeliverable"},
        Planted{Bug::shows_tickets, Check::permit, "ShowsTickets"},
        Planted{Bug::promotes_guests, Check::true_identity, "PromotesGuests"},
        Planted{Bug::loses_logins, Check::one_answer, "LosesLogins"},
        Planted{Bug::forgets_lists, Check::right_subscription, "ForgetsLists"},
        Planted{Bug::forgets_lists_inside, Check::right_subscription, "ForgetsListsInside"},
        Planted{Bug::names_the_host, Check::host_hidden, "NamesTheHost"},
        Planted{Bug::reloads_halfway, Check::atomic_reload, "ReloadsHalfway"},
        Planted{Bug::keeps_leases, Check::leases_returned, "KeepsLeases"},
        Planted{Bug::forgets_to_resume, Check::waits_end, "ForgetsToResume"},
        Planted{Bug::forgets_services, Check::waits_end, "ForgetsServices"},
        Planted{Bug::loses_publications, Check::no_message_lost, "LosesPublications"},
        Planted{Bug::ends_the_quick, Check::no_message_lost, "EndsTheQuick"},
        Planted{Bug::ignores_the_window, Check::fair_share, "IgnoresTheWindow"},
        Planted{Bug::pads_requests, Check::bytes_counted, "PadsRequests"},
        Planted{Bug::replaces_links, Check::link_stands, "ReplacesLinks"}),
    [](const testing::TestParamInfo<Planted>& planted) { return std::string(planted.param.name); });

}  // namespace
}  // namespace sallyport::sim
