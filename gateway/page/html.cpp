#include "gateway/page/html.h"

namespace sallyport::gateway {

std::string escaped(std::string_view text) {
    std::string html;
    html.reserve(text.size());
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '&') {
            html += "&amp;";
        } else if (c == '<') {
            html += "&lt;";
        } else if (c == '>') {
            html += "&gt;";
        } else if (c == '"') {
            html += "&quot;";
        } else if (c == '\'') {
            html += "&#39;";
        } else if ((byte < ' ' && c != '\n' && c != '\t') || c == '\x7f') {
            html += "\xef\xbf\xbd";
        } else {
            html += c;
        }
    }
    return html;
}

std::string isolated(std::string_view text) {
    return text.empty() ? "–" : "<bdi>" + escaped(text) + "</bdi>";
}

}  // namespace sallyport::gateway
