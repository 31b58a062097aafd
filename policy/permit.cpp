#include "policy/permit.h"

namespace sallyport::policy {

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
    }
    return "";
}

}  // namespace sallyport::policy
