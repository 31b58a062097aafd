#include "gateway/admin/http_head.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "backend-link/link/local_address.h"

namespace sallyport::gateway {

namespace {

constexpr std::string_view line_end = "\r\n";

std::string_view take_line(std::string_view& rest) noexcept {
    const std::size_t end = std::min(rest.find(line_end), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + line_end.size(), rest.size()));
    return line;
}

constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_name(std::string_view written, std::string_view name) noexcept {
    return std::equal(written.begin(), written.end(), name.begin(), name.end(),
                      [](char a, char b) { return lower(a) == b; });
}

// tchar of RFC 9110.
bool is_token(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return letter || (c >= '0' && c <= '9') ||
               std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    });
}

bool is_printable(std::string_view text, bool spaces) noexcept {
    return std::all_of(text.begin(), text.end(), [spaces](char c) {
        return (c > ' ' && c != '\x7f') || static_cast<unsigned char>(c) >= 0x80 ||
               (spaces && (c == ' ' || c == '\t'));
    });
}

std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// A colon and digits, or none (RFC 3986, 3.2.3).
bool is_port(std::string_view text) noexcept {
    return text.starts_with(':') &&
           text.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

bool is_version(std::string_view text) noexcept {
    return text == "HTTP/1.1" || text == "HTTP/1.0";
}

bool take_count(std::string_view digits, std::size_t& count) noexcept {
    const char* const end = digits.data() + digits.size();
    const auto [rest, error] = std::from_chars(digits.data(), end, count);
    return error == std::errc{} && rest == end;
}

std::string_view reason_of_status(int status) noexcept {
    constexpr std::array<std::pair<int, std::string_view>, 9> reasons{
        {{200, "OK"},
         {303, "See Other"},
         {400, "Bad Request"},
         {403, "Forbidden"},
         {404, "Not Found"},
         {405, "Method Not Allowed"},
         {413, "Content Too Large"},
         {421, "Misdirected Request"},
         {503, "Service Unavailable"}}};
    for (const auto& [number, text] : reasons) {
        if (number == status) return text;
    }
    return "";
}

}  // namespace

bool begins_http(std::string_view line) noexcept {
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::size_t space = line.rfind(' ');
    return space != std::string_view::npos && is_version(line.substr(space + 1));
}

std::optional<HttpHead> parse_http_head(std::string_view head) {
    HttpHead parsed;
    const std::string_view first = take_line(head);
    const std::size_t method_end = first.find(' ');
    const std::size_t target_end = first.rfind(' ');
    if (method_end == std::string_view::npos || method_end == target_end) return std::nullopt;
    const std::string_view target = first.substr(method_end + 1, target_end - method_end - 1);
    parsed.method = first.substr(0, method_end);
    parsed.path = target.substr(0, target.find('?'));
    if (!is_token(parsed.method) || !target.starts_with('/') || !is_printable(target, false) ||
        !is_version(first.substr(target_end + 1)))
        return std::nullopt;
    bool ended = false;
    bool has_host = false;
    bool has_length = false;
    while (!head.empty()) {
        const std::string_view line = take_line(head);
        if (line.empty()) {
            ended = true;
            break;
        }
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
            return std::nullopt;
        const std::string_view value = trimmed(line.substr(colon + 1));
        if (!is_printable(value, true)) return std::nullopt;
        const std::string_view name = line.substr(0, colon);
        if (is_name(name, "accept")) parsed.accept = value;
        if (is_name(name, "origin")) parsed.origin = value;
        if (is_name(name, "host") && std::exchange(has_host, true)) return std::nullopt;
        if (is_name(name, "host")) parsed.host = value;
        if (is_name(name, "cookie")) {
            if (!parsed.cookie.empty()) parsed.cookie += "; ";
            parsed.cookie += value;
        }
        if (is_name(name, "transfer-encoding")) return std::nullopt;
        if (!is_name(name, "content-length")) continue;
        if (std::exchange(has_length, true) || !take_count(value, parsed.body_bytes))
            return std::nullopt;
    }
    if (!ended || !head.empty()) return std::nullopt;
    return parsed;
}

bool names_loopback(std::string_view host) {
    if (host.starts_with('[')) {
        const std::size_t end = host.find(']');
        if (end == std::string_view::npos) return false;
        const std::string_view after = host.substr(end + 1);
        if (!after.empty() && !is_port(after)) return false;
        host = host.substr(1, end - 1);
        return host.find(':') != std::string_view::npos &&
               backend_link::reach_of_literal(host) == backend_link::Reach::loopback;
    }
    const std::size_t colon = host.find(':');
    if (colon != std::string_view::npos && !is_port(host.substr(colon))) return false;
    host = host.substr(0, colon);
    return is_name(host, "localhost") ||
           backend_link::reach_of_literal(host) == backend_link::Reach::loopback;
}

std::string http_answer(const HttpAnswer& answer, bool head_only) {
    std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " ";
    text.append(reason_of_status(answer.status)).append("\r\nContent-Type: ").append(answer.type);
    text.append("\r\nContent-Length: ").append(std::to_string(answer.body.size()));
    text.append("\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n");
    text.append(answer.headers).append("Connection: close\r\n\r\n");
    if (!head_only) text.append(answer.body);
    return text;
}

}  // namespace sallyport::gateway
