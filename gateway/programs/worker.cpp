#include "gateway/programs/worker.h"

#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "gateway/admin/control.h"
#include "gateway/admin/status.h"
#include "gateway/audit/audit_outlet.h"
#include "gateway/config/load_config.h"
#include "gateway/config/policy_version.h"
#include "gateway/front/front.h"
#include "gateway/host/acceptor.h"
#include "gateway/host/descriptor_limit.h"
#include "gateway/host/packet_channel.h"
#include "gateway/host/random_seed.h"
#include "gateway/host/sandbox.h"
#include "gateway/host/signals.h"
#include "gateway/programs/auth_client.h"
#include "gateway/programs/door_settings.h"
#include "gateway/programs/participant_shell.h"
#include "gateway/programs/shell.h"
#include "gateway/supervision/message.h"
#include "wamp/net/tls_context.h"

namespace sallyport::gateway {

namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds drain_limit{4500};
constexpr std::chrono::milliseconds audit_limit{1000};

FrontConfig front_config(const LoadedGateway& loaded) {
    FrontConfig front;
    front.realms = door_realms(loaded.realms);
    front.limits = door_limits(loaded.config.limits, loaded.config.audit);
    front.limits.request_ids = loaded.config.request_ids;
    front.circuit_bytes = loaded.config.limits.circuit_bytes;
    for (std::size_t index = 0; index < loaded.config.backends.size(); ++index) {
        const BackendText& backend = loaded.config.backends[index];
        backend_link::LinkMachine::Config link;
        link.session.realm = loaded.backend_realms[index];
        link.session.authid = backend.authid;
        if (backend.ticket_file) {
            link.session.authmethod = "ticket";
            link.session.ticket = read_ticket(backend.ticket_file);
        }
        link.profile = backend_link::profile_of(backend.profile);
        link.profile.conveys_identity =
            backend.convey_identity.value_or(link.profile.conveys_identity);
        link.dials = backend.kind != BackendText::Kind::accept;
        link.join_timeout = std::chrono::seconds(5);
        // The path to it does not get lost.
        if (backend.kind == BackendText::Kind::embedded)
            link.pulse.suspect_after = link.pulse.dead_after;
        front.backends.push_back({backend.name, std::move(link)});
    }
    return front;
}

class Worker {
public:
    Worker(asio::io_context& io, const LoadedGateway& loaded, Descriptor channel)
        : io_(io),
          config_(loaded.config),
          shell_(
              io, front_config(loaded), random_seed(), client_places(loaded.config.limits),
              [this](std::uint32_t link) { request_dial(link); },
              [this](std::string&& question) { authenticator_.ask(std::move(question)); },
              [this](std::string_view records) { audit_.offer(records); }),
          authenticator_(
              io, [this](std::string_view answer) { shell_.answered(answer); },
              [this] { shell_.authenticator_lost(); }),
          audit_(
              io, config_.audit, "front",
              [this] { channel_.send(supervision::to_text(supervision::message::AuditLost{})); }),
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
                  [this](const supervision::Message& message) {
                      channel_.send(supervision::to_text(message));
                  }),
          channel_(
              io, std::move(channel), [this](Packet&& packet) { on_packet(std::move(packet)); },
              [this] { io_.stop(); }),
          contexts_(config_.backends.size()) {
        shell_.connections().limit_memory(config_.limits.memory);
        for (std::size_t index = 0; index < contexts_.size(); ++index) {
            const BackendText& backend = config_.backends[index];
            if (backend.kind != BackendText::Kind::accept ||
                backend.address.kind != backend_link::Address::Kind::tcp)
                continue;
            contexts_[index].emplace(wamp::make_tls_context(wamp::TlsSession::End::server,
                                                            config_.state_dir.path + "/link",
                                                            backend.peer_pins));
        }
    }

    void start(Sandbox sandbox) {
        log_sandbox(sandbox);
        sandbox_ = std::move(sandbox);
        shell_.start();
        channel_.send(supervision::to_text(supervision::message::Ready{}));
    }

private:
    void on_packet(Packet&& packet) {
        if (reload_.on_packet(packet)) return;
        std::string_view text = packet.text;
        const std::string_view word = supervision::next_word(text);
        if (packet.text == supervision::ping_text) {
            channel_.send(supervision::to_text(supervision::message::Alive{}));
            report_dropped_messages();
        } else if (word == "stop") {
            stop();
        } else if (word == "onion") {
            onion_ = text;
        } else if (word == "authenticator") {
            authenticator_.connect(std::move(packet.descriptor));
        } else if (word == "audit") {
            audit_.open(std::move(packet.descriptor));
        } else if (word == "front" || word == "local") {
            accept_clients(std::move(packet.descriptor), word == "front");
        } else if (word == "admin") {
            admin_ = std::make_unique<Control>(
                io_, std::move(packet.descriptor),
                [this](const std::string& line, const Control::Reply& reply) {
                    on_command(line, reply);
                });
        } else {
            on_link_packet(word, text, std::move(packet.descriptor));
        }
    }

