#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "wamp/base/ids.h"

namespace sallyport::wamp {

/// A serializer of a session. The numbers are those of RawSocket (W-RAW-01).
enum class Serializer : std::uint8_t { json = 1, msgpack = 2, cbor = 3 };

inline constexpr std::array all_serializers{Serializer::json, Serializer::msgpack,
                                            Serializer::cbor};

std::string_view to_string(Serializer serializer) noexcept;  ///< "json", "msgpack", "cbor"
/// The serializer of a number of W-RAW-01; nothing if it is not spoken here.
std::optional<Serializer> serializer_of(std::uint64_t number) noexcept;
std::optional<Serializer> serializer_of(std::string_view name) noexcept;

/// The arguments of one message as received: spans of completely validated bytes (well-formed,
/// depth, element count, UTF-8) with their serializer; never parsed on their way through (W-MSG-12,
/// architecture: Envelopes). An empty span means absent. `args` is an encoded array, `kwargs` an
/// encoded map with string keys.
///
/// The spans point into the received frame: they are valid until the call that passed them returns.
/// Use an OwnedPayload to keep them longer.
struct Payload {
    Serializer serializer = Serializer::msgpack;
    std::string_view args;
    std::string_view kwargs;
    /// The stream of parts in which the bytes were sent already to the one peer that the message is
    /// for (encode_carrying()); 0: none.
    Id sent_as = 0;

    bool empty() const noexcept { return args.empty() && kwargs.empty(); }
    std::size_t bytes() const noexcept { return args.size() + kwargs.size(); }
};

/// A payload that owns its bytes.
class OwnedPayload {
public:
    OwnedPayload() = default;
    explicit OwnedPayload(const Payload& payload)
        : serializer_(payload.serializer), args_(payload.args), kwargs_(payload.kwargs) {}
    OwnedPayload(Serializer serializer, std::string args, std::string kwargs)
        : serializer_(serializer), args_(std::move(args)), kwargs_(std::move(kwargs)) {}

    Payload view() const noexcept { return {serializer_, args_, kwargs_, 0}; }

private:
    Serializer serializer_ = Serializer::msgpack;
    std::string args_;
    std::string kwargs_;
};

}  // namespace sallyport::wamp
