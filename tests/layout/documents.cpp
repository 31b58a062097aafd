// What documents say about the code: functions and folders.
#include <algorithm>
#include <optional>
#include <regex>

#include "tests/layout/citations.h"
#include "tests/layout/rules.h"

namespace sallyport::layout {
namespace {

bool is_word(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// The position after the bracket that closes the one at `open`.
std::size_t after_closing(std::string_view text, std::size_t open, char opening, char closing) {
    std::size_t depth = 0;
    for (auto i = open; i < text.size(); ++i) {
        if (text[i] == opening) ++depth;
        if (text[i] == closing && --depth == 0) return i + 1;
    }
    return text.size();
}

/// Whether `name` is defined in `text`, which has no comments: name ( … ) and its body.
bool has_body(std::string_view text, std::string_view name) {
    for (auto at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
        const auto open = at + name.size();
        const bool whole = at == 0 || (!is_word(text[at - 1]) && text[at - 1] != ':' &&
                                       text[at - 1] != '.' && text[at - 1] != '>');
        if (!whole || open >= text.size() || text[open] != '(') continue;
        static const std::regex rest(
            "\\s*(?:(?:const|noexcept|override|final)\\s*)*(?:->[^;{}]*)?\\{");
        const auto end =
            text.begin() + static_cast<std::ptrdiff_t>(after_closing(text, open, '(', ')'));
        if (std::regex_search(end, text.end(), rest, std::regex_constants::match_continuous))
            return true;
    }
    return false;
}

/// What stands between the braces of each class or struct of that name.
std::string inside_class(std::string_view text, const std::string& name) {
    const std::regex head("\\b(?:class|struct)\\s+" + name + "\\b[^;{}()]*\\{");
    std::string inside;
    using Heads = std::regex_iterator<std::string_view::const_iterator>;
    for (Heads each(text.begin(), text.end(), head); each != Heads(); ++each) {
        const auto open = static_cast<std::size_t>(each->position()) +
                          static_cast<std::size_t>(each->length()) - 1;
        inside += text.substr(open + 1, after_closing(text, open, '{', '}') - open - 1);
    }
    return inside;
}

const std::regex& named_function() {
    static const std::regex pattern("`([a-z][a-z0-9_/-]*\\.(?:h|cpp)): ([A-Za-z_][A-Za-z0-9_:]*)`");
    return pattern;
}

}  // namespace

bool defines_function(std::string_view source, std::string_view name) {
    const std::string text = without_comments_and_strings(source);
    if (has_body(text, name)) return true;
    const auto colons = name.rfind("::");
    if (colons == std::string_view::npos) return false;
    auto owner = name.substr(0, colons);
    owner.remove_prefix(owner.rfind(':') + 1);  // npos + 1 is 0
    return has_body(inside_class(text, std::string(owner)), name.substr(colons + 2));
}

std::vector<std::string> check_named_functions(const SourceFile& page,
                                               const std::vector<SourceFile>& sources) {
    std::vector<std::string> wrong;
    using Names = std::sregex_iterator;
    for (Names each(page.text.begin(), page.text.end(), named_function()); each != Names();
         ++each) {
        const std::string path = (*each)[1];
        const std::string name = (*each)[2];
        const auto place =
            page.path + ":" +
            std::to_string(
                1 + std::count(page.text.begin(), page.text.begin() + each->position(), '\n')) +
            ": ";
        const auto file = std::find_if(sources.begin(), sources.end(),
                                       [&](const auto& source) { return source.path == path; });
        if (file == sources.end()) {
            wrong.push_back(place + path + " does not exist");
        } else if (!defines_function(file->text, name)) {
            wrong.push_back(place + path + " does not define " + name);
        }
    }
    return wrong;
}

std::vector<std::string> check_path_list(const SourceFile& page, std::string_view heading) {
    static const std::regex item("[0-9]+\\. .*");
    std::vector<std::string> items;
    bool within = false;
    std::size_t at = 0;
    while (at < page.text.size()) {
        const auto end = std::min(page.text.find('\n', at), page.text.size());
        const std::string line = page.text.substr(at, end - at);
        at = end + 1;
        if (line.starts_with("#")) {
            within = line.ends_with(" " + std::string(heading));
        } else if (within && std::regex_match(line, item)) {
            items.push_back(line);
        } else if (within && !items.empty() && line.starts_with(" ")) {
            items.back() += line;
        }
    }
    const std::string place = page.path + ": section \"" + std::string(heading) + "\": ";
    if (items.empty()) return {place + "no numbered list"};
    std::vector<std::string> wrong;
    for (const auto& each : items) {
        if (!std::regex_search(each, named_function()))
            wrong.push_back(place + "no function in the item \"" + each.substr(0, 40) + "…\"");
    }
    return wrong;
}

std::set<std::string> listed_folders(const SourceFile& page, std::string_view heading) {
    static const std::regex entry("( *)([a-z][a-z-]*)/ .*");
    std::set<std::string> folders;
    std::vector<std::string> above;
    bool within = false;
    bool in_list = false;
    std::size_t at = 0;
    while (at < page.text.size()) {
        const auto end = std::min(page.text.find('\n', at), page.text.size());
        const std::string line = page.text.substr(at, end - at);
        at = end + 1;
        if (!in_list && line.starts_with("#")) within = line.ends_with(" " + std::string(heading));
        if (line.starts_with("```")) {
            if (in_list) return folders;  // the first block only
            in_list = within;
        }
        std::smatch match;
        if (!in_list || !std::regex_match(line, match, entry)) continue;
        above.resize(std::min(above.size(), static_cast<std::size_t>(match[1].length()) / 2));
        const std::string parent = above.empty() ? std::string() : above.back() + "/";
        folders.insert(parent + match[2].str());
        above.push_back(parent + match[2].str());
    }
    return folders;
}

std::vector<std::string> check_folder_list(const SourceFile& page, std::string_view heading,
                                           const std::set<std::string>& folders) {
    const std::string place = page.path + ": section \"" + std::string(heading) + "\": ";
    const auto listed = listed_folders(page, heading);
    std::vector<std::string> wrong;
    for (const auto& folder : folders) {
        if (!listed.contains(folder)) wrong.push_back(place + folder + " is not listed");
    }
    for (const auto& folder : listed) {
        const auto inside = folders.lower_bound(folder);
        const bool there =
            inside != folders.end() && (*inside == folder || inside->starts_with(folder + "/"));
        if (!there) wrong.push_back(place + folder + " does not exist");
    }
    return wrong;
}

}  // namespace sallyport::layout
