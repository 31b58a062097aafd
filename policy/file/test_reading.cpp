#include <array>
#include <optional>
#include <utility>

#include "policy/document/names.h"
#include "policy/file/reading.h"
#include "wamp/base/check.h"
#include "wamp/codec/codec.h"

namespace sallyport::policy {
namespace {

constexpr std::array<std::string_view, 15> test_keys{
    "as",     "call",   "publish", "subscribe", "register", "match", "payload", "args",
    "kwargs", "opaque", "expect",  "route",     "deliver",  "key",   "rate"};
constexpr std::array<std::string_view, 2> as_keys{"authid", "role"};

/// Reads one [[test]].
class TestReader {
public:
    TestReader(const Item& table, const std::string& file, Diagnostics& diagnostics)
        : test_(table, "[[test]]", test_keys, file, diagnostics),
          file_(file),
          diagnostics_(diagnostics) {}

    TestText read() {
        out_.place = test_.place();
        subject();
        request();
        payload();
        expectation();
        delivery();
        return std::move(out_);
    }

private:
    void subject();
    void request();
    void payload();
    void expectation();
    void delivery();
    wamp::Value value(const Item& item);

    Section test_;
    const std::string& file_;
    Diagnostics& diagnostics_;
    TestText out_;
};

void TestReader::subject() {
    constexpr std::string_view example = "{ authid = \"alice\", role = \"operator\" }";
    if (test_.need("as", example) == nullptr) return;
    const Item* item = test_.find("as", Item::Kind::table, example);
    if (item == nullptr) return;
    Section as(*item, "as", as_keys, file_, diagnostics_);
    out_.authid = as.text("authid", "\"alice\"").value_or("");
    out_.role = read_role(as, "role");
}

void TestReader::request() {
    const Item* asked = nullptr;
    for (const std::string_view name : action_names) {
        const Item* item = test_.find(name);
        if (item == nullptr) continue;
        if (asked != nullptr) {
            test_.error_at_key(*item, "a test has one request, and this one has two",
                               "write a second [[test]]");
            continue;
        }
        asked = item;
        const std::optional<Action> action = parse_action(name);
        SALLYPORT_CHECK(action.has_value());
        out_.action = *action;
        out_.uri = test_.text(name, "\"com.app.name\"").value_or("");
    }
    const auto match = read_match(test_);
    out_.match = match.value_or(wamp::MatchPolicy::exact);
    const bool pattern = out_.action == Action::subscribe || out_.action == Action::register_;
    if (asked == nullptr) {
        test_.error("[[test]] has no request",
                    "add call, publish, subscribe or register = \"com.app.name\"");
        return;
    }
    if (out_.match != wamp::MatchPolicy::exact && !pattern) {
        test_.error(*test_.find("match"), "only subscribe and register have a match policy",
                    "remove the line");
    }
    if (match && asked->kind == Item::Kind::text && !wamp::is_valid_pattern(out_.uri, *match)) {
        test_.error(*asked, quoted(out_.uri) + " is not a valid URI for this match",
                    "components are separated by single dots and contain no space, '#' or control "
                    "character");
    }
}

wamp::Value TestReader::value(const Item& item) {
    switch (item.kind) {
        case Item::Kind::boolean:
            return item.boolean;
        case Item::Kind::integer:
            return item.integer;
        case Item::Kind::real:
            return item.real;
        case Item::Kind::text:
            return item.text;
        case Item::Kind::list: {
            wamp::List list;
            for (const Item& inner : item.items) list.push_back(value(inner));
            return list;
        }
        case Item::Kind::table: {
            wamp::Dict dict;
            for (const Item& inner : item.items) dict.append(inner.key, value(inner));
            return dict;
        }
        case Item::Kind::date:
            test_.error(item, "an argument cannot be a date", "write it as a string");
            break;
    }
    return {};
}

void TestReader::payload() {
    wamp::List args;
    wamp::Dict kwargs;
    if (const Item* list = test_.find("args", Item::Kind::list, "[1, \"two\"]")) {
        for (const Item& item : list->items) args.push_back(value(item));
    }
    if (const Item* table = test_.find("kwargs", Item::Kind::table, "{ mode = \"slow\" }")) {
        for (const Item& item : table->items) kwargs.append(item.key, value(item));
    }
    // MessagePack, as it can represent every number of TOML.
    out_.payload = wamp::make_payload(wamp::Serializer::msgpack, args, kwargs);
    out_.payload_bytes = out_.payload.view().bytes();
    if (const auto bytes = read_bytes(test_, "payload", 0)) {
        out_.payload_bytes = static_cast<std::size_t>(*bytes);
    }
    out_.opaque = test_.boolean("opaque").value_or(false);
    const bool pattern = out_.action == Action::subscribe || out_.action == Action::register_;
    for (const std::string_view key : {"payload", "args", "kwargs", "opaque"}) {
        const Item* item = test_.find(key);
        if (!pattern || item == nullptr) continue;
        test_.error_at_key(*item, "only call and publish have a payload", "remove the line");
    }
    const Item* opaque = test_.find("opaque");
    if (out_.opaque && (test_.find("args") != nullptr || test_.find("kwargs") != nullptr)) {
        test_.error_at_key(*opaque, "an opaque payload has no readable arguments",
                           "remove \"args\" and \"kwargs\"");
    }
}

void TestReader::expectation() {
    constexpr std::string_view example =
        "\"allow\", \"allow RULE-ID\", \"deny\" or \"forbid RULE-ID\"";
    if (const auto route = test_.text("route", "\"ROUTE-ID\"")) {
        out_.route = *route;
        out_.route_place = test_.place(*test_.find("route"));
    }
    const auto text = test_.need_text("expect", "\"allow\"");
    if (!text) return;
    const Item& item = *test_.find("expect");
    out_.expect_place = test_.place(item);
    const std::size_t space = text->find(' ');
    const std::string_view word = std::string_view(*text).substr(0, space);
    if (space != std::string::npos) out_.rule = text->substr(space + 1);
    if (word == "allow" && (space == std::string::npos || is_valid_name(out_.rule))) {
        out_.expect = TestText::Expect::allow;
    } else if (word == "forbid" && is_valid_name(out_.rule)) {
        out_.expect = TestText::Expect::forbid;
    } else if (*text == "deny") {
        out_.expect = TestText::Expect::deny;
    } else {
        test_.error(item, quoted(*text) + " is not a valid expectation",
                    "write " + std::string(example));
    }
    if (!out_.route.empty() && out_.expect != TestText::Expect::allow) {
        test_.error_at_key(*test_.find("route"), "a denied request has no route",
                           "remove the line");
    }
}

void TestReader::delivery() {
    if (out_.action == Action::subscribe && out_.expect == TestText::Expect::allow) {
        out_.delivery = read_delivery(test_, file_, diagnostics_);
    } else {
        refuse_delivery(test_, "is only for an allowed subscribe", "remove the line");
    }
}

}  // namespace

TestText read_test(const Item& table, const std::string& file, Diagnostics& diagnostics) {
    return TestReader(table, file, diagnostics).read();
}

}  // namespace sallyport::policy
