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

/// A datagram socket connected to the journal at that path; if there is none, one on which sending
/// fails. Throws std::system_error.
Descriptor connect_journal(const std::string& path);
/// Never blocks. False, with errno, if the datagram was not sent.
bool send_to_journal(int socket, std::string_view datagram) noexcept;

}  // namespace sallyport::gateway
