#include "wamp/message/layout.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace sallyport::wamp {
namespace {

std::string letters(const Layout& layout) {
    std::string text;
    for (Element element : layout.elements) {
        switch (element) {
            case Element::id:
                text += 'i';
                break;
            case Element::id_or_zero:
                text += '0';
                break;
            case Element::request_type:
                text += 't';
                break;
            case Element::uri:
                text += 'u';
                break;
            case Element::text:
                text += 's';
                break;
            case Element::dict:
                text += 'd';
                break;
            case Element::args:
                text += 'a';
                break;
            case Element::kwargs:
                text += 'k';
                break;
        }
    }
    return text.insert(text.size() - layout.optional, "?");
}

// The table of requirements: Messages, written down a second time: elements, '?' before the
// optional ones, and who may send it.
const std::map<std::uint64_t, std::string>& expected() {
    static const std::map<std::uint64_t, std::string> table = {
        {1, "ud? c"},  {2, "id? r"},      {3, "du?ak cr"},  {4, "sd? r"},     {5, "sd? c"},
        {6, "du? cr"}, {8, "tidu?ak cr"}, {16, "idu?ak c"}, {17, "ii? r"},    {32, "idu? c"},
        {33, "ii? r"}, {34, "ii?d c"},    {35, "0?d r"},    {36, "iid?ak r"}, {48, "idu?ak c"},
        {49, "id? c"}, {50, "id?ak r"},   {64, "idu? c"},   {65, "ii? r"},    {66, "ii?d c"},
        {67, "0?d r"}, {68, "iid?ak r"},  {69, "id? r"},    {70, "id?ak c"},
    };
    return table;
}

TEST(Layout, IsTheTableOfTheChecklistAndKnowsNoOtherCode) {  // W-MSG-02, W-MSG-03, W-MSG-04
    for (std::uint64_t code = 0; code <= 2000; ++code) {
        const Layout* layout = layout_of(code);
        const auto row = expected().find(code);
        ASSERT_EQ(layout != nullptr, row != expected().end()) << code;
        if (layout == nullptr) continue;
        EXPECT_EQ(static_cast<std::uint64_t>(layout->type), code);
        EXPECT_EQ(letters(*layout) + " " + (layout->from_client ? "c" : "") +
                      (layout->from_router ? "r" : ""),
                  row->second)
            << code;
    }
    EXPECT_EQ(layout_of(~std::uint64_t{0}), nullptr);
    EXPECT_EQ(layout_of((std::uint64_t{1} << 32) + 48), nullptr);
}

}  // namespace
}  // namespace sallyport::wamp
