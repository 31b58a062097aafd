#include "backend-link/bridge/request_table.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "wamp/base/random.h"

namespace sallyport::backend_link {
namespace {

using Table = RequestTable<int>;

struct RequestTableTest : testing::Test {
    Table::Slot insert(wamp::SessionId session, wamp::RequestId request, wamp::RequestId back,
                       int data = 0) {
        const Table::Slot slot =
            table.insert(session, table.owner(session), request, std::move(data));
        if (slot != Table::none) table.set_back(slot, back);
        return slot;
    }
    Table::Slot find_back(wamp::RequestId back) {
        const Table::Found found = table.find_back(back);
        return table.is_end(found) ? Table::none : found->second;
    }

    FrontRequests front{99};
    Table table{front, 3};
};

TEST_F(RequestTableTest, FindsARequestFromBothSides) {
    const Table::Slot slot = insert(101, 1, 7, 42);
    EXPECT_EQ(table.find_front(101, 1), slot);
    EXPECT_EQ(front.find(101, 1)->link, 3u);
    EXPECT_EQ(find_back(7), slot);
    EXPECT_EQ(table.at(slot).data, 42);
    EXPECT_EQ(table.find_front(102, 1), Table::none);
    EXPECT_EQ(table.find_front(101, 7), Table::none);
    EXPECT_EQ(find_back(1), Table::none);
    table.erase(slot);
    EXPECT_EQ(table.find_front(101, 1), Table::none);
    EXPECT_EQ(front.size(), 0u);
    EXPECT_EQ(find_back(7), Table::none);
    EXPECT_EQ(table.size(), 0u);
}

TEST_F(RequestTableTest, GivesASessionsRequestsOldestFirst) {
    const Table::Slot a = insert(101, 1, 1);
    insert(102, 1, 2);
    const Table::Slot b = insert(101, 2, 3);
    const Table::Slot c = insert(101, 3, 4);
    EXPECT_EQ(table.slots_of(101), (std::vector{a, b, c}));
    table.erase(b);
    EXPECT_EQ(table.slots_of(101), (std::vector{a, c}));
    table.erase(c);
    table.erase(table.find_back(1));
    EXPECT_TRUE(table.slots_of(101).empty());
    EXPECT_EQ(table.open_of(table.owner(101)), 0u);
    EXPECT_EQ(table.open_of(table.owner(102)), 1u);
}

TEST_F(RequestTableTest, RefusesARequestThatIsOpenHereOrAtAnotherBridge) {
    Table other{front, 4};
    insert(101, 1, 7);
    EXPECT_EQ(insert(101, 1, 8), Table::none);
    EXPECT_EQ(other.insert(101, other.owner(101), 1, 0), Table::none);
    EXPECT_EQ(other.find_front(101, 1), Table::none);
    EXPECT_EQ(other.open_of(other.owner(101)), 0u);
    EXPECT_EQ(table.size(), 1u);
    table.erase(find_back(7));
    EXPECT_NE(other.insert(101, other.owner(101), 1, 0), Table::none);
}

TEST_F(RequestTableTest, LetsTheFrontUseAnIdAgainThatWasReleased) {
    const Table::Slot old = insert(101, 1, 7);
    table.release_front(old);
    EXPECT_EQ(table.find_front(101, 1), Table::none);
    const Table::Slot now = insert(101, 1, 8);
    table.erase(old);
    EXPECT_EQ(table.find_front(101, 1), now);
    EXPECT_EQ(find_back(8), now);
}

TEST_F(RequestTableTest, GivesTheRecordOfAForgottenSessionToTheNext) {
    table.erase(insert(101, 1, 7));
    const Table::Owner owner = table.owner(101);
    table.forget(101);
    EXPECT_EQ(table.owner(102), owner);
    EXPECT_NE(table.owner(101), owner);
}

TEST_F(RequestTableTest, AgreesWithAModelUnderRandomChanges) {
    struct Request {
        wamp::SessionId session;
        wamp::RequestId front;
    };
    std::map<wamp::RequestId, Request> model;
    wamp::Random random({8});
    wamp::RequestId last = 0;
    for (int step = 0; step < 20'000; ++step) {
        if (model.size() < 200 && random.below(2) == 0) {
            const wamp::SessionId session = 1 + random.below(5);
            ++last;
            insert(session, last, last, step);
            model[last] = {session, last};
        } else if (!model.empty()) {
            auto chosen = model.begin();
            std::advance(chosen, static_cast<std::ptrdiff_t>(random.below(model.size())));
            const Table::Slot slot = find_back(chosen->first);
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
