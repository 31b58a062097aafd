#include "policy/tools/edit/fmt.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <ostream>
#include <utility>

#include "policy/document/document.h"
#include "policy/file/load.h"
#include "policy/tools/edit/line_diff.h"
#include "policy/tools/edit/toml_tree.h"
#include "policy/tools/exit_code.h"
#include "policy/tools/json.h"

namespace sallyport::policy {
namespace {

using Names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 13> rule_order{
    "id",     "roles",  "actions", "match",   "uri", "payload", "where",
    "shadow", "limits", "grants",  "deliver", "key", "rate"};
constexpr std::array<std::string_view, 10> route_order{
    "id", "match", "uri", "to", "realm", "rewrite", "when_down", "wait", "idempotent", "spread"};
constexpr std::array<std::string_view, 15> test_order{
    "as",   "call",   "publish", "subscribe", "register", "match", "payload", "opaque",
    "args", "kwargs", "expect",  "route",     "deliver",  "key",   "rate"};

Names order_of(std::string_view head) {
    if (head == "[[allow]]" || head == "[[forbid]]") return rule_order;
    if (head == "[[route]]") return route_order;
    if (head == "[[test]]") return test_order;
    return {};
}

/// Writes a tree as text.
class Writer {
public:
    std::string file(const TomlTree& tree);

private:
    std::size_t column() const {
        const std::size_t newline = out_.rfind('\n');
        return newline == std::string::npos ? out_.size() : out_.size() - newline - 1;
    }
    void table(const TomlTable& table);
    void entry(const TomlEntry& entry, std::size_t indent);
    void lines(const std::vector<std::string>& comments, std::size_t indent);
    void value(const TomlValue& value, std::size_t indent, std::size_t behind);
    void long_list(const TomlValue& list, std::size_t indent);
    void comment_behind(const std::string& comment) {
        if (!comment.empty()) out_ += "  " + comment;
    }

