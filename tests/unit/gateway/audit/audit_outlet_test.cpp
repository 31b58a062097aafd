#include "gateway/audit/audit_outlet.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>

#include "gateway/host/log.h"
#include "gateway/host/start_error.h"
#include "tests/support/temporary_folder.h"

namespace sallyport::gateway {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Kind = AuditText::Kind;

class AuditOutletTest : public testing::Test {
protected:
    AuditOutletTest() { open_log("test", {}); }

    static void capture_log() {
        testing::internal::CaptureStderr();
        open_log("test", {});  // it writes to what stderr is at that moment
    }

    AuditText to_file(std::size_t queue_bytes = 1U << 20) const {
        AuditText audit;
        audit.kind = Kind::file;
        audit.path = folder_.path("audit.jsonl");
        audit.place = {"gateway.toml", 5, 6};
        audit.queue_bytes = queue_bytes;
        return audit;
    }
    /// That many packed records of one outcome.
    std::string records(std::size_t count, policy::Outcome outcome = policy::Outcome::deny) {
        std::string packed;
        for (std::size_t i = 0; i < count; ++i) {
            policy::AuditRecord record;
            record.outcome = outcome;
            record.number = ++number_;
            record.uri = "lab.secret";
            record.authid = "stranger";
            policy::pack(packed, record);
        }
        return packed;
    }

    test::TemporaryFolder folder_;
    boost::asio::io_context io_{1};
    std::uint64_t number_ = 0;
};

TEST_F(AuditOutletTest, OpensAPrivateFileAndAppendsToOneThatIsThere) {
    {
        const Descriptor target = open_audit_target(to_file());
    }
    EXPECT_EQ(fs::status(folder_.path("audit.jsonl")).permissions(),
              fs::perms::owner_read | fs::perms::owner_write);
    folder_.write("audit.jsonl", "before\n");
    const Descriptor target = open_audit_target(to_file());
    EXPECT_EQ(::write(target.get(), "after\n", 6), 6);
    EXPECT_EQ(folder_.read("audit.jsonl"), "before\nafter\n");
}

TEST_F(AuditOutletTest, OpensAFileOnlyToAppendAndEndsTheHalfLineOfAnEarlierLife) {
    folder_.write("audit.jsonl", "{\"outcome\":");
    const Descriptor target = open_audit_target(to_file());
    EXPECT_EQ(folder_.read("audit.jsonl"), "{\"outcome\":\n");
    const int flags = ::fcntl(target.get(), F_GETFL);
    EXPECT_EQ(flags & O_ACCMODE, O_WRONLY);
    EXPECT_NE(flags & O_APPEND, 0);
    ASSERT_EQ(::write(target.get(), "{", 1), 1);
    for (int time = 0; time < 2; ++time) {
        EXPECT_TRUE(end_last_line(to_file(), target));
        EXPECT_EQ(folder_.read("audit.jsonl"), "{\"outcome\":\n{\n");
    }
}

TEST_F(AuditOutletTest, OpensAFifoThatNobodyReads) {
    ASSERT_EQ(::mkfifo(folder_.path("audit.jsonl").c_str(), 0600), 0);
    EXPECT_TRUE(open_audit_target(to_file()));
}

TEST_F(AuditOutletTest, OpensNothingForKindsWithoutAPlace) {
    for (const Kind kind : {Kind::log, Kind::off}) {
        AuditText audit;
        audit.kind = kind;
        EXPECT_FALSE(open_audit_target(audit));
        EXPECT_FALSE(AuditOutlet(io_, audit, "front", [] {}).active());
    }
}

TEST_F(AuditOutletTest, RefusesAFileThatCannotBeWritten) {
    AuditText audit = to_file();
    audit.path = folder_.path("none/audit.jsonl");
    try {
        open_audit_target(audit);
        ADD_FAILURE() << "it was opened";
    } catch (const StartError& error) {
        EXPECT_TRUE(std::string(error.what()).starts_with("gateway.toml:5:6: error: cannot write"))
            << error.what();
    }
}

TEST_F(AuditOutletTest, LogsRecordsThatHaveNoOtherPlaceButNotReloads) {
    AuditOutlet outlet(io_, {}, "front", [] {});
    capture_log();
    outlet.offer(records(1) + records(1, policy::Outcome::reload) + records(1));
    const std::string logged = testing::internal::GetCapturedStderr();
    EXPECT_EQ(std::count(logged.begin(), logged.end(), '\n'), 2) << logged;
    EXPECT_NE(logged.find("denied: call lab.secret by stranger"), std::string::npos) << logged;
    EXPECT_FALSE(outlet.counts());
}

TEST_F(AuditOutletTest, WritesRecordsToTheFileAndCountsThem) {
    AuditOutlet outlet(io_, to_file(), "front", [] {});
    EXPECT_TRUE(outlet.active());
    outlet.open(open_audit_target(to_file()));
    outlet.offer(records(3));
    outlet.stop(10s);
    const auto counts = outlet.counts();
    ASSERT_TRUE(counts);
    EXPECT_EQ(counts->offered, 3U);
    EXPECT_EQ(counts->written, 3U);
    EXPECT_EQ(counts->dropped, 0U);
    EXPECT_EQ(counts->waiting(), 0U);
    const std::string lines = folder_.read("audit.jsonl");
    EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 3) << lines;
    EXPECT_NE(lines.find("\"door\":\"front\""), std::string::npos) << lines;
}

TEST_F(AuditOutletTest, AsksAgainForAFileWhoseDescriptorDidNotArrive) {
    int asked = 0;
    AuditOutlet outlet(io_, to_file(), "front", [&asked] { ++asked; });
    outlet.open(open_audit_target(to_file()));
    EXPECT_EQ(asked, 0);
    outlet.open(Descriptor());
    EXPECT_EQ(asked, 1);
    AuditOutlet none(io_, {}, "front", [&asked] { ++asked; });
    none.open(Descriptor());
    EXPECT_EQ(asked, 1);
}

TEST_F(AuditOutletTest, LogsDroppedRecordsOnceAndThenSleeps) {
    AuditOutlet outlet(io_, to_file(1024), "front", [] {});
    outlet.offer(records(200));  // there is nothing yet that they could be written to
    capture_log();
    io_.run_one();
    const std::string logged = testing::internal::GetCapturedStderr();
    EXPECT_NE(logged.find("records dropped: records arrive faster than they are written"),
              std::string::npos)
        << logged;
    outlet.open(open_audit_target(to_file()));
    capture_log();
    io_.run();  // ends when nothing waits any more
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    ASSERT_TRUE(outlet.counts());
    EXPECT_EQ(outlet.counts()->waiting(), 0U);
}

TEST_F(AuditOutletTest, LogsWhatCouldNotBeWrittenBeforeTheEnd) {
    AuditOutlet outlet(io_, to_file(), "front", [] {});
    outlet.offer(records(5));
    capture_log();
    outlet.stop(0ms);
    EXPECT_NE(testing::internal::GetCapturedStderr().find("audit log: 5 of 5 records dropped"),
              std::string::npos);
}

}  // namespace
}  // namespace sallyport::gateway
