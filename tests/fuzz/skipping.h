#pragma once

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "wamp/codec/json_reader.h"
#include "wamp/codec/msgpack_reader.h"
#include "wamp/codec/skip.h"

/// The vector code against the scalar code, which is its oracle.
namespace sallyport::fuzz {

inline constexpr std::initializer_list<wamp::InstructionSet> vector_sets = {
    wamp::InstructionSet::sse42, wamp::InstructionSet::avx2, wamp::InstructionSet::neon};

/// Whether the vector code accepts the array at the beginning of `bytes` exactly if the scalar code
/// does, and finds the same end. The limit of strings must not be below the size of `bytes`.
inline bool skips_alike(wamp::Serializer serializer, std::string_view bytes,
                        const wamp::MessageLimits& limits, wamp::InstructionSet set) {
    const bool json = serializer == wamp::Serializer::json;
    std::string_view span;
    const auto read = [&](auto reader) { return reader.read_args(span); };
    const bool valid = json
                           ? read(wamp::JsonReader(bytes, limits, wamp::InstructionSet::scalar))
                           : read(wamp::MsgpackReader(bytes, limits, wamp::InstructionSet::scalar));
    // Arguments are on the second level of a message.
    const wamp::SkipLimits skip_limits{std::min(limits.depth, wamp::depth_max) - 1,
                                       limits.elements};
    const char* const at = bytes.data();
    const char* const end = at + bytes.size();
    const wamp::Skipped skipped = json ? wamp::skip_json_container(at, end, skip_limits, set)
                                       : wamp::skip_msgpack_value(at, end, skip_limits, set);
    if (!valid || skipped.after == nullptr) return valid == (skipped.after != nullptr);
    return span.empty() || skipped.after == span.data() + span.size();
}

}  // namespace sallyport::fuzz
