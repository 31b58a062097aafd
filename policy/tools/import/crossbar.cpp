#include "policy/tools/import/crossbar.h"

#include <algorithm>
#include <map>
#include <utility>

#include "wamp/codec/codec.h"
#include "wamp/codec/json_text.h"

namespace sallyport::policy {
namespace {

using wamp::Dict;
using wamp::List;

constexpr std::size_t depth_max = 32;

/// Finds the first position at which a text is not valid JSON, for the error message.
class JsonFault {
public:
    explicit JsonFault(std::string_view text)
        : begin_(text.data()), at_(begin_), end_(begin_ + text.size()) {}

    std::optional<Diagnostic> find(const std::string& file) {
        const bool sound = value(0) && (space(), at_ == end_);
        if (sound) return std::nullopt;
        Place place{file, 1, 1};
        for (const char* c = begin_; c < at_; ++c) {
            place.line += *c == '\n' ? 1U : 0U;
            place.column = *c == '\n' ? 1U : place.column + 1;
        }
        const bool comment = at_ != end_ && (*at_ == '/' || *at_ == '#');
        return Diagnostic{place, comment ? "JSON does not allow comments" : "not valid JSON",
                          comment ? "remove the comment"
                                  : "import takes a config.json; convert a config.yaml first"};
    }

private:
    void space() {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\r' || *at_ == '\n')) ++at_;
    }
    bool take(char c) {
        space();
        if (at_ == end_ || *at_ != c) return false;
        ++at_;
        return true;
    }
    bool text() {
        space();
        if (at_ == end_ || *at_ != '"') return false;
        wamp::JsonString found;
        const char* after = wamp::scan_json_string(at_ + 1, end_, found);
        if (after == nullptr) return false;
        at_ = after;
        return true;
    }
    bool literal(std::string_view word) {
        if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(word))
            return false;
        at_ += word.size();
        return true;
    }
    bool items(char close, std::size_t depth) {
        if (take(close)) return true;
        do {
            if (close == '}' && (!text() || !take(':'))) return false;
            if (!value(depth + 1)) return false;
        } while (take(','));
        return take(close);
    }
    bool value(std::size_t depth) {
        space();
        if (at_ == end_ || depth > depth_max) return false;
        if (*at_ == '{') return ++at_, items('}', depth);
        if (*at_ == '[') return ++at_, items(']', depth);
        if (*at_ == '"') return text();
        if (literal("true") || literal("false") || literal("null")) return true;
        bool integral = false;
        const char* after = wamp::scan_json_number(at_, end_, integral);
        if (after == nullptr) return false;
        at_ = after;
        return true;
    }

    const char* begin_;
    const char* at_;
    const char* end_;
};

wamp::MessageLimits limits_for(std::string_view text) {
    wamp::MessageLimits limits;
    limits.message_bytes = text.size() + 1;
    limits.depth = depth_max + 1;
    limits.elements = text.size() + 1;
    limits.option_values = text.size() + 1;
    limits.option_keys = text.size() + 1;
    limits.string_bytes = text.size() + 1;
    return limits;
}

// "com.example.*" of old configurations (autobahn/wamp/uri.py, convert_starred_uri).
void unstar(CrossbarPermission& permission) {
    std::string& uri = permission.uri;
    const auto stars = std::count(uri.begin(), uri.end(), '*');
    if (stars == 0) return;
    permission.match =
        stars == 1 && uri.back() == '*' ? wamp::MatchPolicy::prefix : wamp::MatchPolicy::wildcard;
    uri.erase(std::remove(uri.begin(), uri.end(), '*'), uri.end());
}

CrossbarPermission read_permission(const Dict& entry) {
    CrossbarPermission read;
    read.uri = entry.get_string("uri");
    const std::string_view match = entry.get_string("match");
    if (match == "prefix") read.match = wamp::MatchPolicy::prefix;
    if (match == "wildcard") read.match = wamp::MatchPolicy::wildcard;
    if (entry.find("match") == nullptr) unstar(read);
    if (const Dict* allow = entry.get_dict("allow")) {
        for (const Action action :
             {Action::call, Action::register_, Action::subscribe, Action::publish})
            read.allow[static_cast<std::size_t>(action)] =
                allow->get_bool(to_string(action), false);
    }
    if (const Dict* disclose = entry.get_dict("disclose")) {
        read.disclose_caller = disclose->get_bool("caller", false);
        read.disclose_publisher = disclose->get_bool("publisher", false);
    }
    const Dict* validate = entry.get_dict("validate");
    read.validates = validate != nullptr && !validate->empty();
    return read;
}

/// Collects from all workers.
class Reader {
public:
    explicit Reader(CrossbarConfig& config) : config_(config) {}

