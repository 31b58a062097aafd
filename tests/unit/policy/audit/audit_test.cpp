// What an audit record looks like on its way and in the log.
#include "policy/audit/audit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::policy {
namespace {

using Json = nlohmann::json;

AuditRecord denial() {
    AuditRecord record;
    record.outcome = Outcome::deny;
    record.action = Action::publish;
    record.number = 7;
    record.session = 42;
    record.via = 43;
    record.circuit = 9;
    record.payload_bytes = 100;
    record.line = 12;
    record.realm = "lab";
    record.policy = "0123abcd";
    record.rule = "nobody";
    record.file = "/etc/sallyport/lab.toml";
    record.authid = "alice";
    record.role = "operator";
    record.uri = "lab.secret";
    record.reason = "forbidden";
    return record;
}

std::string json_line(const AuditRecord& record) {
    std::string line;
    append_json(line, record, "2026-01-31T12:00:00.000Z", "front");
    EXPECT_TRUE(line.ends_with("}\n"));
    return line;
}

TEST(AuditRecords, AreOneLineOfJsonThatSaysWhoWhatAndWhy) {
    EXPECT_EQ(
        json_line(denial()),
        "{\"time\":\"2026-01-31T12:00:00.000Z\",\"door\":\"front\",\"number\":7,"
        "\"outcome\":\"deny\",\"reason\":\"forbidden\",\"realm\":\"lab\",\"authid\":\"alice\","
        "\"role\":\"operator\",\"action\":\"publish\",\"uri\":\"lab.secret\","
        "\"payload_bytes\":100,\"rule\":\"nobody\",\"file\":\"/etc/sallyport/lab.toml\","
        "\"line\":12,\"policy\":\"0123abcd\",\"session\":42,\"via\":43,\"circuit\":9}\n");
}

TEST(AuditRecords, LeaveOutWhatThereIsNot) {
    AuditRecord joined;
    joined.outcome = Outcome::join;
    joined.number = 1;
    joined.authid = "bob";
    joined.payload_bytes = 5;  // has no meaning here
    const Json json = Json::parse(json_line(joined));
    EXPECT_EQ(json.size(), 5U) << json;
    EXPECT_EQ(json["outcome"], "join");

    AuditRecord nameless;
    nameless.outcome = Outcome::invalid;
    EXPECT_EQ(Json::parse(json_line(nameless))["uri"], "");
    nameless.action = Action::subscribe;
    nameless.match = wamp::MatchPolicy::wildcard;
    EXPECT_EQ(Json::parse(json_line(nameless))["match"], "wildcard");
    EXPECT_FALSE(Json::parse(json_line(nameless)).contains("payload_bytes"));
}

TEST(AuditRecords, SayHowManyDecisionsTheyStandFor) {
    AuditRecord sum = denial();
    sum.repeated = 37;
    sum.other_uri = "lab.other";
    std::string packed;
    pack(packed, sum);
    AuditRecord back;
    ASSERT_EQ(unpack(packed, back), packed.size());
    const Json json = Json::parse(json_line(back));
    EXPECT_EQ(json["repeated"], 37);
    EXPECT_EQ(json["other_uri"], "lab.other");
    const Json one = Json::parse(json_line(denial()));
    EXPECT_FALSE(one.contains("repeated") || one.contains("other_uri"));
    AuditTrail trail(AuditTrail::Level::all);
    trail.add(denial());
    EXPECT_EQ(trail.counts().summed, 0U);
    trail.add(sum);
    EXPECT_EQ(trail.counts().summed, 36U);
    EXPECT_EQ(trail.counts().recorded, 2U);
}

TEST(AuditRecords, SayTheSameAfterTheirJourney) {
    std::string packed = "before";
    pack(packed, denial());
    const std::size_t first = packed.size();
    pack(packed, denial());
    AuditRecord back;
    const auto bytes = std::string_view(packed).substr(6);
    EXPECT_EQ(unpack(bytes, back), first - 6);
    EXPECT_EQ(json_line(back), json_line(denial()));
    for (std::size_t cut = 0; cut < first - 6; ++cut) {
        EXPECT_EQ(unpack(bytes.substr(0, cut), back), 0U) << cut;
    }
}

TEST(AuditRecords, AreBoundedAndCutAtACharacter) {
    AuditRecord record = denial();
    const std::string longest(audit_text_bytes_max, 'a');
    const std::string too_long = std::string(audit_text_bytes_max - 1, 'a') + "\xE2\x82\xAC tail";
    record.uri = longest;
    record.authid = too_long;
    std::string packed;
    pack(packed, record);
    AuditRecord back;
    ASSERT_EQ(unpack(packed, back), packed.size());
    EXPECT_EQ(back.uri, longest);
    EXPECT_EQ(back.authid, std::string(audit_text_bytes_max - 1, 'a') + "\xE2\x80\xA6");

    const std::string much(100'000, '\x01');
    for (auto* text :
         {&record.realm, &record.policy, &record.rule, &record.file, &record.authid, &record.role,
          &record.method, &record.uri, &record.reason, &record.other_uri}) {
        *text = much;
    }
    packed.clear();
    pack(packed, record);
    EXPECT_LE(packed.size(), audit_record_bytes_max);
}

TEST(AuditRecords, KeepAStrangersTextInsideItsQuotes) {
    const std::string hostile =
        "a\"b\\c\n{\"outcome\":\"allow\"}\r\x1b[2J\x7f\xC2\x9B\xE2\x80\xAE\xF0\x9F\x98\x80" +
        std::string(1, '\0');
    AuditRecord record = denial();
    record.authid = hostile;
    record.uri = hostile;
    const std::string line = json_line(record);
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
    EXPECT_TRUE(
        std::all_of(line.begin(), line.end() - 1, [](char c) { return c >= 0x20 && c < 0x7F; }));
    const Json json = Json::parse(line);
    EXPECT_EQ(json["authid"], hostile);
    EXPECT_EQ(json["outcome"], "deny");
}

// docs/decisions/0005: lines are written directly, because a tree for each costs too much. That the
// text is the one that nlohmann/json writes is shown here.
nlohmann::ordered_json tree_of(const AuditRecord& record) {
    return {{"time", "2026-01-31T12:00:00.000Z"},
            {"door", "front"},
            {"number", record.number},
            {"outcome", to_string(record.outcome)},
            {"reason", record.reason},
            {"realm", record.realm},
            {"authid", record.authid},
            {"role", record.role},
            {"method", record.method},
            {"action", to_string(record.action)},
            {"uri", record.uri},
            {"match", "prefix"},
            {"payload_bytes", record.payload_bytes},
            {"rule", record.rule},
            {"file", record.file},
            {"line", record.line},
            {"policy", record.policy},
            {"session", record.session},
            {"via", record.via},
            {"circuit", record.circuit}};
}

TEST(AuditRecords, AreTheTextThatAJsonLibraryWrites) {
    // Every character up to U+07FF that JSON has no short escape for, some beyond, and the ends of
    // the planes; in all texts and at every place of them.
    std::vector<std::string> texts{"x", "\"\\/", "\xE0\xA0\x80\xEF\xBF\xBF",
                                   "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"};
    for (unsigned code = 1; code < 0x800; ++code) {
        if (code == '\b' || code == '\f' || code == '\n' || code == '\r' || code == '\t') continue;
        std::string text = code < 0x80 ? std::string(1, static_cast<char>(code))
                                       : std::string{static_cast<char>(0xC0U | (code >> 6U)),
                                                     static_cast<char>(0x80U | (code & 0x3FU))};
        texts.push_back("a" + text + text + "b");
    }
    AuditRecord record = denial();
    record.match = wamp::MatchPolicy::prefix;
    record.number = record.session = UINT64_MAX;
    record.line = UINT32_MAX;
    for (const std::string& text : texts) {
        for (auto* member :
             {&record.realm, &record.policy, &record.rule, &record.file, &record.authid,
              &record.role, &record.method, &record.uri, &record.reason})
            *member = text;
        EXPECT_EQ(json_line(record), tree_of(record).dump(-1, ' ', true) + "\n");
    }
}

TEST(AuditRecords, ReadBackWithTheSameMembersInTheSameOrder) {
    AuditRecord record = denial();
    record.match = wamp::MatchPolicy::prefix;
    record.method = "ticket";
    record.authid = "\b\f\n\r\t";  // for which a library has shorter escapes
    EXPECT_EQ(nlohmann::ordered_json::parse(json_line(record)), tree_of(record));
}

TEST(AuditRecords, StandInForBytesThatAreNoText) {
    std::string out;
    append_ascii_json(out, "\xFFz\xC3(\xE2\x82");
    EXPECT_EQ(out, R"("\ufffdz\ufffd(\ufffd\ufffd")");
}

TEST(AuditTrail, RecordsWhatIsWantedAndCountsAll) {
    for (const auto level :
         {AuditTrail::Level::nothing, AuditTrail::Level::denied, AuditTrail::Level::all}) {
        AuditTrail trail(level);
        for (const auto outcome :
             {Outcome::allow, Outcome::deny, Outcome::over_rate, Outcome::over_in_flight,
              Outcome::invalid, Outcome::join, Outcome::join_refused, Outcome::leave}) {
            if (!trail.count(outcome)) continue;
            AuditRecord record;
            record.outcome = outcome;
            trail.add(record);
        }
        const auto& counts = trail.counts();
        EXPECT_EQ(counts.allowed, 1U);
        EXPECT_EQ(counts.denied, 2U);
        EXPECT_EQ(counts.limited, 2U);
        EXPECT_EQ(counts.joined, 1U);
        EXPECT_EQ(counts.join_refused, 1U);
        const std::uint64_t expected = level == AuditTrail::Level::denied ? 7U
                                       : level == AuditTrail::Level::all  ? 8U
                                                                          : 0U;
        EXPECT_EQ(counts.recorded, expected);
        std::string bytes = "old";
        trail.take(bytes);
        EXPECT_TRUE(trail.empty());
        std::uint64_t number = 0;
        for (std::string_view rest = bytes; !rest.empty();) {
            AuditRecord record;
            const std::size_t used = unpack(rest, record);
            ASSERT_GT(used, 0U);
            EXPECT_EQ(record.number, ++number);
            rest.remove_prefix(used);
        }
        EXPECT_EQ(number, expected);
    }
}

TEST(AuditGaps, SayHowManyAreMissing) {
    std::string line;
    append_gap_json(line, 12, "2026-01-31T12:00:00.000Z", "inside");
    EXPECT_EQ(line,
              "{\"time\":\"2026-01-31T12:00:00.000Z\",\"door\":\"inside\",\"outcome\":\"dropped\","
              "\"dropped\":12}\n");
}

}  // namespace
}  // namespace sallyport::policy
