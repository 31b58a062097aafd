// The audit log's writer against full, slow and missing readers: each record is written or counted.
#include "gateway/audit/audit_writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "gateway/audit/audit_journal.h"
#include "gateway/audit/audit_queue.h"
#include "gateway/host/unix_address.h"
#include "policy/audit/audit.h"
#include "tests/support/temporary_folder.h"

namespace sallyport::gateway {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

class AuditWriterTest : public testing::Test {
protected:
    std::string path(const std::string& name = "audit.jsonl") const { return folder_.path(name); }
    static Descriptor open_file(const std::string& path, int flags = O_RDWR | O_CREAT) {
        return Descriptor(::open(path.c_str(), flags | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0600));
    }
    /// That many records, in batches as a reactor makes them.
    void offer(AuditWriter& writer, std::size_t count, std::size_t batch = 10,
               std::uint64_t session = 0) {
        for (std::size_t i = 0; i < count; i += batch) {
            std::string packed;
            for (std::size_t j = i; j < std::min(i + batch, count); ++j) {
                policy::AuditRecord record;
                record.outcome = policy::Outcome::deny;
                record.number = ++number_;
                record.session = session;
                record.uri = "lab.secret";
                record.authid = "stranger";
                record.reason = "no rule allows it";
                policy::pack(packed, record);
            }
            writer.offer(packed);
        }
    }
    /// Until nothing waits any more; the writer gives no other sign.
    static void settle(const AuditWriter& writer) {
        const auto end = std::chrono::steady_clock::now() + 20s;
        while (writer.counts().waiting() > 0 && std::chrono::steady_clock::now() < end) {
            ::poll(nullptr, 0, 1);
        }
        EXPECT_EQ(writer.counts().waiting(), 0U);
    }
    static std::vector<Json> lines_of(const std::string& text) {
        std::vector<Json> lines;
        std::istringstream in(text);
        for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
        return lines;
    }
    static std::string content(const std::string& path) {
        std::ifstream in(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    }
    /// Records are numbered, and where numbers are missing a line says how many.
    static std::uint64_t check_sequence(const std::vector<Json>& lines, std::uint64_t& missing) {
        std::uint64_t last = 0, records = 0;
        missing = 0;
        for (const Json& line : lines) {
            if (line["outcome"] == "dropped") {
                missing += line["dropped"].get<std::uint64_t>();
                last += line["dropped"].get<std::uint64_t>();
                continue;
            }
            EXPECT_EQ(line["number"], last + 1);
            last = line["number"];
            ++records;
        }
        return records;
    }

    test::TemporaryFolder folder_;
    std::uint64_t number_ = 0;
};

TEST_F(AuditWriterTest, WritesEachRecordAsALine) {
    AuditWriter writer("front", 1 << 20);
    offer(writer, 5);  // before there is a file
    writer.open(open_file(path()));
    offer(writer, 1000);
    settle(writer);
    const auto lines = lines_of(content(path()));
    std::uint64_t missing = 0;
    EXPECT_EQ(check_sequence(lines, missing), 1005U);
    EXPECT_EQ(missing, 0U);
    EXPECT_EQ(lines[0]["door"], "front");
    EXPECT_EQ(lines[0]["time"].get<std::string>().size(), 24U);
    EXPECT_EQ(writer.counts().written, 1005U);
    EXPECT_EQ(writer.counts().error, 0);
}

TEST_F(AuditWriterTest, RecordsOfOneSessionNeverTakeTheRoomOfAnother) {
    AuditWriter writer("front", 64 << 10);
    offer(writer, 5000, 10, 1);  // nothing is written yet
    const std::uint64_t dropped = writer.counts().dropped;
    EXPECT_GT(dropped, 4000U);
    offer(writer, 50, 10, 2);
    EXPECT_EQ(writer.counts().dropped, dropped);
    writer.open(open_file(path()));
    settle(writer);
    offer(writer, 100, 10, 1);  // it has room again
    settle(writer);
    EXPECT_EQ(writer.counts().dropped, dropped);
    std::size_t of_other = 0;
    for (const Json& line : lines_of(content(path()))) of_other += line.value("session", 0) == 2;
    EXPECT_EQ(of_other, 50U);
}

TEST_F(AuditWriterTest, WritesWhatIsThereWhenItStops) {
    AuditWriter writer("front", 1 << 20);
    writer.open(open_file(path()));
    offer(writer, 2000);
    writer.stop(10s);
    EXPECT_EQ(writer.counts().written, 2000U);
    EXPECT_EQ(lines_of(content(path())).size(), 2000U);
}

TEST_F(AuditWriterTest, CountsAllOnADeviceThatIsFull) {
    AuditWriter writer("front", 1 << 20);
    writer.open(open_file("/dev/full", O_WRONLY));
    offer(writer, 1000);
    settle(writer);
    EXPECT_EQ(writer.counts().dropped, 1000U);
    EXPECT_EQ(writer.counts().error, ENOSPC);
    writer.open(open_file(path()));  // another place
    offer(writer, 3);
    settle(writer);
    const auto lines = lines_of(content(path()));
    ASSERT_EQ(lines.size(), 4U);
    EXPECT_EQ(lines[0]["dropped"], 1000);
    EXPECT_EQ(lines[1]["number"], 1001);
    EXPECT_EQ(writer.counts().error, 0);
}

TEST_F(AuditWriterTest, EndsTheLineThatAFullDiskCutShort) {
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    auto* const ignored = ::signal(SIGXFSZ, SIG_IGN);
    constexpr rlim_t full_bytes = 10'000;
    const rlimit small{full_bytes, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
    AuditWriter writer("front", 1 << 20);
    writer.open(open_file(path()));
    offer(writer, 500);
    settle(writer);
    const auto full = writer.counts();
    ::setrlimit(RLIMIT_FSIZE, &before);
    ::signal(SIGXFSZ, ignored);
    EXPECT_GT(full.written, 10U);
    EXPECT_EQ(full.written + full.dropped, 500U);
    EXPECT_FALSE(content(path()).ends_with("}\n"));

    offer(writer, 10);
    settle(writer);
    std::string whole = content(path());
    const std::size_t cut = whole.rfind('\n', full_bytes - 1) + 1;
    whole.erase(cut, whole.find('\n', cut) + 1 - cut);
    std::uint64_t missing = 0;
    EXPECT_EQ(check_sequence(lines_of(whole), missing), full.written + 10);
    EXPECT_EQ(missing, full.dropped);
    EXPECT_EQ(writer.counts().written, full.written + 10);
}

TEST_F(AuditWriterTest, NeverWaitsForAFifoThatNobodyReads) {
    ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
    AuditWriter writer("front", 64 << 10);
    writer.open(open_file(path(), O_RDWR));
    const auto begin = std::chrono::steady_clock::now();
    offer(writer, 20'000);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
    EXPECT_GT(writer.counts().dropped, 10'000U);
    EXPECT_GT(writer.counts().waiting(), 0U);

    std::string text;
    const Descriptor reader(::open(path().c_str(), O_RDONLY | O_NONBLOCK));
    const auto read_on = [&] {
        std::vector<char> bytes(1 << 16);
        for (ssize_t count = 0; (count = ::read(reader.get(), bytes.data(), bytes.size())) > 0;) {
            text.append(bytes.data(), static_cast<std::size_t>(count));
        }
    };
    const auto end = std::chrono::steady_clock::now() + 20s;
    const auto all_told = [&] {
        std::uint64_t missing = 0;
        return text.ends_with("\n") && check_sequence(lines_of(text), missing) + missing == number_;
    };
    while (!all_told() && std::chrono::steady_clock::now() < end) {
        pollfd readable{reader.get(), POLLIN, 0};
        ::poll(&readable, 1, 100);
        read_on();
    }
    settle(writer);
    std::uint64_t missing = 0;
    EXPECT_EQ(check_sequence(lines_of(text), missing), writer.counts().written);
    EXPECT_EQ(missing, writer.counts().dropped);
    EXPECT_EQ(writer.counts().written + writer.counts().dropped, 20'000U);
}

TEST_F(AuditWriterTest, StopsThoughNobodyReads) {
    ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
    AuditWriter writer("front", 1 << 20);
    writer.open(open_file(path(), O_RDWR));
    offer(writer, 2000);
    const auto begin = std::chrono::steady_clock::now();
    writer.stop(50ms);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
    const auto counts = writer.counts();
    EXPECT_EQ(counts.written + counts.dropped, 2000U);
    EXPECT_GT(counts.dropped, 0U);
}

TEST_F(AuditWriterTest, LosesAPipeWhoseReaderDiesAndGoesOnElsewhere) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    Descriptor reader(ends[0]);
    auto* const ignored = ::signal(SIGPIPE, SIG_IGN);
    AuditWriter writer("front", 1 << 20);
    writer.open(Descriptor(ends[1]));
    offer(writer, 10);
    settle(writer);
    reader.close();
    offer(writer, 10);
    settle(writer);
    ::signal(SIGPIPE, ignored);
    EXPECT_EQ(writer.counts().written, 10U);
    EXPECT_EQ(writer.counts().dropped, 10U);
    EXPECT_EQ(writer.counts().error, EPIPE);
}

TEST_F(AuditWriterTest, GoesOnInTheFileThatARotationMade) {
    AuditWriter writer("front", 1 << 20);
    writer.open(open_file(path()));
    offer(writer, 100);
    settle(writer);
    ASSERT_EQ(::rename(path().c_str(), path("audit.1").c_str()), 0);
    writer.open(open_file(path()));
    offer(writer, 100);
    settle(writer);
    EXPECT_EQ(lines_of(content(path("audit.1"))).size() + lines_of(content(path())).size(), 200U);
    EXPECT_EQ(lines_of(content(path())).back()["number"], 200);
}

TEST_F(AuditWriterTest, LeavesAFifoThatNobodyReadsForAnotherPlace) {
    ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
    AuditWriter writer("front", 1 << 20);
    writer.open(open_file(path("fifo"), O_RDWR));
    offer(writer, 2000);
    writer.open(open_file(path()));
    settle(writer);
    EXPECT_EQ(writer.counts().written, 2000U);
    EXPECT_GT(lines_of(content(path())).size(), 500U);
}

TEST_F(AuditWriterTest, SaysAtOnceThatTheLastOnesAreMissing) {
    AuditWriter writer("front", 4096);
    offer(writer, 500);  // without a target nothing is taken
    const auto counts = writer.counts();
    EXPECT_GT(counts.dropped, 400U);
    writer.open(open_file(path()));
    settle(writer);
    writer.stop(10s);
    std::uint64_t missing = 0;
    EXPECT_EQ(check_sequence(lines_of(content(path())), missing), counts.offered - counts.dropped);
    EXPECT_EQ(missing, counts.dropped);
}

TEST_F(AuditWriterTest, SpeaksToTheJournalAndToANewOneThatItIsGiven) {
    const auto listen = [&] {
        const UnixAddress address(path("journal"));
        ::unlink(path("journal").c_str());
        Descriptor journal(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        EXPECT_EQ(::bind(journal.get(), address.get(), address.size()), 0);
        const timeval limit{20, 0};
        ::setsockopt(journal.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
        return journal;
    };
    const auto receive = [](const Descriptor& journal) {
        std::string datagram(1 << 16, '\0');
        const ssize_t count = ::recv(journal.get(), datagram.data(), datagram.size(), 0);
        datagram.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
        return datagram;
    };
    Descriptor journal = listen();
    AuditWriter writer("front", 1 << 20, AuditWriter::Format::journal);
    writer.open(connect_journal(path("journal")));
    offer(writer, 1);
    const std::string first = receive(journal);
    EXPECT_NE(first.find("SALLYPORT_OUTCOME=deny\n"), std::string::npos) << first;
    EXPECT_NE(first.find("SALLYPORT_URI=lab.secret\n"), std::string::npos);
    EXPECT_NE(first.find("MESSAGE=deny call lab.secret by stranger"), std::string::npos);

    journal.close();
    settle(writer);
    offer(writer, 7);
    settle(writer);
    EXPECT_EQ(writer.counts().dropped, 7U);
    journal = listen();
    writer.open(connect_journal(path("journal")));
    offer(writer, 1);
    EXPECT_NE(receive(journal).find("SALLYPORT_DROPPED=7\n"), std::string::npos);
    EXPECT_NE(receive(journal).find("SALLYPORT_NUMBER=9\n"), std::string::npos);
}

TEST(AuditQueue, HoldsWhatFitsAndGivesItBackInOrder) {
    AuditQueue queue(64);
    EXPECT_EQ(queue.capacity(), 64U);
    std::string taken;
    EXPECT_FALSE(queue.take(taken));
    for (int round = 0; round < 50; ++round) {  // also round the end
        EXPECT_TRUE(queue.put("0123456789", "abcdefghij"));
        EXPECT_TRUE(queue.put("K", std::string(36, 'x')));
        EXPECT_FALSE(queue.put("12345678", ""));  // 57 of 64
        EXPECT_TRUE(queue.put("1234567", ""));
        EXPECT_TRUE(queue.take(taken));
        EXPECT_EQ(taken, "0123456789abcdefghijK" + std::string(36, 'x') + "1234567");
        EXPECT_TRUE(queue.put("abc", ""));
        EXPECT_TRUE(queue.take(taken));
    }
}

TEST(AuditQueue, LosesNothingBetweenTwoThreads) {
    AuditQueue queue(1 << 12);
    constexpr std::uint64_t count = 200'000;
    std::uint64_t expected = 0;
    std::thread consumer([&] {
        std::string bytes;
        while (expected < count) {
            if (!queue.take(bytes)) continue;
            for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::uint64_t)) {
                std::uint64_t number = 0;
                std::memcpy(&number, bytes.data() + at, sizeof(number));
                ASSERT_EQ(number, expected);
                ++expected;
            }
        }
    });
    for (std::uint64_t i = 0; i < count;) {
        if (queue.put(std::string_view(reinterpret_cast<const char*>(&i), 4),
                      std::string_view(reinterpret_cast<const char*>(&i) + 4, 4))) {
            ++i;
        }
    }
    consumer.join();
    EXPECT_EQ(expected, count);
}

TEST(UtcTime, HasMilliseconds) {
    using std::chrono::system_clock;
    EXPECT_EQ(utc_time(system_clock::time_point(std::chrono::milliseconds(1'769'860'800'007))),
              "2026-01-31T12:00:00.007Z");
}

}  // namespace
}  // namespace sallyport::gateway
