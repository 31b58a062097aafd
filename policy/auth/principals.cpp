#include "policy/auth/principals.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "policy/crypto/wampcra.h"
#include "policy/document/document.h"
#include "policy/document/names.h"
#include "policy/document/section.h"
#include "wamp/base/base64.h"

namespace sallyport::policy {
namespace {

constexpr std::array<std::string_view, 3> file_keys{"principal", "decoy_key", "router_key"};
constexpr std::array<std::string_view, 8> principal_keys{
    "authid", "role", "disabled", "ticket", "wampcra", "wamp-scram", "scram", "cryptosign"};
constexpr std::array<std::string_view, 5> cra_keys{"secret", "key", "salt", "iterations", "keylen"};
constexpr std::array<std::string_view, 6> scram_keys{"kdf",    "salt",       "iterations",
                                                     "memory", "stored_key", "server_key"};

constexpr std::string_view new_secret = "create a new one with: sallyport principal rotate";

/// Reads the tables of one file. Values at the place of a secret are never shown, even if
/// malformed.
class Reader {
public:
    Reader(const std::string& file, Diagnostics& diagnostics)
        : file_(file), diagnostics_(diagnostics) {}

    Principals read(const Item& root);

private:
    Credentials principal(const Item& table);
    void name(Section& one, const Item& table, Credentials& out);
    void ticket(Section& one, const Item& table, Credentials& out);
    void cra(const Item& table, Credentials& out);
    void salted_cra(Section& section, const Item& table, CraCredential& out);
    std::optional<ScramCredential> scram(const Item& table, Method method);
    void kdf(Section& section, const Item& table, Method method, crypto::ScramCosts& out);
    void keys(Section& one, Credentials& out);
    std::optional<crypto::Digest> digest(Section& section, const Item& table, std::string_view key,
                                         std::string_view hint);
    std::uint32_t number(Section& section, std::string_view key, std::uint32_t least,
                         std::uint32_t most, std::string_view example);

