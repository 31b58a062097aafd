#include "gateway/programs/worker.h"

#include <algorithm>
#include <deque>
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
#include "gateway/host/start_error.h"
#include "gateway/programs/auth_client.h"
#include "gateway/programs/door_settings.h"
#include "gateway/programs/pages.h"
#include "gateway/programs/participant_shell.h"
#include "gateway/programs/program_state.h"
#include "gateway/programs/shell.h"
#include "gateway/supervision/message.h"
#include "wamp/net/tls_context.h"

namespace sallyport::gateway {

namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds drain_limit{4500};
constexpr std::chrono::milliseconds audit_limit{1000};

/// What a version is made of before it is adopted, also at the start.
struct Compiled {
    LoadedGateway loaded;
    LinkParts parts;
    /// By backend; for those with TLS.
    std::vector<std::optional<asio::ssl::context>> contexts;
};

Compiled compile(const std::string& config_file, const PolicyVersion& version) {
    Compiled compiled;
    compiled.loaded = load_gateway(config_file, version.reader(), PrincipalsAs::rosters);
    compiled.parts = version.links();
    const GatewayConfig& config = compiled.loaded.config;
    if (compiled.parts.numbers.size() != config.backends.size())
        throw StartError("the supervisor sent links of another version");
    for (const BackendText& backend : config.backends) {
        auto& context =
            compiled.contexts.emplace_back(dial_context_of(compiled.parts.files, backend));
        if (backend.kind != BackendText::Kind::accept ||
            backend.address.kind != backend_link::Address::Kind::tcp)
            continue;
        context.emplace(wamp::make_tls_context(wamp::TlsSession::End::server,
                                               link_keys_in(compiled.parts.files, config.state_dir),
                                               backend.peer_pins));
    }
    return compiled;
}

BackendConfig backend_config(const Compiled& compiled, std::size_t index) {
    const BackendText& backend = compiled.loaded.config.backends[index];
    backend_link::LinkMachine::Config link;
    link.session.realm = compiled.loaded.backend_realms[index];
    link.session.authid = backend.authid;
    link.session.login = *login_of(compiled.parts.files, backend, wamp::Random(random_seed()));
    link.profile = backend_link::profile_of(backend.profile);
    link.profile.conveys_identity = backend.convey_identity.value_or(link.profile.conveys_identity);
    link.dials = backend.kind != BackendText::Kind::accept;
    link.join_timeout = std::chrono::seconds(5);
    link.pulse = backend.pulse;
    // The path to it does not get lost.
    if (backend.kind == BackendText::Kind::embedded)
        link.pulse.suspect_after = link.pulse.dead_after;
    return {backend.name, std::move(link), backend.health};
}

FrontConfig front_config(const Compiled& compiled) {
    const LoadedGateway& loaded = compiled.loaded;
    FrontConfig front;
    front.realms = door_realms(loaded.realms);
    front.limits = door_limits(loaded.config.limits, loaded.config.audit);
    front.limits.request_ids = loaded.config.request_ids;
    front.circuit_bytes = loaded.config.limits.circuit_bytes;
    for (std::size_t index = 0; index < loaded.config.backends.size(); ++index)
        front.backends.push_back(backend_config(compiled, index));
    return front;
}

class Worker {
public:
    Worker(asio::io_context& io, Compiled&& first, Descriptor channel)
        : io_(io),
          config_(first.loaded.config),
          shell_(
              io, front_config(first), random_seed(), client_places(config_.limits),
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
                  {[this](const PolicyVersion& version) { return compile(config_.file, version); },
                   [this](const Compiled& version) { return describe_change(version); },
                   [this](Compiled version) { return adopt(std::move(version)); }},
                  [this](const supervision::Message& message) {
                      channel_.send(supervision::to_text(message));
                  }),
          channel_(
              io, std::move(channel), [this](Packet&& packet) { on_packet(std::move(packet)); },
              [this] { io_.stop(); }),
          state_("gateway", config_.limits),
          pages_(io, {[this] { return snapshot(); },
                      [this] { return fault_lines(faults_in(status())); }}) {
        shell_.connections().limit_memory(config_.limits.memory);
        for (std::size_t index = 0; index < first.contexts.size(); ++index)
            links_.push_back(link_of(first, index));
    }

