#include "gateway/programs/auth_host.h"

#include <utility>
#include <variant>

#include <boost/asio/post.hpp>

#include "gateway/host/random_seed.h"
#include "wamp/net/connections.h"

namespace sallyport::gateway {

using policy::AuthService;

namespace {

std::vector<AuthService::Realm> with_authenticators(
    const std::vector<policy::LoadedRealm>& realms) {
    std::vector<AuthService::Realm> all;
    all.reserve(realms.size());
    for (const auto& realm : realms)
        all.push_back({std::string(realm.policy->realm()), realm.authenticator});
    return all;
}

}  // namespace

AuthHost::AuthHost(boost::asio::io_context& io, const std::vector<policy::LoadedRealm>& realms,
                   Reply reply)
    : io_(io),
      service_(with_authenticators(realms), wamp::Random(random_seed())),
      reply_(std::move(reply)) {}

void AuthHost::reload(const std::vector<policy::LoadedRealm>& realms) {
    service_.reload(with_authenticators(realms));
}

void AuthHost::ask(std::string_view packet) {
    service_.on_question(packet, wamp::now(), outbox_);
    carry_out();
}

void AuthHost::carry_out() {
    for (AuthService::Effect& effect : std::exchange(outbox_, {})) {
        if (const auto* const reply = std::get_if<AuthService::Reply>(&effect)) {
            reply_(reply->packet);
            continue;
        }
        auto& check = std::get<AuthService::Check>(effect);
        if (!checks_) checks_ = std::make_unique<boost::asio::thread_pool>(1);
        boost::asio::post(*checks_, [this, &io = io_, id = check.id, run = std::move(check.run)] {
            const bool proven = run();
            boost::asio::post(io, [this, id, proven] {
                service_.on_checked(id, proven, wamp::now(), outbox_);
                carry_out();
            });
        });
    }
}

}  // namespace sallyport::gateway
