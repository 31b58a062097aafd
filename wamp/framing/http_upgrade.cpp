#include "wamp/framing/http_upgrade.h"

#include <algorithm>
#include <array>
#include <optional>

#include "wamp/base/base64.h"
#include "wamp/base/check.h"

namespace sallyport::wamp {
namespace {

constexpr std::array<Subprotocol, 6> subprotocols{
    {{Serializer::json, false, "wamp.2.json"},
     {Serializer::msgpack, false, "wamp.2.msgpack"},
     {Serializer::cbor, false, "wamp.2.cbor"},
     {Serializer::json, true, "wamp.2.json.batched"},
     {Serializer::msgpack, true, "wamp.2.msgpack.batched"},
     {Serializer::cbor, true, "wamp.2.cbor.batched"}}};
static_assert(subprotocols.size() == 2 * all_serializers.size());
constexpr std::size_t key_bytes = 16;  // RFC 6455 §4.2.1
constexpr std::string_view line_end = "\r\n";

// The status lines of RFC 9110 §15 and RFC 6585 §5, with the header lines that they require.
constexpr std::string_view bad_request =
    "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view method_not_allowed =
    "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\n"
    "Connection: close\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view upgrade_required =
    "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Connection: Upgrade, close\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view upgrade_required_page =
    "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Connection: Upgrade, close\r\nContent-Type: text/html; charset=utf-8\r\n"
    "Content-Length: 256\r\n\r\n"
    "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>WAMP endpoint</title>"
    "<p>This address is an endpoint of WAMP, the Web Application Messaging Protocol. "
    "It is for programs that speak WAMP, not for browsers: there is nothing to see "
    "here.</p></html>\n";
constexpr std::string_view too_large =
    "HTTP/1.1 431 Request Header Fields Too Large\r\n"
    "Connection: close\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view version_not_supported =
    "HTTP/1.1 505 HTTP Version Not Supported\r\n"
    "Connection: close\r\nContent-Length: 0\r\n\r\n";

struct Fault {
    std::string_view answer;
    std::string_view why;
};
using Verdict = std::optional<Fault>;

constexpr Fault malformed{bad_request, "malformed HTTP request"};

char to_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return to_lower(x) == to_lower(y); });
}

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

bool is_token(std::string_view text) noexcept {  // RFC 9110 §5.6.2
    static constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (to_lower(c) >= 'a' && to_lower(c) <= 'z') || is_digit(c) ||
               marks.find(c) != std::string_view::npos;
    });
}

// RFC 9110 §5.5: visible characters, octets above 127, spaces and tabs.
bool is_field_value(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) {
        const auto octet = static_cast<unsigned char>(c);
        return octet == '\t' || (octet >= 0x20 && octet != 0x7F);
    });
}

