#include "policy/tools/edit/principal.h"

#include <algorithm>
#include <istream>
#include <ostream>
#include <utility>

#include "policy/auth/principals.h"
#include "policy/document/document.h"
#include "policy/document/names.h"
#include "policy/file/file.h"
#include "policy/file/load.h"
#include "policy/tools/edit/principal_edit.h"
#include "policy/tools/edit/principal_lines.h"
#include "policy/tools/edit/toml_text.h"
#include "policy/tools/exit_code.h"
#include "policy/tools/json.h"
#include "wamp/base/utf8.h"

namespace sallyport::policy {
namespace {

using Verb = PrincipalRequest::Verb;

/// What is shown after the file is written.
struct GeneratedCredentials {
    std::string secret;
    std::string private_key;  ///< the seed in hex, of a generated key pair
    std::string public_key;
};

/// One run of the tool on one file.
class Tool {
public:
    Tool(const PrincipalRequest& request, wamp::Random& random,
         const std::function<void(const std::string&)>& write, const Output& to)
        : request_(request), random_(random), write_(write), to_(to) {}

    int run();

private:
    bool read();
    int list() const;
    int add();
    int add_new();
    int extend();
    int switch_to(bool disabled);
    int remove();
    int change_role();
    int rotate();

    std::string fault();
    std::string secret_fault() const;
    const Credentials* found() const noexcept;
    bool requests(Method method) const noexcept {
        return std::find(methods_.begin(), methods_.end(), method) != methods_.end();
    }
    bool make_secret();
    void add_keys();
    void put(std::string_view key, const std::optional<std::string>& value);
    std::string quoted_keys() const;
    int finish(std::string_view what);
    bool others_are_the_same(const Principals& after) const;
    int no(const std::string& text) const;

    const PrincipalRequest& request_;
    wamp::Random& random_;
    const std::function<void(const std::string&)>& write_;
    const Output& to_;

