#include "tests/sim/front_watch.h"

#include <algorithm>

#include "backend-link/bridge/link_wire.h"
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
                       std::function<std::vector<LinkStatus>()> status, std::size_t window)
    : DoorWatch(ledger, "front", rules),
      links_(std::move(links)),
      status_(std::move(status)),
      now_(links_.size()),
      up_(links_.size(), false),
      shares_(ledger.findings, links_.size(), window),
      logins_(ledger.findings) {}

void FrontWatch::on_begin(const Turn&) {
    const auto status = status_();
    for (std::size_t link = 0; link < links_.size(); ++link)
        now_[link] = {status[link].up, status[link].held, status[link].held_bytes};
}

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
        publication.bytes = publish->payload.bytes();
        publication.exclude_me = publish->options.get_bool("exclude_me", true);
        publication.audience = Audience(publish->options);
        publication.retains =
            publish->options.get_bool("retain", false) && judged.grants(Grant::retain);
        if (publication.audience.has_lists()) ++ledger_.findings.counts.chosen;
        publication.discloses =
            publish->options.get_bool("disclose_me", false) && judged.grants(Grant::disclose_me);
    }
    Crossing crossing{
        judged, turn.peer, {}, {}, rules_, turn.now, backend_link::bytes_of(*turn.in)};
    if (call != nullptr) crossing.call = payload_id_of(call->payload);
    if (const auto* publish = turn.in_as<wamp::Publish>())
        crossing.publication = payload_id_of(publish->payload);
    if (turn.paused) {
        ++ledger_.findings.counts.held;
        held_.emplace(turn.peer, std::move(crossing));
    } else {
        cross(turn, crossing);
    }
}

/// The request reaches its link in this turn: the model knows whether that is up.
void FrontWatch::cross(const Turn& turn, const Crossing& crossing) {
    const Judged& judged = crossing.judged;
    const auto target = rules_->target(judged.asked.uri);
    const std::uint32_t link = link_of(target->backend);
    const bool up = is_up(link);
    if (crossing.call) cross_call(turn, crossing, *target, link);
    if (up) {
        if (crossing.publication) check_published(turn, crossing);
        return;
    }
    if (target->waits) {
        waiting_.push_back({crossing.peer, judged.of, judged.request, judged.asked, judged.answers,
                            crossing.call ? crossing.call->first : 0, link, crossing.bytes, rules_,
                            turn.now + patience});
        return;
    }
    const wamp::Error* const error = refusal(turn, crossing.peer, judged.request);
    if (judged.answers && (error == nullptr || error->uri != uris::unavailable))
        wrong(Check::expected_outcome, turn, judged.asked.uri + " while its link is down");
}

/// What is permitted crosses, or is refused: nothing else may become of it.
void FrontWatch::check_published(const Turn& turn, const Crossing& crossing) const {
    const bool crosses = std::any_of(turn.sent.begin(), turn.sent.end(), [&](const auto& sent) {
        const auto* const publish = std::get_if<wamp::Publish>(&sent.message);
        return sent.to_link && publish != nullptr &&
               payload_id_of(publish->payload) == *crossing.publication;
    });
    const bool refused =
        crossing.judged.answers && refusal(turn, crossing.peer, crossing.judged.request) != nullptr;
    if (!crosses && !refused) {
        wrong(Check::no_message_lost, turn,
              "a publication to " + crossing.judged.asked.uri + " is permitted, and lost");
    }
}

bool FrontWatch::may_be_held_back(const Turn& turn) const {
    constexpr std::size_t publications_max = 500;  // half of what may be under way
    constexpr std::size_t bytes_max = std::size_t{500} << 10U;
    if (turn.in_as<wamp::Publish>() == nullptr) return false;
    std::size_t publications = 0;
    std::size_t bytes = 0;
    for (const auto& [on_link, pending] : pending_) {
        if (pending.publisher != turn.peer) continue;
        ++publications;
        bytes += pending.bytes;
    }
    return publications > publications_max || bytes > bytes_max;
}

void FrontWatch::note_call(const Turn& turn, const Judged& judged, const wamp::Call& call) {
    const auto tag = payload_id_of(call.payload).first;
    calls_[{turn.peer, judged.request}] = tag;
    CallState* const state = ledger_.call(tag);
    if (state == nullptr) return;
    state->caller = judged.of;
    state->bytes = backend_link::bytes_of(call);
    state->discloses = call.options.get_bool("disclose_me", false);
    if (!judged.passes()) state->must = judged.error;
}

void FrontWatch::cross_call(const Turn& turn, const Crossing& crossing, const Rules::Target& target,
                            std::uint32_t link) {
    const std::uint64_t tag = crossing.call->first;
    CallState* const state = ledger_.call(tag);
    if (state == nullptr) return;
    state->backend = target.backend;
    state->procedure = target.inner;
    state->may_repeat = target.idempotent;
    const Duration limit = crossing.judged.answer->text->limits.timeout;
    if (limit != Duration::zero())
        state->due = state->due == Duration::zero() ? limit : std::min(state->due, limit);
    const bool up = is_up(link);
    if (!up && !target.waits) state->must = uris::unavailable;
    if (!up && target.waits) state->may.insert(std::string(uris::unavailable));
    const bool forwarded = std::any_of(turn.sent.begin(), turn.sent.end(), [&](const auto& sent) {
        const auto* const call = std::get_if<wamp::Call>(&sent.message);
        return sent.to_link && call != nullptr && payload_id_of(call->payload).first == tag;
    });
    if (up != forwarded)
        wrong(Check::expected_outcome, turn,
              crossing.judged.asked.uri +
                  (forwarded ? " crosses a link that is down" : " does not cross"));
}

