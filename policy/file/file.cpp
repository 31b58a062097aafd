#include "policy/file/file.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <set>
#include <utility>

#include "policy/auth/auth_section.h"
#include "policy/document/document.h"
#include "policy/document/section.h"
#include "policy/document/units.h"
#include "policy/document/variables.h"
#include "policy/file/reading.h"

namespace sallyport::policy {
namespace {

using Names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 8> file_keys{"realm", "include", "variables", "auth",
                                                    "route", "allow",   "forbid",    "test"};
constexpr std::array<std::string_view, 6> included_keys{"include", "variables", "route",
                                                        "allow",   "forbid",    "test"};
constexpr std::array<std::string_view, 10> route_keys{
    "id", "match", "uri", "to", "realm", "rewrite", "when_down", "wait", "idempotent", "spread"};

constexpr std::size_t files_max = 64;  ///< included by one policy
constexpr wamp::Duration wait_max = std::chrono::minutes(1);

std::string folder_of(const std::string& file) {
    const std::size_t slash = file.rfind('/');
    return slash == std::string::npos ? "" : file.substr(0, slash + 1);
}

// Resolves "." and ".." as far as the text allows, so that each file has one name.
std::string normal(const std::string& path) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin <= path.size();) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        const std::string part = path.substr(begin, end - begin);
        begin = end + 1;
        if (part.empty() || part == ".") continue;
        if (part == ".." && !parts.empty() && parts.back() != "..") {
            parts.pop_back();
        } else {
            parts.push_back(part);
        }
    }
    std::string out = path.starts_with('/') ? "/" : "";
    for (std::size_t i = 0; i < parts.size(); ++i) out += (i == 0 ? "" : "/") + parts[i];
    return out;
}

/// Reads one policy: its file, the included files, and then the sections of all.
class Reader {
public:
    Reader(PolicyFile& policy, Diagnostics& diagnostics, const ReadInclude& read_include)
        : policy_(policy), diagnostics_(diagnostics), read_include_(read_include) {}

    void add_root(Item root, const std::string& file);
    void parts();

private:
    struct Source {
        Source(std::string name, Item tree, bool first, Diagnostics& diagnostics)
            : file(std::move(name)),
              root(std::move(tree)),
              section(root, first ? "a policy file" : "an included file",
                      first ? Names(file_keys) : Names(included_keys), file, diagnostics) {}

        std::string file;
        Item root;
        Section section;  ///< borrows the other members
    };

    void head(Section& file, const Item& root);
    void include(Section& section, const std::string& file);
    void add(Section& section, const Item& item, const std::string& path);
    void forget_consequences(std::size_t begin, std::size_t end);

    PolicyFile& policy_;
    Diagnostics& diagnostics_;
    const ReadInclude& read_include_;
    std::vector<std::unique_ptr<Source>> sources_;
    Variables variables_;
    std::set<std::string> rule_ids_;
    std::set<std::string> route_ids_;
};

void Reader::head(Section& file, const Item& root) {
    if (const auto realm = file.need_text("realm", "\"name.of.the.realm\"")) {
        policy_.realm = *realm;
        if (!wamp::is_valid_uri(*realm)) {
            file.error(*root.find("realm"), "the realm " + quoted(*realm) + " is not a valid URI",
                       "use letters, digits and dots, as in realm = \"observatory\"");
        }
    }
    if (const Item* table =
            file.find("auth", Item::Kind::table, "{ anonymous = { role = \"guest\" } }")) {
        policy_.auth = read_auth(*table, policy_.file, diagnostics_);
    }
}

void Reader::add_root(Item root, const std::string& file) {
    const bool first = sources_.empty();
    sources_.push_back(std::make_unique<Source>(file, std::move(root), first, diagnostics_));
    Source& source = *sources_.back();
    Section& section = source.section;
    if (first) head(section, source.root);
    if (const Item* table = section.find("variables", Item::Kind::table, "{ name = \"value\" }"))
        variables_.add(*table, source.file, diagnostics_);
    include(section, source.file);
}