    std::string text_;
    Principals principals_;
    std::vector<Method> methods_;
    std::vector<crypto::PublicKey> keys_;
    CredentialLines lines_;
    GeneratedCredentials generated_;
};

bool is_printable_ascii(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

bool same(const Credentials& a, const Credentials& b) noexcept {
    return a.authid == b.authid && a.role == b.role && a.disabled == b.disabled &&
           a.ticket == b.ticket && a.wampcra == b.wampcra && a.wamp_scram == b.wamp_scram &&
           a.scram == b.scram && a.cryptosign == b.cryptosign;
}

std::string names_of(Methods methods) {
    std::string names;
    for (const Method method : all_methods) {
        if (!methods.has(method)) continue;
        names += (names.empty() ? "" : ", ") + std::string(to_string(method));
    }
    return names;
}

int Tool::no(const std::string& text) const {
    static_cast<void>(print_fault(text, to_));
    return exit_code::no;
}

const Credentials* Tool::found() const noexcept {
    const auto& list = principals_.list;
    const auto at = std::find_if(list.begin(), list.end(), [this](const Credentials& one) {
        return one.authid == request_.authid;
    });
    return at == list.end() ? nullptr : &*at;
}

// The error in the request; also reads the methods and keys that it names.
std::string Tool::fault() {
    const bool named = !request_.authid.empty() && request_.authid.size() <= authid_bytes_max;
    if (!named || !wamp::is_valid_utf8(request_.authid))
        return "an authid has 1 to 256 bytes of UTF-8";
    if (!request_.role.empty() && !is_valid_name(request_.role)) {
        return policy::quoted(request_.role) +
               " cannot be a role (use 1 to 64 letters, digits and any of - _ . @)";
    }
    if (request_.role == gateway_role)
        return "\"gateway\" is the role of the gateway itself; choose another name";
    for (const std::string& name : request_.methods) {
        const auto method = parse_method(name);
        if (!method || *method == Method::anonymous)
            return "unknown method " + policy::quoted(name);
        if (!requests(*method)) methods_.push_back(*method);
    }
    for (const std::string& text : request_.keys) {
        auto key = crypto::parse_public_key(text);
        if (!key) key = crypto::parse_openssh_key(text);
        if (!key || !crypto::is_trustworthy(*key)) {
            return "a public key is 64 hexadecimal digits, or a line \"ssh-ed25519 …\", of a "
                   "randomly generated key pair";
        }
        keys_.push_back(*key);
    }
    if (!keys_.empty() && !requests(Method::cryptosign)) methods_.push_back(Method::cryptosign);
    return secret_fault();
}

std::string Tool::secret_fault() const {
    if (!request_.chosen) return {};
    const std::string& secret = *request_.chosen;
    if (secret.size() < chosen_secret_bytes_min) {
        return "the secret is shorter than 12 bytes (use a longer one, or omit --stdin to generate "
               "one)";
    }
    if (secret.size() > secret_bytes_max) return "the secret is longer than 1024 bytes";
    if (!wamp::is_valid_utf8(secret)) return "the secret is not valid UTF-8";
    // SASLprep does not change these characters, and clients differ in all others (W-AUT-S2).
    const bool scram = requests(Method::wamp_scram) || requests(Method::scram);
    if (scram && !is_printable_ascii(secret)) {
        return "a secret for SCRAM must be printable ASCII (use another, or omit --stdin to "
               "generate one)";
    }
    return {};
}

bool Tool::read() {
    if (request_.create && request_.verb == Verb::add) {
        text_ = "# Who may log in. Secrets are hashed where the method allows that.\ndecoy_key = " +
                toml_text(crypto::make_ticket(random_)) + "\n";
    } else {
        const auto text = read_file(request_.file, true);
        if (!text) {
            print_errors({text.error()}, to_);
            return false;
        }
        text_ = *text;
    }
    Diagnostics diagnostics;
    principals_ = parse_principals(text_, request_.file, diagnostics);
    if (diagnostics.empty()) return true;
    sort(diagnostics);
    print_errors(diagnostics, to_);
    return false;
}

int Tool::run() {
    if (request_.verb != Verb::list) {
        if (const std::string wrong = fault(); !wrong.empty()) return print_fault(wrong, to_);
    }
    if (!read()) return exit_code::broken;
    switch (request_.verb) {
        case Verb::list:
            return list();
        case Verb::add:
            return add();
        case Verb::disable:
            return switch_to(true);
        case Verb::enable:
            return switch_to(false);
        case Verb::rotate:
            return rotate();
        case Verb::remove:
            return remove();
        case Verb::role:
            return change_role();
    }
    return exit_code::broken;
}

// Escaped, as a terminal interprets control characters.
std::string on_terminal(const std::string& authid) {
    const bool plain = std::none_of(authid.begin(), authid.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    });
    return plain ? authid : policy::quoted(authid);
}

int Tool::list() const {
    if (to_.json) {
        Json all = Json::array();
        for (const Credentials& one : principals_.list) {
            Json methods = Json::array();
            for (const Method method : all_methods) {
                if (one.methods().has(method)) methods.push_back(to_string(method));
            }
            Json keys = Json::array();
            for (const auto& key : one.cryptosign) keys.push_back(crypto::to_hex(key));
            all.push_back({{"authid", one.authid},
                           {"role", one.role},
                           {"disabled", one.disabled},
                           {"methods", std::move(methods)},
                           {"public_keys", std::move(keys)}});
        }
        print_json(to_.out, {{"principals", std::move(all)}});
        return exit_code::fine;
    }
    std::size_t width = 0;
    std::size_t role_width = 0;
    for (const Credentials& one : principals_.list) {
        width = std::max(width, on_terminal(one.authid).size());
        role_width = std::max(role_width, one.role.size());
    }
    for (const Credentials& one : principals_.list) {
        const std::string authid = on_terminal(one.authid);
        to_.out << authid << std::string(width - authid.size() + 2, ' ') << one.role
                << std::string(role_width - one.role.size() + 2, ' ') << names_of(one.methods())
                << (one.disabled ? "  (disabled)" : "") << '\n';
    }
    return exit_code::fine;
}

// Generates or uses the given secret, and makes its lines for all methods but cryptosign.
bool Tool::make_secret() {
    std::vector<Method> with_secret = methods_;
    std::erase(with_secret, Method::cryptosign);
    if (with_secret.empty()) return true;
    const std::string secret = request_.chosen ? *request_.chosen : crypto::make_ticket(random_);
    auto lines = credential_lines(with_secret, secret, request_.chosen.has_value(), random_);
    if (!lines) return false;
    lines_ = *std::move(lines);
    if (!request_.chosen) generated_.secret = secret;
    return true;
}

// The keys of --key, or of a generated key pair.
void Tool::add_keys() {
    if (!requests(Method::cryptosign) || !keys_.empty()) return;
    const crypto::SigningSeed seed = crypto::make_seed(random_);
    keys_.push_back(crypto::public_key_of(seed));
    generated_.private_key = crypto::to_hex(seed);
    generated_.public_key = crypto::to_hex(keys_.front());
}

std::string Tool::quoted_keys() const {
    std::string value;
    for (const auto& key : keys_)
        value += (value.empty() ? "" : ", ") + toml_text(crypto::to_hex(key));
    return "[" + value + "]";
}

int Tool::add() {
    if (methods_.empty()) methods_.push_back(Method::ticket);
    if (found() != nullptr) return extend();
    if (request_.role.empty()) return print_fault("a new principal needs --role", to_);
    return add_new();
}

int Tool::add_new() {
    if (!make_secret()) return print_fault("not enough memory", to_);
    add_keys();
    std::string block = "[[principal]]\nauthid = " + toml_text(request_.authid) +
                        "\nrole = " + toml_text(request_.role) + "\n";
    for (const auto& [method, value] : lines_)
        block += std::string(to_string(method)) + " = " + value + "\n";
    if (!keys_.empty()) block += "cryptosign = " + quoted_keys() + "\n";
    text_ = with_block(text_, block);
    return finish("added");
}

// Adds methods to an existing principal.
int Tool::extend() {
    const Credentials& before = *found();
    if (!request_.role.empty() && request_.role != before.role) {
        return no(policy::quoted(request_.authid) + " already exists with the role " +
                  policy::quoted(before.role));
    }
    for (const Method method : methods_) {
        if (method == Method::cryptosign || !before.methods().has(method)) continue;
        return no(policy::quoted(request_.authid) + " has a secret for " +
                  std::string(to_string(method)) + " already (use: sallyport principal rotate)");
    }
    if (!make_secret()) return print_fault("not enough memory", to_);
    add_keys();
    for (const auto& [method, value] : lines_) put(to_string(method), value);
    for (const auto& key : keys_) {
        const auto& known = before.cryptosign;
        if (std::find(known.begin(), known.end(), key) != known.end())
            return no(policy::quoted(request_.authid) + " has that public key already");
        const auto root = parse_document(text_, request_.file);
        const auto at = static_cast<std::size_t>(&before - principals_.list.data());
        text_ = with_element(text_, *root, at, to_string(Method::cryptosign), crypto::to_hex(key));
    }
    return finish("added");
}

int Tool::switch_to(bool disabled) {
    const Credentials* const one = found();
    if (one == nullptr) return no("there is no principal " + policy::quoted(request_.authid));
    if (one->disabled != disabled)
        put("disabled", disabled ? std::optional<std::string>("true") : std::nullopt);
    return finish(disabled ? "disabled" : "enabled");
}

int Tool::remove() {
    if (found() == nullptr) return no("there is no principal " + policy::quoted(request_.authid));
    if (const auto root = parse_document(text_, request_.file)) {
        text_ = without_block(text_, *root,
                              static_cast<std::size_t>(found() - principals_.list.data()));
    }
    return finish("removed");
}

int Tool::change_role() {
    const Credentials* const one = found();
    if (one == nullptr) return no("there is no principal " + policy::quoted(request_.authid));
    if (one->role != request_.role) put("role", toml_text(request_.role));
    return finish("changed the role of");
}

int Tool::rotate() {
    const Credentials* const one = found();
    if (one == nullptr) return no("there is no principal " + policy::quoted(request_.authid));
    if (methods_.empty()) {
        for (const Method method : all_methods) {
            if (one->methods().has(method)) methods_.push_back(method);
        }
        if (const std::string wrong = secret_fault(); !wrong.empty())
            return print_fault(wrong, to_);
    }
    for (const Method method : methods_) {
        if (!one->methods().has(method)) {
            return no(policy::quoted(request_.authid) + " has no credential for " +
                      std::string(to_string(method)) + " (use: sallyport principal add)");
        }
    }
    if (!make_secret()) return print_fault("not enough memory", to_);
    add_keys();
    for (const auto& [method, value] : lines_) put(to_string(method), value);
    if (!keys_.empty()) put(to_string(Method::cryptosign), quoted_keys());
    return finish("rotated");
}

void Tool::put(std::string_view key, const std::optional<std::string>& value) {
    const auto root = parse_document(text_, request_.file);
    if (!root) return;  // finish() reports the error
    text_ = with_entry(text_, *root, static_cast<std::size_t>(found() - principals_.list.data()),
                       key, value);
}

// No other principal may have changed, and nothing else of this one.
bool Tool::others_are_the_same(const Principals& after) const {
    const Credentials* const before = found();
    const std::size_t others = principals_.list.size() - (before == nullptr ? 0 : 1);
    const bool stays = request_.verb != Verb::remove;
    if (after.list.size() != others + (stays ? 1 : 0) || after.decoy_key != principals_.decoy_key ||
        after.router_key != principals_.router_key) {
        return false;
    }
    std::size_t skipped = 0;
    for (std::size_t i = 0; i < after.list.size(); ++i) {
        const Credentials& one = after.list[i];
        if (!stays && &principals_.list[i] == before) skipped = 1;
        if (one.authid != request_.authid) {
            if (!same(one, principals_.list[i + skipped])) return false;
            continue;
        }
        if (!stays) return false;
        Methods due;
        for (const Method method : methods_) due.add(method);
        if (before != nullptr) due.add(before->methods());
        if (one.methods() != due) return false;
        const bool chosen = before == nullptr || request_.verb == Verb::role;
        if (one.role != (chosen ? request_.role : before->role)) return false;
    }
    return true;
}

int Tool::finish(std::string_view what) {
    Diagnostics diagnostics;
    const Principals after = parse_principals(text_, request_.file, diagnostics);
    if (!diagnostics.empty() || !others_are_the_same(after)) {
        return print_fault(request_.file +
                               " has a layout that this command cannot edit (write each "
                               "principal as [[principal]] with one line for each key)",
                           to_);
    }
    write_(text_);
    if (to_.json) {
        Json report{{"authid", request_.authid}, {"done", what}};
        Json methods = Json::array();
        for (const Method method : methods_) methods.push_back(to_string(method));
        if (!methods.empty()) report["methods"] = std::move(methods);
        if (!generated_.secret.empty()) report["secret"] = generated_.secret;
        if (!generated_.private_key.empty()) report["private_key"] = generated_.private_key;
        if (!generated_.public_key.empty()) report["public_key"] = generated_.public_key;
        print_json(to_.out, report);
        return exit_code::fine;
    }
    // Bare where there is only one, for use in scripts.
    const bool both = !generated_.secret.empty() && !generated_.private_key.empty();
    if (!generated_.secret.empty())
        to_.out << (both ? "secret       " : "") << generated_.secret << '\n';
    if (!generated_.private_key.empty())
        to_.out << (both ? "private key  " : "") << generated_.private_key << '\n';
    to_.err << what << ' ' << policy::quoted(request_.authid);
    if (!methods_.empty()) {
        Methods all;
        for (const Method method : methods_) all.add(method);
        to_.err << " for " << names_of(all);
    }
    to_.err << '\n';
    if (!generated_.secret.empty()) to_.err << "the secret is shown only once\n";
    if (!generated_.private_key.empty()) {
        to_.err << "the private key is shown only once; its public key is " << generated_.public_key
                << '\n';
    }
    return exit_code::fine;
}

}  // namespace

std::string read_secret_line(std::istream& in) {
    std::string line;
    std::getline(in, line);
    if (line.ends_with('\r')) line.pop_back();
    return line;
}

int principal(const PrincipalRequest& request, wamp::Random& random,
              const std::function<void(const std::string& text)>& write, const Output& to) {
    return Tool(request, random, write, to).run();
}

}  // namespace sallyport::policy
