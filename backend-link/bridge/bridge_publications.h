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

/// The publications of a bridge from front publishers (architecture: Messages). Each is sent to the
/// backend with `acknowledge`. Only after the backend has accepted it is it sent to the front
/// subscribers, with the same publication id, and acknowledged to the publisher if requested
/// (W-GWY-06). The link's session publishes with the default exclude_me, so the backend never sends
/// these events back. A publication with lists of receivers crosses only to our inside, which
/// applies them to the true identities there; it is refused for other routers (W-BWL-03).
class Publications {
public:
    // A session that has so much under way has no room; one more publication may exceed the bytes.
    static constexpr std::size_t publications_per_session_max = 1024;
    static constexpr std::size_t bytes_per_session_max = std::size_t{1} << 20;
    static constexpr std::size_t bytes_max = std::size_t{128} << 20;

    Publications(LinkSide& link, Subscriptions& subscriptions)
        : link_(link), subscriptions_(subscriptions) {
        pending_.reserve(wamp::busy_entries);
    }

    void forward(const RequestContext& context, wamp::Publish&& publish, BridgeOutbox& out);
    /// As Bridge::copy().
    void copy(const policy::Session& from, const policy::Permit& permit, wamp::Publish&& publish,
              BridgeOutbox& out);
    /// As Bridge::has_room_to_publish().
    bool has_room(wamp::SessionId session);
    /// As Bridge::give_up_publications().
    void give_up(wamp::SessionId session, BridgeOutbox& out);
    /// The session's publications continue, but it gets no more acknowledgements.
    void leave(wamp::SessionId session);

    void on_published(const wamp::Published& published, BridgeOutbox& out);
    void on_error(const wamp::Error& error, BridgeOutbox& out);
    void on_link_lost(BridgeOutbox& out);

    /// The outbox of the previous call was carried out: frees the payloads that it borrowed.
    void release_borrowed() noexcept {
        if (!spent_.empty()) spent_.clear();
    }
    std::size_t size() const noexcept { return pending_.size(); }
    /// As bytes(), of one session.
    std::size_t bytes_of(wamp::SessionId session) const noexcept {
        const Publisher* publisher = wamp::find_in(publishers_, session);
        return publisher == nullptr ? 0 : publisher->bytes;
    }
    /// Kept for front subscribers, of publications that the backend has not taken yet.
    std::size_t bytes() const noexcept { return bytes_; }

private:
    struct Publication {
        wamp::SessionId publisher = 0;
        wamp::RequestId request = 0;
        bool acknowledge = false;
        bool copy = false;  ///< of one that has crossed another link
        /// It has front subscribers: topic, audience and payload are stored.
        bool fans_out = false;
        std::string topic;                          ///< behind the link
        std::unique_ptr<const Identity> disclosed;  ///< the publisher, if it is disclosed
        wamp::Dict carried;  ///< the ppt_* options, if the payload is in that mode, and a hint
        Audience audience{wamp::Dict{}};
        wamp::OwnedPayload payload;
        std::size_t bytes = 0;
        wamp::flow::CircuitBytes::Charge charge;
    };
    struct Publisher {
        std::size_t pending = 0;
        std::size_t bytes = 0;
    };

    void account(const policy::Session& from, Publisher& publisher, Publication& publication);
    /// Returns whether the publisher's session still exists.
    bool release(Publication& publication, BridgeOutbox& out);
    void relieve_all(BridgeOutbox& out);
    void send(const policy::Session& publisher, wamp::Publish&& publish,
              const Publication& publication, bool retain, wamp::RequestId back, BridgeOutbox& out);
    /// Acknowledges if the publisher still exists and requested it, and fans out.
    void complete(std::unique_ptr<Publication> publication, bool publisher_is_there,
                  wamp::PublicationId id, BridgeOutbox& out);
    void refuse(std::unique_ptr<Publication> publication, bool publisher_is_there,
                std::string_view uri, BridgeOutbox& out);
    /// In the order in which they were forwarded.
    void refuse_all(std::vector<wamp::RequestId>&& requests, std::string_view uri,
                    BridgeOutbox& out);
    std::unique_ptr<Publication> take(wamp::RequestId back);

    LinkSide& link_;
    Subscriptions& subscriptions_;
    wamp::IdMap<std::unique_ptr<Publication>> pending_;
    wamp::IdMap<Publisher> publishers_;
    wamp::IdSet without_room_;  ///< sessions that wait to be relieved
    std::size_t bytes_ = 0;
    std::vector<std::unique_ptr<Publication>> spent_;
};

}  // namespace sallyport::backend_link
