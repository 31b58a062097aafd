#include "tests/layout/citations.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <regex>

namespace sallyport::layout {
namespace {

using Match = std::match_results<std::string_view::const_iterator>;

bool is_letter(char c) noexcept {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

std::size_t line_at(std::string_view text, std::size_t at) noexcept {
    const auto before = text.substr(0, at);
    return 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
}

std::string report(const SourceFile& file, std::size_t at, const std::string& what) {
    return file.path + ":" + std::to_string(line_at(file.text, at)) + ": " + what;
}

/// Calls `found` with each place where `word` begins a word.
template <class Found>
void each_word(std::string_view text, std::string_view word, Found&& found) {
    for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
        if (at == 0 || (!is_letter(text[at - 1]) && text[at - 1] != '-')) found(at);
    }
}

std::optional<Match> match_at(std::string_view text, std::size_t at, const std::regex& pattern) {
    Match match;
    if (std::regex_search(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), match,
                          pattern, std::regex_constants::match_continuous)) {
        return match;
    }
    return std::nullopt;
}

/// A text without its line ends and the signs that begin a comment line; `origin` is where each of
/// its characters was.
struct Joined {
    std::string text;
    std::vector<std::size_t> origin;
};

Joined join_lines(std::string_view text) {
    Joined joined;
    for (std::size_t i = 0; i < text.size(); ++i) {
        joined.origin.push_back(i);
        if (text[i] != '\n') {
            joined.text += text[i];
            continue;
        }
        joined.text += ' ';
        while (i + 1 < text.size() &&
               std::string_view(" \t/#*<").find(text[i + 1]) != std::string_view::npos) {
            ++i;
        }
    }
    return joined;
}

/// The lines of a Markdown page outside its code blocks, each with its offset.
template <class Found>
void each_prose_line(std::string_view text, Found&& found) {
    bool in_code = false;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        const auto line = text.substr(at, end - at);
        if (line.starts_with("```")) {
            in_code = !in_code;
        } else if (!in_code) {
            found(line, at);
        }
        at = end + 1;
    }
}

std::optional<std::string> heading_of(std::string_view line) {
    static const std::regex pattern("#{1,6} +(.*[^ ]) *");
    Match match;
    if (!std::regex_match(line.begin(), line.end(), match, pattern)) return std::nullopt;
    std::string heading = match[1];
    std::erase(heading, '`');
    return heading;
}

/// As the usual Markdown renderers name a heading in a link.
std::string anchor_of(std::string_view heading) {
    std::string anchor;
    for (const char c : heading) {
        if (is_letter(c) || c == '-') {
            anchor += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        } else if (c == ' ') {
            anchor += '-';
        }
    }
    return anchor;
}

/// Ids of one family by their number: "07", or with a letter in front of it ("C3").
std::string id_of(const std::string& family, const std::string& number) {
    return family + "-" + number;
}

}  // namespace

void add_page(Citable& citable, const SourceFile& page) {
    constexpr std::string_view folder = "docs/";
    std::string name = page.path.substr(folder.size());
    name.erase(name.size() - std::string_view(".md").size());
    auto& sections = citable.sections[name];
    static const std::regex item("([0-9]+)\\. .*");
    static const std::regex definition(
        "\\*\\*(W-[A-Z0-9]+-[A-Z]?[0-9]+)\\*\\*|^\\| (W-[A-Z0-9]+-"
        "[A-Z]?[0-9]+) \\|");
    std::string current;
    each_prose_line(page.text, [&](std::string_view line, std::size_t) {
        if (const auto heading = heading_of(line)) {
            current = *heading;
            sections.try_emplace(current, 0);
            return;
        }
        Match match;
        if (std::regex_match(line.begin(), line.end(), match, item)) ++sections[current];
        if (name != "requirements") return;
        if (std::regex_search(line.begin(), line.end(), match, definition)) {
            citable.requirements.insert(match[1].matched ? match[1] : match[2]);
        }
    });
}

