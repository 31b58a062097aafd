#include "gateway/page/form.h"

#include <algorithm>
#include <charconv>

namespace sallyport::gateway {

namespace {

std::optional<std::string> decoded(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') {
            plain += ' ';
        } else if (text[i] != '%') {
            plain += text[i];
        } else {
            unsigned value = 0;
            constexpr int base = 16;
            const std::string_view digits = text.substr(i + 1, 2);
            const char* const end = digits.data() + digits.size();
            const auto [rest, error] = std::from_chars(digits.data(), end, value, base);
            if (digits.size() != 2 || error != std::errc{} || rest != end) return std::nullopt;
            plain += static_cast<char>(value);
            i += 2;
        }
    }
    return plain;
}

}  // namespace

std::optional<Form> parse_form(std::string_view body) {
    Form form;
    while (!body.empty()) {
        const std::size_t end = std::min(body.find('&'), body.size());
        const std::string_view pair = body.substr(0, end);
        body.remove_prefix(std::min(end + 1, body.size()));
        const std::size_t equals = std::min(pair.find('='), pair.size());
        auto name = decoded(pair.substr(0, equals));
        auto value = decoded(pair.substr(std::min(equals + 1, pair.size())));
        if (!name || !value || !form.emplace(std::move(*name), std::move(*value)).second)
            return std::nullopt;
    }
    return form;
}

std::string field(const Form& form, std::string_view name) {
    const auto found = form.find(name);
    return found == form.end() ? "" : found->second;
}

}  // namespace sallyport::gateway
