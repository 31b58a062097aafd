#include "gateway/supervision/message.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace sallyport::gateway::supervision {

namespace {

/// Removes the first word and the space after it, and returns the word.
template <class Number>
std::optional<Number> parse_number(std::string_view word) {
    Number number = 0;
    const char* const begin = word.data();
    const char* const end = begin + word.size();
    const auto [at, error] = std::from_chars(begin, end, number);
    if (error != std::errc() || at != end) return std::nullopt;
    return number;
}

constexpr std::array<std::pair<ReloadCommand::Kind, std::string_view>, 3> command_words{{
    {ReloadCommand::Kind::prepare, "prepare"},
    {ReloadCommand::Kind::commit, "commit"},
    {ReloadCommand::Kind::abort, "abort"},
}};

std::string numbered(std::string_view word, std::uint64_t number) {
    return std::string(word) + " " + std::to_string(number);
}

struct ToText {
    std::string operator()(const message::Ready&) const { return "ready"; }
    std::string operator()(const message::Alive&) const { return "alive"; }
    std::string operator()(const message::AuditLost&) const { return "audit"; }
    std::string operator()(const message::DialRequest& request) const {
        return numbered("dial", request.backend);
    }
    std::string operator()(const message::Prepared& prepared) const {
        return numbered("prepared", prepared.round) + " " + prepared.summary;
    }
    std::string operator()(const message::Refused& refused) const {
        return numbered("refused", refused.round) + " " + refused.why;
    }
    std::string operator()(const message::Committed& committed) const {
        return numbered("committed", committed.round) + " " + committed.summary;
    }
};

}  // namespace

std::string_view next_word(std::string_view& text) noexcept {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    return word;
}

std::optional<std::uint32_t> parse_index(std::string_view word) noexcept {
    return parse_number<std::uint32_t>(word);
}

std::optional<Message> parse_message(std::string_view text) {
    if (text == "ready") return message::Ready{};
    if (text == "alive") return message::Alive{};
    if (text == "audit") return message::AuditLost{};
    const std::string_view word = next_word(text);
    if (word == "dial") {
        const auto backend = parse_index(text);
        if (!backend) return std::nullopt;
        return message::DialRequest{*backend};
    }
    if (word != "prepared" && word != "refused" && word != "committed") return std::nullopt;
    const auto round = parse_number<Round>(next_word(text));
    if (!round) return std::nullopt;
    if (word == "prepared") return message::Prepared{*round, std::string(text)};
    if (word == "refused") return message::Refused{*round, std::string(text)};
    return message::Committed{*round, std::string(text)};
}

std::string to_text(const Message& message) {
    return std::visit(ToText{}, message);
}

std::optional<ReloadCommand> parse_reload_command(std::string_view text) {
    const std::string_view word = next_word(text);
    for (const auto& [kind, command_word] : command_words) {
        if (word != command_word) continue;
        const auto round = parse_number<Round>(text);
        if (round) return ReloadCommand{kind, *round};
    }
    return std::nullopt;
}

std::string to_text(const ReloadCommand& command) {
    for (const auto& [kind, word] : command_words) {
        if (kind == command.kind) return numbered(word, command.round);
    }
    return {};
}

}  // namespace sallyport::gateway::supervision
