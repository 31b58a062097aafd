#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/network.h"
#include "wamp/base/ids.h"
#include "wamp/codec/carried_payloads.h"
#include "wamp/codec/codec.h"
#include "wamp/message/message.h"

namespace sallyport::sim {

/// A message as decode() and encode() have it; one of a link may carry a payload of another
/// serializer. Its parts are not understood.
wamp::Result<wamp::Message, wamp::DecodeError> read_message(wamp::Serializer serializer,
                                                            std::string_view bytes);
wamp::Frame write_message(wamp::Serializer serializer, const wamp::Message& message);

/// One input of a core, and what the core sent and recorded because of it. Cores are synchronous,
/// so a model finds the effects of an input in the same turn.
struct Turn {
    enum class Cause : std::uint8_t { other, opened, message, closed, reload, written };
    struct Sent {
        bool to_link;
        std::uint32_t link;
        wamp::PeerId to;
        wamp::Message message;
        std::string_view bytes;  ///< of the message, without its prefix
        std::size_t unread = 0;  ///< that waited for the receiver before
    };

    /// What is known of a peer from its transport.
    struct Opened {
        wamp::Serializer serializer{};
        std::size_t receives_max = 0;
        std::uint64_t circuit = 0;
    };

    Cause cause = Cause::other;
    Instant now{};
    wamp::PeerId peer = wamp::no_peer;  ///< whose input it was
    bool from_link = false;
    std::uint32_t link = 0;           ///< its number
    std::optional<wamp::Message> in;  ///< of Cause::message, unless it cannot be decoded
    Opened opened{};                  ///< of Cause::opened
    std::size_t unread = 0;           ///< of Cause::written: what still waits for `peer`
    std::vector<Sent> sent;
    std::vector<wamp::PeerId> closed;  ///< by the core
    bool paused = false;               ///< the core wants nothing more of `peer` for now
    std::vector<wamp::PeerId> resumed;
    std::string records;              ///< packed, as the core's audit trail gives them
    std::uint64_t undeliverable = 0;  ///< events so far, as the core counts them

    /// Decodes RawSocket frames: a planted bug may have added or removed some. `waiting`: bytes
    /// that the receiver has not read yet.
    void add_sent(bool to_link, std::uint32_t number, wamp::PeerId to, wamp::Serializer serializer,
                  const std::string& frames, std::size_t waiting);

    template <class Message>
    const Message* in_as() const noexcept {
        return in ? std::get_if<Message>(&*in) : nullptr;
    }

private:
    std::deque<std::string> kept_;  ///< what the messages borrow from
};

/// Identifies a payload: the tag of a call, or the publisher's key and the number of a publication.
/// Sealed payloads contain both as text.
struct PayloadId {
    std::uint64_t first = 0;
    std::uint64_t second = 0;
    auto operator<=>(const PayloadId&) const = default;
};
PayloadId payload_id_of(const wamp::Payload& payload);

/// What keeps a payload from some receivers.
struct Weight {
    bool large = false;        ///< more than small_receives_max
    bool not_in_json = false;  ///< contains not_for_json
};
inline constexpr std::size_t small_receives_max = 4096;
/// A string with this cannot be said in JSON, where NUL begins binary (W-SER-09).
inline constexpr std::string_view not_for_json{"\0sim", 4};
Weight weight_of(const wamp::Payload& payload);

/// `padding`: of one that is not sealed, so many bytes more.
wamp::OwnedPayload payload_of(wamp::Serializer serializer, const PayloadId& payload_id, bool sealed,
                              std::size_t padding = 0);

}  // namespace sallyport::sim
