#include "gateway/programs/supervisor.h"

#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>
#include <variant>

#include "gateway/admin/status.h"
#include "gateway/audit/audit_outlet.h"
#include "gateway/config/grant.h"
#include "gateway/config/policy_reader.h"
#include "gateway/host/child.h"
#include "gateway/host/dialer.h"
#include "gateway/host/files.h"
#include "gateway/host/log.h"
#include "gateway/supervision/message.h"
#include "wamp/net/connections.h"

namespace sallyport::gateway {

namespace effect = supervision::effect;
using supervision::ProcessId;
using supervision::Role;

namespace {

using Target = supervision::DialRequests::Target;

Target target_of(const BackendText& backend) {
    switch (backend.kind) {
        case BackendText::Kind::embedded:
            return Target::inside;
        case BackendText::Kind::dial:
            return Target::address;
        case BackendText::Kind::accept:
            break;
    }
    return Target::none;
}

constexpr const char* tor_is_down =
    "tor is not running at the moment; it reads the keys of its clients when it starts\n";
/// A directory keeps the descriptor that it has if another one has the same revision, which tor
/// counts in seconds; and tor uploads within a second or two.
constexpr std::chrono::seconds upload_interval{3};
constexpr std::chrono::seconds upload_limit{5};
/// An expired grant ends at most so much too late, and the command that ends it.
constexpr std::chrono::seconds expiry_interval{5};

supervision::SupervisorCore::Config core_config(const GatewayConfig& config) {
    supervision::SupervisorCore::Config core;
    for (const BackendText& backend : config.backends)
        core.backends.push_back({backend.name, target_of(backend)});
    core.managed_tor = config.tor.mode == TorText::Mode::managed;
    core.onion_mode = core.managed_tor                             ? "managed"
                      : config.tor.mode == TorText::Mode::external ? "external"
                                                                   : "off";
    return core;
}

}  // namespace

Supervisor::Supervisor(boost::asio::io_context& io, LoadedGateway loaded, PolicyVersion version)
    : SupervisorShell(io, loaded.config.state_dir, core_config(loaded.config), std::move(version)),
      loaded_(std::move(loaded)),
      book_(open_link_book(loaded_)),
      reload_timer_(io),
      expiry_timer_(io) {}

void Supervisor::open_files() {
    const GatewayConfig& config = loaded_.config;
    make_private_folder(config.state_dir.path, config.state_dir.place);
    lock_ = lock_state_dir(config.state_dir);
    audit_target_ = open_audit_target(config.audit);
}

void Supervisor::open_listeners() {
    const GatewayConfig& config = loaded_.config;
    listeners_.open(config);
    for (std::uint32_t index = 0; index < config.backends.size(); ++index) {
        if (config.backends[index].kind != BackendText::Kind::embedded) continue;
        auto send = [this, index](std::string_view text, int descriptor) {
            children_.send(supervision::inside_process(index), text, descriptor);
        };
        Inside& inside = insides_[index];
        inside.loaded = loaded_.insides[index];
        inside.resources = std::make_unique<InsideResources>(io_, inside.loaded, std::move(send));
        inside.resources->open();
    }
    if (config.tor.mode == TorText::Mode::managed)
        tor_ = std::make_unique<TorProcess>(io_, prepare_tor(config), tor_events());
    await_expiry();
}

void Supervisor::close_listeners() noexcept {
    listeners_.close();
    for (const auto& [index, inside] : insides_) inside.resources->close();
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
        [this] {
            upload_due_ = wamp::now() + upload_interval;
            if (reloaded_) answer_reload(0, "");
            event([&] { core_.tor().on_descriptor_uploaded(outbox_); });
        },
        [this] { event([&] { core_.on_tor_verified(outbox_); }); },
        [this](std::string_view how) { event([&] { core_.tor().on_unconfigured(how, outbox_); }); },
        [this](std::string_view why) {
            event([&] { core_.on_tor_control_lost(why, wamp::now(), outbox_); });
        }};
}

void Supervisor::on_ended(ProcessId process) {
    if (process.role == Role::tor) tor_->forget();
}

void Supervisor::on_message(ProcessId from, const supervision::Message& message) {
    const auto* const dial = std::get_if<supervision::message::DialRequest>(&message);
    if (dial != nullptr && from.role == Role::inside)
        return insides_.at(from.backend).resources->dial(dial->backend);
    // It knows the number of a link from its commit on.
    if (from == supervision::worker_process &&
        std::holds_alternative<supervision::message::Committed>(message)) {
        listeners_.send_new(
            [&](std::string_view name, int socket) { children_.send(from, name, socket); });
    }
    SupervisorShell::on_message(from, message);
}

