#include "policy/audit/audit.h"

#include <array>
#include <cstring>
#include <type_traits>

namespace sallyport::policy {
namespace {

constexpr std::string_view ellipsis = "\xE2\x80\xA6";

/// The header of a packed record; its texts follow without separators.
struct Header {
    std::uint32_t bytes;  ///< of the whole record
    Outcome outcome;
    Action action;
    wamp::MatchPolicy match;
    std::uint8_t unused;
    std::uint64_t number, session, via, circuit, payload_bytes, repeated, request;
    std::uint32_t line;
    std::array<std::uint16_t, 10> texts;  ///< their sizes
};
static_assert(std::is_trivially_copyable_v<Header>);
static_assert(audit_record_bytes_max >= sizeof(Header) + 10 * (audit_text_bytes_max + 3));

template <class Record>
auto texts_of(Record& record) noexcept {
    return std::array{&record.realm,  &record.policy,   &record.rule,   &record.file,
                      &record.authid, &record.role,     &record.method, &record.uri,
                      &record.reason, &record.other_uri};
}

constexpr bool continues(char c) noexcept {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

std::size_t fitting(std::string_view text) noexcept {
    if (text.size() <= audit_text_bytes_max) return text.size();
    std::size_t bytes = audit_text_bytes_max;
    while (bytes > 0 && continues(text[bytes])) --bytes;
    return bytes;
}

void append_unit(std::string& out, unsigned unit) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += "\\u";
    for (const unsigned shift : {12U, 8U, 4U, 0U}) out += digits[(unit >> shift) & 0xFU];
}

/// The first character of `text` and its size; U+FFFD for an invalid byte.
std::size_t character(std::string_view text, unsigned& code) noexcept {
    const auto first = static_cast<unsigned char>(text.front());
    const std::size_t size = first >= 0xF0U ? 4 : first >= 0xE0U ? 3 : first >= 0xC0U ? 2 : 1;
    code = size == 1 ? 0xFFFDU : first & (0xFFU >> (size + 1));
    if (size > text.size()) {
        code = 0xFFFDU;
        return 1;
    }
    for (std::size_t i = 1; i < size; ++i) {
        if (!continues(text[i])) {
            code = 0xFFFDU;
            return 1;
        }
        code = code << 6U | (static_cast<unsigned char>(text[i]) & 0x3FU);
    }
    return size;
}

/// Writes the members of one JSON object in order.
class Line {
public:
    Line(std::string& out, std::string_view time, std::string_view door) : out_(out) {
        out_ += '{';
        text("time", time);
        text("door", door);
    }
    void text(std::string_view key, std::string_view value, bool even_empty = false) {
        if (value.empty() && !even_empty) return;
        begin(key);
        append_ascii_json(out_, value);
    }
    void number(std::string_view key, std::uint64_t value, bool even_zero = false) {
        if (value == 0 && !even_zero) return;
        begin(key);
        out_ += std::to_string(value);
    }
    void end() { out_ += "}\n"; }

private:
    void begin(std::string_view key) {
        if (out_.back() != '{') out_ += ',';
        ((out_ += '"') += key) += "\":";
    }
    std::string& out_;
};

bool names_a_uri(Outcome outcome) noexcept {
    switch (outcome) {
        case Outcome::allow:
        case Outcome::deny:
        case Outcome::over_rate:
        case Outcome::over_in_flight:
        case Outcome::invalid:
        case Outcome::revoke:
        case Outcome::shadow:
            return true;
        case Outcome::join:
        case Outcome::join_refused:
        case Outcome::leave:
        case Outcome::reload:
            return false;
    }
    return false;
}

}  // namespace

std::string_view to_string(Outcome outcome) noexcept {
    switch (outcome) {
        case Outcome::allow:
            return "allow";
        case Outcome::deny:
            return "deny";
        case Outcome::over_rate:
            return "over_rate";
        case Outcome::over_in_flight:
            return "over_in_flight";
        case Outcome::invalid:
            return "invalid";
        case Outcome::join:
            return "join";
        case Outcome::join_refused:
            return "join_refused";
        case Outcome::leave:
            return "leave";
        case Outcome::revoke:
            return "revoke";
        case Outcome::reload:
            return "reload";
        case Outcome::shadow:
            return "shadow";
    }
    return "";
}

void pack(std::string& out, const AuditRecord& record) {
    Header header{};
    header.outcome = record.outcome;
    header.action = record.action;
    header.match = record.match;
    header.number = record.number;
    header.session = record.session;
    header.via = record.via;
    header.circuit = record.circuit;
    header.payload_bytes = record.payload_bytes;
    header.repeated = record.repeated;
    header.request = record.request;
    header.line = record.line;
    const auto texts = texts_of(record);
    std::size_t bytes = sizeof(Header);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const std::size_t fits = fitting(*texts[i]);
        const std::size_t size = fits + (fits < texts[i]->size() ? ellipsis.size() : 0);
        header.texts[i] = static_cast<std::uint16_t>(size);
        bytes += size;
    }
    header.bytes = static_cast<std::uint32_t>(bytes);
    std::size_t at = out.size();
    out.resize(at + bytes);
    std::memcpy(out.data() + at, &header, sizeof(Header));
    at += sizeof(Header);
    for (const std::string_view* text : texts) {
        const std::size_t fits = fitting(*text);
        if (fits > 0) std::memcpy(out.data() + at, text->data(), fits);
        at += fits;
        if (fits == text->size()) continue;
        std::memcpy(out.data() + at, ellipsis.data(), ellipsis.size());
        at += ellipsis.size();
    }
}

