#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "wamp/base/instruction_set.h"
#include "wamp/base/value.h"
#include "wamp/codec/cbor_token.h"
#include "wamp/codec/codec.h"
#include "wamp/codec/limits.h"

namespace sallyport::wamp {

class UniqueKeys;

/// Reads one CBOR text from left to right, validates every byte once and builds only the requested
/// values (W-SER-08, W-MSG-11). Lengths may be definite or not. The content of a tag is one level
/// deeper than the tag. Each function returns false at the first error, which error() then names;
/// after that the reader must not be used. JsonReader has the same functions and documents them.
class CborReader {
public:
    /// `bytes` and `limits` must outlive the reader. `set` must be supported by this machine; it
    /// changes no result.
    CborReader(std::string_view bytes, const MessageLimits& limits,
               InstructionSet set = best_instruction_set()) noexcept;

    bool begin_message(std::uint64_t& code);
    bool next_element() noexcept;
    bool read_unsigned(std::uint64_t& number);
    bool read_text(std::string& text);
    bool read_dict(Dict& dict);
    bool read_args(std::string_view& span);
    bool read_kwargs(std::string_view& span);
    bool read_document(Value& value);
    bool finish() noexcept;

    bool failed() const noexcept { return failed_; }
    DecodeError error() const noexcept { return error_; }

private:
    /// The items of a container that are not read yet.
    class Items;

    bool fail(DecodeError error) noexcept;
    bool count_value() noexcept;
    bool at_end_mark() const noexcept { return at_ != end_ && *at_ == '\xFF'; }
    /// Consumes one token that is a value, and validates the bytes of strings.
    bool next_token(CborToken& token) noexcept;
    bool check_string(const CborToken& token) noexcept;
    /// Consumes `undefined`, or that or null; false if something else follows.
    bool take_undefined() noexcept;
    bool take_nothing() noexcept;
    bool read_key(CborToken& key) noexcept;
    bool skip_value(std::size_t depth) noexcept;
    bool value(Value& out, std::size_t depth);
    bool scalar(Value& out, const CborToken& token);
    bool string_value(std::string& out, const CborToken& token);
    bool list_value(List& list, const CborToken& head, std::size_t depth);
    bool dict_value(Dict& dict, const CborToken& head, std::size_t depth);

    const char* at_;
    const char* end_;
    const MessageLimits& limits_;
    std::size_t depth_max_;
    std::size_t values_left_;
    std::size_t option_values_left_;
    std::size_t option_keys_max_;
    InstructionSet set_;
    std::uint64_t message_elements_left_ = 0;
    DecodeError error_ = DecodeError::malformed;
    bool message_indefinite_ = false;
    bool failed_ = false;
    bool undefined_is_absent_ = true;  ///< in maps that are built (W-SER-08)
};

}  // namespace sallyport::wamp