// Clients of the onion service
// ----------------------------------------------------------------------------------

bool Supervisor::answer_own_command(std::string_view line, const Control::Reply& reply) {
    if (supervision::next_word(line) != "onion") return false;
    const std::string_view verb = supervision::next_word(line);
    std::vector<std::uint64_t> circuits;
    while (verb == "close" && !line.empty()) {
        const auto circuit = supervision::parse_index(supervision::next_word(line));
        if (!circuit) break;
        circuits.push_back(*circuit);
    }
    if ((verb != "reload" && verb != "close") || !line.empty()) {
        reply(2, "unknown command\n");
    } else if (!tor_) {
        reply(1, "this gateway runs no tor\n");
    } else if (verb == "reload") {
        reload_tor(reply);
    } else if (tor_->close_circuits(circuits)) {
        reply(0, "");
    } else {
        reply(1, tor_is_down);
    }
    return true;
}

void Supervisor::reload_tor(const Control::Reply& reply) {
    reload_waiters_.push_back(reply);
    if (reload_waiters_.size() > 1 && !reloaded_) return;
    reloaded_ = false;
    reload_timer_.expires_after(std::max(upload_due_ - wamp::now(), wamp::Duration::zero()));
    reload_timer_.async_wait([this](boost::system::error_code error) {
        if (error) return;
        if (!tor_->reload()) return answer_reload(1, tor_is_down);
        upload_due_ = wamp::now() + upload_interval;
        await_upload();
    });
}

/// There is none if tor is not connected to the network, or if the keys are the same.
void Supervisor::await_upload() {
    reloaded_ = true;
    reload_timer_.expires_after(upload_limit);
    reload_timer_.async_wait([this](boost::system::error_code error) {
        if (!error) answer_reload(0, "");
    });
}

void Supervisor::answer_reload(int exit_code, std::string_view text) {
    reloaded_ = false;
    reload_timer_.cancel();
    for (const Control::Reply& waiting : std::exchange(reload_waiters_, {}))
        waiting(exit_code, text);
}

void Supervisor::await_expiry() {
    expiry_timer_.expires_after(expiry_interval);
    expiry_timer_.async_wait([this](boost::system::error_code error) {
        if (error) return;
        remove_expired();
        await_expiry();
    });
}

void Supervisor::remove_expired() {
    if (expiry_command_ != 0) {
        int status = 0;
        if (::waitpid(expiry_command_, &status, WNOHANG) == 0) return;
        expiry_command_ = 0;
    }
    try {
        const auto grants = read_grants(loaded_.config.state_dir.path);
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        const auto time = std::chrono::duration_cast<wamp::Timestamp>(now);
        if (expired(grants, time).empty()) return;
        expiry_command_ = start_child(
            {"/proc/self/exe", {"sallyport", "onion", "expire", "--config", loaded_.config.file}});
    } catch (const std::exception& error) {
        log(LogLevel::error, error.what());
    }
}

// Reload
// -----------------------------------------------------------------------------------

const BackendText* Supervisor::backend_of(std::uint32_t number) const noexcept {
    const auto& numbers = book_.running.numbers;
    const auto found = std::find(numbers.begin(), numbers.end(), number);
    return found == numbers.end()
               ? nullptr
               : &loaded_.config.backends[static_cast<std::size_t>(found - numbers.begin())];
}

PolicyVersion Supervisor::read_version(const PolicyVersion* previous, std::string& notes) {
    const PolicyVersion& running = versions_->running();
    auto read = previous == nullptr ? read_policy_again(loaded_, running, notes)
                                    : read_previous(loaded_, running, *previous, notes);
    next_ = {std::move(read.loaded), {}, {}};
    next_.links = plan_links(loaded_, book_, next_.loaded);
    for (std::size_t index = 0; index < next_.links.numbers.size(); ++index) {
        const auto inside = insides_.find(next_.links.numbers[index]);
        if (inside == insides_.end()) continue;
        next_.links_of_insides[inside->first] =
            inside->second.resources->plan(next_.loaded.insides[index]);
    }
    listeners_.prepare(next_.loaded.config, next_.links.numbers);
    return std::move(read.files);
}

