#include "gateway/audit/audit_journal.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <string_view>

#include "gateway/host/unix_address.h"
#include "tests/support/temporary_folder.h"

namespace sallyport::gateway {
namespace {

using policy::AuditRecord;
using policy::Outcome;

AuditRecord denied_call() {
    AuditRecord record;
    record.outcome = Outcome::deny;
    record.action = policy::Action::call;
    record.number = 7;
    record.session = 12;
    record.uri = "lab.secret";
    record.authid = "stranger";
    record.role = "guest";
    record.reason = "no rule allows it";
    return record;
}

std::string datagram_of(const AuditRecord& record) {
    std::string datagram;
    append_journal(datagram, record, "2026-01-31T12:00:00.000Z", "front");
    return datagram;
}

bool has(const std::string& datagram, std::string_view text) {
    return datagram.find(text) != std::string::npos;
}

TEST(AuditJournal, SaysWhatHappenedInAMessageAndInAFieldEach) {
    AuditRecord record = denied_call();
    record.rule = "nobody";
    record.file = "r.toml";
    record.line = 9;
    EXPECT_EQ(datagram_of(record),
              "MESSAGE=deny call lab.secret by stranger (guest): no rule allows it, rule nobody "
              "(r.toml:9)\n"
              "PRIORITY=5\n"
              "SYSLOG_IDENTIFIER=sallyport\n"
              "SALLYPORT_TIME=2026-01-31T12:00:00.000Z\n"
              "SALLYPORT_DOOR=front\n"
              "SALLYPORT_OUTCOME=deny\n"
              "SALLYPORT_NUMBER=7\n"
              "SALLYPORT_REASON=no rule allows it\n"
              "SALLYPORT_AUTHID=stranger\n"
              "SALLYPORT_ROLE=guest\n"
              "SALLYPORT_ACTION=call\n"
              "SALLYPORT_URI=lab.secret\n"
              "SALLYPORT_RULE=nobody\n"
              "SALLYPORT_FILE=r.toml\n"
              "SALLYPORT_LINE=9\n"
              "SALLYPORT_SESSION=12\n");
}

TEST(AuditJournal, SaysHowManyDecisionsASumStandsFor) {
    AuditRecord record = denied_call();
    EXPECT_FALSE(has(datagram_of(record), "SALLYPORT_REPEATED"));
    record.repeated = 12;
    EXPECT_TRUE(datagram_of(record).starts_with("MESSAGE=deny call lab.secret, 12 times, by "));
    EXPECT_TRUE(has(datagram_of(record), "\nSALLYPORT_REPEATED=12\n"));
    record.other_uri = "lab.x";
    EXPECT_TRUE(
        datagram_of(record).starts_with("MESSAGE=deny call lab.secret and others, 12 times, by "));
    EXPECT_TRUE(has(datagram_of(record), "\nSALLYPORT_OTHER_URI=lab.x\n"));
}

TEST(AuditJournal, MarksWhatWasAllowedAsLessUrgent) {
    for (const Outcome calm : {Outcome::allow, Outcome::join, Outcome::leave}) {
        AuditRecord record;
        record.outcome = calm;
        EXPECT_TRUE(has(datagram_of(record), "\nPRIORITY=6\n")) << to_string(calm);
    }
    for (const Outcome urgent : {Outcome::deny, Outcome::over_rate, Outcome::join_refused}) {
        AuditRecord record;
        record.outcome = urgent;
        EXPECT_TRUE(has(datagram_of(record), "\nPRIORITY=5\n")) << to_string(urgent);
    }
}

TEST(AuditJournal, NamesAnActionOnlyForRecordsOfMessages) {
    AuditRecord record = denied_call();
    record.outcome = Outcome::join;
    record.realm = "lab";
    const std::string datagram = datagram_of(record);
    EXPECT_TRUE(datagram.starts_with("MESSAGE=join by stranger (guest)"));
    EXPECT_TRUE(has(datagram, "\nSALLYPORT_REALM=lab\n"));
    EXPECT_FALSE(has(datagram, "SALLYPORT_ACTION"));
    EXPECT_FALSE(has(datagram, "SALLYPORT_URI"));
}

TEST(AuditJournal, NamesTheMatchPolicyOfPatterns) {
    AuditRecord record = denied_call();
    EXPECT_FALSE(has(datagram_of(record), "SALLYPORT_MATCH"));
    record.match = wamp::MatchPolicy::prefix;
    EXPECT_TRUE(has(datagram_of(record), "SALLYPORT_MATCH=prefix\n"));
    record.match = wamp::MatchPolicy::wildcard;
    EXPECT_TRUE(has(datagram_of(record), "SALLYPORT_MATCH=wildcard\n"));
}

TEST(AuditJournal, SaysHowManyRecordsAreMissing) {
    std::string datagram;
    append_journal_gap(datagram, 12, "now", "inside");
    EXPECT_TRUE(datagram.starts_with("MESSAGE=dropped 12 audit records\nPRIORITY=4\n"));
    EXPECT_TRUE(has(datagram, "SALLYPORT_OUTCOME=dropped\nSALLYPORT_DROPPED=12\n"));
}

TEST(AuditJournal, KeepsAStrangersLineEndsInsideTheField) {
    policy::AuditRecord record;
    record.outcome = policy::Outcome::deny;
    record.authid = "a\nSALLYPORT_OUTCOME=allow";
    record.uri = "u";
    std::string datagram;
    append_journal(datagram, record, "now", "front");
    std::string expected = "SALLYPORT_AUTHID\n";
    expected += static_cast<char>(record.authid.size());
    expected += std::string(7, '\0');
    expected += "a\nSALLYPORT_OUTCOME=allow\n";
    EXPECT_NE(datagram.find(expected), std::string::npos);
}

TEST(AuditJournal, IsSentAsOneDatagramToTheSocketThatIsThere) {
    const test::TemporaryFolder folder;
    const std::string path = folder.path("journal");
    EXPECT_FALSE(send_to_journal(connect_journal(path).get(), "A=1\n"));
    EXPECT_EQ(errno, ENOTCONN);
    const UnixAddress address(path);
    const Descriptor journal(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(journal.get(), address.get(), address.size()), 0);
    const Descriptor sender = connect_journal(path);
    EXPECT_TRUE(send_to_journal(sender.get(), "A=1\n"));
    EXPECT_TRUE(send_to_journal(sender.get(), "B=2\n"));
    std::string received(100, '\0');
    const ssize_t count = ::recv(journal.get(), received.data(), received.size(), MSG_DONTWAIT);
    ASSERT_EQ(count, 4);
    EXPECT_EQ(received.substr(0, 4), "A=1\n");
}

TEST(AuditJournal, NeverWaitsForAJournalThatReadsNothing) {
    const test::TemporaryFolder folder;
    const UnixAddress address(folder.path("journal"));
    const Descriptor journal(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(journal.get(), address.get(), address.size()), 0);
    const Descriptor sender = connect_journal(folder.path("journal"));
    const std::string datagram(1000, 'x');
    int sent = 0;
    while (send_to_journal(sender.get(), datagram)) ++sent;
    EXPECT_EQ(errno, EAGAIN);
    EXPECT_GT(sent, 0);
}

}  // namespace
}  // namespace sallyport::gateway
