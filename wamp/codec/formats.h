#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "wamp/base/check.h"
#include "wamp/codec/cbor_reader.h"
#include "wamp/codec/cbor_writer.h"
#include "wamp/codec/json_reader.h"
#include "wamp/codec/json_text.h"
#include "wamp/codec/json_writer.h"
#include "wamp/codec/msgpack_reader.h"
#include "wamp/codec/msgpack_writer.h"

namespace sallyport::wamp {

/// What is common to all serializers under common names: the reader, values, and the elements of a
/// message. In JSON these are separated; the others have the number of items ahead instead.
struct JsonFormat {
    using Reader = JsonReader;
    static constexpr Serializer serializer = Serializer::json;
    static constexpr std::string_view empty_list = "[]";
    static constexpr std::string_view separator = ",";
    static constexpr std::string_view list_end = "]";

    static void unsigned_integer(std::string& out, std::uint64_t number) {
        append_json_unsigned(out, number);
    }
    static void text(std::string& out, std::string_view text) { append_json_string(out, text); }
    static void list(std::string& out, std::size_t) { out.push_back('['); }
    static void value(std::string& out, const auto& value) { append_json(out, value); }
};

struct MsgpackFormat {
    using Reader = MsgpackReader;
    static constexpr Serializer serializer = Serializer::msgpack;
    static constexpr std::string_view empty_list = "\x90";
    static constexpr std::string_view separator{};
    static constexpr std::string_view list_end{};

    static void null(std::string& out) { append_msgpack_nil(out); }
    static void boolean(std::string& out, bool flag) { append_msgpack_boolean(out, flag); }
    static void unsigned_integer(std::string& out, std::uint64_t number) {
        append_msgpack_unsigned(out, number);
    }
    static void negative_integer(std::string& out, std::int64_t number) {
        append_msgpack_negative(out, number);
    }
    static void floating(std::string& out, double number) { append_msgpack_double(out, number); }
    static void text(std::string& out, std::string_view text) { append_msgpack_text(out, text); }
    static void binary(std::string& out, std::string_view bytes) {
        append_msgpack_binary(out, bytes);
    }
    static void list(std::string& out, std::size_t count) { append_msgpack_array(out, count); }
    static void dict(std::string& out, std::size_t count) { append_msgpack_map(out, count); }
    static void value(std::string& out, const auto& value) { append_msgpack(out, value); }
};

struct CborFormat {
    using Reader = CborReader;
    static constexpr Serializer serializer = Serializer::cbor;
    static constexpr std::string_view empty_list = "\x80";
    static constexpr std::string_view separator{};
    static constexpr std::string_view list_end{};

    static void null(std::string& out) { append_cbor_null(out); }
    static void boolean(std::string& out, bool flag) { append_cbor_boolean(out, flag); }
    static void unsigned_integer(std::string& out, std::uint64_t number) {
        append_cbor_unsigned(out, number);
    }
    static void negative_integer(std::string& out, std::int64_t number) {
        append_cbor_negative(out, number);
    }
    static void floating(std::string& out, double number) { append_cbor_double(out, number); }
    static void text(std::string& out, std::string_view text) { append_cbor_text(out, text); }
    static void binary(std::string& out, std::string_view bytes) { append_cbor_binary(out, bytes); }
    static void list(std::string& out, std::size_t count) { append_cbor_array(out, count); }
    static void dict(std::string& out, std::size_t count) { append_cbor_map(out, count); }
    static void value(std::string& out, const auto& value) { append_cbor(out, value); }
};

/// Calls `use` with the format of the serializer.
template <class Use>
auto with_format(Serializer serializer, Use use) {
    switch (serializer) {
        case Serializer::json:
            return use(JsonFormat());
        case Serializer::msgpack:
            break;
        case Serializer::cbor:
            return use(CborFormat());
    }
    return use(MsgpackFormat());
}

}  // namespace sallyport::wamp
