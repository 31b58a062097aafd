#include "backend-link/bridge/request_table.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "wamp/base/random.h"

namespace sallyport::backend_link {
namespace {

using Table = RequestTable<int, std::string>;

TEST(RequestTable, FindsARequestFromBothSides) {
    Table table(99);
    const Table::Slot slot = table.insert(101, 1, 7, 42);
    EXPECT_EQ(table.find_front(101, 1), slot);
    EXPECT_EQ(table.find_back(7), slot);
    EXPECT_EQ(table.at(slot).data, 42);
    EXPECT_EQ(table.find_front(102, 1), Table::none);
    EXPECT_EQ(table.find_front(101, 7), Table::none);
    EXPECT_EQ(table.find_back(1), Table::none);
    table.erase(slot);
    EXPECT_EQ(table.find_front(101, 1), Table::none);
    EXPECT_EQ(table.find_back(7), Table::none);
    EXPECT_EQ(table.size(), 0u);
}

TEST(RequestTable, GivesASessionsRequestsOldestFirst) {
    Table table(99);
    const Table::Slot a = table.insert(101, 1, 1, 0);
    table.insert(102, 1, 2, 0);
    const Table::Slot b = table.insert(101, 2, 3, 0);
    const Table::Slot c = table.insert(101, 3, 4, 0);
    EXPECT_EQ(table.slots_of(101), (std::vector{a, b, c}));
    table.erase(b);
    EXPECT_EQ(table.slots_of(101), (std::vector{a, c}));
    table.erase(c);
    table.erase(a);
    EXPECT_TRUE(table.slots_of(101).empty());
    EXPECT_EQ(table.open_of(101), 0u);
    EXPECT_EQ(table.open_of(102), 1u);
}

TEST(RequestTable, LetsTheFrontUseAnIdAgainThatWasReleased) {
    Table table(99);
    const Table::Slot old = table.insert(101, 1, 7, 0);
    table.release_front(old);
    EXPECT_EQ(table.find_front(101, 1), Table::none);
    const Table::Slot now = table.insert(101, 1, 8, 0);
    table.erase(old);
    EXPECT_EQ(table.find_front(101, 1), now);
    EXPECT_EQ(table.find_back(8), now);
}

TEST(RequestTable, KeepsARecordPerSessionUntilItIsForgotten) {
    Table table(99);
    table.group(101) = "x";
    table.erase(table.insert(101, 1, 7, 0));
    EXPECT_EQ(table.group(101), "x");
    table.forget(101);
    EXPECT_EQ(table.group(101), "");
}

TEST(RequestTable, AgreesWithAModelUnderRandomChanges) {
    struct Request {
        wamp::SessionId session;
        wamp::RequestId front;
    };
    Table table(12345);
    std::map<wamp::RequestId, Request> model;
    wamp::Random random({8});
    wamp::RequestId last = 0;
    for (int step = 0; step < 20'000; ++step) {
        if (model.size() < 200 && random.below(2) == 0) {
            const wamp::SessionId session = 1 + random.below(5);
            ++last;
            table.insert(session, last, last, step);
            model[last] = {session, last};
        } else if (!model.empty()) {
            auto chosen = model.begin();
            std::advance(chosen, static_cast<std::ptrdiff_t>(random.below(model.size())));
            const Table::Slot slot = table.find_back(chosen->first);
            ASSERT_NE(slot, Table::none);
            ASSERT_EQ(table.find_front(chosen->second.session, chosen->second.front), slot);
            table.erase(slot);
            model.erase(chosen);
        }
        ASSERT_EQ(table.size(), model.size());
    }
    EXPECT_EQ(table.slots().size(), model.size());
    std::size_t listed = 0;
    for (wamp::SessionId session = 1; session <= 5; ++session) {
        wamp::RequestId before = 0;
        for (const Table::Slot slot : table.slots_of(session)) {
            EXPECT_EQ(table.at(slot).session, session);
            EXPECT_GT(table.at(slot).back, before);
            before = table.at(slot).back;
            ++listed;
        }
    }
    EXPECT_EQ(listed, model.size());
}

}  // namespace
}  // namespace sallyport::backend_link
