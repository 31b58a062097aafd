#include "gateway/page/html.h"

#include <gtest/gtest.h>

namespace sallyport::gateway {
namespace {

TEST(Html, HasNothingThatEndsAnElementOrAnAttribute) {
    EXPECT_EQ(escaped("<b a=\"1\" c='2'>&amp;</b>"),
              "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;&lt;/b&gt;");
    EXPECT_EQ(escaped("Grüße\n"), "Grüße\n");
}

TEST(Html, HasNoControlCharacters) {
    EXPECT_EQ(escaped(std::string("a\x1b\0b\x7f", 5)),
              "a\xef\xbf\xbd\xef\xbf\xbd"
              "b\xef\xbf\xbd");
}

TEST(Html, KeepsTheDirectionOfWritingToItself) {
    EXPECT_EQ(isolated("a\xe2\x80\xae<"), "<bdi>a\xe2\x80\xae&lt;</bdi>");
    EXPECT_EQ(isolated(""), "–");
}

}  // namespace
}  // namespace sallyport::gateway
