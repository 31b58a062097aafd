#include "policy/tools/import/crossbar_reader.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <map>
#include <optional>
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

constexpr std::array actions{Action::call, Action::register_, Action::subscribe, Action::publish};

using Keys = std::initializer_list<std::string_view>;

bool contains(Keys keys, std::string_view key) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

std::string below(const std::string& path, std::string_view key) {
    const bool plain = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '$';
    });
    if (!plain) return path + "[" + policy::quoted(key) + "]";
    return path.empty() ? std::string(key) : path + "." + std::string(key);
}

std::string below(const std::string& path, std::string_view key, std::size_t index) {
    return below(path, key) + "[" + std::to_string(index) + "]";
}

bool is_address_of_few(std::string_view interface) {
    for (const std::string_view begin :
         {"127.", "10.", "192.168.", "169.254.", "localhost", "::1", "fe8", "fc", "fd"}) {
        if (interface.starts_with(begin)) return true;
    }
    if (!interface.starts_with("172.")) return false;
    const std::string_view second = interface.substr(4, interface.substr(4).find('.'));
    return second.size() == 2 && second >= "16" && second <= "31";
}

/// Why not everybody reaches what listens at that endpoint; "" if everybody may.
std::string restriction_of(const Json& endpoint) {
    const std::string type = string_member(endpoint, "type", "tcp");
    if (type == "unix") return "a unix socket";
    if (type != "tcp" && type != "onion") return "an endpoint of type " + policy::quoted(type);
    const std::string interface = string_member(endpoint, "interface");
    if (is_address_of_few(interface)) return "the address " + interface;
    const Json* tls = object_member(endpoint, "tls");
    if (tls != nullptr && member(*tls, "ca_certificates") != nullptr)
        return "TLS with certificates of clients";
    return "";
}

/// Collects from all workers.
class Reader {
public:
    explicit Reader(CrossbarConfig& config) : config_(config) {}

    void node(const Json& root) {
        expect(root, "", {"$schema", "version", "workers"});
        old_ = unsigned_member(root, "version", 1) < 2;
        std::size_t index = 0;
        for (const Json& entry : items(root, "", "workers"))
            worker(entry, below("", "workers", index++));
    }

private:
    void leave(std::string path, std::string text, bool narrower = false) {
        config_.rest.push_back({std::move(path), std::move(text), narrower});
    }

    /// Tells of every key that is not listed.
    void expect(const Json& object, const std::string& path, Keys known) {
        if (!object.is_object()) return leave(path, "is not an object: not imported");
        for (const auto& [key, value] : object.items()) {
            if (!contains(known, key))
                leave(below(path, key),
                      "is not imported: see what it does in Crossbar, and "
                      "whether it is needed here");
        }
    }

    /// The items of a list; tells of anything else there.
    const Json& items(const Json& object, const std::string& path, std::string_view key) {
        const Json* const list = member(object, key);
        if (list != nullptr && !list->is_array())
            leave(below(path, key), "is not a list: not imported");
        return array_member(object, key);
    }

    /// The members of an object; tells of anything else there.
    const Json& members(const Json& object, const std::string& path, std::string_view key) {
        static const Json none = Json::object();
        const Json* const found = member(object, key);
        if (found == nullptr) return none;
        if (found->is_object()) return *found;
        leave(below(path, key), "is not an object: not imported");
        return none;
    }

    /// A text; tells of anything else there.
    std::string text(const Json& object, const std::string& path, std::string_view key,
                     std::string_view otherwise = {}) {
        const Json* const found = member(object, key);
        if (found != nullptr && !found->is_string())
            leave(below(path, key), "is not a string: not imported");
        return string_member(object, key, otherwise);
    }

    bool flag(const Json& object, const std::string& path, std::string_view key) {
        const Json* const found = member(object, key);
        if (found != nullptr && !found->is_boolean())
            leave(below(path, key), "is neither true nor false: taken as false");
        return bool_member(object, key);
    }

