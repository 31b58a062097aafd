#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "gateway/admin/control.h"
#include "gateway/config/version_store.h"
#include "gateway/programs/participant_shell.h"
#include "gateway/supervision/reload_coordinator.h"
#include "wamp/base/instant.h"

namespace sallyport::gateway {

/// The reloads of a program without a supervisor: coordinator and the one participant in one
/// process.
class LocalReload {
public:
    /// Returns a function that reads the current files on another thread. `notes` gets a line for
    /// each configuration file that differs on disk and is not read again.
    using ReadAgain =
        std::function<ParticipantShell::Read(const PolicyVersion& running, std::string& notes)>;

    LocalReload(boost::asio::io_context& io, VersionStore versions, ReadAgain read_again,
                ParticipantShell::Core core);

    void on_command(std::string_view line, Control::Reply reply);
    void on_hangup();
    void stop();

private:
    void on_answer(const supervision::Message& message);
    void carry_out();
    void arm();
    void apply(const supervision::Effect& wanted);
    void read_version(const supervision::effect::ReadVersion& wanted);

    VersionStore versions_;
    ReadAgain read_again_;
    supervision::ReloadCoordinator coordinator_;
    supervision::Outbox outbox_;
    bool carrying_out_ = false;
    ParticipantShell participant_;
    ParticipantShell::Read read_;               ///< of the current round
    std::shared_ptr<PolicyVersion> candidate_;  ///< of the current round, after it was read
    boost::asio::steady_timer timer_;
    wamp::Instant armed_ = wamp::never;
    std::map<supervision::RequestId, Control::Reply> replies_;
    supervision::RequestId last_request_ = supervision::nobody_waits;
};

}  // namespace sallyport::gateway
