#include "gateway/admin/status.h"

#include <gtest/gtest.h>

namespace sallyport::gateway {
namespace {

constexpr std::string_view front =
    R"({"connections":3,"sessions":2,"memory":{"limit":1,"used":1572864,"held":0,"peak":2097152,"closed":4},"decisions":{"allowed":7,"denied":1,"limited":0,"joined":4,)"
    R"("join_refused":5},"joins":{"waiting":0,"delayed":0,"failed":6,"waits":2,)"
    R"("refused_waiting":8,"checks":0},"authenticator":{"running":true,"asked":11,"answered":10,)"
    R"("waiting":1,"dropped":0,"ended":2},"links":[{"name":"inside","up":true,"calls":1,"subscriptions":2,)"
    R"("registrations":3,"held":4},{"name":"a-long-name","up":false,"since":"2026-12-01T09:31:00.500000Z","reason":"no route","calls":0,"subscriptions":0,)"
    R"("registrations":0,"held":0}]})";

const ProgramStatus program{"gateway",
                            "1.2.3",
                            "2026-12-01T09:30:00.000000Z",
                            "",
                            {{"lab", "0123456789abcdef"}},
                            {100, 256U << 20, 300, 400}};
const std::string program_json =
    R"({"program":"gateway","version":"1.2.3","started":"2026-12-01T09:30:00.000000Z",)"
    R"("reloaded":"","realms":[{"name":"lab","policy":"0123456789abcdef"}],"limits":{"sessions":100,)"
    R"("memory":268435456,"message_bytes":300,"queue_bytes":400},)";
const Sandbox sandbox{53, 7, {"user", "net"}, true};
const std::string no_sandbox =
    R"("sandbox":{"complete":false,"syscalls":0,"landlock":0,"namespaces":[],)"
    R"("summary":"no filter of system calls, no Landlock, no namespaces"})";

TEST(Status, IsOneLineOfJsonInTheDocumentedOrder) {
    const std::string onion = to_json({"managed", "abc.onion", 100, "Done", "", true});
    EXPECT_EQ(onion, R"({"mode":"managed","address":"abc.onion","bootstrap":100,"summary":"Done",)"
                     R"("warning":"","reachable":true})");
    EXPECT_EQ(
        status_line({program, onion, front, AuditStatus{9, 7, 1, 1, "No space left"}, sandbox}),
        program_json + R"("onion":)" + onion + R"(,"front":)" + std::string(front) +
            R"(,"audit":{"recorded":9,"written":7,"dropped":1,"waiting":1,)"
            R"("error":"No space left"},"sandbox":{"complete":true,"syscalls":53,)"
            R"("landlock":7,"namespaces":["user","net"],"summary":"53 system calls, )"
            R"(Landlock 7, namespaces user net"}})"
            "\n");
    EXPECT_EQ(status_line({program, "{}", "{}", {}, {}}),
              program_json + R"("onion":{},"front":{},"audit":null,)" + no_sandbox + "}\n");
}

TEST(Status, WhatTorSaysStaysOneLineOfJson) {
    const std::string onion = to_json({"managed", "", 5, "a \"quoted\"\nline", "\xFF", false});
    EXPECT_EQ(status_line({program, onion, "{}", {}, {}}),
              program_json +
                  "\"onion\":{\"mode\":\"managed\",\"address\":\"\",\"bootstrap\":5,\"summary\":"
                  "\"a \\\"quoted\\\"\\nline\",\"warning\":\"\xEF\xBF\xBD\",\"reachable\":false},"
                  "\"front\":{},\"audit\":null," +
                  no_sandbox + "}\n");
}

