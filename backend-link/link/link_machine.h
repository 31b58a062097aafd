#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backend-link/link/backoff.h"
#include "backend-link/link/profile.h"
#include "wamp/base/instant.h"
#include "wamp/base/random.h"
#include "wamp/message/message.h"
#include "wamp/session/client_session.h"

namespace sallyport::backend_link {

/// The gateway's end of one link, whoever dials: waits for or asks for a transport, opens the WAMP
/// session on it as a client, watches that the far end is alive, and begins anew after any loss,
/// without a last attempt (architecture: Link). It moves no payload: established traffic is handed
/// back with Verdict::dispatch.
///
/// After Outbox::close the caller reports nothing more of that transport. Where the profile knows
/// no PING (W-RAW-08) silence is not noticed here; the shell's TCP keepalive has to.
class LinkMachine {
public:
    struct Config {
        wamp::ClientSession::Config session;
        Profile profile;
        bool dials = true;            ///< false: the far end dials us, on_open() comes by itself
        wamp::Duration join_timeout;  ///< transport open to WELCOME; 5 s is usual
        wamp::Duration heartbeat;     ///< silence after which a PING is sent; 3 s is usual
        wamp::Duration
            dead_after;  ///< silence after which the far end counts as dead; at most 10 s
    };
    enum class State : std::uint8_t { idle, waiting, dialling, joining, up, stopping, stopped };
    struct Outbox {
        bool dial = false;  ///< connect, then on_open() or on_closed()
        bool close =
            false;  ///< close the transport, or give the attempt up; what is in `send` goes first
        bool ping = false;  ///< send a RawSocket PING
        std::vector<wamp::Message> send;
        std::string note;  ///< for the log; empty if nothing is worth a line
    };
    enum class Verdict : std::uint8_t {
        none,
        up,        ///< the session is established: router_features() are known
        lost,      ///< it was established and is gone
        dispatch,  ///< for the bridge
    };

    LinkMachine(Config config, wamp::Random random);

    void start(wamp::Instant now, Outbox& out);
    /// A transport is there, handshake and pins done. A new one while an old one stands takes over
    /// from it: the caller reports on_closed() for the old one first.
    void on_open(wamp::Instant now, Outbox& out);
    /// The transport is gone, or could not be had; `why` is for the log.
    Verdict on_closed(std::string_view why, wamp::Instant now, Outbox& out);
    Verdict on_message(const wamp::Message& message, wamp::Instant now, Outbox& out);
    /// Any bytes came from the far end (PONGs too).
    void on_alive(wamp::Instant now) noexcept { last_heard_ = now; }
    Verdict on_deadline(wamp::Instant now, Outbox& out);
    wamp::Instant deadline() const noexcept;
    /// Orderly end: GOODBYE, then close; bounded by a second.
    Verdict stop(wamp::Instant now, Outbox& out);

    State state() const noexcept { return state_; }
    wamp::Features router_features() const noexcept { return session_.router_features(); }

private:
    using Session = wamp::ClientSession;

    Verdict judged(Session::Verdict verdict, wamp::Instant now, Outbox& out);
    /// The transport is of no use any more: waits for the next one.
    Verdict drop(std::string note, wamp::Instant now, Outbox& out);
    void wait(wamp::Instant now);
    void check_alive(wamp::Instant now, Outbox& out);

    Config config_;
    Session session_;
    Backoff backoff_;
    State state_ = State::idle;
    wamp::Instant due_ = wamp::never;  ///< of what the state waits for
    wamp::Instant last_heard_{};
};

}  // namespace sallyport::backend_link
