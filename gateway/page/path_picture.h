#pragma once

#include <string>

#include "policy/tools/json.h"

namespace sallyport::gateway {

/// The links that the picture shows; the table below it has all of them.
inline constexpr std::size_t pictured_links_max = 24;

/// The way of a call as an inline SVG: clients, the address, the program, its links and what is
/// registered behind them, with the state of each. `status` is the JSON of `sallyport status`.
/// Everything in it is also in the text of the page, so that it is one image for a screen reader.
std::string path_picture(const policy::Json& status);

}  // namespace sallyport::gateway
