#include "tests/sim/inside_watch.h"

#include <algorithm>

#include "tests/sim/names.h"
#include "wamp/message/passthru.h"
#include "wamp/message/uris.h"
#include "wamp/router/retained.h"

namespace sallyport::sim {

namespace uris = wamp::uris;
using policy::Action;
using policy::Grant;
using wamp::Feature;
using wamp::MatchPolicy;

void InsideWatch::on_begin(const Turn& turn) {
    egress_before_ = std::exchange(egress_now_, egress_bytes_());
    count_answers(turn);
}

/// Whatever follows from a message that is not modelled: answers of calls, and INTERRUPTs.
void InsideWatch::count_answers(const Turn& turn) {
    constexpr std::size_t messages_max = 3;  // ERROR, INTERRUPT, SUBSCRIBED and such
    if (!turn.in) return;
    const wamp::Payload* const payload = wamp::payload_of(*turn.in);
    answer_bytes_max_ += messages_max * held_overhead_bytes;
    if (payload != nullptr) answer_bytes_max_ += payload->bytes();
}

bool InsideWatch::may_wait(const ExpectedEvent& event) const {
    return is_link(event.to);
}

bool InsideWatch::may_be_told_later(wamp::PeerId id) const {
    return is_link(id) && holds_for_links();
}

void InsideWatch::on_end(const Turn& turn) {
    if (turn.cause == Turn::Cause::reload) {
        make_optional([this](const ExpectedEvent& each) {
            const Peer* const to = peer(each.to);
            return !each.topic.empty() && to != nullptr &&
                   !rules_->may_receive(to->is.principal, each.topic);
        });
    }
    if (egress_now_ != 0) return;
    expect_none_owed(turn);
    ended_.clear();
    constexpr std::size_t logins_max = 16;  // under way; they call, too
    answer_bytes_max_ = 2 * held_overhead_bytes * (ledger_.calls.size() + logins_max);
}

void InsideWatch::check_books(std::size_t held_bytes, std::size_t egress_bytes, Instant now) const {
    const auto wrong_bytes = [&](std::string_view what, std::size_t bytes, std::size_t due) {
        ledger_.findings.wrong(Check::bytes_counted, now,
                               name_ + ": " + std::to_string(bytes) + " bytes " +
                                   std::string(what) + ", not " + std::to_string(due));
    };
    const std::size_t calls = this->held_bytes();
    std::size_t ended = 0;
    for (const HeldCall& each : ended_) ended += each.bytes;
    std::size_t least = 0;
    std::size_t most = answer_bytes_max_ + calls + ended;
    for (const ExpectedEvent& each : owed()) {
        most += held_overhead_bytes + each.bytes;
        if (!each.optional) least += held_overhead_bytes + (each.is_bytes_known ? each.bytes : 0);
    }
    if (egress_bytes < least) wrong_bytes("are held for links", egress_bytes, least);
    if (egress_bytes > most) wrong_bytes("are held for links", egress_bytes, most);
    if (held_bytes > calls || (egress_bytes == 0 && held_bytes != calls))
        wrong_bytes("of calls are held", held_bytes, calls);
}

void InsideWatch::on_request(const Turn& turn, const Judged& judged) {
    if (const auto* call = turn.in_as<wamp::Call>()) on_call(turn, judged, *call);
    if (const auto* publish = turn.in_as<wamp::Publish>()) on_publish(turn, judged, *publish);
    if (const auto* request = turn.in_as<wamp::Subscribe>()) on_subscribe(turn, judged, *request);
    if (const auto* request = turn.in_as<wamp::Register>()) on_register(turn, judged, *request);
}

// Calls
// ------------------------------------------------------------------------------------------------

void InsideWatch::on_call(const Turn& turn, const Judged& judged, const wamp::Call& call) {
    CallState* const state = ledger_.call(payload_id_of(call.payload).first);
    if (judged.conveyed && state != nullptr && judged.of != state->caller)
        wrong(Check::true_identity, turn, "the link conveys another caller of " + call.procedure);
    if (state != nullptr && !judged.conveyed) {
        state->caller = judged.of;
        state->discloses = call.options.get_bool("disclose_me", false);
        calls_[{turn.peer, call.request}] = payload_id_of(call.payload).first;
    }
    if (!judged.passes()) {
        if (state != nullptr) state->may.insert(judged.error);
        return;
    }
    if (state != nullptr) {
        const Duration limit = judged.answer->text->limits.timeout;
        if (limit != Duration::zero())
            state->due = state->due == Duration::zero() ? limit : std::min(state->due, limit);
    }
    const bool invoked = std::any_of(turn.sent.begin(), turn.sent.end(), [](const auto& sent) {
        return std::holds_alternative<wamp::Invocation>(sent.message);
    });
    const auto& all = registrations_.held();
    const bool offered = std::any_of(all.begin(), all.end(), [&](const auto& each) {
        return wamp::matches(each.second.uri, each.second.match, call.procedure);
    });
    if (invoked && !offered)
        wrong(Check::expected_outcome, turn, "nobody offers " + call.procedure);
    if (invoked) return;
    const bool large = weight_of(call.payload).large;
    if (state != nullptr && large) state->may.insert(std::string(uris::payload_size_exceeded));
    // The answer may be held for its link.
    if (state != nullptr && judged.asked.opaque && is_link(turn.peer) && holds_for_links())
        state->may.insert(std::string(uris::feature_not_supported));
    const wamp::Error* const error = refusal(turn, turn.peer, call.request);
    if (offered && large && error != nullptr && error->uri == uris::payload_size_exceeded) {
        const bool small = std::any_of(all.begin(), all.end(), [&](const auto& each) {
            return wamp::matches(each.second.uri, each.second.match, call.procedure) &&
                   peers_.at(each.first.first).transport.receives_max <= small_receives_max;
        });
        if (!small)
            wrong(Check::expected_outcome, turn, call.procedure + " is too large for nobody");
        return;
    }
    const bool sealed =
        judged.asked.opaque && error != nullptr && error->uri == uris::feature_not_supported;
    if (offered && !sealed && error == nullptr) {
        ++ledger_.findings.counts.held_calls;
        held_.push_back({turn.peer, call.request, payload_id_of(call.payload).first, call.procedure,
                         judged.of.session, held_overhead_bytes + call.payload.bytes(),
                         shares_.now(), args_of(call.payload).value_or(wamp::List())});
        if (state == nullptr) return;
        state->may.insert(std::string(uris::unavailable));
        state->may.insert(std::string(uris::no_such_procedure));  // the callee has unregistered
        return;
    }
    if (offered && !sealed)
        wrong(Check::expected_outcome, turn, call.procedure + " is offered and refused");
    const std::string_view due = sealed ? uris::feature_not_supported : uris::no_such_procedure;
    if (state != nullptr) state->may.insert(std::string(due));
}

bool InsideWatch::offers(wamp::PeerId callee, wamp::RegistrationId id,
                         std::string_view procedure) const {
    const Holdings::Held* const held = registrations_.find(callee, id);
    if (held == nullptr || !wamp::matches(held->uri, held->match, procedure)) return false;
    if (held->match == MatchPolicy::exact) return true;
    const auto& all = registrations_.held();
    return std::none_of(all.begin(), all.end(), [&](const auto& each) {
        return each.second.match == MatchPolicy::exact && each.second.uri == procedure;
    });
}

void InsideWatch::check_invocation(const Turn& turn, const Turn::Sent& sent,
                                   const wamp::Invocation& invocation) {
    const auto tag = payload_id_of(invocation.payload).first;
    invocations_[{sent.to, invocation.request}] = tag;
    wamp::PeerId caller = turn.peer;
    std::string procedure;
    const auto callee_queue = static_cast<FairShares::Queue>(sent.to);
    if (const auto* const call = turn.in_as<wamp::Call>()) {
        procedure = call->procedure;
        shares_.is_empty(callee_queue);
    } else {
        // What is held for a link may come after its registration has ended.
        const bool is_late = is_link(sent.to) && holds_for_links();
        const wamp::List args = args_of(invocation.payload).value_or(wamp::List());
        const auto is_it = [&](const HeldCall& each) {
            return each.tag == tag && (tag != 0 || each.args == args) &&
                   (is_late || offers(sent.to, invocation.registration, each.procedure));
        };
        const auto held = std::find_if(held_.begin(), held_.end(), is_it);
        if (held == held_.end() && is_link(sent.to)) {
            const auto ended = std::find_if(ended_.begin(), ended_.end(),
                                            [&](const auto& each) { return each.tag == tag; });
            if (ended != ended_.end()) return void(ended_.erase(ended));
        }
        if (held == held_.end())
            return wrong(Check::expected_outcome, turn, "an INVOCATION of no call that was held");
        caller = held->caller;
        procedure = held->procedure;
        for (const HeldCall& each : held_) shares_.wait(callee_queue, each.bytes);
        const auto unfair = shares_.pass(callee_queue, {0, held->from}, held->bytes, held->since);
        if (unfair) wrong(Check::fair_share, turn, "a call of " + procedure + " " + *unfair);
        held_.erase(held);
        if (is_late) procedure.clear();
    }
    if (!procedure.empty() && !offers(sent.to, invocation.registration, procedure))
        wrong(Check::expected_outcome, turn, "an INVOCATION of what the callee does not offer");
    const CallState* const state = ledger_.call(tag);
    const Peer* const callee = peer(sent.to);
    if (state == nullptr || callee == nullptr) return;
    const bool from_outside = peers_.at(caller).link;
    const bool asked =
        state->discloses &&
        (callee->link || callee->features.has(Feature::callee_caller_identification));
    const bool due = asked || (from_outside && !callee->link);
    const bool told = tells(invocation.details, "caller");
    if (told != due || (told && !tells_truly(invocation.details, "caller", state->caller)))
        wrong(Check::true_identity, turn, "the caller of an INVOCATION");
    if (told) ++ledger_.findings.counts.named;
}

void InsideWatch::on_other_input(const Turn& turn) {
    const auto tag_of = [&](wamp::RequestId request) -> CallState* {
        const auto found = invocations_.find({turn.peer, request});
        return found == invocations_.end() ? nullptr : ledger_.call(found->second);
    };
    if (const auto* yield = turn.in_as<wamp::Yield>()) {
        CallState* const state = tag_of(yield->request);
        if (state != nullptr) state->yielded = true;
        if (!yield->options.get_bool("progress", false))
            invocations_.erase({turn.peer, yield->request});
    } else if (const auto* error = turn.in_as<wamp::Error>()) {
        if (CallState* const state = tag_of(error->request)) state->may.insert(error->uri);
        invocations_.erase({turn.peer, error->request});
    } else if (const auto* cancel = turn.in_as<wamp::Cancel>()) {
        const auto found = calls_.find({turn.peer, cancel->request});
        CallState* const state = found == calls_.end() ? nullptr : ledger_.call(found->second);
        if (state != nullptr) state->may.insert(std::string(uris::canceled));
    }
}

void InsideWatch::on_left(const Turn&, wamp::PeerId id) {
    for (const HeldCall& each : held_) {
        CallState* const state = is_link(each.caller) ? ledger_.call(each.tag) : nullptr;
        // Who leaves may be the callee, and the answer may be held for its link.
        if (state != nullptr && holds_for_links()) state->may.insert(std::string(uris::canceled));
    }
    std::erase_if(calls_, [&](const auto& each) { return each.first.first == id; });
    std::erase_if(held_, [&](const HeldCall& each) {
        if (each.caller != id) return false;
        shares_.forgive(each.from, each.bytes);
        if (holds_for_links()) ended_.push_back(each);
        return true;
    });
    std::erase_if(invocations_, [&](const auto& each) {
        if (each.first.first != id) return false;
        if (CallState* const state = ledger_.call(each.second))
            state->may.insert(std::string(uris::canceled));
        return true;
    });
}

// Registrations
// ------------------------------------------------------------------------------------------------

/// Whoever registers what others have shares it, takes it over, or is refused.
void InsideWatch::on_register(const Turn& turn, const Judged& judged,
                              const wamp::Register& request) {
    if (!judged.passes()) return;
    Holdings::All holders = registrations_.held();
    std::erase_if(holders, [&](const auto& each) {
        return each.second.uri != judged.asked.uri || each.second.match != judged.asked.match;
    });
    const bool own = std::any_of(holders.begin(), holders.end(),
                                 [&](const auto& each) { return each.first.first == turn.peer; });
    const std::string_view invoke = request.options.get_string("invoke", "single");
    const bool shares =
        !own && invoke != "single" && !holders.empty() && holders.begin()->second.invoke == invoke;
    const bool takes = !own && request.options.get_bool("force_reregister", false) &&
                       judged.grants(Grant::force_reregister);
    const bool registered = std::any_of(turn.sent.begin(), turn.sent.end(), [&](const auto& sent) {
        const auto* const answer = std::get_if<wamp::Registered>(&sent.message);
        return answer != nullptr && sent.to == turn.peer && answer->request == request.request;
    });
    if (registered != (holders.empty() || shares || takes))
        wrong(Check::expected_outcome, turn, "REGISTER of " + judged.asked.uri);
    const wamp::Error* const error = refusal(turn, turn.peer, request.request);
    if (!registered && (error == nullptr || error->uri != uris::procedure_already_exists))
        wrong(Check::expected_outcome, turn, "the refusal of " + judged.asked.uri);
    expect_taken(turn, takes ? holders : Holdings::All{});
}

/// Those lose their registrations, are told so, and nobody else is.
void InsideWatch::expect_taken(const Turn& turn, const Holdings::All& holders) {
    std::size_t told = 0;
    for (const Turn::Sent& sent : turn.sent) {
        const auto* const ended = std::get_if<wamp::Unregistered>(&sent.message);
        if (ended == nullptr || ended->request != 0) continue;
        ++told;
        if (!holders.contains({sent.to, ended->details.get_uint("registration", 0)}) ||
            ended->details.get_string("reason") != "wamp.error.unregistered") {
            wrong(Check::expected_outcome, turn, "a registration is taken away for nothing");
        }
    }
    ledger_.findings.counts.taken += told;
    if (told != holders.size())
        wrong(Check::expected_outcome, turn, "somebody is not told of a registration taken over");
}

// Events
// ------------------------------------------------------------------------------------------------

namespace {

/// Of a retained event.
std::size_t bytes_of(const wamp::Publish& publish) {
    std::size_t bytes = wamp::RetainedEvents::overhead_bytes + publish.topic.size() +
                        publish.payload.bytes() + publish.options.get_string("ppt_scheme").size();
    for (const auto& [name, value] : publish.options) {
        const auto* const list = value.get_if<wamp::List>();
        if (list == nullptr || name == "forward_for") continue;
        for (const wamp::Value& entry : *list) {
            const auto* const text = entry.get_if<std::string>();
            bytes += sizeof(wamp::Value) + (text == nullptr ? 0 : text->size());
        }
    }
    return bytes;
}

}  // namespace

std::size_t InsideWatch::held_bytes() const noexcept {
    std::size_t bytes = 0;
    for (const HeldCall& held : held_) bytes += held.bytes;
    return bytes;
}

std::size_t InsideWatch::retained_bytes() const noexcept {
    std::size_t bytes = 0;
    for (const auto& [topic, kept] : retained_) bytes += kept.bytes;
    return bytes;
}

void InsideWatch::on_publish(const Turn& turn, const Judged& judged, const wamp::Publish& publish) {
    if (!judged.passes()) return;
    const PayloadId payload_id = payload_id_of(publish.payload);
    const bool from_link = peers_.at(turn.peer).link;
    const auto found = ledger_.publications.find(payload_id);
    const Publication* const known =
        from_link && found != ledger_.publications.end() ? &found->second : nullptr;
    if (known != nullptr && judged.of != known->publisher)
        wrong(Check::true_identity, turn, "the link conveys another publisher of " + publish.topic);
    const bool excludes = publish.options.get_bool("exclude_me", true);
    Publication publication;
    publication.publisher = judged.of;
    publication.discloses =
        publish.options.get_bool("disclose_me", false) && judged.grants(Grant::disclose_me);
    publication.retains =
        judged.grants(Grant::retain) &&
        (known != nullptr ? known->retains : publish.options.get_bool("retain", false));
    publication.sealed = judged.asked.opaque;
    publication.weight = weight_of(publish.payload);
    publication.bytes = publish.payload.bytes();
    publication.is_bytes_known = true;
    publication.audience = Audience(publish.options);
    if (!from_link) ledger_.audiences[payload_id] = publication.audience;
    if (known != nullptr &&
        !known->audience.crosses_as(publication.audience, known->excluded_behind()))
        wrong(Check::right_subscription, turn, publish.topic + " comes from the link for others");
    if (publication.retains) {
        retained_[publish.topic] = {payload_id, from_link || !excludes ? wamp::no_peer : turn.peer,
                                    bytes_of(publish), publication};
    }
    expect_publication(payload_id, publish.topic, excludes ? turn.peer : wamp::no_peer,
                       publication);
}

void InsideWatch::on_testament(const Turn&, wamp::PeerId from, const Testament& testament,
                               bool passes) {
    if (!passes) return;
    Publication publication;
    publication.audience = testament.audience;
    ledger_.audiences[testament.payload_id] = testament.audience;
    publication.bytes = testament.bytes;
    expect_publication(testament.payload_id, testament.topic, from, publication);
}

bool InsideWatch::is_for(const Publication& publication, const Peer& receiver) {
    const Audience& audience = publication.audience;
    return (receiver.link ? audience.reaches_link(receiver.is.session, receiver.is.principal)
                          : audience.admits(receiver.is.session, receiver.is.principal)) &&
           (!publication.sealed ||
            receiver.features.has(Feature::subscriber_payload_passthru_mode));
}

void InsideWatch::expect_publication(const PayloadId& payload_id, const std::string& topic,
                                     wamp::PeerId excluded, const Publication& publication) {
    for (const auto& [key, held] : subscriptions_.held()) {
        if (key.first == excluded || !wamp::matches(held.uri, held.match, topic)) continue;
        const Peer& to = peers_.at(key.first);
        if (!is_for(publication, to)) continue;
        const bool exact = held.match == MatchPolicy::exact;
        if (!exact && !rules_->may_receive(to.is.principal, topic)) continue;
        ExpectedEvent event{key.first, key.second, payload_id};
        if (publication.discloses && to.features.has(Feature::subscriber_publisher_identification))
            event.publisher = publication.publisher;
        if (!exact) event.topic = topic;
        event.optional = is_leaving(key.first);
        event.weight = publication.weight;
        event.bytes = publication.bytes;
        event.is_bytes_known = publication.is_bytes_known;
        expect(std::move(event));
    }
    // The SUBSCRIBED of a link may be held, too.
    for (const auto& [key, asked] : subscriptions_.asked()) {
        if (!is_link(key.first) || !wamp::matches(asked.uri, asked.match, topic)) continue;
        ExpectedEvent event{key.first, unconfirmed, payload_id};
        if (publication.discloses) event.publisher = publication.publisher;
        if (asked.match != MatchPolicy::exact) event.topic = topic;
        event.optional = true;
        event.bytes = publication.bytes;
        expect(std::move(event));
    }
}

const InsideWatch::Kept* InsideWatch::kept_of(const std::string& topic) const {
    const auto found = retained_.find(topic);
    return found == retained_.end() ? nullptr : &found->second;
}

void InsideWatch::on_subscribe(const Turn& turn, const Judged& judged,
                               const wamp::Subscribe& request) {
    if (!judged.passes() || !is_link(turn.peer)) return;
    const bool answered = std::any_of(turn.sent.begin(), turn.sent.end(), [](const auto& sent) {
        return std::holds_alternative<wamp::Subscribed>(sent.message);
    });
    if (answered) return;
    const Kept* const kept = kept_of(request.topic);
    kept_then_[{turn.peer, request.request}] =
        kept == nullptr ? std::nullopt : std::optional(*kept);
}

void InsideWatch::on_subscribed(const Turn&, const Turn::Sent& sent,
                                const wamp::Subscribed& subscribed, const Holdings::Held& held) {
    const auto then = kept_then_.extract({sent.to, subscribed.request});
    const Kept* kept = kept_of(held.uri);
    if (!then.empty()) kept = then.mapped() ? &*then.mapped() : nullptr;
    if (!held.wants_retained || held.match != MatchPolicy::exact || kept == nullptr) return;
    if (kept->excluded == sent.to) return;
    if (!is_for(kept->publication, peers_.at(sent.to))) return;
    ExpectedEvent event{sent.to, subscribed.subscription, kept->payload_id};
    event.retained = true;
    event.weight = kept->publication.weight;
    event.bytes = kept->publication.bytes;
    expect(std::move(event));
}

void InsideWatch::on_sent(const Turn& turn, const Turn::Sent& sent) {
    if (const auto* invocation = std::get_if<wamp::Invocation>(&sent.message))
        check_invocation(turn, sent, *invocation);
    if (const auto* error = std::get_if<wamp::Error>(&sent.message);
        error != nullptr && error->request_type == wamp::MessageType::call) {
        const auto own = calls_.find({sent.to, error->request});
        CallState* const slow = own == calls_.end() ? nullptr : ledger_.call(own->second);
        if (error->uri == uris::too_slow && outruns(turn, sent.to) && slow != nullptr) {
            ++ledger_.findings.counts.too_slow;
            slow->may.insert(error->uri);
        }
        std::erase_if(held_, [&](const HeldCall& each) {
            if (each.caller != sent.to || each.request != error->request) return false;
            shares_.forgive(each.from, each.bytes);
            if (holds_for_links()) ended_.push_back(each);
            // Who leaves may be the callee, even if it offers the procedure no longer.
            CallState* const state = ledger_.call(each.tag);
            if (state != nullptr && anybody_leaves())
                state->may.insert(std::string(uris::canceled));
            return true;
        });
    }
}

}  // namespace sallyport::sim