std::size_t unpack(std::string_view bytes, AuditRecord& record) noexcept {
    Header header{};
    if (bytes.size() < sizeof(Header)) return 0;
    std::memcpy(&header, bytes.data(), sizeof(Header));
    if (header.bytes < sizeof(Header) || header.bytes > bytes.size()) return 0;
    record.outcome = header.outcome;
    record.action = header.action;
    record.match = header.match;
    record.number = header.number;
    record.session = header.session;
    record.via = header.via;
    record.circuit = header.circuit;
    record.payload_bytes = header.payload_bytes;
    record.repeated = header.repeated;
    record.request = header.request;
    record.line = header.line;
    std::size_t at = sizeof(Header);
    const auto texts = texts_of(record);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (header.texts[i] > header.bytes - at) return 0;
        *texts[i] = bytes.substr(at, header.texts[i]);
        at += header.texts[i];
    }
    if (record.line == 0) record.rule = record.file = {};
    return header.bytes;
}

void append_ascii_json(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        const char c = text.front();
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x80U) {
            unsigned code = 0;
            text.remove_prefix(character(text, code));
            if (code > 0xFFFFU) {
                code -= 0x10000U;
                append_unit(out, 0xD800U + (code >> 10U));
                code = 0xDC00U + (code & 0x3FFU);
            }
            append_unit(out, code);
            continue;
        }
        if (byte < 0x20U || byte == 0x7FU) {
            append_unit(out, byte);
        } else {
            if (c == '"' || c == '\\') out += '\\';
            out += c;
        }
        text.remove_prefix(1);
    }
    out += '"';
}

void append_json(std::string& out, const AuditRecord& record, std::string_view time,
                 std::string_view door) {
    Line line(out, time, door);
    line.number("number", record.number);
    line.text("outcome", to_string(record.outcome));
    line.text("reason", record.reason);
    line.text("realm", record.realm);
    line.text("authid", record.authid);
    line.text("role", record.role);
    line.text("method", record.method);
    if (names_a_uri(record.outcome)) {
        line.text("action", to_string(record.action));
        line.text("uri", record.uri, true);
        if (record.match == wamp::MatchPolicy::prefix) line.text("match", "prefix");
        if (record.match == wamp::MatchPolicy::wildcard) line.text("match", "wildcard");
        line.text("request", request_name(record));
        const bool carries = record.action == Action::call || record.action == Action::publish;
        line.number("payload_bytes", record.payload_bytes, carries);
        line.number("repeated", record.repeated);
        line.text("other_uri", record.other_uri);
    }
    line.text("rule", record.rule);
    line.text("file", record.file);
    line.number("line", record.line);
    line.text("policy", record.policy);
    line.number("session", record.session);
    line.number("via", record.via);
    line.number("circuit", record.circuit);
    line.end();
}

std::string request_name(const AuditRecord& record) {
    if (record.request == 0) return {};
    return std::to_string(record.session) + "-" + std::to_string(record.request);
}

void append_gap_json(std::string& out, std::uint64_t dropped, std::string_view time,
                     std::string_view door) {
    Line line(out, time, door);
    line.text("outcome", "dropped");
    line.number("dropped", dropped);
    line.end();
}

bool AuditTrail::count(Outcome outcome) noexcept {
    switch (outcome) {
        case Outcome::allow:
            ++counts_.allowed;
            return level_ == Level::all;
        case Outcome::deny:
        case Outcome::invalid:
            ++counts_.denied;
            break;
        case Outcome::over_rate:
        case Outcome::over_in_flight:
            ++counts_.limited;
            break;
        case Outcome::join:
            ++counts_.joined;
            break;
        case Outcome::join_refused:
            ++counts_.join_refused;
            break;
        case Outcome::leave:
        case Outcome::revoke:
        case Outcome::reload:
        case Outcome::shadow:
            break;
    }
    return level_ == Level::denied || level_ == Level::all;
}

void AuditTrail::add(AuditRecord record) {
    record.number = ++counts_.recorded;
    if (record.repeated > 1) counts_.summed += record.repeated - 1;
    pack(packed_, record);
}

}  // namespace sallyport::policy
