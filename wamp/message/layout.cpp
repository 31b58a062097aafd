#include "wamp/message/layout.h"

#include <algorithm>
#include <array>

namespace sallyport::wamp {
namespace {

using enum Element;

constexpr std::array text_dict{text, dict};
constexpr std::array hello{uri, dict};
constexpr std::array welcome{id, dict};
constexpr std::array abort_elements{dict, uri, args, kwargs};
constexpr std::array goodbye{dict, uri};
constexpr std::array error{request_type, id, dict, uri, args, kwargs};
constexpr std::array request_with_payload{id, dict, uri, args, kwargs};
constexpr std::array two_ids{id, id};
constexpr std::array request_with_uri{id, dict, uri};
constexpr std::array two_ids_dict{id, id, dict};
constexpr std::array revocation{id_or_zero, dict};
constexpr std::array two_ids_with_payload{id, id, dict, args, kwargs};
constexpr std::array id_dict{id, dict};
constexpr std::array id_with_payload{id, dict, args, kwargs};

// The table of requirements: Messages, sorted by code.
constexpr std::array table{
    Layout{MessageType::hello, 0, true, false, hello},
    Layout{MessageType::welcome, 0, false, true, welcome},
    Layout{MessageType::abort, 2, true, true, abort_elements},
    Layout{MessageType::challenge, 0, false, true, text_dict},
    Layout{MessageType::authenticate, 0, true, false, text_dict},
    Layout{MessageType::goodbye, 0, true, true, goodbye},
    Layout{MessageType::error, 2, true, true, error},
    Layout{MessageType::publish, 2, true, false, request_with_payload},
    Layout{MessageType::published, 0, false, true, two_ids},
    Layout{MessageType::subscribe, 0, true, false, request_with_uri},
    Layout{MessageType::subscribed, 0, false, true, two_ids},
    Layout{MessageType::unsubscribe, 1, true, false, two_ids_dict},
    Layout{MessageType::unsubscribed, 1, false, true, revocation},
    Layout{MessageType::event, 2, false, true, two_ids_with_payload},
    Layout{MessageType::call, 2, true, false, request_with_payload},
    Layout{MessageType::cancel, 0, true, false, id_dict},
    Layout{MessageType::result, 2, false, true, id_with_payload},
    Layout{MessageType::register_, 0, true, false, request_with_uri},
    Layout{MessageType::registered, 0, false, true, two_ids},
    Layout{MessageType::unregister, 1, true, false, two_ids_dict},
    Layout{MessageType::unregistered, 1, false, true, revocation},
    Layout{MessageType::invocation, 2, false, true, two_ids_with_payload},
    Layout{MessageType::interrupt, 0, false, true, id_dict},
    Layout{MessageType::yield, 2, true, false, id_with_payload},
};

constexpr bool by_code(const Layout& row, std::uint64_t code) {
    return static_cast<std::uint64_t>(row.type) < code;
}

static_assert(std::is_sorted(table.begin(), table.end(), [](const Layout& a, const Layout& b) {
    return by_code(a, static_cast<std::uint64_t>(b.type));
}));

}  // namespace

const Layout* layout_of(std::uint64_t code) noexcept {
    const auto row = std::lower_bound(table.begin(), table.end(), code, by_code);
    if (row == table.end() || static_cast<std::uint64_t>(row->type) != code) return nullptr;
    return row;
}

}  // namespace sallyport::wamp
