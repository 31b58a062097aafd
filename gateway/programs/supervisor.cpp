#include "gateway/programs/supervisor.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "gateway/admin/status.h"
#include "gateway/audit/audit_outlet.h"
#include "gateway/config/policy_reader.h"
#include "gateway/host/child.h"
#include "gateway/host/dialer.h"
#include "gateway/host/files.h"
#include "gateway/host/log.h"
#include "gateway/host/startup_memory.h"
#include "gateway/programs/effect_log.h"
#include "gateway/supervision/message.h"
#include "wamp/net/connections.h"

namespace sallyport::gateway {

namespace effect = supervision::effect;
using supervision::ProcessId;
using supervision::Role;

namespace {

supervision::SupervisorCore::Config core_config(const GatewayConfig& config) {
    using Target = supervision::DialRequests::Target;
    supervision::SupervisorCore::Config core;
    for (const BackendText& backend : config.backends) {
        const Target target = backend.kind == BackendText::Kind::embedded ? Target::inside
                              : backend.kind == BackendText::Kind::dial   ? Target::address
                                                                          : Target::none;
        core.backends.push_back({backend.name, target});
    }
    core.managed_tor = config.tor.mode == TorText::Mode::managed;
    core.onion_mode = core.managed_tor                             ? "managed"
                      : config.tor.mode == TorText::Mode::external ? "external"
                                                                   : "off";
    return core;
}

}  // namespace

Supervisor::Supervisor(boost::asio::io_context& io, LoadedGateway loaded, PolicyVersion version)
    : io_(io),
      loaded_(std::move(loaded)),
      first_version_(std::move(version)),
      child_signal_(io, SIGCHLD),
      signals_(io, SIGTERM, SIGINT, SIGHUP),
      timer_(io),
      notifier_(io, [this] { return core_.feeds_watchdog(); }),
      children_(io, [this](ProcessId from, Packet&& packet) { on_packet(from, packet.text); }),
      core_(core_config(loaded_.config)) {}

Supervisor::~Supervisor() {
    children_.kill_all();
}

int Supervisor::run() {
    const GatewayConfig& config = loaded_.config;
    signals_.add(SIGUSR1);
    make_private_folder(config.state_dir.path, config.state_dir.place);
    lock_ = lock_state_dir(config.state_dir);
    versions_ = std::make_unique<VersionStore>(config.state_dir.path, std::move(first_version_));
    audit_target_ = open_audit_target(config.audit);
    try {
        listen();
        if (config.tor.mode == TorText::Mode::managed) {
            tor_ = std::make_unique<TorProcess>(io_, prepare_tor(config), tor_events());
        }
        await_child_signal();
        await_signal();
        event([this] { core_.start(wamp::now(), outbox_); });
    } catch (...) {
        children_.kill_all();
        close_listeners();
        throw;
    }
    io_.run();
    close_listeners();
    return exit_code_;
}

void Supervisor::listen() {
    const PathText& state_dir = loaded_.config.state_dir;
    const PathText control{control_socket(state_dir.path), state_dir.place};
    make_folder_of(control, state_dir.path);
    claim_socket_path(control);
    control_ = std::make_unique<Control>(io_, listen_unix(control),
                                         [this](const std::string& line, Control::Reply reply) {
                                             on_command(line, std::move(reply));
                                         });
    listeners_.open(loaded_.config);
    for (std::uint32_t index = 0; index < loaded_.config.backends.size(); ++index) {
        if (loaded_.config.backends[index].kind != BackendText::Kind::embedded) continue;
        auto send = [this, index](std::string_view text, int descriptor) {
            children_.send(supervision::inside_process(index), text, descriptor);
        };
        insides_[index] =
            std::make_unique<InsideResources>(io_, loaded_.insides[index], std::move(send));
        insides_[index]->open();
    }
}

void Supervisor::close_listeners() noexcept {
    if (control_) ::unlink(control_socket(loaded_.config.state_dir.path).c_str());
    control_.reset();
    listeners_.close();
    for (const auto& [index, inside] : insides_) inside->close();
}

// Events
// -----------------------------------------------------------------------------------

TorProcess::Events Supervisor::tor_events() {
    return {
        [this](std::string_view line) { event([&] { core_.tor().on_complaint(line, outbox_); }); },
        [this](const Bootstrap& bootstrap) {
            event([&] {
                core_.tor().on_bootstrap(
                    {bootstrap.percent, bootstrap.summary, bootstrap.warning, to_text(bootstrap)},
                    wamp::now(), outbox_);
            });
        },
        [this] { event([&] { core_.tor().on_descriptor_uploaded(outbox_); }); },
        [this] { event([&] { core_.on_tor_verified(outbox_); }); },
        [this](std::string_view how) { event([&] { core_.tor().on_unconfigured(how, outbox_); }); },
        [this](std::string_view why) {
            event([&] { core_.on_tor_control_lost(why, wamp::now(), outbox_); });
        }};
}

void Supervisor::await_child_signal() {
    child_signal_.async_wait([this](boost::system::error_code error, int) {
        if (error) return;
        reap();
        await_child_signal();
    });
}

void Supervisor::reap() {
    for (const ChildTable::Ended& ended : children_.reap()) {
        if (ended.process.role == Role::tor) tor_->forget();
        const supervision::Exit exit{WIFEXITED(ended.status) ? WEXITSTATUS(ended.status) : -1,
                                     describe_exit(ended.status)};
        event([&] { core_.on_exit(ended.process, exit, wamp::now(), outbox_); });
    }
}

void Supervisor::await_signal() {
    signals_.async_wait([this](boost::system::error_code error, int number) {
        if (error) return;
        event([&] {
            if (number == SIGHUP) {
                core_.on_hangup(outbox_);
            } else if (number == SIGUSR1) {
                core_.on_reopen_signal(outbox_);
            } else {
                core_.on_stop_signal(wamp::now(), outbox_);
            }
        });
        await_signal();
    });
}

void Supervisor::on_packet(ProcessId from, const std::string& text) {
    const auto message = supervision::parse_message(text);
    if (!message) return;
    const auto* const dial = std::get_if<supervision::message::DialRequest>(&*message);
    if (dial != nullptr && from.role == Role::inside)
        return insides_.at(from.backend)->dial(dial->backend);
    event([&] { core_.on_message(from, *message, wamp::now(), outbox_); });
}

void Supervisor::on_command(std::string_view line, Control::Reply reply) {
    replies_[++last_request_] = std::move(reply);
    event([&] { core_.on_command(last_request_, line, outbox_); });
}

// Effects
// -----------------------------------------------------------------------------------

void Supervisor::carry_out() {
    if (std::exchange(carrying_out_, true)) return;
    while (!outbox_.empty()) {
        for (const supervision::Effect& wanted : std::exchange(outbox_, {}))
            std::visit([this](const auto& one) { apply(one); }, wanted);
    }
    carrying_out_ = false;
    arm();
}

void Supervisor::arm() {
    const wamp::Instant due = core_.deadline();
    if (due == armed_) return;
    armed_ = due;
    timer_.cancel();
    if (due == wamp::never) return;
    timer_.expires_after(std::max(due - wamp::now(), wamp::Duration::zero()));
    timer_.async_wait([this](boost::system::error_code error) {
        if (error) return;
        armed_ = wamp::never;
        event([&] { core_.on_deadline(wamp::now(), outbox_); });
    });
}

void Supervisor::send(ProcessId to, const std::string& text, int descriptor) {
    if (!children_.send(to, text, descriptor)) core_.on_unreachable(to, wamp::now(), outbox_);
}

void Supervisor::apply(const effect::Log& wanted) {
    log(level_of(wanted.level), wanted.text);
}

void Supervisor::apply(const effect::Start& wanted) {
    try {
        start_process(wanted.process);
    } catch (const std::exception& error) {
        core_.on_start_failed(wanted.process, error.what(), wamp::now(), outbox_);
    }
}

void Supervisor::start_process(ProcessId process) {
    switch (process.role) {
        case Role::tor:
            children_.add(process, tor_->start(), Descriptor());
            return;
        case Role::inside:
            children_.start(process, {"inside", "--embedded"},
                            loaded_.config.backends[process.backend].inside_config.path,
                            versions_->running());
            insides_.at(process.backend)->give();
            return;
        case Role::worker:
            break;
    }
    children_.start(process, {"worker"}, loaded_.config.file, versions_->running());
    listeners_.send_all(
        [&](std::string_view name, int socket) { children_.send(process, name, socket); });
    if (audit_target_) children_.send(process, "audit", audit_target_.get());
}

void Supervisor::apply(const effect::Terminate& wanted) {
    children_.signal(wanted.process, SIGTERM);
}

void Supervisor::apply(const effect::Kill& wanted) {
    children_.signal(wanted.process, SIGKILL);
}

void Supervisor::apply(const effect::SendPacket& wanted) {
    send(wanted.to, wanted.text);
}

/// A process that cannot take it does not answer either.
void Supervisor::apply(const effect::Ping& wanted) {
    if (wanted.process.role == Role::tor) {
        tor_->verify();
    } else {
        children_.send(wanted.process, supervision::ping_text);
    }
    report_dropped_messages();
}

void Supervisor::apply(const effect::SendOnion& wanted) {
    children_.send(supervision::worker_process, "onion " + to_json(wanted.status));
}

void Supervisor::apply(const effect::NotifyReady&) {
    notifier_.ready();
    release_startup_memory();
}

void Supervisor::apply(const effect::NotifyStopping&) {
    notifier_.stopping();
}

void Supervisor::apply(const effect::NotifyStatus& wanted) {
    notifier_.status(wanted.line);
}

void Supervisor::apply(const effect::CloseListeners&) {
    close_listeners();
}

void Supervisor::apply(const effect::PrintFailure& wanted) {
    log_start_failure("sallyport: " + wanted.line);
}

void Supervisor::apply(const effect::Finish& wanted) {
    exit_code_ = wanted.exit_code;
    io_.stop();
}

void Supervisor::apply(const effect::ReadVersion& wanted) {
    std::string notes;
    try {
        if (const auto& previous = versions_->previous(); !wanted.previous) {
            candidate_ = read_policy_again(loaded_, versions_->running(), notes);
        } else if (previous) {
            candidate_ = *previous;
        } else {
            return core_.on_no_previous_version(wanted.round, outbox_);
        }
        candidate_memory_ = to_memory(candidate_);
    } catch (const std::exception& error) {
        return core_.on_version_unreadable(wanted.round, error.what(), outbox_);
    }
    core_.on_version_read(wanted.round, notes, wamp::now(), outbox_);
}

void Supervisor::apply(const effect::SendPrepare& wanted) {
    using supervision::ReloadCommand;
    send(wanted.to, to_text(ReloadCommand{ReloadCommand::Kind::prepare, wanted.round}),
         candidate_memory_.get());
}

void Supervisor::apply(const effect::AdoptVersion& wanted) {
    core_.on_version_adopted(wanted.round, versions_->adopt(std::exchange(candidate_, {})),
                             outbox_);
    candidate_memory_.close();
}

void Supervisor::apply(const effect::DiscardVersion&) {
    candidate_ = {};
    candidate_memory_.close();
}

void Supervisor::apply(const effect::Reply& wanted) {
    const auto found = replies_.find(wanted.request);
    if (found == replies_.end()) return;
    found->second(wanted.exit_code, wanted.text);
    replies_.erase(found);
}

void Supervisor::reopen_audit() {
    try {
        Descriptor target = open_audit_target(loaded_.config.audit);
        if (target) children_.send(supervision::worker_process, "audit", target.get());
        audit_target_ = std::move(target);
    } catch (const std::exception& error) {
        log(LogLevel::error, error.what());  // keeps writing to the old file
    }
}

void Supervisor::apply(const effect::ReopenAudit&) {
    reopen_audit();
    for (const auto& [index, inside] : insides_) inside->reopen_audit();
}

void Supervisor::apply(const effect::SendAudit& wanted) {
    if (wanted.to.role == Role::worker) return reopen_audit();
    if (const auto found = insides_.find(wanted.to.backend); found != insides_.end())
        found->second->reopen_audit();
}

void Supervisor::apply(const effect::DialAddress& wanted) {
    const BackendText& target = loaded_.config.backends[wanted.backend];
    const DialReach reach = target.plaintext.empty() ? DialReach::loopback : DialReach::local;
    dial(io_, target.address, reach,
         [this, attempt = wanted.attempt](Descriptor socket, const std::string& why) {
             event([&] {
                 if (!socket) return core_.on_dial_failed(attempt, why, outbox_);
                 connections_[attempt] = std::move(socket);
                 core_.on_dial_connected(attempt, outbox_);
             });
         });
}

void Supervisor::apply(const effect::DialInside& wanted) {
    const ProcessId inside = supervision::inside_process(wanted.backend);
    try {
        DescriptorPair pair = make_stream_pair();
        if (!children_.send(inside, "link", pair.theirs.get()))
            return core_.on_dial_failed(wanted.attempt, "the inside is not running", outbox_);
        connections_[wanted.attempt] = std::move(pair.ours);
    } catch (const std::exception& error) {
        return core_.on_dial_failed(wanted.attempt, error.what(), outbox_);
    }
    core_.on_dial_connected(wanted.attempt, outbox_);
}

void Supervisor::apply(const effect::SendConnection& wanted) {
    children_.send(supervision::worker_process, "connected " + std::to_string(wanted.backend),
                   connections_[wanted.attempt].get());
    connections_.erase(wanted.attempt);
}

void Supervisor::apply(const effect::CloseConnection& wanted) {
    connections_.erase(wanted.attempt);
}

void Supervisor::apply(const effect::AttachTor&) {
    if (const auto why = tor_->attach()) {
        core_.tor().on_attach_failed(*why, wamp::now(), outbox_);
    } else {
        core_.on_tor_attached(wamp::now(), outbox_);
    }
}

void Supervisor::apply(const effect::ReadOnionAddress&) {
    const std::string address = tor_->onion_address();
    if (!address.empty()) core_.on_onion_address(address, outbox_);
}

}  // namespace sallyport::gateway
