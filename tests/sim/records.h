#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/audit/audit.h"
#include "tests/sim/ledger.h"

namespace sallyport::sim {

/// An audit record that a turn must produce.
struct ExpectedRecord {
    std::vector<policy::Outcome> outcomes;  ///< one of these
    Identity of;
    wamp::SessionId via = 0;
    Rules::Query asked{};               ///< of a decision
    std::optional<std::string> rule{};  ///< nothing: whichever
    bool optional = false;
    bool any_session = false;
    std::optional<policy::Outcome> outcome{};  ///< that was found
};

/// Compares the audit records of one turn with the expected ones.
class Records {
public:
    Records(Findings& findings, std::string name) : findings_(findings), name_(std::move(name)) {}

    /// `hash`: of the version that decides. Fills in ExpectedRecord::outcome.
    void settle(const Turn& turn, std::string_view hash, std::vector<ExpectedRecord>& expected);

private:
    void check(const Turn& turn, const policy::AuditRecord& record, std::string_view hash,
               std::vector<ExpectedRecord>& expected);

    Findings& findings_;
    std::string name_;
    std::uint64_t last_number_ = 0;
};

}  // namespace sallyport::sim
