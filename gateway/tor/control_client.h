#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/tor/bootstrap.h"
#include "gateway/tor/control_reply.h"
#include "gateway/tor/torrc.h"

namespace sallyport::gateway {

/// The client of a managed tor's control port: authenticates with the cookie, verifies that tor has
/// the listeners and the onion service of its torrc and no others, follows the bootstrap and the
/// publication of the service's descriptor. Pure: bytes in, bytes and events out.
class ControlClient {
public:
    struct Uploaded {  ///< a directory accepted the descriptor: the service can now be found
        std::string address;
    };
    struct Verified {};    ///< tor runs as configured, answered once for each verify()
    struct Unconfigured {  ///< tor runs with other settings than its torrc's
        std::string how;
    };
    struct Failed {  ///< the protocol cannot continue; close the connection
        std::string why;
    };
    using Event = std::variant<Bootstrap, Uploaded, Verified, Unconfigured, Failed>;
    struct Output {
        std::string send;
        std::vector<Event> events;
    };

    explicit ControlClient(Torrc torrc) : torrc_(std::move(torrc)) {}

    /// `cookie` is the content of tor's control_auth_cookie. Includes the first verify().
    void start(std::string_view cookie, Output& out);
    /// Asks tor again for its listeners and settings.
    void verify(Output& out);
    /// Has tor read its configuration and the keys of its clients again.
    void reload(Output& out);
    /// Ends a circuit and its streams; nothing happens if it has ended.
    void close_circuit(std::uint64_t circuit, Output& out);
    void on_bytes(std::string_view bytes, Output& out);
    /// The command that shuts tor down in order.
    static std::string_view shutdown_command() noexcept { return "SIGNAL SHUTDOWN\r\n"; }

private:
    enum class Command : std::uint8_t {
        authenticate,
        set_events,
        bootstrap_phase,
        listeners,
        settings,
        reload,
        close_circuit
    };

    void send(Command what, std::string_view command, Output& out);
    void on_settings(const ControlReply& reply, Output& out);
    void on_reply(const ControlReply& reply, Output& out);
    void on_event(const ControlReply& event, Output& out);

    Torrc torrc_;
    ControlReplies replies_;
    std::deque<Command> pending_;
    std::optional<Bootstrap> last_;
    std::optional<std::string> unconfigured_;  ///< of the listeners, until the settings are known
    bool failed_ = false;
};

}  // namespace sallyport::gateway
