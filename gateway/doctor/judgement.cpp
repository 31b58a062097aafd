#include "gateway/doctor/judgement.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

namespace sallyport::gateway::doctor {
namespace {

constexpr std::uint64_t free_bytes_min = std::uint64_t{8} << 20;
constexpr std::array<int, 3> version_min{0, 4, 8};  // proof of work, and what is tested
constexpr const char* see_log = "read the gateway's log: its last lines say why";

class Judge {
public:
    explicit Judge(const Facts& facts) : facts_(facts) {}

    std::vector<Finding> run() {
        disk();
        files();
        key();
        if (facts_.managed) tor_program();
        if (facts_.managed) network();
        gateway();
        if (!facts_.running) return std::move(findings_);
        front();
        if (facts_.managed && tor_process()) tor_progress();
        links();
        return std::move(findings_);
    }

private:
    void sound(const char* check, std::string text) {
        findings_.push_back({check, true, std::move(text), ""});
    }
    void wrong(const char* check, std::string text, std::string cure) {
        findings_.push_back({check, false, std::move(text), std::move(cure)});
    }

    void disk() {
        if (facts_.free_bytes < free_bytes_min) {
            return wrong("disk",
                         "the disk of " + facts_.state_dir + " is full: " +
                             std::to_string(facts_.free_bytes >> 10U) + " KiB are left",
                         "free at least 8 MiB there; tor and the policy store cannot write");
        }
        sound("disk", std::to_string(facts_.free_bytes >> 20U) + " MiB are left");
    }

    void files() {
        bool all = true;
        for (const Found& file : facts_.files) {
            if (!file.exists) continue;
            if (file.of_another) {
                all = false;
                wrong("permissions",
                      file.path + " belongs to another user than " + facts_.state_dir,
                      "chown -R --reference=" + facts_.state_dir + " " + file.path);
            }
            if (file.open_to_others) {
                all = false;
                wrong("permissions", "others have access to " + file.path,
                      "chmod -R go= " + file.path);
            }
        }
        if (all) sound("permissions", "state and key are for their owner alone");
    }

    void key() {
        if (!facts_.key_error.empty()) {
            return wrong("onion-key", "the onion key " + facts_.key_error,
                         "restore the folder " + facts_.state_dir + "/onion from a backup");
        }
        if (facts_.hostname.empty() || facts_.address_begins.empty()) return;
        if (!facts_.hostname.starts_with(facts_.address_begins)) {
            return wrong("onion-key",
                         "the file hostname has the address of another key: " + facts_.hostname,
                         "restore the folder " + facts_.state_dir +
                             "/onion from one backup; or remove hostname and restart the gateway: "
                             "the address is then " +
                             facts_.address_begins + "…");
        }
        sound("onion-key", "key and address belong together: " + facts_.hostname);
    }

    static bool old(std::string_view version) {
        for (const int part : version_min) {
            int value = 0;
            const auto [end, error] =
                std::from_chars(version.data(), version.data() + version.size(), value);
            if (error != std::errc() || value < part) return true;
            if (value > part) return false;
            version.remove_prefix(
                std::min(version.size(), static_cast<std::size_t>(end - version.data()) + 1));
        }
        return false;
    }

    void tor_program() {
        if (!facts_.tor_found) {
            return wrong("tor-program", "there is no program " + facts_.tor_program,
                         "install tor (apt-get install tor), or set binary in [tor]");
        }
        if (facts_.tor_version.empty()) {
            return wrong("tor-program", facts_.tor_program + " does not say which version it is",
                         "set binary in [tor] to the path of tor");
        }
        if (old(facts_.tor_version)) {
            return wrong(
                "tor-program",
                facts_.tor_program + " is tor " + facts_.tor_version + ", which is too old",
                "install tor 0.4.8 or later (deb.torproject.org has it)");
        }
        sound("tor-program", "tor " + facts_.tor_version);
    }

    void network() {
        if (!facts_.network) {
            return wrong("network", "no interface but loopback is up and has an address",
                         "connect this machine to a network");
        }
        sound("network", "an interface is up");
    }

