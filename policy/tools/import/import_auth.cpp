#include "policy/tools/import/import_auth.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "policy/auth/principals.h"
#include "policy/crypto/hash.h"
#include "policy/crypto/ticket_hash.h"
#include "policy/tools/edit/toml_text.h"
#include "policy/tools/json.h"
#include "wamp/base/base64.h"

namespace sallyport::policy {
namespace {

using Kind = ImportNote::Kind;

bool has_role(const CrossbarRealm& realm, const std::string& name) {
    return std::any_of(realm.roles.begin(), realm.roles.end(),
                       [&name](const CrossbarRole& role) { return role.name == name; });
}

/// Whether somebody who may join `only` ("": any realm) with that role may join that realm.
bool may_join(const CrossbarRealm& realm, const std::string& only, const std::string& role) {
    return (only.empty() || only == realm.name) && has_role(realm, role);
}

std::string ticket_text(const Json& entry, wamp::Random& random) {
    const std::string ticket = string_member(entry, "ticket");
    if (ticket.empty()) return "";
    return "ticket = " +
           toml_text(to_string(crypto::hash_ticket(ticket, crypto::iterations_default, random))) +
           "\n";
}

std::string wampcra_text(const Json& entry) {
    const std::string secret = string_member(entry, "secret");
    const std::string salt = string_member(entry, "salt");
    if (secret.empty()) return "";
    if (salt.empty()) return "wampcra = { secret = " + toml_text(secret) + " }\n";
    return "wampcra = { key = " + toml_text(secret) + ", salt = " + toml_text(salt) +
           ", iterations = " + std::to_string(unsigned_member(entry, "iterations", 1000)) +
           ", keylen = " + std::to_string(unsigned_member(entry, "keylen", 32)) + " }\n";
}

std::string cryptosign_text(const Json& entry) {
    std::string list;
    for (const Json& key : array_member(entry, "authorized_keys")) {
        const auto* const hex = key.get_ptr<const Json::string_t*>();
        if (hex == nullptr) return "";
        list += (list.empty() ? "" : ", ") + toml_text(*hex);
    }
    return list.empty() ? "" : "cryptosign = [" + list + "]\n";
}

// Crossbar writes the salt in hex.
std::string scram_text(const Json& entry) {
    const auto salt = crypto::from_hex(string_member(entry, "salt"));
    if (!salt) return "";
    std::string text = "scram = { kdf = " + toml_text(string_member(entry, "kdf")) +
                       ", salt = " + toml_text(wamp::to_base64(std::string_view(*salt))) +
                       ", iterations = " + std::to_string(unsigned_member(entry, "iterations"));
    if (string_member(entry, "kdf") != "pbkdf2")
        text += ", memory = " + std::to_string(unsigned_member(entry, "memory"));
    return text + ", stored_key = " + toml_text(string_member(entry, "stored-key")) +
           ", server_key = " + toml_text(string_member(entry, "server-key")) + " }\n";
}

/// One realm's part.
class AuthImport {
public:
    AuthImport(const CrossbarConfig& config, const CrossbarRealm& realm, bool all_transports,
               wamp::Random& random, std::vector<ImportNote>& notes)
        : config_(config),
          realm_(realm),
          all_transports_(all_transports),
          random_(random),
          notes_(notes) {}

    ImportedAuth run(const std::string& file) {
        ImportedAuth made;
        // Those that everybody may reach come first: they are the ones that are enabled.
        for (const bool restricted : {false, true}) {
            for (const CrossbarPrincipal& principal : config_.principals) {
                if (is_restricted(principal.reach) == restricted)
                    made.principals += block_of(principal);
            }
        }
        const std::string role = anonymous_role();
        if (role.empty() && made.principals.empty()) return made;
        made.section = "\n[auth]\n";
        if (!role.empty()) made.section += "anonymous = { role = " + toml_text(role) + " }\n";
        if (!made.principals.empty()) made.section += "principals = " + toml_text(file) + "\n";
        return made;
    }

private:
    bool is_restricted(const CrossbarReach& reach) const {
        return !all_transports_ && !reach.restricted.empty();
    }

    void note(Kind kind, const std::string& path, const std::string& role, std::string text) {
        notes_.push_back({kind, path, realm_.name, role, "", "", {}, std::move(text)});
    }

