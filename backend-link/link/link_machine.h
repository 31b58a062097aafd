#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backend-link/link/backoff.h"
#include "backend-link/link/failure_notes.h"
#include "backend-link/link/profile.h"
#include "backend-link/link/pulse.h"
#include "wamp/base/instant.h"
#include "wamp/base/random.h"
#include "wamp/message/message.h"
#include "wamp/session/client_session.h"

namespace sallyport::backend_link {

/// The gateway's end of one link, whichever side dials: waits for or requests a transport, opens a
/// WAMP session on it as a client, checks that the peer is alive, and starts again after any loss,
/// without a limit (architecture: Link). It does not move payloads: messages of the established
/// session are returned with Verdict::dispatch.
///
/// After Outbox::close the caller reports nothing more about that transport. A silent peer is
/// probed with a PING, or with a request if it has none (W-RAW-08). While a probe of a dialled link
/// is not answered another connection is tried beside it: the caller decides with a Rival which of
/// them is the link.
class LinkMachine {
public:
    struct Config {
        wamp::ClientSession::Config session;
        Profile profile;
        bool dials = true;            ///< false: the peer dials, and on_open() comes unrequested
        wamp::Duration join_timeout;  ///< from the open transport to WELCOME; usually 5 s
        Pulse::Limits pulse{};
    };
    enum class State : std::uint8_t { idle, waiting, dialling, joining, up, stopping, stopped };
    struct Outbox {
        bool dial = false;     ///< connect, then report that it is open, or on_failed()
        bool close = false;    ///< close or abandon the transport, after `send`
        bool ping = false;     ///< send a RawSocket PING
        bool request = false;  ///< send a request that any router answers and that changes nothing
        std::vector<wamp::Message> send;
        std::string note;  ///< for the log; empty if there is nothing to log
    };
    enum class Verdict : std::uint8_t {
        none,
        up,        ///< the session is established: router_features() are known
        lost,      ///< the session was established and has ended
        dispatch,  ///< for the bridge
    };

    LinkMachine(Config config, wamp::Random random);

    void start(wamp::Instant now, Outbox& out);
    /// A transport is ready, after its handshake and pin check. A new one replaces an old one: the
    /// caller reports on_closed() for the old one first.
    void on_open(wamp::Instant now, Outbox& out);
    /// No connection came about, or one that ended before it was open; `why` is for the log.
    enum class Failure : std::uint8_t { not_reached, not_opened };
    void on_failed(Failure failure, std::string_view why, wamp::Instant now, Outbox& out);
    /// The transport was closed; `why` is for the log.
    Verdict on_closed(std::string_view why, wamp::Instant now, Outbox& out);
    Verdict on_message(const wamp::Message& message, wamp::Instant now, Outbox& out);
    /// The peer sent any bytes, PONGs included.
    void on_alive(wamp::Instant now) noexcept { pulse_.on_alive(now); }
    wamp::Instant heard() const noexcept { return pulse_.heard(); }
    std::optional<wamp::Duration> round_trip() const noexcept { return pulse_.round_trip(); }
    /// Whether a probe of the transport is not answered yet.
    bool is_suspect(wamp::Instant now) const noexcept { return pulse_.is_suspect(now); }
    /// A second connection that was asked for is open: it is a rival of the first one.
    void on_rival(wamp::Instant now) noexcept { pulse_.on_dialled(now); }
    void probe(Outbox& out) const noexcept;
    Verdict on_deadline(wamp::Instant now, Outbox& out);
    wamp::Instant deadline() const noexcept;
    bool dials() const noexcept { return config_.dials; }
    /// Leaves in order: GOODBYE, then close; takes at most a second.
    Verdict stop(wamp::Instant now, Outbox& out);

    State state() const noexcept { return state_; }
    /// Whether both ends do (W-GWY-13).
    bool carries_payloads() const noexcept {
        return config_.profile.carries_payloads &&
               router_features().has(wamp::Feature::carries_payloads);
    }
    wamp::Features router_features() const noexcept { return session_.router_features(); }

private:
    using Session = wamp::ClientSession;

    Verdict handle(Session::Verdict verdict, wamp::Instant now, Outbox& out);
    /// Why the router ended the session, for the log.
    std::string end_of_session() const;
    /// Abandons the transport and waits for the next one.
    Verdict drop(std::string note, wamp::Instant now, Outbox& out);
    /// Waits for the next transport; `wait` is that of one who dials.
    void wait(wamp::Duration wait, wamp::Instant now);
    void note_failure(std::string note, wamp::Instant now, Outbox& out);

    Config config_;
    Session session_;
    Backoff backoff_;
    Pulse pulse_;
    FailureNotes failures_;
    State state_ = State::idle;
    wamp::Instant due_ = wamp::never;  ///< the deadline of the current state, except `up`
};

}  // namespace sallyport::backend_link
