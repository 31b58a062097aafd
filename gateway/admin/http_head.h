#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::gateway {

/// The head of an HTTP request without a body, as far as the pages of the program need it.
struct HttpHead {
    std::string method;
    std::string path;    ///< without the query
    std::string accept;  ///< "" if it is not there
    std::string host;
};

/// Whether the first line of a connection, without its "\n", begins an HTTP/1 request.
bool begins_http(std::string_view line) noexcept;

/// Reads a head up to and including its empty line; nothing if it is malformed (RFC 9112).
std::optional<HttpHead> parse_http_head(std::string_view head);

/// Whether a Host header names this machine's loopback, with or without a port. Who else's page a
/// browser shows has another name, also if that name leads here.
bool names_loopback(std::string_view host);

/// A whole answer; the connection ends with it.
std::string http_answer(int status, std::string_view type, std::string_view body, bool head_only);

}  // namespace sallyport::gateway