    void worker(const Json& entry, const std::string& path) {
        const std::string type = text(entry, path, "type", "router");
        if (type != "router") {
            return leave(path,
                         "a worker of type " + policy::quoted(type) +
                             " is not imported (what runs in it can join the inside as a service)",
                         true);
        }
        expect(entry, path, {"id", "type", "realms", "transports", "components"});
        std::size_t index = 0;
        for (const Json& one : items(entry, path, "realms"))
            realm(one, below(path, "realms", index++));
        index = 0;
        for (const Json& one : items(entry, path, "transports"))
            transport(one, {below(path, "transports", index++), ""});
        index = 0;
        for (const Json& one : items(entry, path, "components")) {
            leave(below(path, "components", index++),
                  "a component with role " + policy::quoted(string_member(one, "role")) +
                      " in realm " + policy::quoted(string_member(one, "realm")) +
                      " is not imported (let it join the inside as a service)",
                  true);
        }
    }

    // Realms and permissions --------------------------------------------------------------------

    void realm(const Json& entry, const std::string& path) {
        expect(entry, path, {"name", "roles"});
        if (!entry.is_object()) return;
        CrossbarRealm made;
        made.name = text(entry, path, "name");
        made.path = path;
        if (realm_named(made.name)) {
            return leave(path,
                         "there already is a realm " + policy::quoted(made.name) +
                             ": this one is not imported (join the two by hand)",
                         true);
        }
        std::size_t index = 0;
        for (const Json& one : items(entry, path, "roles"))
            role(made, one, below(path, "roles", index++));
        config_.realms.push_back(std::move(made));
    }

    bool realm_named(const std::string& name) const {
        return std::any_of(config_.realms.begin(), config_.realms.end(),
                           [&](const CrossbarRealm& realm) { return realm.name == name; });
    }

    void role(CrossbarRealm& realm, const Json& entry, const std::string& path) {
        expect(entry, path, {"name", "permissions", "authorizer"});
        if (!entry.is_object()) return;
        CrossbarRole made;
        made.name = text(entry, path, "name");
        made.path = path;
        made.dynamic = member(entry, "authorizer") != nullptr;
        const bool twice = std::any_of(realm.roles.begin(), realm.roles.end(),
                                       [&](const auto& one) { return one.name == made.name; });
        if (twice) {
            return leave(path,
                         "there already is a role " + policy::quoted(made.name) + " in realm " +
                             realm.name + ": this one is not imported (join the two by hand)",
                         true);
        }
        if (made.name == "trusted") {
            return leave(path, "\"trusted\" is Crossbar's own role: not imported", true);
        }
        std::map<std::string, std::size_t> seen;
        std::size_t index = 0;
        for (const Json& one : items(entry, path, "permissions")) {
            auto read = permission(one, below(path, "permissions", index++));
            if (!read) continue;
            const auto [place, fresh] = seen.try_emplace(read->uri, made.permissions.size());
            if (fresh) made.permissions.emplace_back();
            made.permissions[place->second] = *std::move(read);
        }
        realm.roles.push_back(std::move(made));
    }

