#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "wamp/base/ids.h"
#include "wamp/message/client_login.h"
#include "wamp/message/message.h"
#include "wamp/session/features.h"

namespace sallyport::wamp {

/// The client side of one WAMP session, for the link and the command line: creates HELLO, answers a
/// challenge, checks the router's messages, numbers requests. It does not send anything
/// itself.
class ClientSession {
public:
    struct Config {
        std::string realm;
        std::string authid;                    ///< "" for none
        std::string authmethod = "anonymous";  ///< or "ticket"
        std::string ticket;                    ///< the secret; never logged
        /// Logs in by its own method instead; null for the above.
        std::shared_ptr<ClientLogin> login{};
        Dict authextra;                 ///< "" when empty
        std::string agent;              ///< "" for none
        bool passthru = false;          ///< announces payload_passthru_mode
        bool carries_payloads = false;  ///< announces Feature::carries_payloads
    };
    enum class State : std::uint8_t { closed, joining, established, leaving, ended };
    enum class Verdict : std::uint8_t {
        send,      ///< send reply(): AUTHENTICATE, or the GOODBYE that answers one (the session has
                   ///< then ended)
        joined,    ///< WELCOME was received
        dispatch,  ///< an answer, EVENT, INVOCATION or INTERRUPT
        ignore,
        ended,      ///< our GOODBYE was answered
        aborted,    ///< ABORT was received; reason() has its URI
        violation,  ///< the router violated the protocol: send ABORT, close
    };

    explicit ClientSession(Config config);

    Hello hello();  ///< state becomes `joining`
    Verdict judge(const Message& message);
    /// The message to send after Verdict::send, once.
    Message take_reply();
    Goodbye leave(std::string_view reason);  ///< state becomes `leaving`

    /// The id for the next request (W-ID-04).
    RequestId next_request() noexcept;

    State state() const noexcept { return state_; }
    SessionId id() const noexcept { return id_; }
    Features router_features() const noexcept { return features_; }
    const Dict& welcome() const noexcept { return welcome_; }
    /// Of ABORT or GOODBYE, or what was violated.
    std::string_view reason() const noexcept { return reason_; }
    /// Of ABORT or GOODBYE, as the router wrote it for people; may be "".
    std::string_view message() const noexcept { return message_; }

private:
    Verdict judge_joining(const Message& message);
    Verdict judge_established(const Message& message);
    Verdict judge_leaving(const Message& message);
    Verdict challenged(const Challenge& challenge);
    Verdict aborted(const Abort& abort);
    void note_end(std::string_view reason, const Dict& details);
    Verdict violation(std::string_view why);

    Config config_;
    State state_ = State::closed;
    bool answered_challenge_ = false;
    SessionId id_ = 0;
    Features features_;
    RequestId last_request_ = 0;
    Dict welcome_;
    std::string reason_;
    std::string message_;
    std::optional<Message> reply_;
};

}  // namespace sallyport::wamp
