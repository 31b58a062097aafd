#include "wamp/codec/unique_keys.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sallyport::wamp {
namespace {

TEST(UniqueKeys, SeesOnePairAmongAnyNumberOfKeys) {  // W-MSG-08
    for (std::size_t count : {1U, 2U, 11U, 12U, 13U, 14U, 100U, 5000U}) {
        std::vector<std::string> names;
        for (std::size_t index = 0; index < count; ++index)
            names.push_back("key" + std::to_string(index));
        UniqueKeys all;
        for (const std::string& name : names) all.add(name);
        EXPECT_TRUE(all.unique()) << count;
        for (std::size_t twice : {std::size_t{0}, count / 2, count - 1}) {
            UniqueKeys keys;
            for (const std::string& name : names) keys.add(name);
            keys.add(names[twice]);
            EXPECT_FALSE(keys.unique()) << count << " " << twice;
        }
    }
}

TEST(UniqueKeys, KeepsWhatItIsGiven) {
    UniqueKeys keys;
    for (int index = 0; index < 40; ++index) keys.add_owned("escaped" + std::to_string(index));
    EXPECT_TRUE(keys.unique());
    keys.add("escaped7");
    EXPECT_FALSE(keys.unique());
}

TEST(UniqueKeys, TellsPrefixesAndTheEmptyKeyApart) {
    UniqueKeys keys;
    for (const char* key : {"", "a", "aa", "aaa", "b"}) keys.add(key);
    EXPECT_TRUE(keys.unique());
    keys.add("");
    EXPECT_FALSE(keys.unique());
}

}  // namespace
}  // namespace sallyport::wamp
