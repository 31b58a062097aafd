#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "wamp/base/value.h"

namespace sallyport::wamp {

/// A client's hint for those who receive its call or publication, of no meaning to a router
/// (W-R2R-06); a longer one is dropped.
inline constexpr std::string_view transaction_hash_key = "transaction_hash";
inline constexpr std::size_t transaction_hash_bytes_max = 128;

inline void append_transaction_hash(Dict& to, const Dict& from) {
    if (from.empty()) return;
    const std::string_view hash = from.get_string(transaction_hash_key);
    if (!hash.empty() && hash.size() <= transaction_hash_bytes_max)
        to.append(std::string(transaction_hash_key), hash);
}

}  // namespace sallyport::wamp
