#include "gateway/config/grant.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

#include "gateway/host/files.h"
#include "gateway/host/start_error.h"
#include "gateway/tor/client_auth.h"
#include "policy/document/names.h"
#include "policy/document/section.h"

namespace sallyport::gateway {
namespace {

constexpr std::array<std::string_view, 5> keys{"name", "realm", "onion_key", "granted", "expires"};
constexpr std::size_t date_characters = 10;
constexpr std::string_view suffix = ".toml";
constexpr const char* cure = "remove this file, then grant that access again";

std::string folder_of(const std::string& state_dir) {
    return state_dir + "/grants";
}

std::optional<wamp::Timestamp> time_of(policy::Section& section, std::string_view key) {
    const auto text = section.text(key, "\"2026-12-31T00:00:00Z\"");
    if (!text) return std::nullopt;
    auto time = wamp::parse_rfc3339(*text);
    if (!time) section.error(*section.find(key), "not a date and time", cure);
    return time;
}

}  // namespace

bool is_grant_name(std::string_view name) noexcept {
    return policy::is_valid_name(name) && !name.starts_with('.') && name != nobody;
}

std::optional<wamp::Timestamp> parse_expiry(std::string_view text) noexcept {
    if (text.size() != date_characters) return wamp::parse_rfc3339(text);
    return wamp::parse_rfc3339(std::string(text) + "T00:00:00Z");
}

std::string to_text(const OnionGrant& grant) {
    std::string text = "name = \"" + grant.name + "\"\nrealm = \"" + grant.realm +
                       "\"\nonion_key = \"" + grant.onion_key + "\"\ngranted = \"" +
                       wamp::to_rfc3339(grant.granted) + "\"\n";
    if (grant.expires) text += "expires = \"" + wamp::to_rfc3339(*grant.expires) + "\"\n";
    return text;
}

wamp::Result<OnionGrant, policy::Diagnostics> parse_grant(std::string_view text,
                                                          const std::string& file) {
    const auto root = policy::parse_document(text, file);
    if (!root) return policy::Diagnostics{root.error()};
    policy::Diagnostics wrong;
    policy::Section section(*root, "this file", keys, file, wrong);
    OnionGrant grant;
    grant.name = section.need_text("name", "\"alice\"").value_or("");
    grant.realm = section.need_text("realm", "\"observatory\"").value_or("");
    grant.onion_key = section.need_text("onion_key", "\"…\"").value_or("");
    if (section.need("granted", "\"2026-12-01T00:00:00Z\"") != nullptr)
        grant.granted = time_of(section, "granted").value_or(wamp::Timestamp{});
    grant.expires = time_of(section, "expires");
    if (wrong.empty() && !is_grant_name(grant.name))
        section.error(*section.find("name"), "not a name", cure);
    if (wrong.empty() && !parse_onion_key(grant.onion_key))
        section.error(*section.find("onion_key"), "not a key", cure);
    if (!wrong.empty()) return wrong;
    return grant;
}

std::string grant_file(const std::string& state_dir, std::string_view name) {
    return folder_of(state_dir) + "/" + std::string(name) + std::string(suffix);
}

std::vector<OnionGrant> read_grants(const std::string& state_dir) {
    const std::string folder = folder_of(state_dir);
    std::error_code error;
    std::vector<OnionGrant> grants;
    for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
         at.increment(error)) {
        const std::string path = at->path().string();
        if (!path.ends_with(suffix)) continue;
        auto grant = parse_grant(read_file(path), path);
        if (grant.has_error()) throw StartError(grant.error());
        grants.push_back(*std::move(grant));
    }
    if (error && error != std::errc::no_such_file_or_directory) {
        throw StartError({folder, 0, 0}, "cannot be read: " + error.message(),
                         "check its owner and permissions");
    }
    std::sort(grants.begin(), grants.end(),
              [](const OnionGrant& a, const OnionGrant& b) { return a.name < b.name; });
    return grants;
}

std::vector<OnionGrant> expired(const std::vector<OnionGrant>& grants, wamp::Timestamp now) {
    std::vector<OnionGrant> found;
    std::copy_if(grants.begin(), grants.end(), std::back_inserter(found),
                 [now](const OnionGrant& grant) { return grant.expires && *grant.expires <= now; });
    return found;
}

}  // namespace sallyport::gateway
