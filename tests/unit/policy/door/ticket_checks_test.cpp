#include "policy/door/ticket_checks.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sallyport::policy {
namespace {

struct Checks {
    explicit Checks(std::size_t max = 100) : order(max) {}

    /// The work that has to go, 0 if there is room.
    std::uint64_t add(std::uint64_t work, std::uint64_t circuit, bool suspect = false) {
        const auto gone = order.add({work, wamp::PeerId{work}, wamp::IdPair{circuit, 0}, suspect});
        return gone ? gone->work : 0;
    }
    /// The works in the order in which they run.
    std::vector<std::uint64_t> run_all() {
        std::vector<std::uint64_t> ran;
        while (const auto next = order.start()) {
            ran.push_back(next->work);
            order.end(next->work);
        }
        return ran;
    }

    TicketChecks order;
};

using Works = std::vector<std::uint64_t>;

TEST(TicketChecks, RunTwoAtATime) {
    Checks checks;
    for (std::uint64_t work = 1; work <= 3; ++work) EXPECT_EQ(checks.add(work, work), 0U);
    EXPECT_EQ(checks.order.start()->work, 1U);
    EXPECT_EQ(checks.order.start()->work, 2U);
    EXPECT_FALSE(checks.order.start().has_value());
    checks.order.end(1);
    EXPECT_EQ(checks.order.start()->work, 3U);
    EXPECT_EQ(checks.order.waiting(), 0U);
    checks.order.end(2);
    checks.order.end(3);
    EXPECT_FALSE(checks.order.start().has_value());
}

TEST(TicketChecks, LetCircuitsTakeTurns) {
    Checks checks;
    for (std::uint64_t work = 1; work <= 4; ++work) checks.add(work, 7);
    for (std::uint64_t work = 5; work <= 6; ++work) checks.add(work, 8);
    checks.add(7, 9);
    EXPECT_EQ(checks.run_all(), (Works{1, 5, 7, 2, 6, 3, 4}));
}

TEST(TicketChecks, LetANewcomerWaitForOneRoundAlone) {
    Checks checks;
    for (std::uint64_t work = 1; work <= 50; ++work) checks.add(work, 7);
    for (int i = 0; i < 20; ++i) checks.order.end(checks.order.start()->work);
    checks.add(100, 8);
    EXPECT_EQ(checks.order.start()->work, 100U) << "the other has had its turn in this round";
}

TEST(TicketChecks, TakeThoseThatHaveFailedLast) {
    Checks checks;
    checks.add(1, 7, true);
    checks.add(2, 8);
    checks.add(3, 8);
    EXPECT_EQ(checks.run_all(), (Works{2, 3, 1}));
}

TEST(TicketChecks, RemoveTheLastOfWhoHasMostBeyondTheirBound) {
    Checks checks(3);
    EXPECT_EQ(checks.add(1, 7), 0U);
    EXPECT_EQ(checks.add(2, 7), 0U);
    EXPECT_EQ(checks.add(3, 8), 0U);
    EXPECT_EQ(checks.add(4, 9), 2U);
    EXPECT_EQ(checks.add(5, 9), 5U) << "its own, as it has most";
    EXPECT_EQ(checks.add(6, 6), 6U) << "nobody has more than one";
    EXPECT_EQ(checks.order.waiting(), 3U);
}

TEST(TicketChecks, RemoveThoseThatHaveFailedFirst) {
    Checks checks(3);
    checks.add(1, 7, true);
    checks.add(2, 8);
    checks.add(3, 8);
    EXPECT_EQ(checks.add(4, 9), 1U);
    EXPECT_EQ(checks.add(5, 6, true), 5U);
}

TEST(TicketChecks, ForgetThoseWhoHaveGone) {
    Checks checks(3);
    for (std::uint64_t work = 1; work <= 3; ++work) checks.add(work, work);
    checks.order.remove_gone([](const TicketChecks::Check& check) { return check.work == 2; });
    EXPECT_EQ(checks.add(4, 4), 0U);
    EXPECT_EQ(checks.run_all(), (Works{1, 3, 4}));
}

}  // namespace
}  // namespace sallyport::policy
