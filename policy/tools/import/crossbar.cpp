#include "policy/tools/import/crossbar.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace sallyport::policy {
namespace {

constexpr std::size_t depth_max = 32;

/// Finds the error in a text before a tree is built from it.
class Checker : public JsonEvents {
public:
    std::optional<Diagnostic> find(std::string_view text, const std::string& file) {
        if (Json::sax_parse(text.begin(), text.end(), this)) return std::nullopt;
        if (twice_) {
            return Diagnostic{{file, 0, 0},
                              "the key " + policy::quoted(*twice_) + " appears twice in one object",
                              "remove one of the two"};
        }
        if (keys_.size() > depth_max) {
            return Diagnostic{{file, 0, 0},
                              "nested deeper than " + std::to_string(depth_max) + " levels",
                              "import expects the config.json of a Crossbar node"};
        }
        return not_json(text, file);
    }

    bool start_object(std::size_t) { return enter(); }
    bool end_object() { return leave(); }
    bool start_array(std::size_t) { return enter(); }
    bool end_array() { return leave(); }
    bool key(Json::string_t& key) {
        if (keys_.back().insert(key).second) return true;
        twice_ = key;
        return false;
    }
    bool parse_error(std::size_t position, const std::string&, const Json::exception&) {
        fault_at_ = position == 0 ? 0 : position - 1;
        return false;
    }

private:
    bool enter() {
        keys_.emplace_back();
        return keys_.size() <= depth_max;
    }
    bool leave() {
        keys_.pop_back();
        return true;
    }
    Diagnostic not_json(std::string_view text, const std::string& file) const {
        const std::string_view before = text.substr(0, fault_at_);
        Place place{file, 1, 1};
        for (const char c : before) {
            place.line += c == '\n' ? 1U : 0U;
            place.column = c == '\n' ? 1U : place.column + 1;
        }
        const char at = fault_at_ < text.size() ? text[fault_at_] : '\0';
        const bool comment = at == '/' || at == '#';
        return {place, comment ? "JSON does not allow comments" : "this is not JSON",
                comment ? "remove the comment"
                        : "import expects a config.json; convert a config.yaml first"};
    }

    std::vector<std::set<std::string>> keys_;  // of the objects that are open; none for arrays
    std::optional<std::string> twice_;
    std::size_t fault_at_ = 0;
};

// "com.example.*" of old configurations (autobahn/wamp/uri.py, convert_starred_uri).
void unstar(CrossbarPermission& permission) {
    std::string& uri = permission.uri;
    const auto stars = std::count(uri.begin(), uri.end(), '*');
    if (stars == 0) return;
    permission.match =
        stars == 1 && uri.back() == '*' ? wamp::MatchPolicy::prefix : wamp::MatchPolicy::wildcard;
    uri.erase(std::remove(uri.begin(), uri.end(), '*'), uri.end());
}

CrossbarPermission read_permission(const Json& entry) {
    CrossbarPermission read;
    read.uri = string_member(entry, "uri");
    const std::string match = string_member(entry, "match");
    if (match == "prefix") read.match = wamp::MatchPolicy::prefix;
    if (match == "wildcard") read.match = wamp::MatchPolicy::wildcard;
    if (member(entry, "match") == nullptr) unstar(read);
    if (const Json* allow = object_member(entry, "allow")) {
        for (const Action action :
             {Action::call, Action::register_, Action::subscribe, Action::publish})
            read.allow[static_cast<std::size_t>(action)] = bool_member(*allow, to_string(action));
    }
    if (const Json* disclose = object_member(entry, "disclose")) {
        read.disclose_caller = bool_member(*disclose, "caller");
        read.disclose_publisher = bool_member(*disclose, "publisher");
    }
    const Json* validate = object_member(entry, "validate");
    read.validates = validate != nullptr && !validate->empty();
    return read;
}

/// Collects from all workers.
class Reader {
public:
    explicit Reader(CrossbarConfig& config) : config_(config) {}

    void node(const Json& root) {
        for (const Json& worker : array_member(root, "workers")) {
            for (const Json& entry : array_member(worker, "realms")) {
                if (entry.is_object()) realm(entry);
            }
            for (const Json& entry : array_member(worker, "transports")) {
                if (entry.is_object()) transport(entry);
            }
        }
    }

private:
    void leave(std::string text) {
        if (std::find(config_.left.begin(), config_.left.end(), text) == config_.left.end())
            config_.left.push_back(std::move(text));
    }

