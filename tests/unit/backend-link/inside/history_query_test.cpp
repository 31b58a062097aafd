#include "backend-link/inside/history_query.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace sallyport::backend_link {
namespace {

using namespace std::chrono_literals;
using wamp::Dict;
using wamp::History;
using wamp::List;
using wamp::PublicationId;
using Ids = std::vector<PublicationId>;

/// Publications 11 to 15, one a second from 1970-01-01T00:00:01Z, in turn on two topics.
class HistoryQueryTest : public testing::Test {
protected:
    HistoryQueryTest() : kept_(5) {
        for (std::size_t i = 0; i < kept_.size(); ++i) {
            kept_[i].topic = i % 2 == 0 ? "lab.a" : "lab.b";
            kept_[i].publication = 11 + i;
            kept_[i].at = wamp::Instant{1h} + std::chrono::seconds(i + 1);
            events_.push_back(&kept_[i]);
        }
    }
    /// {0}: it names a publication that is not there; {1}: it cannot be read.
    Ids select(const Dict& kwargs, const List& args = {5}) {
        const auto query = HistoryQuery::read(args, kwargs);
        if (!query) return {1};
        EXPECT_EQ(query->subscription(), 5U);
        const auto selected =
            query->select(events_, wamp::CivilTime(wamp::Timestamp(0), wamp::Instant{1h}));
        if (!selected) return {0};
        Ids ids;
        for (const History::Event* event : *selected) ids.push_back(event->publication);
        return ids;
    }
    static std::string at(int second) {
        return "1970-01-01T00:00:0" + std::to_string(second) + "Z";
    }

    std::vector<History::Event> kept_;
    std::vector<const History::Event*> events_;
};

// W-EVH-01
TEST_F(HistoryQueryTest, WithoutConditionsIsForAll) {
    EXPECT_EQ(select({}), (Ids{11, 12, 13, 14, 15}));
    EXPECT_EQ(select({{"topic", {}}, {"limit", {}}, {"reverse", {}}, {"from_time", {}}}),
              (Ids{11, 12, 13, 14, 15}));
}

TEST_F(HistoryQueryTest, LimitsAndReverses) {
    EXPECT_EQ(select({{"limit", 2}}), (Ids{11, 12}));
    EXPECT_EQ(select({{"limit", 2}, {"reverse", true}}), (Ids{15, 14}));
    EXPECT_EQ(select({}, {5, 2}), (Ids{11, 12}));  // W-EVH-04
    EXPECT_EQ(select({{"limit", 1}}, {5, 2}), Ids{11});
    EXPECT_EQ(select({{"limit", 9}, {"reverse", false}}), (Ids{11, 12, 13, 14, 15}));
}

TEST_F(HistoryQueryTest, ChoosesTimesInclusivelyOrNot) {
    EXPECT_EQ(select({{"from_time", at(4)}}), (Ids{14, 15}));
    EXPECT_EQ(select({{"after_time", at(4)}}), Ids{15});
    EXPECT_EQ(select({{"until_time", at(2)}}), (Ids{11, 12}));
    EXPECT_EQ(select({{"before_time", at(2)}}), Ids{11});
    EXPECT_EQ(select({{"from_time", at(4)}, {"before_time", at(4)}}), Ids{});
}

TEST_F(HistoryQueryTest, ChoosesPublicationsInclusivelyOrNot) {
    EXPECT_EQ(select({{"from_publication", 14}}), (Ids{14, 15}));
    EXPECT_EQ(select({{"after_publication", 14}}), Ids{15});
    EXPECT_EQ(select({{"until_publication", 12}}), (Ids{11, 12}));
    EXPECT_EQ(select({{"before_publication", 12}}), Ids{11});
    EXPECT_EQ(select({{"after_publication", 15}}), Ids{});
    EXPECT_EQ(select({{"after_publication", 14}, {"before_publication", 12}}), Ids{});
    EXPECT_EQ(select({{"after_publication", 99}}), Ids{0});
    EXPECT_EQ(select({{"until_publication", 99}}), Ids{0});
}

TEST_F(HistoryQueryTest, HoldsAllConditionsTogether) {
    EXPECT_EQ(select({{"topic", "lab.a"}}), (Ids{11, 13, 15}));
    EXPECT_EQ(select({{"topic", "lab.a"},
                      {"after_time", at(1)},
                      {"until_publication", 14},
                      {"limit", 1},
                      {"reverse", true}}),
              Ids{13});
}

TEST_F(HistoryQueryTest, CannotBeReadFromOtherTypesAndValues) {
    for (const List& args : {List{}, List{{}}, List{"5"}, List{5, 0}, List{5, "all"}})
        EXPECT_EQ(select({}, args), Ids{1});
    for (const Dict& kwargs :
         {Dict{{"limit", 0}}, Dict{{"limit", -1}}, Dict{{"limit", "1"}}, Dict{{"reverse", 1}},
          Dict{{"topic", 7}}, Dict{{"from_time", 7}}, Dict{{"after_time", "yesterday"}},
          Dict{{"from_publication", 0}}, Dict{{"until_publication", "12"}}}) {
        EXPECT_EQ(select(kwargs), Ids{1});
    }
}

}  // namespace
}  // namespace sallyport::backend_link
