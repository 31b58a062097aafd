#include "gateway/programs/inside_supervisor.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <utility>
#include <variant>

#include "gateway/config/policy_reader.h"
#include "gateway/host/child.h"
#include "gateway/host/files.h"
#include "gateway/host/log.h"
#include "gateway/host/startup_memory.h"
#include "gateway/programs/effect_log.h"
#include "gateway/programs/listeners.h"
#include "gateway/supervision/message.h"
#include "wamp/net/connections.h"

namespace sallyport::gateway {

namespace effect = supervision::effect;
using supervision::worker_process;

namespace {

supervision::SupervisorCore::Config core_config() {
    supervision::SupervisorCore::Config core;
    core.worker = "inside";
    core.onion_mode = "off";
    return core;
}

}  // namespace

InsideSupervisor::InsideSupervisor(boost::asio::io_context& io, LoadedInside loaded,
                                   PolicyVersion version)
    : io_(io),
      loaded_(std::move(loaded)),
      resources_(io, loaded_.config,
                 [this](std::string_view text, int descriptor) {
                     children_.send(worker_process, text, descriptor);
                 }),
      first_version_(std::move(version)),
      child_signal_(io, SIGCHLD),
      signals_(io, SIGTERM, SIGINT, SIGHUP),
      timer_(io),
      notifier_(io, [this] { return core_.feeds_watchdog(); }),
      children_(io, [this](supervision::ProcessId, Packet&& packet) { on_packet(packet.text); }),
      core_(core_config()) {}

InsideSupervisor::~InsideSupervisor() {
    children_.kill_all();
}

int InsideSupervisor::run() {
    signals_.add(SIGUSR1);
    resources_.open();
    versions_ =
        std::make_unique<VersionStore>(loaded_.config.state_dir.path, std::move(first_version_));
    try {
        listen();
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

void InsideSupervisor::listen() {
    const PathText& state_dir = loaded_.config.state_dir;
    const PathText control{control_socket(state_dir.path), state_dir.place};
    make_folder_of(control, state_dir.path);
    claim_socket_path(control);
    control_ = std::make_unique<Control>(io_, listen_unix(control),
                                         [this](const std::string& line, Control::Reply reply) {
                                             on_command(line, std::move(reply));
                                         });
}

void InsideSupervisor::close_listeners() noexcept {
    if (control_) ::unlink(control_socket(loaded_.config.state_dir.path).c_str());
    control_.reset();
    resources_.close();
}

// Events
// -----------------------------------------------------------------------------------

void InsideSupervisor::await_child_signal() {
    child_signal_.async_wait([this](boost::system::error_code error, int) {
        if (error) return;
        reap();
        await_child_signal();
    });
}

void InsideSupervisor::reap() {
    for (const ChildTable::Ended& ended : children_.reap()) {
        const supervision::Exit exit{WIFEXITED(ended.status) ? WEXITSTATUS(ended.status) : -1,
                                     describe_exit(ended.status)};
        event([&] { core_.on_exit(ended.process, exit, wamp::now(), outbox_); });
    }
}

void InsideSupervisor::await_signal() {
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

void InsideSupervisor::on_packet(const std::string& text) {
    const auto message = supervision::parse_message(text);
    if (!message) return;
    if (const auto* const request = std::get_if<supervision::message::DialRequest>(&*message))
        return resources_.dial(request->backend);
    event([&] { core_.on_message(worker_process, *message, wamp::now(), outbox_); });
}

void InsideSupervisor::on_command(std::string_view line, Control::Reply reply) {
    replies_[++last_request_] = std::move(reply);
    event([&] { core_.on_command(last_request_, line, outbox_); });
}

// Effects
// -----------------------------------------------------------------------------------

void InsideSupervisor::carry_out() {
    if (std::exchange(carrying_out_, true)) return;
    while (!outbox_.empty()) {
        for (const supervision::Effect& wanted : std::exchange(outbox_, {}))
            std::visit([this](const auto& one) { apply(one); }, wanted);
    }
    carrying_out_ = false;
    arm();
}

void InsideSupervisor::arm() {
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

void InsideSupervisor::send(const std::string& text, int descriptor) {
    if (!children_.send(worker_process, text, descriptor))
        core_.on_unreachable(worker_process, wamp::now(), outbox_);
}

void InsideSupervisor::apply(const effect::Log& wanted) {
    log(level_of(wanted.level), wanted.text);
}

void InsideSupervisor::apply(const effect::Start& wanted) {
    try {
        start_process();
    } catch (const std::exception& error) {
        core_.on_start_failed(wanted.process, error.what(), wamp::now(), outbox_);
    }
}

void InsideSupervisor::start_process() {
    children_.start(worker_process, {"inside"}, loaded_.config.file, versions_->running());
    resources_.give();
}

void InsideSupervisor::apply(const effect::Terminate& wanted) {
    children_.signal(wanted.process, SIGTERM);
}

void InsideSupervisor::apply(const effect::Kill& wanted) {
    children_.signal(wanted.process, SIGKILL);
}

void InsideSupervisor::apply(const effect::SendPacket& wanted) {
    send(wanted.text);
}

/// A process that cannot take it does not answer either.
void InsideSupervisor::apply(const effect::Ping& wanted) {
    children_.send(wanted.process, supervision::ping_text);
    report_dropped_messages();
}

void InsideSupervisor::apply(const effect::NotifyReady&) {
    notifier_.ready();
    release_startup_memory();
}

void InsideSupervisor::apply(const effect::NotifyStopping&) {
    notifier_.stopping();
}

void InsideSupervisor::apply(const effect::CloseListeners&) {
    close_listeners();
}

void InsideSupervisor::apply(const effect::PrintFailure& wanted) {
    log_start_failure("sallyport: " + wanted.line);
}

void InsideSupervisor::apply(const effect::Finish& wanted) {
    exit_code_ = wanted.exit_code;
    io_.stop();
}

void InsideSupervisor::apply(const effect::ReadVersion& wanted) {
    std::string notes;
    try {
        if (const auto& previous = versions_->previous(); !wanted.previous) {
            const std::string& file = loaded_.config.file;
            notes = note_of_changed_config(file, versions_->running());
            if (!notes.empty()) {
                log(LogLevel::warning, notes);
                notes += "\n";
            }
            candidate_ = read_policy_again(file, versions_->running());
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

void InsideSupervisor::apply(const effect::SendPrepare& wanted) {
    using supervision::ReloadCommand;
    send(to_text(ReloadCommand{ReloadCommand::Kind::prepare, wanted.round}),
         candidate_memory_.get());
}

void InsideSupervisor::apply(const effect::AdoptVersion& wanted) {
    core_.on_version_adopted(wanted.round, versions_->adopt(std::exchange(candidate_, {})),
                             outbox_);
    candidate_memory_.close();
}

void InsideSupervisor::apply(const effect::DiscardVersion&) {
    candidate_ = {};
    candidate_memory_.close();
}

void InsideSupervisor::apply(const effect::Reply& wanted) {
    const auto found = replies_.find(wanted.request);
    if (found == replies_.end()) return;
    found->second(wanted.exit_code, wanted.text);
    replies_.erase(found);
}

void InsideSupervisor::apply(const effect::ReopenAudit&) {
    resources_.reopen_audit();
}

void InsideSupervisor::apply(const effect::SendAudit&) {
    resources_.reopen_audit();
}

}  // namespace sallyport::gateway