void Reader::include(Section& section, const std::string& file) {
    for (const Item* item : section.texts("include", "[\"common.toml\"]")) {
        if (item->text.empty()) {
            section.error(*item, "\"include\" names no file", "name a file, or remove it");
            continue;
        }
        add(section, *item,
            normal(item->text.starts_with('/') ? item->text : folder_of(file) + item->text));
    }
}

// A file that is included twice is read once, as files may share includes.
void Reader::add(Section& section, const Item& item, const std::string& path) {
    const auto& known = policy_.included;
    if (path == normal(policy_.file)) {
        section.error(item, quoted(item.text) + " includes itself", "remove it");
        return;
    }
    if (std::find(known.begin(), known.end(), path) != known.end()) return;
    if (known.size() == files_max) {
        section.error(item, "more than 64 files are included", "put some of them together");
        return;
    }
    policy_.included.push_back(path);
    if (!read_include_) {
        section.error(item, quoted(item.text) + " cannot be included here", "write out its rules");
        return;
    }
    const auto text = read_include_(path);
    if (!text) {
        Diagnostic diagnostic = text.error();
        if (diagnostic.place.line == 0) {
            diagnostic.text = path + ": " + diagnostic.text;
            diagnostic.place = section.place(item);
        }
        diagnostics_.push_back(std::move(diagnostic));
        return;
    }
    auto root = parse_document(*text, path);
    if (root) {
        add_root(*std::move(root), path);
    } else {
        diagnostics_.push_back(root.error());
    }
}

// Errors at the position where a variable failed (`begin` to `end`) are consequences and are
// dropped.
void Reader::forget_consequences(std::size_t begin, std::size_t end) {
    const auto at = [this](std::size_t index) {
        return diagnostics_.begin() + static_cast<std::ptrdiff_t>(index);
    };
    const Diagnostics causes(at(begin), at(end));
    diagnostics_.erase(std::remove_if(at(end), diagnostics_.end(),
                                      [&causes](const Diagnostic& one) {
                                          return std::any_of(causes.begin(), causes.end(),
                                                             [&one](const Diagnostic& cause) {
                                                                 return cause.place == one.place;
                                                             });
                                      }),
                       diagnostics_.end());
}

void Reader::parts() {
    for (const auto& source : sources_) {
        const std::string& file = source->file;
        for (const std::string_view key : {"route", "allow", "forbid", "test"}) {
            for (const Item* written : source->section.tables(key)) {
                const std::size_t before = diagnostics_.size();
                const Item table = variables_.expand(*written, file, diagnostics_);
                const std::size_t unexpanded = diagnostics_.size();
                if (key == "route") {
                    policy_.routes.push_back(read_route(table, route_ids_, file, diagnostics_));
                } else if (key == "test") {
                    policy_.tests.push_back(read_test(table, file, diagnostics_));
                } else {
                    policy_.rules.push_back(
                        read_rule(table, key == "allow", rule_ids_, file, diagnostics_));
                }
                forget_consequences(before, unexpanded);
            }
        }
    }
    variables_.check_unused(diagnostics_);
}

void read_rewrite(Section& route, RouteText& out) {
    const auto text = route.text("rewrite", "\"inner.\"");
    if (!text) return;
    const Item& item = *route.find("rewrite");
    const bool prefix = out.match == wamp::MatchPolicy::prefix && out.uris.size() == 1 &&
                        !out.uris.front().text.empty();
    if (!text->ends_with('.') || !wamp::is_valid_uri(text->substr(0, text->size() - 1))) {
        route.error(item, quoted(*text) + " is not a valid prefix",
                    "write letters and dots, with a dot at the end, as in \"inner.\"");
    } else if (wamp::is_reserved(*text)) {
        route.error(item, "a route cannot rewrite to a URI below \"wamp.\"",
                    "choose another prefix");
    } else if (!prefix) {
        route.error_at_key(
            item, "\"rewrite\" replaces one prefix, and this route does not have exactly one",
            "write match = \"prefix\" and one uri that is not \"\"");
    } else {
        out.rewrite = *text;
    }
}

