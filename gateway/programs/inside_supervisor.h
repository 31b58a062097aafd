#pragma once

#include <string>

#include <boost/asio/io_context.hpp>

#include "gateway/config/load_config.h"
#include "gateway/programs/inside_resources.h"
#include "gateway/programs/supervisor_shell.h"

namespace sallyport::gateway {

/// `sallyport inside` on a machine of its own: starts the sandboxed process that is the internal
/// router, and gives it what it cannot open. The supervision core is that of a gateway whose worker
/// is the inside.
class InsideSupervisor final : public SupervisorShell {
public:
    /// `version` is the one that `loaded` was loaded from.
    InsideSupervisor(boost::asio::io_context& io, LoadedInside loaded, PolicyVersion version);

private:
    void open_files() override;
    void open_listeners() override {}
    void close_listeners() noexcept override;
    void start_process(supervision::ProcessId process) override;
    void on_message(supervision::ProcessId from, const supervision::Message& message) override;
    PolicyVersion read_version(const PolicyVersion* previous, std::string& notes) override;
    std::map<supervision::ProcessId, LinkParts> next_links() const override;
    void adopt_links() override;
    void discard_links() noexcept override;
    void reopen_audit() override;
    void reopen_audit_of(supervision::ProcessId process) override;

    LoadedInside loaded_;
    LoadedInside next_;  ///< of the reload that is under way
    LinkParts next_links_;
    InsideResources resources_;
};

}  // namespace sallyport::gateway
