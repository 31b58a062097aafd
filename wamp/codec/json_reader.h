#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "wamp/base/instruction_set.h"
#include "wamp/base/value.h"
#include "wamp/codec/codec.h"
#include "wamp/codec/json_text.h"
#include "wamp/codec/limits.h"

namespace sallyport::wamp {

class UniqueKeys;

/// Reads one JSON text from left to right, validates every byte once and builds only the requested
/// values (W-SER-03, W-MSG-11). Each function returns false at the first error, which error() then
/// names; after that the reader must not be used. MsgpackReader has the same functions.
class JsonReader {
public:
    /// `bytes` and `limits` must outlive the reader. `set` must be supported by this machine; it
    /// changes no result.
    JsonReader(std::string_view bytes, const MessageLimits& limits,
               InstructionSet set = best_instruction_set()) noexcept;

    /// Enters the array of a message and reads its type code.
    bool begin_message(std::uint64_t& code);
    /// Advances to the next element of the message; false after the last one and on an error.
    bool next_element();
    bool read_unsigned(std::uint64_t& number);
    bool read_text(std::string& text);
    bool read_dict(Dict& dict);
    /// The bytes of an array, empty if the array is.
    /// Null, which some clients write for absent Args or ArgsKw, counts as such (W-MSG-14).
    bool read_args(std::string_view& span);
    /// The bytes of a map whose keys are unique strings; empty if the map is.
    bool read_kwargs(std::string_view& span);
    /// A value of any type that a Value can hold, then finish().
    bool read_document(Value& value);
    /// Whether there are no further bytes.
    bool finish();

    bool failed() const noexcept { return failed_; }
    DecodeError error() const noexcept { return error_; }

private:
    bool fail(DecodeError error) noexcept;
    void skip_space() noexcept;
    bool at(char c) const noexcept { return at_ != end_ && *at_ == c; }
    /// Skips space and consumes `c` if it is next.
    bool consume(char c) noexcept;
    bool expect(char c) noexcept;
    bool count_value() noexcept;
    bool literal(std::string_view text) noexcept;
    bool string(JsonString& found) noexcept;
    bool scalar() noexcept;
    bool key(JsonString& found) noexcept;
    /// Consumes null; any other value is an error.
    bool read_null();
    bool skip_value(std::size_t depth) noexcept;
    bool skip_container_by_vectors(std::size_t depth) noexcept;
    bool value(Value& out, std::size_t depth);
    bool text_value(Value& out);
    bool number_value(Value& out);
    bool list_value(List& list, std::size_t depth);
    bool dict_value(Dict& dict, std::size_t depth);

    const char* at_;
    const char* end_;
    const MessageLimits& limits_;
    std::size_t depth_max_;
    std::size_t values_left_;
    std::size_t option_values_left_;
    std::size_t option_keys_max_;
    InstructionSet set_;
    DecodeError error_ = DecodeError::malformed;
    bool failed_ = false;
    bool first_element_ = true;
};

}  // namespace sallyport::wamp