    /// Its lines in the principals file, with an empty line before them; "" if it is not imported.
    std::string block_of(const CrossbarPrincipal& principal) {
        if (!may_join(realm_, principal.realm, principal.role)) return "";
        if (authids_.contains(principal.authid)) {
            note(Kind::narrower, principal.path, principal.role,
                 "principal " + policy::quoted(principal.authid) + " by " + principal.method +
                     " has another way to log in already: this one is not imported (sallyport "
                     "principal add)");
            return "";
        }
        const bool disabled = is_restricted(principal.reach);
        const std::string block = "[[principal]]\nauthid = " + toml_text(principal.authid) +
                                  "\nrole = " + toml_text(principal.role) + "\n" +
                                  (disabled ? "disabled = true\n" : "") + secret_of(principal);
        Diagnostics diagnostics;
        const Principals read = parse_principals(block, "principals", diagnostics);
        if (!diagnostics.empty() || read.list.size() != 1 || read.list.front().methods().empty()) {
            note(Kind::narrower, principal.path, principal.role,
                 "principal " + policy::quoted(principal.authid) + " by " + principal.method +
                     " cannot be imported (sallyport principal add)");
            return "";
        }
        authids_.insert(principal.authid);
        if (disabled) {
            note(Kind::narrower, principal.path, principal.role,
                 "principal " + policy::quoted(principal.authid) + " could log in at " +
                     principal.reach.path + " alone (" + principal.reach.restricted +
                     "): it is imported disabled, as here everybody may try who knows the onion "
                     "address (sallyport principal enable, or import --all-transports)");
        }
        return (std::exchange(first_, false) ? "" : "\n") + block;
    }

    std::string secret_of(const CrossbarPrincipal& principal) const {
        if (principal.method == "ticket") return ticket_text(principal.entry, random_);
        if (principal.method == "wampcra") return wampcra_text(principal.entry);
        if (principal.method == "cryptosign") return cryptosign_text(principal.entry);
        return scram_text(principal.entry);
    }

    /// The role of anonymous sessions; "" if there are none. A role that not everybody can have in
    /// Crossbar is not given to everybody here.
    std::string anonymous_role() {
        std::map<std::string, const CrossbarAnonymous*> open;  // by role
        for (const CrossbarAnonymous& one : config_.anonymous) {
            if (may_join(realm_, one.realm, one.role) && !is_restricted(one.reach))
                open.try_emplace(one.role, &one);
        }
        for (const CrossbarAnonymous& one : config_.anonymous) {
            if (!has_role(realm_, one.role)) continue;
            if (!may_join(realm_, one.realm, one.role)) {
                note(Kind::narrower, one.reach.path, one.role,
                     "anonymous sessions there are for realm " + policy::quoted(one.realm) +
                         ": they are not let into this one, as some versions of Crossbar do "
                         "(write anonymous = { role = … } under [auth] if they should be)");
            } else if (is_restricted(one.reach) && !open.contains(one.role)) {
                note(Kind::narrower, one.reach.path, one.role,
                     "anonymous sessions there (" + one.reach.restricted + ") have role " +
                         one.role +
                         ": not imported, as everybody who knows the onion address would have it "
                         "(write anonymous = { role = … } under [auth], or import "
                         "--all-transports, if that is meant)");
            } else if (!is_restricted(one.reach) && open.size() > 1) {
                note(Kind::narrower, one.reach.path, one.role,
                     "anonymous sessions have different roles on different transports, " +
                         one.role +
                         " here, and one door has one role for all: not imported (write anonymous "
                         "= { role = … } under [auth])");
            }
        }
        return open.size() == 1 ? open.begin()->first : "";
    }

    const CrossbarConfig& config_;
    const CrossbarRealm& realm_;
    bool all_transports_;
    wamp::Random& random_;
    std::vector<ImportNote>& notes_;
    std::set<std::string> authids_;
    bool first_ = true;
};

}  // namespace

ImportedAuth import_auth(const CrossbarConfig& config, const CrossbarRealm& realm,
                         const std::string& file, bool all_transports, wamp::Random& random,
                         std::vector<ImportNote>& notes) {
    return AuthImport(config, realm, all_transports, random, notes).run(file);
}

void note_strangers(const CrossbarConfig& config, std::vector<ImportNote>& notes) {
    const auto is_known = [&config](const std::string& realm, const std::string& role) {
        return std::any_of(config.realms.begin(), config.realms.end(),
                           [&](const CrossbarRealm& one) { return may_join(one, realm, role); });
    };
    const auto note = [&](const std::string& path, const std::string& who, const std::string& realm,
                          const std::string& role) {
        const bool trusted = role == "trusted";
        notes.push_back(
            {Kind::narrower,
             path,
             realm,
             role,
             "",
             "",
             {},
             who + " role " + policy::quoted(role) +
                 (trusted ? ", which Crossbar allows everything: not imported (write rules for a "
                            "role of its own)"
                          : ", which is in no realm that they may join: not imported")});
    };
    for (const CrossbarPrincipal& principal : config.principals) {
        if (!is_known(principal.realm, principal.role))
            note(principal.path, "principal " + policy::quoted(principal.authid) + " has",
                 principal.realm, principal.role);
    }
    for (const CrossbarAnonymous& one : config.anonymous) {
        if (!is_known(one.realm, one.role))
            note(one.reach.path, "anonymous sessions there have", one.realm, one.role);
    }
}

}  // namespace sallyport::policy