void FrontWatch::release_held(const Turn& turn) {
    for (const wamp::PeerId peer : turn.resumed) {
        const auto found = held_.find(peer);
        if (found == held_.end()) continue;
        Crossing held = std::move(found->second);
        held_.erase(found);
        if (is_leaving(peer)) continue;
        if (held.rules != rules_ && !judge_held(turn, held)) continue;
        if (!times_out(turn, held)) cross(turn, held);
    }
}

bool FrontWatch::times_out(const Turn& turn, const Crossing& held) {
    CallState* const state = held.call ? ledger_.call(held.call->first) : nullptr;
    if (state == nullptr) return false;
    Duration timeout = state->due;
    const Duration limit = held.judged.answer->text->limits.timeout;
    if (limit != Duration::zero())
        timeout = timeout == Duration::zero() ? limit : std::min(timeout, limit);
    if (timeout == Duration::zero() || turn.now - held.since < timeout) return false;
    state->must = uris::timeout;
    const wamp::Error* const error = refusal(turn, held.peer, held.judged.request);
    if (error == nullptr || error->uri != uris::timeout)
        wrong(Check::expected_outcome, turn, held.judged.asked.uri + ", held beyond its timeout");
    return true;
}

bool FrontWatch::judge_held(const Turn& turn, Crossing& held) {
    ++ledger_.findings.counts.judged_again;
    Judged& judged = held.judged;
    judged.answer = &rules_->decide(judged.of.principal, judged.asked);
    if (judged.answer->allowed) return true;
    ExpectedRecord record;
    record.of = judged.of;
    record.asked = judged.asked;
    record.asked.opaque = false;
    if (judged.answer->text != nullptr) record.rule = judged.answer->text->id;
    record.outcomes = {Outcome::deny};
    expected_.push_back(std::move(record));
    CallState* const state = held.call ? ledger_.call(held.call->first) : nullptr;
    if (state != nullptr) state->must = uris::not_authorized;
    const wamp::Error* const error = refusal(turn, held.peer, judged.request);
    if (judged.answers && (error == nullptr || error->uri != uris::not_authorized))
        wrong(Check::expected_outcome, turn, judged.asked.uri + ", which was held");
    return false;
}

void FrontWatch::on_testament(const Turn&, wamp::PeerId from, const Testament& testament,
                              bool passes) {
    if (!passes) return;
    Publication& publication = ledger_.publications[testament.payload_id];
    publication.publisher = peers_.at(from).is;
    publication.topic = testament.topic;
    publication.audience = testament.audience;
    publication.bytes = testament.bytes;
}

// Waiting requests
// ------------------------------------------------------------------------------------------------

void FrontWatch::expect_more_records(const Turn& turn) {
    if (auto asking = logins_.see(turn, *rules_)) expected_.push_back(*std::move(asking));
    for (std::uint32_t link = 0; link < links_.size(); ++link) {
        const bool now = is_up(link);
        if (up_[link] && !now) on_link_lost(link);
        if (now) release_waiting(turn, link);
    }
    release_held(turn);
}

/// Requests that waited are released as the link has room; after a reload they are decided again.
void FrontWatch::release_waiting(const Turn& turn, std::uint32_t link) {
    const bool last = held_at(link) == 0;
    // Of publications it is not known which of them have crossed before the last one.
    for (Waiting& each : waiting_) {
        const bool is_call = ledger_.call(each.tag) != nullptr;
        each.unsure = each.unsure || (each.link == link && each.rules == rules_ && !is_call);
    }
    std::erase_if(waiting_, [&](const Waiting& each) {
        if (each.link != link) return false;
        const bool refused = each.rules != rules_ && turn.now <= each.due && !each.crossed &&
                             judge_again(turn, each, last);
        return refused || last;
    });
}

/// When it ends even if its link stays down: a call may have a timeout of its own.
Instant FrontWatch::due_of(const Waiting& waited) const {
    const CallState* const state = ledger_.call(waited.tag);
    if (state == nullptr || state->due == Duration::zero()) return waited.due;
    return std::min(waited.due, state->since + state->due);
}

