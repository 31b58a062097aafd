#include "policy/tools/edit/toml_text.h"

#include <algorithm>
#include <cmath>

#include "policy/document/units.h"
#include "wamp/codec/json_text.h"

namespace sallyport::policy {
namespace {

bool is_bare(std::string_view key) {
    return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
}

std::optional<std::string> list_text(const wamp::List& list) {
    std::string text = "[";
    for (const wamp::Value& item : list) {
        const auto one = toml_value(item);
        if (!one) return std::nullopt;
        text += (text.size() > 1 ? ", " : "") + *one;
    }
    return text + "]";
}

std::optional<std::string> dict_text(const wamp::Dict& dict) {
    if (dict.empty()) return "{}";
    std::string text;
    for (const auto& [key, item] : dict) {
        const auto one = toml_value(item);
        if (!one) return std::nullopt;
        text += (text.empty() ? "{ " : ", ") + (is_bare(key) ? key : toml_text(key)) + " = " + *one;
    }
    return text + " }";
}

}  // namespace

std::string toml_text(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') out += '\\';
        if (byte < 0x20 || byte == 0x7F) {
            out += "\\u00";
            out += digits[byte >> 4U];
            out += digits[byte & 15U];
        } else {
            out += c;
        }
    }
    return out + "\"";
}

std::optional<std::string> toml_value(const wamp::Value& value) {
    if (const auto* flag = value.get_if<bool>()) return *flag ? "true" : "false";
    if (const auto* number = value.get_if<std::int64_t>()) return std::to_string(*number);
    if (const auto* number = value.get_if<std::uint64_t>()) {
        if (*number > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
        return std::to_string(*number);
    }
    if (const auto* real = value.get_if<double>()) {
        if (!std::isfinite(*real)) return std::nullopt;
        std::string text;
        wamp::append_json_double(text, *real);
        return text;
    }
    if (const auto* text = value.get_if<std::string>()) return toml_text(*text);
    if (const auto* list = value.get_if<wamp::List>()) return list_text(*list);
    if (const auto* dict = value.get_if<wamp::Dict>()) return dict_text(*dict);
    return std::nullopt;
}

}  // namespace sallyport::policy
