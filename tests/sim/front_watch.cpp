#include "tests/sim/front_watch.h"

#include <algorithm>

#include "tests/sim/names.h"
#include "wamp/message/match.h"
#include "wamp/message/passthru.h"
#include "wamp/message/uris.h"

namespace sallyport::sim {

namespace uris = wamp::uris;
using policy::Action;
using policy::Grant;
using policy::Outcome;
using wamp::Feature;

namespace {

constexpr Duration patience = std::chrono::seconds(2);  // `wait` of the policies

}  // namespace

FrontWatch::FrontWatch(Ledger& ledger, const Rules& rules, std::vector<std::string> links,
                       std::function<bool(std::uint32_t)> up)
    : DoorWatch(ledger, "front", rules),
      links_(std::move(links)),
      is_up_(std::move(up)),
      up_(links_.size(), false),
      logins_(ledger.findings) {}

std::uint32_t FrontWatch::link_of(std::string_view backend) const {
    return static_cast<std::uint32_t>(std::find(links_.begin(), links_.end(), backend) -
                                      links_.begin());
}

// Requests
// ------------------------------------------------------------------------------------------------

void FrontWatch::on_request(const Turn& turn, const Judged& judged) {
    const auto* const call = turn.in_as<wamp::Call>();
    if (call != nullptr) note_call(turn, judged, *call);
    if (!judged.passes()) return;
    const auto target = rules_->target(judged.asked.uri);
    if (!target) return wrong(Check::expected_outcome, turn, "no route for " + judged.asked.uri);
    if (const auto* publish = turn.in_as<wamp::Publish>()) {
        Publication& publication = ledger_.publications[payload_id_of(publish->payload)];
        publication.publisher = judged.of;
        publication.topic = judged.asked.uri;
        publication.sealed = judged.asked.opaque;
        publication.weight = weight_of(publish->payload);
        publication.exclude_me = publish->options.get_bool("exclude_me", true);
        publication.audience = Audience(publish->options);
        publication.retains = publish->options.get_bool("retain", false) &&
                              judged.grants(Grant::retain) && !publication.audience.has_lists();
        if (publication.audience.has_lists()) ++ledger_.findings.counts.chosen;
        publication.discloses =
            publish->options.get_bool("disclose_me", false) && judged.grants(Grant::disclose_me);
    }
    const std::uint32_t link = link_of(target->backend);
    if (const auto* publish = turn.in_as<wamp::Publish>(); publish != nullptr && up_[link]) {
        const PayloadId payload_id = payload_id_of(publish->payload);
        if (ledger_.publications[payload_id].audience.is_front_only())
            stay_in_front(payload_id, link, target->inner);
    }
    if (up_[link]) return;
    if (target->waits) {
        waiting_.push_back({turn.peer, judged.of, judged.request, judged.asked, judged.answers,
                            call == nullptr ? 0 : payload_id_of(call->payload).first, link, rules_,
                            turn.now + patience});
        return;
    }
    const wamp::Error* const error = refusal(turn, turn.peer, judged.request);
    if (judged.answers && (error == nullptr || error->uri != uris::unavailable))
        wrong(Check::expected_outcome, turn, judged.asked.uri + " while its link is down");
}

void FrontWatch::note_call(const Turn& turn, const Judged& judged, const wamp::Call& call) {
    const auto tag = payload_id_of(call.payload).first;
    calls_[{turn.peer, judged.request}] = tag;
    CallState* const state = ledger_.call(tag);
    if (state == nullptr) return;
    state->caller = judged.of;
    state->discloses = call.options.get_bool("disclose_me", false);
    if (!judged.passes()) {
        state->must = judged.error;
        return;
    }
    const auto target = rules_->target(judged.asked.uri);
    state->backend = target->backend;
    state->procedure = target->inner;
    state->may_repeat = target->idempotent;
    const Duration limit = judged.answer->text->limits.timeout;
    if (limit != Duration::zero())
        state->due = state->due == Duration::zero() ? limit : std::min(state->due, limit);
    const std::uint32_t link = link_of(target->backend);
    if (!up_[link] && !target->waits) state->must = uris::unavailable;
    if (!up_[link] && target->waits) state->may.insert(std::string(uris::unavailable));
    const bool forwarded = std::any_of(turn.sent.begin(), turn.sent.end(), [](const auto& sent) {
        return sent.to_link && std::holds_alternative<wamp::Call>(sent.message);
    });
    if (up_[link] != forwarded)
        wrong(Check::expected_outcome, turn,
              call.procedure + (forwarded ? " crosses a link that is down" : " does not cross"));
}

void FrontWatch::on_testament(const Turn&, wamp::PeerId from, const Testament& testament,
                              bool passes) {
    if (!passes) return;
    Publication& publication = ledger_.publications[testament.payload_id];
    publication.publisher = peers_.at(from).is;
    publication.topic = testament.topic;
}

// Waiting requests
// ------------------------------------------------------------------------------------------------

void FrontWatch::expect_more_records(const Turn& turn) {
    if (auto asking = logins_.see(turn, *rules_)) expected_.push_back(*std::move(asking));
    for (std::uint32_t link = 0; link < links_.size(); ++link) {
        const bool now = is_up_(link);
        if (up_[link] && !now) on_link_lost(link);
        if (!up_[link] && now) on_link_up(turn, link);
    }
}

/// Requests that waited are released; after a reload they are decided again.
void FrontWatch::on_link_up(const Turn& turn, std::uint32_t link) {
    const auto released = std::partition(waiting_.begin(), waiting_.end(),
                                         [&](const Waiting& each) { return each.link != link; });
    for (auto each = released; each != waiting_.end(); ++each) {
        if (each->rules == rules_ || turn.now > each->due) continue;
        ++ledger_.findings.counts.judged_again;
        const Rules::Answer& answer = rules_->decide(each->of.principal, each->asked);
        const auto target = rules_->target(each->asked.uri);
        CallState* const state = ledger_.call(each->tag);
        ExpectedRecord record;
        record.of = each->of;
        record.asked = each->asked;
        record.asked.opaque = false;
        if (answer.text != nullptr) record.rule = answer.text->id;
        record.outcomes = {answer.allowed ? Outcome::allow : Outcome::deny};
        // A publication without acknowledgement may have expired at this very moment.
        record.optional = answer.allowed || turn.now == each->due;
        expected_.push_back(std::move(record));
        const bool elsewhere = answer.allowed && link_of(target->backend) != link;
        if (answer.allowed && !elsewhere) continue;
        const std::string_view due = elsewhere ? uris::unavailable : uris::not_authorized;
        if (state != nullptr) state->must = due;
        const wamp::Error* const error = refusal(turn, each->peer, each->request);
        if (each->answers && turn.now < each->due && (error == nullptr || error->uri != due))
            wrong(Check::expected_outcome, turn, each->asked.uri + ", which waited");
    }
    waiting_.erase(released, waiting_.end());
}

void FrontWatch::on_link_lost(std::uint32_t link) {
    for (auto& [tag, state] : ledger_.calls) {
        if (state.backend != links_[link] || !state.forwarded) continue;
        state.may.insert(std::string(uris::network_failure));
    }
    for (auto each = may_repeat_.begin(); each != may_repeat_.end();) {
        if (each->second.link != link) {
            ++each;
            continue;
        }
        if (CallState* const state = ledger_.call(each->first)) state->may_repeat = false;
        waiting_.push_back(std::move(each->second));
        each = may_repeat_.erase(each);
    }
    for (const auto& [on_link, pending] : pending_) {
        if (on_link.first == link) fan_out_followers(link, pending);
    }
    std::erase_if(pending_, [&](const auto& each) { return each.first.first == link; });
    std::erase_if(want_retained_, [&](const auto& each) { return each.first.first == link; });
    back_subscriptions_.gone(link_peer(link));
    back_registrations_.gone(link_peer(link));
}

void FrontWatch::on_left(const Turn&, wamp::PeerId id) {
    std::erase_if(calls_, [&](const auto& each) {
        if (each.first.first != id) return false;
        may_repeat_.erase(each.second);
        return true;
    });
    std::erase_if(waiting_, [&](const Waiting& each) { return each.peer == id; });
}

void FrontWatch::on_end(const Turn& turn) {
    if (turn.cause == Turn::Cause::reload) forget_moved();
    for (std::uint32_t link = 0; link < links_.size(); ++link) up_[link] = is_up_(link);
}

// Subscriptions and registrations on the links
// ------------------------------------------------------------------------------------------------

bool FrontWatch::is_at(const Holdings::Held& held, std::uint32_t link, std::string_view uri,
                       wamp::MatchPolicy match) const {
    if (held.match != match || held.uri.starts_with(meta_head)) return false;
    const auto target = rules_->target(held.uri);
    return target && target->backend == links_[link] && target->inner == uri;
}

bool FrontWatch::reaches(const Holdings::Held& held, std::uint32_t link,
                         std::string_view topic) const {
    if (held.uri.starts_with(meta_head)) return false;
    const auto target = rules_->target(held.uri);
    return target && target->backend == links_[link] &&
           wamp::matches(target->inner, held.match, topic);
}

/// A subscription that a reload leads to another link does not get what was published there before.
void FrontWatch::forget_moved() {
    const auto forget = [&](std::uint32_t link, Pending& pending) {
        std::erase_if(pending.matching, [&](const Holdings::Key& key) {
            const Holdings::Held* const held = subscriptions_.find(key.first, key.second);
            return held == nullptr || !reaches(*held, link, pending.topic);
        });
    };
    for (auto& [on_link, pending] : pending_) {
        forget(on_link.first, pending);
        for (Pending& follower : pending.followers) forget(on_link.first, follower);
    }
}

bool FrontWatch::is_wanted(const Holdings& holdings, std::uint32_t link, std::string_view uri,
                           wamp::MatchPolicy match) const {
    const auto leads_there = [&](const auto& each) { return is_at(each.second, link, uri, match); };
    return std::any_of(holdings.held().begin(), holdings.held().end(), leads_there) ||
           std::any_of(holdings.asked().begin(), holdings.asked().end(), leads_there);
}

void FrontWatch::check_behind(Instant now) {
    logins_.check_all_ended(now);
    const auto check = [&](const Holdings& front, const Holdings& back) {
        for (const auto& [key, held] : front.held()) {
            if (held.uri.starts_with(meta_head)) continue;
            const auto target = rules_->target(held.uri);
            const std::uint32_t link = link_of(target->backend);
            const auto is_it = [&](const auto& each) {
                return each.first.first == link_peer(link) && each.second.uri == target->inner &&
                       each.second.match == held.match;
            };
            const bool there = std::any_of(back.held().begin(), back.held().end(), is_it) ||
                               std::any_of(back.asked().begin(), back.asked().end(), is_it);
            if (up_[link] && !there)
                ledger_.findings.wrong(Check::no_event_lost, now,
                                       held.uri + " is not subscribed or registered on its link");
        }
    };
    check(subscriptions_, back_subscriptions_);
    check(registrations_, back_registrations_);
}

void FrontWatch::on_subscribed(const Turn& turn, const Turn::Sent& sent,
                               const wamp::Subscribed& subscribed, const Holdings::Held& held) {
    const auto* const from_backend = turn.in_as<wamp::Subscribed>();
    if (turn.from_link && from_backend != nullptr && held.wants_retained &&
        held.match == wamp::MatchPolicy::exact) {
        want_retained_[{turn.link, from_backend->subscription}].insert(
            {sent.to, subscribed.subscription});
    }
}

}  // namespace sallyport::sim
