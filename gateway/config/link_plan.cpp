#include "gateway/config/link_plan.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "gateway/host/start_error.h"
#include "policy/document/document.h"

namespace sallyport::gateway {

using policy::Item;

namespace {

bool is_same_socket(const SocketAccess& a, const SocketAccess& b) {
    return a.mode == b.mode && a.group == b.group;
}

bool is_same_link(const LinkText& a, const LinkText& b) {
    return a.gateway == b.gateway && a.pulse == b.pulse;
}

bool is_same_link(const BackendText& a, const BackendText& b) {
    return a.name == b.name && a.kind == b.kind && a.inside_config.path == b.inside_config.path &&
           a.address == b.address && is_same_socket(a.access, b.access) && a.profile == b.profile &&
           a.convey_identity == b.convey_identity && a.serializer == b.serializer &&
           a.authid == b.authid && a.authmethod == b.authmethod &&
           a.secret_file.path == b.secret_file.path && a.ca_file.path == b.ca_file.path &&
           a.server_name == b.server_name && a.websocket == b.websocket &&
           a.dials_tls() == b.dials_tls() && a.plaintext == b.plaintext && a.pulse == b.pulse &&
           a.health == b.health;
}

/// `is_same` compares the entry `from` of the version before with `to` of the next one.
template <class IsSame>
std::vector<std::uint32_t> number(LinkBook& book, std::size_t count, IsSame is_same) {
    std::vector<std::uint32_t> numbers;
    std::vector<bool> taken(book.running.numbers.size());
    for (std::size_t to = 0; to < count; ++to) {
        std::size_t from = 0;
        while (from < taken.size() && (taken[from] || !is_same(from, to))) ++from;
        if (from == taken.size()) {
            numbers.push_back(book.next_number++);
        } else {
            taken[from] = true;
            numbers.push_back(book.running.numbers[from]);
        }
    }
    return numbers;
}

LinkBook first_numbers(std::size_t count, const std::map<std::string, std::string>& files) {
    LinkBook book{{std::vector<std::uint32_t>(count), files}, static_cast<std::uint32_t>(count)};
    std::iota(book.running.numbers.begin(), book.running.numbers.end(), std::uint32_t{0});
    return book;
}

bool is_embedded(const BackendText& backend) {
    return backend.kind == BackendText::Kind::embedded;
}

using Files = std::map<std::string, std::string>;

bool has_same_text(const Files& before, const Files& after, const PathText& path) {
    const auto was = before.find(path.path);
    const auto is = after.find(path.path);
    if (was == before.end() || is == after.end())
        return (was == before.end()) == (is == after.end());
    return was->second == is->second;
}

/// An embedded inside is a process with an authenticator, which the supervisor has started.
void check_embedded(const LoadedGateway& before, const LoadedGateway& after) {
    const auto& was = before.config.backends;
    for (std::size_t index = 0; index < after.config.backends.size(); ++index) {
        const BackendText& backend = after.config.backends[index];
        const auto earlier = std::find_if(was.begin(), was.end(), [&](const auto& candidate) {
            return candidate.name == backend.name;
        });
        const bool was_embedded = earlier != was.end() && is_embedded(*earlier);
        if (!is_embedded(backend) && !was_embedded) continue;
        if (!was_embedded || !is_same_link(*earlier, backend)) {
            throw StartError(backend.place,
                             "backend " + policy::quoted(backend.name) +
                                 " is an embedded inside that was added or changed",
                             "restart sallyport to start it, or undo the change");
        }
        const std::string& realm =
            before.backend_realms[static_cast<std::size_t>(earlier - was.begin())];
        if (after.backend_realms[index] == realm) continue;
        throw StartError(backend.place,
                         "the routes send backend " + policy::quoted(backend.name) + " to realm " +
                             policy::quoted(after.backend_realms[index]) +
                             ", but its link has joined " + policy::quoted(realm),
                         "restart sallyport to change it");
    }
    for (const BackendText& backend : was) {
        const auto& now = after.config.backends;
        if (!is_embedded(backend) ||
            std::any_of(now.begin(), now.end(),
                        [&](const auto& candidate) { return candidate.name == backend.name; }))
            continue;
        throw StartError(
            {after.config.file, 1, 1},
            "backend " + policy::quoted(backend.name) + ", an embedded inside, has been removed",
            "restart sallyport to stop it, or undo the change");
    }
}

// Values, without their positions
// -----------------------------------------------------------------------------------

bool is_same(const Item& a, const Item& b) {
    return a.kind == b.kind && a.key == b.key && a.boolean == b.boolean && a.integer == b.integer &&
           a.real == b.real && a.text == b.text &&
           std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(),
                      [](const Item& one, const Item& other) { return is_same(one, other); });
}

bool is_same(const Item* a, const Item* b) {
    return a == nullptr || b == nullptr ? a == b : is_same(*a, *b);
}

struct Difference {
    std::string key;
    std::uint32_t line = 1;  ///< in the second text; 1 if it is no longer there
};

/// The first entry that differs, apart from `except`.
std::optional<Difference> first_difference(const Item& before, const Item& after,
                                           std::string_view except) {
    std::optional<Difference> first;
    for (const Item& entry : after.items) {
        if (entry.key == except || is_same(before.find(entry.key), &entry)) continue;
        const std::uint32_t line = std::max(entry.key_line, 1U);
        if (!first || line < first->line) first = {entry.key, line};
    }
    if (first) return first;
    for (const Item& entry : before.items) {
        if (entry.key != except && after.find(entry.key) == nullptr)
            return Difference{entry.key, 1};
    }
    return std::nullopt;
}

Item parse(const std::string& text, const std::string& path) {
    auto document = policy::parse_document(text, path);
    if (document.has_error()) throw StartError(policy::Diagnostics{document.error()});
    return *std::move(document);
}

}  // namespace

