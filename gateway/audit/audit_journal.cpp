#include "gateway/audit/audit_journal.h"

#include <sys/socket.h>

#include <cerrno>
#include <system_error>

#include "gateway/host/unix_address.h"
#include "wamp/base/text.h"

namespace sallyport::gateway {

using policy::AuditRecord;
using policy::Outcome;

namespace {

void field(std::string& out, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    out += name;
    if (value.find('\n') == std::string_view::npos) {
        out += '=';
    } else {
        out += '\n';
        std::uint64_t bytes = value.size();  // little-endian on every machine
        for (int i = 0; i < 8; ++i, bytes >>= 8U) out += static_cast<char>(bytes & 0xFFU);
    }
    out += value;
    out += '\n';
}

void field(std::string& out, std::string_view name, std::uint64_t value) {
    if (value != 0) field(out, name, std::to_string(value));
}

bool is_of_message(Outcome outcome) noexcept {
    return outcome == Outcome::allow || outcome == Outcome::deny || outcome == Outcome::over_rate ||
           outcome == Outcome::over_in_flight || outcome == Outcome::invalid ||
           outcome == Outcome::revoke || outcome == Outcome::shadow;
}

std::string message_of(const AuditRecord& record) {
    std::string text(to_string(record.outcome));
    if (is_of_message(record.outcome)) {
        text += " " + std::string(to_string(record.action)) + " " + wamp::printable(record.uri);
        if (!record.other_uri.empty()) text += " and others";
        if (record.repeated > 1) text += ", " + std::to_string(record.repeated) + " times,";
    }
    if (!record.authid.empty()) text += " by " + wamp::printable(record.authid);
    if (!record.role.empty()) text += " (" + wamp::printable(record.role) + ")";
    if (!record.reason.empty()) text += ": " + wamp::printable(record.reason);
    if (!record.rule.empty()) {
        text += ", rule " + std::string(record.rule) + " (" + std::string(record.file) + ":" +
                std::to_string(record.line) + ")";
    }
    return text;
}

void head(std::string& out, std::string_view message, std::string_view priority,
          std::string_view outcome, std::string_view time, std::string_view door) {
    field(out, "MESSAGE", message);
    field(out, "PRIORITY", priority);
    field(out, "SYSLOG_IDENTIFIER", "sallyport");
    field(out, "SALLYPORT_TIME", time);
    field(out, "SALLYPORT_DOOR", door);
    field(out, "SALLYPORT_OUTCOME", outcome);
}

}  // namespace

void append_journal(std::string& out, const AuditRecord& record, std::string_view time,
                    std::string_view door) {
    const bool calm = record.outcome == Outcome::allow || record.outcome == Outcome::join ||
                      record.outcome == Outcome::leave;
    head(out, message_of(record), calm ? "6" : "5", to_string(record.outcome), time, door);
    field(out, "SALLYPORT_NUMBER", record.number);
    field(out, "SALLYPORT_REASON", record.reason);
    field(out, "SALLYPORT_REALM", record.realm);
    field(out, "SALLYPORT_AUTHID", record.authid);
    field(out, "SALLYPORT_ROLE", record.role);
    field(out, "SALLYPORT_METHOD", record.method);
    if (is_of_message(record.outcome)) {
        field(out, "SALLYPORT_ACTION", to_string(record.action));
        field(out, "SALLYPORT_URI", record.uri);
        if (record.match == wamp::MatchPolicy::prefix) field(out, "SALLYPORT_MATCH", "prefix");
        if (record.match == wamp::MatchPolicy::wildcard) field(out, "SALLYPORT_MATCH", "wildcard");
        field(out, "SALLYPORT_REQUEST", policy::request_name(record));
        field(out, "SALLYPORT_PAYLOAD_BYTES", record.payload_bytes);
        field(out, "SALLYPORT_REPEATED", record.repeated);
        field(out, "SALLYPORT_OTHER_URI", record.other_uri);
    }
    field(out, "SALLYPORT_RULE", record.rule);
    field(out, "SALLYPORT_FILE", record.file);
    field(out, "SALLYPORT_LINE", record.line);
    field(out, "SALLYPORT_POLICY", record.policy);
    field(out, "SALLYPORT_SESSION", record.session);
    field(out, "SALLYPORT_VIA", record.via);
    field(out, "SALLYPORT_CIRCUIT", record.circuit);
}

void append_journal_gap(std::string& out, std::uint64_t dropped, std::string_view time,
                        std::string_view door) {
    head(out, "dropped " + std::to_string(dropped) + " audit records", "4", "dropped", time, door);
    field(out, "SALLYPORT_DROPPED", dropped);
}

Descriptor connect_journal(const std::string& path) {
    Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) throw std::system_error(errno, std::generic_category(), "socket");
    const int bytes = 1 << 20;  // for queued records; the kernel may grant less
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
    const UnixAddress address(path);
    [[maybe_unused]] const int none = ::connect(socket.get(), address.get(), address.size());
    return socket;
}

bool send_to_journal(int socket, std::string_view datagram) noexcept {
    return ::send(socket, datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

}  // namespace sallyport::gateway
