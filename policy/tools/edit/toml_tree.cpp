#include "policy/tools/edit/toml_tree.h"

#include <algorithm>
#include <utility>

namespace sallyport::policy {
namespace {

bool is_bare(std::string_view key) noexcept {
    return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
}

std::string_view without_end_space(std::string_view text) noexcept {
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
        text.remove_suffix(1);
    return text;
}

// Writes 'text' as "text" where both mean the same.
std::string plain_quotes(std::string_view text) {
    const bool literal = text.size() >= 2 && text.front() == '\'' && !text.starts_with("'''");
    if (!literal || text.find_first_of("\"\\") != std::string_view::npos) return std::string(text);
    return "\"" + std::string(text.substr(1, text.size() - 2)) + "\"";
}

/// Parses a text that is known to be well-formed.
class Walk {
public:
    explicit Walk(std::string_view text) : text_(text) {
        if (text.starts_with("\xEF\xBB\xBF")) at_ = 3;
    }

    TomlTree tree();

private:
    bool done() const noexcept { return at_ >= text_.size(); }
    char peek() const noexcept { return done() ? '\0' : text_[at_]; }
    void skip_space() noexcept {
        while (peek() == ' ' || peek() == '\t' || peek() == '\r') ++at_;
    }
    /// The comment that begins here, if any; without the line end.
    std::string comment();
    void end_line() noexcept {
        skip_space();
        if (peek() == '\n') ++at_;
    }
    std::string_view quoted_text();
    std::string key(std::string_view stop);
    TomlValue value();
    TomlValue list();
    TomlValue inline_table();
    void head();
    void own_line_comment();

    TomlTable& table() { return tree_.tables.back(); }

