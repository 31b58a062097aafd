#pragma once

#include <cstddef>

namespace sallyport::wamp {

/// is_valid_utf8() with one instruction set each: utf8.cpp chooses. The bytes are not read beyond
/// their end. Only those of this machine's architecture are defined.
bool is_valid_utf8_sse42(const char* at, std::size_t bytes) noexcept;
bool is_valid_utf8_avx2(const char* at, std::size_t bytes) noexcept;
bool is_valid_utf8_neon(const char* at, std::size_t bytes) noexcept;

}  // namespace sallyport::wamp