    const std::string& file_;
    Diagnostics& diagnostics_;
    std::set<std::string> authids_;
};

Principals Reader::read(const Item& root) {
    Principals out;
    Section file(root, "a principals file", file_keys, file_, diagnostics_);
    constexpr std::string_view drawn = "generate one with: openssl rand -hex 32";
    if (root.find("decoy_key") != nullptr) out.decoy_key = digest(file, root, "decoy_key", drawn);
    if (root.find("router_key") != nullptr)
        out.router_key = digest(file, root, "router_key", drawn);
    for (const Item* table : file.tables("principal")) out.list.push_back(principal(*table));
    return out;
}

Credentials Reader::principal(const Item& table) {
    Section one(table, "[[principal]]", principal_keys, file_, diagnostics_);
    Credentials out;
    out.place = one.place();
    name(one, table, out);
    out.disabled = one.boolean("disabled").value_or(false);
    if (table.find("ticket") != nullptr) ticket(one, table, out);
    if (const Item* item = one.find("wampcra", Item::Kind::table, "{ secret = \"…\" }"))
        cra(*item, out);
    constexpr std::string_view example = "{ kdf = \"argon2id13\", … }";
    if (const Item* item = one.find("wamp-scram", Item::Kind::table, example))
        out.wamp_scram = scram(*item, Method::wamp_scram);
    if (const Item* item = one.find("scram", Item::Kind::table, example))
        out.scram = scram(*item, Method::scram);
    if (table.find("cryptosign") != nullptr) keys(one, out);
    const bool some =
        std::any_of(principal_keys.begin() + 3, principal_keys.end(),
                    [&table](std::string_view key) { return table.find(key) != nullptr; });
    if (!some) {
        one.error("[[principal]] has no secret and no key, so nobody can log in as it",
                  "add one with: sallyport principal add, or remove the principal");
    }
    return out;
}

void Reader::name(Section& one, const Item& table, Credentials& out) {
    if (const auto authid = one.need_text("authid", "\"alice\"")) {
        out.authid = *authid;
        if (authid->empty() || authid->size() > authid_bytes_max) {
            one.error(*table.find("authid"), "an authid has 1 to 256 bytes", "use a short name");
        } else if (!authids_.insert(*authid).second) {
            one.error(*table.find("authid"), "the authid " + quoted(*authid) + " is already in use",
                      "remove one of the two principals");
        }
    }
    if (const auto role = one.need_text("role", "\"operator\"")) {
        out.role = *role;
        if (!is_valid_name(*role)) {
            one.error(*table.find("role"), quoted(*role) + " cannot be a role",
                      "use 1 to 64 letters, digits and any of - _ . @");
        } else if (*role == gateway_role) {
            one.error(*table.find("role"), "\"gateway\" is the role of the gateway itself",
                      "choose another name");
        }
    }
}

void Reader::ticket(Section& one, const Item& table, Credentials& out) {
    const auto text = one.text("ticket", "\"sha256$…\"");
    if (!text) return;
    out.ticket = crypto::parse_ticket_hash(*text);
    if (out.ticket) return;
    if (const auto costs = crypto::ticket_iterations(*text);
        costs && *costs > crypto::iterations_max) {
        one.error(*table.find("ticket"),
                  "the ticket costs " + std::to_string(*costs) +
                      " iterations per attempt, which would delay every login",
                  "use at most " + std::to_string(crypto::iterations_max) +
                      ", or a generated ticket, which needs none");
        return;
    }
    one.error(*table.find("ticket"), "the ticket is not stored as a hash", std::string(new_secret));
}

void Reader::cra(const Item& table, Credentials& out) {
    Section section(table, "wampcra", cra_keys, file_, diagnostics_);
    CraCredential read;
    const bool plain = table.find("secret") != nullptr;
    if (plain) {
        read.key = section.text("secret", "\"…\"").value_or("");
        if (read.key.empty() || read.key.size() > secret_bytes_max) {
            section.error(*table.find("secret"), "\"secret\" must be a string of 1 to 1024 bytes",
                          std::string(new_secret));
        }
        for (const std::string_view key : {"key", "salt", "iterations", "keylen"}) {
            const Item* item = table.find(key);
            if (item == nullptr) continue;
            section.error_at_key(*item,
                                 quoted(key) + " is only for a derived key, not for a secret",
                                 "remove it, or remove \"secret\"");
        }
    } else {
        salted_cra(section, table, read);
    }
    out.wampcra = std::move(read);
}

void Reader::salted_cra(Section& section, const Item& table, CraCredential& out) {
    out.salt = section.need_text("salt", "\"…\"").value_or("");
    if (const Item* item = table.find("salt");
        item != nullptr && (out.salt.empty() || out.salt.size() > cra_salt_bytes_max)) {
        section.error(*item, "\"salt\" must be a string of 1 to 128 bytes",
                      std::string(new_secret));
    }
    out.iterations = number(section, "iterations", 1, crypto::cra_iterations_max, "100000");
    out.key_bytes =
        number(section, "keylen", crypto::cra_key_bytes_min, crypto::cra_key_bytes_max, "32");
    const auto key = section.need_text("key", "\"…\"");
    if (!key) return;
    out.key = *key;
    const auto bytes = wamp::from_base64(*key);
    if (bytes && (out.key_bytes == 0 || bytes->size() == out.key_bytes)) return;
    section.error(*table.find("key"), "\"key\" is not the base64 encoding of \"keylen\" bytes",
                  std::string(new_secret));
}

std::optional<ScramCredential> Reader::scram(const Item& table, Method method) {
    Section section(table, std::string(to_string(method)), scram_keys, file_, diagnostics_);
    ScramCredential out;
    kdf(section, table, method, out.costs);
    if (const auto salt = section.need_text("salt", "\"…\"")) {
        const auto bytes = wamp::from_base64(*salt);
        if (bytes && bytes->size() >= crypto::scram_salt_bytes_min &&
            bytes->size() <= crypto::scram_salt_bytes_max) {
            out.costs.salt = *bytes;
        } else {
            section.error(*table.find("salt"),
                          "\"salt\" is not the base64 encoding of 8 to 64 bytes",
                          std::string(new_secret));
        }
    }
    for (auto [key, place] :
         {std::pair{"stored_key", &out.keys.stored}, std::pair{"server_key", &out.keys.server}}) {
        *place = digest(section, table, key, new_secret).value_or(crypto::Digest{});
    }
    return out;
}

void Reader::kdf(Section& section, const Item& table, Method method, crypto::ScramCosts& out) {
    const crypto::ScramDialect dialect = dialect_of(method);
    const std::string argon2id(to_string(crypto::Kdf::argon2id, dialect));
    if (const auto name = section.need_text("kdf", quoted(argon2id))) {
        const auto kdf = crypto::parse_kdf(*name, dialect);
        // The PBKDF2 of Autobahn fails on the salt (W-AUT-S5).
        const bool broken = method == Method::scram && kdf == crypto::Kdf::pbkdf2;
        if (!kdf || broken) {
            section.error(
                *table.find("kdf"),
                quoted(*name) + (broken ? " is not supported by any client of this method"
                                        : " is not a key derivation function of this method"),
                "write " + quoted(argon2id) + (method == Method::scram ? "" : " or \"pbkdf2\"") +
                    ", the value with which the keys were derived");
        }
        out.kdf = kdf.value_or(crypto::Kdf::argon2id);
    }
    if (out.kdf == crypto::Kdf::argon2id) {
        out.iterations = number(section, "iterations", 1, crypto::scram_argon2_iterations_max, "3");
        out.memory_kib = number(section, "memory", crypto::scram_argon2_memory_kib_min,
                                crypto::scram_argon2_memory_kib_max, "65536");
        return;
    }
    out.iterations = number(section, "iterations", crypto::scram_pbkdf2_iterations_min,
                            crypto::scram_pbkdf2_iterations_max, "100000");
    if (const Item* item = table.find("memory")) {
        section.error_at_key(*item, "\"memory\" is only for argon2id, not for pbkdf2", "remove it");
    }
}

void Reader::keys(Section& one, Credentials& out) {
    constexpr std::string_view example = "[\"64 hexadecimal digits\"]";
    for (const Item* item : one.texts("cryptosign", example)) {
        const auto key = crypto::parse_public_key(item->text);
        if (!key) {
            one.error(*item, "a public key has 64 hexadecimal digits",
                      "copy the key that the client shows, or use: sallyport principal add --key");
        } else if (!crypto::is_trustworthy(*key)) {
            one.error(*item, "anybody can forge signatures for this public key",
                      "generate a new key pair; this one is not random");
        } else if (std::find(out.cryptosign.begin(), out.cryptosign.end(), *key) !=
                   out.cryptosign.end()) {
            one.error(*item, "the public key appears twice in the list", "remove one of the two");
        } else if (out.cryptosign.size() == public_keys_max) {
            one.error(*item, "a principal has at most 16 public keys", "remove unused keys");
        } else {
            out.cryptosign.push_back(*key);
        }
    }
}

std::optional<crypto::Digest> Reader::digest(Section& section, const Item& table,
                                             std::string_view key, std::string_view hint) {
    const auto text = section.need_text(key, "\"64 hexadecimal digits\"");
    if (!text) return std::nullopt;
    // A public key has the same length and form.
    if (const auto bytes = crypto::parse_public_key(*text)) return bytes;
    section.error(*table.find(key), quoted(key) + " does not have 64 hexadecimal digits",
                  std::string(hint));
    return std::nullopt;
}

std::uint32_t Reader::number(Section& section, std::string_view key, std::uint32_t least,
                             std::uint32_t most, std::string_view example) {
    if (section.need(key, example) == nullptr) return 0;
    const Item* item = section.find(key, Item::Kind::integer, example);
    if (item == nullptr) return 0;
    if (item->integer < least || item->integer > most) {
        section.error(*item, quoted(key) + " is out of range",
                      "write a number from " + std::to_string(least) + " to " +
                          std::to_string(most) + ", the value with which the keys were derived");
        return 0;
    }
    return static_cast<std::uint32_t>(item->integer);
}

}  // namespace

Principals parse_principals(std::string_view text, const std::string& file,
                            Diagnostics& diagnostics) {
    const auto root = parse_document(text, file);
    if (!root) {
        diagnostics.push_back(root.error());
        return {};
    }
    return Reader(file, diagnostics).read(*root);
}

}  // namespace sallyport::policy
