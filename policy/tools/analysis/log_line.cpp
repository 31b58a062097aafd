#include "policy/tools/analysis/log_line.h"

#include <optional>

#include "policy/file/file.h"
#include "policy/tools/json.h"

namespace sallyport::policy {
namespace {

/// Fills a LogLine with the members of one flat object.
class LineReader : public JsonEvents {
public:
    explicit LineReader(LogLine& line) : line_(line) {
        line_.decision = line_.allowed = line_.shadow = false;
        line_.match = wamp::MatchPolicy::exact;
        line_.payload_bytes = 0;
        line_.count = 1;
        line_.several_uris = false;
        for (std::string* text :
             {&line_.realm, &line_.authid, &line_.role, &line_.uri, &line_.rule, &line_.policy})
            text->clear();
    }

    bool start_object(std::size_t) {
        if (open_) return false;  // nested
        return open_ = true;
    }
    bool start_array(std::size_t) { return false; }
    bool key(Json::string_t& name) {
        key_ = name;
        return true;
    }
    bool string(Json::string_t& value) {
        if (key_ == "outcome") {
            outcome_ = value;
        } else if (key_ == "action") {
            const auto action = parse_action(value);
            if (!action) return false;
            line_.action = *action;
            has_action_ = true;
        } else if (key_ == "match") {
            if (value != "prefix" && value != "wildcard") return false;
            line_.match =
                value == "prefix" ? wamp::MatchPolicy::prefix : wamp::MatchPolicy::wildcard;
        } else if (key_ == "other_uri") {
            line_.several_uris = true;
        } else if (std::string* to = place_of(key_)) {
            *to = value;
        }
        return true;
    }
    bool number_unsigned(Json::number_unsigned_t value) {
        if (key_ == "payload_bytes") line_.payload_bytes = value;
        if (key_ == "repeated") line_.count = value;
        return value > 0 || key_ != "repeated";
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
    bool open_ = false;
    std::string key_;
    std::string outcome_;
    bool has_action_ = false;
};

}  // namespace

bool read_log_line(std::string_view text, LogLine& line) {
    LineReader reader(line);
    return Json::sax_parse(text.begin(), text.end(), &reader) && reader.finish();
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