    /// `status`, `drain NAME`, `undrain NAME`.
    void on_command(std::string_view line, const Control::Reply& reply) {
        const std::string_view word = supervision::next_word(line);
        if (word == "status") return reply(0, status());
        if (word != "drain" && word != "undrain") return reply(2, "unknown command\n");
        const bool drains = word == "drain";
        const std::string name = policy::quoted(line);
        if (!shell_.core().drain(line, drains)) {
            std::string known;
            for (const BackendText& backend : config_.backends)
                known += (known.empty() ? "" : ", ") + backend.name;
            return reply(1, "there is no backend " + name + "; known backends: " + known + "\n");
        }
        if (!drains) return reply(0, "backend " + name + " is not drained any more\n");
        std::string text = "backend " + name +
                           " is drained: new requests go to the other backends "
                           "of its routes\n";
        for (const std::string_view route : shell_.core().only_served_by(line)) {
            text += "route " + policy::quoted(route) +
                    " has no other backend: its requests still go " + "to " + name + "\n";
        }
        reply(0, text);
    }

    /// `listen N`, `connected N`, `failed N why`.
    void on_link_packet(std::string_view word, std::string_view text, Descriptor descriptor) {
        const auto link = supervision::parse_index(supervision::next_word(text));
        if (!link || *link >= config_.backends.size()) return;
        if (word == "listen") {
            accept_links(std::move(descriptor), *link);
        } else if (word == "connected") {
            if (!descriptor)
                return shell_.link_unreachable(*link, "there is no free file descriptor");
            connect_link(std::move(descriptor), *link);
        } else if (word == "failed") {
            shell_.link_unreachable(*link, text);
        }
    }

    void accept_clients(Descriptor listener, bool proxy_line) {
        wamp::ConnectionOptions options = client_options(config_.limits);
        options.proxy_line = proxy_line;
        acceptors_.push_back(std::make_unique<Acceptor>(
            io_, std::move(listener),
            [this, options](wamp::Socket socket, std::uint64_t origin, const std::string&) {
                shell_.accept(std::move(socket), options, origin);
            },
            first_refused_));
    }

    void accept_links(Descriptor listener, std::uint32_t link) {
        acceptors_.push_back(std::make_unique<Acceptor>(
            io_, std::move(listener),
            [this, link](wamp::Socket socket, std::uint64_t origin, const std::string& address) {
                asio::ssl::context* const tls = contexts_[link] ? &*contexts_[link] : nullptr;
                shell_.expect_link(
                    shell_.connections().accept_link(std::move(socket), tls, link_options()), link,
                    false, origin, address);
            }));
    }

    void connect_link(Descriptor descriptor, std::uint32_t link) {
        wamp::Connections::Target target;
        target.serializer = config_.backends[link].serializer;
        wamp::Socket socket(io_, asio::generic::stream_protocol(AF_UNIX, 0), descriptor.release());
        shell_.expect_link(shell_.connections().connect(std::move(socket), target, link_options()),
                           link, true);
    }

    void request_dial(std::uint32_t link) {
        if (!channel_.send(supervision::to_text(supervision::message::DialRequest{link})))
            shell_.link_unreachable(link, "the supervisor does not answer");
    }

    wamp::Dict own_status() const {
        wamp::Dict status = shell_.status();
        status.set("authenticator", authenticator_.status());
        return status;
    }

    std::string status() {
        shell_.flush_logs();
        std::optional<AuditStatus> audit;
        if (const auto counts = audit_.counts()) {
            audit = {counts->offered, counts->written, counts->dropped, counts->waiting(),
                     counts->error == 0 ? "" : std::strerror(counts->error)};
        }
        const std::string front = shell_.core().status_json(own_status());
        return status_line({onion_, front, std::move(audit), sandbox_});
    }

    void stop() {
        admin_.reset();
        acceptors_.clear();
        shell_.stop(drain_limit, [this] {
            audit_.stop(audit_limit);
            io_.stop();
        });
    }

    asio::io_context& io_;
    const GatewayConfig& config_;
    Shell<Front> shell_;
    AuthClient authenticator_;
    AuditOutlet audit_;
    ParticipantShell reload_;
    PacketChannel channel_;
    /// By backend; for those that dial the gateway over tcp.
    std::vector<std::optional<asio::ssl::context>> contexts_;
    std::vector<std::unique_ptr<Acceptor>> acceptors_;
    std::unique_ptr<Control> admin_;
    std::string onion_ = "{}";
    /// Read before the sandbox is entered.
    int first_refused_ = first_reserved_descriptor();
    Sandbox sandbox_;
};

}  // namespace

int run_worker(const std::string& config_file, int channel) {
    ignore_signals(StoppedBy::supervisor);
    const PolicyVersion version = receive_version(channel);
    const LoadedGateway loaded = load_gateway(config_file, version.reader(), PrincipalsAs::rosters);
    asio::io_context io(1);
    Worker worker(io, loaded, Descriptor(channel));
    worker.start(
        enter_sandbox(loaded.config.sandbox, data_bytes_max(loaded.config.limits), config_file));
    io.run();
    return 0;
}

}  // namespace sallyport::gateway
