#include "gateway/programs/serve.h"

#include <cstdint>
#include <utility>

#include <boost/asio/io_context.hpp>

#include "gateway/config/load_config.h"
#include "gateway/config/version_store.h"
#include "gateway/host/descriptor_limit.h"
#include "gateway/host/sandbox.h"
#include "gateway/host/signals.h"
#include "gateway/programs/supervisor.h"

namespace sallyport::gateway {

int run_gateway(const std::string& config_file, bool without_tor) {
    forbid_tracing();  // it can do what its children cannot
    ignore_signals(StoppedBy::signal);
    const std::uint64_t descriptors = raise_descriptor_limit();
    boost::asio::io_context io(1);
    PolicyVersion version;
    LoadedGateway loaded = load_or_hint(config_file, [&] {
        return load_gateway(config_file, version.recorder(policy::read_file));
    });
    if (without_tor) loaded.config.tor.mode = TorText::Mode::off;
    const LimitsText& limits = loaded.config.limits;
    require_descriptors(limits.sessions, descriptors, limits.sessions_place);
    return Supervisor(io, std::move(loaded), std::move(version)).run();
}

}  // namespace sallyport::gateway
