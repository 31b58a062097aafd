#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/tools/json.h"

namespace sallyport::gateway {

/// What a program answered to `status` and `sessions` at one moment.
struct TopSample {
    policy::Json status;
    policy::Json sessions;
    double at_s = 0;  ///< of any clock
};

/// Nothing if one of the lines is no answer.
std::optional<TopSample> top_sample(std::string_view status, std::string_view sessions,
                                    double at_s);

/// The people that the table lists, those with the most sessions first.
inline constexpr std::size_t top_people_max = 20;

/// As a screen: the verdict, rates since `before` ("-" without it), links, and who is there.
/// `colour`: with ANSI sequences.
std::string top_text(const TopSample& now, const TopSample* before, bool colour);
/// The same as one line of JSON with the line end; without `before` there are no rates.
std::string top_line(const TopSample& now, const TopSample* before);

struct TopOptions {
    std::string config_file;
    double interval_s = 1;
    bool once = false;
    bool json = false;
};
/// `sallyport top`: until it is interrupted or nobody reads on. Returns the exit code.
int run_top(const TopOptions& options);

}  // namespace sallyport::gateway
