#include "wamp/base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "tests/vectors/vectors.h"

namespace sallyport::wamp {
namespace {

using vectors::hex;

std::string bytes_of(Random& random, std::size_t count) {
    std::vector<std::uint8_t> bytes(count);
    random.fill(bytes);
    return {bytes.begin(), bytes.end()};
}

// RFC 8439, appendix A.1, test vectors 1 and 2: the zero key, blocks 0 and 1.
TEST(Random, IsTheChaCha20KeyStreamOfItsSeed) {
    Random random(Random::Seed{});
    EXPECT_EQ(hex(bytes_of(random, 64)),
              "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
              "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586");
    EXPECT_EQ(hex(bytes_of(random, 64)),
              "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
              "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f");
}

TEST(Random, GivesTheSameStreamHoweverItIsCut) {
    Random whole(Random::Seed{1, 2, 3});
    Random cut(Random::Seed{1, 2, 3});
    const std::string expected = bytes_of(whole, 200);
    std::string found;
    for (std::size_t part : {1U, 63U, 0U, 5U, 100U, 31U}) found += bytes_of(cut, part);
    EXPECT_EQ(hex(found), hex(expected));
}

TEST(Random, ReadsNumbersLittleEndianFromTheStream) {
    Random random(Random::Seed{});
    EXPECT_EQ(random.next(), 0x903df1a0ade0b876U);
}

TEST(Random, StaysBelowItsBoundAndReachesAllOfIt) {
    Random random(Random::Seed{7});
    for (std::uint64_t bound : {1U, 2U, 3U, 5U, 8U}) {
        std::set<std::uint64_t> seen;
        for (int round = 0; round < 400; ++round) seen.insert(random.below(bound));
        EXPECT_EQ(seen.size(), bound);
        EXPECT_LT(*seen.rbegin(), bound);
    }
}

TEST(Random, IsUnbiasedWhereAModuloWouldNotBe) {
    Random random(Random::Seed{9});
    const std::uint64_t bound = (std::uint64_t{1} << 63) + (std::uint64_t{1} << 62);
    int in_first_third = 0;
    for (int round = 0; round < 3000; ++round) {
        if (random.below(bound) < (std::uint64_t{1} << 62)) ++in_first_third;
    }
    EXPECT_NEAR(in_first_third, 1000, 150);  // a modulo would make it 1500
}

TEST(RandomDeathTest, NothingIsBelowZero) {
    Random random(Random::Seed{});
    EXPECT_DEATH(static_cast<void>(random.below(0)), "bound > 0");
}

TEST(Random, MakesValidGlobalIdsAcrossTheRange) {  // W-ID-02
    Random random(Random::Seed{3});
    Id largest = 0;
    for (int round = 0; round < 1000; ++round) {
        const Id id = random.global_id();
        ASSERT_TRUE(is_valid_id(id));
        largest = std::max(largest, id);
    }
    EXPECT_GT(largest, id_max / 2);
}

TEST(Random, ForksIntoAnotherStreamThatTheSeedDetermines) {
    Random random(Random::Seed{4});
    Random again(Random::Seed{4});
    Random child = random.fork();
    Random same_child = again.fork();
    const std::uint64_t drawn = child.next();
    EXPECT_EQ(same_child.next(), drawn);
    EXPECT_NE(random.next(), drawn);
}

TEST(Ids, FollowEachOtherAndWrapTo1) {  // W-ID-01, W-ID-04
    EXPECT_EQ(next_id(1), 2U);
    EXPECT_EQ(next_id(id_max), 1U);
    EXPECT_FALSE(is_valid_id(0));
    EXPECT_TRUE(is_valid_id(id_max));
    EXPECT_FALSE(is_valid_id(id_max + 1));
}

}  // namespace
}  // namespace sallyport::wamp
