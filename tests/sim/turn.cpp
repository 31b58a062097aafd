#include "tests/sim/turn.h"

#include <cstdlib>
#include <utility>

#include "wamp/base/frame.h"

namespace sallyport::sim {

wamp::Result<wamp::Message, wamp::DecodeError> read_message(wamp::Serializer serializer,
                                                            std::string_view bytes) {
    auto message = wamp::decode(serializer, bytes, {});
    if (message.has_error()) return message;
    if (const auto error = wamp::CarriedPayloads({}).resolve(*message)) return *error;
    return message;
}

wamp::Frame write_message(wamp::Serializer serializer, const wamp::Message& message) {
    const wamp::Payload* const payload = wamp::payload_of(message);
    const bool carried = payload != nullptr && payload->serializer != serializer;
    return carried ? wamp::encode_carrying(message) : wamp::encode(serializer, message);
}

void Turn::add_sent(bool to_link, std::uint32_t number, wamp::PeerId to,
                    wamp::Serializer serializer, const std::string& frames, std::size_t waiting) {
    std::string_view rest = kept_.emplace_back(frames);
    while (rest.size() >= wamp::Frame::prefix_bytes) {
        std::size_t size = 0;
        for (std::size_t i = 1; i < wamp::Frame::prefix_bytes; ++i)
            size = size << 8U | static_cast<unsigned char>(rest[i]);
        const std::string_view bytes = rest.substr(wamp::Frame::prefix_bytes, size);
        auto message = read_message(serializer, bytes);
        if (message.has_value())
            sent.push_back({to_link, number, to, std::move(*message), bytes, waiting});
        rest.remove_prefix(wamp::Frame::prefix_bytes + bytes.size());
        waiting += wamp::Frame::prefix_bytes + bytes.size();
    }
}

PayloadId payload_id_of(const wamp::Payload& payload) {
    const auto args = wamp::args_of(payload);
    if (!args || args->empty()) return {};
    PayloadId payload_id;
    const std::string* text = (*args)[0].get_if<std::string>();
    if (const auto* bytes = (*args)[0].get_if<wamp::Bytes>()) text = &bytes->data;
    if (text != nullptr) {
        char* end = nullptr;
        payload_id.first = std::strtoull(text->c_str(), &end, 10);
        if (end != nullptr && *end == ':') payload_id.second = std::strtoull(end + 1, nullptr, 10);
        return payload_id;
    }
    if (const auto* first = (*args)[0].get_if<std::uint64_t>()) payload_id.first = *first;
    if (args->size() < 2) return payload_id;
    if (const auto* second = (*args)[1].get_if<std::uint64_t>()) payload_id.second = *second;
    return payload_id;
}

Weight weight_of(const wamp::Payload& payload) {
    Weight weight;
    weight.large = payload.bytes() > small_receives_max;
    weight.not_in_json = payload.kwargs.find(not_for_json) != std::string_view::npos;
    return weight;
}

wamp::OwnedPayload payload_of(wamp::Serializer serializer, const PayloadId& payload_id, bool sealed,
                              std::size_t padding) {
    if (!sealed) {
        wamp::List args{wamp::Value(payload_id.first), wamp::Value(payload_id.second)};
        if (padding != 0) args.emplace_back(std::string(padding, 'x'));
        return wamp::make_payload(serializer, args);
    }
    const std::string text =
        std::to_string(payload_id.first) + ":" + std::to_string(payload_id.second);
    return wamp::make_payload(serializer, {wamp::Value(wamp::Bytes{text})});
}

}  // namespace sallyport::sim
