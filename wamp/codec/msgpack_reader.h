#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "wamp/base/instruction_set.h"
#include "wamp/base/value.h"
#include "wamp/codec/codec.h"
#include "wamp/codec/limits.h"
#include "wamp/codec/msgpack_token.h"

namespace sallyport::wamp {

/// Reads one MessagePack text from left to right, validates every byte once and builds only the
/// requested values (W-SER-07, W-MSG-11). Each function returns false at the first error, which
/// error() then names; after that the reader must not be used. JsonReader has the same functions
/// and documents them.
class MsgpackReader {
public:
    /// `bytes` and `limits` must outlive the reader. `set` must be supported by this machine; it
    /// changes no result.
    MsgpackReader(std::string_view bytes, const MessageLimits& limits,
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
    bool fail(DecodeError error) noexcept;
    bool count_value() noexcept;
    /// Consumes one token and validates the bytes of strings.
    bool next_token(MsgpackToken& token) noexcept;
    /// Consumes `undefined`, or that or nil; false if something else follows.
    bool take_undefined() noexcept;
    bool take_nothing() noexcept;
    bool read_key(std::string_view& key) noexcept;
    bool skip_value(std::size_t depth) noexcept;
    bool skip_by_vectors(std::size_t depth) noexcept;
    bool value(Value& out, std::size_t depth);
    bool list_value(List& list, std::size_t count, std::size_t depth);
    bool dict_value(Dict& dict, std::size_t count, std::size_t depth);
    bool text_value(Value& out, std::string_view text);

    const char* at_;
    const char* end_;
    const MessageLimits& limits_;
    std::size_t depth_max_;
    std::size_t values_left_;
    std::size_t option_values_left_;
    std::size_t option_keys_max_;
    InstructionSet set_;
    std::uint32_t message_elements_left_ = 0;
    DecodeError error_ = DecodeError::malformed;
    bool failed_ = false;
    bool undefined_is_absent_ = true;  ///< in maps that are built (W-SER-07)
};

}  // namespace sallyport::wamp
