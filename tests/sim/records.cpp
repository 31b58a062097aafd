#include "tests/sim/records.h"

#include <algorithm>

namespace sallyport::sim {

using policy::AuditRecord;
using policy::Outcome;

namespace {

bool is_decision(Outcome outcome) noexcept {
    switch (outcome) {
        case Outcome::allow:
        case Outcome::deny:
        case Outcome::over_rate:
        case Outcome::over_in_flight:
        case Outcome::invalid:
        case Outcome::revoke:
        case Outcome::shadow:
            return true;
        case Outcome::join:
        case Outcome::join_refused:
        case Outcome::leave:
        case Outcome::reload:
            return false;
    }
    return false;
}

bool fits(const ExpectedRecord& expected, const AuditRecord& record) {
    const auto& outcomes = expected.outcomes;
    if (expected.outcome ||
        std::find(outcomes.begin(), outcomes.end(), record.outcome) == outcomes.end() ||
        (record.session != expected.of.session && !expected.any_session)) {
        return false;
    }
    if (!is_decision(record.outcome)) return true;
    return record.action == expected.asked.action && record.uri == expected.asked.uri &&
           record.match == expected.asked.match && record.via == expected.via &&
           record.authid == expected.of.principal.authid &&
           record.role == expected.of.principal.role;
}

std::string text_of(Outcome outcome, const Rules::Query& asked, wamp::SessionId session) {
    return std::string(to_string(outcome)) + " " + std::string(to_string(asked.action)) + " " +
           asked.uri + " of session " + std::to_string(session);
}

}  // namespace

void Records::settle(const Turn& turn, std::string_view hash,
                     std::vector<ExpectedRecord>& expected) {
    std::string_view rest = turn.records;
    AuditRecord record;
    for (std::size_t size = policy::unpack(rest, record); size != 0;
         size = policy::unpack(rest, record)) {
        rest.remove_prefix(size);
        check(turn, record, hash, expected);
        record = {};
    }
    for (const ExpectedRecord& missing : expected) {
        if (missing.outcome || missing.optional) continue;
        findings_.wrong(Check::recorded_once, turn.now,
                        name_ + ": not on the record: " +
                            text_of(missing.outcomes.front(), missing.asked, missing.of.session));
    }
}

void Records::check(const Turn& turn, const AuditRecord& record, std::string_view hash,
                    std::vector<ExpectedRecord>& expected) {
    const std::string text =
        name_ + ": " +
        text_of(record.outcome, {record.action, std::string(record.uri), record.match, false},
                record.session);
    if (last_number_ != 0 && record.number != last_number_ + 1)
        findings_.wrong(Check::recorded_once, turn.now, text + " has another number");
    last_number_ = record.number;
    const auto find = [&](bool optional) {
        return std::find_if(expected.begin(), expected.end(), [&](const ExpectedRecord& each) {
            return each.optional == optional && fits(each, record);
        });
    };
    auto found = find(false);
    if (found == expected.end()) found = find(true);
    if (found == expected.end()) {
        return findings_.wrong(Check::recorded_once, turn.now,
                               text + " is on the record and was not decided");
    }
    found->outcome = record.outcome;
    if (!is_decision(record.outcome)) return;
    ++findings_.counts.records;
    if (record.policy != hash)
        findings_.wrong(Check::atomic_reload, turn.now, text + " by a version that is no more");
    if (found->rule && record.rule != *found->rule) {
        findings_.wrong(Check::recorded_once, turn.now,
                        text + " by " + std::string(record.rule) + ", not by " + *found->rule);
    }
}

}  // namespace sallyport::sim
