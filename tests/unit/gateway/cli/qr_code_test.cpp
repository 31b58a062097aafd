#include "gateway/cli/qr_code.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace sallyport::gateway {
namespace {

TEST(QrCode, HasTheSizeOfItsVersionWithAQuietZone) {
    const std::string picture = qr_code("HELLO");
    // Version 1: 21 modules and 4 on each side, two in a line.
    EXPECT_EQ(std::count(picture.begin(), picture.end(), '\n'), 15);
    EXPECT_TRUE(picture.starts_with("\x1B[30;107m" + std::string(29, ' ') + "\x1B[0m\n"));
}

TEST(QrCode, BeginsWithAFinderPattern) {
    const std::string picture = qr_code("HELLO");
    std::size_t line = 0;
    for (int skipped = 0; skipped < 2; ++skipped) line = picture.find('\n', line) + 1;
    // Its first two rows: seven dark modules, then a dark one on each side.
    EXPECT_EQ(picture.substr(line, std::string("\x1B[30;107m    █▀▀▀▀▀█ ").size()),
              "\x1B[30;107m    █▀▀▀▀▀█ ");
}

TEST(QrCode, TakesWhatFitsAndRefusesMore) {
    EXPECT_NO_THROW(qr_code(std::string(2953, 'x')));  // of version 40, level L
    EXPECT_THROW(qr_code(std::string(2954, 'x')), std::runtime_error);
}

}  // namespace
}  // namespace sallyport::gateway
