#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wamp/base/instant.h"

namespace sallyport::backend_link {

/// Decides which failures of a link are logged: a new reason at once, and one that repeats itself
/// after a minute, then after five minutes, half an hour, and every hour.
class FailureNotes {
public:
    /// What is added to the line, "" the first time, or nothing if it is not logged: how often it
    /// came unsaid since the last line.
    std::optional<std::string> note(std::string_view why, wamp::Instant now);
    /// The link is up: the next failure is news.
    void forget() { last_.clear(); }

private:
    std::string last_;
    wamp::Instant logged_{};
    std::uint64_t unsaid_ = 0;
    std::size_t repeated_ = 0;  ///< lines with that reason after the first
};

}  // namespace sallyport::backend_link