std::vector<std::string> check_requirement_ids(const SourceFile& file, const Citable& citable) {
    static const std::regex family("W-[A-Z][A-Z0-9]+(?![A-Za-z0-9_])");
    static const std::regex number("-([A-Z]?[0-9]+)");
    static const std::regex more(
        "(?:, (?:and )?| and | to |/)[\n "
        "/#*]*([A-Z][0-9]{1,2}|[0-9]{2})(?![A-Za-z0-9_]|[,.:-][0-9])");
    std::vector<std::string> wrong;
    each_word(file.text, "W-", [&](std::size_t at) {
        const auto name = match_at(file.text, at, family);
        if (!name) return;
        const std::string prefix = name->str();
        const auto unknown = [&](const std::string& id) {
            wrong.push_back(report(file, at, id + " is not in docs/requirements.md"));
        };
        std::size_t next = at + prefix.size();
        auto match = match_at(file.text, next, number);
        if (!match) {
            const auto first = citable.requirements.lower_bound(prefix + "-");
            if (first == citable.requirements.end() || !first->starts_with(prefix + "-"))
                unknown(prefix);
            return;
        }
        const std::string first = id_of(prefix, (*match)[1]);
        if (!citable.requirements.contains(first)) unknown(first);
        next += static_cast<std::size_t>(match->length());
        while ((match = match_at(file.text, next, more))) {
            const std::string id = id_of(prefix, (*match)[1]);
            if (!citable.requirements.contains(id)) unknown(id);
            next += static_cast<std::size_t>(match->length());
        }
    });
    return wrong;
}

std::vector<std::string> check_page_paths(const SourceFile& file, const Citable& citable) {
    static const std::regex path("docs/[A-Za-z0-9_./-]*");
    static const std::regex by_number("docs/decisions/[0-9]{4}");
    static const std::regex decision("decision ([0-9]{4})");
    std::vector<std::string> wrong;
    const auto is_decision = [&](const std::string& start) {
        const auto found = citable.paths.lower_bound(start + "-");
        return found != citable.paths.end() && found->starts_with(start + "-");
    };
    each_word(file.text, "docs/", [&](std::size_t at) {
        if (at > 0 && std::string_view("/.").find(file.text[at - 1]) != std::string_view::npos)
            return;  // the end of another path or address
        std::string cited = match_at(file.text, at, path)->str();
        while (cited.ends_with('.') || cited.ends_with('/')) cited.pop_back();
        const bool known = citable.paths.contains(cited) ||
                           (std::regex_match(cited, by_number) && is_decision(cited));
        if (!known) wrong.push_back(report(file, at, cited + " does not exist"));
    });
    each_word(file.text, "decision ", [&](std::size_t at) {
        const auto match = match_at(file.text, at, decision);
        if (match && !is_decision("docs/decisions/" + (*match)[1].str()))
            wrong.push_back(report(file, at, "there is no " + match->str()));
    });
    return wrong;
}

std::vector<std::string> check_sections(const SourceFile& file, const Citable& citable) {
    static const std::regex item(" ([0-9]+)");
    std::vector<std::string> wrong;
    const Joined joined = join_lines(file.text);
    for (const auto& each : citable.sections) {
        const std::string& page = each.first;
        const auto& sections = each.second;
        const std::string mark = page + ": ";
        each_word(joined.text, mark, [&](std::size_t at) {
            const auto rest = std::string_view(joined.text).substr(at + mark.size());
            if (rest.empty() || std::isupper(static_cast<unsigned char>(rest[0])) == 0) return;
            std::string_view best;
            for (const auto& [heading, items] : sections) {
                const bool whole = rest.starts_with(heading) && (rest.size() == heading.size() ||
                                                                 !is_letter(rest[heading.size()]));
                if (whole && heading.size() > best.size()) best = heading;
            }
            const auto fail = [&](const std::string& what) {
                wrong.push_back(report(file, joined.origin[at], what));
            };
            if (best.empty()) {
                return fail("docs/" + page + ".md has no section \"" +
                            std::string(rest.substr(0, rest.find_first_of(",;)"))) + "\"");
            }
            const auto number = match_at(rest, best.size(), item);
            if (number && std::stoul((*number)[1]) > sections.find(best)->second) {
                fail("section \"" + std::string(best) + "\" of docs/" + page + ".md has no item " +
                     (*number)[1].str());
            }
        });
    }
    return wrong;
}

