#include "wamp/message/passthru.h"

#include <string>

namespace sallyport::wamp {

void append_passthru(Dict& to, const Dict& from) {
    if (!is_passthru(from)) return;
    for (const std::string_view key : passthru_keys) {
        if (const Value* value = from.find(key)) to.append(std::string(key), *value);
    }
}

}  // namespace sallyport::wamp