    std::string_view text_;
    std::size_t at_ = 0;
    TomlTree tree_;
    /// Comment lines that belong to the next entry or table, in blocks separated by empty lines.
    std::vector<std::vector<std::string>> waiting_;
    bool blank_ = false;        ///< an empty line is before what comes next
    bool blank_first_ = false;  ///< an empty line is before the first of waiting_
};

std::string Walk::comment() {
    if (peek() != '#') return {};
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    const std::string found(without_end_space(text_.substr(at_, end - at_)));
    at_ = end;
    return found;
}

// From quote to quote, both included.
std::string_view Walk::quoted_text() {
    const std::size_t begin = at_;
    const char quote = peek();
    const std::string block(3, quote);
    const bool multi = text_.substr(at_).starts_with(block);
    at_ += multi ? 3 : 1;
    while (!done()) {
        if (quote == '"' && peek() == '\\') {
            at_ += 2;
        } else if (multi && text_.substr(at_).starts_with(block)) {
            at_ += 3;
            while (peek() == quote) ++at_;  // up to two belong to the string
            break;
        } else if (!multi && peek() == quote) {
            ++at_;
            break;
        } else {
            ++at_;
        }
    }
    at_ = std::min(at_, text_.size());
    return text_.substr(begin, at_ - begin);
}

// A dotted key up to one of the characters in `stop`.
std::string Walk::key(std::string_view stop) {
    std::string found;
    for (;;) {
        skip_space();
        if (peek() == '"' || peek() == '\'') {
            const std::string part = plain_quotes(quoted_text());
            const std::string_view inner = std::string_view(part).substr(1, part.size() - 2);
            found += part.front() == '"' && is_bare(inner) ? std::string(inner) : part;
        } else {
            const std::size_t begin = at_;
            while (!done() && peek() != '.' && stop.find(peek()) == std::string_view::npos &&
                   peek() != ' ' && peek() != '\t')
                ++at_;
            found += text_.substr(begin, at_ - begin);
        }
        skip_space();
        if (peek() != '.') return found;
        ++at_;
        found += '.';
    }
}

TomlValue Walk::value() {
    skip_space();
    if (peek() == '[') return list();
    if (peek() == '{') return inline_table();
    TomlValue scalar;
    if (peek() == '"' || peek() == '\'') {
        scalar.text = plain_quotes(quoted_text());
        return scalar;
    }
    const std::size_t begin = at_;
    while (!done() && std::string_view(",]}#\n").find(peek()) == std::string_view::npos) ++at_;
    scalar.text = std::string(without_end_space(text_.substr(begin, at_ - begin)));
    return scalar;
}

TomlValue Walk::list() {
    TomlValue found;
    found.kind = TomlValue::Kind::list;
    ++at_;
    std::vector<std::string> comments;
    bool same_line = false;  // as the previous element
    for (;;) {
        skip_space();
        if (done()) return found;
        const char c = peek();
        if (c == '\n') {
            ++at_;
            same_line = false;
        } else if (c == ',') {
            ++at_;
        } else if (c == '#') {
            const std::string text = comment();
            if (same_line && found.items.back().comment.empty()) {
                found.items.back().comment = text;
            } else {
                comments.push_back(text);
            }
        } else if (c == ']') {
            ++at_;
            found.last = std::move(comments);
            return found;
        } else {
            TomlEntry element;
            element.comments = std::exchange(comments, {});
            element.value = value();
            found.items.push_back(std::move(element));
            same_line = true;
        }
    }
}

TomlValue Walk::inline_table() {
    TomlValue found;
    found.kind = TomlValue::Kind::table;
    ++at_;
    for (;;) {
        skip_space();
        if (done()) return found;
        if (peek() == '}') {
            ++at_;
            return found;
        }
        if (peek() == ',') {
            ++at_;
            continue;
        }
        TomlEntry entry;
        entry.key = key("=");
        ++at_;
        entry.value = value();
        found.items.push_back(std::move(entry));
    }
}

void Walk::head() {
    const bool several = text_.substr(at_).starts_with("[[");
    at_ += several ? 2 : 1;
    TomlTable next;
    next.head = (several ? "[[" : "[") + key("]") + (several ? "]]" : "]");
    at_ += several ? 2 : 1;
    skip_space();
    next.comment = comment();
    end_line();
    // A comment directly below the entry stays with it, one directly above the header with the
    // header.
    const bool touches_head = !blank_ && !waiting_.empty();
    if (touches_head) {
        next.comments = std::move(waiting_.back());
        waiting_.pop_back();
    }
    const bool something_above = !table().entries.empty() || !table().head.empty();
    if (!waiting_.empty() && !blank_first_ && something_above) {
        table().last = std::move(waiting_.front());
        waiting_.erase(waiting_.begin());
    }
    next.blocks = std::exchange(waiting_, {});
    tree_.tables.push_back(std::move(next));
    blank_ = blank_first_ = false;
}

void Walk::own_line_comment() {
    if (waiting_.empty()) {
        blank_first_ = blank_;
        waiting_.emplace_back();
    } else if (blank_) {
        waiting_.emplace_back();
    }
    waiting_.back().push_back(comment());
    end_line();
    blank_ = false;
}

TomlTree Walk::tree() {
    tree_.tables.emplace_back();
    while (!done()) {
        skip_space();
        if (done()) break;
        if (peek() == '\n') {
            ++at_;
            blank_ = true;
        } else if (peek() == '#') {
            own_line_comment();
        } else if (peek() == '[') {
            head();
        } else {
            TomlEntry entry;
            entry.blank_before = waiting_.empty() ? blank_ : blank_first_;
            const bool apart = blank_ && !waiting_.empty();
            for (std::size_t i = 0; i < waiting_.size(); ++i) {
                if (i != 0) entry.comments.emplace_back();
                entry.comments.insert(entry.comments.end(), waiting_[i].begin(), waiting_[i].end());
            }
            if (apart) entry.comments.emplace_back();
            waiting_.clear();
            entry.key = key("=");
            ++at_;
            entry.value = value();
            skip_space();
            entry.comment = comment();
            end_line();
            table().entries.push_back(std::move(entry));
            blank_ = blank_first_ = false;
        }
    }
    if (!waiting_.empty()) {
        const bool something_above = !table().entries.empty() || !table().head.empty();
        if (!blank_first_ && something_above) {
            table().last = std::move(waiting_.front());
            waiting_.erase(waiting_.begin());
        }
        TomlTable end;
        end.blocks = std::exchange(waiting_, {});
        if (!end.blocks.empty()) tree_.tables.push_back(std::move(end));
    }
    return std::move(tree_);
}

}  // namespace

bool TomlValue::has_comments() const noexcept {
    return !last.empty() || std::any_of(items.begin(), items.end(), [](const TomlEntry& item) {
        return !item.comments.empty() || !item.comment.empty() || item.value.has_comments();
    });
}

TomlTree read_toml_tree(std::string_view text) {
    return Walk(text).tree();
}

}  // namespace sallyport::policy
