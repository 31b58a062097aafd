#include "gateway/cli/onion_grants.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>
#include <vector>

#include "gateway/admin/control.h"
#include "gateway/cli/bundle.h"
#include "gateway/cli/principal_command.h"
#include "gateway/config/grant.h"
#include "gateway/config/load_config.h"
#include "gateway/host/files.h"
#include "gateway/host/random_seed.h"
#include "gateway/host/replace_file.h"
#include "gateway/host/start_error.h"
#include "gateway/host/unix_request.h"
#include "gateway/tor/client_auth.h"
#include "gateway/tor/onion.h"
#include "policy/auth/principals.h"
#include "policy/crypto/ed25519.h"
#include "policy/crypto/hash.h"
#include "policy/crypto/x25519.h"
#include "policy/file/load.h"
#include "policy/tools/edit/principal.h"
#include "policy/tools/json.h"
#include "policy/tools/report.h"

namespace sallyport::gateway {
namespace {

namespace crypto = policy::crypto;
using Verb = policy::PrincipalRequest::Verb;

constexpr UnixRequestLimits answer_limits{std::chrono::seconds(60), std::size_t{1} << 20};
constexpr int done = 0;
constexpr int refused = 1;

wamp::Timestamp civil_now() {
    return std::chrono::duration_cast<wamp::Timestamp>(
        std::chrono::system_clock::now().time_since_epoch());
}

/// A realm of the gateway, and its principals file.
struct Realm {
    std::string name;
    std::string principals;
};

/// The files that grants are kept in, and the gateway that may be running on them.
class Access {
public:
    explicit Access(const std::string& config_file) : config_(load_gateway_config(config_file)) {
        if (config_.tor.mode == TorText::Mode::managed) return;
        throw StartError(config_.tor.place,
                         "only a gateway that runs its tor can give it the keys of clients",
                         "write mode = \"managed\", or give the keys to your own tor "
                         "(docs/onion.md)");
    }

    const std::string& state() const noexcept { return config_.state_dir.path; }
    std::string onion_folder() const { return state() + "/onion"; }
    const GatewayConfig& config() const noexcept { return config_; }

    std::string address() const {
        const std::string file = onion_folder() + "/hostname";
        std::string text;
        if (::access(file.c_str(), F_OK) == 0) text = read_file(file);
        while (text.ends_with('\n')) text.pop_back();
        if (is_onion_address(text)) return text;
        throw StartError({file, 0, 0}, "there is no onion address yet",
                         "start the gateway once: tor makes the address when it starts");
    }

    Realm realm(const std::string& wanted) const {
        std::vector<Realm> all;
        all.reserve(config_.realms.size());
        for (const PathText& file : config_.realms) all.push_back(read_realm(file.path));
        std::string names;
        for (const Realm& one : all) {
            if (one.name == wanted || (wanted.empty() && all.size() == 1)) return one;
            names += (names.empty() ? "" : ", ") + one.name;
        }
        throw StartError(
            wanted.empty()
                ? "this gateway has several realms (add --realm, one of: " + names + ")"
                : "there is no realm " + policy::quoted(wanted) + " (there are: " + names + ")");
    }

    std::optional<OnionGrant> find(const std::string& name) const {
        for (OnionGrant& grant : read_grants(state()))
            if (grant.name == name) return std::move(grant);
        return std::nullopt;
    }

    /// A file of the state directory belongs to the gateway's user, also if root writes it.
    void write(const std::string& path, const std::string& text) const {
        const AsOwnerOf owner(state());
        const std::string folder = std::filesystem::path(path).parent_path().string();
        if (::access(folder.c_str(), F_OK) != 0) make_private_folder(folder, {});
        replace_file(path, text, 0600);
    }

    /// "" or what went wrong. What does not exist is removed.
    std::string remove(const std::string& path) const {
        constexpr const char* cure = " (remove it, then revoke this access again)";
        try {
            const AsOwnerOf owner(state());
            if (::unlink(path.c_str()) == 0 || errno == ENOENT) return "";
        } catch (const StartError& error) {
            return path + ": " + error.what() + cure;
        }
        return path + ": cannot be removed: " + std::generic_category().message(errno) + cure;
    }

