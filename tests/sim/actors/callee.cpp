#include "tests/sim/actors/callee.h"

#include <utility>

#include "tests/sim/actors/authenticator.h"
#include "tests/sim/names.h"
#include "wamp/message/passthru.h"
#include "wamp/message/uris.h"

namespace sallyport::sim {

namespace uris = wamp::uris;
using wamp::Dict;

void Callee::register_(std::string uri, bool prefix, bool shared, bool forced) {
    const wamp::RequestId request = ++client_.last_request;
    Dict options;
    if (prefix) options.set("match", "prefix");
    if (shared) options.set("invoke", "roundrobin");
    if (forced) options.set("force_reregister", true);
    requests_[request] = {uri, 0, prefix};
    client_.send(wamp::Register{request, std::move(options), std::move(uri)});
}

void Callee::offer_service() {
    for (const auto tail : service_procedures)
        register_("lab." + std::string(tail), false, tail == "svc.shared" || tail == "auth.ask");
    register_("lab.svc.any.", true, true);
}

void Callee::take_over() {
    const bool guest = client_.kind == Kind::guest;
    const auto tail = guest ? "front.a" : client_.dice().chance(80) ? "svc.taken" : "svc.echo";
    register_(client_.named(tail), false, false, true);
}

void Callee::offer() {
    if (client_.kind == Kind::service) return;
    const auto roll = client_.dice().between(0, 9);
    if (roll < 5) {
        register_(client_.named("front.a"), false, false);
    } else if (roll < 8) {
        register_(client_.named("own." + client_.principal.authid + "."), true, false);
    } else {
        register_(client_.named(roll == 8 ? "svc.mine" : "own.alice."), roll != 8, false);
    }
}

void Callee::withdraw() {
    if (offered_.empty() || client_.kind == Kind::service) return;
    const auto chosen = offered_.begin()->first;
    const wamp::RequestId request = ++client_.last_request;
    requests_[request] = {"", chosen};
    client_.send(wamp::Unregister{request, chosen, {}});
}

bool Callee::on(const wamp::Error& error) {
    const auto found = requests_.find(error.request);
    if (found == requests_.end()) return false;
    offered_.erase(found->second.given_up);
    requests_.erase(found);
    return true;
}

void Callee::on(const wamp::Registered& registered) {
    const auto found = requests_.find(registered.request);
    if (found == requests_.end()) {
        if (!client_.leaving)
            client_.wrong(Check::legal_router, "REGISTERED for a request that is not open");
        return;
    }
    if (client_.kind == Kind::guest && found->second.uri.ends_with("svc.mine"))
        client_.wrong(Check::permit, "registered " + found->second.uri);
    offered_[registered.registration] = {found->second.uri, found->second.pattern};
    requests_.erase(found);
}

void Callee::on(const wamp::Unregistered& unregistered) {
    if (unregistered.request == 0) {  // revoked
        offered_.erase(unregistered.details.get_uint("registration", 0));
        return;
    }
    const auto found = requests_.find(unregistered.request);
    if (found == requests_.end() || found->second.given_up == 0) {
        if (!client_.leaving)
            client_.wrong(Check::legal_router, "UNREGISTERED for a request that is not open");
        return;
    }
    offered_.erase(found->second.given_up);
    requests_.erase(found);
}

// Invocations
// ------------------------------------------------------------------------------------------------

void Callee::on(const wamp::Invocation& invocation) {
    const auto found = offered_.find(invocation.registration);
    if (found == offered_.end()) {
        if (!client_.leaving)
            client_.wrong(Check::subscribed_only, "INVOCATION without a registration");
        return;
    }
    const std::string_view named = invocation.details.get_string("procedure");
    const std::string& offered = found->second.uri;
    if (found->second.pattern != !named.empty() || (!named.empty() && !named.starts_with(offered)))
        client_.wrong(Check::legal_router,
                      "INVOCATION of " + std::string(named) + " by " + offered);
    const std::string procedure(named.empty() ? offered : named);
    open_.insert(invocation.request);
    if (procedure == ask_procedure && payload_id_of(invocation.payload).first == 0)
        return decide_login(invocation);
    if (procedure.ends_with("svc.never")) return;
    const PayloadId payload_id = payload_id_of(invocation.payload);
    const bool sealed = wamp::is_passthru(invocation.details);
    Dice& dice = client_.dice();
    if (procedure.ends_with("svc.stream") &&
        invocation.details.get_bool("receive_progress", false)) {
        Duration delay{};
        for (std::uint64_t left = dice.between(1, 4); left > 0; --left) {
            delay += std::chrono::milliseconds(dice.between(1, 400));
            later(delay, invocation.request, procedure, payload_id, sealed, left > 1);
        }
        return;
    }
    const bool waits = procedure.ends_with("svc.slow") || client_.kind == Kind::guest;
    if (!waits) return answer(invocation.request, procedure, payload_id, sealed, false);
    later(std::chrono::milliseconds(dice.between(0, 3000)), invocation.request, procedure,
          payload_id, sealed, false);
}

void Callee::decide_login(const wamp::Invocation& invocation) {
    const LoginAnswer decided = answer_login(client_, invocation);
    // Others learn of the session that asks; it is nobody's business.
    if (client_.dice().chance(5))
        Environment::note(client_.environment.sessions, invocation.details.get_uint("caller", 1));
    if (decided.never) return;
    const auto answer = [this, alive = std::weak_ptr<int>(alive_), result = decided.result,
                         request = invocation.request] {
        if (alive.expired() || client_.leaving || open_.erase(request) == 0) return;
        if (!result) {
            return client_.send(
                wamp::Error{wamp::MessageType::invocation, request, {}, "lab.error.denied", {}});
        }
        const auto payload = wamp::make_payload(client_.serializer, {*result});
        client_.send(wamp::Yield{request, {}, payload.view()});
    };
    client_.environment.schedule.after(decided.delay, answer);
}

void Callee::later(Duration delay, wamp::RequestId invocation, const std::string& procedure,
                   const PayloadId& payload_id, bool sealed, bool progress) {
    client_.environment.schedule.after(delay, [this, alive = std::weak_ptr<int>(alive_), invocation,
                                               procedure, payload_id, sealed, progress] {
        if (!alive.expired()) answer(invocation, procedure, payload_id, sealed, progress);
    });
}

void Callee::answer(wamp::RequestId invocation, const std::string& procedure,
                    const PayloadId& payload_id, bool sealed, bool progress) {
    if (client_.leaving || !open_.contains(invocation)) return;
    if (!progress) open_.erase(invocation);
    // Routers must drop what a callee says about its host.
    const Dict host{{"_host", "mark-host"}};
    if (procedure.ends_with("svc.fail")) {
        const bool poses_as_router = client_.dice().chance(30);
        const auto args = poses_as_router
                              ? wamp::make_payload(client_.serializer, {wamp::Value("mark-host")})
                              : payload_of(client_.serializer, payload_id, false);
        const std::string uri(poses_as_router ? uris::no_such_procedure : "lab.error.failed");
        return client_.send(
            wamp::Error{wamp::MessageType::invocation, invocation, host, uri, args.view()});
    }
    Dict options = host;
    if (progress) options.set("progress", true);
    if (sealed) options.set("ppt_scheme", "sim");
    const std::size_t padding = progress && client_.dice().chance(30) ? small_receives_max : 0;
    const auto payload = payload_of(client_.serializer, payload_id, sealed, padding);
    const wamp::Yield yield{invocation, options, payload.view()};
    client_.send(yield);
    if (procedure.ends_with("svc.twice")) client_.send(yield);  // the second one is late
}

void Callee::on(const wamp::Interrupt& interrupt) {
    if (client_.leaving || open_.erase(interrupt.request) == 0) return;
    if (interrupt.options.get_string("mode") != "kill") return;
    client_.send(wamp::Error{
        wamp::MessageType::invocation, interrupt.request, {}, std::string(uris::canceled), {}});
}

void Callee::check_all_answered() const {
    for (const auto& [request, asked] : requests_)
        client_.wrong(Check::legal_router, "no answer to request " + std::to_string(request));
}

}  // namespace sallyport::sim
