#include "tests/sim/ledger.h"

namespace sallyport::sim {

bool tells(const wamp::Dict& details, std::string_view head) {
    return details.find(head) != nullptr;
}

bool tells_truly(const wamp::Dict& details, std::string_view head, const Identity& truth) {
    const std::string name(head);
    return details.get_uint(name, 0) == truth.session &&
           details.get_string(name + "_authid") == truth.principal.authid &&
           details.get_string(name + "_authrole") == truth.principal.role;
}

Identity conveyed(const wamp::Dict& options) {
    const wamp::List* const chain = options.get_list("forward_for");
    const wamp::Dict* const origin =
        chain == nullptr || chain->empty() ? nullptr : chain->front().get_if<wamp::Dict>();
    if (origin == nullptr) return {};
    return {
        origin->get_uint("session", 0),
        {std::string(origin->get_string("authid")), std::string(origin->get_string("authrole"))}};
}

}  // namespace sallyport::sim
