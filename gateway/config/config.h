#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backend-link/link/health.h"
#include "backend-link/link/local_address.h"
#include "backend-link/link/profile.h"
#include "backend-link/link/pulse.h"
#include "gateway/host/path_text.h"
#include "gateway/host/sandbox.h"
#include "policy/document/diagnostic.h"
#include "wamp/base/instant.h"
#include "wamp/base/result.h"
#include "wamp/base/uri.h"
#include "wamp/message/payload.h"
#include "wamp/session/server_session.h"

namespace sallyport::gateway {

/// [limits] of both files.
struct LimitsText {
    std::size_t sessions = 10000;            ///< connections of clients, with or without a session
    std::size_t reserved_sessions = 1000;    ///< of these, for those who log in; less than all
    std::size_t circuit_connections = 1000;  ///< of one Tor circuit
    std::size_t circuit_joins_per_second = 20;
    std::size_t circuit_bytes = 16u << 20;  ///< under way, of all sessions of a circuit
    std::size_t denials_per_second = 100;   ///< of one client before it is slowed down
    wamp::Duration handshake_timeout = std::chrono::seconds(10);
    wamp::Duration stall_timeout = std::chrono::seconds(30);
    wamp::Duration ping_interval = std::chrono::minutes(1);  ///< silence before a PING
    wamp::Duration ping_timeout = std::chrono::minutes(2);   ///< for any byte after it
    bool rawsocket_pings = false;     ///< RawSocket clients are pinged too (W-RAW-08)
    std::size_t memory = 256u << 20;  ///< for the connections of clients
    std::size_t message_bytes = 4u << 20;
    std::size_t queue_bytes = 4u << 20;
    policy::Place sessions_place;  ///< of `sessions`, or of the file
};

/// [audit] of both files: the destination of decision records.
struct AuditText {
    enum class Kind : std::uint8_t {
        log,  ///< no records; denials go to the program's log
        off,
        file,
        journald,
    };
    Kind kind = Kind::log;
    std::string path;  ///< of the file, or of the socket of the journal
    policy::Place place;
    bool all = false;                   ///< also allowed requests
    std::size_t lines_per_second = 10;  ///< of one session, before its records are summed up
    std::size_t queue_bytes = 1u << 20;
};

/// [metrics] of both files.
struct MetricsText {
    std::optional<backend_link::Address> listen;  ///< loopback only
    policy::Place place;
};

/// [tor].
struct TorText {
    enum class Mode : std::uint8_t { managed, external, off };
    Mode mode = Mode::off;
    policy::Place place;
    std::string binary = "tor";
    policy::Place binary_place;
    std::uint16_t virtual_port = 80;
    PathText extra;
    PathText socks;
    bool single_onion = false;
    bool browser_page = true;  ///< a browser is told what this address is
};

/// [[backend]]. Its index is the number of the link.
struct BackendText {
    enum class Kind : std::uint8_t { embedded, accept, dial };
    std::string name;
    Kind kind = Kind::embedded;
    policy::Place place;
    PathText inside_config;         ///< embedded
    backend_link::Address address;  ///< accept: where to listen; dial: where to connect
    policy::Place address_place;
    SocketAccess access;                 ///< accept over a unix socket
    std::vector<std::string> peer_pins;  ///< accept over tcp; dial with TLS
    backend_link::BackendKind profile = backend_link::BackendKind::sallyport;
    std::optional<bool> convey_identity;  ///< overrides the profile
    wamp::Serializer serializer = wamp::Serializer::msgpack;
    std::string authid;
    std::string authmethod = "anonymous";
    PathText secret_file;                   ///< ticket_file or secret_file: what the method needs
    PathText ca_file;                       ///< dial with TLS, without pins
    std::string server_name;                ///< in the router's certificate
    std::string websocket;                  ///< the path of the HTTP upgrade; "" for RawSocket
    std::string plaintext;                  ///< the reason why a link to another machine has no TLS
    backend_link::Pulse::Limits pulse{};    ///< heartbeat and dead_after
    backend_link::Health::Limits health{};  ///< eject, eject_at and slow_return

    /// Of a dialled one.
    bool dials_tls() const noexcept { return !peer_pins.empty() || bool(ca_file); }
};

/// gateway.toml as written, with absolute paths; each value valid by itself.
struct GatewayConfig {
    std::string file;
    PathText state_dir;
    std::vector<PathText> realms;
    SandboxMode sandbox = SandboxMode::required;
    wamp::IdRule request_ids = wamp::IdRule::strict;
    SocketText front;
    SocketText local;
    SocketText admin;
    LimitsText limits;
    AuditText audit;
    MetricsText metrics;
    TorText tor;
    std::vector<BackendText> backends;
};

/// [[listen]] of inside.toml: a socket for services.
struct ServiceListen {
    backend_link::Address address;
    policy::Place place;
    SocketAccess access;  ///< of a unix socket
};

/// [[link]] of inside.toml: a gateway to connect to.
struct LinkText {
    backend_link::Address gateway;
    policy::Place place;
    std::vector<std::string> peer_pins;
    backend_link::Pulse::Limits pulse{};
};

/// [[history]] of inside.toml: the topics whose events are kept.
struct HistoryText {
    std::string uri;
    wamp::MatchPolicy match = wamp::MatchPolicy::exact;
    // Of one topic:
    std::size_t events = 100;
    std::size_t bytes = std::size_t{1} << 20;
    wamp::Duration age = std::chrono::hours(24);
};

/// inside.toml as written, with absolute paths.
struct InsideProgramConfig {
    std::string file;
    PathText state_dir;
    std::vector<PathText> realms;
    SandboxMode sandbox = SandboxMode::required;
    wamp::IdRule request_ids = wamp::IdRule::strict;
    /// Services are told of the callers outside also if these do not disclose themselves.
    bool disclose_outside_callers = true;
    std::vector<ServiceListen> listens;
    std::vector<LinkText> links;
    std::vector<HistoryText> history;
    SocketText admin;
    LimitsText limits;
    AuditText audit;
    MetricsText metrics;
};

/// Read a configuration. They report all errors at once, in line order. Relative paths are relative
/// to the folder of `file`, those of sockets to the state directory.
wamp::Result<GatewayConfig, policy::Diagnostics> parse_gateway_config(std::string_view text,
                                                                      const std::string& file);
wamp::Result<InsideProgramConfig, policy::Diagnostics> parse_inside_config(std::string_view text,
                                                                           const std::string& file);
/// The same for `--relay`: only the links matter, and no realms are needed.
wamp::Result<InsideProgramConfig, policy::Diagnostics> parse_relay_config(std::string_view text,
                                                                          const std::string& file);

}  // namespace sallyport::gateway