std::map<ProcessId, LinkParts> Supervisor::next_links() const {
    std::map<ProcessId, LinkParts> links{{supervision::worker_process, next_.links}};
    for (const auto& [number, parts] : next_.links_of_insides)
        links[supervision::inside_process(number)] = parts;
    return links;
}

void Supervisor::adopt_links() {
    listeners_.adopt();
    const auto& numbers = next_.links.numbers;
    std::vector<Target> targets(book_.next_number, Target::none);
    for (std::size_t index = 0; index < numbers.size(); ++index) {
        targets[numbers[index]] = target_of(next_.loaded.config.backends[index]);
        const auto parts = next_.links_of_insides.find(numbers[index]);
        if (parts == next_.links_of_insides.end()) continue;
        insides_.at(numbers[index])
            .resources->adopt(next_.loaded.insides[index], std::move(parts->second));
    }
    core_.on_targets(targets);
    loaded_ = std::move(next_.loaded);
    book_.running = std::move(next_.links);
    next_ = {};
}

void Supervisor::discard_links() noexcept {
    listeners_.discard();
    next_ = {};
}

// Effects
// -----------------------------------------------------------------------------------

void Supervisor::start_process(ProcessId process) {
    switch (process.role) {
        case Role::tor:
            children_.add(process, tor_->start(), Descriptor());
            return;
        case Role::inside:
            children_.start(process, {"inside", "--embedded"},
                            backend_of(process.backend)->inside_config.path,
                            versions_->running().with_links(
                                insides_.at(process.backend).resources->link_parts()));
            if (!insides_.at(process.backend).resources->give())
                core_.on_audit_not_opened(process, wamp::now());
            return;
        case Role::authenticator:
            return start_authenticator(process);
        case Role::worker:
            break;
    }
    children_.start(process, {"worker"}, loaded_.config.file,
                    versions_->running().with_links(book_.running));
    listeners_.send_all(
        [&](std::string_view name, int socket) { children_.send(process, name, socket); });
    give_audit_to_worker();
}

void Supervisor::start_authenticator(ProcessId process) {
    const ProcessId door = supervision::door_of(process);
    if (door.role == Role::worker)
        return children_.start(process, {"authenticator"}, loaded_.config.file,
                               versions_->running());
    children_.start(process, {"authenticator", "--inside"},
                    backend_of(door.backend)->inside_config.path, versions_->running());
}

void Supervisor::ping(ProcessId process) {
    if (process.role == Role::tor) return tor_->verify();
    SupervisorShell::ping(process);
}

void Supervisor::carry_out_own(const supervision::Effect& wanted) {
    std::visit(
        [this]<class Wanted>(const Wanted& one) {
            if constexpr (!is_common<Wanted>()) apply(one);
        },
        wanted);
}

void Supervisor::apply(const effect::SendOnion& wanted) {
    children_.send(supervision::worker_process, "onion " + to_json(wanted.status));
}

void Supervisor::apply(const effect::NotifyStatus& wanted) {
    notifier_.status(wanted.line);
}

void Supervisor::reopen_audit_of_worker() {
    try {
        audit_target_ = open_audit_target(loaded_.config.audit);
        give_audit_to_worker();
    } catch (const std::exception& error) {
        log(LogLevel::error, error.what());
        core_.on_audit_not_opened(supervision::worker_process, wamp::now());
    }
}

void Supervisor::give_audit_to_worker() {
    if (!audit_target_) return;
    if (!end_last_line(loaded_.config.audit, audit_target_))
        return core_.on_audit_not_opened(supervision::worker_process, wamp::now());
    children_.send(supervision::worker_process, "audit", audit_target_.get());
}

void Supervisor::reopen_audit() {
    reopen_audit_of_worker();
    for (const auto& [index, inside] : insides_)
        reopen_audit_of(supervision::inside_process(index));
}

void Supervisor::reopen_audit_of(ProcessId process) {
    if (process.role == Role::worker) return reopen_audit_of_worker();
    if (const auto found = insides_.find(process.backend);
        found != insides_.end() && !found->second.resources->reopen_audit())
        core_.on_audit_not_opened(process, wamp::now());
}

void Supervisor::apply(const effect::DialAddress& wanted) {
    const BackendText* const target = backend_of(wanted.backend);
    if (target == nullptr)
        return core_.on_dial_failed(wanted.attempt, "this backend has been removed", outbox_);
    const DialReach reach =
        target->plaintext.empty() && !target->dials_tls() ? DialReach::loopback : DialReach::local;
    dial(io_, target->address, reach,
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