    /// What a running gateway answers; nothing if there is none.
    static std::optional<std::pair<int, std::string>> ask(const std::string& socket,
                                                          const std::string& line) {
        try {
            std::string answer = unix_request(socket, line + "\n", answer_limits);
            const int code = take_exit_code(answer);
            return std::pair(code, std::move(answer));
        } catch (const std::system_error& error) {
            if (error.code() == std::errc::no_such_file_or_directory ||
                error.code() == std::errc::connection_refused)
                return std::nullopt;
            throw StartError({socket, 0, 0}, "cannot connect: " + error.code().message(),
                             "run this command as the gateway's user, or as root");
        }
    }

private:
    static Realm read_realm(const std::string& path) {
        policy::LoadOptions options;
        options.any_backend = true;
        options.read_principals = false;
        options.run_tests = false;
        auto loaded = policy::load_realm(path, options);
        if (loaded.has_error()) throw StartError(loaded.error());
        const std::string& principals = loaded->file.auth.principals;
        if (principals.empty()) {
            throw StartError({path, 0, 0}, "nobody can log in here: it names no principals file",
                             "write principals = \"" + std::string(loaded->policy->realm()) +
                                 ".principals.toml\" in its [auth] section");
        }
        return {std::string(loaded->policy->realm()),
                (std::filesystem::path(path).parent_path() / principals).string()};
    }

    GatewayConfig config_;
};

/// "" or what went wrong.
std::string edit(const Realm& realm, Verb verb, const OnionRequest& request,
                 const std::string& key) {
    policy::PrincipalRequest edit;
    edit.verb = verb;
    edit.file = realm.principals;
    edit.authid = request.name;
    if (verb == Verb::add) edit.role = request.role;
    if (!key.empty()) {
        edit.methods = {"cryptosign"};
        edit.keys = {key};
    }
    std::ostringstream out;
    std::ostringstream err;
    const int code = edit_principals(std::move(edit), {out, err, false});
    std::string text = err.str();
    while (text.ends_with('\n')) text.pop_back();
    return code == done ? "" : text;
}

/// The principal as it is in the file; nothing if there is none.
std::optional<policy::Credentials> principal_of(const Realm& realm, const std::string& name) {
    if (::access(realm.principals.c_str(), F_OK) != 0) return std::nullopt;
    policy::Diagnostics wrong;
    auto all = policy::parse_principals(read_secret(realm.principals), realm.principals, wrong);
    if (!wrong.empty()) throw StartError(std::move(wrong));
    for (auto& one : all.list)
        if (one.authid == name) return std::move(one);
    return std::nullopt;
}

/// Whoever was there before may get a key, or come back after a revocation; a key that was taken
/// away does not come back. `rotates`: the key that is there is replaced.
std::string give_login(const Realm& realm, const OnionRequest& request, const std::string& key,
                       bool rotates) {
    const auto before = principal_of(realm, request.name);
    const bool had_key = before && !before->cryptosign.empty();
    if (!rotates && had_key && !before->disabled) {
        return realm.principals + ": " + policy::quoted(request.name) +
               " logs in with a key already (choose another name, or take that key's access away "
               "with `sallyport principal disable " +
               realm.principals + " " + request.name + "` first)";
    }
    if (!rotates && before && !request.role.empty() && before->role != request.role) {
        return realm.principals + ": " + policy::quoted(request.name) + " is " +
               policy::quoted(before->role) + " there (leave out --role, or change it with " +
               "`sallyport principal role " + realm.principals + " " + request.name + " " +
               request.role + "`)";
    }
    std::string wrong = edit(realm, had_key ? Verb::rotate : Verb::add, request, key);
    if (wrong.empty() && before && before->disabled) wrong = edit(realm, Verb::enable, request, "");
    return wrong;
}

/// The file exists from the beginning, so that nothing is granted that cannot be handed over.
class BundleFile {
public:
    explicit BundleFile(const OnionRequest& request)
        : path_(request.out.empty() ? request.name + ".sallyport" : request.out) {
        const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (file >= 0) {
            ::close(file);
            return;
        }
        throw StartError({path_, 0, 0},
                         "cannot be created: " + std::generic_category().message(errno),
                         "choose another file with --out");
    }
    BundleFile(const BundleFile&) = delete;
    BundleFile& operator=(const BundleFile&) = delete;
    ~BundleFile() {
        if (!kept_) ::unlink(path_.c_str());
    }