    void node(const Dict& root) {
        for (const wamp::Value& item : list(root, "workers")) {
            const Dict* worker = item.get_if<Dict>();
            if (worker == nullptr) continue;
            for (const wamp::Value& one : list(*worker, "realms")) {
                if (const Dict* entry = one.get_if<Dict>()) realm(*entry);
            }
            for (const wamp::Value& one : list(*worker, "transports")) {
                if (const Dict* entry = one.get_if<Dict>()) transport(*entry);
            }
        }
    }

private:
    static const List& list(const Dict& dict, std::string_view key) {
        static const List empty;
        const List* found = dict.get_list(key);
        return found != nullptr ? *found : empty;
    }
    void leave(std::string text) {
        if (std::find(config_.left.begin(), config_.left.end(), text) == config_.left.end())
            config_.left.push_back(std::move(text));
    }

    void realm(const Dict& entry) {
        CrossbarRealm& made = config_.realms.emplace_back();
        made.name = entry.get_string("name");
        for (const wamp::Value& item : list(entry, "roles")) {
            if (const Dict* one = item.get_if<Dict>()) role(made, *one);
        }
        for (const auto& [key, value] : entry) {
            if (key != "name" && key != "roles") leave("\"" + key + "\" of realm " + made.name);
        }
    }

    void role(CrossbarRealm& realm, const Dict& entry) {
        CrossbarRole& made = realm.roles.emplace_back();
        made.name = entry.get_string("name");
        made.dynamic = entry.find("authorizer") != nullptr;
        std::map<std::string, std::size_t> seen;
        for (const wamp::Value& item : list(entry, "permissions")) {
            const Dict* one = item.get_if<Dict>();
            if (one == nullptr) continue;
            CrossbarPermission read = read_permission(*one);
            const auto [place, fresh] = seen.try_emplace(read.uri, made.permissions.size());
            if (fresh) made.permissions.emplace_back();
            made.permissions[place->second] = std::move(read);
        }
    }

    // A transport may contain others by path.
    void transport(const Dict& entry) {
        if (const Dict* auth = entry.get_dict("auth")) {
            for (const auto& [method, value] : *auth) {
                if (const Dict* settings = value.get_if<Dict>()) this->method(method, *settings);
            }
        } else if (entry.get_string("type") == "websocket" ||
                   entry.get_string("type") == "rawsocket") {
            anonymous("anonymous");  // Crossbar's default
        }
        for (const std::string_view key : {"paths", "websocket"}) {
            const Dict* paths = entry.get_dict(key);
            if (paths == nullptr) continue;
            for (const auto& [path, value] : *paths) {
                if (const Dict* below = value.get_if<Dict>()) transport(*below);
            }
        }
    }

    void anonymous(std::string_view role) {
        auto& roles = config_.anonymous_roles;
        if (std::find(roles.begin(), roles.end(), role) == roles.end()) roles.emplace_back(role);
    }

    void method(const std::string& method, const Dict& settings) {
        if (settings.get_string("type") != "static") {
            leave("authentication by " + method + " of type \"" +
                  std::string(settings.get_string("type")) + "\"");
            return;
        }
        if (method == "anonymous") return anonymous(settings.get_string("role", "anonymous"));
        const Dict* principals = settings.get_dict(method == "wampcra" ? "users" : "principals");
        if (principals == nullptr) return leave("authentication by " + method);
        for (const auto& [authid, value] : *principals) {
            const Dict* entry = value.get_if<Dict>();
            if (entry == nullptr) continue;
            config_.principals.push_back(
                {method, authid, std::string(entry->get_string("role", "anonymous")), *entry});
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
    if (auto fault = JsonFault(text).find(file)) return *std::move(fault);
    auto value = wamp::decode_value(wamp::Serializer::json, text, limits_for(text));
    if (!value) {
        return Diagnostic{{file, 0, 0},
                          "cannot be read: " + std::string(to_string(value.error())),
                          "check whether a key appears twice in one object"};
    }
    const Dict* root = value->get_if<Dict>();
    CrossbarConfig config;
    if (root != nullptr) Reader(config).node(*root);
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
