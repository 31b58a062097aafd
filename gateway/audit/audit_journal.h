#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/host/descriptor.h"
#include "policy/audit/audit.h"

namespace sallyport::gateway {

inline constexpr std::string_view system_journal = "/run/systemd/journal/socket";

/// Appends the record as one datagram of the journal's native protocol: a MESSAGE for people and a
/// field SALLYPORT_… for each member of the JSON line.
void append_journal(std::string& out, const policy::AuditRecord& record, std::string_view time,
                    std::string_view door);
void append_journal_gap(std::string& out, std::uint64_t dropped, std::string_view time,
                        std::string_view door);

/// A socket for send_to_journal(). Throws std::system_error.
Descriptor make_journal_socket();
/// Never blocks. False, with errno, if the datagram was not sent. The path is resolved each time,
/// so that a restarted journal is found.
bool send_to_journal(int socket, const std::string& path, std::string_view datagram) noexcept;

}  // namespace sallyport::gateway
