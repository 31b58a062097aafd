#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/tor/control_reply.h"
#include "gateway/tor/torrc.h"

namespace sallyport::gateway {

/// The commands of the control port that ask a running tor where it listens and what it serves.
std::string_view listeners_command() noexcept;
std::string_view settings_command() noexcept;

/// How the answers differ from `torrc`; nothing if they agree. A listener that is configured may be
/// missing: tor closes it while its network is disabled.
std::optional<std::string> unconfigured_listener(const ControlReply& answer, const Torrc& torrc);
std::optional<std::string> unconfigured_setting(const ControlReply& answer, const Torrc& torrc);

}  // namespace sallyport::gateway