    void write(const Bundle& bundle) { replace_file(path_, to_text(bundle), 0600); }
    /// From now on its keys are worth something.
    void keep() noexcept { kept_ = true; }
    const std::string& path() const noexcept { return path_; }

private:
    std::string path_;
    bool kept_ = false;
};

/// Has a running gateway take up what is in the files, and ends circuits, a line for each. 1 if
/// something was refused or nothing was answered, with a line on stderr.
int tell_gateway(const Access& access, std::string circuits) {
    const std::string socket = control_socket(access.state());
    std::replace(circuits.begin(), circuits.end(), '\n', ' ');
    while (circuits.ends_with(' ')) circuits.pop_back();
    std::vector<std::string> lines{"apply", "onion reload"};
    // Last: whoever comes again has neither the login nor, soon, the descriptor.
    if (!circuits.empty()) lines.push_back("onion close " + circuits);
    int code = done;
    try {
        for (const std::string& line : lines) {
            const auto answer = Access::ask(socket, line);
            if (!answer) {
                std::cerr << "the gateway is not running: this takes effect when it starts\n";
                return code;
            }
            if (answer->first == done) continue;
            std::cerr << answer->second;
            code = refused;
        }
    } catch (const StartError& error) {
        std::cerr << error.what() << "\nwhat is in the files takes effect when it starts again\n";
        code = refused;
    }
    return code;
}

/// A line for each; on stderr why they are not known.
std::string circuits_of(const Access& access, const OnionGrant& grant) {
    try {
        const auto answer =
            Access::ask(access.config().admin.path, "circuits " + grant.realm + " " + grant.name);
        if (!answer) return "";
        if (answer->first == done) return answer->second;
        std::cerr << answer->second;
    } catch (const StartError& error) {
        std::cerr << error.what() << '\n';
    }
    std::cerr << "the circuits of " << policy::quoted(grant.name)
              << " are not known and stay open; the sessions end nevertheless\n";
    return "";
}

/// New keys, in the files and in the bundle. `before`: the grant that is replaced.
int write_access(const Access& access, const OnionRequest& request, const OnionGrant* before) {
    const Realm realm = access.realm(before != nullptr ? before->realm : request.realm);
    OnionGrant grant{request.name, realm.name, {}, civil_now(), {}};
    if (before != nullptr) grant.expires = before->expires;
    if (!request.expires.empty()) grant.expires = parse_expiry(request.expires);
    wamp::Random random(random_seed());
    const crypto::X25519Pair onion = crypto::make_x25519_pair(random);
    const crypto::SigningSeed seed = crypto::make_seed(random);
    grant.onion_key = onion_key_text(onion.public_key);
    const Bundle bundle{access.address(),  access.config().tor.virtual_port,
                        onion.private_key, realm.name,
                        request.name,      crypto::to_hex(seed)};
    BundleFile file(request);
    file.write(bundle);
    const std::string circuits = before != nullptr ? circuits_of(access, grant) : "";
    if (std::string wrong = give_login(realm, request, crypto::to_hex(crypto::public_key_of(seed)),
                                       before != nullptr);
        !wrong.empty())
        throw StartError(wrong);
    file.keep();
    const std::string folder = access.onion_folder();
    const std::string closed = authorized_client_file(folder, nobody);
    const bool first = ::access(closed.c_str(), F_OK) != 0;
    if (first) access.write(closed, authorized_client(crypto::make_x25519_pair(random).public_key));
    access.write(grant_file(access.state(), grant.name), to_text(grant));
    access.write(authorized_client_file(folder, grant.name), authorized_client(onion.public_key));
    const int code = tell_gateway(access, circuits);
    std::cerr << (before != nullptr ? "new keys for " : "granted ") << policy::quoted(grant.name)
              << (before != nullptr ? "" : " access to " + realm.name) << "; hand over "
              << file.path() << ", which is as good as a password\n";
    if (first)
        std::cerr << "from now on nobody reaches this address without a key that was granted\n";
    if (!request.form.empty()) std::cout << show(bundle, request.form, file.path());
    return code;
}

void check(const OnionRequest& request) {
    if (!is_grant_name(request.name)) {
        throw StartError(policy::quoted(request.name) +
                         " cannot be a name here (use 1 to 64 letters, digits and any of - _ . @, "
                         "not \"nobody\")");
    }
    if (request.expires.empty()) return;
    const auto time = parse_expiry(request.expires);
    if (!time || *time <= civil_now()) {
        throw StartError("--expires " + policy::quoted(request.expires) +
                         " is not a date to come (write it as 2027-01-31, or with a time as "
                         "2027-01-31T12:00:00Z)");
    }
}

int revoke(const Access& access, const OnionGrant& grant) {
    OnionRequest request;
    request.name = grant.name;
    std::string login;
    // Whatever fails, the rest is done: each of them alone keeps somebody out.
    try {
        const Realm realm = access.realm(grant.realm);
        const auto principal = principal_of(realm, grant.name);
        if (principal && !principal->disabled) login = edit(realm, Verb::disable, request, "");
    } catch (const StartError& error) {
        login = error.what();
    }
    std::string key = access.remove(authorized_client_file(access.onion_folder(), grant.name));
    const std::string circuits = circuits_of(access, grant);
    int code = tell_gateway(access, circuits);
    if (!login.empty()) {
        std::cerr << login << '\n'
                  << policy::quoted(grant.name)
                  << " can still log in: correct that, then revoke this access again\n";
    }
    // What is left of it must stay known, to be taken away another time.
    if (login.empty() && key.empty()) key = access.remove(grant_file(access.state(), grant.name));
    if (!key.empty()) std::cerr << key << '\n';
    if (!login.empty() || !key.empty()) return refused;
    if (code == done) std::cerr << "revoked the access of " << policy::quoted(grant.name) << '\n';
    return code;
}

int no_such(const OnionRequest& request) {
    std::cerr << "nobody called " << policy::quoted(request.name)
              << " was granted access (see: sallyport onion list)\n";
    return refused;
}

}  // namespace

int grant_access(const OnionRequest& request) {
    check(request);
    const Access access(request.config);
    if (access.find(request.name)) {
        std::cerr << policy::quoted(request.name)
                  << " has access already (for new keys: sallyport onion rotate " << request.name
                  << ")\n";
        return refused;
    }
    return write_access(access, request, nullptr);
}

int rotate_access(const OnionRequest& request) {
    check(request);
    const Access access(request.config);
    const auto grant = access.find(request.name);
    return grant ? write_access(access, request, &*grant) : no_such(request);
}

int revoke_access(const OnionRequest& request) {
    const Access access(request.config);
    const auto grant = access.find(request.name);
    return grant ? revoke(access, *grant) : no_such(request);
}

int list_access(const OnionRequest& request) {
    const Access access(request.config);
    const auto grants = read_grants(access.state());
    if (request.json) {
        policy::Json list = policy::Json::array();
        for (const OnionGrant& grant : grants) {
            list.push_back({{"name", grant.name},
                            {"realm", grant.realm},
                            {"granted", wamp::to_rfc3339(grant.granted)},
                            {"expires", nullptr}});
            if (grant.expires) list.back()["expires"] = wamp::to_rfc3339(*grant.expires);
        }
        policy::print_json(std::cout, {{"grants", std::move(list)}});
        return done;
    }
    for (const OnionGrant& grant : grants) {
        std::cout << grant.name << "  " << grant.realm << "  since "
                  << wamp::to_rfc3339(grant.granted).substr(0, 10)
                  << (grant.expires ? "  until " + wamp::to_rfc3339(*grant.expires) : "") << '\n';
    }
    return done;
}

int revoke_expired(const OnionRequest& request) {
    const Access access(request.config);
    int code = done;
    for (const OnionGrant& grant : expired(read_grants(access.state()), civil_now()))
        code = std::max(code, revoke(access, grant));
    return code;
}

}  // namespace sallyport::gateway
