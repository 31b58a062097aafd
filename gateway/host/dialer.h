#pragma once

#include <chrono>
#include <functional>
#include <string>

#include <boost/asio/io_context.hpp>

#include "backend-link/link/local_address.h"
#include "gateway/host/descriptor.h"

namespace sallyport::gateway {

inline constexpr std::chrono::seconds dial_timeout{5};

/// The allowed scope of an address after its name was resolved.
enum class DialReach { loopback, local };

/// Connects to a local address and calls back once, with a connected non-blocking socket, or with
/// none and the reason. Names are resolved at each call; a name with one global address among its
/// addresses is refused (architecture: Link).
using Dialled = std::function<void(Descriptor socket, const std::string& why)>;
void dial(boost::asio::io_context& io, const backend_link::Address& address, DialReach reach,
          Dialled dialled);

}  // namespace sallyport::gateway
