#include "gateway/host/startup_memory.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstddef>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace sallyport::gateway {
namespace {

/// The resident part of this program's code, in KiB.
std::size_t resident_code() {
    char program[4096] = {};
    if (::readlink("/proc/self/exe", program, sizeof(program) - 1) <= 0) return 0;
    std::ifstream maps("/proc/self/smaps");
    std::string line;
    bool is_code = false;
    std::size_t sum = 0;
    while (std::getline(maps, line)) {
        const bool is_mapping = line.find('-') < line.find(' ') && line.find(':') > line.find(' ');
        if (is_mapping) {
            is_code =
                line.find(" r-xp ") != std::string::npos && line.find(program) != std::string::npos;
        } else if (is_code && line.starts_with("Rss:")) {
            sum += std::stoul(line.substr(4));
        }
    }
    return sum;
}

TEST(StartupMemory, ReturnsThePagesOfCodeThatTheStartNeeded) {
    const std::size_t before = resident_code();
    ASSERT_GT(before, 0U);
    release_startup_memory();
    EXPECT_LT(resident_code(), before);
}

TEST(StartupMemory, LeavesConstantsAndCodeAsTheyWere) {
    static const std::string text = "written before";
    static constexpr int numbers[] = {3, 1, 4, 1, 5};
    release_startup_memory();
    EXPECT_EQ(text, "written before");
    EXPECT_EQ(numbers[2], 4);
    release_startup_memory();
    EXPECT_EQ(numbers[4], 5);
}

}  // namespace
}  // namespace sallyport::gateway
