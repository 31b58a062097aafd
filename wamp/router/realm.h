#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "wamp/base/instant.h"
#include "wamp/base/random.h"
#include "wamp/base/tally.h"
#include "wamp/base/uri.h"
#include "wamp/message/deliveries.h"
#include "wamp/session/features.h"

namespace sallyport::wamp {

/// Who stands behind a message, as the router knows it from its own records (W-CID-04).
struct Origin {
    SessionId session = 0;
    std::string_view authid;
    std::string_view authrole;
};

/// What bounds one call; a timeout of zero is none.
struct CallLimits {
    Duration timeout{};  ///< from CALL to the first result and between results (W-PCR-06)
    Tally::Lease lease;  ///< its place among the calls in flight, given back with its answer
};

/// One realm of a router: broker and dealer, without transports, authentication or authorization;
/// whoever owns it has let the message pass before. A session that joined here is named by its id;
/// what a session is to be sent comes out as deliveries. Every call that was accepted gets exactly
/// one final answer (W-RPC-07).
class Realm {
public:
    struct Session {
        SessionId id = 0;
        std::string authid;
        std::string authrole;
        Features features;
        RequestId last_invocation = 0;  ///< ids of invocations sent so far (W-ID-04)
        bool outside =
            false;  ///< stands for callees who are told their callers only as these say (W-SEC-09)
    };

    explicit Realm(Random random);
    ~Realm();
    Realm(Realm&&) noexcept;
    Realm& operator=(Realm&&) noexcept;

    void join(Session session);
    /// Ends all that the session has here: subscriptions, registrations, calls of it and calls to
    /// it (W-SES-05).
    void leave(SessionId session, Instant now, Deliveries& out);

    /// Acts on one request or answer of a joined session: PUBLISH, SUBSCRIBE, UNSUBSCRIBE,
    /// REGISTER, UNREGISTER, CALL, CANCEL, YIELD, ERROR. `origin` is whom the message speaks for:
    /// the session itself, or the principal that a trusted link conveys.
    void handle(SessionId from, Message&& message, const Origin& origin, CallLimits&& limits,
                Instant now, Deliveries& out);

    /// What a session holds: a subscription or a registration.
    struct Holding {
        SessionId session = 0;
        bool registration = false;
        Id id = 0;
        MatchPolicy match = MatchPolicy::exact;
        std::string uri;
    };
    /// All that is held, by session and id.
    std::vector<Holding> holdings() const;
    /// Takes it away, and tells its holder who announced to understand that (W-SRV-01, W-RRV-01).
    /// Open invocations go on (W-RRV-03).
    void revoke(const Holding& holding, std::string_view reason, Deliveries& out);

    void on_deadline(Instant now, Deliveries& out);
    Instant deadline() const noexcept;  ///< when on_deadline() is next due; `never` if not

    /// Sizes of the tables, for metrics and for the checker that all is empty when everyone has
    /// gone: all but the retained events, which stay.
    struct Counts {
        std::size_t sessions, subscriptions, registrations, calls, invocations;
        std::size_t retained, retained_bytes;
    };
    Counts counts() const noexcept;

private:
    struct Tables;
    std::unique_ptr<Tables> tables_;
};

}  // namespace sallyport::wamp
