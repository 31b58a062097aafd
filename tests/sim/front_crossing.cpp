// The model of the front: what it forwards on its links, and what they deliver.
#include <algorithm>

#include "tests/sim/front_watch.h"
#include "tests/sim/names.h"
#include "wamp/message/match.h"
#include "wamp/message/passthru.h"
#include "wamp/message/uris.h"

namespace sallyport::sim {

namespace uris = wamp::uris;
using wamp::Feature;
using wamp::MatchPolicy;

void FrontWatch::on_sent(const Turn& turn, const Turn::Sent& sent) {
    if (sent.to_link) return check_forwarded(turn, sent);
    if (const auto* welcome = std::get_if<wamp::Welcome>(&sent.message)) {
        const bool up = is_up(link_of(rules_->target(ask_procedure)->backend));
        return logins_.on_welcome(turn, sent.to, *welcome, *rules_, up);
    }
    if (const auto* abort = std::get_if<wamp::Abort>(&sent.message))
        return logins_.on_abort(turn, sent.to, *abort, *rules_);
    if (const auto* result = std::get_if<wamp::CallResult>(&sent.message)) {
        const auto found = calls_.find({sent.to, result->request});
        if (found == calls_.end()) return;
        may_repeat_.erase(found->second);
        if (result->details.get_bool("progress", false)) return;
        kept_.erase(found->second);
        calls_.erase(found);
    } else if (const auto* error = std::get_if<wamp::Error>(&sent.message)) {
        std::erase_if(waiting_, [&](const Waiting& each) {
            return each.peer == sent.to && each.request == error->request;
        });
        const auto found = calls_.find({sent.to, error->request});
        if (error->request_type != wamp::MessageType::call || found == calls_.end()) return;
        CallState* const state = ledger_.call(found->second);
        if (error->uri == uris::too_slow && outruns(turn, sent.to) && state != nullptr) {
            ++ledger_.findings.counts.too_slow;
            state->may.insert(error->uri);
        }
        may_repeat_.erase(found->second);
        kept_.erase(found->second);
        calls_.erase(found);
    } else if (const auto* registered = std::get_if<wamp::Registered>(&sent.message)) {
        check_registered(turn, sent, *registered);
    } else if (const auto* invocation = std::get_if<wamp::Invocation>(&sent.message)) {
        const CallState* const state = ledger_.call(payload_id_of(invocation->payload).first);
        const Peer* const callee = peer(sent.to);
        if (state == nullptr || callee == nullptr) return;
        const bool told = tells(invocation->details, "caller");
        const bool due =
            state->discloses && callee->features.has(Feature::callee_caller_identification);
        if (told != due || (told && !tells_truly(invocation->details, "caller", state->caller)))
            wrong(Check::true_identity, turn, "the caller of an INVOCATION");
        if (told) ++ledger_.findings.counts.named;
    }
}

/// Of what leads to one place only one guest has a registration; the one before has lost it.
void FrontWatch::check_registered(const Turn& turn, const Turn::Sent& sent,
                                  const wamp::Registered& registered) {
    const auto asked = registrations_.asked().find({sent.to, registered.request});
    const auto target =
        asked == registrations_.asked().end() ? std::nullopt : rules_->target(asked->second.uri);
    if (!target) return wrong(Check::legal_router, turn, "REGISTERED for nothing");
    for (const auto& [key, held] : registrations_.held()) {
        if (is_at(held, link_of(target->backend), target->inner, asked->second.match) &&
            !is_leaving(key.first)) {
            wrong(Check::expected_outcome, turn, "two guests offer " + target->inner);
        }
    }
}

// Forwarded on the links
// ------------------------------------------------------------------------------------------------

void FrontWatch::check_forwarded(const Turn& turn, const Turn::Sent& sent) {
    const auto unwanted = [&](const Holdings& holdings, const std::string& uri, MatchPolicy match) {
        if (!is_wanted(holdings, sent.link, uri, match))
            wrong(Check::permit, turn, "requests " + uri + " on the link, which no guest holds");
    };
    if (const auto* call = std::get_if<wamp::Call>(&sent.message)) {
        check_forwarded_call(turn, sent, *call);
    } else if (const auto* publish = std::get_if<wamp::Publish>(&sent.message)) {
        check_forwarded_publication(turn, sent, *publish);
    } else if (const auto* subscribe = std::get_if<wamp::Subscribe>(&sent.message)) {
        const auto match = wamp::match_of(subscribe->options);
        unwanted(subscriptions_, subscribe->topic, match);
        back_subscriptions_.ask(link_peer(sent.link), subscribe->request,
                                {subscribe->topic, match});
    } else if (const auto* register_ = std::get_if<wamp::Register>(&sent.message)) {
        const auto match = wamp::match_of(register_->options);
        unwanted(registrations_, register_->procedure, match);
        back_registrations_.ask(link_peer(sent.link), register_->request,
                                {register_->procedure, match});
    } else if (const auto* unsubscribe = std::get_if<wamp::Unsubscribe>(&sent.message)) {
        back_subscriptions_.take_away(link_peer(sent.link), unsubscribe->subscription);
    } else if (const auto* unregister = std::get_if<wamp::Unregister>(&sent.message)) {
        back_registrations_.take_away(link_peer(sent.link), unregister->registration);
    }
}

void FrontWatch::check_forwarded_call(const Turn& turn, const Turn::Sent& sent,
                                      const wamp::Call& call) {
    const auto tag = payload_id_of(call.payload).first;
    CallState* const state = ledger_.call(tag);
    if (state == nullptr && call.procedure == ask_procedure)
        return logins_.on_call(turn, sent, call);
    if (state == nullptr || !state->must.empty() || state->backend != links_[sent.link] ||
        state->procedure != call.procedure) {
        return wrong(Check::permit, turn, "crosses the link: CALL of " + call.procedure);
    }
    if (conveyed(call.options) != state->caller)
        wrong(Check::true_identity, turn, "conveys another caller of " + call.procedure);
    state->forwarded = true;
    for (Waiting& each : waiting_)
        each.crossed = each.crossed || (each.tag == tag && each.rules == rules_);
    if (!state->may_repeat) return;
    const auto found = std::find_if(calls_.begin(), calls_.end(),
                                    [&](const auto& each) { return each.second == tag; });
    if (found == calls_.end()) return;
    Waiting again;
    again.peer = found->first.first;
    again.request = found->first.second;
    again.of = state->caller;
    again.asked = {policy::Action::call,
                   rules_->outside("hold.", call.procedure),  // the one idempotent route
                   MatchPolicy::exact, wamp::is_passthru(call.options)};
    again.tag = tag;
    again.link = sent.link;
    again.bytes = state->bytes;
    again.rules = rules_;
    kept_[tag] = again;
    may_repeat_[tag] = std::move(again);
}

void FrontWatch::check_forwarded_publication(const Turn& turn, const Turn::Sent& sent,
                                             const wamp::Publish& publish) {
    const PayloadId payload_id = payload_id_of(publish.payload);
    const auto found = ledger_.publications.find(payload_id);
    const auto target =
        found == ledger_.publications.end() ? std::nullopt : rules_->target(found->second.topic);
    if (!target || target->backend != links_[sent.link] || target->inner != publish.topic ||
        !rules_
             ->decide(found->second.publisher.principal,
                      {policy::Action::publish, found->second.topic, MatchPolicy::exact,
                       found->second.sealed})
             .allowed) {
        return wrong(Check::permit, turn, "crosses the link: PUBLISH to " + publish.topic);
    }
    if (conveyed(publish.options) != found->second.publisher)
        wrong(Check::true_identity, turn, "conveys another publisher of " + publish.topic);
    if (!found->second.audience.crosses_as(Audience(publish.options),
                                           found->second.excluded_behind()))
        wrong(Check::right_subscription, turn, publish.topic + " crosses the link for others");
    Pending pending = pending_of(payload_id, sent.link, publish.topic);
    pending.bytes = publish.payload.bytes() + publish.topic.size();
    pending_[{sent.link, publish.request}] = std::move(pending);
}

FrontWatch::Pending FrontWatch::pending_of(const PayloadId& payload_id, std::uint32_t link,
                                           std::string topic) const {
    Pending pending{payload_id, wamp::no_peer, std::move(topic), {}};
    const wamp::SessionId publisher = ledger_.publications.at(payload_id).publisher.session;
    for (const auto& [id, each] : peers_) {
        if (each.is.session == publisher) pending.publisher = id;
    }
    for (const auto& [key, held] : subscriptions_.held()) {
        if (reaches(held, link, pending.topic) && !is_leaving(key.first))
            pending.matching.insert(key);
    }
    return pending;
}

// Delivered by the links
// ------------------------------------------------------------------------------------------------

void FrontWatch::on_other_input(const Turn& turn) {
    if (!turn.from_link) {
        const auto* const cancel = turn.in_as<wamp::Cancel>();
        const auto found =
            cancel == nullptr ? calls_.end() : calls_.find({turn.peer, cancel->request});
        if (found == calls_.end()) return;
        may_repeat_.erase(found->second);
        if (CallState* const state = ledger_.call(found->second)) {
            state->may.insert(std::string(uris::canceled));
            state->may_repeat = false;
        }
        return;
    }
    logins_.on_answer(turn, *rules_);
    if (const auto* event = turn.in_as<wamp::Event>()) on_event(turn, *event);
    if (const auto* published = turn.in_as<wamp::Published>()) on_published(turn, *published);
    if (const auto* invocation = turn.in_as<wamp::Invocation>()) on_invocation(turn, *invocation);
    if (const auto* subscribed = turn.in_as<wamp::Subscribed>()) {
        back_subscriptions_.confirm(link_peer(turn.link), subscribed->request,
                                    subscribed->subscription);
        want_retained_[{turn.link, subscribed->subscription}].clear();
    } else if (const auto* registered = turn.in_as<wamp::Registered>()) {
        back_registrations_.confirm(link_peer(turn.link), registered->request,
                                    registered->registration);
    } else if (const auto* unsubscribed = turn.in_as<wamp::Unsubscribed>()) {
        back_subscriptions_.take_away(link_peer(turn.link),
                                      unsubscribed->details.get_uint("subscription", 0));
    } else if (const auto* unregistered = turn.in_as<wamp::Unregistered>()) {
        back_registrations_.take_away(link_peer(turn.link),
                                      unregistered->details.get_uint("registration", 0));
    } else if (const auto* error = turn.in_as<wamp::Error>()) {
        if (error->request_type == wamp::MessageType::publish)
            pending_.erase({turn.link, error->request});
        if (error->request_type == wamp::MessageType::subscribe)
            back_subscriptions_.refuse(link_peer(turn.link), error->request);
        if (error->request_type == wamp::MessageType::register_)
            back_registrations_.refuse(link_peer(turn.link), error->request);
    }
}

void FrontWatch::expect_at(const Holdings::Key& key, const Holdings::Held& held,
                           const PayloadId& payload_id, std::string_view topic, bool retained,
                           bool optional, const Identity* named, bool sealed,
                           const Weight& weight) {
    const Peer& to = peers_.at(key.first);
    if (sealed && !to.features.has(Feature::subscriber_payload_passthru_mode)) return;
    const bool exact = held.match == MatchPolicy::exact;
    const std::string outside = exact ? held.uri : rules_->outside(held.uri, topic);
    if (!rules_->may_receive(to.is.principal, outside)) return;
    ExpectedEvent event{key.first, key.second, payload_id, retained, optional};
    if (named != nullptr && to.features.has(Feature::subscriber_publisher_identification))
        event.publisher = *named;
    if (!exact) event.topic = outside;
    event.weight = weight;
    expect(std::move(event));
}

void FrontWatch::on_event(const Turn& turn, const wamp::Event& event) {
    const Holdings::Held* const back =
        back_subscriptions_.find(link_peer(turn.link), event.subscription);
    if (back == nullptr) return;  // sent before our UNSUBSCRIBE arrived
    const PayloadId payload_id = payload_id_of(event.payload);
    const std::string topic = back->match == MatchPolicy::exact
                                  ? back->uri
                                  : std::string(event.details.get_string("topic"));
    const bool retained = event.details.get_bool("retained", false);
    const auto wanted = std::exchange(want_retained_[{turn.link, event.subscription}], {});
    const bool sealed = wamp::is_passthru(event.details);
    const Weight weight = weight_of(event.payload);
    const auto known = ledger_.publications.find(payload_id);
    const bool named = tells(event.details, "publisher");
    Identity publisher;
    if (named) {
        publisher = {event.details.get_uint("publisher", 0),
                     {std::string(event.details.get_string("publisher_authid")),
                      std::string(event.details.get_string("publisher_authrole"))}};
        if (known != ledger_.publications.end() && publisher != known->second.publisher)
            wrong(Check::true_identity, turn, "an EVENT of another publisher comes in");
    }
    const Audience audience(event.details);
    const auto of_service = ledger_.audiences.find(payload_id);
    if (known != ledger_.publications.end()
            ? !known->second.audience.crosses_as(audience, known->second.excluded_behind())
            : of_service != ledger_.audiences.end() && of_service->second != audience)
        wrong(Check::right_subscription, turn, "an EVENT for others comes in");
    for (const auto& [key, held] : subscriptions_.held()) {
        if (!is_at(held, turn.link, back->uri, back->match)) continue;
        if (retained && !wanted.contains(key)) continue;
        const Identity& to = peers_.at(key.first).is;
        if (!audience.admits(to.session, to.principal)) continue;
        expect_at(key, held, payload_id, topic, retained, false, named ? &publisher : nullptr,
                  sealed, weight);
    }
}

void FrontWatch::on_published(const Turn& turn, const wamp::Published& published) {
    const auto taken = pending_.extract({turn.link, published.request});
    if (!taken.empty()) fan_out(turn.link, taken.mapped());
}

void FrontWatch::fan_out(std::uint32_t link, const Pending& pending) {
    for (const auto& [key, held] : subscriptions_.held())
        expect_for(key, held, link, pending, !pending.matching.contains(key));
}

void FrontWatch::expect_for(const Holdings::Key& key, const Holdings::Held& held,
                            std::uint32_t link, const Pending& pending, bool optional) {
    if (!reaches(held, link, pending.topic)) return;
    const Publication& publication = ledger_.publications.at(pending.payload_id);
    const Identity& to = peers_.at(key.first).is;
    const bool own = to.session == publication.publisher.session;
    if (own && publication.exclude_me) return;
    if (!publication.audience.admits(to.session, to.principal)) return;
    expect_at(key, held, pending.payload_id, pending.topic, false, optional,
              publication.discloses ? &publication.publisher : nullptr, publication.sealed,
              publication.weight);
}

void FrontWatch::on_invocation(const Turn& turn, const wamp::Invocation& invocation) {
    const Holdings::Held* const back =
        back_registrations_.find(link_peer(turn.link), invocation.registration);
    const auto is_offered = [&](const Holdings::Key& key, wamp::RegistrationId id) {
        const Holdings::Held* const held = registrations_.find(key.first, id);
        return back != nullptr && held != nullptr &&
               is_at(*held, turn.link, back->uri, back->match);
    };
    for (const Turn::Sent& sent : turn.sent) {
        if (const auto* handed = std::get_if<wamp::Invocation>(&sent.message)) {
            if (!is_offered({sent.to, 0}, handed->registration))
                wrong(Check::expected_outcome, turn, "an INVOCATION of what is not offered");
        } else if (const auto* error = std::get_if<wamp::Error>(&sent.message)) {
            const auto& all = registrations_.held();
            const bool offered = std::any_of(all.begin(), all.end(), [&](const auto& each) {
                return is_offered(each.first, each.first.second);
            });
            if (error->uri == uris::no_such_procedure && offered)
                wrong(Check::expected_outcome, turn, "an INVOCATION of what is offered is refused");
        }
    }
}

}  // namespace sallyport::sim
