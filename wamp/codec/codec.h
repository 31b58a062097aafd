#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wamp/base/frame.h"
#include "wamp/base/instruction_set.h"
#include "wamp/base/result.h"
#include "wamp/codec/limits.h"
#include "wamp/message/message.h"

namespace sallyport::wamp {

/// Why bytes are not a valid message. All reasons are protocol violations (W-MSG-01 to 08); the
/// names are for logs.
enum class DecodeError : std::uint8_t {
    malformed,      ///< not well-formed in the serializer, trailing bytes, or invalid UTF-8
    not_a_message,  ///< not a list, an empty list, or the first element is not an integer
                    ///< (W-MSG-01)
    unknown_type,   ///< W-MSG-03
    wrong_length,   ///< W-MSG-02
    wrong_element,  ///< W-MSG-02, W-MSG-14
    duplicate_key,  ///< W-MSG-08
    wrong_option,   ///< W-MSG-06
    too_large,      ///< message_bytes or string_bytes
    too_deep,
    too_many_elements,
    uri_too_long,  ///< above uri_bytes_max
};

std::string_view to_string(DecodeError error) noexcept;

/// Decodes and completely validates one message. Its Payload borrows from `bytes`. Of URIs only the
/// length is checked, as the answer to an invalid URI depends on the message (W-URI-04). Never
/// throws; memory is bounded.
/// `set` must be supported by this machine; it changes no result.
Result<Message, DecodeError> decode(Serializer serializer, std::string_view bytes,
                                    const MessageLimits& limits,
                                    InstructionSet set = best_instruction_set());

/// Encodes a message whose payload has the same serializer or was transcoded before (see
/// transcode()); the payload is copied, not parsed. Empty Args and ArgsKw are omitted, `[]` is
/// written before a lone ArgsKw (W-MSG-09). A payload of another serializer is a bug (check()).
Frame encode(Serializer serializer, const Message& message);

/// As encode() in MessagePack, for a peer that carries payloads (Feature::carries_payloads): one of
/// another serializer is sent as it is, in one binary argument, and of one that was sent in parts
/// only the stream is named. The options or details then have `_payload`: the number of the
/// serializer, the bytes of Args, and the stream or 0. Requirements: Carried payloads.
Frame encode_carrying(const Message& message);

/// As encode(), appended to `out` without a RawSocket prefix.
void encode_to(std::string& out, Serializer serializer, const Message& message);

/// Why a payload cannot be represented in another serializer (W-SER-05, W-SER-09): NaN or infinity,
/// a key that is not a string, an integer beyond 64 bits, an extension type, tag or simple value, a
/// string that begins with NUL, invalid base64 after NUL.
enum class TranscodeError : std::uint8_t { not_representable, bad_binary };

/// The payload in `target`, transcoded if it has another serializer. Only for validated input.
/// Numbers keep their exact value, binary uses the NUL-base64 convention in JSON (W-SER-04,
/// W-SER-10).
Result<OwnedPayload, TranscodeError> transcode(const Payload& payload, Serializer target);

/// Values to and from payload bytes, for messages of this program itself (meta API, command line).
std::string encode_value(Serializer serializer, const Value& value);
Result<Value, DecodeError> decode_value(Serializer serializer, std::string_view bytes,
                                        const MessageLimits& limits);
/// The arguments of a payload, an empty list if they are absent; nothing if they are
/// invalid.
std::optional<List> args_of(const Payload& payload);
std::optional<Dict> kwargs_of(const Payload& payload);
/// A payload of this program. Empty args and kwargs stay absent.
OwnedPayload make_payload(Serializer serializer, const List& args, const Dict& kwargs = {});

}  // namespace sallyport::wamp
