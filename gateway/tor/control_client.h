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

namespace sallyport::gateway {

/// The client of a managed tor's control port: authenticates with the cookie, follows the bootstrap
/// and the publication of the onion service's descriptor. Pure: bytes in, bytes and events out.
class ControlClient {
public:
    struct Uploaded {  ///< a directory accepted the descriptor: the service can now be found
        std::string address;
    };
    struct Failed {  ///< the protocol cannot continue; close the connection
        std::string why;
    };
    using Event = std::variant<Bootstrap, Uploaded, Failed>;
    struct Output {
        std::string send;
        std::vector<Event> events;
    };

    /// `cookie` is the content of tor's control_auth_cookie.
    void start(std::string_view cookie, Output& out);
    void on_bytes(std::string_view bytes, Output& out);
    /// The command that shuts tor down in order.
    static std::string_view shutdown_command() noexcept { return "SIGNAL SHUTDOWN\r\n"; }

private:
    enum class Command : std::uint8_t { authenticate, set_events, bootstrap_phase };

    void send(Command what, std::string_view command, Output& out);
    void on_reply(const ControlReply& reply, Output& out);
    void on_event(const ControlReply& event, Output& out);

    ControlReplies replies_;
    std::deque<Command> pending_;
    std::optional<Bootstrap> last_;
    bool failed_ = false;
};

}  // namespace sallyport::gateway
