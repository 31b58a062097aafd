#include "gateway/page/style.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sallyport::gateway {
namespace {

TEST(PageStyle, NamesNoOtherResource) {
    EXPECT_EQ(page_style().find("url("), std::string_view::npos);
    EXPECT_EQ(page_style().find("@import"), std::string_view::npos);
}

TEST(PageStyle, HasBothSchemesAndBalancedBraces) {
    EXPECT_NE(page_style().find("prefers-color-scheme: dark"), std::string_view::npos);
    EXPECT_EQ(std::count(page_style().begin(), page_style().end(), '{'),
              std::count(page_style().begin(), page_style().end(), '}'));
}

}  // namespace
}  // namespace sallyport::gateway
