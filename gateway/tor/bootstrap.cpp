#include "gateway/tor/bootstrap.h"

#include <charconv>

#include "gateway/tor/control_reply.h"

namespace sallyport::gateway {

namespace {

std::optional<int> percent_of(std::string_view text) {
    int value = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0 || value > 100)
        return std::nullopt;
    return value;
}

}  // namespace

std::optional<Bootstrap> parse_bootstrap(std::string_view status) {
    const std::size_t begin = status.find("BOOTSTRAP ");
    if (begin == std::string_view::npos) return std::nullopt;
    const std::string_view words = status.substr(begin);
    const auto progress = control_keyword(words, "PROGRESS");
    const auto percent = progress ? percent_of(*progress) : std::nullopt;
    if (!percent) return std::nullopt;
    return Bootstrap{*percent, control_keyword(words, "TAG").value_or(""),
                     control_keyword(words, "SUMMARY").value_or(""),
                     control_keyword(words, "WARNING").value_or("")};
}

std::optional<Bootstrap> parse_bootstrap_log(std::string_view line) {
    constexpr std::string_view marker = "] Bootstrapped ";
    const std::size_t begin = line.find(marker);
    if (begin == std::string_view::npos) return std::nullopt;
    const std::string_view rest = line.substr(begin + marker.size());
    const std::size_t sign = rest.find('%');
    if (sign == std::string_view::npos) return std::nullopt;
    const auto percent = percent_of(rest.substr(0, sign));
    if (!percent) return std::nullopt;
    Bootstrap found{*percent, "", "", ""};
    const std::size_t open = rest.find('(', sign);
    const std::size_t close = rest.find("): ", open);
    if (close != std::string_view::npos) {
        found.tag = rest.substr(open + 1, close - open - 1);
        found.summary = rest.substr(close + 3);
    }
    return found;
}

std::optional<std::string_view> complaint_of_log(std::string_view line) {
    for (const std::string_view level : {"[warn] ", "[err] "}) {
        const std::size_t at = line.find(level);
        if (at != std::string_view::npos) return line.substr(at + level.size());
    }
    return std::nullopt;
}

std::string to_text(const Bootstrap& bootstrap) {
    std::string text = "tor: bootstrapped " + std::to_string(bootstrap.percent) + "%";
    if (!bootstrap.summary.empty()) text += " (" + bootstrap.summary + ")";
    if (!bootstrap.warning.empty()) text += "; warning: " + bootstrap.warning;
    return text;
}

}  // namespace sallyport::gateway
