#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "wamp/base/frame.h"
#include "wamp/base/id_map.h"
#include "wamp/base/ids.h"
#include "wamp/codec/codec.h"
#include "wamp/message/message.h"

namespace sallyport::wamp {

/// The option or detail that describes a carried payload: a list of the serializer's number, the
/// bytes of Args (those of ArgsKw follow), and the stream of parts or 0 (requirements: Carried
/// payloads). A peer that is not trusted with it has it removed like any unknown option.
inline constexpr std::string_view carried_payload_key = "_payload";

/// A part of a payload on a link between our own gateway and inside: [256, Stream|id, Bytes|bin].
/// It is of the bytes of Args followed by ArgsKw, from `begin`; `bytes` is not 0.
Frame encode_part(Id stream, const Payload& payload, std::size_t begin, std::size_t bytes);
/// The message of the stream will not come: its parts can be forgotten.
Frame encode_part_end(Id stream);

/// The message has a payload that is sent in the parts of that stream; 0: in the message itself.
void set_stream(Message& message, Id stream) noexcept;

/// The receiving end of carried payloads: collects the parts, and gives messages their payloads. It
/// keeps at most `streams_max` payloads, of the message limit each.
class CarriedPayloads {
public:
    static constexpr std::size_t streams_max = 16;

    explicit CarriedPayloads(const MessageLimits& limits) noexcept : limits_(limits) {}

    enum class Part : bool { none, taken };
    /// Takes a part; `none` if the message is another one. An error is a protocol violation.
    Result<Part, DecodeError> take(std::string_view message);

    /// Gives a message that describes a carried payload that payload, completely validated, and
    /// removes the description. It is valid until the next take(). Nothing if there is no error.
    std::optional<DecodeError> resolve(Message& message);

    std::size_t bytes() const noexcept { return bytes_; }

private:
    std::optional<DecodeError> resolve(Dict& dict, Payload& payload);

    MessageLimits limits_;
    IdMap<std::string> streams_;
    std::size_t bytes_ = 0;
    std::string current_;  ///< of the message that was resolved last
};

}  // namespace sallyport::wamp
