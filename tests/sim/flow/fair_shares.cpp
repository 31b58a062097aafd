#include "tests/sim/flow/fair_shares.h"

#include <algorithm>

namespace sallyport::sim {

namespace {

template <class Takers>
std::optional<std::string> worst_of(const Takers& takers, std::size_t own, std::string_view what) {
    for (const auto& [name, taken] : takers) {
        if (taken.bytes <= taken.largest + own) continue;
        return "waited for " + std::to_string(taken.bytes) + " bytes of another " +
               std::string(what) + ", whose messages have up to " + std::to_string(taken.largest) +
               ", and is owed " + std::to_string(own);
    }
    return std::nullopt;
}

}  // namespace

void FairShares::count(Queue queue, const Sender& from, std::size_t cost) {
    Shared& shared = queues_[queue];
    shared.used[circuit_of(from)] += cost;
    shared.used_by_session[from.session] += cost;
}

std::optional<std::string> FairShares::pass(Queue queue, const Sender& from, std::size_t cost,
                                            Moment since) {
    wait(queue, cost);
    count(queue, from, cost);
    Shared& shared = queues_[queue];
    const Circuit own = circuit_of(from);
    std::map<Circuit, Taken> circuits;
    std::map<wamp::SessionId, Taken> sessions;
    const auto add = [](Taken& taken, std::size_t bytes) {
        taken.bytes += bytes;
        taken.largest = std::max(taken.largest, bytes);
    };
    const auto first = std::find_if(shared.passed.begin(), shared.passed.end(),
                                    [&](const Passed& each) { return each.when > since; });
    for (auto each = first; each != shared.passed.end(); ++each) {
        if (each->circuit != own) {
            add(circuits[each->circuit], each->cost);
        } else if (each->session != from.session) {
            add(sessions[each->session], each->cost);
        }
    }
    shared.passed.push_back({++moment_, own, from.session, cost});
    const auto found = forgiven_.find(from.session);
    const std::size_t more = shared.largest +
                             (found == forgiven_.end() ? std::size_t{0} : found->second) +
                             forgiven_bytes_ / 2;
    if (auto wrong = worst_of(circuits, shared.used[own] + more, "circuit")) return wrong;
    return worst_of(sessions, shared.used_by_session[from.session] + more,
                    "session of the circuit");
}

}  // namespace sallyport::sim
