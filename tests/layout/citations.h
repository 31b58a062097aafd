// What comments, tests and documents cite must be there: requirement ids, pages of docs/, their
// sections, decisions, and the functions that docs/architecture.md names. All rules work on text.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/layout/includes.h"

namespace sallyport::layout {

/// What there is to cite.
struct Citable {
    std::set<std::string, std::less<>> paths;         ///< of all files and folders of the tree
    std::set<std::string, std::less<>> requirements;  ///< "W-RPC-07"
    /// Of each page of docs/ by its name ("architecture"): its section headings, and how many items
    /// the numbered list of each has.
    std::map<std::string, std::map<std::string, std::size_t, std::less<>>, std::less<>> sections;
};

/// Adds one Markdown page of docs/; "docs/requirements.md" also defines the requirement ids.
void add_page(Citable& citable, const SourceFile& page);

// Each answers with one line per violation, "path:line: what is wrong".

/// "W-RPC-07", and short forms after it: "W-URI-03, 06, 07", "W-WS-01 to 04", "W-TMO-04/05". A
/// family alone ("W-MSG") must have a requirement.
std::vector<std::string> check_requirement_ids(const SourceFile& file, const Citable& citable);
/// Paths below docs/ ("docs/decisions/0004" is a decision by its number), and "decision 0004".
std::vector<std::string> check_page_paths(const SourceFile& file, const Citable& citable);
/// PAGE: HEADING N, for instance architecture: Policy 6, is item 6 of that section of
/// docs/architecture.md.
std::vector<std::string> check_sections(const SourceFile& file, const Citable& citable);
/// Relative links of a Markdown page, with the heading that they may name.
std::vector<std::string> check_links(const SourceFile& page, const std::vector<SourceFile>& pages,
                                     const Citable& citable);
/// Documents that are not in the repository, and paths of somebody's machine.
std::vector<std::string> check_outside_references(const SourceFile& file);

/// Whether the C++ text defines the function with a body: "Bridge::forward" or "decode".
bool defines_function(std::string_view text, std::string_view name);
/// `path/file.cpp: Class::function` in backticks: the file must define the function.
std::vector<std::string> check_named_functions(const SourceFile& page,
                                               const std::vector<SourceFile>& sources);
/// The section has a numbered list, and each of its items names a function.
std::vector<std::string> check_path_list(const SourceFile& page, std::string_view heading);

/// The folders in the first code block of the section: one a line, below each other by two spaces.
std::set<std::string> listed_folders(const SourceFile& page, std::string_view heading);
/// That list has exactly `folders`, and those above them.
std::vector<std::string> check_folder_list(const SourceFile& page, std::string_view heading,
                                           const std::set<std::string>& folders);

}  // namespace sallyport::layout