    std::string out_;
};

std::string in_one_line(const TomlValue& value) {
    if (value.kind == TomlValue::Kind::scalar) return value.text;
    const bool list = value.kind == TomlValue::Kind::list;
    if (value.items.empty()) return list ? "[]" : "{}";
    std::string text = list ? "[" : "{ ";
    for (std::size_t i = 0; i < value.items.size(); ++i) {
        const TomlEntry& item = value.items[i];
        if (i != 0) text += ", ";
        if (!list) text += item.key + " = ";
        text += in_one_line(item.value);
    }
    return text + (list ? "]" : " }");
}

void Writer::lines(const std::vector<std::string>& comments, std::size_t indent) {
    for (const std::string& comment : comments) {
        if (!comment.empty()) out_.append(indent, ' ');
        out_ += comment + "\n";
    }
}

// `behind`: the columns needed after it on the last line.
void Writer::value(const TomlValue& value, std::size_t indent, std::size_t behind) {
    if (value.kind == TomlValue::Kind::scalar) {
        out_ += value.text;
        return;
    }
    if (!value.has_comments()) {
        const std::string line = in_one_line(value);
        const bool fits = column() + line.size() + behind <= fmt_columns;
        if (fits || value.items.empty()) {
            out_ += line;
            return;
        }
    }
    if (value.kind == TomlValue::Kind::list) return long_list(value, indent);
    // TOML 1.0 requires an inline table to be on one line, except for lists in it.
    out_ += "{ ";
    for (std::size_t i = 0; i < value.items.size(); ++i) {
        if (i != 0) out_ += ", ";
        out_ += value.items[i].key + " = ";
        this->value(value.items[i].value, indent, 2);
    }
    out_ += " }";
}

void Writer::long_list(const TomlValue& list, std::size_t indent) {
    constexpr std::size_t step = 4;
    out_ += "[\n";
    for (const TomlEntry& item : list.items) {
        lines(item.comments, indent + step);
        out_.append(indent + step, ' ');
        value(item.value, indent + step, 1);
        out_ += ",";
        comment_behind(item.comment);
        out_ += "\n";
    }
    lines(list.last, indent + step);
    out_.append(indent, ' ');
    out_ += "]";
}

void Writer::entry(const TomlEntry& entry, std::size_t indent) {
    lines(entry.comments, indent);
    out_ += entry.key + " = ";
    value(entry.value, indent, 0);
    comment_behind(entry.comment);
    out_ += "\n";
}

void Writer::table(const TomlTable& table) {
    for (const auto& block : table.blocks) {
        if (!out_.empty()) out_ += "\n";
        lines(block, 0);
    }
    if (!table.head.empty()) {
        if (!out_.empty()) out_ += "\n";
        lines(table.comments, 0);
        out_ += table.head;
        comment_behind(table.comment);
        out_ += "\n";
    }
    const Names order = order_of(table.head);
    std::vector<const TomlEntry*> entries;
    entries.reserve(table.entries.size());
    for (const TomlEntry& entry : table.entries) entries.push_back(&entry);
    const auto rank = [order](const TomlEntry* entry) {
        const std::string_view first = std::string_view(entry->key).substr(0, entry->key.find('.'));
        return std::find(order.begin(), order.end(), first) - order.begin();
    };
    if (!order.empty()) {
        std::stable_sort(entries.begin(), entries.end(),
                         [&rank](const auto* a, const auto* b) { return rank(a) < rank(b); });
    }
    bool first = true;
    for (const TomlEntry* one : entries) {
        if (order.empty() && one->blank_before && !first) out_ += "\n";
        first = false;
        entry(*one, 0);
    }
    lines(table.last, 0);
}

std::string Writer::file(const TomlTree& tree) {
    for (const TomlTable& one : tree.tables) table(one);
    return std::move(out_);
}

// Ignores positions. Entries of a table are in the order of their keys.
bool same_meaning(const Item& a, const Item& b) {
    if (a.kind != b.kind || a.key != b.key || a.boolean != b.boolean || a.integer != b.integer ||
        a.text != b.text ||
        std::bit_cast<std::uint64_t>(a.real) != std::bit_cast<std::uint64_t>(b.real) ||
        a.items.size() != b.items.size())
        return false;
    return std::equal(a.items.begin(), a.items.end(), b.items.begin(), same_meaning);
}

struct Job {
    const std::string& path;
    std::string before;
    std::string after;
};

// Reports one file that is not formatted.
void report_unformatted(const Job& job, FmtRequest::Mode mode, Json& reports, const Output& to) {
    if (to.json) {
        Json report{{"file", job.path}};
        if (mode == FmtRequest::Mode::diff)
            report["diff"] = line_diff(job.before, job.after, job.path);
        reports.push_back(std::move(report));
        return;
    }
    switch (mode) {
        case FmtRequest::Mode::write:
            to.out << job.path << ": formatted\n";
            break;
        case FmtRequest::Mode::check:
            to.out << job.path << ": not formatted\n";
            break;
        case FmtRequest::Mode::diff:
            to.out << line_diff(job.before, job.after, job.path);
            break;
    }
}

}  // namespace

wamp::Result<std::string, Diagnostic> format_toml(std::string_view text, const std::string& file) {
    const auto before = parse_document(text, file);
    if (!before) return before.error();
    std::string formatted = Writer().file(read_toml_tree(text));
    const auto after = parse_document(formatted, file);
    if (!after || !same_meaning(*before, *after)) {
        return Diagnostic{{file, 0, 0},
                          "cannot be formatted without changing it",
                          "format it by hand; long inline tables are better as [table]s"};
    }
    return formatted;
}

int fmt(const FmtRequest& request, std::vector<Rewrite>& rewrites, const Output& to) {
    const bool write = request.mode == FmtRequest::Mode::write;
    Diagnostics errors;
    Json reports = Json::array();
    std::size_t changed = 0;
    for (const std::string& path : request.files) {
        const auto text = read_file(path, false);
        if (!text) {
            errors.push_back(text.error());
            continue;
        }
        auto formatted = format_toml(*text, path);
        if (!formatted) {
            errors.push_back(formatted.error());
            continue;
        }
        if (*formatted == *text) continue;
        ++changed;
        const Job job{path, *text, *std::move(formatted)};
        report_unformatted(job, request.mode, reports, to);
        if (write) rewrites.push_back({path, job.after});
    }
    if (to.json) {
        print_json(to.out, {{write ? "formatted" : "not_formatted", std::move(reports)},
                            {"errors", to_json(errors)}});
    } else {
        print_errors(errors, to);
    }
    if (!errors.empty()) return exit_code::broken;
    return changed > 0 && !write ? exit_code::no : exit_code::fine;
}

}  // namespace sallyport::policy
