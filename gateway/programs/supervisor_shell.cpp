#include "gateway/programs/supervisor_shell.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <utility>
#include <variant>

#include "gateway/host/child.h"
#include "gateway/host/files.h"
#include "gateway/host/log.h"
#include "gateway/host/start_error.h"
#include "gateway/host/startup_memory.h"
#include "gateway/programs/effect_log.h"
#include "gateway/programs/listeners.h"
#include "wamp/net/connections.h"

namespace sallyport::gateway {

namespace effect = supervision::effect;
using supervision::ProcessId;

SupervisorShell::SupervisorShell(boost::asio::io_context& io, PathText state_dir,
                                 const supervision::SupervisorCore::Config& core,
                                 PolicyVersion version)
    : io_(io),
      children_(io, [this](ProcessId from, Packet&& packet) { on_packet(from, packet.text); }),
      core_(core),
      state_dir_(std::move(state_dir)),
      first_version_(std::move(version)),
      child_signal_(io, SIGCHLD),
      signals_(io, SIGTERM, SIGINT, SIGHUP),
      timer_(io),
      notifier_(io, [this] { return core_.feeds_watchdog(); }) {
    signals_.add(SIGUSR1);
}

SupervisorShell::~SupervisorShell() {
    children_.kill_all();
}

int SupervisorShell::run() {
    open_files();
    versions_ = std::make_unique<VersionStore>(state_dir_.path, std::move(first_version_));
    try {
        listen_for_commands();
        open_listeners();
        await_child_signal();
        await_signal();
        event([this] { core_.start(wamp::now(), outbox_); });
    } catch (...) {
        children_.kill_all();
        close_all_listeners();
        throw;
    }
    run_until_finished();
    close_all_listeners();
    return exit_code_;
}

/// A fault of this process, such as a lack of memory, ends it together with its children: a service
/// manager then starts all of them again.
void SupervisorShell::run_until_finished() {
    try {
        io_.run();
    } catch (const std::exception& error) {
        children_.kill_all();
        exit_code_ = exit_fault;
        log(LogLevel::error, "ended by a fault: " + std::string(reason_of(error)));
    }
}

void SupervisorShell::listen_for_commands() {
    const PathText control{control_socket(state_dir_.path), state_dir_.place};
    make_folder_of(control, state_dir_.path);
    claim_socket_path(control);
    control_ = std::make_unique<Control>(io_, listen_unix(control),
                                         [this](const std::string& line, Control::Reply reply) {
                                             on_command(line, std::move(reply));
                                         });
}

void SupervisorShell::close_all_listeners() noexcept {
    if (control_) ::unlink(control_socket(state_dir_.path).c_str());
    control_.reset();
    close_listeners();
}

// Events
// -----------------------------------------------------------------------------------

void SupervisorShell::await_child_signal() {
    child_signal_.async_wait([this](boost::system::error_code error, int) {
        if (error) return;
        reap();
        await_child_signal();
    });
}

void SupervisorShell::reap() {
    for (const ChildTable::Ended& ended : children_.reap()) {
        on_ended(ended.process);
        const supervision::Exit exit{WIFEXITED(ended.status) ? WEXITSTATUS(ended.status) : -1,
                                     describe_exit(ended.status)};
        event([&] { core_.on_exit(ended.process, exit, wamp::now(), outbox_); });
    }
}

void SupervisorShell::on_ended(ProcessId) {}

void SupervisorShell::await_signal() {
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

void SupervisorShell::on_packet(ProcessId from, const std::string& text) {
    if (const auto message = supervision::parse_message(text)) on_message(from, *message);
}

void SupervisorShell::on_message(ProcessId from, const supervision::Message& message) {
    event([&] { core_.on_message(from, message, wamp::now(), outbox_); });
}

void SupervisorShell::on_command(std::string_view line, Control::Reply reply) {
    if (answer_own_command(line, reply)) return;
    replies_[++last_request_] = std::move(reply);
    event([&] { core_.on_command(last_request_, line, outbox_); });
}

// Effects
// -----------------------------------------------------------------------------------

void SupervisorShell::carry_out() {
    if (std::exchange(carrying_out_, true)) return;
    while (!outbox_.empty()) {
        for (const supervision::Effect& wanted : std::exchange(outbox_, {})) {
            std::visit(
                [&]<class Wanted>(const Wanted& one) {
                    if constexpr (is_common<Wanted>()) {
                        apply(one);
                    } else {
                        carry_out_own(wanted);
                    }
                },
                wanted);
        }
    }
    carrying_out_ = false;
    arm();
}

void SupervisorShell::arm() {
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

void SupervisorShell::send(ProcessId to, const std::string& text, int descriptor) {
    if (!children_.send(to, text, descriptor)) core_.on_unreachable(to, wamp::now(), outbox_);
}

void SupervisorShell::apply(const effect::Log& wanted) {
    log(level_of(wanted.level), wanted.text);
}

void SupervisorShell::apply(const effect::Start& wanted) {
    try {
        start_process(wanted.process);
        connect_authenticator(wanted.process);
    } catch (const std::exception& error) {
        core_.on_start_failed(wanted.process, reason_of(error), wamp::now(), outbox_);
    }
}

void SupervisorShell::connect_authenticator(ProcessId started) {
    using supervision::Role;
    if (started.role == Role::tor) return;
    const bool is_door = started.role != Role::authenticator;
    const ProcessId door = is_door ? started : supervision::door_of(started);
    const ProcessId authenticator = is_door ? supervision::authenticator_of(started) : started;
    if (!children_.has(door) || !children_.has(authenticator)) return;
    const DescriptorPair pair = make_packet_pair();
    children_.send(authenticator, "door", pair.ours.get());
    children_.send(door, "authenticator", pair.theirs.get());
}

void SupervisorShell::apply(const effect::Terminate& wanted) {
    children_.signal(wanted.process, SIGTERM);
}

void SupervisorShell::apply(const effect::Kill& wanted) {
    children_.signal(wanted.process, SIGKILL);
}

void SupervisorShell::apply(const effect::SendPacket& wanted) {
    send(wanted.to, wanted.text);
}

void SupervisorShell::apply(const effect::Ping& wanted) {
    ping(wanted.process);
    report_dropped_messages();
}

/// A process that cannot take it does not answer either.
void SupervisorShell::ping(ProcessId process) {
    children_.send(process, supervision::ping_text);
}

void SupervisorShell::apply(const effect::NotifyReady&) {
    notifier_.ready();
    release_startup_memory();
}

void SupervisorShell::apply(const effect::NotifyStopping&) {
    notifier_.stopping();
}

void SupervisorShell::apply(const effect::CloseListeners&) {
    close_all_listeners();
}

void SupervisorShell::apply(const effect::PrintFailure& wanted) {
    log_start_failure("sallyport: " + wanted.line);
}

void SupervisorShell::apply(const effect::Finish& wanted) {
    exit_code_ = wanted.exit_code;
    io_.stop();
}

void SupervisorShell::apply(const effect::ReadVersion& wanted) {
    std::string notes;
    try {
        const auto& previous = versions_->previous();
        if (wanted.previous && !previous)
            return core_.on_no_previous_version(wanted.round, outbox_);
        candidate_ = read_version(wanted.previous ? &*previous : nullptr, notes);
        candidate_secret_ = to_memory(candidate_);
        const PolicyVersion open = candidate_.without_secrets();
        for (auto& [process, links] : next_links())
            candidate_memory_[process] = to_memory(open.with_links(std::move(links)));
    } catch (const std::exception& error) {
        discard_candidate();
        return core_.on_version_unreadable(wanted.round, reason_of(error), outbox_);
    }
    for (std::string_view rest = notes; !rest.empty();) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        log(LogLevel::warning, rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    core_.on_version_read(wanted.round, notes, wamp::now(), outbox_);
}

void SupervisorShell::apply(const effect::SendPrepare& wanted) {
    using supervision::ReloadCommand;
    send(wanted.to, to_text(ReloadCommand{ReloadCommand::Kind::prepare, wanted.round}),
         wanted.to.role == supervision::Role::authenticator
             ? candidate_secret_.get()
             : candidate_memory_.at(wanted.to).get());
}

void SupervisorShell::apply(const effect::AdoptVersion& wanted) {
    adopt_links();
    core_.on_version_adopted(wanted.round, versions_->adopt(std::exchange(candidate_, {})),
                             outbox_);
    candidate_secret_.close();
    candidate_memory_.clear();
}

void SupervisorShell::apply(const effect::DiscardVersion&) {
    discard_candidate();
}

void SupervisorShell::discard_candidate() noexcept {
    candidate_ = {};
    candidate_secret_.close();
    candidate_memory_.clear();
    discard_links();
}

void SupervisorShell::apply(const effect::Reply& wanted) {
    const auto found = replies_.find(wanted.request);
    if (found == replies_.end()) return;
    found->second(wanted.exit_code, wanted.text);
    replies_.erase(found);
}

void SupervisorShell::apply(const effect::ReopenAudit&) {
    reopen_audit();
}

void SupervisorShell::apply(const effect::SendAudit& wanted) {
    reopen_audit_of(wanted.to);
}

}  // namespace sallyport::gateway
