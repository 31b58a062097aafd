// The body of a form, from whoever has the cookie of the operator page.
// Promises: a form that is accepted, encoded again in any way, is the same form.
#include "gateway/page/form.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace sallyport::gateway;

std::string encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string all;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        all.append("%").append({digits[byte >> 4U], digits[byte & 15U]});
    }
    return all;
}

void check_form(std::string_view body) {
    const auto form = parse_form(body);
    if (!form) return;
    std::string again;
    for (const auto& [name, value] : *form) {
        again.append(again.empty() ? "" : "&").append(encoded(name));
        again.append("=").append(encoded(value));
        if (field(*form, name) != value) std::abort();
    }
    if (parse_form(again) != form) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto* text = reinterpret_cast<const char*>(bytes);
    check_form(size == 0 ? std::string_view{} : std::string_view(text, size));
    return 0;
}