void read_when_down(Section& route, RouteText& out) {
    const std::string when = route.text("when_down", "\"wait\"").value_or("refuse");
    const Item* wait = route.find("wait");
    if (when != "refuse" && when != "wait") {
        route.error(*route.find("when_down"), "unknown when_down " + quoted(when),
                    "write \"refuse\" or \"wait\"");
        return;
    }
    if (when == "refuse") {
        if (wait != nullptr)
            route.error_at_key(*wait, "\"wait\" needs when_down = \"wait\"", "add it");
        return;
    }
    const auto text = route.need_text("wait", "\"5s\"");
    if (!text) return;
    const auto duration = parse_duration(*text);
    if (duration && *duration <= wait_max) {
        out.wait = *duration;
    } else {
        route.error(*wait, quoted(*text) + " is not a valid waiting time", "write at most \"60s\"");
    }
}

/// "to": one name, or a list of them.
void read_backends(Section& route, RouteText& out) {
    constexpr std::string_view example = "\"inside\"";
    if (route.need("to", example) == nullptr) return;
    for (const Item* const name : route.texts("to", example)) {
        if (std::find(out.backends.begin(), out.backends.end(), name->text) != out.backends.end()) {
            route.error(*name, "backend " + quoted(name->text) + " is named twice in \"to\"",
                        "name each backend once");
            continue;
        }
        out.backends.push_back(name->text);
        out.backend_places.push_back(route.place(*name));
    }
}

/// "spread": "caller", or one argument.
void read_spread(Section& route, RouteText& out, const std::string& file,
                 Diagnostics& diagnostics) {
    constexpr std::string_view advice =
        "write spread = \"caller\", { arg = 0 } or { kwarg = \"name\" }";
    const Item* const item = route.find("spread");
    if (item == nullptr) return;
    if (item->kind == Item::Kind::text && item->text == "caller") {
        out.spread.by = Spread::By::caller;
    } else if (item->kind == Item::Kind::table) {
        out.spread = {Spread::By::argument, read_argument_key(*item, "spread", file, diagnostics)};
    } else {
        route.error(*item, "\"spread\" is neither \"caller\" nor an argument", std::string(advice));
    }
    if (out.backends.size() == 1)
        route.error(*item, "\"spread\" needs several backends in \"to\"",
                    "name them, as in to = [\"lab-a\", \"lab-b\"], or remove it");
}

}  // namespace

RouteText read_route(const Item& table, std::set<std::string>& ids, const std::string& file,
                     Diagnostics& diagnostics) {
    Section route(table, "[[route]]", route_keys, file, diagnostics);
    RouteText out;
    out.place = route.place();
    out.id = read_id(route, ids);
    const auto match = read_match(route);
    out.match = match.value_or(wamp::MatchPolicy::exact);
    out.uris = read_uris(route, match, Placeholders::refused);
    read_backends(route, out);
    if (const auto realm = route.text("realm", "\"realm.on.the.backend\"")) {
        out.realm = *realm;
        if (!wamp::is_valid_uri(*realm)) {
            route.error(*table.find("realm"), "the realm " + quoted(*realm) + " is not a valid URI",
                        "use letters, digits and dots");
        }
    }
    read_rewrite(route, out);
    read_when_down(route, out);
    out.idempotent = route.boolean("idempotent").value_or(false);
    read_spread(route, out, file, diagnostics);
    return out;
}

std::optional<Action> parse_action(std::string_view name) noexcept {
    for (const Action action :
         {Action::call, Action::register_, Action::subscribe, Action::publish}) {
        if (name == to_string(action)) return action;
    }
    return std::nullopt;
}

PolicyFile parse_policy(std::string_view text, const std::string& file, Diagnostics& diagnostics,
                        const ReadInclude& read_include) {
    PolicyFile policy;
    policy.file = file;
    auto root = parse_document(text, file);
    if (!root) {
        policy.is_toml = false;
        diagnostics.push_back(root.error());
        return policy;
    }
    Reader reader(policy, diagnostics, read_include);
    reader.add_root(*std::move(root), file);
    reader.parts();
    return policy;
}

}  // namespace sallyport::policy
