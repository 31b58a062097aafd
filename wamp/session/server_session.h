#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "wamp/base/id_map.h"
#include "wamp/base/ids.h"
#include "wamp/base/recent_ids.h"
#include "wamp/message/message.h"
#include "wamp/session/features.h"

namespace sallyport::wamp {

/// How strictly the sequence of a client's request ids is checked (W-ID-06). The id of a request
/// that is still open is illegal with each (W-ID-10).
enum class IdRule : std::uint8_t {
    strict,     ///< 1, 2, 3 … (W-ID-04)
    monotonic,  ///< increasing, gaps allowed
    off,        ///< any
};

/// How many calls whose arguments come in several CALLs a client may have open (W-PCI-10); a link,
/// which makes the calls of many, may have more.
inline constexpr std::size_t streams_of_client_max = 256;
inline constexpr std::size_t streams_of_link_max = 65'536;

/// The router side of one WAMP session, as in the state table of requirements: Session lifecycle:
/// decides whether each message of a client is legal in the current state and with its ids, and
/// updates the state. It does not send anything: its owner answers, and reports what it sent. One
/// object exists as long as the transport and may have several sessions one after the other
/// (W-SES-16).
class ServerSession {
public:
    enum class State : std::uint8_t {
        closed,          ///< transport open, no session
        authenticating,  ///< HELLO received, the owner decides
        challenging,     ///< CHALLENGE sent
        established,
        shutting_down,  ///< GOODBYE sent, waiting for the reply
        failed,         ///< ABORT sent or received; input is ignored
    };

    /// What the owner has to do with the message.
    enum class Verdict : std::uint8_t {
        join,          ///< a legal HELLO: challenge, welcome or abort
        authenticate,  ///< a legal AUTHENTICATE: challenge again, welcome or abort
        dispatch,      ///< a request, or an answer to an invocation: process it
        proceed,       ///< a further CALL of an open call (W-PCI-01): process it after freeze()
        refuse,        ///< a CALL that opens too many of them: answer `unavailable`
        ignore,        ///< legal but without effect (a race): do nothing
        goodbye,       ///< the session has ended: answer GOODBYE `goodbye_and_out`, dispose of it
                       ///< (W-SES-07)
        ended,         ///< the session has ended without a reply; dispose of it
        close,         ///< the peer aborted, before or in a session: dispose, close the transport
        violation,     ///< dispose, ABORT `protocol_violation`, close the transport (W-SES-10)
    };

    /// `passthru`: WELCOME announces payload_passthru_mode; `streams`: so it does
    /// progressive_call_invocations.
    explicit ServerSession(IdRule rule = IdRule::strict, bool passthru = true, bool streams = true,
                           std::size_t streams_max = streams_of_client_max) noexcept
        : rule_(rule),
          passthru_(passthru),
          announces_streams_(streams),
          streams_max_(streams_max),
          ended_streams_(streams_max) {}

    Verdict judge(const Message& message) noexcept;

    // Reports of what the owner sent.
    void challenged() noexcept;            ///< CHALLENGE sent
    void welcomed(SessionId id) noexcept;  ///< WELCOME sent
    void goodbye_sent() noexcept;          ///< GOODBYE sent without one from the client
    void failed() noexcept { state_ = State::failed; }  ///< ABORT sent

    /// An INVOCATION with that id is sent to this client, one after the other (W-ID-04), except on
    /// a link, where a later one may overtake one that is sent in parts.
    void invoked(RequestId id) noexcept;
    /// Whether it has been.
    bool was_invoked(RequestId id) const noexcept;
    /// The message is sent to this client: a request that it answers is no longer open.
    void sent(const Message& message) noexcept;
    /// Replaces the options of a further CALL by those of the first one, apart from `progress` and
    /// the identity that a link conveys (W-PCI-04). Called once after Verdict::proceed, before
    /// anything else is judged.
    void freeze(Call& further);
    /// Calls whose last CALL has not come yet.
    std::size_t streams() const noexcept { return streams_.size(); }

    State state() const noexcept { return state_; }
    SessionId id() const noexcept { return id_; }
    Features features() const noexcept { return features_; }
    /// The reason of the last `violation` verdict; for logs, never for remote peers.
    std::string_view why() const noexcept { return why_; }

private:
    Verdict judge_closed(const Message& message) noexcept;
    Verdict judge_established(const Message& message) noexcept;
    Verdict judge_shutting_down(const Message& message) noexcept;
    Verdict judge_further(const Call& call) noexcept;
    bool is_further(const Call& call) const noexcept;
    bool opens_stream(const Call& call) noexcept;
    bool uses_unannounced_feature(const Message& message) const noexcept;
    bool is_unannounced(const Dict& options, Feature passthru) const noexcept;
    bool accept_request_id(RequestId id) noexcept;
    bool open_request(RequestId id, const Message& message) noexcept;
    bool was_requested(RequestId id) const noexcept;
    Verdict violation(std::string_view why) noexcept;

    /// A call whose last CALL has not come yet.
    struct Stream {
        std::string procedure;
        Dict passthru;  ///< the options of payload passthru mode of its first CALL
    };

    State state_ = State::closed;
    IdRule rule_;
    bool passthru_;
    bool announces_streams_;
    std::size_t streams_max_;
    Features features_;
    SessionId id_ = 0;
    RequestId last_request_ = 0;
    RequestId last_invocation_ = 0;
    bool first_request_ = true;      ///< no request yet in this session
    bool requests_wrapped_ = false;  ///< every id was used once
    bool invocations_wrapped_ = false;
    IdSet open_;  ///< requests to be answered; empty with IdRule::strict, whose ids do not repeat
    std::unordered_map<RequestId, Stream> streams_;
    RecentIds ended_streams_;  ///< answered before their last CALL (W-PCI-05)
    std::string_view why_;
};

}  // namespace sallyport::wamp
