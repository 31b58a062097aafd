#include "wamp/session/notes.h"

#include <gtest/gtest.h>

namespace sallyport::wamp {
namespace {

TEST(Notes, ArePutTogetherFromTextAndNumbers) {
    Outbox out;
    note(out, effect::Note::Level::warning, "refused ", std::size_t{12}, std::string(" of "),
         std::string_view("them"));
    ASSERT_EQ(out.size(), 1u);
    const auto& line = std::get<effect::Note>(out[0]);
    EXPECT_EQ(line.text, "refused 12 of them");
    EXPECT_EQ(line.level, effect::Note::Level::warning);
}

}  // namespace
}  // namespace sallyport::wamp
