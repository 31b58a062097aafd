#include "policy/auth/join_terms.h"

#include <algorithm>
#include <utility>

#include "wamp/message/uris.h"

namespace sallyport::policy {
namespace {

// A client that lists no methods requests an anonymous session (W-AUT-01).
wamp::List requested_methods(const wamp::Dict& details) {
    const wamp::List* listed = details.get_list("authmethods");
    return listed != nullptr && !listed->empty()
               ? *listed
               : wamp::List{wamp::Value(to_string(Method::anonymous))};
}

}  // namespace

Methods offered_methods(const AuthText& auth, Methods of_principals) noexcept {
    Methods offered = auth.methods.value_or(of_principals);
    if (auth.dynamic) offered.add(auth.dynamic->methods);
    if (!auth.anonymous_role.empty()) offered.add(Method::anonymous);
    return offered;
}

std::shared_ptr<const JoinTerms> JoinTerms::make(const AuthText& auth, Roster roster) {
    auto made = std::make_shared<JoinTerms>();
    made->anonymous_role_ = auth.anonymous_role;
    made->roster_ = std::move(roster);
    made->offered_ = offered_methods(auth, made->roster_.methods());
    made->failures_ = auth.failures;
    made->dynamic_ = auth.dynamic;
    return made;
}

std::optional<Method> JoinTerms::method_of(const wamp::Hello& hello) const {
    const bool named = !hello.details.get_string("authid").empty();
    for (const wamp::Value& value : requested_methods(hello.details)) {
        const auto* const name = value.get_if<std::string>();
        const auto method = name == nullptr ? std::nullopt : parse_method(*name);
        if (!method || !offered_.has(*method)) continue;
        if (named || *method == Method::anonymous || *method == Method::cryptosign) return method;
    }
    return std::nullopt;
}

std::string_view JoinTerms::refusal_of(const wamp::Hello& hello) {
    const auto& requested = requested_methods(hello.details);
    const bool anonymous =
        std::any_of(requested.begin(), requested.end(), [](const wamp::Value& value) {
            const auto* const name = value.get_if<std::string>();
            return name != nullptr && *name == to_string(Method::anonymous);
        });
    return anonymous ? wamp::uris::authentication_required : wamp::uris::no_matching_auth_method;
}

bool JoinTerms::admits(const Principal& principal, bool dynamic) const {
    if (dynamic) return dynamic_.has_value();
    const auto method = parse_method(principal.method);
    if (!method || !offered_.has(*method)) return false;
    if (*method == Method::anonymous) return principal.role == anonymous_role_;
    return roster_.lists(principal);
}

}  // namespace sallyport::policy
