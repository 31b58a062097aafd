#include "policy/auth/credentials.h"

namespace sallyport::policy {

std::string_view to_string(Method method) noexcept {
    switch (method) {
        case Method::anonymous:
            return "anonymous";
        case Method::ticket:
            return "ticket";
        case Method::wampcra:
            return "wampcra";
        case Method::wamp_scram:
            return "wamp-scram";
        case Method::scram:
            return "scram";
        case Method::cryptosign:
            return "cryptosign";
    }
    return {};
}

std::optional<Method> parse_method(std::string_view name) noexcept {
    for (const Method method : all_methods) {
        if (name == to_string(method)) return method;
    }
    return std::nullopt;
}

Methods Credentials::methods() const noexcept {
    Methods all;
    if (ticket) all.add(Method::ticket);
    if (wampcra) all.add(Method::wampcra);
    if (wamp_scram) all.add(Method::wamp_scram);
    if (scram) all.add(Method::scram);
    if (!cryptosign.empty()) all.add(Method::cryptosign);
    return all;
}

const ScramCredential* Credentials::scram_of(Method method) const noexcept {
    const auto& credential = method == Method::wamp_scram ? wamp_scram : scram;
    return credential ? &*credential : nullptr;
}

crypto::ScramDialect dialect_of(Method method) noexcept {
    return method == Method::wamp_scram ? crypto::ScramDialect::specification
                                        : crypto::ScramDialect::autobahn;
}

}  // namespace sallyport::policy
