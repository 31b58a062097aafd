// The rules about citations, applied to this project's own tree.
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/layout/citations.h"
#include "tests/paths.h"

namespace sallyport::layout {
namespace {

namespace fs = std::filesystem;

struct Repository {
    std::vector<SourceFile> texts;  // all files but inputs of the fuzzers
    std::vector<SourceFile> pages;  // Markdown
    Citable citable;
};

std::string read(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// What is generated, and the inputs of the fuzzers.
bool is_passed_over(const std::string& path) {
    const auto name = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
    return name == ".git" || name == "node_modules" || name == "__pycache__" ||
           path == "tests/fuzz/corpus" || path == "build";
}

Repository read_repository() {
    const fs::path root(SALLYPORT_SOURCE_DIR);
    Repository repository;
    for (auto entry = fs::recursive_directory_iterator(root);
         entry != fs::recursive_directory_iterator(); ++entry) {
        const auto path = entry->path().lexically_relative(root).generic_string();
        if (is_passed_over(path)) {
            entry.disable_recursion_pending();
            continue;
        }
        repository.citable.paths.insert(path);
        if (!entry->is_regular_file()) continue;
        SourceFile file{path, read(entry->path())};
        if (path.ends_with(".md")) repository.pages.push_back(file);
        if (path.ends_with(".md") && path.starts_with("docs/") && path.find('/', 5) == path.npos)
            add_page(repository.citable, file);
        repository.texts.push_back(std::move(file));
    }
    return repository;
}

const Repository& repository() {
    static const Repository one = read_repository();
    return one;
}

const SourceFile& page(std::string_view path) {
    for (const auto& each : repository().pages) {
        if (each.path == path) return each;
    }
    ADD_FAILURE() << path << " does not exist";
    static const SourceFile none;
    return none;
}

void report(const std::vector<std::string>& wrong) {
    for (const auto& line : wrong) ADD_FAILURE() << line;
}

template <class Rule>
void check_every_text(Rule rule) {
    EXPECT_GT(repository().texts.size(), 100U);
    for (const auto& file : repository().texts) report(rule(file, repository().citable));
}

TEST(Citations, OfRequirementsAreDefinedInTheirPage) {
    EXPECT_GT(repository().citable.requirements.size(), 200U);
    check_every_text(check_requirement_ids);
}

TEST(Citations, OfPagesAndDecisionsResolve) {
    check_every_text(check_page_paths);
}

TEST(Citations, OfSectionsResolve) {
    EXPECT_TRUE(repository().citable.sections.contains("architecture"));
    check_every_text(check_sections);
}

TEST(Citations, NameNothingOutsideTheRepository) {
    check_every_text(
        [](const SourceFile& file, const Citable&) { return check_outside_references(file); });
}

TEST(Documents, LinkToFilesAndHeadingsThatExist) {
    for (const auto& each : repository().pages)
        report(check_links(each, repository().pages, repository().citable));
}

TEST(Documents, NameFunctionsThatAreDefined) {
    for (const auto& each : repository().pages)
        report(check_named_functions(each, repository().texts));
}

TEST(Documents, FollowACallAnEventAndAReloadThroughTheCode) {
    constexpr std::array headings = {"Path of a CALL", "Path of an EVENT", "Path of a reload"};
    for (const auto* heading : headings)
        report(check_path_list(page("docs/architecture.md"), heading));
}

TEST(Documents, ListEveryFolderOfTheSources) {
    std::set<std::string> folders;
    for (const auto& file : repository().texts) {
        const auto top = file.path.substr(0, file.path.find('/'));
        const bool source = file.path.ends_with(".cpp") || file.path.ends_with(".h");
        if (source && top != "tests") folders.insert(std::string(folder_of(file.path)));
    }
    EXPECT_GT(folders.size(), 10U);
    report(check_folder_list(page("docs/architecture.md"), "Folders", folders));
}

}  // namespace
}  // namespace sallyport::layout
