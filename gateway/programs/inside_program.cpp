#include "gateway/programs/inside_program.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/signal_set.hpp>

#include "backend-link/inside/inside.h"
#include "gateway/admin/control.h"
#include "gateway/admin/status.h"
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
#include "gateway/host/start_error.h"
#include "gateway/programs/auth_client.h"
#include "gateway/programs/door_settings.h"
#include "gateway/programs/inside_supervisor.h"
#include "gateway/programs/pages.h"
#include "gateway/programs/participant_shell.h"
#include "gateway/programs/program_state.h"
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

/// What a version is made of before it is adopted, also at the start.
struct Compiled {
    LoadedInside loaded;
    LinkParts parts;
    std::vector<std::optional<asio::ssl::context>> contexts;  ///< by link; of those over tcp
};

Compiled compile(const std::string& config_file, const PolicyVersion& version) {
    Compiled compiled;
    compiled.loaded = load_inside(config_file, version.reader(), PrincipalsAs::rosters);
    compiled.parts = version.links();
    const InsideProgramConfig& config = compiled.loaded.config;
    if (compiled.parts.numbers.size() != config.links.size())
        throw StartError("the supervisor sent links of another version");
    for (const LinkText& link : config.links) {
        auto& context = compiled.contexts.emplace_back();
        if (link.gateway.kind != Address::Kind::tcp) continue;
        context.emplace(wamp::make_tls_context(wamp::TlsSession::End::client,
                                               link_keys_in(compiled.parts.files, config.state_dir),
                                               link.peer_pins));
    }
    return compiled;
}

backend_link::InsideLink core_link(const LinkText& link) {
    return {link.gateway.text(), link.pulse};
}

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
    for (const LinkText& link : loaded.config.links) core.links.push_back(core_link(link));
    if (embedded) core.links.push_back({"supervisor", {}});
    core.embedded = embedded;
    core.limits.peers_max += core.links.size();  // a link is a peer of the door too
    return core;
}

/// The sandboxed process: its parent sends it all descriptors that it needs.
class InsideProgram {
public:
    InsideProgram(asio::io_context& io, Compiled&& first, Descriptor channel, bool embedded)
        : io_(io),
          config_(first.loaded.config),
          shell_(
              io, core_config(first.loaded, embedded), random_seed(), client_places(config_.limits),
              [this](std::uint32_t link) { request_dial(link); },
              [this](std::string&& question) { authenticator_.ask(std::move(question)); },
              [this](std::string_view records) { audit_.offer(records); }),
          authenticator_(
              io, [this](std::string_view answer) { shell_.answered(answer); },
              [this] { shell_.authenticator_lost(); }),
          audit_(io, config_.audit, "inside", [this] { send(supervision::message::AuditLost{}); }),
          reload_(io,
                  {[this](const PolicyVersion& version) { return compile(config_.file, version); },
                   [this](const Compiled& version) { return describe_change(version); },
                   [this](Compiled version) { return adopt(std::move(version)); }},
                  [this](const supervision::Message& message) { send(message); }),
          channel_(
              io, std::move(channel), [this](Packet&& packet) { on_packet(std::move(packet)); },
              [this] { io_.stop(); }),
          signals_(io, SIGTERM, SIGINT),
          state_("inside", config_.limits),
          pages_(io, {[this] { return snapshot(); },
                      [this] { return fault_lines(faults_in(status())); }}) {
        shell_.connections().limit_memory(config_.limits.memory);
        for (std::size_t index = 0; index < first.contexts.size(); ++index)
            links_.push_back(link_of(first, index));
        if (embedded) links_.push_back({std::nullopt, std::nullopt, true});
    }

    void start(Sandbox sandbox) {
        log_sandbox(sandbox);
        sandbox_ = std::move(sandbox);
        signals_.async_wait([this](boost::system::error_code error, int) {
            if (!error) stop();
        });
        shell_.start();
        send(supervision::message::Ready{});
    }

private:
    /// By link of the core.
    struct Link {
        /// As the supervisor calls it; none for its own link, and for one that was removed.
        std::optional<std::uint32_t> number;
        std::optional<asio::ssl::context> tls;
        bool supervisors = false;
    };

    static Link link_of(Compiled& version, std::size_t index) {
        return {version.parts.numbers[index], std::move(version.contexts[index])};
    }

    std::optional<std::uint32_t> find_link(std::uint32_t number) const {
        for (std::uint32_t link = 0; link < links_.size(); ++link) {
            if (links_[link].number == number) return link;
        }
        return std::nullopt;
    }

    backend_link::InsideLinkChange change_to(const Compiled& version) const {
        backend_link::InsideLinkChange change;
        const auto& numbers = version.parts.numbers;
        for (std::uint32_t link = 0; link < links_.size(); ++link) {
            const auto& number = links_[link].number;
            if (number && std::find(numbers.begin(), numbers.end(), *number) == numbers.end())
                change.removed.push_back(link);
        }
        for (std::size_t index = 0; index < numbers.size(); ++index) {
            if (!find_link(numbers[index]))
                change.added.push_back(core_link(version.loaded.config.links[index]));
        }
        return change;
    }

    std::string describe_change(const Compiled& version) {
        const auto change = change_to(version);
        return describe(shell_.core().would_reload(door_realms(version.loaded.realms))) +
               describe_links(change.added.size(), change.removed.size());
    }

