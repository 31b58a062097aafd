#include "gateway/client/payload.h"

#include <stdexcept>
#include <utility>

#include "wamp/codec/codec.h"

namespace sallyport::gateway {
namespace {

using wamp::Serializer;

wamp::Value value_or_string(const std::string& text) {
    auto value = wamp::decode_value(Serializer::json, text, {});
    return value ? std::move(*value) : wamp::Value(text);
}

std::size_t length_of(const std::string& json_array) {
    const auto value = wamp::decode_value(Serializer::json, json_array, {});
    const auto* list = value ? value->get_if<wamp::List>() : nullptr;
    return list != nullptr ? list->size() : 0;
}

}  // namespace

Arguments parse_arguments(const ArgumentTexts& texts) {
    Arguments arguments;
    if (!texts.list.empty()) {
        if (!texts.positional.empty())
            throw std::invalid_argument("--args replaces positional arguments: use one of the two");
        auto value = wamp::decode_value(Serializer::json, texts.list, {});
        auto* list = value ? value->get_if<wamp::List>() : nullptr;
        if (list == nullptr)
            throw std::invalid_argument("--args must be a JSON array: " + texts.list);
        arguments.args = std::move(*list);
    }
    for (const std::string& text : texts.positional)
        arguments.args.push_back(value_or_string(text));
    for (const std::string& text : texts.keywords) {
        const std::size_t sign = text.find('=');
        if (sign == std::string::npos || sign == 0)
            throw std::invalid_argument("--kw must be NAME=JSON: " + text);
        arguments.kwargs.set(text.substr(0, sign), value_or_string(text.substr(sign + 1)));
    }
    return arguments;
}

std::string JsonPayload::both() const {
    return "{\"args\":" + args + ",\"kwargs\":" + kwargs + "}";
}

std::string JsonPayload::shortest() const {
    if (kwargs != "{}" || arg_count > 1) return both();
    if (arg_count == 0) return "null";
    const auto value = wamp::decode_value(Serializer::json, args, {});
    const auto* list = value ? value->get_if<wamp::List>() : nullptr;
    return list != nullptr && !list->empty() ? wamp::encode_value(Serializer::json, list->front())
                                             : "null";
}

std::optional<JsonPayload> json_of(const wamp::Payload& payload) {
    const auto transcoded = wamp::transcode(payload, Serializer::json);
    if (!transcoded) return std::nullopt;
    const wamp::Payload view = transcoded->view();
    JsonPayload json;
    if (!view.args.empty()) json.args = view.args;
    if (!view.kwargs.empty()) json.kwargs = view.kwargs;
    json.arg_count = length_of(json.args);
    return json;
}

std::string json_string(std::string_view text) {
    return wamp::encode_value(Serializer::json, wamp::Value(text));
}

}  // namespace sallyport::gateway
