#include "policy/authenticator.h"

#include <algorithm>

#include "wamp/message/uris.h"

namespace sallyport::policy {
namespace {

constexpr std::string_view anonymous = "anonymous";
constexpr std::string_view ticket = "ticket";

// A client that lists nothing asks for an anonymous session (W-AUT-01).
wamp::List wanted_methods(const wamp::Dict& details) {
    const wamp::List* listed = details.get_list("authmethods");
    return listed != nullptr && !listed->empty() ? *listed : wamp::List{wamp::Value(anonymous)};
}

}  // namespace

std::shared_ptr<const Authenticator> Authenticator::make(
    const AuthText& auth, std::span<const PrincipalText> principals) {
    auto made = std::make_shared<Authenticator>();
    made->anonymous_role_ = auth.anonymous_role;
    for (const PrincipalText& principal : principals) {
        made->iterations_ = std::max(made->iterations_, principal.ticket.iterations);
        made->tickets_.emplace(principal.authid, Stored{principal.role, principal.ticket});
    }
    return made;
}

Authenticator::Opening Authenticator::open(const wamp::Hello& hello,
                                           std::string_view anonymous_authid) const {
    const std::string_view authid = hello.details.get_string("authid");
    bool anonymous_refused = false;
    for (const wamp::Value& value : wanted_methods(hello.details)) {
        const auto* method = value.get_if<std::string>();
        if (method == nullptr) continue;
        if (*method == anonymous) {
            if (!anonymous_role_.empty()) {
                // What the client asked to be called or to be is not listened to (W-AUT-A1,
                // W-AUT-03).
                return Principal{std::string(anonymous_authid), anonymous_role_,
                                 std::string(anonymous)};
            }
            anonymous_refused = true;
        } else if (*method == ticket && !tickets_.empty() && !authid.empty()) {
            if (authid.size() > authid_bytes_max) return Refused{wamp::uris::authentication_denied};
            // Whether there is such a principal shows in nothing before the answer is checked.
            return Challenged{std::string(ticket), {}, std::string(authid)};
        }
    }
    return Refused{anonymous_refused ? wamp::uris::authentication_required
                                     : wamp::uris::no_matching_auth_method};
}

std::variant<Principal, Authenticator::Refused> Authenticator::verify(
    const Challenged& challenge, const wamp::Authenticate& answer) const {
    const auto found = tickets_.find(challenge.authid);
    const Stored* stored =
        found != tickets_.end() && challenge.method == ticket ? &found->second : nullptr;
    if (!crypto::verify_ticket(stored != nullptr ? &stored->ticket : nullptr, answer.signature,
                               iterations_)) {
        return Refused{wamp::uris::authentication_denied};
    }
    return Principal{challenge.authid, stored->role, std::string(ticket)};
}

std::optional<std::string_view> Authenticator::role_of(std::string_view authid) const noexcept {
    const auto found = tickets_.find(authid);
    if (found == tickets_.end()) return std::nullopt;
    return std::string_view(found->second.role);
}

}  // namespace sallyport::policy
