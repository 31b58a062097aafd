#include "backend-link/bridge/bridge_publications.h"

#include <algorithm>
#include <utility>

#include "backend-link/bridge/rewriting.h"
#include "wamp/base/check.h"
#include "wamp/message/uris.h"

namespace sallyport::backend_link {
namespace {

namespace uris = wamp::uris;
using wamp::MessageType;
using wamp::SessionId;

}  // namespace

void Publications::forward(const Asking& asking, wamp::Publish&& publish, BridgeOutbox& out) {
    const SessionId from = asking.from;
    const policy::Session* const publishing = link_.sessions.find(from);
    SALLYPORT_CHECK(publishing != nullptr);
    const bool acknowledge = publish.options.get_bool("acknowledge", false);
    const auto drop = [&](std::string_view uri) {
        if (!acknowledge) return;  // no answer at all, not even an error (W-PUB-04)
        out.to_sessions.add(from, error_for(MessageType::publish, publish.request, uri));
    };
    if (!link_.up) return drop(uris::unavailable);
    if (!link_.carries(publish.options, wamp::Feature::broker_payload_passthru_mode)) {
        return drop(uris::feature_not_supported);
    }
    const bool wants_disclosure = publish.options.get_bool("disclose_me", false);
    const bool disclose = wants_disclosure && link_.may_disclose(asking.permit);
    // An unacknowledged one goes out undisclosed (W-CID-05).
    if (acknowledge && wants_disclosure && !disclose) return drop(uris::disclose_me_disallowed);
    if (asking.route.rewrite) {
        auto inside = Rewriting(asking.route).inside(publish.topic);
        if (!inside) return drop(uris::invalid_uri);
        publish.topic = *std::move(inside);
    }
    auto publication = std::make_unique<Publication>();
    publication->publisher = from;
    publication->request = publish.request;
    publication->acknowledge = acknowledge;
    publication->audience = Audience(publish.options);
    wamp::append_passthru(publication->passthru, publish.options);
    if (publication->audience.too_long()) return drop(uris::invalid_argument);
    // Who subscribes after this need not get it, so nothing is kept for them.
    publication->fans_out = subscriptions_.any_match(publish.topic);
    publication->bytes =
        publication->fans_out ? publish.payload.bytes() + publish.topic.size() : std::size_t{0};
    if (!admit(from, publication->bytes)) return drop(uris::unavailable);
    if (publication->fans_out) {
        publication->topic = publish.topic;
        publication->payload = wamp::OwnedPayload(publish.payload);
    }
    if (disclose) {
        const policy::Principal& who = publishing->principal;
        publication->disclosed =
            std::make_unique<const Identity>(Identity{from, who.authid, who.role});
    }
    Publisher& publisher = publishers_[from];
    if (publication->audience.front_only(link_.profile.conveys_identity)) {
        std::unique_ptr<Publication>* before = pending_.find(publisher.last);
        if (before == nullptr) {
            complete(std::move(publication), link_.random.global_id(), out);
        } else {
            account(*publication);
            (*before)->followers.push_back(std::move(publication));
        }
        return;
    }
    const wamp::RequestId back = link_.next_request();
    publisher.last = back;
    account(*publication);
    // Who must not get it now must not get it later; lists that the router behind cannot apply
    // would not keep it from them (W-EVR-02).
    const bool retain = asking.permit.grants(policy::Grant::retain) &&
                        publish.options.get_bool("retain", false) &&
                        !publication->audience.has_lists();
    send(std::move(publish), *publication, retain, back, out);
    pending_[back] = std::move(publication);
}

// One publisher that floods, or a backend that does not answer, must not take the memory of all
// (W-GWY-10).
bool Publications::admit(SessionId from, std::size_t bytes) noexcept {
    if (bytes_ + bytes > bytes_max) return false;
    const Publisher* publisher = publishers_.find(from);
    return publisher == nullptr || (publisher->pending < publications_per_session_max &&
                                    publisher->bytes + bytes <= bytes_per_session_max);
}

void Publications::account(Publication& publication) {
    Publisher& publisher = publishers_[publication.publisher];
    ++publisher.pending;
    publisher.bytes += publication.bytes;
    bytes_ += publication.bytes;
}

void Publications::release(const Publication& publication) noexcept {
    bytes_ -= publication.bytes;
    Publisher* publisher = publishers_.find(publication.publisher);
    if (publisher == nullptr) return;  // it has left
    SALLYPORT_CHECK(publisher->pending != 0 && publisher->bytes >= publication.bytes);
    --publisher->pending;
    publisher->bytes -= publication.bytes;
}

// The allow-list of W-SEC-25, as far as it is granted.
void Publications::send(wamp::Publish&& publish, const Publication& publication, bool retain,
                        wamp::RequestId back, BridgeOutbox& out) {
    wamp::Dict options;
    options.append("acknowledge", true);
    if (publication.disclosed != nullptr) options.append("disclose_me", true);
    if (retain) options.append("retain", true);
    wamp::append_passthru(options, publication.passthru);
    publication.audience.append_to(options, link_.profile.conveys_identity);
    if (link_.profile.conveys_identity) {
        options.append("forward_for", forward_for(*link_.sessions.find(publication.publisher)));
    }
    publish.request = back;
    publish.options = std::move(options);
    out.to_link.emplace_back(std::move(publish));
}

std::unique_ptr<Publications::Publication> Publications::take(wamp::RequestId back) {
    std::unique_ptr<Publication>* found = pending_.find(back);
    if (found == nullptr) return nullptr;
    std::unique_ptr<Publication> publication = std::move(*found);
    pending_.erase(back);
    release(*publication);
    return publication;
}

void Publications::on_published(const wamp::Published& published, BridgeOutbox& out) {
    std::unique_ptr<Publication> publication = take(published.request);
    if (publication == nullptr) return;
    complete(std::move(publication), published.publication, out);
}

void Publications::on_error(const wamp::Error& error, BridgeOutbox& out) {
    std::unique_ptr<Publication> publication = take(error.request);
    if (publication == nullptr) return;
    refuse(std::move(publication), error.uri, out);
}

void Publications::complete(std::unique_ptr<Publication> publication, wamp::PublicationId id,
                            BridgeOutbox& out) {
    Publication& done = *publication;
    const bool publisher_is_there = publishers_.find(done.publisher) != nullptr;
    if (done.acknowledge && publisher_is_there) {
        // Before the publisher's own event (W-PUB-08).
        out.to_sessions.add(done.publisher, wamp::Published{done.request, id});
    }
    if (done.fans_out) {
        const wamp::Payload payload = done.payload.view();
        subscriptions_.fan_out({done.topic, done.publisher, done.audience, id, payload,
                                done.passthru, done.disclosed.get()},
                               out);
    }
    spent_.push_back(std::move(publication));
    complete_followers(done, out);
}

void Publications::refuse(std::unique_ptr<Publication> publication, std::string_view uri,
                          BridgeOutbox& out) {
    Publication& refused = *publication;
    if (refused.acknowledge && publishers_.find(refused.publisher) != nullptr) {
        out.to_sessions.add(refused.publisher,
                            error_for(MessageType::publish, refused.request, uri));
    }
    spent_.push_back(std::move(publication));
    complete_followers(refused, out);
}

void Publications::complete_followers(Publication& publication, BridgeOutbox& out) {
    for (std::unique_ptr<Publication>& follower : std::exchange(publication.followers, {})) {
        release(*follower);
        complete(std::move(follower), link_.random.global_id(), out);
    }
}

void Publications::on_link_lost(BridgeOutbox& out) {
    std::vector<wamp::RequestId> requests;
    pending_.for_each([&](wamp::RequestId request, const auto&) { requests.push_back(request); });
    std::sort(requests.begin(), requests.end());
    for (const wamp::RequestId request : requests) {
        refuse(take(request), uris::network_failure, out);
    }
}

void Publications::leave(SessionId session) {
    publishers_.erase(session);
}

}  // namespace sallyport::backend_link
