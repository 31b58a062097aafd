#pragma once

/// Exit codes of `sallyport policy …`, for scripts; the same for every tool.
namespace sallyport::policy::exit_code {

inline constexpr int fine = 0;    ///< sound, passed, allowed, the same, nothing found
inline constexpr int no = 1;      ///< a test failed, the answer is deny, or something was found
inline constexpr int broken = 2;  ///< a bad file, or a bad question

}  // namespace sallyport::policy::exit_code
