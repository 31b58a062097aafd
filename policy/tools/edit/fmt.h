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

/// The widest line that fmt produces where it has a choice.
inline constexpr std::size_t fmt_columns = 100;

/// Formats the file: the keys of rules, routes and tests in a fixed order, one space around "=",
/// long lists with one element per line. Comments stay with the lines they belong to, tables keep
/// their order. The meaning does not change, which is checked; formatting twice has no further
/// effect. An error if it is not valid TOML.
wamp::Result<std::string, Diagnostic> format_toml(std::string_view text, const std::string& file);

/// The command line of `fmt`.
struct FmtRequest {
    enum class Mode : std::uint8_t {
        write,
        check,  ///< report the files that would change
        diff,   ///< show the changes
    };
    Mode mode = Mode::write;
    std::vector<std::string> files;
};

/// A file to write.
struct Rewrite {
    std::string path;
    std::string text;
};

/// `sallyport policy fmt FILE…`. The files that the caller has to write are appended to `rewrites`.
/// 1 if a file is not formatted and the mode is check or diff, 2 if a file cannot be read or is not
/// valid TOML.
int fmt(const FmtRequest& request, std::vector<Rewrite>& rewrites, const Output& to);

}  // namespace sallyport::policy
