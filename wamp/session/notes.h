#pragma once

#include <string>
#include <type_traits>
#include <utility>

#include "wamp/session/outbox.h"

namespace sallyport::wamp {

/// Appends a log line, built from text and numbers.
template <class... Parts>
void note(Outbox& out, effect::Note::Level level, Parts&&... parts) {
    std::string text;
    const auto append = [&text](const auto& part) {
        if constexpr (std::is_integral_v<std::remove_cvref_t<decltype(part)>>) {
            text += std::to_string(part);
        } else {
            text += part;
        }
    };
    (append(parts), ...);
    out.push_back(effect::Note{level, std::move(text)});
}

}  // namespace sallyport::wamp
