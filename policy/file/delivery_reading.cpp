#include <array>

#include "policy/document/nearest.h"
#include "policy/document/units.h"
#include "policy/file/reading.h"

namespace sallyport::policy {
namespace {

constexpr std::array<std::string_view, 2> key_keys{"arg", "kwarg"};
constexpr std::array<std::string_view, 2> delivery_names{"all", "latest"};
constexpr std::array<std::string_view, 3> delivery_keys{"deliver", "key", "rate"};
constexpr std::int64_t index_max = 1023;

EventKey read_key(Section& table, const std::string& file, Diagnostics& diagnostics) {
    const Item* item = table.find("key", Item::Kind::table, "{ arg = 0 }");
    return item == nullptr ? EventKey() : read_argument_key(*item, "key", file, diagnostics);
}

}  // namespace

EventKey read_argument_key(const Item& item, const std::string& name, const std::string& file,
                           Diagnostics& diagnostics) {
    Section key(item, name, key_keys, file, diagnostics);
    const bool positional = key.find("arg") != nullptr;
    if (positional == (key.find("kwarg") != nullptr)) {
        key.error(item, quoted(name) + " names one argument",
                  "write " + name + " = { arg = 0 } or " + name + " = { kwarg = \"name\" }");
        return {};
    }
    if (positional) {
        if (const auto index = read_argument_index(key)) return *index;
    } else if (const auto text = key.text("kwarg", "\"name\"")) {
        return *text;
    }
    return {};
}

std::optional<std::uint32_t> read_argument_index(Section& table) {
    const Item* item = table.find("arg", Item::Kind::integer, "0");
    if (item == nullptr) return std::nullopt;
    if (item->integer < 0 || item->integer > index_max) {
        table.error(*item, "\"arg\" is out of range", "write a number from 0 to 1023");
        return std::nullopt;
    }
    return static_cast<std::uint32_t>(item->integer);
}

double read_rate(Section& table) {
    const auto text = table.text("rate", "\"20/s\"");
    if (!text) return 0;
    if (const auto rate = parse_rate(*text)) return *rate;
    table.error(*table.find("rate"), quoted(*text) + " is not a valid rate",
                "write a number per second, minute or hour: \"20/s\", \"5/m\", \"100/h\"");
    return 0;
}

std::optional<EventDelivery> read_delivery(Section& table, const std::string& file,
                                           Diagnostics& diagnostics) {
    const Item* const item = table.find("deliver");
    EventDelivery out;
    const auto text = table.text("deliver", "\"latest\"");
    if (text && *text != "all" && *text != "latest")
        table.error(*item, "unknown delivery " + quoted(*text),
                    suggestion(*text, delivery_names, "kinds of delivery"));
    out.latest = text == "latest";
    out.key = read_key(table, file, diagnostics);
    out.rate_per_s = read_rate(table);
    const bool all = item == nullptr || text == "all";
    for (const std::string_view key : {"key", "rate"}) {
        const Item* const unused = table.find(key);
        if (!all || unused == nullptr) continue;
        table.error_at_key(
            *unused, quoted(key) + " is only for deliver = \"latest\"",
            key == "rate" ? "add deliver = \"latest\", or limit requests with limits = { rate = … }"
                          : "add deliver = \"latest\", or remove it");
        out.key = {};
        out.rate_per_s = 0;
    }
    if (item == nullptr && table.find("key") == nullptr && table.find("rate") == nullptr)
        return std::nullopt;
    return out;
}

void refuse_delivery(Section& table, const std::string& text, const std::string& hint) {
    for (const std::string_view key : delivery_keys) {
        if (const Item* const item = table.find(key))
            table.error_at_key(*item, quoted(key) + " " + text, hint);
    }
}

}  // namespace sallyport::policy