LinkBook open_link_book(const LoadedGateway& loaded) {
    return first_numbers(loaded.config.backends.size(), loaded.link_files);
}

LinkBook open_link_book(const LoadedInside& loaded) {
    return first_numbers(loaded.config.links.size(), loaded.link_files);
}

LinkParts plan_links(const LoadedGateway& before, LinkBook& book, const LoadedGateway& after) {
    check_embedded(before, after);
    const auto keeps = [&](std::size_t from, std::size_t to) {
        const BackendText& was = before.config.backends[from];
        const BackendText& is = after.config.backends[to];
        if (!is_same_link(was, is) || before.backend_realms[from] != after.backend_realms[to])
            return false;
        return has_same_text(book.running.files, after.link_files, is.secret_file) &&
               has_same_text(book.running.files, after.link_files, is.ca_file);
    };
    return {number(book, after.config.backends.size(), keeps), after.link_files};
}

LinkParts plan_links(const LoadedInside& before, LinkBook& book, const LoadedInside& after) {
    const auto keeps = [&](std::size_t from, std::size_t to) {
        return is_same_link(before.config.links[from], after.config.links[to]);
    };
    return {number(book, after.config.links.size(), keeps), after.link_files};
}

std::string config_for_reload(const std::string& path, const std::string& on_disk,
                              const std::string& running, std::string_view links,
                              std::string& notes) {
    if (on_disk == running) return running;
    const Item before = parse(running, path);
    const Item after = parse(on_disk, path);
    const auto other = first_difference(before, after, links);
    if (!other) return on_disk;
    if (!is_same(before.find(links), after.find(links))) {
        throw StartError({path, other->line, 1},
                         policy::quoted(other->key) +
                             " takes effect at the next start only, and [[" + std::string(links) +
                             "]] has changed with it",
                         "restart sallyport for both, or undo the change of " +
                             policy::quoted(other->key) + " to change the links alone");
    }
    notes += config_note(path, on_disk, running) + "\n";
    return running;
}

std::string config_for_rollback(const std::string& path, const std::string& previous,
                                const std::string& running, std::string_view links,
                                std::string& notes) {
    if (previous == running) return running;
    const auto before = policy::parse_document(previous, path);
    const auto now = policy::parse_document(running, path);
    if (before && now && !first_difference(*now, *before, links)) return previous;
    notes += path + " of the previous version was another, so its settings stay as they are\n";
    return running;
}

}  // namespace sallyport::gateway
