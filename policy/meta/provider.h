#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/door/door.h"
#include "policy/engine/permit.h"
#include "policy/meta/topics.h"
#include "wamp/base/ids.h"
#include "wamp/base/instant.h"
#include "wamp/base/value.h"
#include "wamp/message/deliveries.h"
#include "wamp/message/payload.h"

namespace sallyport::policy {

/// A procedure of the meta API.
struct MetaProcedure {
    std::string_view uri;
    Grant grant = Grant::meta;   ///< that a rule must have for it
    bool ends_sessions = false;  ///< only a rule that names it exactly allows it
};

/// A feature that WELCOME announces because of a part of the meta API (W-FEA-01).
struct MetaFeature {
    std::string_view role;  ///< "broker" or "dealer"
    std::string_view name;
};

/// A call of such a procedure, with its arguments.
struct MetaCall {
    const Session& from;
    std::string_view procedure;
    wamp::Serializer serializer;
    wamp::List args;
    wamp::Dict kwargs;
};

/// The error, or "" and a result; and the sessions that the call ends.
struct MetaAnswer {
    std::string_view error{};
    wamp::Value result{};
    /// Sessions that end now, each with a GOODBYE of that reason and message ("": none).
    std::vector<wamp::SessionId> ended{};
    std::string reason{};
    std::string message{};
    bool publish_leave = true;  ///< on_leave is published for them (W-SSM-04)
};

/// One part of a door's meta API, announced and called through the registry
/// (policy/meta/registry.cpp). The policy has allowed each call.
class MetaProvider {
public:
    virtual ~MetaProvider() = default;

    virtual std::span<const MetaProcedure> procedures() const noexcept = 0;
    virtual std::span<const std::string_view> topics() const noexcept { return {}; }
    virtual std::span<const MetaFeature> features() const noexcept = 0;

    virtual MetaAnswer call(MetaCall&& call) = 0;

    virtual void on_joined(const Session&, MetaTopics&, wamp::Deliveries&) {}
    /// The session has ended, and is not removed yet. `publish_leave`: publish on_leave for it.
    virtual void on_left(const Session&, bool /*publish_leave*/, MetaTopics&, wamp::Deliveries&) {}
    /// The publications that the session stored for its end, as far as they are allowed now.
    /// Payloads are valid until the next call.
    virtual std::vector<Door::Request> last_publications(Session&, wamp::Instant) { return {}; }
    /// The session has ended in a way that publishes none of them.
    virtual void drop_publications(wamp::SessionId) noexcept {}

    /// What it keeps for sessions, in bytes; none when all have gone.
    virtual std::size_t bytes() const noexcept { return 0; }
};

}  // namespace sallyport::policy