    void start(Sandbox sandbox) {
        log_sandbox(sandbox);
        sandbox_ = std::move(sandbox);
        shell_.start();
        channel_.send(supervision::to_text(supervision::message::Ready{}));
    }

private:
    /// By link of the core.
    struct Link {
        std::uint32_t number;  ///< as the supervisor calls it
        BackendText backend;
        std::optional<asio::ssl::context> tls;
        bool removed = false;
        std::vector<std::unique_ptr<Acceptor>> acceptors{};
    };

    static Link link_of(Compiled& version, std::size_t index) {
        return {version.parts.numbers[index], version.loaded.config.backends[index],
                std::move(version.contexts[index])};
    }

    std::optional<std::uint32_t> find_link(std::uint32_t number) const {
        for (std::uint32_t link = 0; link < links_.size(); ++link) {
            if (links_[link].number == number && !links_[link].removed) return link;
        }
        return std::nullopt;
    }

    LinkChange change_to(const Compiled& version) const {
        LinkChange change;
        const auto& numbers = version.parts.numbers;
        for (std::uint32_t link = 0; link < links_.size(); ++link) {
            if (!links_[link].removed &&
                std::find(numbers.begin(), numbers.end(), links_[link].number) == numbers.end())
                change.removed.push_back(link);
        }
        for (std::size_t index = 0; index < numbers.size(); ++index) {
            if (!find_link(numbers[index])) change.added.push_back(backend_config(version, index));
        }
        return change;
    }

    std::string describe_change(const Compiled& version) {
        const LinkChange change = change_to(version);
        if (links_.size() + change.added.size() > Front::backends_max)
            throw StartError(
                {config_.file, 0, 0},
                "links have changed too often since the start to change again without a restart",
                "restart sallyport");
        return describe(shell_.core().would_reload(door_realms(version.loaded.realms), change)) +
               describe_links(change.added.size(), change.removed.size());
    }

    std::string adopt(Compiled version) {
        LinkChange change = change_to(version);
        const std::string links = describe_links(change.added.size(), change.removed.size());
        for (const std::uint32_t link : change.removed) {
            links_[link].removed = true;
            links_[link].acceptors.clear();
            shell_.drop_pending(link);
        }
        for (std::size_t index = 0; index < version.parts.numbers.size(); ++index) {
            const auto link = find_link(version.parts.numbers[index]);
            if (link) {
                repin(*link, version, index);
            } else {
                links_.push_back(link_of(version, index));
            }
        }
        state_.on_reload();
        return describe(shell_.reload(door_realms(version.loaded.realms), std::move(change))) +
               links;
    }

