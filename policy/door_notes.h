#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "policy/realm_policy.h"
#include "wamp/session/outbox.h"

namespace sallyport::policy {

/// Text of a stranger, made fit for one line of a log: control characters and bytes above ASCII as
/// `\xNN`, cut after 64.
std::string printable(std::string_view text);

std::string of_session(wamp::SessionId session);  ///< ", session N"; nothing for 0
std::string on_circuit(std::uint64_t circuit);    ///< ", circuit N"; nothing for 0

/// Appends a line for the log, put together from text and numbers.
template <class... Parts>
void note(wamp::Outbox& out, wamp::effect::Note::Level level, Parts&&... parts) {
    std::string text;
    const auto append = [&text](const auto& part) {
        if constexpr (std::is_integral_v<std::remove_cvref_t<decltype(part)>>) {
            text += std::to_string(part);
        } else {
            text += part;
        }
    };
    (append(parts), ...);
    out.push_back(wamp::effect::Note{level, std::move(text)});
}

}  // namespace sallyport::policy
