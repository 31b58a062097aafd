#include "gateway/programs/inside_program.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/signal_set.hpp>

#include "backend-link/inside/inside.h"
#include "gateway/audit/audit_outlet.h"
#include "gateway/config/load_config.h"
#include "gateway/config/policy_version.h"
#include "gateway/config/version_store.h"
#include "gateway/host/acceptor.h"
#include "gateway/host/descriptor_limit.h"
#include "gateway/host/log.h"
#include "gateway/host/packet_channel.h"
#include "gateway/host/random_seed.h"
#include "gateway/host/sandbox.h"
#include "gateway/host/signals.h"
#include "gateway/programs/auth_client.h"
#include "gateway/programs/door_settings.h"
#include "gateway/programs/inside_supervisor.h"
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
/// Events that are kept get this part of limits.memory.
constexpr std::size_t history_share = 4;

backend_link::InsideConfig core_config(const LoadedInside& loaded, bool embedded) {
    backend_link::InsideConfig core;
    core.realms = door_realms(loaded.realms);
    core.limits = door_limits(loaded.config.limits, loaded.config.audit);
    core.limits.request_ids = loaded.config.request_ids;
    core.names_conveyed_callers = loaded.config.disclose_outside_callers;
    core.caller_bytes_max = loaded.config.limits.circuit_bytes;
    for (const HistoryText& kept : loaded.config.history)
        core.history.push_back({kept.uri, kept.match, kept.events, kept.bytes, kept.age});
    core.history_bytes_max = loaded.config.limits.memory / history_share;
    for (const LinkText& link : loaded.config.links) core.links.push_back(link.gateway.text());
    if (embedded) core.links.emplace_back("supervisor");
    core.embedded = embedded;
    core.limits.peers_max += core.links.size();  // a link is a peer of the door too
    return core;
}

/// The sandboxed process: its parent sends it all descriptors that it needs.
class InsideProgram {
public:
    InsideProgram(asio::io_context& io, const LoadedInside& loaded, Descriptor channel,
                  bool embedded)
        : io_(io),
          config_(loaded.config),
          shell_(
              io, core_config(loaded, embedded), random_seed(), client_places(loaded.config.limits),
              [this](std::uint32_t link) { request_dial(link); },
              [this](std::string&& question) { authenticator_.ask(std::move(question)); },
              [this](std::string_view records) { audit_.offer(records); }),
          authenticator_(
              io, [this](std::string_view answer) { shell_.answered(answer); },
              [this] { shell_.authenticator_lost(); }),
          audit_(io, config_.audit, "inside", [this] { send(supervision::message::AuditLost{}); }),
          reload_(io,
                  {[this](const PolicyVersion& version) {
                       return load_realms_again(config_, version.reader(), PrincipalsAs::rosters);
                   },
                   [this](const ParticipantShell::Realms& realms) {
                       return describe(shell_.core().would_reload(door_realms(realms)));
                   },
                   [this](const ParticipantShell::Realms& realms) {
                       return describe(shell_.reload(door_realms(realms)));
                   }},
                  [this](const supervision::Message& message) { send(message); }),
          channel_(
              io, std::move(channel), [this](Packet&& packet) { on_packet(std::move(packet)); },
              [this] { io_.stop(); }),
          contexts_(config_.links.size()),
          signals_(io, SIGTERM, SIGINT) {
        shell_.connections().limit_memory(config_.limits.memory);
        for (std::size_t index = 0; index < contexts_.size(); ++index) {
            const LinkText& link = config_.links[index];
            if (link.gateway.kind != Address::Kind::tcp) continue;
            contexts_[index].emplace(wamp::make_tls_context(
                wamp::TlsSession::End::client, config_.state_dir.path + "/link", link.peer_pins));
        }
    }

    void start() {
        signals_.async_wait([this](boost::system::error_code error, int) {
            if (!error) stop();
        });
        shell_.start();
        send(supervision::message::Ready{});
    }

private:
    bool send(const supervision::Message& message) {
        return channel_.send(supervision::to_text(message));
    }

