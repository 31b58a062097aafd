#include "wamp/codec/json_writer.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>
#include <type_traits>
#include <variant>

#include "wamp/base/base64.h"
#include "wamp/base/check.h"
#include "wamp/codec/json_text.h"

namespace sallyport::wamp {
namespace {

template <class Integer>
void append_integer(std::string& out, Integer number) {
    std::array<char, 24> buffer{};
    const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
    out.append(buffer.data(), written.ptr);
}

void append_text(std::string& out, std::string_view text) {
    SALLYPORT_CHECK(text.empty() || text.front() != '\0');
    append_json_string(out, text);
}

struct Writer {
    std::string& out;

    void operator()(std::monostate) const { out += "null"; }
    void operator()(bool flag) const { out += flag ? "true" : "false"; }
    void operator()(std::int64_t number) const { append_integer(out, number); }
    void operator()(std::uint64_t number) const { append_integer(out, number); }
    void operator()(double number) const {
        SALLYPORT_CHECK(std::isfinite(number));
        append_json_double(out, number);
    }
    void operator()(const std::string& text) const { append_text(out, text); }
    void operator()(const Bytes& bytes) const {
        out.push_back('"');
        out += json_binary_mark;
        append_base64(out, bytes.data);
        out.push_back('"');
    }
    void operator()(const List& list) const { append_json(out, list); }
    void operator()(const Dict& dict) const { append_json(out, dict); }
};

}  // namespace

void append_json_unsigned(std::string& out, std::uint64_t number) {
    append_integer(out, number);
}

void append_json(std::string& out, const Value& value) {
    std::visit(Writer{out}, value.storage());
}

void append_json(std::string& out, const List& list) {
    out.push_back('[');
    bool first = true;
    for (const Value& item : list) {
        if (!first) out.push_back(',');
        first = false;
        append_json(out, item);
    }
    out.push_back(']');
}

void append_json(std::string& out, const Dict& dict) {
    out.push_back('{');
    bool first = true;
    for (const Dict::Entry& entry : dict) {
        if (!first) out.push_back(',');
        first = false;
        append_text(out, entry.first);
        out.push_back(':');
        append_json(out, entry.second);
    }
    out.push_back('}');
}

}  // namespace sallyport::wamp
