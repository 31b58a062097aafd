#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/document/diagnostic.h"
#include "policy/tools/report.h"
#include "wamp/base/result.h"

namespace sallyport::policy {

/// The widest line that fmt makes where it has a choice.
inline constexpr std::size_t fmt_columns = 100;

/// The file in the one layout that all files share: what rules, routes and tests say in one order,
/// one space around "=", long lists one element a line. Comments stay with what they stand at,
/// tables in their order. Means the same to the last byte, which is checked; formatting it again
/// changes nothing. An error when it is no TOML.
wamp::Result<std::string, Diagnostic> format_toml(std::string_view text, const std::string& file);

struct FmtRequest {
    enum class Mode : std::uint8_t {
        write,
        check,  ///< tell which would change
        diff,   ///< show what would change
    };
    Mode mode = Mode::write;
    std::vector<std::string> files;
};

/// A file to be written.
struct Rewrite {
    std::string path;
    std::string text;
};

/// `sallyport policy fmt FILE…`. What the caller has to write goes into `rewrites`. 1 when a file
/// is not in its layout and the mode is check or diff, 2 when one cannot be read or is no TOML.
int fmt(const FmtRequest& request, std::vector<Rewrite>& rewrites, const Output& to);

}  // namespace sallyport::policy
