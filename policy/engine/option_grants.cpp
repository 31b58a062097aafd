#include "policy/engine/option_grants.h"

#include "wamp/message/uris.h"

namespace sallyport::policy {
namespace {

namespace uris = wamp::uris;

bool lacks(const Permit& permit, Grant grant, const wamp::Dict& options, std::string_view option) {
    return !options.empty() && options.get_bool(option, false) && !permit.grants(grant);
}

constexpr std::string_view no_disclosure = "the rule does not grant disclose_me";
constexpr std::string_view no_retention = "the rule does not grant retain";

}  // namespace

OptionRefusal check_options(const Permit& permit, wamp::Call& call) {
    if (!lacks(permit, Grant::disclose_me, call.options, "disclose_me")) return {};
    return {uris::disclose_me_disallowed, no_disclosure};
}

OptionRefusal check_options(const Permit& permit, wamp::Publish& publish) {
    const bool answered = publish.options.get_bool("acknowledge", false);
    if (lacks(permit, Grant::disclose_me, publish.options, "disclose_me")) {
        if (answered) return {uris::disclose_me_disallowed, no_disclosure};
        publish.options.erase("disclose_me");
    }
    if (lacks(permit, Grant::retain, publish.options, "retain")) {
        if (answered) return {uris::option_not_allowed, no_retention};
        publish.options.erase("retain");
    }
    return {};
}

OptionRefusal check_options(const Permit& permit, wamp::Subscribe& subscribe) {
    if (!lacks(permit, Grant::retain, subscribe.options, "get_retained")) return {};
    return {uris::option_not_allowed, no_retention};
}

OptionRefusal check_options(const Permit& permit, wamp::Register& request) {
    if (lacks(permit, Grant::disclose_me, request.options, "disclose_caller")) {
        return {uris::option_not_allowed, no_disclosure};
    }
    if (lacks(permit, Grant::force_reregister, request.options, "force_reregister")) {
        request.options.erase("force_reregister");
    }
    return {};
}

}  // namespace sallyport::policy