    void realm(const Json& entry) {
        CrossbarRealm& made = config_.realms.emplace_back();
        made.name = string_member(entry, "name");
        for (const Json& one : array_member(entry, "roles")) {
            if (one.is_object()) role(made, one);
        }
        for (const auto& [key, value] : entry.items()) {
            if (key != "name" && key != "roles") leave("\"" + key + "\" of realm " + made.name);
        }
    }

    void role(CrossbarRealm& realm, const Json& entry) {
        CrossbarRole& made = realm.roles.emplace_back();
        made.name = string_member(entry, "name");
        made.dynamic = member(entry, "authorizer") != nullptr;
        std::map<std::string, std::size_t> seen;
        for (const Json& one : array_member(entry, "permissions")) {
            if (!one.is_object()) continue;
            CrossbarPermission read = read_permission(one);
            const auto [place, fresh] = seen.try_emplace(read.uri, made.permissions.size());
            if (fresh) made.permissions.emplace_back();
            made.permissions[place->second] = std::move(read);
        }
    }

    // A transport may contain others by path.
    void transport(const Json& entry) {
        const std::string type = string_member(entry, "type");
        if (const Json* auth = object_member(entry, "auth")) {
            for (const auto& [method, settings] : auth->items()) {
                if (settings.is_object()) this->method(method, settings);
            }
        } else if (type == "websocket" || type == "rawsocket") {
            anonymous("anonymous");  // Crossbar's default
        }
        for (const std::string_view key : {"paths", "websocket"}) {
            const Json* paths = object_member(entry, key);
            if (paths == nullptr) continue;
            for (const auto& [path, below] : paths->items()) {
                if (below.is_object()) transport(below);
            }
        }
    }

    void anonymous(std::string_view role) {
        auto& roles = config_.anonymous_roles;
        if (std::find(roles.begin(), roles.end(), role) == roles.end()) roles.emplace_back(role);
    }

    void method(const std::string& method, const Json& settings) {
        const std::string type = string_member(settings, "type");
        if (type != "static") {
            leave("authentication by " + method + " of type \"" + type + "\"");
            return;
        }
        if (method == "anonymous") return anonymous(string_member(settings, "role", "anonymous"));
        const Json* principals =
            object_member(settings, method == "wampcra" ? "users" : "principals");
        if (principals == nullptr) return leave("authentication by " + method);
        for (const auto& [authid, entry] : principals->items()) {
            if (!entry.is_object()) continue;
            config_.principals.push_back(
                {method, authid, string_member(entry, "role", "anonymous"), entry});
        }
    }

    CrossbarConfig& config_;
};

}  // namespace

void CrossbarRole::seal() {
    keys_.clear();
    wildcards_.clear();
    for (const CrossbarPermission& permission : permissions) {
        const auto gap = permission.uri.find("..");
        if (gap != std::string::npos) {
            wildcards_[std::string_view(permission.uri).substr(0, gap)] = &permission;
        } else {
            keys_[permission.uri] = &permission;
        }
    }
}

const CrossbarPermission* CrossbarRole::decider(std::string_view uri) const {
    const auto longest = [uri](const auto& map) -> const CrossbarPermission* {
        for (std::size_t bytes = uri.size() + 1; bytes-- > 0;) {
            const auto found = map.find(uri.substr(0, bytes));
            if (found != map.end()) return found->second;
        }
        return nullptr;
    };
    const CrossbarPermission* found = longest(keys_);
    if (found != nullptr && found->match != wamp::MatchPolicy::prefix && found->uri != uri)
        found = nullptr;
    if (found != nullptr && found->match == wamp::MatchPolicy::exact) return found;
    const CrossbarPermission* wildcard = longest(wildcards_);
    // Crossbar's tree cannot store an empty first component.
    if (wildcard != nullptr && !wildcard->uri.starts_with("..") &&
        wamp::matches(wildcard->uri, wamp::MatchPolicy::wildcard, uri))
        return wildcard;
    return found;
}

wamp::Result<CrossbarConfig, Diagnostic> read_crossbar(std::string_view text,
                                                       const std::string& file) {
    if (auto fault = Checker().find(text, file)) return *std::move(fault);
    const Json root = Json::parse(text.begin(), text.end(), nullptr, false);
    CrossbarConfig config;
    Reader(config).node(root);
    if (config.realms.empty()) {
        return Diagnostic{{file, 0, 0},
                          "the configuration has no realm",
                          "use the config.json of a node whose workers have \"realms\""};
    }
    for (CrossbarRealm& realm : config.realms) {
        for (CrossbarRole& role : realm.roles) role.seal();
    }
    return config;
}

}  // namespace sallyport::policy
