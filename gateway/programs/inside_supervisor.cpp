#include "gateway/programs/inside_supervisor.h"

#include <string_view>
#include <utility>
#include <variant>

#include "gateway/config/policy_reader.h"
#include "wamp/net/connections.h"

namespace sallyport::gateway {

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
    : SupervisorShell(io, loaded.config.state_dir, core_config(), std::move(version)),
      loaded_(std::move(loaded)),
      resources_(io, loaded_, [this](std::string_view text, int descriptor) {
          children_.send(supervision::worker_process, text, descriptor);
      }) {}

/// The listeners for services, too.
void InsideSupervisor::open_files() {
    resources_.open();
}

void InsideSupervisor::close_listeners() noexcept {
    resources_.close();
}

void InsideSupervisor::start_process(supervision::ProcessId process) {
    if (process.role == supervision::Role::authenticator) {
        children_.start(process, {"authenticator", "--inside"}, loaded_.config.file,
                        versions_->running());
        return;
    }
    children_.start(process, {"inside"}, loaded_.config.file,
                    versions_->running().with_links(resources_.link_parts()));
    if (!resources_.give()) core_.on_audit_not_opened(process, wamp::now());
}

void InsideSupervisor::on_message(supervision::ProcessId from,
                                  const supervision::Message& message) {
    if (const auto* const request = std::get_if<supervision::message::DialRequest>(&message))
        return from == supervision::worker_process ? resources_.dial(request->backend) : void();
    SupervisorShell::on_message(from, message);
}

PolicyVersion InsideSupervisor::read_version(const PolicyVersion* previous, std::string& notes) {
    const PolicyVersion& running = versions_->running();
    auto read = previous == nullptr ? read_policy_again(loaded_, running, notes)
                                    : read_previous(loaded_, running, *previous, notes);
    next_ = std::move(read.loaded);
    next_links_ = resources_.plan(next_);
    return std::move(read.files);
}

std::map<supervision::ProcessId, LinkParts> InsideSupervisor::next_links() const {
    return {{supervision::worker_process, next_links_}};
}

void InsideSupervisor::adopt_links() {
    resources_.adopt(std::move(next_), std::move(next_links_));
    discard_links();
}

void InsideSupervisor::discard_links() noexcept {
    next_ = {};
    next_links_ = {};
}

void InsideSupervisor::reopen_audit() {
    reopen_audit_of(supervision::worker_process);
}

void InsideSupervisor::reopen_audit_of(supervision::ProcessId process) {
    if (!resources_.reopen_audit()) core_.on_audit_not_opened(process, wamp::now());
}

}  // namespace sallyport::gateway
