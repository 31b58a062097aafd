#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include <msgpack.hpp>
#include <nlohmann/json.hpp>

#include "wamp/base/utf8.h"
#include "wamp/base/value.h"

/// What other libraries read in a text, written so that it can be compared with what the codec
/// read. Numbers are compared exactly: integers by their decimal digits, floats by their bits.
///
/// The codec refuses on purpose what these libraries accept: duplicate keys (W-MSG-08), text that
/// is not UTF-8, and where a value is built also extension types, keys that are not text, NaN,
/// infinity and text that begins with NUL (W-SER-05, W-SER-09), apart from its limits (W-MSG-11).
namespace sallyport::fuzz {

inline void append_text(std::string& out, char kind, std::string_view text) {
    ((out += kind) += std::to_string(text.size())) += ':';
    (out += text) += ' ';
}
inline void append_double(std::string& out, double value) {
    (out += 'f') += std::to_string(std::bit_cast<std::uint64_t>(value)) + ' ';
}

inline void append_reading(std::string& out, const wamp::Value& value) {
    std::visit(
        [&out](const auto& held) {
            using T = std::decay_t<decltype(held)>;
            if constexpr (std::is_same_v<T, std::monostate>) {
                out += "null ";
            } else if constexpr (std::is_same_v<T, bool>) {
                out += held ? "true " : "false ";
            } else if constexpr (std::is_same_v<T, double>) {
                append_double(out, held);
            } else if constexpr (std::is_same_v<T, std::string>) {
                append_text(out, 's', held);
            } else if constexpr (std::is_same_v<T, wamp::Bytes>) {
                append_text(out, 'b', held.data);
            } else if constexpr (std::is_same_v<T, wamp::List>) {
                out += "[ ";
                for (const wamp::Value& item : held) append_reading(out, item);
                out += "] ";
            } else if constexpr (std::is_same_v<T, wamp::Dict>) {
                out += "{ ";
                for (const auto& [key, item] : held) {
                    append_text(out, 's', key);
                    append_reading(out, item);
                }
                out += "} ";
            } else {
                out += std::to_string(held) + ' ';
            }
        },
        value.storage());
}
inline std::string reading_of(const wamp::Value& value) {
    std::string out;
    append_reading(out, value);
    return out;
}

/// Only for texts whose depth is bounded: it recurses.
inline void append_reading(std::string& out, const nlohmann::ordered_json& json) {
    using Kind = nlohmann::ordered_json::value_t;
    switch (json.type()) {
        case Kind::null:
        case Kind::discarded:
            out += "null ";
            break;
        case Kind::boolean:
            out += json.get<bool>() ? "true " : "false ";
            break;
        case Kind::number_integer:
        case Kind::number_unsigned:
            out += json.dump() + ' ';
            break;
        case Kind::number_float:
            append_double(out, json.get<double>());
            break;
        case Kind::string:
            append_text(out, 's', json.get_ref<const std::string&>());
            break;
        case Kind::binary: {
            const auto& bytes = json.get_binary();
            append_text(out, 'b', std::string(bytes.begin(), bytes.end()));
            break;
        }
        case Kind::array:
            out += "[ ";
            for (const auto& item : json) append_reading(out, item);
            out += "] ";
            break;
        case Kind::object:
            out += "{ ";
            for (const auto& [key, item] : json.items()) {
                append_text(out, 's', key);
                append_reading(out, item);
            }
            out += "} ";
            break;
    }
}
inline std::string reading_of(const nlohmann::ordered_json& json) {
    std::string out;
    append_reading(out, json);
    return out;
}

/// Hears what msgpack-c finds in a text. Builds nothing, so that a header that claims four billion
/// items costs nothing.
class MsgpackOracle : public msgpack::null_visitor {
public:
    explicit MsgpackOracle(std::string_view bytes) {
        std::size_t end = 0;
        well_formed_ = msgpack::parse(bytes.data(), bytes.size(), end, *this) && !failed_ &&
                       end == bytes.size();
    }

    /// One value that fills the bytes.
    bool well_formed() const noexcept { return well_formed_; }
    /// Whether all text in it, as far as it was read, is UTF-8.
    bool utf8() const noexcept { return utf8_; }
    const std::string& reading() const noexcept { return reading_; }

    bool visit_nil() { return add("null "); }
    bool visit_boolean(bool value) { return add(value ? "true " : "false "); }
    bool visit_positive_integer(std::uint64_t value) { return add(std::to_string(value) + ' '); }
    bool visit_negative_integer(std::int64_t value) { return add(std::to_string(value) + ' '); }
    bool visit_float32(float value) { return visit_float64(static_cast<double>(value)); }
    bool visit_float64(double value) {
        append_double(reading_, value);
        return true;
    }
    bool visit_str(const char* text, std::uint32_t size) {
        utf8_ = utf8_ && wamp::is_valid_utf8({text, size});
        append_text(reading_, 's', {text, size});
        return true;
    }
    bool visit_bin(const char* bytes, std::uint32_t size) {
        append_text(reading_, 'b', {bytes, size});
        return true;
    }
    bool visit_ext(const char* bytes, std::uint32_t size) {
        append_text(reading_, 'x', {bytes, size});
        return true;
    }
    bool start_array(std::uint32_t) { return add("[ "); }
    bool end_array() { return add("] "); }
    bool start_map(std::uint32_t) { return add("{ "); }
    bool end_map() { return add("} "); }
    void parse_error(std::size_t, std::size_t) { failed_ = true; }
    void insufficient_bytes(std::size_t, std::size_t) { failed_ = true; }

private:
    bool add(std::string_view text) {
        reading_ += text;
        return true;
    }

    std::string reading_;
    bool well_formed_ = false;
    bool utf8_ = true;
    bool failed_ = false;
};

}  // namespace sallyport::fuzz
