#include "wamp/session/features.h"

#include <string_view>

namespace sallyport::wamp {
namespace {

const Dict* role_of(const Dict& details, std::string_view name) noexcept {
    const Dict* roles = details.get_dict("roles");
    return roles != nullptr ? roles->get_dict(name) : nullptr;
}

bool announces(const Dict* role, std::string_view feature) noexcept {
    const Dict* features = role != nullptr ? role->get_dict("features") : nullptr;
    return features != nullptr && features->get_bool(feature, false);
}

constexpr std::string_view passthru_mode = "payload_passthru_mode";
constexpr std::string_view progressive_invocations = "progressive_call_invocations";

bool announces_streams(const Dict* role) noexcept {
    return announces(role, progressive_invocations) || announces(role, "progressive_calls");
}

bool announces_canceling(const Dict* role) noexcept {
    return announces(role, "call_canceling") || announces(role, "call_cancelling");
}

void read_callee(const Dict* callee, Features& out) noexcept {
    if (callee == nullptr) return;
    out.add(Feature::callee);
    if (announces_canceling(callee)) {
        out.add(Feature::callee_call_canceling);
        if (announces(callee, "progressive_call_results")) {
            out.add(Feature::callee_progressive_call_results);
        }
        if (announces_streams(callee)) out.add(Feature::callee_progressive_call_invocations);
    }
    if (announces(callee, "call_timeout")) out.add(Feature::callee_call_timeout);
    if (announces(callee, "caller_identification")) {
        out.add(Feature::callee_caller_identification);
    }
    if (announces(callee, "registration_revocation")) {
        out.add(Feature::callee_registration_revocation);
    }
    if (announces(callee, passthru_mode)) out.add(Feature::callee_payload_passthru_mode);
}

void read_subscriber(const Dict* subscriber, Features& out) noexcept {
    if (subscriber == nullptr) return;
    out.add(Feature::subscriber);
    if (announces(subscriber, "publisher_identification")) {
        out.add(Feature::subscriber_publisher_identification);
    }
    // Autobahn|Python, the only one that announces the other feature, treats a revocation as a
    // protocol violation and closes the session: sending it would end all its subscriptions.
    if (announces(subscriber, "subscription_revocation") &&
        !announces(subscriber, "payload_encryption_cryptobox")) {
        out.add(Feature::subscriber_subscription_revocation);
    }
    if (announces(subscriber, passthru_mode)) out.add(Feature::subscriber_payload_passthru_mode);
}

void read_dealer(const Dict* dealer, Features& out) noexcept {
    if (dealer == nullptr) return;
    out.add(Feature::dealer);
    if (announces_canceling(dealer)) out.add(Feature::dealer_call_canceling);
    if (announces(dealer, "progressive_call_results")) {
        out.add(Feature::dealer_progressive_call_results);
    }
    if (announces_canceling(dealer) && announces_streams(dealer)) {
        out.add(Feature::dealer_progressive_call_invocations);
    }
    if (announces(dealer, "shared_registration")) out.add(Feature::dealer_shared_registration);
    if (announces(dealer, passthru_mode)) out.add(Feature::dealer_payload_passthru_mode);
}

Value role(std::initializer_list<std::string_view> names) {
    Dict features;
    for (const std::string_view name : names) features.append(std::string(name), true);
    Dict out;
    out.append("features", std::move(features));
    return out;
}

}  // namespace

Features read_features(const Dict& details) noexcept {
    Features out;
    if (const Dict* caller = role_of(details, "caller")) {
        out.add(Feature::caller);
        if (announces(caller, "progressive_call_results")) {
            out.add(Feature::caller_progressive_call_results);
        }
        if (announces_streams(caller)) out.add(Feature::caller_progressive_call_invocations);
        if (announces(caller, passthru_mode)) out.add(Feature::caller_payload_passthru_mode);
    }
    read_callee(role_of(details, "callee"), out);
    if (const Dict* publisher = role_of(details, "publisher")) {
        out.add(Feature::publisher);
        if (announces(publisher, passthru_mode)) out.add(Feature::publisher_payload_passthru_mode);
    }
    read_subscriber(role_of(details, "subscriber"), out);
    if (const Dict* broker = role_of(details, "broker")) {
        out.add(Feature::broker);
        if (announces(broker, passthru_mode)) out.add(Feature::broker_payload_passthru_mode);
        if (announces(broker, "event_retention")) out.add(Feature::broker_event_retention);
    }
    read_dealer(role_of(details, "dealer"), out);
    if (details.get_bool(carries_payloads_key, false)) out.add(Feature::carries_payloads);
    return out;
}

Dict router_roles() {
    Dict roles;
    roles.append("broker",
                 role({"event_retention", "pattern_based_subscription", "payload_passthru_mode",
                       "publisher_exclusion", "publisher_identification",
                       "subscriber_blackwhite_listing", "subscription_revocation"}));
    roles.append("dealer", role({"call_canceling", "call_timeout", "caller_identification",
                                 "pattern_based_registration", "payload_passthru_mode",
                                 "progressive_call_invocations", "progressive_call_results",
                                 "registration_revocation", "shared_registration"}));
    return roles;
}

Dict client_roles(bool link) {
    Dict roles;
    roles.append("caller",
                 role({"call_canceling", "caller_identification", "progressive_call_results"}));
    roles.append("callee", role({"call_canceling", "caller_identification",
                                 "pattern_based_registration", "progressive_call_results",
                                 "registration_revocation", "shared_registration"}));
    roles.append("publisher", role({"publisher_exclusion", "publisher_identification",
                                    "subscriber_blackwhite_listing"}));
    roles.append("subscriber", role({"pattern_based_subscription", "publisher_identification",
                                     "subscription_revocation"}));
    if (!link) return roles;
    const auto announce = [&](std::string_view name, std::string_view feature) {
        Dict& announced = *roles.find(name)->get_if<Dict>();
        announced.find("features")->get_if<Dict>()->append(std::string(feature), true);
    };
    for (const std::string_view name : {"caller", "callee", "publisher", "subscriber"})
        announce(name, passthru_mode);
    for (const std::string_view name : {"caller", "callee"})
        announce(name, progressive_invocations);
    return roles;
}

}  // namespace sallyport::wamp
