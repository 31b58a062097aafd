#include "policy/file/auth_check.h"

#include <variant>

namespace sallyport::policy {

std::optional<Diagnostic> check_dynamic(const AuthText& auth, const RealmPolicy& policy) {
    if (!auth.dynamic || auth.dynamic->procedure.empty()) return std::nullopt;
    const DynamicText& dynamic = *auth.dynamic;
    const Subject subject{policy.role(gateway_role), gateway_role, gateway_role};
    const Decision decision = policy.decide(subject, {Action::call, dynamic.procedure});
    const Denial* const denial = std::get_if<Denial>(&decision);
    if (denial == nullptr) return std::nullopt;
    const std::string hint =
        denial->reason == Denial::Reason::no_route
            ? "add a [[route]] that sends it to a backend"
            : "add an [[allow]] with roles = [\"gateway\"], actions = [\"call\"] and uri = " +
                  quoted(dynamic.procedure);
    return Diagnostic{dynamic.procedure_place,
                      "the gateway may not call " + quoted(dynamic.procedure) + ": " +
                          std::string(to_string(denial->reason)),
                      hint};
}

}  // namespace sallyport::policy
