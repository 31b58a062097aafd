#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wamp/base/ids.h"
#include "wamp/message/message.h"
#include "wamp/session/features.h"

namespace sallyport::wamp {

/// How strictly request ids of a client are held to their sequence (W-ID-06).
enum class IdRule : std::uint8_t {
    strict,     ///< 1, 2, 3 … (W-ID-04)
    monotonic,  ///< increasing, gaps allowed
    off,
};

/// The router's half of one WAMP session, as the state table of requirements: Session lifecycle:
/// judges each message that a client sends, in which state and with which ids it is legal, and
/// moves on. It sends nothing: its owner answers, and tells it so. One object lives as long as the
/// transport and may host several sessions in turn (W-SES-16).
class ServerSession {
public:
    enum class State : std::uint8_t {
        closed,          ///< transport open, no session
        authenticating,  ///< HELLO seen, the owner decides
        challenging,     ///< CHALLENGE sent
        established,
        shutting_down,  ///< we sent GOODBYE, wait for its reply
        failed,         ///< ABORT sent or received; nothing is read any more
    };

    /// What the owner has to do with the message that was judged.
    enum class Verdict : std::uint8_t {
        join,          ///< a legal HELLO: challenge, welcome or abort
        authenticate,  ///< a legal AUTHENTICATE: challenge again, welcome or abort
        dispatch,      ///< a request, or an answer to an invocation of ours: act on it
        ignore,        ///< legal and without effect (a race): do nothing
        goodbye,       ///< the session has ended: answer GOODBYE `goodbye_and_out`, dispose of it
                       ///< (W-SES-07)
        ended,         ///< the session has ended and nothing is to be answered; dispose of it
        close,         ///< the peer aborted, before or in a session: dispose, close the transport
        violation,     ///< dispose, ABORT `protocol_violation`, close the transport (W-SES-10)
    };

    /// `passthru`: WELCOME announces payload_passthru_mode.
    explicit ServerSession(IdRule rule = IdRule::strict, bool passthru = true) noexcept
        : rule_(rule), passthru_(passthru) {}

    Verdict judge(const Message& message) noexcept;

    // What the owner did.
    void challenged() noexcept;                         ///< CHALLENGE sent
    void welcomed(SessionId id) noexcept;               ///< WELCOME sent
    void goodbye_sent() noexcept;                       ///< GOODBYE sent by ourselves, first
    void failed() noexcept { state_ = State::failed; }  ///< ABORT sent

    /// The id of the next INVOCATION to this client (W-ID-04). An owner that has one still pending
    /// under that id, after 2^53 of them, asks again (W-ID-10).
    RequestId next_invocation() noexcept;

    State state() const noexcept { return state_; }
    SessionId id() const noexcept { return id_; }
    Features features() const noexcept { return features_; }
    /// Why the last verdict was `violation`; for logs, never for the peer outside.
    std::string_view why() const noexcept { return why_; }

private:
    Verdict judge_closed(const Message& message) noexcept;
    Verdict judge_established(const Message& message) noexcept;
    Verdict judge_shutting_down(const Message& message) noexcept;
    bool uses_unannounced_feature(const Message& message) const noexcept;
    bool is_unannounced(const Dict& options, Feature passthru) const noexcept;
    bool take_request_id(RequestId id) noexcept;
    bool was_requested(RequestId id) const noexcept;
    bool was_invoked(RequestId id) const noexcept;
    Verdict violation(std::string_view why) noexcept;

    State state_ = State::closed;
    IdRule rule_;
    bool passthru_;
    Features features_;
    SessionId id_ = 0;
    RequestId last_request_ = 0;
    RequestId last_invocation_ = 0;
    bool first_request_ = true;      ///< none came yet in this session
    bool requests_wrapped_ = false;  ///< every id was used once
    bool invocations_wrapped_ = false;
    std::string_view why_;
};

}  // namespace sallyport::wamp
