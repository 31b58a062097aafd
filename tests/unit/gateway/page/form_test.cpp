#include "gateway/page/form.h"

#include <gtest/gtest.h>

namespace sallyport::gateway {
namespace {

TEST(Form, HasItsFieldsDecoded) {
    const auto form = parse_form("act=drain&name=a+b%2B%26%c3%bc&empty=&bare");
    ASSERT_TRUE(form);
    EXPECT_EQ(field(*form, "act"), "drain");
    EXPECT_EQ(field(*form, "name"), "a b+&ü");
    EXPECT_EQ(field(*form, "empty"), "");
    EXPECT_EQ(field(*form, "absent"), "");
    EXPECT_EQ(form->size(), 4U);
    EXPECT_TRUE(parse_form("")->empty());
}

TEST(Form, IsRefusedIfItIsMalformedOrAmbiguous) {
    for (const char* const body : {"a=%", "a=%1", "a=%zz", "a=%-1", "a=1&a=2", "a&a", "&&"})
        EXPECT_FALSE(parse_form(body)) << body;
}

}  // namespace
}  // namespace sallyport::gateway
