#include "tests/sim/actors/actor.h"

#include <string>
#include <type_traits>
#include <utility>

#include "tests/sim/actors/stray.h"
#include "tests/sim/names.h"
#include "wamp/message/uris.h"

namespace sallyport::sim {

namespace uris = wamp::uris;
using wamp::Dict;
using wamp::List;
using wamp::Value;

namespace {

/// As announced by a client of that kind; `passes`, `identifies` as in Client.
Dict roles_of(const Client& client) {
    Dict roles = wamp::client_roles(client.passes);
    if (client.identifies) return roles;
    for (const char* role : {"callee", "subscriber"}) {
        auto* const features = roles.find(role)->get_if<Dict>()->find("features")->get_if<Dict>();
        features->erase("caller_identification");
        features->erase("publisher_identification");
    }
    return roles;
}

}  // namespace

Actor::Actor(Environment& environment, Kind kind, std::uint64_t key, std::shared_ptr<Wire> wire,
             wamp::Serializer serializer, Principal account)
    : client_{environment, kind, key, std::move(wire), serializer, std::move(account)},
      machine_(wamp::RawSocket::client(
          environment.dice.chance(20) ? small_receives_max : std::size_t{1} << 20U, serializer)),
      caller_(client_),
      callee_(client_),
      subscriber_(client_),
      has_account_(!client_.principal.authid.empty()),
      knows_ticket_(!environment.dice.chance(6)) {
    client_.passes = environment.dice.chance(80);
    client_.identifies = environment.dice.chance(70);
}

void Actor::start() {
    client_.wire->write(0, machine_.to_send());
    machine_.to_send().clear();
}

void Actor::on_bytes(std::string_view bytes) {
    if (client_.gone) return;
    machine_.feed(bytes);
    for (auto event = machine_.next(); event.kind != wamp::RawSocket::Kind::none;
         event = machine_.next()) {
        if (event.kind == wamp::RawSocket::Kind::opened) {
            hello();
        } else if (event.kind == wamp::RawSocket::Kind::message) {
            const auto message = wamp::decode(client_.serializer, event.bytes, {});
            if (message.has_error()) {
                client_.wrong(Check::legal_router, "undecodable message");
            } else {
                on_message(*message);
            }
        } else if (event.kind == wamp::RawSocket::Kind::failed) {
            client_.wrong(Check::legal_router, "framing: " + std::string(event.bytes));
            return;
        }
        if (client_.gone) return;
    }
    client_.wire->write(0, machine_.to_send());
    machine_.to_send().clear();
}

void Actor::hello() {
    Dict details{{"roles", roles_of(client_)}};
    if (has_account_) {
        details.set("authid", client_.principal.authid);
        details.set("authmethods", List{Value("ticket")});
    }
    client_.send(
        wamp::Hello{client_.kind == Kind::service ? "mark.inner" : "world", std::move(details)});
}

void Actor::on_message(const wamp::Message& message) {
    client_.findings().happened(wamp::to_string(type_of(message)));
    std::visit(
        [&]<class Message>(const Message& m) {
            if constexpr (std::is_same_v<Message, wamp::CallResult>) {
                caller_.on(m);
            } else if constexpr (requires { on(m); }) {
                on(m);
            } else if constexpr (requires { callee_.on(m); }) {
                callee_.on(m);
            } else if constexpr (requires { subscriber_.on(m); }) {
                subscriber_.on(m);
            }
        },
        message);
}

void Actor::on(const wamp::Challenge&) {
    const std::string ticket = "ticket of " + (knows_ticket_ ? client_.principal.authid : "nobody");
    client_.send(wamp::Authenticate{ticket, {}});
}

void Actor::on(const wamp::Welcome& welcome) {
    client_.session = welcome.session;
    const Principal told{std::string(welcome.details.get_string("authid")),
                         std::string(welcome.details.get_string("authrole"))};
    if (has_account_ && told != client_.principal)
        client_.wrong(Check::true_identity, "joined as " + told.authid + ", " + told.role);
    if (has_account_ && !knows_ticket_) client_.wrong(Check::permit, "joined without the ticket");
    client_.principal = told;
    Environment& environment = client_.environment;
    if (client_.kind == Kind::service) {
        Environment::note(environment.sessions_of_inside, welcome.session);
        callee_.offer_service();
        subscriber_.subscribe();
        return;
    }
    Environment::note(environment.sessions, welcome.session);
}

void Actor::on(const wamp::Error& error) {
    if (client_.leaving) return;
    if (error.request_type == wamp::MessageType::call) return caller_.on(error);
    if (callee_.on(error) || subscriber_.on(error)) return;
    client_.wrong(Check::legal_router, "ERROR for a request that is not open");
}

void Actor::on(const wamp::Goodbye&) {
    if (!client_.leaving) client_.send(wamp::Goodbye{{}, std::string(uris::goodbye_and_out)});
    client_.leaving = true;
    client_.session = 0;
    forget();
}

// Requests
// ------------------------------------------------------------------------------------------------

void Actor::act() {
    Dice& dice = client_.dice();
    if (strays_ && !client_.gone) return dice.chance(90) ? stray(client_) : cut();
    if (!joined()) return;
    if (client_.greedy && dice.chance(20)) return burst();
    const auto roll = dice.between(0, 99);
    if (roll < 35) {
        caller_.call();
    } else if (roll < 60) {
        subscriber_.publish();
    } else if (roll < 75) {
        subscriber_.subscribe();
    } else if (roll < 79) {
        subscriber_.unsubscribe();
    } else if (roll < 83) {
        dice.chance(25) ? callee_.take_over() : callee_.offer();
    } else if (roll < 85) {
        callee_.withdraw();
    } else if (roll < 91) {
        caller_.cancel();
    } else if (roll < 96) {
        caller_.call_meta();
    } else if (roll == 96 && dice.chance(30)) {
        leave();
    } else if (roll == 97 && dice.chance(30)) {
        cut();
    } else if (roll == 98 && client_.kind == Kind::guest && dice.chance(30)) {
        garbage();
    } else if (roll == 99 && client_.kind == Kind::guest && dice.chance(30)) {
        start_to_stray();
    }
}

void Actor::burst() {
    Dice& dice = client_.dice();
    const auto roll = dice.between(0, 999);
    if (roll < 600) {
        caller_.call_much(dice.between(3, 12));
    } else if (roll < 997) {
        subscriber_.publish_much(dice.between(5, 40));
    } else {
        subscriber_.publish_much(1100);  // more than may be under way
    }
}

void Actor::forget() {
    caller_.forget();
    callee_.forget();
    subscriber_.forget();
}

void Actor::garbage() {
    std::string bytes(client_.dice().between(1, 40), '\0');
    for (char& c : bytes) c = static_cast<char>(client_.dice().next());
    client_.wire->write(0, wamp::Frame::copy_of(bytes).rawsocket());
    client_.leaving = true;  // the session may or may not survive it
    forget();
}

void Actor::start_to_stray() {
    strays_ = true;
    client_.leaving = true;
    forget();
    stray(client_);
}

void Actor::leave() {
    client_.leaving = true;
    forget();
    client_.send(wamp::Goodbye{{}, std::string(uris::close_realm)});
}

void Actor::cut() {
    client_.gone = true;
    client_.wire->cut(0);
}

void Actor::check_all_answered() {
    if (client_.gone || !joined()) return;
    caller_.check_all_answered();
    callee_.check_all_answered();
    subscriber_.check_all_answered();
}

}  // namespace sallyport::sim
