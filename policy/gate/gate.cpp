#include "policy/gate/gate.h"

#include <string>
#include <utility>
#include <variant>

#include "wamp/message/uris.h"

namespace sallyport::policy {

namespace uris = wamp::uris;

Gate::Gate(std::vector<DoorRealm> realms, DoorLimits limits, const wamp::Random& door_random,
           wamp::Random& random, wamp::Dict roles)
    : door_(std::move(realms), limits, door_random, roles), meta_(door_, random) {
    announce(std::move(roles));
}

void Gate::on_open(wamp::PeerId peer, const Transport& transport, Trust trust, wamp::Instant now,
                   wamp::Outbox& out) {
    if (stopping_) {
        out.push_back(wamp::effect::Close{peer});
        return;
    }
    door_.on_open(peer, transport, trust, now, out);
}

Gate::Step Gate::on_message(wamp::PeerId peer, std::string_view bytes, wamp::Instant now,
                            wamp::Outbox& out) {
    Step step = door_.on_message(peer, bytes, now, out);
    if (consume(step, now, out)) step = next(now, out);
    return step;
}

Gate::Step Gate::on_auth_answer(std::string_view packet, wamp::Instant now, wamp::Outbox& out) {
    return forward(door_.on_auth_answer(packet, now, out), now, out);
}

Gate::Step Gate::on_closed(wamp::PeerId peer, std::string_view why, wamp::Instant now,
                           wamp::Outbox& out) {
    return forward(door_.on_closed(peer, why), now, out);
}

Gate::Step Gate::on_deadline(wamp::Instant now, wamp::Outbox& out) {
    door_.on_deadline(now, out);
    return next(now, out);
}

Gate::Step Gate::forward(Step&& step, wamp::Instant now, wamp::Outbox& out) {
    if (consume(step, now, out)) return next(now, out);
    return std::move(step);
}

Gate::Step Gate::next(wamp::Instant now, wamp::Outbox& out) {
    if (is_quiet()) return {};
    for (;;) {
        finish_ending(now, out);
        if (auto step = next_of_endings(now)) return *std::move(step);
        if (std::exchange(turning_away_, false)) door_.turn_away(out);
        Step step = door_.next(now, out);
        if (!is_due(step) || !consume(step, now, out)) return step;
    }
}

bool Gate::consume(Step& step, wamp::Instant now, wamp::Outbox& out) {
    if (std::holds_alternative<std::monostate>(step)) return true;
    if (const auto* request = std::get_if<Door::Request>(&step)) {
        if (!MetaRegistry::serves(request->message)) return false;
        answer(*request, now, out);
        return true;
    }
    if (const auto* followup = std::get_if<Door::Followup>(&step)) {
        const auto* const ended = std::get_if<wamp::Unsubscribe>(&followup->message);
        if (ended == nullptr || !meta_.unsubscribe(followup->session->id, *ended, meta_out_))
            return false;
        deliver_meta(now, out);
        return true;
    }
    if (const auto* joined = std::get_if<Door::Joined>(&step)) {
        meta_.joined(joined->session, meta_out_);
        deliver_meta(now, out);
        return false;
    }
    endings_.push_back({std::get<Door::Left>(step).session, EndingKind::left});
    return true;
}

void Gate::answer(const Door::Request& request, wamp::Instant now, wamp::Outbox& out) {
    const auto* const call = std::get_if<wamp::Call>(&request.message);
    if (call != nullptr && call->options.get_bool("progress", false)) {  // W-PCI-03
        return door_.refuse(*request.session, call->type, call->request,
                            uris::feature_not_supported, out);
    }
    auto ended = meta_.handle(request, meta_out_);
    deliver_meta(now, out);
    for (const wamp::SessionId session : ended.sessions) {  // testaments: W-SSM-04
        endings_.push_back({session, EndingKind::expelled, ended.reason, ended.publish_leave,
                            ended.publish_leave, ended.message});
    }
}

std::optional<Gate::Step> Gate::next_of_endings(wamp::Instant now) {
    for (;;) {
        if (!publications_.empty()) {
            std::optional<Step> step(std::in_place, std::move(publications_.front()));
            publications_.pop_front();
            return step;
        }
        if (endings_.empty()) return std::nullopt;
        Ending& ending = endings_.front();
        if (std::exchange(ending.publishes, false)) {
            for (Door::Request& request : meta_.last_publications(ending.session, now))
                publications_.push_back(std::move(request));
            continue;
        }
        if (ending.kind != EndingKind::published && door_.sessions().has(ending.session)) {
            if (ending.kind == EndingKind::expelled) meta_.drop_publications(ending.session);
            disposing_ = std::move(ending);
        }
        endings_.pop_front();
        if (disposing_) return Step(Door::Left{disposing_->session});
    }
}

void Gate::finish_ending(wamp::Instant now, wamp::Outbox& out) {
    const auto ending = std::exchange(disposing_, std::nullopt);
    if (!ending) return;
    if (ending->kind != EndingKind::stopped)
        meta_.left(ending->session, ending->publish_leave, meta_out_);
    if (ending->kind != EndingKind::left)
        door_.dismiss(ending->session, ending->reason, now, out, ending->message);
    door_.forget(ending->session);
    deliver_meta(now, out);
}

void Gate::tell_holdings(wamp::HoldingChanges&& changes, wamp::Instant now, wamp::Outbox& out) {
    meta_.held(std::move(changes), !stopping_, civil_time_.at(now), meta_out_);
    deliver_meta(now, out);
}

void Gate::deliver_meta(wamp::Instant now, wamp::Outbox& out) {
    while (!meta_out_.empty()) {
        undelivered_.clear();
        door_.deliver(meta_out_, undelivered_, now, out);
        meta_out_.clear();
        for (const Delivery::Overrun& overrun : door_.take_overruns())
            meta_.revoke(overrun.session, overrun.id, uris::too_slow, meta_out_);
    }
}

std::size_t Gate::begin_reload(const std::vector<DoorRealm>& realms) {
    const auto ended = door_.ended_by(realms);
    for (const auto& [session, reason] : ended)
        endings_.push_back({session, EndingKind::expelled, std::string(reason), false});
    for (const wamp::SessionId session : door_.own_sessions_ended_by(realms))
        endings_.push_back({session, EndingKind::expelled, std::string(uris::close_realm), false});
    return ended.size();
}

void Gate::reload(std::vector<DoorRealm> realms, wamp::Instant now, wamp::Outbox& out) {
    door_.reload(std::move(realms), out);
    meta_.judge_again(meta_out_, out);
    deliver_meta(now, out);
}

std::size_t Gate::begin_kick(std::string_view realm, std::string_view who) {
    std::vector<wamp::SessionId> with_id;
    std::vector<wamp::SessionId> with_authid;
    const std::string text(who);
    door_.for_each_session([&](const Session& session) {
        if (session.connection == nullptr || session.connection->trust != Trust::client) return;
        if (!realm.empty() && session.policy->realm() != realm) return;
        if (std::to_string(session.id) == text) with_id.push_back(session.id);
        if (session.principal.authid == who) with_authid.push_back(session.id);
    });
    const auto& named = with_id.empty() ? with_authid : with_id;
    for (const wamp::SessionId session : named)
        endings_.push_back({session, EndingKind::expelled, std::string(uris::killed)});
    return named.size();
}

void Gate::begin_stop() {
    stopping_ = true;
    turning_away_ = true;
    const auto sessions = door_.session_ids();
    for (const wamp::SessionId session : sessions)
        endings_.push_back({session, EndingKind::published});
    for (const wamp::SessionId session : sessions)
        endings_.push_back(
            {session, EndingKind::stopped, std::string(uris::system_shutdown), false});
}

wamp::Dict Gate::decisions_status() const {
    const auto& decisions = door_.audit().counts();
    return {{"allowed", decisions.allowed},           {"denied", decisions.denied},
            {"limited", decisions.limited},           {"joined", decisions.joined},
            {"join_refused", decisions.join_refused}, {"summed", decisions.summed}};
}

wamp::Dict Gate::joins_status() const {
    const JoinPace& pace = door_.join_pace();
    const Joining& joining = door_.joining();
    return {{"waiting", std::uint64_t{pace.waiting()}},
            {"delayed", pace.delayed()},
            {"failed", joining.failures().failed()},
            {"waits", joining.failures().waits()},
            {"refused_waiting", joining.refused_waiting()},
            {"checks", std::uint64_t{joining.checks().waiting()}}};
}

wamp::Dict Gate::events_status() const {
    return {{"undeliverable", door_.undeliverable_events()},
            {"withheld", door_.judge().withheld()},
            {"too_slow", door_.overrun()},
            {"skipped", door_.judge().latest().skipped()}};
}

}  // namespace sallyport::policy
