#include "policy/meta/link_meta.h"

#include <array>

#include "wamp/message/uris.h"

namespace sallyport::policy {

namespace {

constexpr std::array all_topics{LinkMeta::on_down, LinkMeta::on_up};

}  // namespace

std::span<const std::string_view> LinkMeta::topics() const noexcept {
    return all_topics;
}

MetaAnswer LinkMeta::call(MetaCall&&) {
    MetaAnswer answer;
    answer.error = wamp::uris::no_such_procedure;
    return answer;
}

}  // namespace sallyport::policy
