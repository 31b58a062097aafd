#include "tests/sim/logins.h"

#include <algorithm>
#include <utility>

#include "tests/sim/names.h"
#include "wamp/message/uris.h"

namespace sallyport::sim {

namespace uris = wamp::uris;
using policy::Action;
using policy::Outcome;

namespace {

const Principal gateway{"gateway", "gateway"};
constexpr Duration patience = std::chrono::seconds(3);  // `timeout` of the policies

template <class Message>
const Message* sent_to(const Turn& turn, wamp::PeerId peer) {
    for (const Turn::Sent& sent : turn.sent) {
        const auto* const message = std::get_if<Message>(&sent.message);
        if (message != nullptr && !sent.to_link && sent.to == peer) return message;
    }
    return nullptr;
}

}  // namespace

Logins::Login* Logins::find(wamp::PeerId peer) {
    const auto found = logins_.find(peer);
    return found == logins_.end() ? nullptr : &found->second;
}

std::optional<ExpectedRecord> Logins::see(const Turn& turn, const Rules& rules) {
    if (turn.from_link) return std::nullopt;
    if (turn.cause == Turn::Cause::closed) logins_.erase(turn.peer);
    if (const auto* hello = turn.in_as<wamp::Hello>()) {
        Login& login = logins_[turn.peer] = {};
        login.rules = &rules;
        login.authid = hello->details.get_string("authid");
        login.asks = !login.authid.empty() && rules.asks_who_may_join();
    }
    const auto* const answer = turn.in_as<wamp::Authenticate>();
    Login* const login = find(turn.peer);
    if (answer == nullptr || login == nullptr || !login->asks || login->asked) return std::nullopt;
    const auto* const abort = sent_to<wamp::Abort>(turn, turn.peer);
    if (abort != nullptr && abort->reason == uris::protocol_violation) return std::nullopt;
    login->asked = true;
    login->secret = answer->signature;
    login->since = turn.now;
    ExpectedRecord record{{Outcome::allow}, {0, gateway}};
    record.asked = {Action::call, std::string(ask_procedure)};
    record.rule = "mark-gateway-asks";
    record.any_session = true;
    return record;
}

void Logins::on_call(const Turn& turn, const Turn::Sent& sent, const wamp::Call& call) {
    Login* const login = find(turn.peer);
    if (login == nullptr || turn.in_as<wamp::Authenticate>() == nullptr || !login->asked ||
        login->call) {
        return wrong(Check::permit, turn, "asks who may join, and nobody wants to");
    }
    login->call.emplace(sent.link, call.request);
    const Identity caller = conveyed(call.options);
    if (own_ == 0) own_ = caller.session;
    if (caller.session == 0 || caller.session != own_ || caller.principal != gateway)
        wrong(Check::true_identity, turn, "asks who may join as another than itself");
    const auto args = wamp::args_of(call.payload);
    const auto* const details =
        args && args->size() == 3 ? (*args)[2].get_if<wamp::Dict>() : nullptr;
    if (details == nullptr || (*args)[0] != wamp::Value("world") ||
        (*args)[1] != wamp::Value(login->authid) || details->get_string("authmethod") != "ticket") {
        return wrong(Check::true_identity, turn, "asks about another than " + login->authid);
    }
    login->session = details->get_uint("session", 0);
    const bool shown = details->get_string("ticket") == login->secret;
    if (shown == login->rules->knows(login->authid))
        wrong(Check::permit, turn, "the ticket of " + login->authid + " crosses the link, or not");
}

/// A role, or a dictionary with one; it admits nobody to another realm or as somebody of the file.
std::optional<Principal> Logins::read(const wamp::CallResult& result, const Login& login) {
    const auto args = wamp::args_of(result.payload);
    if (!args || args->empty()) return std::nullopt;
    Principal told{login.authid, {}};
    if (const auto* role = args->front().get_if<std::string>()) told.role = *role;
    if (const auto* dict = args->front().get_if<wamp::Dict>()) {
        if (dict->get_string("realm", "world") != "world") return std::nullopt;
        told.role = dict->get_string("role");
        told.authid = dict->get_string("authid", login.authid);
    }
    const bool valid = !told.role.empty() && told.role != gateway.role && !told.authid.empty() &&
                       !login.rules->knows(told.authid);
    return valid ? std::optional(told) : std::nullopt;
}

std::optional<Principal> Logins::expected(const Login& login, const Rules& rules) {
    std::optional<Principal> principal;
    if (!login.rules->knows(login.authid)) {
        principal = login.answer;
    } else if (login.secret == "ticket of " + login.authid) {
        const auto* const account =
            std::find_if(accounts.begin(), accounts.end(),
                         [&](const Account& each) { return each.authid == login.authid; });
        principal = {login.authid, std::string(account->role)};
    }
    if (principal && !rules.admits(*principal)) principal.reset();
    return principal;
}

void Logins::on_answer(const Turn& turn, const Rules& rules) {
    const auto* const result = turn.in_as<wamp::CallResult>();
    const auto* const error = turn.in_as<wamp::Error>();
    const bool to_call = error != nullptr && error->request_type == wamp::MessageType::call;
    if (result == nullptr && !to_call) return;
    const std::pair call(turn.link, result != nullptr ? result->request : error->request);
    const auto found = std::find_if(logins_.begin(), logins_.end(),
                                    [&](const auto& each) { return each.second.call == call; });
    if (found == logins_.end()) return;  // its peer has gone, or it was not waited for any more
    Login& login = found->second;
    login.over = true;
    if (result != nullptr) login.answer = read(*result, login);
    const bool welcome = sent_to<wamp::Welcome>(turn, found->first) != nullptr;
    const bool abort = sent_to<wamp::Abort>(turn, found->first) != nullptr;
    const bool admitted = expected(login, rules).has_value();
    if (welcome == abort || welcome != admitted) {
        wrong(Check::expected_outcome, turn,
              login.authid + (admitted ? " should be let in" : " should be refused"));
    }
}

void Logins::on_welcome(const Turn& turn, wamp::PeerId to, const wamp::Welcome& welcome,
                        const Rules& rules, bool link_up) {
    const auto entry = logins_.extract(to);
    if (entry.empty() || !entry.mapped().asks) return;
    const Login& login = entry.mapped();
    const bool over = login.over || !link_up || turn.now >= login.since + patience;
    if (!login.asked || !over)
        wrong(Check::permit, turn, login.authid + " joins before the procedure has answered");
    const Principal told{std::string(welcome.details.get_string("authid")),
                         std::string(welcome.details.get_string("authrole"))};
    if (expected(login, rules) != told)
        wrong(Check::true_identity, turn, login.authid + " joins as " + told.role);
    if (login.call && welcome.session != login.session)
        wrong(Check::true_identity, turn, "the procedure was told of another session");
    if (!login.rules->knows(login.authid)) ++findings_.counts.let_in;
}

void Logins::on_abort(const Turn& turn, wamp::PeerId to, const wamp::Abort& abort,
                      const Rules& rules) {
    const auto entry = logins_.extract(to);
    if (entry.empty() || !entry.mapped().asked) return;
    const Login& login = entry.mapped();
    ++findings_.counts.turned_away;
    if (abort.reason == uris::authentication_denied && expected(login, rules))
        wrong(Check::expected_outcome, turn, login.authid + " is turned away");
}

void Logins::check_all_ended(Instant now) const {
    for (const auto& [peer, login] : logins_) {
        findings_.wrong(Check::one_answer, now,
                        "front: no answer to the login of " +
                            (login.authid.empty() ? std::string("a guest") : login.authid));
    }
}

}  // namespace sallyport::sim
