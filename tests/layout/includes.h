// Which folder may include what: the architecture as a table, and the homes of the third-party
// libraries.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::layout {

// One file of the tree: its path from the root of the sources, with '/', and its text.
struct SourceFile {
    std::string path;
    std::string text;
};

// "wamp/codec/json.cpp" is in "wamp/codec".
std::string_view folder_of(std::string_view path);

// Everything outside the folders called net and the shell's folders under gateway/. Tests are
// neither.
bool is_core(std::string_view path);

// Rows of folders that have no source, and arrows that no include uses: one line for each.
std::vector<std::string> check_table(const std::vector<SourceFile>& sources);

// Each answers with one line per violation, "path:line: what is wrong".
std::vector<std::string> check_arrows(const SourceFile& file);
std::vector<std::string> check_library_homes(const SourceFile& file);

}  // namespace sallyport::layout
