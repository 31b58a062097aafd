#include "policy/door/ticket_checks.h"

#include <algorithm>
#include <tuple>

namespace sallyport::policy {

std::size_t TicketChecks::waiting_of(const wamp::IdPair& source) const noexcept {
    return static_cast<std::size_t>(
        std::count_if(waiting_.begin(), waiting_.end(),
                      [&](const Turn& turn) { return turn.check.source == source; }));
}

std::optional<TicketChecks::Check> TicketChecks::add(const Check& check) {
    Turn turn{check, round_};
    for (const auto* turns : {&running_, &waiting_}) {
        for (const Turn& other : *turns) {
            if (other.check.source == check.source)
                turn.round = std::max(turn.round, other.round + 1);
        }
    }
    waiting_.push_back(turn);
    if (waiting_.size() <= max_) return std::nullopt;
    const auto goes =
        std::max_element(waiting_.begin(), waiting_.end(), [this](const Turn& a, const Turn& b) {
            return std::tuple(a.check.suspect, waiting_of(a.check.source), a.check.work) <
                   std::tuple(b.check.suspect, waiting_of(b.check.source), b.check.work);
        });
    const Check removed = goes->check;
    waiting_.erase(goes);
    return removed;
}

std::optional<TicketChecks::Check> TicketChecks::start() {
    if (waiting_.empty() || running_.size() >= running_max) return std::nullopt;
    const auto next =
        std::min_element(waiting_.begin(), waiting_.end(), [](const Turn& a, const Turn& b) {
            return std::tuple(a.check.suspect, a.round) < std::tuple(b.check.suspect, b.round);
        });
    round_ = std::max(round_, next->round);
    running_.push_back(*next);
    waiting_.erase(next);
    return running_.back().check;
}

void TicketChecks::end(std::uint64_t work) noexcept {
    std::erase_if(running_, [work](const Turn& turn) { return turn.check.work == work; });
}

}  // namespace sallyport::policy
