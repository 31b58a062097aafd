#include "policy/tools/analysis/log_line.h"

#include <optional>

#include "policy/file/file.h"
#include "wamp/codec/json_text.h"

namespace sallyport::policy {
namespace {

/// Parses one flat JSON object.
class Flat {
public:
    explicit Flat(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}

    bool open() { return take('{'); }
    bool take(char c) {
        space();
        if (at_ == end_ || *at_ != c) return false;
        ++at_;
        return true;
    }
    bool done() {
        space();
        return at_ == end_;
    }
    bool text(wamp::JsonString& found) {
        if (!take('"')) return false;
        at_ = wamp::scan_json_string(at_, end_, found);
        return at_ != nullptr;
    }
    bool next_is_text() {
        space();
        return at_ != end_ && *at_ == '"';
    }
    // A number, or a literal such as true.
    bool scalar(std::string_view& found, bool& integral) {
        space();
        const char* begin = at_;
        integral = false;
        if (at_ != end_ && (*at_ == '-' || (*at_ >= '0' && *at_ <= '9'))) {
            at_ = wamp::scan_json_number(at_, end_, integral);
            if (at_ == nullptr) return false;
        } else {
            while (at_ != end_ && *at_ >= 'a' && *at_ <= 'z') ++at_;
        }
        found = {begin, static_cast<std::size_t>(at_ - begin)};
        return !found.empty();
    }

private:
    void space() {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\r')) ++at_;
    }

    const char* at_;
    const char* end_;
};

void assign(std::string& to, const wamp::JsonString& text) {
    to.clear();
    if (text.escaped) {
        wamp::append_unescaped(to, text.raw);
    } else {
        to = text.raw;
    }
}

/// Stores members in the fields of a line.
class Filler {
public:
    explicit Filler(LogLine& line) : line_(line) {
        line_.decision = line_.allowed = line_.shadow = false;
        line_.match = wamp::MatchPolicy::exact;
        line_.payload_bytes = 0;
        for (std::string* text :
             {&line_.realm, &line_.authid, &line_.role, &line_.uri, &line_.rule, &line_.policy})
            text->clear();
    }

    bool text(std::string_view key, const wamp::JsonString& value) {
        if (key == "outcome") {
            assign(outcome_, value);
        } else if (key == "action") {
            const auto action = parse_action(value.raw);
            if (!action) return false;
            line_.action = *action;
            has_action_ = true;
        } else if (key == "match") {
            if (value.raw != "prefix" && value.raw != "wildcard") return false;
            line_.match =
                value.raw == "prefix" ? wamp::MatchPolicy::prefix : wamp::MatchPolicy::wildcard;
        } else if (std::string* to = place_of(key)) {
            assign(*to, value);
        }
        return true;
    }

    void number(std::string_view key, std::uint64_t value) {
        if (key == "payload_bytes") line_.payload_bytes = value;
    }

    bool finish() {
        if (outcome_.empty()) return false;
        line_.allowed =
            outcome_ == "allow" || outcome_ == "over_rate" || outcome_ == "over_in_flight";
        line_.decision = has_action_ && (line_.allowed || outcome_ == "deny");
        line_.shadow = has_action_ && outcome_ == "shadow";
        return true;
    }

private:
    std::string* place_of(std::string_view key) {
        if (key == "realm") return &line_.realm;
        if (key == "authid") return &line_.authid;
        if (key == "role") return &line_.role;
        if (key == "uri") return &line_.uri;
        if (key == "rule") return &line_.rule;
        if (key == "policy") return &line_.policy;
        return nullptr;
    }

    LogLine& line_;
    std::string outcome_;
    bool has_action_ = false;
};

}  // namespace

bool read_log_line(std::string_view text, LogLine& line) {
    Filler filler(line);
    Flat flat(text);
    if (!flat.open()) return false;
    for (bool first = true; !flat.take('}'); first = false) {
        wamp::JsonString key;
        wamp::JsonString value;
        if ((!first && !flat.take(',')) || !flat.text(key) || !flat.take(':')) return false;
        if (flat.next_is_text()) {
            if (!flat.text(value) || !filler.text(key.raw, value)) return false;
            continue;
        }
        std::string_view number;
        bool integral = false;
        if (!flat.scalar(number, integral)) return false;
        if (integral) filler.number(key.raw, wamp::json_number(number, true).unsigned_integer);
    }
    return flat.done() && filler.finish();
}

std::string unreadable_lines(std::uint64_t count, std::uint64_t first) {
    return std::to_string(count) +
           (count == 1 ? " unreadable, at line " : " unreadable, the first at line ") +
           std::to_string(first);
}

void LogTally::add(bool readable) noexcept {
    ++lines_;
    any_readable_ = any_readable_ || readable;
}

std::optional<Diagnostic> LogTally::fault(const std::string& path) const {
    if (lines_ == 0 || any_readable_) return std::nullopt;
    return Diagnostic{{path, 1, 1},
                      "no line is a record of a decision log",
                      "use the file that [audit] names; for the journal, use only the messages: "
                      "journalctl -o cat -u sallyport"};
}

}  // namespace sallyport::policy
