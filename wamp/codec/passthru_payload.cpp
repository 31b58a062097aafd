#include "wamp/codec/passthru_payload.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "wamp/codec/argument.h"
#include "wamp/message/passthru.h"

namespace sallyport::wamp {

bool is_passthru_payload(const Dict& options, const Payload& payload) noexcept {
    const bool short_enough =
        std::all_of(passthru_keys.begin(), passthru_keys.end(), [&](std::string_view key) {
            return options.get_string(key).size() <= passthru_value_bytes_max;
        });
    if (!short_enough || positional_arguments(payload).length != 1 ||
        keyword_arguments(payload).length != 0) {
        return false;
    }
    const std::string_view serializer = options.get_string("ppt_serializer", "native");
    if (serializer == "native" && options.get_string("ppt_cipher").empty()) return true;
    const std::optional<Argument> only = find_argument(payload, 0);
    return only.has_value() && only->kind == Argument::Kind::binary;
}

}  // namespace sallyport::wamp
