#include "gateway/cli/doctor_command.h"

#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>

#include "gateway/admin/control.h"
#include "gateway/config/load_config.h"
#include "gateway/doctor/judgement.h"
#include "gateway/host/files.h"
#include "gateway/host/program_output.h"
#include "gateway/host/start_error.h"
#include "gateway/host/unix_request.h"
#include "gateway/tor/client_auth.h"
#include "gateway/tor/onion.h"
#include "policy/tools/json.h"
#include "policy/tools/report.h"

namespace sallyport::gateway {
namespace {

using doctor::Answering;
using doctor::Facts;
using doctor::Finding;
using doctor::Found;

constexpr UnixRequestLimits question{std::chrono::seconds(3), std::size_t{1} << 20};
constexpr std::size_t key_header_bytes = 32;
constexpr int status_depth_max = 16;

std::string content_of(const std::string& path) {
    try {
        return read_file(path);
    } catch (const StartError&) {
        return "";
    }
}

Found look_at(const std::string& path, uid_t owner) {
    Found found{path};
    struct stat file{};
    if (::stat(path.c_str(), &file) != 0) return found;
    found.exists = true;
    found.open_to_others = (file.st_mode & 077U) != 0;
    found.of_another = file.st_uid != owner;
    return found;
}

/// The answer, of which nothing is awaited with limits of no byte.
Answering ask(const std::string& path, std::string_view words,
              const UnixRequestLimits& limits = question) {
    Answering answering{path};
    answering.exists = ::access(path.c_str(), F_OK) == 0;
    try {
        answering.answer = unix_request(path, words, limits);
        answering.connected = true;
    } catch (const std::system_error& error) {
        answering.error = error.code().message();
    }
    return answering;
}

void look_at_key(Facts& facts, const std::string& folder) {
    facts.hostname = content_of(folder + "/hostname");
    while (facts.hostname.ends_with('\n')) facts.hostname.pop_back();
    const std::string secret = content_of(onion_key_file(folder));
    if (!secret.empty()) facts.key_error = wrong_with_onion_key(secret).value_or("");
    const std::string text = content_of(folder + "/hs_ed25519_public_key");
    OnionClientKey key{};
    if (text.size() != key_header_bytes + key.size()) return;
    std::copy(text.begin() + key_header_bytes, text.end(), key.begin());
    facts.address_begins = onion_key_text(key);
    facts.address_begins.pop_back();  // of which only one bit is the key's
    for (char& c : facts.address_begins)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

/// What it prints for `--version`.
std::string version_of(const std::string& program) {
    const std::string said = output_of(program, {"tor", "--version"}, question.timeout);
    constexpr std::string_view begin = "Tor version ";
    const std::size_t at = said.find(begin);
    if (at == std::string::npos) return "";
    const std::size_t from = at + begin.size();
    std::string version = said.substr(from, said.find_first_not_of("0123456789.", from) - from);
    while (version.ends_with('.')) version.pop_back();
    return version;
}

bool has_network() {
    ifaddrs* first = nullptr;
    if (::getifaddrs(&first) != 0) return true;  // unknown
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(first, &::freeifaddrs);
    for (const ifaddrs* one = first; one != nullptr; one = one->ifa_next) {
        const bool internet = one->ifa_addr != nullptr && (one->ifa_addr->sa_family == AF_INET ||
                                                           one->ifa_addr->sa_family == AF_INET6);
        if (internet && (one->ifa_flags & IFF_UP) != 0 && (one->ifa_flags & IFF_LOOPBACK) == 0)
            return true;
    }
    return false;
}

/// Whether the tor with that torrc is stopped by a signal.
bool is_stopped(const std::string& torrc) {
    std::error_code error;
    for (std::filesystem::directory_iterator at("/proc", error), end; !error && at != end;
         at.increment(error)) {
        const std::string line = content_of(at->path().string() + "/cmdline");
        if (!line.starts_with("tor") || line.find(torrc) == std::string::npos) continue;
        const std::string status = content_of(at->path().string() + "/stat");
        const std::size_t name_end = status.rfind(") ");
        if (name_end != std::string::npos && status[name_end + 2] == 'T') return true;
    }
    return false;
}

void read_status(Facts& facts) {
    std::string answer = facts.admin.answer;
    if (take_exit_code(answer) != 0) return;
    const auto status = policy::parse_json(answer, status_depth_max);
    if (!status || !status->is_object()) return;
    facts.running = true;
    if (const auto* onion = policy::object_member(*status, "onion")) {
        facts.bootstrap = static_cast<int>(policy::unsigned_member(*onion, "bootstrap"));
        facts.bootstrap_step = policy::string_member(*onion, "summary");
        facts.warning = policy::string_member(*onion, "warning");
        facts.published = policy::bool_member(*onion, "reachable");
    }
    const auto* front = policy::object_member(*status, "front");
    if (front == nullptr) return;
    for (const auto& link : policy::array_member(*front, "links"))
        facts.links.push_back(
            {policy::string_member(link, "name"), policy::bool_member(link, "up")});
}

Facts gather(const GatewayConfig& config) {
    Facts facts;
    facts.managed = config.tor.mode == TorText::Mode::managed;
    facts.state_dir = config.state_dir.path;
    struct statvfs disk{};
    struct stat state{};
    if (::stat(facts.state_dir.c_str(), &state) != 0 ||
        ::statvfs(facts.state_dir.c_str(), &disk) != 0) {
        throw StartError(config.state_dir.place,
                         "the state directory cannot be read: " +
                             std::error_code(errno, std::generic_category()).message(),
                         "start the gateway once, and run doctor as its user or as root");
    }
    facts.free_bytes = std::uint64_t{disk.f_bavail} * disk.f_frsize;
    const std::string onion = facts.state_dir + "/onion";
    const std::string tor = facts.state_dir + "/tor";
    for (const std::string& path :
         {facts.state_dir, onion, onion_key_file(onion), onion + "/hostname", tor})
        facts.files.push_back(look_at(path, state.st_uid));
    facts.admin = ask(config.admin.path, "status\n");
    facts.front = ask(config.front.path, "", {question.timeout, 0});
    read_status(facts);
    if (!facts.managed) return facts;
    look_at_key(facts, onion);
    const auto program = find_program(config.tor.binary);
    facts.tor_found = program.has_value();
    facts.tor_program = program.value_or(config.tor.binary);
    if (program) facts.tor_version = version_of(*program);
    facts.bridges = content_of(tor + "/torrc").find("UseBridges 1") != std::string::npos;
    facts.network = has_network();
    facts.control = ask(tor + "/control.sock", "PROTOCOLINFO 1\r\nQUIT\r\n");
    facts.cookie = look_at(tor + "/control_auth_cookie", state.st_uid);
    facts.tor_stopped = is_stopped(tor + "/torrc");
    return facts;
}

int report(const std::vector<Finding>& findings, bool json) {
    const bool well = std::all_of(findings.begin(), findings.end(),
                                  [](const Finding& finding) { return finding.sound; });
    if (json) {
        policy::Json list = policy::Json::array();
        for (const Finding& one : findings) {
            list.push_back({{"check", one.check}, {"sound", one.sound}, {"text", one.text}});
            if (!one.sound) list.back()["cure"] = one.cure;
        }
        policy::print_json(std::cout, {{"sound", well}, {"checks", std::move(list)}});
        return well ? 0 : 1;
    }
    for (const Finding& one : findings) {
        std::cout << (one.sound ? "ok     " : "WRONG  ") << one.check << ": " << one.text << '\n';
        if (!one.sound) std::cout << "       cure: " << one.cure << '\n';
    }
    if (well) std::cout << "all is well, as far as this machine can tell\n";
    return well ? 0 : 1;
}

}  // namespace

void add_doctor_command(Command& program) {
    struct Texts {
        std::string config = "gateway.toml";
        bool json = false;
    };
    auto texts = std::make_shared<Texts>();
    Command& command = program.add_command(
        "doctor", "Find out why nobody can reach the gateway, and what to do about it");
    command.add_option("--config", &texts->config, "Its configuration file",
                       {.show_default = true});
    command.add_option("--json", &texts->json, "Print one JSON object on one line");
    command.footer =
        "Run it on the gateway's machine, as the gateway's user or as root. It changes nothing.\n"
        "Exit codes: 0 all is well; 1 something is wrong, and said; 2 an invalid configuration.";
    command.action = [texts] {
        return report(doctor::judge(gather(load_gateway_config(texts->config))), texts->json);
    };
}

}  // namespace sallyport::gateway
