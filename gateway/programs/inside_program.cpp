#include "gateway/programs/inside_program.h"

#include <signal.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/signal_set.hpp>

#include "backend-link/inside/inside.h"
#include "gateway/admin/control.h"
#include "gateway/audit/audit_outlet.h"
#include "gateway/config/load_config.h"
#include "gateway/config/policy_reader.h"
#include "gateway/config/policy_version.h"
#include "gateway/config/version_store.h"
#include "gateway/host/acceptor.h"
#include "gateway/host/dialer.h"
#include "gateway/host/files.h"
#include "gateway/host/log.h"
#include "gateway/host/notify.h"
#include "gateway/host/packet_channel.h"
#include "gateway/host/random_seed.h"
#include "gateway/host/sandbox.h"
#include "gateway/programs/door_settings.h"
#include "gateway/programs/local_reload.h"
#include "gateway/programs/participant_shell.h"
#include "gateway/programs/shell.h"
#include "gateway/supervision/message.h"
#include "wamp/net/tls_context.h"

namespace sallyport::gateway {

namespace {

namespace asio = boost::asio;
using backend_link::Address;
using backend_link::Inside;

constexpr std::chrono::milliseconds drain_limit{2500};
constexpr std::chrono::milliseconds audit_limit{400};

backend_link::InsideConfig core_config(const LoadedInside& loaded, bool embedded) {
    backend_link::InsideConfig core;
    core.realms = door_realms(loaded.realms);
    core.limits = door_limits(loaded.config.limits, loaded.config.audit);
    core.caller_bytes_max = loaded.config.limits.circuit_bytes;
    for (const LinkText& link : loaded.config.links) core.links.push_back(link.gateway.text());
    if (embedded) core.links.emplace_back("supervisor");
    core.embedded = embedded;
    core.limits.peers_max += core.links.size();  // a link is a peer of the door too
    return core;
}

/// Returns a function that reads the files again on another thread; `notes` is set at once if
/// inside.toml has changed.
ParticipantShell::Read read_later(const std::string& file, const PolicyVersion& running,
                                  std::string& notes) {
    const std::string note = note_of_changed_config(file, running);
    if (!note.empty()) {
        log(LogLevel::warning, note);
        notes = note + "\n";
    }
    return [file, running] { return read_policy_again(file, running); };
}

class InsideProgram {
public:
    InsideProgram(asio::io_context& io, const LoadedInside& loaded, PolicyVersion running,
                  Descriptor channel)
        : io_(io),
          config_(loaded.config),
          embedded_(static_cast<bool>(channel)),
          shell_(
              io, core_config(loaded, embedded_), random_seed(),
              client_places(loaded.config.limits),
              [this](std::uint32_t link) { dial_gateway(link); },
              [this](std::string_view records) { audit_.offer(records); }),
          audit_(io, config_.audit, "inside"),
          contexts_(config_.links.size()),
          dialling_(config_.links.size()),
          signals_(io, SIGTERM, SIGINT),
          hangup_(io),
          notifier_(io) {
        shell_.connections().limit_memory(config_.limits.memory);
        if (embedded_) {
            participant_ = std::make_unique<ParticipantShell>(
                io, reload_core(), [this](const supervision::Message& message) {
                    channel_->send(supervision::to_text(message));
                });
            channel_ = std::make_unique<PacketChannel>(
                io, std::move(channel), [this](Packet&& packet) { on_packet(std::move(packet)); },
                [this] { io_.stop(); });
        } else {
            hangup_.add(SIGHUP);
            reload_ = std::make_unique<LocalReload>(
                io, VersionStore(config_.state_dir.path, std::move(running)),
                [file = config_.file](const PolicyVersion& before, std::string& notes) {
                    return read_later(file, before, notes);
                },
                reload_core());
        }
        for (std::size_t index = 0; index < contexts_.size(); ++index) {
            const LinkText& link = config_.links[index];
            if (link.gateway.kind != Address::Kind::tcp) continue;
            contexts_[index].emplace(wamp::make_tls_context(
                wamp::TlsSession::End::client, config_.state_dir.path + "/link", {link.peer_pin}));
        }
    }

    ~InsideProgram() {
        for (const std::string& path : socket_paths_) ::unlink(path.c_str());
    }
    InsideProgram(const InsideProgram&) = delete;
    InsideProgram& operator=(const InsideProgram&) = delete;

    /// Throws StartError.
    void listen() {
        audit_.open(open_audit_target(config_.audit));
        if (!embedded_) {
            const PathText control{control_socket(config_.state_dir.path), config_.state_dir.place};
            make_private_folder(std::filesystem::path(control.path).parent_path().string(),
                                control.place);
            claim_socket_path(control);
            control_ =
                std::make_unique<Control>(io_, listen_unix(control, 0600),
                                          [this](const std::string& line, Control::Reply reply) {
                                              reload_->on_command(line, std::move(reply));
                                          });
            socket_paths_.push_back(control.path);
        }
        for (const ServiceListen& listen : config_.listens) {
            if (listen.address.kind == Address::Kind::unix_path) {
                const std::string folder =
                    std::filesystem::path(listen.address.host_or_path).parent_path().string();
                if (folder.starts_with(config_.state_dir.path + "/"))
                    make_private_folder(folder, listen.place);
            }
            Descriptor listener = listen_at(listen.address, listen.place);
            if (listen.address.kind == Address::Kind::unix_path)
                socket_paths_.push_back(listen.address.host_or_path);
            acceptors_.push_back(std::make_unique<Acceptor>(
                io_, std::move(listener),
                [this](wamp::Socket socket, std::uint64_t origin, const std::string&) {
                    shell_.accept(std::move(socket), client_options(config_.limits), origin);
                }));
        }
    }