bool FrontWatch::judge_again(const Turn& turn, const Waiting& waited, bool last) {
    const Rules::Answer& answer = rules_->decide(waited.of.principal, waited.asked);
    const auto target = rules_->target(waited.asked.uri);
    const bool elsewhere = answer.allowed && link_of(target->backend) != waited.link;
    const std::string_view due = elsewhere ? uris::unavailable : uris::not_authorized;
    const wamp::Error* const error = refusal(turn, waited.peer, waited.request);
    if (last) ++ledger_.findings.counts.judged_again;
    ExpectedRecord record;
    record.of = waited.of;
    record.asked = waited.asked;
    record.asked.opaque = false;
    if (answer.text != nullptr) record.rule = answer.text->id;
    record.outcomes = {answer.allowed ? Outcome::allow : Outcome::deny};
    // It may have expired at this very moment, and the turn of a publication without
    // acknowledgement is not known.
    const bool denied = error != nullptr && error->uri == due;
    // What has crossed already is revoked, which others expect.
    record.optional = answer.allowed || !denied || waited.unsure;
    expected_.push_back(std::move(record));
    if (answer.allowed && !elsewhere) return false;
    if (CallState* const state = ledger_.call(waited.tag); state != nullptr && denied)
        state->must = due;
    const bool is_over = turn.now >= due_of(waited) || is_leaving(waited.peer);
    const bool missing = error == nullptr && last && !waited.unsure && !is_over;
    const bool wrong_one = error != nullptr && error->uri != due && !is_over;
    if (waited.answers && (missing || wrong_one))
        wrong(Check::expected_outcome, turn,
              waited.asked.uri +
                  ", which waited: " + (error == nullptr ? std::string("no answer") : error->uri) +
                  " instead of " + std::string(due));
    return error != nullptr;
}

void FrontWatch::on_link_lost(std::uint32_t link) {
    for (Waiting& each : waiting_) each.unsure = each.unsure || each.link == link;
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
    std::erase_if(pending_, [&](const auto& each) { return each.first.first == link; });
    std::erase_if(want_retained_, [&](const auto& each) { return each.first.first == link; });
    back_subscriptions_.gone(link_peer(link));
    back_registrations_.gone(link_peer(link));
}

void FrontWatch::on_left(const Turn&, wamp::PeerId id) {
    std::erase_if(calls_, [&](const auto& each) {
        if (each.first.first != id) return false;
        may_repeat_.erase(each.second);
        kept_.erase(each.second);
        return true;
    });
    std::erase_if(waiting_, [&](const Waiting& each) { return each.peer == id; });
    held_.erase(id);
}

void FrontWatch::on_end(const Turn& turn) {
    const auto who_is = [this](wamp::PeerId id) -> std::optional<FairShares::Sender> {
        const Peer* const known = peer(id);
        if (known == nullptr || !known->joined()) return std::nullopt;
        return FairShares::Sender{known->transport.circuit, known->is.session};
    };
    shares_.see(turn, now_, who_is, may_be_held_back(turn));
    if (turn.cause == Turn::Cause::reload) forget_moved();
    for (std::uint32_t link = 0; link < links_.size(); ++link) up_[link] = is_up(link);
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
    for (auto& [on_link, pending] : pending_) forget(on_link.first, pending);
}

bool FrontWatch::is_wanted(const Holdings& holdings, std::uint32_t link, std::string_view uri,
                           wamp::MatchPolicy match) const {
    const auto leads_there = [&](const auto& each) { return is_at(each.second, link, uri, match); };
    return std::any_of(holdings.held().begin(), holdings.held().end(), leads_there) ||
           std::any_of(holdings.asked().begin(), holdings.asked().end(), leads_there);
}

void FrontWatch::check_books(const std::vector<LinkStatus>& status, Instant now) const {
    const auto must_be = [&](std::string_view what, std::size_t bytes, std::size_t least,
                             std::size_t most) {
        if (bytes >= least && bytes <= most) return;
        ledger_.findings.wrong(Check::bytes_counted, now,
                               "front: " + std::to_string(bytes) + " bytes of " +
                                   std::string(what) + ", not " + std::to_string(least) + " to " +
                                   std::to_string(most));
    };
    std::vector<LinkShares::Link> links;
    for (std::uint32_t link = 0; link < links_.size(); ++link) {
        const auto& counts = status[link].counts;
        links.push_back({status[link].up, status[link].held, status[link].held_bytes});
        std::size_t kept = 0;
        std::size_t forwarded = 0;
        for (const auto& [on_link, pending] : pending_) {
            if (on_link.first != link) continue;
            forwarded += pending.bytes;
            if (!pending.matching.empty()) kept += pending.bytes;
        }
        must_be("publications", counts.publication_bytes, kept, forwarded);
        // What waits is in the serializer of the link: a sealed payload has one more byte in
        // MessagePack than in CBOR.
        std::size_t waiting = 0;
        for (const Waiting& each : waiting_) waiting += each.link == link ? each.bytes + 1 : 0;
        for (const auto& [tag, each] : kept_) waiting += each.link == link ? each.bytes + 1 : 0;
        must_be("waiting requests", counts.waiting_bytes, 0, waiting);
    }
    shares_.check_books(links, now);
}

void FrontWatch::check_behind(Instant now) {
    logins_.check_all_ended(now);
    for (const auto& [on_link, pending] : pending_) {
        if (is_up(on_link.first))
            ledger_.findings.wrong(Check::no_message_lost, now,
                                   "a publication to " + pending.topic + " is not acknowledged");
    }
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
