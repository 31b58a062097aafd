#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::policy {

/// One line of the audit log (docs/operations.md) as a line for people: time, what became of what,
/// by whom, why, and where. Nothing if the text is no record.
std::optional<std::string> readable_record(std::string_view line);

/// Denials that agree in everything but time, session and payload. Whoever has not logged in has
/// another authid each time, so these are all "".
struct DeniedRequests {
    std::string last;  ///< the time of the last record, as it is written there
    std::string outcome, reason, realm, authid, role, action, uri, match;
    std::string rule, file;  ///< "" if no rule decided
    std::uint64_t line = 0;
    std::uint64_t count = 0;

    bool is_like(const DeniedRequests& other) const;
    /// The words after `sallyport policy explain POLICY` that ask about it again.
    std::string question() const;
};

/// Groups the denials of a log, in the order of their last record. The oldest groups are forgotten
/// when there are more than groups_max.
class DenialGroups {
public:
    static constexpr std::size_t groups_max = 1000;

    void add(std::string_view line);
    /// The newest first.
    std::vector<DeniedRequests> latest(std::size_t most) const;

private:
    std::deque<DeniedRequests> groups_;
};

}  // namespace sallyport::policy
