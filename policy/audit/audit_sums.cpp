#include "policy/audit/audit_sums.h"

#include <algorithm>
#include <chrono>

namespace sallyport::policy {
namespace {

constexpr wamp::Duration one_second = std::chrono::seconds(1);

bool agree(const AuditRecord& one, const AuditRecord& other) noexcept {
    return one.outcome == other.outcome && one.action == other.action && one.match == other.match &&
           one.line == other.line && one.circuit == other.circuit && one.rule == other.rule &&
           one.reason == other.reason && one.authid == other.authid && one.role == other.role &&
           one.realm == other.realm && one.file == other.file && one.policy == other.policy;
}

}  // namespace

void AuditSums::add(const AuditRecord& record, wamp::Instant now, AuditTrail& trail) {
    if (lines_per_s_ == SIZE_MAX) return trail.add(record);
    end_seconds(now, trail);
    const Who who{record.session, record.via};
    auto found = seconds_.find(who);
    if (found == seconds_.end()) {
        if (seconds_.size() >= sessions_max) end_oldest(trail);
        found = seconds_.try_emplace(who).first;
        ends_.emplace_back(now + one_second, who);
    }
    Second& second = found->second;
    if (++second.decisions <= lines_per_s_) return trail.add(record);
    // Packed, a text that is too long is cut, and the one of a rule is left out if none decided.
    std::string packed;
    pack(packed, record);
    AuditRecord kept;
    unpack(packed, kept);
    if (Sum* const sum = find(second, kept)) {
        ++sum->count;
        AuditRecord first;
        unpack(sum->first, first);
        if (sum->other_uri.empty() && first.uri != kept.uri) sum->other_uri = kept.uri;
        return;
    }
    if (second.sums.size() >= session_sums_max) this->record(second, trail);
    if (sums_ >= sums_max) {
        for (auto oldest = ends_.begin(); sums_ > sums_max - batch_max; ++oldest)
            this->record(seconds_.at(oldest->second), trail);
    }
    second.sums.push_back({std::move(packed), {}, 1});
    ++sums_;
}

AuditSums::Sum* AuditSums::find(Second& second, const AuditRecord& record) {
    const auto found = std::find_if(second.sums.begin(), second.sums.end(), [&](const Sum& sum) {
        AuditRecord first;
        unpack(sum.first, first);
        return agree(first, record);
    });
    return found == second.sums.end() ? nullptr : &*found;
}

void AuditSums::record(Second& second, AuditTrail& trail) {
    for (const Sum& sum : second.sums) {
        AuditRecord record;
        unpack(sum.first, record);
        if (sum.count > 1) record.repeated = sum.count;
        record.other_uri = sum.other_uri;
        trail.add(record);
    }
    sums_ -= second.sums.size();
    second.sums.clear();
}

void AuditSums::end_oldest(AuditTrail& trail) {
    const auto oldest = seconds_.find(ends_.front().second);
    record(oldest->second, trail);
    seconds_.erase(oldest);
    ends_.pop_front();
}

void AuditSums::end_seconds(wamp::Instant now, AuditTrail& trail) {
    if (now < resting_until_) return;
    const std::size_t enough = sums_ < batch_max ? 0 : sums_ - batch_max;
    while (!ends_.empty() && ends_.front().first <= now) {
        end_oldest(trail);
        if (sums_ > enough || sums_ == 0) continue;
        resting_until_ = now + rest;
        return;
    }
}

wamp::Instant AuditSums::deadline() const noexcept {
    if (sums_ == 0) return wamp::never;
    return std::max(ends_.front().first, resting_until_);
}

void AuditSums::end_session(wamp::SessionId session, wamp::SessionId via, AuditTrail& trail) {
    if (sums_ == 0) return;
    const auto found = seconds_.find({session, via});
    if (found != seconds_.end()) record(found->second, trail);
}

void AuditSums::end_all(AuditTrail& trail) {
    if (sums_ == 0) return;
    for (const auto& [end, who] : ends_) record(seconds_.at(who), trail);
}

}  // namespace sallyport::policy
