#include "backend-link/bridge/bridge_publications.h"

#include <algorithm>
#include <utility>

#include "backend-link/bridge/rewriting.h"
#include "wamp/base/check.h"
#include "wamp/message/copy.h"
#include "wamp/message/transaction_hash.h"
#include "wamp/message/uris.h"

namespace sallyport::backend_link {
namespace {

namespace uris = wamp::uris;
using wamp::MessageType;
using wamp::SessionId;

}  // namespace

void Publications::forward(const RequestContext& context, wamp::Publish&& publish,
                           BridgeOutbox& out) {
    const SessionId from = context.from.id;
    const bool acknowledge = publish.options.get_bool("acknowledge", false);
    const auto drop = [&](std::string_view uri, wamp::Payload payload = {}) {
        if (!acknowledge) return;  // no answer at all, not even an error (W-PUB-04)
        out.to_sessions.add(from, error_for(MessageType::publish, publish.request, uri, payload));
    };
    if (!link_.up)
        return drop(uris::unavailable, policy::told(context.permit, policy::Cause::link_down));
    if (!link_.carries(publish.options, wamp::Feature::broker_payload_passthru_mode)) {
        return drop(uris::feature_not_supported);
    }
    const bool wants_disclosure = publish.options.get_bool("disclose_me", false);
    const bool disclose = wants_disclosure && link_.may_disclose(context.permit);
    // Without acknowledgement the publication is sent undisclosed (W-CID-05).
    if (acknowledge && wants_disclosure && !disclose) return drop(uris::disclose_me_disallowed);
    if (context.route.rewrite) {
        auto inside = Rewriting(context.route).inside(publish.topic);
        if (!inside) return drop(uris::invalid_uri);
        publish.topic = *std::move(inside);
    }
    auto publication = std::make_unique<Publication>();
    publication->publisher = from;
    publication->request = publish.request;
    publication->acknowledge = acknowledge;
    publication->audience = Audience(publish.options);
    wamp::append_passthru(publication->carried, publish.options);
    wamp::append_transaction_hash(publication->carried, publish.options);
    if (publication->audience.too_long()) return drop(uris::invalid_argument);
    // The sessions behind would get what is not for them.
    if (publication->audience.has_lists() && !link_.profile.lists)
        return drop(uris::option_not_allowed);
    const bool wants_retained =
        context.permit.grants(policy::Grant::retain) && publish.options.get_bool("retain", false);
    const bool retain = wants_retained && link_.retains();
    if (acknowledge && wants_retained && !retain) return drop(uris::option_not_allowed);
    // Later subscribers need not receive it, so nothing is stored for them.
    publication->fans_out = subscriptions_.any_match(publish.topic);
    publication->bytes =
        publication->fans_out ? publish.payload.bytes() + publish.topic.size() : std::size_t{0};
    Publisher& publisher = publishers_[from];
    if (publication->fans_out) {
        publication->topic = publish.topic;
        publication->payload = wamp::OwnedPayload(publish.payload);
    }
    if (disclose) {
        const policy::Principal& who = context.from.principal;
        publication->disclosed =
            std::make_unique<const Identity>(Identity{from, who.authid, who.role});
    }
    const wamp::RequestId back = link_.next_request();
    account(context.from, publisher, *publication);
    send(context.from, std::move(publish), *publication, retain, back, out);
    pending_.emplace(back, std::move(publication));
}

void Publications::copy(const policy::Session& from, const policy::Permit& permit,
                        wamp::Publish&& publish, BridgeOutbox& out) {
    if (!link_.up || !link_.carries(publish.options, wamp::Feature::broker_payload_passthru_mode)) {
        return;
    }
    Publication copy;
    copy.copy = true;
    copy.audience = Audience(publish.options);
    if (copy.audience.has_lists() && !link_.profile.lists) return;
    const policy::RouteInfo& route = from.policy->route(permit.route());
    if (route.rewrite) {
        auto inside = Rewriting(route).inside(publish.topic);
        if (!inside) return;
        publish.topic = *std::move(inside);
    }
    wamp::append_passthru(copy.carried, publish.options);
    wamp::append_transaction_hash(copy.carried, publish.options);
    if (publish.options.get_bool("disclose_me", false) && link_.may_disclose(permit)) {
        const policy::Principal& who = from.principal;
        copy.disclosed = std::make_unique<const Identity>(Identity{from.id, who.authid, who.role});
    }
    const bool retain = link_.retains() && permit.grants(policy::Grant::retain) &&
                        publish.options.get_bool("retain", false);
    send(from, std::move(publish), copy, retain, link_.next_request(), out);
}

// A publisher that floods, or a backend that does not answer, must not exhaust the memory
// (W-GWY-10).
bool Publications::has_room(SessionId session) {
    const Publisher* publisher = wamp::find_in(publishers_, session);
    const bool full = bytes_ >= bytes_max || (publisher != nullptr &&
                                              (publisher->pending >= publications_per_session_max ||
                                               publisher->bytes >= bytes_per_session_max));
    if (!full) return true;
    without_room_.insert(session);
    return false;
}

void Publications::relieve_all(BridgeOutbox& out) {
    std::vector<SessionId> all(without_room_.begin(), without_room_.end());
    std::sort(all.begin(), all.end());
    out.relieved.insert(out.relieved.end(), all.begin(), all.end());
    without_room_.clear();
}

void Publications::account(const policy::Session& from, Publisher& publisher,
                           Publication& publication) {
    publication.charge = link_.charge(from, sizeof(Publication) + publication.bytes);
    ++publisher.pending;
    publisher.bytes += publication.bytes;
    bytes_ += publication.bytes;
}

bool Publications::release(Publication& publication, BridgeOutbox& out) {
    publication.charge = {};
    const bool was_full = bytes_ >= bytes_max;
    bytes_ -= publication.bytes;
    if (was_full && bytes_ < bytes_max) relieve_all(out);
    Publisher* publisher = wamp::find_in(publishers_, publication.publisher);
    if (publisher == nullptr) return false;  // it has left
    SALLYPORT_CHECK(publisher->pending != 0 && publisher->bytes >= publication.bytes);
    --publisher->pending;
    publisher->bytes -= publication.bytes;
    // At half of it, so that a publisher is not stopped again for every publication.
    if (!without_room_.empty() && publisher->pending <= publications_per_session_max / 2 &&
        publisher->bytes <= bytes_per_session_max / 2 &&
        without_room_.erase(publication.publisher) > 0) {
        out.relieved.push_back(publication.publisher);
    }
    return true;
}

// The options of the allow-list of W-SEC-25 that are granted.
void Publications::send(const policy::Session& publisher, wamp::Publish&& publish,
                        const Publication& publication, bool retain, wamp::RequestId back,
                        BridgeOutbox& out) {
    wamp::Dict options;
    if (!publication.copy) {
        options.append("acknowledge", true);
    } else if (link_.profile.lists) {
        options.append(std::string(wamp::copy_key), true);
    }
    if (publication.disclosed != nullptr) options.append("disclose_me", true);
    if (retain) options.append("retain", true);
    wamp::append_passthru(options, publication.carried);
    wamp::append_transaction_hash(options, publication.carried);
    if (link_.profile.lists) {
        // Whom the link stands for is not excluded from a retained event as the link is (W-PEX-01).
        const bool excludes = retain && publication.audience.excludes_publisher();
        publication.audience.append_to(options, link_, excludes ? publisher.id : 0);
    }
    convey(link_.profile, publisher, publish.request, options);
    publish.request = back;
    publish.options = std::move(options);
    out.to_link.emplace_back(std::move(publish));
}

std::unique_ptr<Publications::Publication> Publications::take(wamp::RequestId back) {
    const auto found = pending_.find(back);
    if (found == pending_.end()) return nullptr;
    std::unique_ptr<Publication> publication = std::move(found->second);
    pending_.erase(found);
    wamp::trim_if_empty(pending_);
    return publication;
}

void Publications::on_published(const wamp::Published& published, BridgeOutbox& out) {
    std::unique_ptr<Publication> publication = take(published.request);
    if (publication == nullptr) return;
    const bool publisher_is_there = release(*publication, out);
    complete(std::move(publication), publisher_is_there, published.publication, out);
}

void Publications::on_error(const wamp::Error& error, BridgeOutbox& out) {
    std::unique_ptr<Publication> publication = take(error.request);
    if (publication == nullptr) return;
    const bool publisher_is_there = release(*publication, out);
    refuse(std::move(publication), publisher_is_there, error.uri, out);
}

void Publications::complete(std::unique_ptr<Publication> publication, bool publisher_is_there,
                            wamp::PublicationId id, BridgeOutbox& out) {
    Publication& done = *publication;
    if (done.acknowledge && publisher_is_there) {
        // Before the publisher's own event (W-PUB-08).
        out.to_sessions.add(done.publisher, wamp::Published{done.request, id});
    }
    if (done.fans_out) {
        const wamp::Payload payload = done.payload.view();
        subscriptions_.fan_out({done.topic, done.publisher, done.audience, id, payload,
                                done.carried, done.disclosed.get()},
                               out);
    }
    spent_.push_back(std::move(publication));
}

void Publications::refuse(std::unique_ptr<Publication> publication, bool publisher_is_there,
                          std::string_view uri, BridgeOutbox& out) {
    Publication& refused = *publication;
    if (refused.acknowledge && publisher_is_there) {
        out.to_sessions.add(refused.publisher,
                            error_for(MessageType::publish, refused.request, uri));
    }
    spent_.push_back(std::move(publication));
}

// Its payloads are freed, so that a backend that never acknowledges does not exhaust the memory.
void Publications::give_up(SessionId session, BridgeOutbox& out) {
    std::vector<wamp::RequestId> requests;
    for (const auto& [request, publication] : pending_) {
        if (publication->publisher == session) requests.push_back(request);
    }
    refuse_all(std::move(requests), uris::timeout, out);
    if (without_room_.erase(session) > 0) out.relieved.push_back(session);
}

void Publications::refuse_all(std::vector<wamp::RequestId>&& requests, std::string_view uri,
                              BridgeOutbox& out) {
    std::sort(requests.begin(), requests.end());
    for (const wamp::RequestId request : requests) {
        std::unique_ptr<Publication> publication = take(request);
        const bool publisher_is_there = release(*publication, out);
        refuse(std::move(publication), publisher_is_there, uri, out);
    }
}

void Publications::on_link_lost(BridgeOutbox& out) {
    std::vector<wamp::RequestId> requests;
    for (const auto& [request, publication] : pending_) requests.push_back(request);
    refuse_all(std::move(requests), uris::network_failure, out);
    relieve_all(out);
}

void Publications::leave(SessionId session) {
    publishers_.erase(session);
    without_room_.erase(session);
}

}  // namespace sallyport::backend_link
