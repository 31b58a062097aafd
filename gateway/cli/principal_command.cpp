#include "gateway/cli/principal_command.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "gateway/host/descriptor.h"
#include "gateway/host/random_seed.h"
#include "gateway/host/replace_file.h"
#include "gateway/host/start_error.h"
#include "policy/tools/edit/principal.h"

namespace sallyport::gateway {
namespace {

using Verb = policy::PrincipalRequest::Verb;

constexpr const char* exit_codes =
    "\nExit codes: 0 done; 1 there is no such principal, or it already exists;\n"
    "2 an invalid file or invalid arguments. The file is replaced as a whole or not at all;\n"
    "a running gateway uses it after `sallyport policy apply`.";

struct Options {
    policy::PrincipalRequest request;
    bool json = false;
    bool from_stdin = false;
};

bool is_there(const std::string& path) {
    return ::access(path.c_str(), F_OK) == 0;
}

/// Creates the file with the mode for secrets before anything is written to it.
void make_private_file(const std::string& path) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file >= 0) {
        ::close(file);
    } else if (errno != EEXIST) {
        throw StartError(
            {path, 0, 0},
            "cannot be created: " + std::error_code(errno, std::generic_category()).message(),
            "check the folder's owner and permissions");
    }
}

/// Locks from reading the file to replacing it, so that no other command changes it in between. The
/// lock is on the folder, as the file itself is replaced.
Descriptor lock_folder_of(const std::string& path) {
    std::error_code error;
    const auto real = std::filesystem::weakly_canonical(path, error);
    const std::string folder = (error ? std::filesystem::path(path) : real).parent_path().string();
    Descriptor lock(
        ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    while (lock && ::flock(lock.get(), LOCK_EX) != 0) {
        if (errno != EINTR) lock = {};
    }
    if (!lock) {
        throw StartError({path, 0, 0},
                         "its folder cannot be locked: " +
                             std::error_code(errno, std::generic_category()).message(),
                         "check the folder's owner and permissions");
    }
    return lock;
}

/// A secret that is redirected to a file is for its owner only.
void make_output_private() {
    struct stat out{};
    if (::fstat(STDOUT_FILENO, &out) != 0 || !S_ISREG(out.st_mode)) return;
    if ((out.st_mode & 077U) == 0 || ::fchmod(STDOUT_FILENO, 0600) == 0) return;
    std::cerr << "the secret goes to a file that other users can read (run: chmod 600 on it)\n";
}

/// Whether a line of the policy names the file as its principals.
bool names(const std::filesystem::path& policy, const std::string& file) {
    std::ifstream in(policy);
    for (std::string line; std::getline(in, line);) {
        const std::size_t first = line.find_first_not_of(" \t");
        if (first != std::string::npos && line.compare(first, 10, "principals") == 0 &&
            line.find(file) != std::string::npos)
            return true;
    }
    return false;
}

/// Says so if no policy in the file's folder names it, as then nobody in it can log in.
void warn_of_unnamed(const std::string& path) {
    const std::filesystem::path file(path);
    std::error_code error;
    const auto folder = file.has_parent_path() ? file.parent_path() : ".";
    for (const auto& each : std::filesystem::directory_iterator(folder, error)) {
        if (each.path().extension() == ".toml" && names(each.path(), file.filename().string()))
            return;
    }
    std::cerr << "no policy beside it names this file, so nobody in it can log in yet (add to the "
                 "[auth] section of a policy: principals = \""
              << file.filename().string() << "\")\n";
}

int run(Options options) {
    policy::PrincipalRequest& request = options.request;
    if (options.from_stdin) request.chosen = policy::read_secret_line(std::cin);
    const Verb verb = request.verb;
    if (verb == Verb::add || verb == Verb::rotate) make_output_private();
    const std::string file = request.file;
    const int code = edit_principals(std::move(request), {std::cout, std::cerr, options.json});
    if (code != 0 || verb == Verb::list || options.json) return code;
    if (verb == Verb::add) warn_of_unnamed(file);
    std::cerr << "a running gateway uses this after: sallyport policy apply\n";
    return code;
}

Command& add_verb(Command& parent, Verb verb, const char* name, const char* help,
                  const std::string& examples, std::shared_ptr<Options>& options) {
    options = std::make_shared<Options>();
    options->request.verb = verb;
    Command& command = parent.add_command(name, help);
    command.add_option("file", &options->request.file, "Principals file", {.required = true});
    if (verb != Verb::list) {
        command.add_option("authid", &options->request.authid, "authid of the principal",
                           {.required = true});
    }
    command.add_option("--json", &options->json, "Print one JSON object on one line");
    command.footer = "Examples:\n" + examples + exit_codes;
    command.action = [options] { return run(*options); };
    return command;
}

void add_secret_options(Command& command, Options& options) {
    command.add_option(
        "--method", &options.request.methods,
        "ticket, wampcra, wamp-scram, scram or cryptosign; may be given several times",
        {.one_of = {"ticket", "wampcra", "wamp-scram", "scram", "cryptosign"}});
    command.add_option("--key", &options.request.keys,
                       "Public key for cryptosign: 64 hexadecimal digits, or a line of OpenSSH");
    command.add_option("--stdin", &options.from_stdin,
                       "Read the secret from stdin instead of generating one");
}

}  // namespace

int edit_principals(policy::PrincipalRequest request, const policy::Output& to) {
    Descriptor lock;
    if (request.verb != Verb::list) lock = lock_folder_of(request.file);
    request.create = !is_there(request.file);
    wamp::Random random(random_seed());
    const auto write = [&request](const std::string& text) {
        if (request.create) make_private_file(request.file);
        replace_file(request.file, text);
    };
    return policy::principal(request, random, write, to);
}

void add_principal_commands(Command& program) {
    Command& parent = program.add_command(
        "principal",
        "Add, list, change and remove principals and their secrets in a principals file");
    std::shared_ptr<Options> options;
    Command& add = add_verb(
        parent, Verb::add, "add", "Add a principal or a credential; print what was generated",
        "  sallyport principal add people.toml alice --role operator\n"
        "  sallyport principal add people.toml alice --method wampcra --method scram\n"
        "  sallyport principal add people.toml probe7 --role probe --key 545efb…9122\n"
        "  sallyport principal add people.toml bob --role guest --stdin < bobs-choice\n",
        options);
    add.add_option("--role", &options->request.role, "Role of a new principal");
    add_secret_options(add, *options);
    Command& rotate =
        add_verb(parent, Verb::rotate, "rotate",
                 "Replace the secrets of a principal; print what was generated",
                 "  sallyport principal rotate people.toml alice\n"
                 "  sallyport principal rotate people.toml probe7 --method cryptosign\n",
                 options);
    add_secret_options(rotate, *options);
    add_verb(parent, Verb::list, "list", "Show who may log in, and how",
             "  sallyport principal list people.toml\n"
             "  sallyport principal list --json people.toml\n",
             options);
    Command& role = add_verb(parent, Verb::role, "role", "Give a principal another role",
                             "  sallyport principal role people.toml alice operator\n", options);
    role.add_option("role", &options->request.role, "The new role", {.required = true});
    add_verb(parent, Verb::remove, "remove", "Remove a principal with all its credentials",
             "  sallyport principal remove people.toml alice\n", options);
    add_verb(parent, Verb::disable, "disable", "Refuse a principal until it is enabled",
             "  sallyport principal disable people.toml alice\n", options);
    add_verb(parent, Verb::enable, "enable", "Enable a disabled principal",
             "  sallyport principal enable people.toml alice\n", options);
}

}  // namespace sallyport::gateway
