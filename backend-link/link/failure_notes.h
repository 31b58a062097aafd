#pragma once

#include <string>
#include <string_view>

#include "wamp/base/instant.h"

namespace sallyport::backend_link {

/// Decides which failures of a link are logged: a reason that repeats itself is, once a minute.
class FailureNotes {
public:
    bool is_news(std::string_view why, wamp::Instant now);
    /// The link is up: the next failure is news.
    void forget() { last_.clear(); }

private:
    std::string last_;
    wamp::Instant logged_{};
};

}  // namespace sallyport::backend_link
