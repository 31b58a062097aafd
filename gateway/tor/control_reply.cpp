#include "gateway/tor/control_reply.h"

#include <utility>

namespace sallyport::gateway {

void ControlReplies::append(std::string_view bytes) {
    if (read_ > 0) {
        buffer_.erase(0, read_);
        read_ = 0;
    }
    buffer_.append(bytes);
}

std::optional<std::string_view> ControlReplies::take_line() {
    const std::size_t end = buffer_.find("\r\n", read_);
    if (end == std::string::npos) {
        if (buffer_.size() - read_ > line_bytes_max) broken_ = true;
        return std::nullopt;
    }
    const std::string_view line = std::string_view(buffer_).substr(read_, end - read_);
    read_ = end + 2;
    if (line.size() > line_bytes_max || ++lines_ > reply_lines_max) broken_ = true;
    return line;
}

void ControlReplies::begin_or_extend(std::string_view line) {
    const auto digit = [line](std::size_t index) {
        return line[index] >= '0' && line[index] <= '9';
    };
    if (line.size() < 4 || !digit(0) || !digit(1) || !digit(2)) {
        broken_ = true;
        return;
    }
    reply_.code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    reply_.lines.emplace_back(line.substr(4));
    switch (line[3]) {
        case ' ':
            whole_ = true;
            break;
        case '+':
            in_data_ = true;
            break;
        case '-':
            break;
        default:
            broken_ = true;
    }
}

std::optional<ControlReply> ControlReplies::next() {
    while (!broken_) {
        const auto line = take_line();
        if (!line || broken_) return std::nullopt;
        if (in_data_) {
            if (*line == ".") {
                in_data_ = false;
            } else {
                const bool stuffed = line->starts_with(".");
                reply_.lines.back().append("\n").append(stuffed ? line->substr(1) : *line);
            }
            continue;
        }
        begin_or_extend(*line);
        if (whole_ && !broken_) {
            whole_ = false;
            lines_ = 0;
            return std::exchange(reply_, {});
        }
    }
    return std::nullopt;
}

std::optional<std::string> control_keyword(std::string_view line, std::string_view name) {
    std::size_t at = 0;
    while (at < line.size()) {
        const bool here =
            line.substr(at).starts_with(name) && line.substr(at + name.size()).starts_with("=");
        std::string value;
        bool quoted = false;
        std::size_t end = at;
        // One word, in which a quoted string may contain blanks and backslash escapes.
        for (; end < line.size() && (quoted || line[end] != ' '); ++end) {
            if (line[end] == '"') {
                quoted = !quoted;
            } else {
                if (quoted && line[end] == '\\' && end + 1 < line.size()) ++end;
                value.push_back(line[end]);
            }
        }
        if (here) return value.substr(name.size() + 1);
        at = end + 1;
    }
    return std::nullopt;
}

}  // namespace sallyport::gateway
