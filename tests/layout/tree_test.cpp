// The rules, applied to this project's own tree.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "tests/layout/rules.h"
#include "tests/paths.h"

namespace sallyport::layout {
namespace {

namespace fs = std::filesystem;

struct Tree {
    std::vector<SourceFile> sources;  // .h, .cpp and .py
    std::vector<SourceFile> lists;    // CMake's
    std::set<std::string> paths;      // of the sources
};

std::string read(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

Tree read_tree() {
    const fs::path root(SALLYPORT_SOURCE_DIR);
    Tree tree;
    tree.lists.push_back({"CMakeLists.txt", read(root / "CMakeLists.txt")});
    for (const auto* top : {"wamp", "policy", "backend-link", "gateway", "tests", "cmake"}) {
        for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
            if (!entry.is_regular_file()) continue;
            const auto path = fs::relative(entry.path(), root).generic_string();
            const auto kind = entry.path().extension();
            if (kind == ".cmake" || entry.path().filename() == "CMakeLists.txt") {
                tree.lists.push_back({path, read(entry.path())});
            } else if (kind == ".h" || kind == ".cpp" || kind == ".py") {
                tree.sources.push_back({path, read(entry.path())});
                tree.paths.insert(path);
            }
        }
    }
    return tree;
}

const Tree& tree() {
    static const Tree one = read_tree();
    return one;
}

void report(const std::vector<std::string>& wrong) {
    for (const auto& line : wrong) ADD_FAILURE() << line;
}

template <class Rule>
void check_every_file(Rule rule) {
    EXPECT_GT(tree().sources.size(), 20U);
    for (const auto& file : tree().sources) report(rule(file));
}

TEST(Tree, FoldersIncludeOnlyWhatTheTableOfArrowsAllows) {
    check_every_file(check_arrows);
}

TEST(Tree, TheTableOfArrowsIsExact) {
    report(check_table(tree().sources));
}

TEST(Tree, NoFolderIsTooLarge) {
    report(check_folder_sizes(tree().paths));
}

TEST(Tree, EveryLibraryStaysInItsHome) {
    check_every_file(check_library_homes);
}

TEST(Tree, TheCoreUsesNoBannedWord) {
    check_every_file(check_banned_words);
}

TEST(Tree, OnlyTheJudgeAndTheToolsAskThePolicy) {
    check_every_file(check_policy_questions);
}

TEST(Tree, NoFileIsTooLong) {
    check_every_file(check_length);
}

TEST(Tree, EveryHeaderIsIncludedOnce) {
    check_every_file(check_header_guard);
}

TEST(Tree, TheTopFolderIsTheNamespace) {
    check_every_file(check_namespace);
}

TEST(Tree, NoTwoTypesShareAName) {
    report(check_type_names(tree().sources));
}

TEST(Tree, EverySourceThatNeedsAMirrorTestHasOne) {
    report(check_mirrors(tree().paths));
}

TEST(Tree, EverySourceIsNamedByACMakeList) {
    report(check_named_in_cmake(tree().paths, tree().lists));
}

}  // namespace
}  // namespace sallyport::layout
