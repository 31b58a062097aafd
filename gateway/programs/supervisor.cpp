#include "gateway/programs/supervisor.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <utility>

#include "gateway/audit/audit_outlet.h"
#include "gateway/host/child.h"
#include "gateway/host/dialer.h"
#include "gateway/host/files.h"
#include "gateway/host/log.h"
#include "gateway/host/start_error.h"

namespace sallyport::gateway {

namespace {

constexpr std::chrono::seconds start_timeout{30};
constexpr std::chrono::milliseconds worker_grace{6000};  // it drains for 5 s at most
constexpr std::chrono::milliseconds child_grace{3000};
constexpr std::string_view own_program = "/proc/self/exe";

/// Whoever removes the path of a socket must be whoever made it: another start may have taken it
/// over.
void make_folder_of(const PathText& socket, const std::string& state_dir) {
    const std::string folder = std::filesystem::path(socket.path).parent_path().string();
    if (folder.starts_with(state_dir + "/")) make_private_folder(folder, socket.place);
}

/// Starts this program again as a child, with the same log.
pid_t start_program(const std::vector<std::string>& command, const Descriptor& channel) {
    std::vector<std::string> words{"sallyport"};
    words.insert(words.end(), command.begin(), command.end());
    words.insert(words.end(), {"--channel", std::to_string(child_channel)});
    for (std::string& word : log_arguments()) words.push_back(std::move(word));
    return start_child({std::string(own_program), std::move(words), channel.get(), -1});
}

}  // namespace

Supervisor::Supervisor(boost::asio::io_context& io, LoadedGateway loaded, PolicyVersion version)
    : io_(io),
      loaded_(std::move(loaded)),
      first_version_(std::move(version)),
      child_signal_(io, SIGCHLD),
      stop_signal_(io, SIGTERM, SIGINT, SIGHUP),
      start_timer_(io),
      notifier_(io),
      insides_(loaded_.config.backends.size()),
      dialling_(loaded_.config.backends.size()) {
    onion_.mode = loaded_.config.tor.mode == TorText::Mode::external ? "external" : "off";
}

Supervisor::~Supervisor() {
    kill_all();
}

int Supervisor::run() {
    make_private_folder(loaded_.config.state_dir.path, loaded_.config.state_dir.place);
    lock_ = lock_state_dir(loaded_.config.state_dir);
    versions_ =
        std::make_unique<VersionKeeper>(loaded_.config.state_dir.path, std::move(first_version_));
    reloader_ = std::make_unique<Reloader>(io_, *versions_, [this] { return policy_children(); });
    std::string tor_program;
    audit_target_ = open_audit_target(loaded_.config.audit);
    try {
        listen();
        if (loaded_.config.tor.mode == TorText::Mode::managed) {
            tor_ = std::make_unique<TorChild>(
                io_, loaded_.config, prepare_tor(loaded_.config),
                TorChild::Events{[this](const OnionState& state) {
                                     onion_ = state;
                                     tell_worker_onion();
                                 },
                                 [this] {
                                     tor_attached_ = true;
                                     maybe_ready();
                                 },
                                 [this](const std::string& why) { on_tor_end(why); }});
        }
        await_child_signal();
        await_stop_signal();
        start_children();
    } catch (...) {
        kill_all();
        remove_sockets();
        throw;
    }
    io_.run();
    remove_sockets();
    return exit_code_;
}

void Supervisor::listen() {
    const GatewayConfig& config = loaded_.config;
    const PathText control{control_socket(config.state_dir.path), config.state_dir.place};
    make_folder_of(control, config.state_dir.path);
    claim_socket_path(control);
    control_ = std::make_unique<Control>(io_, listen_unix(control, 0600),
                                         [this](const std::string& line, Control::Reply reply) {
                                             on_control(line, std::move(reply));
                                         });
    const auto listen_on = [&](std::string name, const PathText& socket, unsigned mode) {
        if (!socket) return;
        make_folder_of(socket, config.state_dir.path);
        claim_socket_path(socket);
        listeners_.push_back({std::move(name), socket.path, listen_unix(socket, mode)});
    };
    // A tor that others run is another user: its group is let in, and who is in that group says the
    // folder.
    listen_on("front", config.front, config.tor.mode == TorText::Mode::external ? 0660 : 0600);
    listen_on("local", config.local, 0600);
    listen_on("admin", config.admin, 0600);
    if (config.tor.socks) {
        make_folder_of(config.tor.socks, config.state_dir.path);
        claim_socket_path(config.tor.socks);
    }
    for (std::size_t index = 0; index < config.backends.size(); ++index) {
        const BackendText& backend = config.backends[index];
        if (backend.kind != BackendText::Kind::accept) continue;
        const bool tcp = backend.address.kind == backend_link::Address::Kind::tcp;
        if (!tcp)
            make_folder_of({backend.address.host_or_path, backend.address_place},
                           config.state_dir.path);
        listeners_.push_back({"listen " + std::to_string(index),
                              tcp ? "" : backend.address.host_or_path,
                              listen_at(backend.address, backend.address_place)});
    }
}

void Supervisor::start_children() {
    for (std::uint32_t index = 0; index < insides_.size(); ++index) {
        if (loaded_.config.backends[index].kind != BackendText::Kind::embedded) continue;
        insides_[index] = std::make_unique<EmbeddedInside>();
        const std::string name = "inside " + loaded_.config.backends[index].name;
        insides_[index]->child = std::make_unique<KeptChild>(
            io_, name, [this, index] { return launch_inside(index); },
            [this, index, name](int status) {
                insides_[index]->channel.reset();
                reloader_->on_child_end(name);
                on_child_end(name, status);
            });
        insides_[index]->child->start();
    }
    worker_ = std::make_unique<KeptChild>(
        io_, "worker", [this] { return launch_worker(); },
        [this](int status) {
            worker_channel_.reset();
            ++worker_run_;
            reloader_->on_child_end("worker");
            on_child_end("worker", status);
            if (stopping_) stop_others();
        });
    worker_->start();
    if (tor_) tor_->start();
    start_timer_.expires_after(start_timeout);
    start_timer_.async_wait([this](boost::system::error_code error) {
        if (!error && !all_ready_) fail_start("the children of sallyport are not ready after 30 s");
    });
}

pid_t Supervisor::launch_worker() {
    DescriptorPair pair = make_packet_pair();
    const pid_t pid = start_program({"worker", "--config", loaded_.config.file}, pair.theirs);
    dialling_.assign(dialling_.size(), false);
    worker_channel_ = std::make_unique<PacketChannel>(
        io_, std::move(pair.ours), [this](Packet&& packet) { on_worker_packet(packet.text); },
        [] {});
    worker_channel_->send("version", to_memory(versions_->running()).get());
    for (const Listener& listener : listeners_)
        worker_channel_->send(listener.name, listener.socket.get());
    if (audit_target_) worker_channel_->send("audit", audit_target_.get());
    tell_worker_onion();
    return pid;
}

pid_t Supervisor::launch_inside(std::uint32_t backend) {
    EmbeddedInside& inside = *insides_[backend];
    DescriptorPair pair = make_packet_pair();
    const pid_t pid = start_program(
        {"inside", "--config", loaded_.config.backends[backend].inside_config.path}, pair.theirs);
    inside.channel = std::make_unique<PacketChannel>(
        io_, std::move(pair.ours),
        [this, &inside, name = "inside " + loaded_.config.backends[backend].name](Packet&& packet) {
            if (reloader_->on_packet(name, packet.text) || packet.text != "ready") return;
            inside.ready = true;
            maybe_ready();
        },
        [] {});
    inside.channel->send("version", to_memory(versions_->running()).get());
    return pid;
}

void Supervisor::tell_worker_onion() {
    if (!onion_.address.empty())
        notifier_.status(onion_.address + (onion_.reachable ? ", reachable" : ""));
    if (worker_channel_) worker_channel_->send("onion " + to_json(onion_));
}

// What the worker asks for
// -----------------------------------------------------------------------------------

void Supervisor::on_worker_packet(const std::string& text) {
    constexpr std::string_view dial_word = "dial ";
    if (reloader_->on_packet("worker", text)) return;
    if (text == "ready") {
        worker_ready_ = true;
        maybe_ready();
    } else if (text.starts_with(dial_word)) {
        std::uint32_t backend = 0;
        const char* const end = text.data() + text.size();
        const auto [at, error] = std::from_chars(text.data() + dial_word.size(), end, backend);
        if (error == std::errc() && at == end && backend < insides_.size()) on_dial(backend);
    }
}

void Supervisor::on_dial(std::uint32_t backend) {
    if (stopping_ || dialling_[backend]) return;
    switch (loaded_.config.backends[backend].kind) {
        case BackendText::Kind::embedded:
            dial_embedded(backend);
            break;
        case BackendText::Kind::dial:
            dial_address(backend);
            break;
        case BackendText::Kind::accept:
            break;
    }
}

void Supervisor::dial_embedded(std::uint32_t backend) {
    const std::string number = std::to_string(backend);
    EmbeddedInside& inside = *insides_[backend];
    const DescriptorPair pair = make_stream_pair();
    if (!inside.channel || !inside.channel->send("link", pair.theirs.get())) {
        worker_channel_->send("failed " + number + " the inside is not running");
        return;
    }
    worker_channel_->send("connected " + number, pair.ours.get());
}

void Supervisor::dial_address(std::uint32_t backend) {
    const BackendText& target = loaded_.config.backends[backend];
    dialling_[backend] = true;
    const DialReach reach = target.plaintext.empty() ? DialReach::loopback : DialReach::local;
    dial(io_, target.address, reach,
         [this, backend, run = worker_run_](Descriptor socket, const std::string& why) {
             if (run != worker_run_ || !worker_channel_) return;
             dialling_[backend] = false;
             const std::string number = std::to_string(backend);
             if (socket) {
                 worker_channel_->send("connected " + number, socket.get());
             } else {
                 worker_channel_->send("failed " + number + " " + why);
             }
         });
}

// Beginning and end
// ------------------------------------------------------------------------------------------

void Supervisor::await_child_signal() {
    child_signal_.async_wait([this](boost::system::error_code error, int) {
        if (error) return;
        reap();
        await_child_signal();
    });
}

void Supervisor::reap() {
    int status = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
        bool known =
            (worker_ && worker_->on_exit(pid, status)) || (tor_ && tor_->on_exit(pid, status));
        for (auto& inside : insides_)
            known = known || (inside && inside->child->on_exit(pid, status));
    }
    finish_if_done();
}

