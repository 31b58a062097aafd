#include "wamp/codec/caller_wait.h"

#include <string>

#include "wamp/codec/msgpack_token.h"
#include "wamp/codec/msgpack_writer.h"

namespace sallyport::wamp {
namespace {

using namespace std::string_view_literals;

/// An array of three elements, and the code 257, of those that are reserved for extensions.
constexpr std::string_view head = "\x93\xCD\x01\x01"sv;

}  // namespace

Frame encode_caller_wait(const CallerWait& wait) {
    std::string message(head);
    append_msgpack_unsigned(message, wait.session);
    append_msgpack_boolean(message, wait.waits);
    return Frame::copy_of(message);
}

Result<std::optional<CallerWait>, DecodeError> read_caller_wait(std::string_view message) {
    if (!message.starts_with(head)) return std::optional<CallerWait>();
    const char* const end = message.data() + message.size();
    MsgpackToken session;
    const char* at = read_msgpack_token(message.data() + head.size(), end, session);
    if (at == nullptr || session.kind != MsgpackToken::Kind::unsigned_integer ||
        !is_valid_id(session.unsigned_integer)) {
        return DecodeError::wrong_element;
    }
    MsgpackToken waits;
    at = read_msgpack_token(at, end, waits);
    if (at != end || waits.kind != MsgpackToken::Kind::boolean) return DecodeError::wrong_element;
    return std::optional(CallerWait{session.unsigned_integer, waits.boolean});
}

}  // namespace sallyport::wamp
