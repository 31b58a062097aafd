#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::gateway {

/// The size of tor's hs_ed25519_secret_key file.
inline constexpr std::size_t onion_key_bytes = 96;

/// In the folder of an onion service.
std::string onion_key_file(const std::string& folder);

/// Whether `text` is a version 3 address, "….onion" in lower case, as tor writes it into the file
/// `hostname`.
bool is_onion_address(std::string_view text) noexcept;

/// The error in the content of an onion service's secret key file; nothing if it is valid.
std::optional<std::string> wrong_with_onion_key(std::string_view content);

}  // namespace sallyport::gateway
