#include "gateway/audit/audit_shares.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace sallyport::gateway {
namespace {

class AuditSharesTest : public testing::Test {
protected:
    static constexpr std::size_t capacity = 1 << 20;
    static constexpr std::size_t record_bytes = 400;

    /// How many records of that session enter before one is refused.
    int fill(std::uint64_t session, std::uint64_t circuit = 0, std::uint64_t via = 0) {
        int count = 0;
        while (put(session, circuit, via)) ++count;
        return count;
    }
    bool put(std::uint64_t session, std::uint64_t circuit = 0, std::uint64_t via = 0) {
        policy::AuditRecord record;
        record.session = session;
        record.circuit = circuit;
        record.via = via;
        if (!shares_.has_room(record, record_bytes)) return false;
        end_ += record_bytes;
        shares_.entered(record, record_bytes, end_);
        return true;
    }

    AuditShares shares_{capacity};
    std::size_t end_ = 0;
};

TEST_F(AuditSharesTest, OneWhoFillsHisShareLeavesRoomForTheOthers) {
    const int first = fill(1);
    EXPECT_NEAR(first, static_cast<int>(capacity / 5 / record_bytes), 1);
    EXPECT_TRUE(put(2));
    EXPECT_FALSE(put(1));
}

TEST_F(AuditSharesTest, ManyWhoFillTheirsDoSoToo) {
    for (std::uint64_t session = 1; session <= 16; ++session) EXPECT_GT(fill(session), 0);
    for (std::uint64_t session = 100; session < 110; ++session) EXPECT_TRUE(put(session));
}

TEST_F(AuditSharesTest, SessionsOfOneCircuitHaveNoMoreThanAThirdOfTheQueueTogether) {
    int count = 0;
    for (std::uint64_t session = 1; session <= 1000; ++session) count += fill(session, 7);
    EXPECT_NEAR(count, static_cast<int>(capacity / 3 / record_bytes), 1);
    EXPECT_GT(fill(2000, 8), 100);
    EXPECT_GT(fill(3000), 100);
}

TEST_F(AuditSharesTest, WhatIsTakenIsFreeAgain) {
    const int count = fill(1, 7);
    shares_.taken(record_bytes - 1);
    EXPECT_FALSE(put(1, 7));
    shares_.taken(end_);
    EXPECT_EQ(fill(1, 7), count);
    shares_.taken(end_);
    EXPECT_EQ(fill(2, 7), count);
}

TEST_F(AuditSharesTest, SessionsOfTheSameNumberBehindTwoLinksAreTwo) {
    fill(1, 0, 5);
    EXPECT_TRUE(put(1, 0, 6));
    EXPECT_TRUE(put(1));
    EXPECT_FALSE(put(1, 0, 5));
}

TEST_F(AuditSharesTest, RecordsOfNoSessionOnlyNeedRoom) {
    EXPECT_EQ(fill(0), static_cast<int>(capacity / record_bytes));
    EXPECT_FALSE(put(1));
}

}  // namespace
}  // namespace sallyport::gateway