void Supervisor::await_stop_signal() {
    stop_signal_.async_wait([this](boost::system::error_code error, int number) {
        if (error) return;
        if (number == SIGHUP) {
            if (!stopping_) on_hangup();
        } else {
            if (stopping_) {
                kill_all();
            } else {
                log(LogLevel::info, "stopping");
                stop();
            }
        }
        await_stop_signal();
    });
}

void Supervisor::on_child_end(const std::string& name, int status) {
    if (all_ready_ || stopping_) return;
    const bool said_why = WIFEXITED(status) && WEXITSTATUS(status) == exit_bad_start;
    fail_start(said_why ? "" : name + " " + describe_exit(status) + " while starting");
}

void Supervisor::on_tor_end(const std::string& why) {
    tor_attached_ = false;
    if (all_ready_ || stopping_) return;
    fail_start("tor ended while starting" + (why.empty() ? "" : ": " + why));
}

void Supervisor::maybe_ready() {
    bool ready = worker_ready_ && (!tor_ || tor_attached_);
    for (const auto& inside : insides_) ready = ready && (!inside || inside->ready);
    if (!ready || all_ready_ || stopping_) return;
    all_ready_ = true;
    start_timer_.cancel();
    log(LogLevel::info, "ready");
    notifier_.ready();
}

