#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/supervision/effect.h"

namespace sallyport::gateway::supervision {

/// The messages of a child process to its supervisor. Each packet is one line of text.
namespace message {

struct Ready {  ///< `ready`
    bool operator==(const Ready&) const = default;
};
struct Alive {  ///< `alive`: the answer to `ping`
    bool operator==(const Alive&) const = default;
};
struct AuditLost {  ///< `audit`: the journal takes no records; open it again
    bool operator==(const AuditLost&) const = default;
};
struct DialRequest {  ///< `dial LINK`: the worker's backend of that number, an inside's gateway
    std::uint32_t backend;
    bool operator==(const DialRequest&) const = default;
};
struct Prepared {  ///< `prepared ROUND SUMMARY`: the version is compiled and ready to commit
    Round round;
    std::string summary;  ///< the changes it would make
    bool operator==(const Prepared&) const = default;
};
struct Refused {  ///< `refused ROUND WHY`: the version cannot be compiled
    Round round;
    std::string why;
    bool operator==(const Refused&) const = default;
};
struct Committed {  ///< `committed ROUND SUMMARY`: the version is active
    Round round;
    std::string summary;  ///< the changes it made
    bool operator==(const Committed&) const = default;
};

}  // namespace message

using Message =
    std::variant<message::Ready, message::Alive, message::AuditLost, message::DialRequest,
                 message::Prepared, message::Refused, message::Committed>;

/// What a supervisor asks a child, to be answered by message::Alive from the loop that does its
/// work.
inline constexpr std::string_view ping_text = "ping";

/// Removes the first word from `text`, with the space after it.
std::string_view next_word(std::string_view& text) noexcept;
/// Nothing if the word is not a decimal number.
std::optional<std::uint32_t> parse_index(std::string_view word) noexcept;

/// Nothing if the text is not one of these messages.
std::optional<Message> parse_message(std::string_view text);
std::string to_text(const Message& message);

/// The commands of a supervisor to a participant of a reload: `prepare ROUND`, `commit ROUND`,
/// `abort ROUND`.
struct ReloadCommand {
    enum class Kind : std::uint8_t { prepare, commit, abort };
    Kind kind;
    Round round;
    bool operator==(const ReloadCommand&) const = default;
};
std::optional<ReloadCommand> parse_reload_command(std::string_view text);
std::string to_text(const ReloadCommand& command);

}  // namespace sallyport::gateway::supervision