    std::optional<CrossbarPermission> permission(const Json& entry, const std::string& path) {
        const bool flat = old_ && std::any_of(actions.begin(), actions.end(), [&](Action action) {
                              return member(entry, to_string(action)) != nullptr;
                          });
        if (flat) {
            expect(entry, path, {"uri", "call", "register", "subscribe", "publish"});
        } else {
            expect(entry, path, {"uri", "match", "allow", "disclose", "validate", "cache"});
        }
        if (!entry.is_object()) return std::nullopt;
        CrossbarPermission read;
        read.path = path;
        read.uri = text(entry, path, "uri");
        if (member(entry, "uri") == nullptr) {
            leave(path, "has no \"uri\": not imported");
            return std::nullopt;
        }
        const Json* const match = member(entry, "match");
        if (match == nullptr || flat) {
            unstar(read);
        } else if (*match == "prefix") {
            read.match = wamp::MatchPolicy::prefix;
        } else if (*match == "wildcard") {
            read.match = wamp::MatchPolicy::wildcard;
        } else if (*match != "exact") {
            leave(below(path, "match"),
                  "is neither \"exact\" nor \"prefix\" nor \"wildcard\": "
                  "the permission is not imported");
            return std::nullopt;
        }
        const Json& allow = flat ? entry : members(entry, path, "allow");
        const std::string allow_path = flat ? path : below(path, "allow");
        if (!flat) expect(allow, allow_path, {"call", "register", "subscribe", "publish"});
        for (const Action action : actions)
            read.allow[static_cast<std::size_t>(action)] =
                flag(allow, allow_path, to_string(action));
        if (flat) return read;
        const Json& disclose = members(entry, path, "disclose");
        const std::string disclose_path = below(path, "disclose");
        expect(disclose, disclose_path, {"caller", "publisher"});
        read.disclose_caller = flag(disclose, disclose_path, "caller");
        read.disclose_publisher = flag(disclose, disclose_path, "publisher");
        const Json* const validate = member(entry, "validate");
        read.validates = validate != nullptr && !validate->empty();
        return read;
    }

    // Transports --------------------------------------------------------------------------------

    /// `reach`: of the transport that it is a part of, or its own path alone.
    void transport(const Json& entry, CrossbarReach reach) {
        const std::string path = reach.path;
        if (!entry.is_object()) return leave(path, "is not an object: not imported");
        const std::string type = text(entry, path, "type");
        if (const Json* const endpoint = object_member(entry, "endpoint"))
            reach.restricted = restriction_of(*endpoint);
        if (type == "websocket" || type == "rawsocket") {
            sessions(entry, reach);
        } else if (type == "universal") {
            universal(entry, reach);
        } else if (type == "web") {
            expect(entry, path, {"id", "type", "endpoint", "paths"});
            paths(members(entry, path, "paths"), below(path, "paths"), reach);
        } else if (type == "mqtt") {
            mqtt(entry, path);
        } else {
            leave(path, "a transport of type " + policy::quoted(type) + " is not imported", true);
        }
    }

    void universal(const Json& entry, const CrossbarReach& reach) {
        const std::string& path = reach.path;
        expect(entry, path, {"id", "type", "endpoint", "rawsocket", "websocket", "mqtt", "web"});
        if (const Json* const part = member(entry, "rawsocket"))
            sessions(*part, {below(path, "rawsocket"), reach.restricted});
        const std::string sockets = below(path, "websocket");
        for (const auto& [name, part] : members(entry, path, "websocket").items())
            sessions(part, {below(sockets, name), reach.restricted});
        if (const Json* const part = member(entry, "mqtt")) mqtt(*part, below(path, "mqtt"));
        if (const Json* const part = member(entry, "web")) {
            const std::string web = below(path, "web");
            expect(*part, web, {"id", "type", "paths"});
            paths(members(*part, web, "paths"), below(web, "paths"), reach);
        }
    }

    // The services of a web transport, which may contain others by path.
    void paths(const Json& services, const std::string& path, const CrossbarReach& reach) {
        for (const auto& [name, service] : services.items()) {
            const std::string own = below(path, name);
            const std::string type = text(service, own, "type");
            if (type == "websocket") {
                sessions(service, {own, reach.restricted});
            } else if (type == "path") {
                expect(service, own, {"id", "type", "paths"});
                paths(members(service, own, "paths"), below(own, "paths"), reach);
            } else {
                const bool speaks = type == "publisher" || type == "caller" || type == "webhook" ||
                                    type == "longpoll";
                const std::string role = string_member(service, "role");
                leave(own,
                      "a web service of type " + policy::quoted(type) + " is not imported" +
                          (role.empty() ? "" : ", with what role " + role + " may do by it") +
                          (speaks ? " (let a service behind the inside do what it does)" : ""),
                      speaks);
            }
        }
    }

    void mqtt(const Json& entry, const std::string& path) {
        const Json& options = members(entry, path, "options");
        const std::string role = string_member(options, "role", "anonymous");
        leave(path,
              "MQTT is not spoken here: the logins of its clients, in realm " +
                  policy::quoted(string_member(options, "realm")) + " with role " +
                  policy::quoted(role) +
                  ", are not imported (give them a WAMP client and sallyport principal add)",
              true);
    }

