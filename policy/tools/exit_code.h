#pragma once

/// Exit codes of `sallyport policy …`, for scripts; the same for every tool.
namespace sallyport::policy::exit_code {

inline constexpr int fine = 0;    ///< valid, passed, allowed, the same, nothing found
inline constexpr int no = 1;      ///< a test failed, the answer is deny, or something was found
inline constexpr int broken = 2;  ///< an invalid file or request

}  // namespace sallyport::policy::exit_code