namespace {

/// The file that a relative link of `page` names; "" for an address.
std::string target_of(const SourceFile& page, std::string link) {
    if (link.find(':') != std::string::npos) return {};
    link.erase(std::min(link.find('#'), link.size()));
    if (link.empty()) return page.path;
    std::string folder(folder_of(page.path));
    while (link.starts_with("../")) {
        link.erase(0, 3);
        const auto slash = folder.rfind('/');
        folder.erase(slash == std::string::npos ? 0 : slash);
    }
    while (link.ends_with('/')) link.pop_back();
    return folder.empty() ? link : folder + "/" + link;
}

bool has_anchor(const SourceFile& page, std::string_view anchor) {
    bool found = false;
    each_prose_line(page.text, [&](std::string_view line, std::size_t) {
        const auto heading = heading_of(line);
        found = found || (heading && anchor_of(*heading) == anchor);
    });
    return found;
}

}  // namespace

std::vector<std::string> check_links(const SourceFile& page, const std::vector<SourceFile>& pages,
                                     const Citable& citable) {
    static const std::regex link("\\]\\(([^()\\s]+)\\)");
    std::vector<std::string> wrong;
    each_prose_line(page.text, [&](std::string_view line, std::size_t at) {
        using Links = std::regex_iterator<std::string_view::const_iterator>;
        for (Links each(line.begin(), line.end(), link); each != Links(); ++each) {
            const std::string cited = (*each)[1];
            const std::string target = target_of(page, cited);
            if (target.empty()) continue;
            if (!citable.paths.contains(target)) {
                wrong.push_back(report(page, at, "the link " + cited + " leads nowhere"));
                continue;
            }
            const auto hash = cited.find('#');
            if (hash == std::string::npos) continue;
            const auto found = std::find_if(pages.begin(), pages.end(),
                                            [&](const auto& one) { return one.path == target; });
            if (found == pages.end() ||
                !has_anchor(*found, std::string_view(cited).substr(hash + 1)))
                wrong.push_back(report(page, at, "the link " + cited + " names no heading"));
        }
    });
    return wrong;
}

std::vector<std::string> check_outside_references(const SourceFile& file) {
    std::vector<std::string> wrong;
    // Written in two halves, so that this file passes its own rule.
    static const std::regex design(
        "DES"
        "IGN(?![A-Za-z0-9_])");
    static const std::regex list(
        "[Cc]heck"
        "list[ \n/#*]*§");
    for (const std::string_view start : {"DES", "check", "Check"}) {
        each_word(file.text, start, [&](std::size_t at) {
            const auto& pattern = start == "DES" ? design : list;
            if (const auto match = match_at(file.text, at, pattern))
                wrong.push_back(report(file, at, match->str() + " is not in this repository"));
        });
    }
    for (const auto& folder :
         {std::string("/wo") + "rk/", std::string("/ro") + "ot/", std::string("/ho") + "me/"}) {
        for (auto at = file.text.find(folder); at != std::string::npos;
             at = file.text.find(folder, at + 1)) {
            if (at > 0 && (is_letter(file.text[at - 1]) || file.text[at - 1] == '.')) continue;
            wrong.push_back(report(file, at, folder + " is a path of one machine"));
        }
    }
    return wrong;
}

}  // namespace sallyport::layout
