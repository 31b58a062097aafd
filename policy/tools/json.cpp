#include "policy/tools/json.h"

namespace sallyport::policy {

std::optional<Json> parse_json(std::string_view text, std::size_t depth_max) {
    bool too_deep = false;
    // Containers at or below `depth_max` are parsed and discarded, so that no deep tree is built.
    const Json::parser_callback_t bound = [&](int depth, Json::parse_event_t event, Json&) {
        const bool opens =
            event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
        if (opens && static_cast<std::size_t>(depth) >= depth_max) too_deep = true;
        return !too_deep;
    };
    Json json = Json::parse(text.begin(), text.end(), bound, false);
    if (too_deep || json.is_discarded()) return std::nullopt;
    return json;
}

std::string to_line(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const Json* member(const Json& json, std::string_view key) {
    if (!json.is_object()) return nullptr;
    const auto found = json.find(key);
    return found == json.end() ? nullptr : &*found;
}

const Json* object_member(const Json& json, std::string_view key) {
    const Json* found = member(json, key);
    return found != nullptr && found->is_object() ? found : nullptr;
}

std::string string_member(const Json& json, std::string_view key, std::string_view otherwise) {
    const Json* found = member(json, key);
    const auto* text = found == nullptr ? nullptr : found->get_ptr<const Json::string_t*>();
    return text == nullptr ? std::string(otherwise) : *text;
}

std::uint64_t unsigned_member(const Json& json, std::string_view key, std::uint64_t otherwise) {
    const Json* found = member(json, key);
    const auto* number =
        found == nullptr ? nullptr : found->get_ptr<const Json::number_unsigned_t*>();
    return number == nullptr ? otherwise : *number;
}

bool bool_member(const Json& json, std::string_view key) {
    const Json* found = member(json, key);
    const auto* value = found == nullptr ? nullptr : found->get_ptr<const Json::boolean_t*>();
    return value != nullptr && *value;
}

const Json& array_member(const Json& json, std::string_view key) {
    static const Json none = Json::array();
    const Json* found = member(json, key);
    return found != nullptr && found->is_array() ? *found : none;
}

}  // namespace sallyport::policy