    void start() {
        if (embedded_) {
            std::signal(SIGHUP, SIG_IGN);  // the supervisor starts reloads
        } else {
            await_hangup();
        }
        signals_.async_wait([this](boost::system::error_code error, int) {
            if (!error) stop();
        });
        shell_.start();
        if (channel_) {
            channel_->send(supervision::to_text(supervision::message::Ready{}));
        } else {
            log(LogLevel::info, "ready");
            notifier_.ready();
        }
    }

private:
    void await_hangup() {
        hangup_.async_wait([this](boost::system::error_code error, int) {
            if (error) return;
            reopen_audit();
            reload_->on_hangup();
            await_hangup();
        });
    }

    void reopen_audit() {
        try {
            audit_.open(open_audit_target(config_.audit));
        } catch (const std::exception& error) {
            log(LogLevel::error, error.what());  // keeps writing to the old file
        }
    }

    ParticipantShell::Core reload_core() {
        return {[file = config_.file](const PolicyVersion& version) {
                    return door_realms(load_inside(file, version.reader()).realms);
                },
                [this](const ParticipantShell::Realms& realms) {
                    return describe(shell_.core().would_reload(realms));
                },
                [this](ParticipantShell::Realms realms) {
                    return describe(shell_.reload(std::move(realms)));
                }};
    }

    void on_packet(Packet&& packet) {
        if (packet.text == "reopen") return reopen_audit();
        if (participant_->on_packet(packet)) return;
        if (packet.text != "link" || !packet.descriptor) return;
        serve(static_cast<std::uint32_t>(config_.links.size()), std::move(packet.descriptor),
              nullptr, false);
    }

    void dial_gateway(std::uint32_t link) {
        if (link >= config_.links.size()) return;  // the supervisor's link, which is not dialled
        // One attempt at a time: its end answers all requests.
        if (dialling_[link]) return;
        dialling_[link] = true;
        dial(io_, config_.links[link].gateway, DialReach::local,
             [this, link](Descriptor socket, const std::string& why) {
                 dialling_[link] = false;
                 if (!socket) {
                     shell_.link_unreachable(link, why);
                     return;
                 }
                 serve(link, std::move(socket), contexts_[link] ? &*contexts_[link] : nullptr,
                       true);
             });
    }

    void serve(std::uint32_t link, Descriptor descriptor, asio::ssl::context* tls, bool asked_for) {
        // The protocol family does not matter for a connected socket.
        wamp::Socket socket(io_, asio::generic::stream_protocol(AF_UNIX, 0), descriptor.release());
        shell_.expect_link(shell_.connections().serve_link(std::move(socket), tls, link_options()),
                           link, asked_for);
    }

    void stop() {
        if (!embedded_) {
            log(LogLevel::info, "stopping");
            notifier_.stopping();
            reload_->stop();
        }
        acceptors_.clear();
        shell_.stop(drain_limit, [this] {
            audit_.stop(audit_limit);
            io_.stop();
        });
    }

    asio::io_context& io_;
    const InsideProgramConfig& config_;
    bool embedded_;
    Shell<Inside> shell_;
    AuditOutlet audit_;
    std::vector<std::optional<asio::ssl::context>> contexts_;  ///< by link; of those over tcp
    std::vector<bool> dialling_;                               ///< by link
    std::unique_ptr<PacketChannel> channel_;
    std::vector<std::unique_ptr<Acceptor>> acceptors_;
    std::vector<std::string> socket_paths_;
    asio::signal_set signals_;
    asio::signal_set hangup_;
    std::unique_ptr<ParticipantShell> participant_;  ///< embedded: for the supervisor's reloads
    std::unique_ptr<LocalReload> reload_;            ///< null when embedded
    std::unique_ptr<Control> control_;
    SystemdNotifier notifier_;
};

}  // namespace

int run_inside(const std::string& config_file, int channel) {
    PolicyVersion version;
    const bool embedded = channel >= 0;
    if (embedded) version = receive_version(channel);
    const LoadedInside loaded = load_or_hint(config_file, [&] {
        return load_inside(config_file,
                           embedded ? version.reader() : version.recorder(policy::read_file));
    });
    make_private_folder(loaded.config.state_dir.path, loaded.config.state_dir.place);
    const Descriptor lock = lock_state_dir(loaded.config.state_dir);
    drop_privilege_gains();
    asio::io_context io(1);
    InsideProgram inside(io, loaded, std::move(version), Descriptor(channel));
    inside.listen();
    inside.start();
    io.run();
    return 0;
}

}  // namespace sallyport::gateway