TEST(Status, AsTextForPeople) {
    const std::string onion = to_json({"managed", "", 45, "Loading", "clock skew", false});
    EXPECT_EQ(
        status_text(status_line({program, onion, front, AuditStatus{9, 7, 1, 1, ""}, sandbox})),
        "not all is well\n"
        "  nobody can reach the onion: tor is at 45% (Loading)\n"
        "    tor says: clock skew\n"
        "  link a-long-name is down since 2026-12-01T09:31:00.500000Z: no route\n"
        "    see that its other end runs and can reach this one; the log of both ends says why a "
        "connection fails\n"
        "program       gateway 1.2.3, running since 2026-12-01T09:30:00Z\n"
        "policy        0123456789ab of realm lab, since 2026-12-01T09:30:00Z\n"
        "tor           managed\n"
        "bootstrap     45% Loading\n"
        "tor warning   clock skew\n"
        "onion         not known yet\n"
        "reachable     not yet\n"
        "sandbox       53 system calls, Landlock 7, namespaces user net\n"
        "connections   3 of 100\n"
        "sessions      2\n"
        "memory        1.5 MiB of 256.0 MiB, at most 2.0 MiB so far; 4 connections closed for want "
        "of it\n"
        "decisions     7 allowed, 1 denied, 0 over a limit; 4 joined, 5 refused to join\n"
        "wrong secrets 6 tried; 2 times a circuit had to wait, 8 refused meanwhile\n"
        "authenticator running, 11 questions asked, 1 waiting, 0 dropped; ended 2 times\n"
        "audit log     7 written, 1 dropped, 1 waiting\n"
        "link inside   up, 1 calls in flight, 2 subscriptions, 3 registrations, 4 messages held\n"
        "link a-long-name down, 0 calls in flight, 0 subscriptions, 0 registrations, 0 messages "
        "held; since 2026-12-01T09:31:00Z: no route\n");
}

TEST(Status, NamesWhatKeepsPeopleFromBeingServedAndTheCure) {
    const auto faults_of = [](const std::string& onion, std::string_view core) {
        std::string texts;
        for (const Fault& fault : faults_in(status_line({program, onion, core, {}, {}}))) {
            EXPECT_NE(fault.cure, "") << fault.text;
            texts += fault.text + "\n";
        }
        return texts;
    };
    const std::string off = to_json({"off", "", 0, "", "", false});
    EXPECT_EQ(faults_of(off, R"({"links":[{"name":"lab","up":true}]})"), "");
    EXPECT_EQ(
        faults_of(off, R"({"links":[{"name":"lab","up":false,"since":"then","reason":"no route"},)"
                       R"({"name":"b","up":false,"since":"then","reason":""}]})"),
        "link lab is down since then: no route\n"
        "link b is down since then: it has not come up yet\n");
    EXPECT_EQ(faults_of(to_json({"managed", "a.onion", 45, "Loading", "", false}), "{}"),
              "nobody can reach the onion: tor is at 45% (Loading)\n");
    EXPECT_EQ(faults_of(to_json({"managed", "a.onion", 100, "Done", "", false}), "{}"),
              "nobody can reach the onion yet: tor has not published its descriptor\n");
    EXPECT_EQ(faults_of(to_json({"managed", "a.onion", 100, "Done", "", true}),
                        R"({"authenticator":{"running":false}})"),
              "the authenticator does not run: nobody can log in\n");
    ASSERT_EQ(faults_in("").size(), 1U);
    EXPECT_EQ(onion_of(to_json({"managed", "a.onion", 45, "Loading", "late", true})),
              (supervision::OnionStatus{"managed", "a.onion", 45, "Loading", "late", true}));
    const supervision::OnionStatus onion{"managed", "a.onion", 45, "Loading", "late", true};
    EXPECT_EQ(onion_in("{\"onion\":" + to_json(onion) + "}"), onion);
    EXPECT_EQ(onion_in("{\"links\":[]}"), std::nullopt);
    EXPECT_EQ(onion_in("not JSON"), std::nullopt);
}

TEST(Status, AnotherAnswerIsNotAStatus) {
    for (const std::string& line :
         {std::string(), std::string("{"), std::string("[]"), std::string("{} x"),
          "{\"onion\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}"})
        EXPECT_FALSE(status_text(line)) << line.substr(0, 40);
}

}  // namespace
}  // namespace sallyport::gateway
