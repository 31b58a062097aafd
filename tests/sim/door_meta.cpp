// The model of what a door answers and publishes itself: the session meta API and testaments.
#include <algorithm>
#include <set>

#include "tests/sim/door_watch.h"
#include "tests/sim/names.h"
#include "wamp/message/uris.h"

namespace sallyport::sim {

namespace uris = wamp::uris;
using policy::Action;
using policy::Outcome;

namespace {

/// The testament that a call of add_testament by one of our actors contains.
Testament testament_of(const wamp::Call& call) {
    const auto args = wamp::args_of(call.payload);
    const auto kwargs = wamp::kwargs_of(call.payload);
    Testament testament;
    if (!args || args->size() < 2) return testament;
    if (const auto* topic = (*args)[0].get_if<std::string>()) testament.topic = *topic;
    if (const auto* inner = (*args)[1].get_if<wamp::List>();
        inner != nullptr && inner->size() == 2) {
        if (const auto* first = (*inner)[0].get_if<std::uint64_t>())
            testament.payload_id.first = *first;
        if (const auto* second = (*inner)[1].get_if<std::uint64_t>())
            testament.payload_id.second = *second;
    }
    testament.detached = kwargs && kwargs->get_string("scope") == "detached";
    const auto* const given = kwargs ? kwargs->find("publish_options") : nullptr;
    const auto* const lists = given == nullptr ? nullptr : given->get_if<wamp::Dict>();
    const wamp::Dict options = lists == nullptr ? wamp::Dict() : *lists;
    testament.audience = Audience(options);
    constexpr std::size_t overhead_bytes = 128;
    testament.bytes = overhead_bytes + testament.topic.size() +
                      wamp::encode_value(wamp::Serializer::msgpack, options).size();
    if (const auto* inner = (*args)[1].get_if<wamp::List>())
        testament.bytes += wamp::make_payload(call.payload.serializer, *inner, {}).view().bytes();
    return testament;
}

const wamp::CallResult* result_of(const Turn& turn, wamp::RequestId request) {
    for (const Turn::Sent& sent : turn.sent) {
        const auto* const result = std::get_if<wamp::CallResult>(&sent.message);
        if (result != nullptr && sent.to == turn.peer && result->request == request) return result;
    }
    return nullptr;
}

}  // namespace

void DoorWatch::expect_testament_record(const Turn& turn, const wamp::Call& call) {
    const Identity& of = peers_.at(turn.peer).is;
    const Rules::Query asked{Action::publish, testament_of(call).topic};
    const Rules::Answer& answer = rules_->decide(of.principal, asked);
    if (answer.allowed) return;
    expected_.push_back({{Outcome::deny}, of, 0, asked});
}

void DoorWatch::check_meta_answer(const Turn& turn, const wamp::Call& call) {
    ++ledger_.findings.counts.meta;
    const wamp::CallResult* const result = result_of(turn, call.request);
    const wamp::Error* const error = refusal(turn, turn.peer, call.request);
    const auto demand = [&](bool holds) {
        if (!holds) wrong(Check::expected_outcome, turn, call.procedure + " is answered wrongly");
    };
    demand((result == nullptr) != (error == nullptr));
    const auto answer = result != nullptr ? wamp::args_of(result->payload) : std::nullopt;
    if (result != nullptr && (!answer || answer->size() != 1)) return demand(false);
    std::set<wamp::SessionId> sessions;
    for (const auto& [id, each] : peers_) {
        if (each.joined() && !each.link) sessions.insert(each.is.session);
    }
    const auto asked = wamp::args_of(call.payload);
    const auto* const about =
        asked && !asked->empty() ? (*asked)[0].get_if<std::uint64_t>() : nullptr;
    if (call.procedure == "wamp.session.count") {
        demand(answer && (*answer)[0] == wamp::Value(std::uint64_t{sessions.size()}));
    } else if (call.procedure == "wamp.session.list") {
        std::set<wamp::SessionId> listed;
        const auto* const list = answer ? (*answer)[0].get_if<wamp::List>() : nullptr;
        if (list == nullptr) return demand(false);
        for (const auto& entry : *list) listed.insert(*entry.get_if<std::uint64_t>());
        demand(listed == sessions);
    } else if (call.procedure == "wamp.session.get") {
        const bool known = about != nullptr && sessions.contains(*about);
        if (!known) return demand(error != nullptr && error->uri == uris::no_such_session);
        const auto* const told = answer ? (*answer)[0].get_if<wamp::Dict>() : nullptr;
        if (told == nullptr) return demand(false);
        const auto truth = std::find_if(peers_.begin(), peers_.end(), [&](const auto& each) {
            return each.second.is.session == *about;
        });
        if (told->get_string("authid") != truth->second.is.principal.authid ||
            told->get_string("authrole") != truth->second.is.principal.role) {
            wrong(Check::true_identity, turn, "wamp.session.get");
        }
    } else if (call.procedure.starts_with(kill_session)) {
        demand(check_killed(turn, call));
    } else if (call.procedure == add_testament) {
        const Testament testament = testament_of(call);
        const Rules::Query asked_for{Action::publish, testament.topic};
        Peer& from = peers_.at(turn.peer);
        const bool may = rules_->decide(from.is.principal, asked_for).allowed;
        demand(may == (result != nullptr));
        if (result == nullptr) return;
        from.testaments.push_back(testament);
    } else if (call.procedure == flush_testaments) {
        const bool detached = testament_of(call).detached;
        const std::size_t flushed = std::erase_if(
            peers_.at(turn.peer).testaments,
            [&](const Testament& testament) { return testament.detached == detached; });
        demand(answer && (*answer)[0] == wamp::Value(std::uint64_t{flushed}));
    }
}

/// The sessions that a call of wamp.session.kill and its like ends.
std::set<wamp::SessionId> DoorWatch::meant_by(const Turn& turn, const wamp::Call& call) const {
    const auto args = wamp::args_of(call.payload);
    const wamp::Value first = args && !args->empty() ? args->front() : wamp::Value();
    std::set<wamp::SessionId> meant;
    for (const auto& [id, each] : peers_) {
        if (!each.joined() || each.link || id == turn.peer) continue;
        const auto& [authid, role] = each.is.principal;
        const bool is_meant = call.procedure == kill_all         ? true
                              : call.procedure == kill_by_authid ? first == wamp::Value(authid)
                              : call.procedure == kill_by_authrole
                                  ? first == wamp::Value(role)
                                  : first == wamp::Value(each.is.session);
        if (is_meant) meant.insert(each.is.session);
    }
    return meant;
}

/// Exactly those who are meant leave, with the reason that the caller gives.
bool DoorWatch::check_killed(const Turn& turn, const wamp::Call& call) const {
    const auto kwargs = wamp::kwargs_of(call.payload);
    const std::string reason(kwargs ? kwargs->get_string("reason", uris::killed) : uris::killed);
    const std::set<wamp::SessionId> meant = meant_by(turn, call);
    std::set<wamp::SessionId> left;
    for (const wamp::PeerId id : leaving_) left.insert(peers_.at(id).is.session);
    const wamp::Error* const error = refusal(turn, turn.peer, call.request);
    if (!wamp::is_valid_uri(reason))
        return left.empty() && error != nullptr && error->uri == uris::invalid_uri;
    if (call.procedure == kill_session && meant.empty())
        return left.empty() && error != nullptr && error->uri == uris::no_such_session;
    const wamp::CallResult* const result = result_of(turn, call.request);
    const auto answer = result == nullptr ? std::nullopt : wamp::args_of(result->payload);
    if (left != meant || !answer) return false;
    for (const Turn::Sent& sent : turn.sent) {
        const auto* const goodbye = std::get_if<wamp::Goodbye>(&sent.message);
        if (goodbye != nullptr && goodbye->reason != reason) return false;
    }
    ledger_.findings.counts.killed += left.size();
    if (call.procedure == kill_session) return true;
    if (call.procedure != kill_by_authid)
        return answer->front() == wamp::Value(std::uint64_t{meant.size()});
    return answer->front() == wamp::Value(wamp::List(meant.begin(), meant.end()));
}

/// Who ends with a reload or with all others leaves no last words.
bool DoorWatch::silences(const Turn& turn) const {
    const auto* const call = turn.in_as<wamp::Call>();
    return turn.cause == Turn::Cause::reload ||
           (judged_ && judged_->passes() && call != nullptr && call->procedure == kill_all);
}

void DoorWatch::publish_testaments(const Turn& turn) {
    if (silences(turn)) return;
    std::size_t next = first_testament_;
    for (const wamp::PeerId id : leaving_) {
        for (const Testament& testament : peers_.at(id).testaments) {
            const auto outcome = expected_[next++].outcome;
            ++ledger_.findings.counts.testaments;
            on_testament(turn, id, testament, outcome == Outcome::allow);
        }
    }
}

void DoorWatch::expect_meta_events(const Turn& turn) {
    for (const Turn::Sent& sent : turn.sent) {
        if (sent.to_link && !links_join()) continue;
        const auto* const welcome = std::get_if<wamp::Welcome>(&sent.message);
        const Peer* const joining = welcome == nullptr ? nullptr : peer(sent.to);
        if (joining == nullptr || joining->link) continue;
        expect_meta_event({welcome->session, {}}, sent.to, on_join_topic, 1);
    }
    if (turn.cause != Turn::Cause::reload && silences(turn)) return;
    for (const wamp::PeerId id : leaving_) {
        if (!peers_.at(id).link) expect_meta_event(peers_.at(id).is, id, on_leave_topic, 2);
    }
}

void DoorWatch::expect_meta_event(const Identity& about, wamp::PeerId from, std::string_view topic,
                                  std::uint64_t kind) {
    for (const auto& [key, held] : subscriptions_.held()) {
        if (!held.uri.starts_with(meta_head) || key.first == from) continue;
        if (!wamp::matches(held.uri, held.match, topic)) continue;
        const Peer& to = peers_.at(key.first);
        if (!old_->may_receive(to.is.principal, topic)) continue;
        ExpectedEvent event{key.first, key.second, {about.session, kind}};
        if (held.match != wamp::MatchPolicy::exact) event.topic = topic;
        event.optional = is_leaving(key.first);
        expect(std::move(event));
    }
}

}  // namespace sallyport::sim