    void repin(std::uint32_t number, Compiled& version, std::size_t index) {
        Link& link = links_[number];
        link.backend = version.loaded.config.backends[index];
        if (!link.tls) return;
        link.tls = std::move(version.contexts[index]);
        if (link.backend.peer_pins.empty()) return;  // known by an authority
        shell_.drop_pending(number);
        shell_.end_unless_pinned(number, link.backend.peer_pins);
    }

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
                },
                pages_.handler());
        } else if (word == "metrics") {
            pages_.listen(std::move(packet.descriptor));
        } else {
            on_link_packet(word, text, std::move(packet.descriptor));
        }
    }

    /// `status`, `sessions`, `services`, `circuits REALM AUTHID`, `kick REALM WHO`, `drain NAME`,
    /// `undrain NAME`.
    void on_command(std::string_view line, const Control::Reply& reply) {
        const std::string_view word = supervision::next_word(line);
        if (word == "status") return reply(0, status());
        if (word == "circuits") return tell_circuits(line, reply);
        if (word == "sessions") return reply(0, ProgramState::sessions(shell_.core().door()));
        if (word == "services") return reply(0, ProgramState::services(shell_.core()));
        if (word == "kick") return ProgramState::kick(shell_, line, reply);
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

    void tell_circuits(std::string_view line, const Control::Reply& reply) {
        const std::string_view realm = supervision::next_word(line);
        std::string text;
        for (const std::uint64_t circuit : shell_.core().circuits_of(realm, line))
            text += std::to_string(circuit) + "\n";
        reply(0, text);
    }

    /// `listen N`, `connected N`, `failed N why`.
    void on_link_packet(std::string_view word, std::string_view text, Descriptor descriptor) {
        const auto number = supervision::parse_index(supervision::next_word(text));
        const auto link = number ? find_link(*number) : std::nullopt;
        if (!link) return;
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
        options.tells_browsers = config_.tor.browser_page;
        acceptors_.push_back(std::make_unique<Acceptor>(
            io_, std::move(listener),
            [this, options](wamp::Socket socket, std::uint64_t origin, const std::string&) {
                shell_.accept(std::move(socket), options, origin);
            },
            first_refused_));
    }

    void accept_links(Descriptor listener, std::uint32_t link) {
        links_[link].acceptors.push_back(std::make_unique<Acceptor>(
            io_, std::move(listener),
            [this, link](wamp::Socket socket, std::uint64_t origin, const std::string& address) {
                shell_.expect_link(shell_.connections().accept_link(
                                       std::move(socket), target_of(link), link_options()),
                                   link, false, origin, address);
            }));
    }

    /// How the gateway speaks to the router behind the link.
    wamp::Connections::Target target_of(std::uint32_t link) {
        wamp::Connections::Target target;
        const BackendText& backend = links_[link].backend;
        target.serializer = backend.serializer;
        target.websocket = !backend.websocket.empty();
        if (target.websocket) {
            target.path = backend.websocket;
            const bool dialled = backend.kind == BackendText::Kind::dial;
            if (dialled && backend.address.kind == backend_link::Address::Kind::tcp)
                target.host = backend.address.text().substr(std::string_view("tcp:").size());
        }
        auto& tls = links_[link].tls;
        target.tls = tls ? &*tls : nullptr;
        return target;
    }

    void connect_link(Descriptor descriptor, std::uint32_t link) {
        wamp::Socket socket(io_, asio::generic::stream_protocol(AF_UNIX, 0), descriptor.release());
        shell_.expect_link(
            shell_.connections().connect(std::move(socket), target_of(link), link_options()), link,
            true);
    }

    void request_dial(std::uint32_t link) {
        const std::uint32_t number = links_[link].number;
        if (!channel_.send(supervision::to_text(supervision::message::DialRequest{number})))
            shell_.link_unreachable(link, "the supervisor does not answer");
    }

    wamp::Dict own_status() const {
        wamp::Dict status = shell_.status();
        status.set("authenticator", authenticator_.status());
        return status;
    }

    std::string status() {
        shell_.flush_logs();
        const std::string front = shell_.core().status_json(own_status(), wamp::now());
        return status_line({state_.status(shell_.core().door()), onion_, front,
                            ProgramState::audit_status(audit_), sandbox_});
    }

    MetricsSnapshot snapshot() {
        MetricsSnapshot snapshot = state_.snapshot(shell_, authenticator_, audit_);
        const supervision::OnionStatus onion = onion_of(onion_);
        if (onion.mode == "managed") snapshot.onion = {onion.percent / 100.0, onion.reachable};
        return snapshot;
    }

    void stop() {
        admin_.reset();
        pages_.close();
        acceptors_.clear();
        for (Link& link : links_) link.acceptors.clear();
        shell_.stop(drain_limit, [this] {
            audit_.stop(audit_limit);
            io_.stop();
        });
    }

    asio::io_context& io_;
    const GatewayConfig config_;  ///< at the start; its links may have changed
    Shell<Front> shell_;
    AuthClient authenticator_;
    AuditOutlet audit_;
    ParticipantShell<Compiled> reload_;
    PacketChannel channel_;
    std::deque<Link> links_;  ///< acceptors refer to theirs
    std::vector<std::unique_ptr<Acceptor>> acceptors_;
    std::unique_ptr<Control> admin_;
    std::string onion_ = "{}";
    /// Read before the sandbox is entered.
    int first_refused_ = first_reserved_descriptor();
    Sandbox sandbox_;
    ProgramState state_;
    Pages pages_;
};

}  // namespace

int run_worker(const std::string& config_file, int channel) {
    ignore_signals(StoppedBy::supervisor);
    const PolicyVersion version = receive_version(channel);
    Compiled first = compile(config_file, version);
    const SandboxMode sandbox = first.loaded.config.sandbox;
    const std::size_t data_bytes = data_bytes_max(first.loaded.config.limits);
    asio::io_context io(1);
    Worker worker(io, std::move(first), Descriptor(channel));
    worker.start(enter_sandbox(sandbox, data_bytes, config_file));
    io.run();
    return 0;
}

}  // namespace sallyport::gateway