void Supervisor::fail_start(const std::string& line) {
    if (!line.empty()) log_start_failure("sallyport: " + line);
    exit_code_ = exit_bad_start;
    stopping_ = true;
    kill_all();
    finish_if_done();
}

void Supervisor::stop() {
    stopping_ = true;
    start_timer_.cancel();
    notifier_.stopping();
    remove_sockets();  // whoever comes now finds nobody, instead of waiting for an answer
    // The worker first: its farewells go out through tor.
    const bool told = worker_channel_ && worker_channel_->send("stop");
    worker_->stop(told ? worker_grace : std::chrono::milliseconds(0), false);
    if (!worker_->running()) stop_others();
}

void Supervisor::stop_others() {
    for (auto& inside : insides_) {
        if (inside) inside->child->stop(child_grace);
    }
    if (tor_) tor_->stop(child_grace);
    finish_if_done();
}

void Supervisor::kill_all() noexcept {
    if (worker_) worker_->kill();
    if (tor_) tor_->kill();
    for (auto& inside : insides_) {
        if (inside && inside->child) inside->child->kill();
    }
}

void Supervisor::finish_if_done() {
    if (!stopping_ || (worker_ && worker_->running()) || (tor_ && tor_->running())) return;
    for (const auto& inside : insides_) {
        if (inside && inside->child->running()) return;
    }
    io_.stop();
}

void Supervisor::remove_sockets() noexcept {
    if (control_) ::unlink(control_socket(loaded_.config.state_dir.path).c_str());
    control_.reset();
    for (const Listener& listener : listeners_) {
        if (!listener.unix_path.empty()) ::unlink(listener.unix_path.c_str());
    }
    listeners_.clear();
}

}  // namespace sallyport::gateway
