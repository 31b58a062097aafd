// The rules about what stands in a file, and about which files stand beside it. All work on text,
// so that they are tested on text (rules_test.cpp) and applied to the tree (tree_test.cpp,
// purity_test.cpp).
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/layout/includes.h"

namespace sallyport::layout {

constexpr std::size_t file_lines_max = 700;
constexpr std::size_t folder_sources_max = 25;

// The same text and the same lines, with comments and the insides of string and character literals
// blanked out.
std::string without_comments_and_strings(std::string_view text);

// Each answers with one line per violation.
std::vector<std::string> check_banned_words(const SourceFile& file);
// Only the judge of a door, which records what is decided, the tools and what loads a policy put
// questions to one.
std::vector<std::string> check_policy_questions(const SourceFile& file);
std::vector<std::string> check_length(const SourceFile& file);
std::vector<std::string> check_header_guard(const SourceFile& file);
std::vector<std::string> check_namespace(const SourceFile& file);

// "wamp/codec/json.cpp" → "tests/unit/wamp/codec/json_test.cpp"; empty for what needs no mirror.
std::string mirror_of(std::string_view path);
std::vector<std::string> check_mirrors(const std::set<std::string>& paths);

// Types of one name in two headers: a reader of either could take it for the other.
std::vector<std::string> check_type_names(const std::vector<SourceFile>& sources);

// Folders that hold more than folder_sources_max .cpp files and want to be divided; tests too.
std::vector<std::string> check_folder_sizes(const std::set<std::string>& paths);

// lists: every CMake file. A source must be named by the list of its own folder or of one above it.
std::vector<std::string> check_named_in_cmake(const std::set<std::string>& paths,
                                              const std::vector<SourceFile>& lists);

// output: what `nm -A -C --undefined-only` printed. Answers with the lines that name a clock, a
// socket, a thread or a source of randomness.
std::vector<std::string> impure_symbols(std::string_view output);

}  // namespace sallyport::layout
