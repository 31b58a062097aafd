#include "policy/tools/analysis/describe.h"

#include "policy/document/units.h"

namespace sallyport::policy {
namespace {

/// Joins words with commas.
class Listing {
public:
    void add(const std::string& word) { text_ += (text_.empty() ? "" : ", ") + word; }
    std::string text() const { return text_.empty() ? "none" : text_; }

private:
    std::string text_;
};

void add_scope(Listing& listing, const ScopeLimits& limits, const std::string& per) {
    if (limits.rate_per_s > 0)
        listing.add("rate per " + per + " " + format_rate(limits.rate_per_s));
    if (limits.in_flight > 0)
        listing.add("in flight per " + per + " " + std::to_string(limits.in_flight));
}

}  // namespace

std::string describe(const Limits& limits) {
    Listing listing;
    if (limits.rate_per_s > 0) listing.add("rate " + format_rate(limits.rate_per_s));
    if (limits.in_flight > 0) listing.add("in flight " + std::to_string(limits.in_flight));
    if (limits.timeout > wamp::Duration::zero())
        listing.add("timeout " + format_duration(limits.timeout));
    if (limits.payload_bytes > 0) listing.add("payload " + format_bytes(limits.payload_bytes));
    add_scope(listing, limits.authid, "authid");
    add_scope(listing, limits.circuit, "circuit");
    return listing.text();
}

std::string describe(const Grants& grants) {
    Listing listing;
    for (std::size_t grant = 0; grant < grant_count; ++grant) {
        if (grants.has(static_cast<Grant>(grant)))
            listing.add(std::string(to_string(static_cast<Grant>(grant))));
    }
    return listing.text();
}

std::string target_of(const RouteInfo& route, std::string_view uri) {
    if (!route.rewrite || !uri.starts_with(route.prefix)) return std::string(uri);
    return *route.rewrite + std::string(uri.substr(route.prefix.size()));
}

std::string describe(const Spread& spread) {
    if (spread.by == Spread::By::none) return "none";
    if (const auto* index = std::get_if<std::uint32_t>(&spread.key))
        return "argument " + std::to_string(*index);
    if (const auto* name = std::get_if<std::string>(&spread.key)) return "argument " + *name;
    return "caller";
}

std::string backends_of(const RouteInfo& route) {
    std::string text;
    for (const std::string& name : route.backends) text += (text.empty() ? "" : " or ") + name;
    return text;
}

std::string describe(const RouteInfo& route, std::string_view uri) {
    std::string text = route.id + " to " + backends_of(route) + ", realm " + route.realm;
    if (route.rewrite) text += ", as " + target_of(route, uri);
    if (route.wait > wamp::Duration::zero()) text += ", waits " + format_duration(route.wait);
    if (route.idempotent) text += ", idempotent";
    if (route.spread.by != Spread::By::none) text += ", spread by " + describe(route.spread);
    return text;
}

}  // namespace sallyport::policy
