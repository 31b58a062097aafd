#pragma once

/// Exit codes of `sallyport policy …`, for scripts.
namespace sallyport::policy::exit_code {

inline constexpr int fine = 0;    ///< sound, passed, allowed
inline constexpr int no = 1;      ///< a test failed, or the answer is deny
inline constexpr int broken = 2;  ///< a bad file, or a bad question

}  // namespace sallyport::policy::exit_code