    void gateway() {
        const Answering& admin = facts_.admin;
        if (facts_.running) return sound("gateway", "it runs and answers");
        if (admin.connected) {
            return wrong("gateway", "it does not answer on " + admin.path,
                         std::string(see_log) + "; restart it if it hangs");
        }
        if (admin.exists && admin.error.find("ermission") != std::string::npos) {
            return wrong("gateway", "this user may not connect to " + admin.path,
                         "run doctor as the gateway's user, or as root");
        }
        wrong("gateway", "it does not run: " + admin.path + ": " + admin.error,
              "start it (sallyport serve); if it does not start, " + std::string(see_log));
    }

    void front() {
        const Answering& front = facts_.front;
        if (front.connected)
            return sound("target", "tor can hand over connections at " + front.path);
        if (!front.exists) {
            return wrong("target", "the socket that tor connects to is gone: " + front.path,
                         "restart the gateway: it makes the socket when it starts");
        }
        wrong("target", "tor cannot connect to " + front.path + ": " + front.error,
              "check the mode and the group of the socket and of the folders above it "
              "(listen.front), and AppArmor's and systemd's rules for tor");
    }

    bool tor_process() {
        const Answering& control = facts_.control;
        if (facts_.tor_stopped) {
            wrong("tor-process", "tor has been stopped by a signal (SIGSTOP)",
                  "let it go on (kill -CONT), or end it: the gateway starts another one");
        } else if (!control.exists || !control.connected) {
            wrong("tor-process",
                  "tor does not run, or its control socket is refused: " + control.path + ": " +
                      control.error,
                  "the gateway starts it again within seconds; if it does not stay, " +
                      std::string(see_log));
        } else if (control.answer.empty()) {
            wrong("tor-process", "tor hangs: it does not answer on " + control.path,
                  "end it (kill -9): the gateway starts another one");
        } else if (!facts_.cookie.exists) {
            wrong("tor-process", "tor's cookie is missing: " + facts_.cookie.path,
                  "end tor: the gateway starts another one, which writes it");
        } else {
            sound("tor-process", "tor runs and answers");
            return true;
        }
        return false;
    }

    bool warned_of(std::string_view words) const {
        return facts_.warning.find(words) != std::string::npos;
    }

    void tor_progress() {
        const std::string where = "tor is at " + std::to_string(facts_.bootstrap) + "% (" +
                                  facts_.bootstrap_step + ")" +
                                  (facts_.warning.empty() ? "" : ": " + facts_.warning);
        if (warned_of("lock skew") || warned_of("lock is") || warned_of("CLOCK_SKEW")) {
            return wrong("clock", "this machine's clock is wrong: " + where,
                         "set the clock (timedatectl set-ntp true)");
        }
        if (facts_.bootstrap < 100 && facts_.bridges) {
            return wrong("bridges", "no bridge answers: " + where,
                         "wait for a minute after a start; else check the Bridge lines in the file "
                         "of torrc_extra, or get new ones");
        }
        if (facts_.bootstrap < 100) {
            return wrong("tor-network", where,
                         "wait for a minute after a start; else let this machine connect out by "
                         "TCP, or use bridges (torrc_extra)");
        }
        sound("tor-network", "tor is connected to the network");
        if (!facts_.published) {
            return wrong("descriptor", "no directory has accepted the onion service's descriptor",
                         "wait for a minute after a start; else set the clock, and restart the "
                         "gateway");
        }
        sound("descriptor", "the descriptor is published");
    }

    void links() {
        for (const Link& link : facts_.links) {
            if (link.up) {
                sound("link", "link " + link.name + " is up");
            } else {
                wrong("link", "link " + link.name + " is down: callers get wamp.error.unavailable",
                      "start the inside of [[backend]] \"" + link.name +
                          "\", and see its log; pins must be each other's (sallyport link pair)");
            }
        }
    }

    const Facts& facts_;
    std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> judge(const Facts& facts) {
    return Judge(facts).run();
}

}  // namespace sallyport::gateway::doctor
