#include "wamp/codec/message_parts.h"

#include <gtest/gtest.h>

#include "wamp/codec/codec.h"

namespace sallyport::wamp {
namespace {

// Every element of every type is given another value, taken apart and put together again.
TEST(MessageParts, ComeBackWhereTheyCameFromForEveryType) {
    for (std::uint64_t code = 0; code < 256; ++code) {
        const Layout* layout = layout_of(code);
        if (layout == nullptr) continue;
        const bool revocation = layout->elements[0] == Element::id_or_zero;
        OwnedParts parts;
        parts.ids = {revocation ? 0U : 11U, 22};
        parts.request_type = MessageType::invocation;
        parts.text = "some.text";
        parts.dict = {{"key", 1}};
        parts.payload = {Serializer::json, "[1]", "{}"};
        const Message message = make_message(layout->type, std::move(parts));
        ASSERT_EQ(type_of(message), layout->type);

        const BorrowedParts found = parts_of(message);
        std::size_t ids = 0;
        for (Element element : layout->elements) {
            switch (element) {
                case Element::id:
                case Element::id_or_zero:
                    EXPECT_EQ(found.ids[ids], revocation ? 0U : ids == 0 ? 11U : 22U) << code;
                    ++ids;
                    break;
                case Element::request_type:
                    EXPECT_EQ(found.request_type, MessageType::invocation);
                    break;
                case Element::uri:
                case Element::text:
                    EXPECT_EQ(found.text, "some.text") << code;
                    break;
                case Element::dict:
                    ASSERT_NE(found.dict, nullptr) << code;
                    EXPECT_EQ(found.dict->get_uint("key", 0), 1U) << code;
                    break;
                case Element::args:
                case Element::kwargs:
                    EXPECT_EQ(found.payload != nullptr, layout->type != MessageType::abort)
                        << code;  // W-MSG-13
                    ASSERT_NE(payload_of(message), nullptr);
                    EXPECT_EQ(payload_of(message)->args, "[1]") << code;
                    break;
            }
        }
    }
}

TEST(MessageParts, LeaveOutOptionalDictionaries) {
    EXPECT_EQ(parts_of(Unsubscribe{1, 2, {}}).dict, nullptr);
    EXPECT_NE(parts_of(Unsubscribe{1, 2, {{"a", 1}}}).dict, nullptr);
    EXPECT_EQ(parts_of(Unregister{1, 2, {}}).dict, nullptr);
    EXPECT_EQ(parts_of(Unsubscribed{1, {{"a", 1}}}).dict, nullptr);
    EXPECT_NE(parts_of(Unsubscribed{0, {}}).dict, nullptr);
    EXPECT_EQ(parts_of(Unregistered{5, {}}).dict, nullptr);
    EXPECT_NE(parts_of(Call{1, {}, "a", {}}).dict, nullptr);
}

}  // namespace
}  // namespace sallyport::wamp
