#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "backend-link/bridge/audience.h"
#include "backend-link/bridge/bridge.h"
#include "backend-link/bridge/bridge_subscriptions.h"
#include "backend-link/bridge/link_side.h"
#include "wamp/base/id_map.h"
#include "wamp/message/payload.h"

namespace sallyport::backend_link {

/// The publications of a bridge from front publishers (architecture: Messages). Each goes to the
/// backend with `acknowledge`, and only when the backend has taken it do the front subscribers get
/// it, under the same publication id, and the publisher the acknowledgement that it asked for
/// (W-GWY-06). The link's session publishes with the default exclude_me, so the backend never sends
/// our own events back to us. What only front sessions may get (a list of session ids, W-BWL-06)
/// stays here, and waits behind what the same publisher has sent before (W-ORD-01).
class Publications {
public:
    static constexpr std::size_t publications_per_session_max = 4096;
    static constexpr std::size_t bytes_per_session_max = std::size_t{16} << 20;
    static constexpr std::size_t bytes_max = std::size_t{128} << 20;

    Publications(LinkSide& link, Subscriptions& subscriptions)
        : link_(link), subscriptions_(subscriptions) {
        pending_.reserve(wamp::busy_entries);
    }

    void forward(const RequestContext& context, wamp::Publish&& publish, BridgeOutbox& out);
    /// What the session has published goes on; it is told nothing any more.
    void leave(wamp::SessionId session);

    void on_published(const wamp::Published& published, BridgeOutbox& out);
    void on_error(const wamp::Error& error, BridgeOutbox& out);
    void on_link_lost(BridgeOutbox& out);

    /// The outbox of the call before has been carried out: payloads that it borrowed may go.
    void release_borrowed() noexcept {
        if (!spent_.empty()) spent_.clear();
    }
    std::size_t size() const noexcept { return pending_.size(); }
    /// Kept for front subscribers, of publications that the backend has not taken yet.
    std::size_t bytes() const noexcept { return bytes_; }

private:
    struct Publication {
        wamp::SessionId publisher = 0;
        wamp::RequestId request = 0;
        bool acknowledge = false;
        bool fans_out =
            false;  ///< somebody in front subscribed to it: topic, audience and payload are kept
        std::string topic;                          ///< behind the link
        std::unique_ptr<const Identity> disclosed;  ///< the publisher, if it may be named
        wamp::Dict passthru;  ///< how the payload is to be read, when it is in that mode
        Audience audience{wamp::Dict{}};
        wamp::OwnedPayload payload;
        std::size_t bytes = 0;
        std::vector<std::unique_ptr<Publication>>
            followers;  ///< front-only ones that were sent after it
    };
    struct Publisher {
        wamp::RequestId last = 0;  ///< back request of the newest
        std::size_t pending = 0;
        std::size_t bytes = 0;
    };

    bool admits(const Publisher& publisher, std::size_t bytes) const noexcept;
    void account(Publisher& publisher, const Publication& publication) noexcept;
    /// Returns whether the publisher is still there.
    bool release(const Publication& publication) noexcept;
    void send(const policy::Session& publisher, wamp::Publish&& publish,
              const Publication& publication, bool retain, wamp::RequestId back, BridgeOutbox& out);
    /// Acknowledges when the publisher is there and wants it, fans out, and does the same for its
    /// followers.
    void complete(std::unique_ptr<Publication> publication, bool publisher_is_there,
                  wamp::PublicationId id, BridgeOutbox& out);
    void refuse(std::unique_ptr<Publication> publication, bool publisher_is_there,
                std::string_view uri, BridgeOutbox& out);
    void complete_followers(Publication& publication, BridgeOutbox& out);
    std::unique_ptr<Publication> take(wamp::RequestId back);

    LinkSide& link_;
    Subscriptions& subscriptions_;
    wamp::IdMap<std::unique_ptr<Publication>> pending_;
    wamp::IdMap<Publisher> publishers_;
    std::size_t bytes_ = 0;
    std::vector<std::unique_ptr<Publication>> spent_;
};

}  // namespace sallyport::backend_link