    void on_packet(Packet&& packet) {
        if (reload_.on_packet(packet)) return;
        std::string_view text = packet.text;
        const std::string_view word = supervision::next_word(text);
        if (packet.text == supervision::ping_text) {
            send(supervision::message::Alive{});
            report_dropped_messages();
        } else if (word == "stop") {
            stop();
        } else if (word == "authenticator") {
            authenticator_.connect(std::move(packet.descriptor));
        } else if (word == "audit") {
            audit_.open(std::move(packet.descriptor));
        } else if (word == "services" && packet.descriptor) {
            accept_services(std::move(packet.descriptor));
        } else if (word == "link" && packet.descriptor) {
            serve(static_cast<std::uint32_t>(config_.links.size()), std::move(packet.descriptor),
                  nullptr, false);
        } else {
            on_dial_packet(word, text, std::move(packet.descriptor));
        }
    }

    /// `connected N`, `failed N why`.
    void on_dial_packet(std::string_view word, std::string_view text, Descriptor descriptor) {
        const auto link = supervision::parse_index(supervision::next_word(text));
        if (!link || *link >= config_.links.size()) return;
        if (word == "connected") {
            if (!descriptor)
                return shell_.link_unreachable(*link, "there is no free file descriptor");
            std::optional<asio::ssl::context>& tls = contexts_[*link];
            serve(*link, std::move(descriptor), tls ? &*tls : nullptr, true);
        } else if (word == "failed") {
            shell_.link_unreachable(*link, text);
        }
    }

    void accept_services(Descriptor listener) {
        acceptors_.push_back(std::make_unique<Acceptor>(
            io_, std::move(listener),
            [this](wamp::Socket socket, std::uint64_t origin, const std::string&) {
                shell_.accept(std::move(socket), client_options(config_.limits), origin);
            },
            first_refused_));
    }

    void request_dial(std::uint32_t link) {
        if (link >= config_.links.size()) return;  // the supervisor's link, which is not dialled
        if (!send(supervision::message::DialRequest{link}))
            shell_.link_unreachable(link, "the supervisor does not answer");
    }

    void serve(std::uint32_t link, Descriptor descriptor, asio::ssl::context* tls, bool asked_for) {
        // The protocol family does not matter for a connected socket.
        wamp::Socket socket(io_, asio::generic::stream_protocol(AF_UNIX, 0), descriptor.release());
        shell_.expect_link(shell_.connections().serve_link(std::move(socket), tls, link_options()),
                           link, asked_for);
    }

    void stop() {
        acceptors_.clear();
        shell_.stop(drain_limit, [this] {
            audit_.stop(audit_limit);
            io_.stop();
        });
    }

    asio::io_context& io_;
    const InsideProgramConfig& config_;
    Shell<Inside> shell_;
    AuthClient authenticator_;
    AuditOutlet audit_;
    ParticipantShell reload_;
    PacketChannel channel_;
    std::vector<std::optional<asio::ssl::context>> contexts_;  ///< by link; of those over tcp
    std::vector<std::unique_ptr<Acceptor>> acceptors_;
    asio::signal_set signals_;
    /// Read before the sandbox is entered.
    int first_refused_ = first_reserved_descriptor();
};

int run_process(const std::string& config_file, int channel, bool embedded) {
    ignore_signals(StoppedBy::signal);
    const PolicyVersion version = receive_version(channel);
    const LoadedInside loaded = load_inside(config_file, version.reader(), PrincipalsAs::rosters);
    asio::io_context io(1);
    InsideProgram inside(io, loaded, Descriptor(channel), embedded);
    const Sandbox sandbox =
        enter_sandbox(loaded.config.sandbox, data_bytes_max(loaded.config.limits), config_file);
    log_sandbox(sandbox);
    inside.start();
    io.run();
    return 0;
}

}  // namespace

int run_inside(const std::string& config_file, int channel, bool embedded) {
    if (channel >= 0) return run_process(config_file, channel, embedded);
    forbid_tracing();  // it can do what its child cannot
    ignore_signals(StoppedBy::signal);
    const std::uint64_t descriptors = raise_descriptor_limit();
    PolicyVersion version;
    LoadedInside loaded = load_or_hint(
        config_file, [&] { return load_inside(config_file, version.recorder(policy::read_file)); });
    const LimitsText& limits = loaded.config.limits;
    require_descriptors(limits.sessions, descriptors, limits.sessions_place);
    asio::io_context io(1);
    return InsideSupervisor(io, std::move(loaded), std::move(version)).run();
}

}  // namespace sallyport::gateway
