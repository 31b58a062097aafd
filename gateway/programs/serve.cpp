#include "gateway/programs/serve.h"

#include <utility>

#include <boost/asio/io_context.hpp>

#include "gateway/config/load_config.h"
#include "gateway/config/version_store.h"
#include "gateway/host/sandbox.h"
#include "gateway/programs/supervisor.h"

namespace sallyport::gateway {

int run_gateway(const std::string& config_file) {
    forbid_tracing();  // it can do what its children cannot
    boost::asio::io_context io(1);
    PolicyVersion version;
    LoadedGateway loaded = load_or_hint(config_file, [&] {
        return load_gateway(config_file, version.recorder(policy::read_file));
    });
    return Supervisor(io, std::move(loaded), std::move(version)).run();
}

}  // namespace sallyport::gateway
