#include "policy/document/names.h"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::policy {
namespace {

TEST(Name, IsShortAndOfPlainLetters) {
    EXPECT_TRUE(is_valid_name("nobody-powers.off_1@x"));
    EXPECT_TRUE(is_valid_name(std::string(name_bytes_max, 'a')));
    EXPECT_FALSE(is_valid_name(std::string(name_bytes_max + 1, 'a')));
    for (const char* name : {"", "*", "a b", "a:b", "é", "a\n"})
        EXPECT_FALSE(is_valid_name(name)) << name;
}

}  // namespace
}  // namespace sallyport::policy
