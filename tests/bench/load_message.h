#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The load generator's own WAMP messages: just enough JSON, MessagePack and CBOR to keep its cost
/// far below what it measures. Trusts its peers.
namespace sallyport::bench {

[[noreturn]] void fail(const std::string& what);
std::string hex(std::string_view bytes);

enum class Serializer : std::uint8_t {
    json = 1,
    msgpack = 2,
    cbor = 3
};  ///< as RawSocket numbers them

/// Encodes values, each as a text of its own.
class Encoding {
public:
    explicit Encoding(Serializer serializer) : serializer_(serializer) {}
    std::string uint(std::uint64_t value) const;
    std::string real(double value) const;
    std::string yes() const;
    std::string text(std::string_view text) const;  ///< which needs no escapes in JSON
    std::string list(const std::vector<std::string>& elements) const;
    std::string map(const std::vector<std::pair<std::string, std::string>>& pairs) const;
    /// Elements without their list, as the end of a message.
    std::string joined(const std::vector<std::string>& elements) const;

private:
    bool json() const { return serializer_ == Serializer::json; }

    Serializer serializer_;
};

/// Replaces `out` by a message of a code, an id and at least one more element.
void put_message(std::string& out, Serializer serializer, std::uint64_t code, std::uint64_t id,
                 std::size_t more, std::string_view elements);

/// Reads from the front of a message.
class Reader {
public:
    Reader(Serializer serializer, std::string_view data) : data_(data), serializer_(serializer) {}
    void array();
    std::uint64_t uint();
    void skip();  ///< the next value, whole
    /// The elements that are left, and their number where the serializer says it.
    std::string_view rest() const { return data_; }
    std::size_t left() const { return left_; }

private:
    bool json() const { return serializer_ == Serializer::json; }
    std::uint64_t big_endian(std::size_t bytes);
    /// The number in the head of a value of CBOR whose first byte was that.
    std::uint64_t cbor_number(std::uint8_t first);
    std::uint8_t byte();
    std::string_view take(std::size_t count);
    void skip_json();
    void skip_msgpack();
    void skip_cbor();
    void after_element();

    std::string_view data_;
    std::size_t left_ = 0;
    Serializer serializer_;
};

}  // namespace sallyport::bench