    /// A WebSocket or RawSocket, whatever contains it.
    void sessions(const Json& entry, const CrossbarReach& reach) {
        const std::string& path = reach.path;
        expect(entry, path, {"id", "type", "endpoint", "url", "serializers", "debug", "auth"});
        if (!entry.is_object()) return;
        if (member(entry, "auth") == nullptr) {  // Crossbar's default
            config_.anonymous.push_back({"anonymous", "", reach});
            return;
        }
        const std::string auth = below(path, "auth");
        for (const auto& [method, settings] : members(entry, path, "auth").items())
            this->method(method, settings, below(auth, method), reach);
    }

    // Authentication ----------------------------------------------------------------------------

    void method(const std::string& method, const Json& settings, const std::string& path,
                const CrossbarReach& reach) {
        const std::string type = text(settings, path, "type");
        const bool known =
            contains({"anonymous", "ticket", "wampcra", "cryptosign", "scram"}, method);
        if (type == "dynamic" && known) {
            return leave(path,
                         "authentication by " + method + " asks the procedure " +
                             policy::quoted(string_member(settings, "authenticator")) +
                             ": not imported (write [auth.dynamic], and a rule that lets role "
                             "gateway call it)",
                         true);
        }
        if (type != "static" || !known) {
            return leave(path,
                         "authentication by " + method +
                             (type.empty() ? "" : " of type " + policy::quoted(type)) +
                             " is not imported (sallyport principal add)",
                         true);
        }
        if (method == "anonymous") return anonymous(settings, path, reach);
        const std::string_view list = method == "wampcra" ? "users" : "principals";
        expect(settings, path, {"type", list});
        const std::string listed = below(path, list);
        for (const auto& [authid, entry] : members(settings, path, list).items())
            principal({method, authid, "", "", below(listed, authid), reach, entry});
    }

    void anonymous(const Json& settings, const std::string& path, const CrossbarReach& reach) {
        expect(settings, path, {"type", "role", "realm", "authid"});
        if (member(settings, "authid") != nullptr) {
            leave(below(path, "authid"),
                  "anonymous sessions have random authids here: what refers to authid " +
                      policy::quoted(string_member(settings, "authid")) +
                      " does not apply to them");
        }
        config_.anonymous.push_back(
            {text(settings, path, "role", "anonymous"), text(settings, path, "realm"), reach});
    }

    void principal(CrossbarPrincipal made) {
        const std::string& path = made.path;
        if (made.method == "ticket") {
            expect(made.entry, path, {"ticket", "role", "realm"});
        } else if (made.method == "wampcra") {
            expect(made.entry, path, {"secret", "role", "realm", "salt", "iterations", "keylen"});
        } else if (made.method == "cryptosign") {
            expect(made.entry, path, {"authorized_keys", "role", "realm"});
        } else {
            expect(made.entry, path,
                   {"kdf", "iterations", "memory", "salt", "stored-key", "server-key", "role",
                    "realm"});
        }
        if (!made.entry.is_object()) return;
        made.role = text(made.entry, path, "role");
        made.realm = text(made.entry, path, "realm");
        if (made.role.empty()) {
            return leave(path,
                         "the principal has no role: Crossbar does not let it in, and it is not "
                         "imported");
        }
        for (const std::string_view key : {"ticket", "secret"}) {
            const std::string secret = string_member(made.entry, key);
            if (!secret.starts_with('$')) continue;
            return leave(below(path, key),
                         "the secret of principal " + policy::quoted(made.authid) +
                             " is in the environment variable " + secret.substr(1) +
                             ", which import does not read: not imported (sallyport principal add)",
                         true);
        }
        config_.principals.push_back(std::move(made));
    }

    CrossbarConfig& config_;
    bool old_ = false;  ///< version 1: permissions have no "allow"
};

}  // namespace

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
