#include "policy/engine/permit.h"

#include <array>
#include <utility>

namespace sallyport::policy {
namespace {

constexpr std::array<std::pair<Grant, std::string_view>, grant_count> grant_names{
    {{Grant::disclose_me, "disclose_me"},
     {Grant::meta, "meta"},
     {Grant::testaments, "testaments"},
     {Grant::retain, "retain"},
     {Grant::history, "history"},
     {Grant::force_reregister, "force_reregister"}}};

}  // namespace

std::string_view to_string(Grant grant) noexcept {
    for (const auto& [known, name] : grant_names) {
        if (known == grant) return name;
    }
    return "";
}

std::optional<Grant> parse_grant(std::string_view name) noexcept {
    for (const auto& [grant, known] : grant_names) {
        if (known == name) return grant;
    }
    return std::nullopt;
}

std::string_view to_string(Action action) noexcept {
    switch (action) {
        case Action::call:
            return "call";
        case Action::register_:
            return "register";
        case Action::subscribe:
            return "subscribe";
        case Action::publish:
            return "publish";
    }
    return "";
}

std::string_view to_string(Denial::Reason reason) noexcept {
    switch (reason) {
        case Denial::Reason::no_allow:
            return "no rule allows it";
        case Denial::Reason::forbidden:
            return "forbidden";
        case Denial::Reason::no_route:
            return "no route leads anywhere";
        case Denial::Reason::pattern:
            return "the pattern reaches beyond what is allowed";
        case Denial::Reason::payload_too_big:
            return "the payload is larger than the rule's limit";
        case Denial::Reason::condition:
            return "the arguments are not as the rule demands";
        case Denial::Reason::opaque:
            return "the payload cannot be read and the rule does not say payload = \"opaque\"";
        case Denial::Reason::grant:
            return "the rule does not grant what \"wamp.\" needs";
        case Denial::Reason::unnamed:
            return "the rule does not name the procedure, which ends sessions, with match = "
                   "\"exact\"";
    }
    return "";
}

}  // namespace sallyport::policy