bool is_visible_ascii(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

std::string_view trim(std::string_view text) noexcept {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    return text.substr(0, text.find_last_not_of(" \t") + 1);
}

// Takes the text before `separator` and the separator off the front of `rest`.
std::string_view take_until(std::string_view& rest, std::string_view separator) noexcept {
    const std::size_t at = std::min(rest.find(separator), rest.size());
    const std::string_view taken = rest.substr(0, at);
    rest.remove_prefix(std::min(at + separator.size(), rest.size()));
    return taken;
}

bool lists(std::string_view list, std::string_view token) noexcept {
    while (!list.empty()) {
        if (same_name(trim(take_until(list, ",")), token)) return true;
    }
    return false;
}

/// The header lines that matter here; those of one name are joined with commas (RFC 9110 §5.3).
struct Fields {
    struct Field {
        std::string_view name;
        std::size_t lines = 0;
        std::string value;
    };
    std::array<Field, 9> all{{{"Host", 0, {}},
                              {"Content-Length", 0, {}},
                              {"Transfer-Encoding", 0, {}},
                              {"Upgrade", 0, {}},
                              {"Connection", 0, {}},
                              {"Sec-WebSocket-Version", 0, {}},
                              {"Sec-WebSocket-Key", 0, {}},
                              {"Sec-WebSocket-Protocol", 0, {}},
                              {"Accept", 0, {}}}};

    void add(std::string_view name, std::string_view value) {
        for (Field& field : all) {
            if (!same_name(field.name, name)) continue;
            if (field.lines++ > 0) field.value += ',';
            field.value += value;
        }
    }
    const Field& host() const { return all[0]; }
    const Field& content_length() const { return all[1]; }
    const Field& transfer_encoding() const { return all[2]; }
    const Field& upgrade() const { return all[3]; }
    const Field& connection() const { return all[4]; }
    const Field& version() const { return all[5]; }
    const Field& key() const { return all[6]; }
    const Field& protocol() const { return all[7]; }
    const Field& accept() const { return all[8]; }
};

struct RequestLine {
    std::string_view method;
    std::string_view target;
    char major = '\0';
    char minor = '\0';
};

std::optional<RequestLine> read_request_line(std::string_view line) noexcept {
    constexpr std::string_view version = "HTTP/1.1";
    RequestLine request;
    request.method = take_until(line, " ");
    request.target = take_until(line, " ");
    const bool sound = is_token(request.method) && !request.target.empty() &&
                       is_visible_ascii(request.target) && line.size() == version.size() &&
                       line.starts_with("HTTP/") && is_digit(line[5]) && line[6] == '.' &&
                       is_digit(line[7]);
    if (!sound) return std::nullopt;
    request.major = line[5];
    request.minor = line[7];
    return request;
}

// A line that begins with a space would continue the one before it, which is obsolete and has been
// a way to smuggle header lines (RFC 9112 §5.2): its name is not a token.
bool read_fields(std::string_view lines, Fields& fields) {
    while (!lines.empty()) {
        std::string_view value = take_until(lines, line_end);
        const bool named = value.find(':') != std::string_view::npos;
        const std::string_view name = take_until(value, ":");
        if (!named || !is_token(name) || !is_field_value(value)) return false;
        fields.add(name, trim(value));
    }
    return true;
}

bool has_body(const Fields& fields) noexcept {
    const auto& length = fields.content_length();
    return fields.transfer_encoding().lines > 0 ||
           (length.lines > 0 && length.value.find_first_not_of('0') != std::string::npos) ||
           (length.lines > 0 && length.value.empty());
}

Verdict check_http(const RequestLine& request, const Fields& fields) noexcept {
    if (fields.host().lines > 1 || (request.minor != '0' && fields.host().lines == 0))
        return Fault{bad_request, "HTTP request without exactly one Host"};  // RFC 9112 §3.2
    if (request.method != "GET") return Fault{method_not_allowed, "HTTP method other than GET"};
    // RFC 6455 §4.1: a resource name or an absolute URI.
    if (!request.target.starts_with('/') && request.target.find("://") == std::string_view::npos)
        return malformed;
    if (has_body(fields)) return Fault{bad_request, "HTTP request with a body"};
    return std::nullopt;
}

/// Whether the request is for a page that a person looks at.
bool is_browser(const Fields& fields) noexcept {
    return fields.upgrade().lines == 0 && lists(fields.accept().value, "text/html");
}

Verdict check_upgrade(const RequestLine& request, const Fields& fields, bool tells_browsers) {
    // RFC 9110 §7.8: a server ignores Upgrade in a request of HTTP/1.0.
    if (request.minor == '0' || !lists(fields.upgrade().value, "websocket") ||
        !lists(fields.connection().value, "upgrade"))
        return Fault{
            tells_browsers && is_browser(fields) ? upgrade_required_page : upgrade_required,
            "HTTP request without upgrade to WebSocket"};
    if (fields.version().lines > 1)
        return Fault{bad_request, "HTTP request with more than one Sec-WebSocket-Version"};
    if (fields.version().value != "13")
        return Fault{upgrade_required, "WebSocket version other than 13"};
    const auto key = from_base64(fields.key().value);
    if (fields.key().lines != 1 || !key || key->size() != key_bytes)
        return Fault{bad_request, "Sec-WebSocket-Key is not one of 16 bytes in base64"};
    return std::nullopt;
}

HttpUpgrade refuse(Fault fault) noexcept {
    HttpUpgrade refused;
    refused.refusal = fault.answer;
    refused.why = fault.why;
    return refused;
}

}  // namespace

const Subprotocol& subprotocol_of(Serializer serializer) noexcept {
    for (const Subprotocol& subprotocol : subprotocols) {
        if (subprotocol.serializer == serializer && !subprotocol.batched) return subprotocol;
    }
    SALLYPORT_CHECK(false);
    return subprotocols[0];
}

const Subprotocol* choose_subprotocol(std::string_view offered) noexcept {
    while (!offered.empty()) {
        const std::string_view name = trim(take_until(offered, ","));
        for (const Subprotocol& subprotocol : subprotocols) {
            if (name == subprotocol.name) return &subprotocol;
        }
    }
    return nullptr;
}

HttpUpgrade read_http_upgrade(std::string_view head, bool tells_browsers) {
    head.remove_suffix(line_end.size());  // the empty line
    const auto request = read_request_line(take_until(head, line_end));
    if (!request) return refuse(malformed);
    if (request->major != '1') return refuse({version_not_supported, "HTTP version other than 1"});
    Fields fields;
    if (!read_fields(head, fields)) return refuse(malformed);
    if (const auto fault = check_http(*request, fields)) return refuse(*fault);
    if (const auto fault = check_upgrade(*request, fields, tells_browsers)) return refuse(*fault);
    HttpUpgrade accepted;
    accepted.subprotocol = choose_subprotocol(fields.protocol().value);
    if (accepted.subprotocol == nullptr)
        return refuse({bad_request, "no WAMP subprotocol in common"});
    accepted.key = fields.key().value;
    return accepted;
}

HttpUpgrade too_long_http_upgrade() noexcept {
    return refuse({too_large, "HTTP request too long"});
}

}  // namespace sallyport::wamp
