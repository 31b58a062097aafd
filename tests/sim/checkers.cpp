#include "tests/sim/checkers.h"

#include <algorithm>
#include <utility>

namespace sallyport::sim {

std::string_view to_string(Check check) noexcept {
    switch (check) {
        case Check::one_answer:
            return "one_answer";
        case Check::permit:
            return "permit";
        case Check::subscribed_only:
            return "subscribed_only";
        case Check::publisher_order:
            return "publisher_order";
        case Check::tables_empty:
            return "tables_empty";
        case Check::legal_router:
            return "legal_router";
        case Check::no_event_lost:
            return "no_event_lost";
        case Check::right_subscription:
            return "right_subscription";
        case Check::expected_outcome:
            return "expected_outcome";
        case Check::true_identity:
            return "true_identity";
        case Check::recorded_once:
            return "recorded_once";
        case Check::host_hidden:
            return "host_hidden";
        case Check::atomic_reload:
            return "atomic_reload";
        case Check::leases_returned:
            return "leases_returned";
        case Check::waits_end:
            return "waits_end";
        case Check::no_message_lost:
            return "no_message_lost";
        case Check::fair_share:
            return "fair_share";
        case Check::bytes_counted:
            return "bytes_counted";
        case Check::link_stands:
            return "link_stands";
    }
    return "";
}

void Findings::wrong(Check check, Instant when, std::string what) {
    const auto ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(when.time_since_epoch()).count();
    found_.push_back({check, std::string(to_string(check)) + " at " + std::to_string(ms) +
                                 " ms: " + std::move(what)});
}

bool Findings::has(Check check) const noexcept {
    return std::any_of(found_.begin(), found_.end(),
                       [&](const Found& found) { return found.check == check; });
}

std::string Findings::text() const {
    std::string all;
    for (const Found& found : found_) all += found.what + "\n";
    return all;
}

void Findings::happened(std::string_view what) noexcept {
    for (const char c : what) digest_ = (digest_ ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
}

}  // namespace sallyport::sim