    std::string adopt(Compiled version) {
        auto change = change_to(version);
        const std::string links = describe_links(change.added.size(), change.removed.size());
        for (const std::uint32_t link : change.removed) {
            links_[link].number.reset();
            shell_.drop_pending(link);
        }
        for (std::size_t index = 0; index < version.parts.numbers.size(); ++index) {
            const auto link = find_link(version.parts.numbers[index]);
            if (!link) {
                links_.push_back(link_of(version, index));
            } else if (links_[*link].tls) {
                links_[*link].tls = std::move(version.contexts[index]);
                shell_.drop_pending(*link);
                shell_.end_unless_pinned(*link, version.loaded.config.links[index].peer_pins);
            }
        }
        state_.on_reload();
        return describe(shell_.reload(door_realms(version.loaded.realms), std::move(change))) +
               links;
    }

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
        } else if (word == "admin" && packet.descriptor) {
            admin_ = std::make_unique<Control>(
                io_, std::move(packet.descriptor),
                [this](const std::string& line, const Control::Reply& reply) {
                    on_command(line, reply);
                },
                pages_.handler());
        } else if (word == "metrics" && packet.descriptor) {
            pages_.listen(std::move(packet.descriptor));
        } else if (word == "services" && packet.descriptor) {
            accept_services(std::move(packet.descriptor));
        } else if (word == "link" && packet.descriptor) {
            const auto own = std::find_if(links_.begin(), links_.end(),
                                          [](const Link& link) { return link.supervisors; });
            if (own == links_.end()) return;
            serve(static_cast<std::uint32_t>(own - links_.begin()), std::move(packet.descriptor),
                  nullptr, false);
        } else {
            on_dial_packet(word, text, std::move(packet.descriptor));
        }
    }

    /// `connected N`, `failed N why`.
    void on_dial_packet(std::string_view word, std::string_view text, Descriptor descriptor) {
        const auto number = supervision::parse_index(supervision::next_word(text));
        const auto link = number ? find_link(*number) : std::nullopt;
        if (!link) return;
        if (word == "connected") {
            if (!descriptor)
                return shell_.link_unreachable(*link, "there is no free file descriptor");
            std::optional<asio::ssl::context>& tls = links_[*link].tls;
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
        const auto& number = links_[link].number;
        if (!number) return;  // the supervisor's link, which is not dialled
        if (!send(supervision::message::DialRequest{*number}))
            shell_.link_unreachable(link, "the supervisor does not answer");
    }

    void serve(std::uint32_t link, Descriptor descriptor, asio::ssl::context* tls, bool asked_for) {
        // The protocol family does not matter for a connected socket.
        wamp::Socket socket(io_, asio::generic::stream_protocol(AF_UNIX, 0), descriptor.release());
        shell_.expect_link(shell_.connections().serve_link(std::move(socket), tls, link_options()),
                           link, asked_for);
    }

    /// `status`, `sessions`, `services`, `kick REALM WHO`.
    void on_command(std::string_view line, const Control::Reply& reply) {
        const std::string_view word = supervision::next_word(line);
        if (word == "status") return reply(0, status());
        if (word == "sessions") return reply(0, ProgramState::sessions(shell_.core().door()));
        if (word == "services") return reply(0, ProgramState::services(shell_.core()));
        if (word == "kick") return ProgramState::kick(shell_, line, reply);
        reply(2, "unknown command\n");
    }

    std::string status() {
        shell_.flush_logs();
        wamp::Dict own = shell_.status();
        own.set("authenticator", authenticator_.status());
        const std::string core = shell_.core().status_json(own);
        return status_line({state_.status(shell_.core().door()), "{}", core,
                            ProgramState::audit_status(audit_), sandbox_});
    }

    MetricsSnapshot snapshot() {
        MetricsSnapshot snapshot = state_.snapshot(shell_, authenticator_, audit_);
        const wamp::Realm::Counts counts = shell_.core().counts();
        snapshot.router = {counts.subscriptions, counts.registrations, counts.calls};
        return snapshot;
    }

    void stop() {
        admin_.reset();
        pages_.close();
        acceptors_.clear();
        shell_.stop(drain_limit, [this] {
            audit_.stop(audit_limit);
            io_.stop();
        });
    }

    asio::io_context& io_;
    const InsideProgramConfig config_;  ///< at the start; its links may have changed
    Shell<Inside> shell_;
    AuthClient authenticator_;
    AuditOutlet audit_;
    ParticipantShell<Compiled> reload_;
    PacketChannel channel_;
    std::deque<Link> links_;
    std::vector<std::unique_ptr<Acceptor>> acceptors_;
    asio::signal_set signals_;
    /// Read before the sandbox is entered.
    int first_refused_ = first_reserved_descriptor();
    std::unique_ptr<Control> admin_;
    Sandbox sandbox_;
    ProgramState state_;
    Pages pages_;
};

int run_process(const std::string& config_file, int channel, bool embedded) {
    ignore_signals(StoppedBy::signal);
    const PolicyVersion version = receive_version(channel);
    Compiled first = compile(config_file, version);
    const SandboxMode mode = first.loaded.config.sandbox;
    const std::size_t data_bytes = data_bytes_max(first.loaded.config.limits);
    asio::io_context io(1);
    InsideProgram inside(io, std::move(first), Descriptor(channel), embedded);
    inside.start(enter_sandbox(mode, data_bytes, config_file));
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
