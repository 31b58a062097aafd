#include "gateway/config/config_reader.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "policy/document/document.h"
#include "policy/document/section.h"

namespace sallyport::gateway {
namespace {

using backend_link::Address;

constexpr std::string_view file_name = "/etc/sallyport/c.toml";

/// A file whose root has these keys, with its reader.
class Reading {
public:
    explicit Reading(std::string_view text)
        : reader(file),
          document_(*policy::parse_document(text, file)),
          root(document_, "this file", keys, file, reader.diagnostics()) {}

    /// One line per fault, without the name of the file.
    std::string faults() {
        std::string lines;
        for (const auto& diagnostic : reader.take()) {
            lines += policy::to_string(diagnostic).substr(file.size() + 1) + "\n";
        }
        return lines;
    }

    std::string file{file_name};
    ConfigReader reader;

private:
    static constexpr std::array<std::string_view, 8> keys{"state_dir", "realms", "key",   "other",
                                                          "number",    "limits", "audit", "pin"};
    policy::Item document_;

public:
    policy::Section root;
};

TEST(ConfigReader, ResolvesPathsInTheFolderOfTheFileAndSocketsInTheStateDirectory) {
    Reading reading(R"(state_dir = "state"
realms = ["a.toml", "/srv/b.toml"]
key = "../other/x.pem"
other = "run/x.sock"
)");
    reading.reader.state_dir(reading.root);
    EXPECT_EQ(reading.reader.state_dir().path, "/etc/sallyport/state");
    const auto realms = reading.reader.realms(reading.root);
    ASSERT_EQ(realms.size(), 2U);
    EXPECT_EQ(realms[0].path, "/etc/sallyport/a.toml");
    EXPECT_EQ(realms[0].place, (policy::Place{std::string(file_name), 2, 11}));
    EXPECT_EQ(realms[1].path, "/srv/b.toml");
    EXPECT_EQ(reading.reader.path(reading.root, "key", "\"x\"").path, "/etc/other/x.pem");
    EXPECT_EQ(reading.reader.socket(reading.root, "other", "").path,
              "/etc/sallyport/state/run/x.sock");
    EXPECT_TRUE(reading.reader.sound());
}

TEST(ConfigReader, TakesTheDefaultOfASocketThatTheFileDoesNotName) {
    Reading reading("state_dir = \"/var/lib/s\"\n");
    reading.reader.state_dir(reading.root);
    EXPECT_EQ(reading.reader.socket(reading.root, "key", "run/key.sock").path,
              "/var/lib/s/run/key.sock");
    EXPECT_FALSE(reading.reader.socket(reading.root, "other", ""));
    EXPECT_TRUE(reading.reader.sound());
}

TEST(ConfigReader, ReportsAMissingStateDirectoryAndStillResolvesWhatIsRelativeToIt) {
    Reading reading("other = \"run/x.sock\"\n");
    reading.reader.state_dir(reading.root);
    EXPECT_EQ(reading.reader.socket(reading.root, "other", "").path, "/etc/sallyport/run/x.sock");
    EXPECT_FALSE(reading.reader.sound());
    EXPECT_NE(reading.faults().find("\"state_dir\""), std::string::npos);
}

TEST(ConfigReader, RefusesASocketPathThatIsTooLong) {
    const std::string fits(backend_link::unix_path_bytes_max - 3, 'x');
    Reading reading("state_dir = \"/s\"\nkey = \"" + fits + "\"\nother = \"" + fits + "x\"\n");
    reading.reader.state_dir(reading.root);
    EXPECT_EQ(reading.reader.socket(reading.root, "key", "").path.size(), 107U);
    EXPECT_TRUE(reading.reader.sound());
    reading.reader.socket(reading.root, "other", "");
    EXPECT_TRUE(reading.faults().starts_with("3:9: error: "));
}

TEST(ConfigReader, ReadsAddressesOfThisSite) {
    const auto read = [](const std::string& text, bool names_allowed) {
        Reading reading("state_dir = \"/s\"\nkey = \"" + text + "\"\n");
        reading.reader.state_dir(reading.root);
        const auto address = reading.reader.address(reading.root, "key", names_allowed);
        EXPECT_EQ(address.has_value(), reading.reader.sound()) << text;
        return address ? address->text() : "refused";
    };
    EXPECT_EQ(read("unix:run/x.sock", false), "unix:/s/run/x.sock");
    EXPECT_EQ(read("tcp:127.0.0.1:80", false), "tcp:127.0.0.1:80");
    EXPECT_EQ(read("tcp:[fe80::1%eth0]:80", false), "tcp:[fe80::1%eth0]:80");
    EXPECT_EQ(read("tcp:[fd00::1]:80", false), "tcp:[fd00::1]:80");
    EXPECT_EQ(read("tcp:lab.lan:80", true), "tcp:lab.lan:80");
    EXPECT_EQ(read("tcp:lab.lan:80", false), "refused");
    for (const char* global : {"tcp:8.8.8.8:80", "tcp:0.0.0.0:80", "tcp:[::]:80"})
        EXPECT_EQ(read(global, true), "refused") << global;
    EXPECT_EQ(read("lab.lan:80", true), "refused");
    EXPECT_EQ(read("", true), "refused");
}

TEST(ConfigReader, TakesIntegersUpToTheirBounds) {
    const auto read = [](const std::string& number) {
        Reading reading("number = " + number + "\n");
        const auto integer = reading.reader.integer(reading.root, "number", -1, 10);
        EXPECT_EQ(integer.has_value(), reading.reader.sound()) << number;
        return integer;
    };
    EXPECT_EQ(read("-1"), -1);
    EXPECT_EQ(read("10"), 10);
    EXPECT_EQ(read("-2"), std::nullopt);
    EXPECT_EQ(read("11"), std::nullopt);
    EXPECT_EQ(read("\"10\""), std::nullopt);
}

TEST(ConfigReader, TakesPinsOfTheFormThatLinkPairPrints) {
    const std::string digits(64, 'a');
    const auto is_read = [](const std::string& pin) {
        Reading reading("pin = \"" + pin + "\"\n");
        return reading.reader.pins(reading.root, "pin") == std::vector{pin} &&
               reading.reader.sound();
    };
    EXPECT_TRUE(is_read("sha256:" + digits));
    EXPECT_FALSE(is_read("sha256:" + digits + "a"));
    EXPECT_FALSE(is_read("sha256:" + digits.substr(1)));
    EXPECT_FALSE(is_read("sha256:" + digits.substr(1) + "A"));
    EXPECT_FALSE(is_read(digits));
}

TEST(ConfigReader, ReadsLimitsUpToTheirBounds) {
    const auto is_sound = [](const std::string& line) {
        Reading reading("[limits]\n" + line + "\n");
        reading.reader.limits(reading.root);
        return reading.reader.sound();
    };
    EXPECT_TRUE(is_sound("sessions = 1"));
    EXPECT_FALSE(is_sound("sessions = 0"));
    EXPECT_TRUE(is_sound("sessions = 1000000"));
    EXPECT_FALSE(is_sound("sessions = 1000001"));
    EXPECT_TRUE(is_sound("message_bytes = \"512B\""));
    EXPECT_FALSE(is_sound("message_bytes = \"511B\""));
    EXPECT_TRUE(is_sound("message_bytes = \"16MiB\""));
    EXPECT_FALSE(is_sound("message_bytes = \"16777217B\""));
    EXPECT_TRUE(is_sound("queue_bytes = \"1GiB\""));
    EXPECT_FALSE(is_sound("queue_bytes = \"1073741825B\""));
    EXPECT_FALSE(is_sound("handshake_timeout = \"soon\""));
    EXPECT_FALSE(is_sound("stall_timeout = \"later\""));
    for (const std::string key : {"ping_interval", "ping_timeout"}) {
        EXPECT_TRUE(is_sound(key + " = \"1s\""));
        EXPECT_FALSE(is_sound(key + " = \"999ms\""));
        EXPECT_TRUE(is_sound(key + " = \"1h\""));
        EXPECT_FALSE(is_sound(key + " = \"3601s\""));
        EXPECT_FALSE(is_sound(key + " = \"never\""));
    }
    EXPECT_TRUE(is_sound("rawsocket_pings = true"));
    EXPECT_FALSE(is_sound("rawsocket_pings = \"yes\""));
    EXPECT_TRUE(is_sound("sessions = 20\nreserved_sessions = 19\ncircuit_connections = 20"));
    EXPECT_FALSE(is_sound("sessions = 20\nreserved_sessions = 20"));
    EXPECT_FALSE(is_sound("sessions = 20\ncircuit_connections = 21"));
    EXPECT_FALSE(is_sound("circuit_connections = 0"));
    EXPECT_TRUE(is_sound("circuit_joins_per_second = 1"));
    EXPECT_FALSE(is_sound("circuit_joins_per_second = 0"));
    EXPECT_TRUE(is_sound("circuit_bytes = \"64KiB\""));
    EXPECT_FALSE(is_sound("circuit_bytes = \"63KiB\""));
    EXPECT_TRUE(is_sound("denials_per_second = 1"));
    EXPECT_FALSE(is_sound("denials_per_second = 0"));
    EXPECT_TRUE(is_sound("memory = \"16MiB\""));
    EXPECT_FALSE(is_sound("memory = \"15MiB\""));

    Reading reading("[limits]\nsessions = 7\nhandshake_timeout = \"1500ms\"\n");
    const LimitsText limits = reading.reader.limits(reading.root);
    EXPECT_EQ(limits.sessions, 7U);
    EXPECT_EQ(limits.reserved_sessions, 0U);
    EXPECT_EQ(limits.circuit_connections, 7U);
    EXPECT_EQ(limits.handshake_timeout, std::chrono::milliseconds(1500));
    EXPECT_EQ(limits.message_bytes, LimitsText{}.message_bytes);
    EXPECT_EQ(limits.circuit_joins_per_second, 20U);
    EXPECT_EQ(limits.circuit_bytes, 16U << 20);
}

TEST(ConfigReader, ReadsWhereAuditRecordsGo) {
    const auto read = [](const std::string& lines) {
        Reading reading("state_dir = \"/s\"\n[audit]\n" + lines + "\n");
        reading.reader.state_dir(reading.root);
        const AuditText audit = reading.reader.audit(reading.root);
        return reading.reader.sound() ? std::pair(audit.kind, audit.path)
                                      : std::pair(audit.kind, "refused: " + reading.faults());
    };
    using Kind = AuditText::Kind;
    using Target = std::pair<Kind, std::string>;
    EXPECT_EQ(read("to = \"log\""), Target(Kind::log, ""));
    EXPECT_EQ(read("to = \"off\""), Target(Kind::off, ""));
    EXPECT_EQ(read("to = \"journald\""), Target(Kind::journald, ""));
    EXPECT_EQ(read("to = \"journald:/run/j\""), Target(Kind::journald, "/run/j"));
    EXPECT_EQ(read("to = \"file:a.jsonl\""), Target(Kind::file, "/s/a.jsonl"));
    EXPECT_EQ(read("to = \"file:/log/a\""), Target(Kind::file, "/log/a"));
    for (const char* wrong :
         {"to = \"file:\"", "to = \"syslog\"", "to = \"journald:x\"", "decisions = \"all\"",
          "to = \"log\"\ndecisions = \"some\"", "to = \"log\"\nqueue_bytes = \"63KiB\"",
          "to = \"log\"\nlines_per_second = 0", "to = \"log\"\nlines_per_second = 1000001"}) {
        EXPECT_TRUE(read(wrong).second.starts_with("refused: ")) << wrong;
    }
}

TEST(ConfigReader, ReadsWhichDecisionsAreRecordedAndHowMuchMayWait) {
    Reading reading(
        "[audit]\nto = \"log\"\ndecisions = \"all\"\nqueue_bytes = \"64KiB\"\n"
        "lines_per_second = 50\n");
    const AuditText audit = reading.reader.audit(reading.root);
    EXPECT_TRUE(audit.all);
    EXPECT_EQ(audit.queue_bytes, 64U << 10);
    EXPECT_EQ(audit.lines_per_second, 50U);
    EXPECT_EQ(AuditText().lines_per_second, 10U);
    EXPECT_EQ(audit.place.line, 2U);
    EXPECT_TRUE(reading.reader.sound());
}

TEST(ConfigReader, ReportsAllFaultsInTheOrderOfTheirLines) {
    Reading reading("key = 1\nnumber = 99\npin = \"x\"\n");
    reading.reader.pins(reading.root, "pin");
    reading.reader.integer(reading.root, "number", 0, 1);
    reading.reader.path(reading.root, "key", "\"x\"");
    const auto diagnostics = reading.reader.take();
    ASSERT_EQ(diagnostics.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(diagnostics[i].place.line, i + 1);
}

}  // namespace
}  // namespace sallyport::gateway
