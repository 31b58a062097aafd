#include "tests/sim/door_watch.h"

#include <algorithm>
#include <array>
#include <utility>

#include "tests/sim/names.h"
#include "wamp/base/frame.h"
#include "wamp/message/match.h"
#include "wamp/message/uris.h"

namespace sallyport::sim {

namespace uris = wamp::uris;
using policy::Action;
using policy::Outcome;

void DoorWatch::see(const Turn& turn) {
    ++turn_;
    expected_.clear();
    events_.clear();
    unheard_.clear();
    leaving_.clear();
    judged_.reset();
    overrun_.clear();
    old_ = rules_;
    on_begin(turn);
    note_reading(turn);
    if (turn.cause == Turn::Cause::reload && next_ != nullptr)
        rules_ = std::exchange(next_, nullptr);
    look_at_input(turn);
    find_leavers(turn);
    expect_records(turn);
    records_.settle(turn, rules_->hash(), expected_);
    after_request(turn);
    publish_testaments(turn);
    expect_meta_events(turn);
    for (const Turn::Sent& sent : turn.sent) see_sent(turn, sent);
    for (const ExpectedEvent& missing : events_) {
        if (may_wait(missing)) {
            owed_.push_back(missing);
        } else if (!missing.optional && !is_overrun(missing) && !has_ended(turn, missing)) {
            miss(turn, missing);
        }
    }
    check_undeliverable(turn);
    for (const wamp::PeerId id : leaving_) {
        on_left(turn, id);
        std::erase_if(owed_, [id](const ExpectedEvent& each) { return each.to == id; });
        subscriptions_.gone(id);
        registrations_.gone(id);
        Peer& peer = peers_[id];
        peer.is = {};
        peer.testaments.clear();
        peer.published = 0;
    }
    if (turn.cause == Turn::Cause::reload) {
        take_denied();
        check_holdings(turn);
    }
    on_end(turn);
}

void DoorWatch::miss(const Turn& turn, const ExpectedEvent& missing) const {
    wrong(Check::no_event_lost, turn,
          "no EVENT " + std::to_string(missing.payload_id.first) + ":" +
              std::to_string(missing.payload_id.second) + " to peer " +
              std::to_string(static_cast<std::uint64_t>(missing.to)) + " on " +
              std::to_string(missing.subscription));
}

void DoorWatch::expect_none_owed(const Turn& turn) {
    for (const ExpectedEvent& each : owed_) {
        if (!each.optional) miss(turn, each);
    }
    owed_.clear();
}

/// Who is slow, and which subscriptions of slow sessions end.
void DoorWatch::note_reading(const Turn& turn) {
    if (turn.cause == Turn::Cause::written && !turn.from_link) {
        Peer& from = peers_[turn.peer];
        from.unread = turn.unread;
        from.given = 0;
        if (turn.unread < limits_.window_bytes) {
            from.behind_since = wamp::never;
            from.may_be_behind_since = wamp::never;
        } else if (from.behind_since == wamp::never) {
            from.behind_since = turn.now;
            from.may_be_behind_since = std::min(from.may_be_behind_since, turn.now);
        }
        from.slow =
            from.behind_since != wamp::never && turn.now - from.behind_since >= limits_.slow_after;
    }
    for (const Turn::Sent& sent : turn.sent) {
        if (sent.to_link) continue;
        Peer& to = peers_[sent.to];
        to.given += sent.bytes.size() + wamp::Frame::prefix_bytes;
        if (to.may_be_behind_since == wamp::never && to.unread + to.given >= limits_.window_bytes)
            to.may_be_behind_since = turn.now;
        const auto* const ended = std::get_if<wamp::Unsubscribed>(&sent.message);
        if (ended == nullptr || ended->details.get_string("reason") != uris::too_slow) continue;
        ++ledger_.findings.counts.too_slow;
        overrun_.emplace_back(sent.to, ended->details.get_uint("subscription", 0));
        outruns(turn, sent.to);
    }
}

bool DoorWatch::outruns(const Turn& turn, wamp::PeerId id) {
    const Peer& to = peers_[id];
    if (may_be_slow(to, turn.now) && to.unread + to.given >= limits_.session_bytes_max) return true;
    wrong(Check::no_message_lost, turn,
          "peer " + std::to_string(static_cast<std::uint64_t>(id)) + ", for which " +
              std::to_string(to.unread + to.given) + " bytes wait, is told that it is too slow");
    return false;
}

bool DoorWatch::has_ended(const Turn& turn, const ExpectedEvent& event) const {
    return subscriptions_.find(event.to, event.subscription) == nullptr &&
           std::find(turn.resumed.begin(), turn.resumed.end(), event.to) != turn.resumed.end();
}

bool DoorWatch::is_overrun(const ExpectedEvent& event) const {
    return std::find(overrun_.begin(), overrun_.end(),
                     Holdings::Key(event.to, event.subscription)) != overrun_.end();
}

std::size_t DoorWatch::testament_bytes() const {
    std::size_t bytes = 0;
    for (const auto& [id, each] : peers_) {
        for (const Testament& testament : each.testaments) bytes += testament.bytes;
    }
    return bytes;
}

std::uint64_t DoorWatch::published(wamp::SessionId session) const {
    for (const auto& [id, each] : peers_) {
        if (each.is.session == session) return each.published;
    }
    return 0;
}

bool DoorWatch::is_leaving(wamp::PeerId id) const {
    return std::find(leaving_.begin(), leaving_.end(), id) != leaving_.end();
}

const wamp::Error* DoorWatch::refusal(const Turn& turn, wamp::PeerId to, wamp::RequestId request) {
    for (const Turn::Sent& sent : turn.sent) {
        const auto* const error = std::get_if<wamp::Error>(&sent.message);
        if (error != nullptr && sent.to == to && error->request == request) return error;
    }
    return nullptr;
}

// Input
// ------------------------------------------------------------------------------------------------

void DoorWatch::look_at_input(const Turn& turn) {
    if (turn.from_link && !links_join()) return;
    if (turn.cause == Turn::Cause::opened) peers_[turn.peer].transport = turn.opened;
    if (const auto* hello = turn.in_as<wamp::Hello>()) {
        Peer& peer = peers_[turn.peer];
        if (peer.joined()) return;
        peer.link = turn.from_link;
        peer.number = turn.link;
        peer.features = wamp::read_features(hello->details);
    }
    const Peer* const from = peer(turn.peer);
    if (from == nullptr || !from->joined() || !turn.in) return;
    if (turn.in_as<wamp::Publish>() != nullptr) ++peers_[turn.peer].published;
    // A protocol violation ends the session; the request is not decided.
    const bool violated = std::any_of(turn.sent.begin(), turn.sent.end(), [&](const auto& sent) {
        return sent.to == turn.peer && std::holds_alternative<wamp::Abort>(sent.message);
    });
    if (!violated) judged_ = judge(*turn.in, from->is, from->link, *rules_);
}

void DoorWatch::find_leavers(const Turn& turn) {
    const auto leaves = [&](wamp::PeerId id) {
        const Peer* const left = peer(id);
        if (left != nullptr && left->joined() && !is_leaving(id)) leaving_.push_back(id);
    };
    if (turn.from_link && !links_join()) {
        for (const wamp::PeerId id : turn.closed) leaves(id);
    } else if (turn.cause == Turn::Cause::closed || turn.in_as<wamp::Goodbye>() != nullptr) {
        leaves(turn.peer);
    }
    for (const Turn::Sent& sent : turn.sent) {
        if (sent.to_link && !links_join()) continue;
        if (std::holds_alternative<wamp::Goodbye>(sent.message) ||
            std::holds_alternative<wamp::Abort>(sent.message)) {
            leaves(sent.to);
        }
    }
    for (const wamp::PeerId id : turn.closed) leaves(id);
}

// Expected audit records
// ------------------------------------------------------------------------------------------------

void DoorWatch::expect_records(const Turn& turn) {
    if (judged_) {
        ExpectedRecord record;
        record.of = judged_->of;
        record.via = judged_->conveyed ? peers_.at(turn.peer).is.session : 0;
        record.asked = judged_->asked;
        record.asked.opaque = false;
        const policy::RuleText* const text = judged_->answer->text;
        if (text != nullptr) record.rule = text->id;
        if (!judged_->passes()) {
            record.outcomes = {Outcome::deny};
        } else {
            record.outcomes = {Outcome::allow};
            if (text->limits.rate_per_s > 0) record.outcomes.push_back(Outcome::over_rate);
            if (text->limits.in_flight > 0) record.outcomes.push_back(Outcome::over_in_flight);
        }
        expected_.push_back(record);
        expect_shadow(record, *judged_->answer);
        if (const auto* call = turn.in_as<wamp::Call>();
            call != nullptr && call->procedure == add_testament && judged_->passes()) {
            expect_testament_record(turn, *call);
        }
    }
    for (const wamp::PeerId id : leaving_)
        expected_.push_back({{Outcome::leave}, peers_.at(id).is});
    for (const Turn::Sent& sent : turn.sent) {
        if (sent.to_link && !links_join()) continue;
        if (const auto* welcome = std::get_if<wamp::Welcome>(&sent.message)) {
            expected_.push_back({{Outcome::join}, {welcome->session, {}}});
        } else if (const auto* abort = std::get_if<wamp::Abort>(&sent.message)) {
            const Peer* const refused = peer(sent.to);
            const bool joined = refused != nullptr && refused->joined();
            if (!joined && abort->reason != uris::protocol_violation)
                expected_.push_back({{Outcome::join_refused}, {}});
        }
    }
    if (turn.cause == Turn::Cause::reload) {
        if (rules_ != old_) expected_.push_back({{Outcome::reload}, {}});
        expect_revocations(turn);
    }
    expect_more_records(turn);
    first_testament_ = expected_.size();
    if (silences(turn)) return;
    for (const wamp::PeerId id : leaving_) {
        const Peer& left = peers_.at(id);
        for (const Testament& testament : left.testaments) {
            const Rules::Query asked{Action::publish, testament.topic};
            const auto outcome =
                rules_->decide(left.is.principal, asked).allowed ? Outcome::allow : Outcome::deny;
            expected_.push_back({{outcome}, left.is, 0, asked});
        }
    }
    const auto testaments_end = expected_.size();
    for (std::size_t i = first_testament_; i < testaments_end; ++i) {
        const ExpectedRecord decided = expected_[i];
        expect_shadow(decided, rules_->decide(decided.of.principal, decided.asked));
    }
}

/// What shadow rules would change is recorded beside the decision.
void DoorWatch::expect_shadow(const ExpectedRecord& decided, const Rules::Answer& answer) {
    if (!answer.disputed) return;
    ++ledger_.findings.counts.shadows;
    ExpectedRecord record{{Outcome::shadow}, decided.of, decided.via, decided.asked};
    if (!answer.shadow.empty()) record.rule = answer.shadow;
    expected_.push_back(std::move(record));
}

void DoorWatch::expect_revocations(const Turn& turn) {
    const auto expect_all = [&](const Holdings::All& all, Action action) {
        for (const auto& [key, held] : all) {
            const Peer* const holder = peer(key.first);
            if (holder == nullptr || !holder->joined() || is_leaving(key.first)) continue;
            const Rules::Query asked{action, held.uri, held.match};
            // What is published about sessions that the reload ends may be too much for it.
            bool too_slow = false;
            const bool told = std::any_of(turn.sent.begin(), turn.sent.end(), [&](const auto& s) {
                if (s.to != key.first || (s.to_link && !links_join())) return false;
                if (const auto* ended = std::get_if<wamp::Unsubscribed>(&s.message)) {
                    if (ended->details.get_string("reason") == uris::too_slow) {
                        too_slow |= action == Action::subscribe &&
                                    ended->details.get_uint("subscription", 0) == key.second;
                        return false;
                    }
                    return action == Action::subscribe && ended->request == 0 &&
                           ended->details.get_uint("subscription", 0) == key.second;
                }
                if (const auto* ended = std::get_if<wamp::Unregistered>(&s.message)) {
                    return action == Action::register_ && ended->request == 0 &&
                           ended->details.get_uint("registration", 0) == key.second;
                }
                return false;
            });
            const bool denied = !rules_->decide(holder->is.principal, asked).allowed;
            if (!told && (!denied || too_slow)) continue;
            ++ledger_.findings.counts.revoked;
            expected_.push_back({{Outcome::revoke}, holder->is, 0, asked});
        }
    };
    expect_all(subscriptions_.held(), Action::subscribe);
    expect_all(registrations_.held(), Action::register_);
    // Pending requests that the reload refuses are recorded as revoked, too.
    for (const auto* pending : {&subscriptions_.asked(), &registrations_.asked()}) {
        const bool subscribes = pending == &subscriptions_.asked();
        for (const auto& [key, held] : *pending) {
            const Action action = subscribes ? Action::subscribe : Action::register_;
            const bool later =
                may_be_told_later(key.first) &&
                !rules_->decide(peers_.at(key.first).is.principal, {action, held.uri, held.match})
                     .allowed;
            if (is_leaving(key.first)) continue;
            if (!later && refusal(turn, key.first, key.second) == nullptr) continue;
            expected_.push_back(
                {{Outcome::revoke}, peers_.at(key.first).is, 0, {action, held.uri, held.match}});
        }
    }
}

void DoorWatch::take_denied() {
    const Holdings::All all = subscriptions_.held();
    for (const auto& [key, held] : all) {
        const Rules::Query asked{Action::subscribe, held.uri, held.match};
        if (may_be_told_later(key.first) &&
            !rules_->decide(peers_.at(key.first).is.principal, asked).allowed)
            subscriptions_.take_away(key.first, key.second);
    }
}

void DoorWatch::check_holdings(const Turn& turn) {
    const auto check = [&](const Holdings::All& all, Action action) {
        for (const auto& [key, held] : all) {
            const Peer* const holder = peer(key.first);
            if (holder == nullptr || !holder->joined()) continue;
            if (rules_->decide(holder->is.principal, {action, held.uri, held.match}).allowed)
                continue;
            wrong(Check::atomic_reload, turn,
                  "session " + std::to_string(holder->is.session) + " still holds " + held.uri);
        }
    };
    check(subscriptions_.held(), Action::subscribe);
    check(registrations_.held(), Action::register_);
    for (const auto& [id, each] : peers_) {
        if (each.joined() && !each.link && !rules_->admits(each.is.principal))
            wrong(Check::atomic_reload, turn, each.is.principal.authid + " is still there");
    }
}

// Effects
// ------------------------------------------------------------------------------------------------

void DoorWatch::after_request(const Turn& turn) {
    if (turn.in && !judged_) {
        const bool of_door = !turn.from_link || links_join();
        if (const auto* ended = turn.in_as<wamp::Unsubscribe>(); ended != nullptr && of_door)
            subscriptions_.give_up(turn.peer, ended->request, ended->subscription);
        if (const auto* ended = turn.in_as<wamp::Unregister>(); ended != nullptr && of_door)
            registrations_.give_up(turn.peer, ended->request, ended->registration);
    }
    if (!judged_) return on_other_input(turn);
    const auto outcome = expected_.front().outcome;
    if (judged_->passes() && outcome && *outcome != Outcome::allow)
        judged_->error = uris::unavailable;  // over a limit
    if (!judged_->passes() && judged_->answers) {
        const wamp::Error* const error = refusal(turn, turn.peer, judged_->request);
        if (error == nullptr || error->uri != judged_->error) {
            wrong(Check::expected_outcome, turn,
                  judged_->asked.uri + " should be refused with " + judged_->error + " and got " +
                      (error == nullptr ? "nothing" : error->uri));
        }
    }
    if (judged_->passes()) {
        Holdings::Held held{judged_->asked.uri, judged_->asked.match};
        if (const auto* subscribe = turn.in_as<wamp::Subscribe>())
            held.wants_retained = subscribe->options.get_bool("get_retained", false);
        if (const auto* register_ = turn.in_as<wamp::Register>())
            held.invoke = register_->options.get_string("invoke", "single");
        if (judged_->asked.action == Action::subscribe)
            subscriptions_.ask(turn.peer, judged_->request, held);
        if (judged_->asked.action == Action::register_)
            registrations_.ask(turn.peer, judged_->request, held);
    }
    if (judged_->asked.uri.starts_with(meta_head)) {
        if (const auto* call = turn.in_as<wamp::Call>(); call != nullptr && judged_->passes())
            check_meta_answer(turn, *call);
        return;
    }
    on_request(turn, *judged_);
}

void DoorWatch::see_sent(const Turn& turn, const Turn::Sent& sent) {
    on_sent(turn, sent);
    if (sent.to_link && !links_join()) return;
    if (const auto* welcome = std::get_if<wamp::Welcome>(&sent.message)) {
        peers_[sent.to].is = {welcome->session,
                              {std::string(welcome->details.get_string("authid")),
                               std::string(welcome->details.get_string("authrole"))}};
    } else if (const auto* subscribed = std::get_if<wamp::Subscribed>(&sent.message)) {
        const auto* held =
            subscriptions_.confirm(sent.to, subscribed->request, subscribed->subscription);
        if (held != nullptr) on_subscribed(turn, sent, *subscribed, *held);
    } else if (const auto* unsubscribed = std::get_if<wamp::Unsubscribed>(&sent.message)) {
        if (unsubscribed->request != 0) {
            if (subscriptions_.is_overtaken(sent.to, unsubscribed->request))
                wrong(Check::subscribed_only, turn, "UNSUBSCRIBED overtakes SUBSCRIBED");
            subscriptions_.given_up(sent.to, unsubscribed->request);
        } else {
            subscriptions_.take_away(sent.to, unsubscribed->details.get_uint("subscription", 0));
        }
    } else if (const auto* registered = std::get_if<wamp::Registered>(&sent.message)) {
        registrations_.confirm(sent.to, registered->request, registered->registration);
    } else if (const auto* unregistered = std::get_if<wamp::Unregistered>(&sent.message)) {
        if (unregistered->request != 0) {
            if (registrations_.is_overtaken(sent.to, unregistered->request))
                wrong(Check::subscribed_only, turn, "UNREGISTERED overtakes REGISTERED");
            registrations_.given_up(sent.to, unregistered->request);
        } else {
            registrations_.take_away(sent.to, unregistered->details.get_uint("registration", 0));
        }
    } else if (const auto* error = std::get_if<wamp::Error>(&sent.message)) {
        if (error->request_type == wamp::MessageType::subscribe)
            subscriptions_.refuse(sent.to, error->request);
        if (error->request_type == wamp::MessageType::register_)
            registrations_.refuse(sent.to, error->request);
    } else if (const auto* event = std::get_if<wamp::Event>(&sent.message)) {
        see_event(turn, sent, *event);
    }
}

void DoorWatch::expect(ExpectedEvent event) {
    const Peer& to = peers_.at(event.to);
    const bool unheard =
        (event.weight.large && to.transport.receives_max <= small_receives_max) ||
        (event.weight.not_in_json && to.transport.serializer == wamp::Serializer::json);
    event.turn = turn_;
    (unheard ? unheard_ : events_).push_back(std::move(event));
}

void DoorWatch::check_undeliverable(const Turn& turn) {
    const std::uint64_t counted =
        turn.undeliverable - std::exchange(undeliverable_, turn.undeliverable);
    // A large progressive result that its caller cannot receive is counted, too.
    const auto* const yield = turn.in_as<wamp::Yield>();
    const auto* const result = turn.in_as<wamp::CallResult>();
    const bool progress = (yield != nullptr && yield->options.get_bool("progress", false) &&
                           weight_of(yield->payload).large) ||
                          (result != nullptr && result->details.get_bool("progress", false) &&
                           weight_of(result->payload).large);
    const auto most = unheard_.size() + (progress ? 1 : 0);
    std::erase_if(unheard_,
                  [this](const ExpectedEvent& each) { return each.optional || is_overrun(each); });
    ledger_.findings.counts.undeliverable += counted;
    if (counted >= unheard_.size() && counted <= most) return;
    wrong(Check::no_event_lost, turn,
          std::to_string(unheard_.size()) + " to " + std::to_string(most) +
              " events cannot be delivered, and the door counts " + std::to_string(counted));
}

std::optional<DoorWatch::ExpectedEvent> DoorWatch::take_due(const Turn& turn,
                                                            const Turn::Sent& sent,
                                                            const wamp::Event& event,
                                                            const PayloadId& payload_id) {
    const bool retained = event.details.get_bool("retained", false);
    const auto is_there = [&](const ExpectedEvent& each) {
        return each.to == sent.to &&
               (each.subscription == event.subscription || each.subscription == unconfirmed);
    };
    const auto is_it = [&](const ExpectedEvent& each) {
        return is_there(each) && each.payload_id == payload_id && each.retained == retained;
    };
    const auto owed = std::find_if(owed_.begin(), owed_.end(), is_it);
    // Those of one publisher keep their order, across subscriptions (W-ORD-01). A retained event is
    // due from SUBSCRIBED on, whatever else is owed.
    const std::uint64_t since = owed == owed_.end() ? turn_ : owed->turn;
    const bool overtakes = std::any_of(owed_.begin(), owed, [&](const ExpectedEvent& each) {
        return each.to == sent.to && each.payload_id.first == payload_id.first &&
               each.turn < since && !each.optional && !retained && !each.retained;
    });
    if (overtakes)
        wrong(Check::publisher_order, turn,
              "EVENT " + std::to_string(payload_id.first) + ":" +
                  std::to_string(payload_id.second) + " overtakes others");
    std::vector<ExpectedEvent>& all = owed == owed_.end() ? events_ : owed_;
    const auto found = std::find_if(all.begin(), all.end(), is_it);
    if (found == all.end()) return std::nullopt;
    ExpectedEvent due = std::move(*found);
    all.erase(found);
    return due;
}

void DoorWatch::see_event(const Turn& turn, const Turn::Sent& sent, const wamp::Event& event) {
    const Peer& to = peers_[sent.to];
    if (!to.link && to.slow && to.unread >= limits_.session_bytes_max)
        wrong(Check::bytes_counted, turn, "an EVENT to a session for which too much waits");
    const Holdings::Held* const held = subscriptions_.find(sent.to, event.subscription);
    PayloadId payload_id = payload_id_of(event.payload);
    if (held != nullptr && wamp::reaches_reserved(held->uri, held->match) &&
        held->uri.starts_with(meta_head)) {
        ++ledger_.findings.counts.meta;
        const auto args = wamp::args_of(event.payload);
        const bool joins = args && !args->empty() && (*args)[0].get_if<wamp::Dict>() != nullptr;
        if (joins) payload_id.first = (*args)[0].get_if<wamp::Dict>()->get_uint("session", 0);
        payload_id.second = joins ? 1 : 2;
    }
    const bool retained = event.details.get_bool("retained", false);
    const auto due = take_due(turn, sent, event, payload_id);
    if (!due) {
        return wrong(Check::right_subscription, turn,
                     "EVENT " + std::to_string(payload_id.first) + ":" +
                         std::to_string(payload_id.second) + " on " +
                         (held == nullptr ? std::string("nothing") : held->uri) + " to peer " +
                         std::to_string(static_cast<std::uint64_t>(sent.to)));
    }
    const ExpectedEvent& expected = *due;
    if (event.details.get_string("topic") != expected.topic)
        wrong(Check::right_subscription, turn,
              "EVENT of " + expected.topic + " is told as of " +
                  std::string(event.details.get_string("topic")));
    const bool told = tells(event.details, "publisher");
    if (told != expected.publisher.has_value() ||
        (told && !tells_truly(event.details, "publisher", *expected.publisher))) {
        wrong(Check::true_identity, turn, "the publisher of an EVENT");
    }
    if (told) ++ledger_.findings.counts.named;
    if (retained) ++ledger_.findings.counts.retained;
}

}  // namespace sallyport::sim
