// The head of an HTTP request, from whoever reaches the admin socket or the loopback port.
// Promises: a head that is accepted ends with its empty line, has a path, and names nothing
// unprintable; cut shorter it is not accepted.
#include "gateway/admin/http_head.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace sallyport::gateway;

void must(bool holds) {
    if (!holds) std::abort();
}

void check_head(std::string_view text) {
    (void)names_loopback(text);
    const auto head = parse_http_head(text);
    if (!head) return;
    must(text.ends_with("\r\n\r\n"));
    must(begins_http(text.substr(0, text.find('\n'))));
    must(head->path.starts_with('/'));
    for (const std::string_view part :
         {std::string_view(head->path), std::string_view(head->host),
          std::string_view(head->accept), std::string_view(head->cookie)})
        must(std::none_of(part.begin(), part.end(), [](char c) { return c == '\r' || c == '\n'; }));
    for (std::size_t cut = 0; cut < text.size(); ++cut) must(!parse_http_head(text.substr(0, cut)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto* text = reinterpret_cast<const char*>(bytes);
    check_head(size == 0 ? std::string_view{} : std::string_view(text, size));
    return 0;
}
