#include "gateway/cli/client_profile.h"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <utility>

#include "gateway/host/files.h"
#include "gateway/host/start_error.h"
#include "policy/document/section.h"

namespace sallyport::gateway {
namespace {

struct Entry {
    std::string_view key;
    std::string ClientAccess::* value;
    std::string_view example;
};
constexpr std::array<Entry, 7> entries{{
    {"url", &ClientAccess::url, "\"ws://ADDRESS.onion/\""},
    {"socks", &ClientAccess::socks, "\"127.0.0.1:9050\""},
    {"realm", &ClientAccess::realm, "\"observatory\""},
    {"serializer", &ClientAccess::serializer, "\"json\""},
    {"authid", &ClientAccess::authid, "\"alice\""},
    {"method", &ClientAccess::method, "\"ticket\""},
    {"secret_file", &ClientAccess::secret_file, "\"alice.secret\""},
}};
constexpr std::array<std::string_view, 7> keys{"url",    "socks",  "realm",      "serializer",
                                               "authid", "method", "secret_file"};

std::string home() {
    const auto variable = [](const char* name) {
        const char* const value = std::getenv(name);
        return std::string(value == nullptr ? "" : value);
    };
    const std::string config = variable("XDG_CONFIG_HOME");
    return config.empty() ? variable("HOME") + "/.config" : config;
}

}  // namespace

std::string profile_path(const std::string& name) {
    if (name.find('/') != std::string::npos || name.ends_with(".toml")) return name;
    return home() + "/sallyport/" + name + ".toml";
}

void fill_in(ClientAccess& access, const std::string& profile) {
    const std::string path = profile_path(profile);
    const std::string text = read_file(path, {path, 0, 0});
    policy::Diagnostics diagnostics;
    const auto root = policy::parse_document(text, path);
    if (!root) throw StartError(policy::Diagnostics{root.error()});
    policy::Section section(*root, "this file", keys, path, diagnostics);
    for (const Entry& entry : entries) {
        auto value = section.text(entry.key, entry.example);
        if (!value) continue;
        if (entry.key == "secret_file" && !value->starts_with('/'))
            value = (std::filesystem::path(path).parent_path() / *value).string();
        std::string& place = access.*entry.value;
        if (place.empty()) place = *std::move(value);
    }
    if (!diagnostics.empty()) throw StartError(std::move(diagnostics));
}

}  // namespace sallyport::gateway
