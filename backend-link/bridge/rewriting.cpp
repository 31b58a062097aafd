#include "backend-link/bridge/rewriting.h"

#include "wamp/base/uri.h"

namespace sallyport::backend_link {
namespace {

std::optional<std::string> exchanged(std::string_view uri, std::string_view old_head,
                                     std::string_view new_head) {
    if (!uri.starts_with(old_head)) return std::nullopt;
    uri.remove_prefix(old_head.size());
    if (new_head.size() + uri.size() > wamp::uri_bytes_max) return std::nullopt;
    std::string out;
    out.reserve(new_head.size() + uri.size());
    out.append(new_head).append(uri);
    return out;
}

}  // namespace

Rewriting::Rewriting(const policy::RouteInfo& route) {
    if (!route.rewrite || *route.rewrite == route.prefix) return;
    prefix_ = route.prefix;
    rewrite_ = *route.rewrite;
}

std::optional<std::string> Rewriting::inside(std::string_view outside) const {
    return exchanged(outside, prefix_, rewrite_);
}

std::optional<std::string> Rewriting::outside(std::string_view inside) const {
    return exchanged(inside, rewrite_, prefix_);
}

}  // namespace sallyport::backend_link
