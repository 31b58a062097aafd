#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace sallyport::policy {

/// JSON of the tools: members keep the order in which they were added. The header of nlohmann/json
/// includes <iomanip>, and an unqualified quoted(text) then means std::quoted: write
/// policy::quoted(text).
using Json = nlohmann::ordered_json;

/// The tree of `text`; nothing if it is not JSON, or is nested deeper than `depth_max`. The depth
/// is bounded because nlohmann/json prints and copies trees by recursion. Never throws a parse
/// error.
std::optional<Json> parse_json(std::string_view text, std::size_t depth_max);

/// Accepts everything that nlohmann/json's parser reports. A reader that needs no tree derives from
/// it and hides the functions it needs; `false` ends the parsing.
class JsonEvents {
public:
    bool null() { return true; }
    bool boolean(bool) { return true; }
    bool number_integer(Json::number_integer_t) { return true; }
    bool number_unsigned(Json::number_unsigned_t) { return true; }
    bool number_float(Json::number_float_t, const Json::string_t&) { return true; }
    bool string(Json::string_t&) { return true; }
    bool binary(Json::binary_t&) { return true; }
    bool start_object(std::size_t) { return true; }
    bool key(Json::string_t&) { return true; }
    bool end_object() { return true; }
    bool start_array(std::size_t) { return true; }
    bool end_array() { return true; }
    /// `position`: the number of bytes read, up to and including the error.
    bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                     const Json::exception& /*why*/) {
        return false;
    }
};

/// One line without its end. Bytes that are not UTF-8 become U+FFFD.
std::string to_line(const Json& json);

/// Members of `json`, which may be of any type. These functions do not throw: a member that is
/// missing or has another type is null, empty or the given default.
const Json* member(const Json& json, std::string_view key);
const Json* object_member(const Json& json, std::string_view key);
std::string string_member(const Json& json, std::string_view key, std::string_view otherwise = {});
std::uint64_t unsigned_member(const Json& json, std::string_view key, std::uint64_t otherwise = 0);
bool bool_member(const Json& json, std::string_view key);
/// The items of an array; none if there is no such array.
const Json& array_member(const Json& json, std::string_view key);

}  // namespace sallyport::policy
