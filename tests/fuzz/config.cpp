// Any text as gateway.toml and as inside.toml. What cannot be used must say where and why; what can
// has absolute paths and sizes in their limits.
#include "gateway/config/config.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/fuzz/explained.h"
#include "wamp/base/check.h"

namespace sallyport::gateway {
namespace {

void check_common(const PathText& state_dir, const std::vector<PathText>& realms,
                  const LimitsText& limits) {
    SALLYPORT_CHECK(state_dir.path.starts_with('/') && !realms.empty());
    for (const PathText& realm : realms) SALLYPORT_CHECK(realm.path.starts_with('/'));
    SALLYPORT_CHECK(limits.reserved_sessions < limits.sessions);
    SALLYPORT_CHECK(limits.ping_interval > wamp::Duration::zero());
}

void check_address(const backend_link::Address& address) {
    SALLYPORT_CHECK(backend_link::parse_address(address.text()) == address);
}

void read(const std::string& text) {
    const auto gateway = parse_gateway_config(text, "/etc/sallyport/gateway.toml");
    if (gateway.has_error()) {
        SALLYPORT_CHECK(!gateway.error().empty());
        fuzz::hold_explained(gateway.error());
    } else {
        check_common(gateway->state_dir, gateway->realms, gateway->limits);
        SALLYPORT_CHECK(!gateway->backends.empty());
        for (const BackendText& backend : gateway->backends) {
            SALLYPORT_CHECK(!backend.name.empty());
            if (backend.kind != BackendText::Kind::embedded) check_address(backend.address);
        }
    }
    const auto inside = parse_inside_config(text, "/etc/sallyport/inside.toml");
    if (inside.has_error()) {
        SALLYPORT_CHECK(!inside.error().empty());
        fuzz::hold_explained(inside.error());
        return;
    }
    check_common(inside->state_dir, inside->realms, inside->limits);
    for (const ServiceListen& listen : inside->listens) check_address(listen.address);
    for (const LinkText& link : inside->links) check_address(link.gateway);
}

}  // namespace
}  // namespace sallyport::gateway

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    sallyport::gateway::read(std::string(bytes, bytes + size));
    return 0;
}
