#include "tests/sim/judged.h"

#include <type_traits>
#include <variant>

#include "wamp/message/match.h"
#include "wamp/message/passthru.h"
#include "wamp/message/uris.h"

namespace sallyport::sim {

namespace uris = wamp::uris;
using policy::Action;
using policy::Grant;

std::optional<Judged> judge(const wamp::Message& message, const Identity& sender, bool link,
                            const Rules& rules) {
    return std::visit(
        [&]<class Message>(const Message& asked) -> std::optional<Judged> {
            constexpr bool call = std::is_same_v<Message, wamp::Call>;
            constexpr bool publish = std::is_same_v<Message, wamp::Publish>;
            constexpr bool subscribe = std::is_same_v<Message, wamp::Subscribe>;
            constexpr bool register_ = std::is_same_v<Message, wamp::Register>;
            if constexpr (call || publish || subscribe || register_) {
                Judged judged;
                judged.type = Message::type;
                judged.request = asked.request;
                judged.of = sender;
                if (link) {
                    const Identity origin = conveyed(asked.options);
                    judged.conveyed = origin.session != 0;
                    if (judged.conveyed) judged.of = origin;
                }
                if constexpr (call || register_) judged.asked.uri = asked.procedure;
                if constexpr (publish || subscribe) judged.asked.uri = asked.topic;
                if constexpr (subscribe || register_)
                    judged.asked.match = wamp::match_of(asked.options);
                if constexpr (call || publish)
                    judged.asked.opaque = wamp::is_passthru(asked.options);
                judged.asked.action = call        ? Action::call
                                      : publish   ? Action::publish
                                      : subscribe ? Action::subscribe
                                                  : Action::register_;
                const bool acknowledged = asked.options.get_bool("acknowledge", false);
                judged.answers = !publish || acknowledged;
                judged.answer = &rules.decide(judged.of.principal, judged.asked);
                const auto demands = [&](const char* option, Grant grant) {
                    return asked.options.get_bool(option, false) && !judged.grants(grant);
                };
                if (!judged.answer->allowed) {
                    judged.error = uris::not_authorized;
                } else if ((call || (publish && acknowledged)) &&
                           demands("disclose_me", Grant::disclose_me)) {
                    judged.error = uris::disclose_me_disallowed;
                } else if ((publish && acknowledged && demands("retain", Grant::retain)) ||
                           (subscribe && demands("get_retained", Grant::retain))) {
                    judged.error = uris::option_not_allowed;
                }
                return judged;
            } else {
                return std::nullopt;
            }
        },
        message);
}

}  // namespace sallyport::sim
