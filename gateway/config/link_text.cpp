#include "gateway/config/link_text.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "policy/document/document.h"

namespace sallyport::gateway {
namespace {

using backend_link::Address;
using policy::Diagnostic;
using policy::Item;
using policy::quoted;

constexpr std::string_view pin_key = "peer_pin";
/// What stands in an example until there is a key.
constexpr std::string_view example_pin =
    "sha256:0000000000000000000000000000000000000000000000000000000000000000";

std::string_view text_in(const Item& table, std::string_view key) {
    const Item* const item = table.find(key);
    return item == nullptr ? std::string_view() : std::string_view(item->text);
}

Diagnostic at(const Item& item, const std::string& file, std::string text, std::string hint) {
    return {{file, std::max(item.line, 1U), std::max(item.column, 1U)},
            std::move(text),
            std::move(hint)};
}

/// The tables of [[key]].
std::vector<const Item*> tables(const Item& document, std::string_view key) {
    std::vector<const Item*> found;
    const Item* const list = document.find(key);
    if (list == nullptr || list->kind != Item::Kind::list) return found;
    for (const Item& item : list->items) {
        if (item.kind == Item::Kind::table) found.push_back(&item);
    }
    return found;
}

/// Where line `number`, from 1, begins.
std::size_t begin_of_line(std::string_view text, std::uint32_t number) {
    std::size_t begin = 0;
    for (std::uint32_t line = 1; line < number; ++line) {
        const std::size_t end = text.find('\n', begin);
        if (end == std::string_view::npos) return text.size();
        begin = end + 1;
    }
    return begin;
}

/// With `value` in place of the one of `item`, a string without escapes that stands on one line.
std::string replace(std::string text, const Item& item, std::string_view value) {
    const std::size_t from = text.find(item.text, begin_of_line(text, item.line) + item.column);
    if (from != std::string::npos) text.replace(from, item.text.size(), value);
    return text;
}

/// The text with `pin` in `table`: in place of its peer_pin, or below its entry `after`.
wamp::Result<std::string, Diagnostic> with_pin(std::string_view text, const std::string& file,
                                               const Item& table, std::string_view after,
                                               std::string_view pin) {
    const std::string by_hand = "write it by hand: peer_pin = " + quoted(pin);
    if (table.inline_table)
        return at(table, file, "a pin cannot be added to an inline table", by_hand);
    const Item* const old = table.find(pin_key);
    if (old != nullptr && (old->kind != Item::Kind::text || old->line != old->key_line))
        return at(*old, file, "\"peer_pin\" is not one pin on one line", by_hand);
    std::string changed(text);
    if (old != nullptr) return replace(std::move(changed), *old, pin);
    const Item& before = *table.find(after);
    const std::size_t begin = begin_of_line(text, before.key_line);
    const std::string_view indent = text.substr(begin, before.key_column - 1);
    const std::size_t end = begin_of_line(text, before.line + 1);
    std::string line;
    if (end > 0 && text[end - 1] != '\n') line += '\n';
    line += std::string(indent) + std::string(pin_key) + " = " + quoted(pin) + "\n";
    return changed.insert(end, line);
}

/// A change that reads back as something else is not made.
wamp::Result<std::string, Diagnostic> checked(wamp::Result<std::string, Diagnostic> changed,
                                              const std::string& file, std::string_view list,
                                              std::string_view key, std::string_view value,
                                              std::string_view pin) {
    if (!changed) return changed;
    const auto document = policy::parse_document(*changed, file);
    if (document) {
        for (const Item* const table : tables(*document, list)) {
            if (text_in(*table, key) == value && text_in(*table, pin_key) == pin) return changed;
        }
    }
    return Diagnostic{{file, 1, 1},
                      "the pin cannot be written into this file",
                      "write it by hand: peer_pin = " + quoted(pin)};
}

/// Whether it is a [[backend]] that accepts its link over TCP.
std::optional<Address> accepts_at(const Item& table) {
    if (text_in(table, "kind") != "accept") return std::nullopt;
    const auto address = backend_link::parse_address(text_in(table, "listen"));
    return address && address->kind == Address::Kind::tcp ? address : std::nullopt;
}

}  // namespace

wamp::Result<AcceptingBackend, Diagnostic> find_accepting_backend(std::string_view text,
                                                                  const std::string& file,
                                                                  std::string_view name) {
    const auto document = policy::parse_document(text, file);
    if (document.has_error()) return document.error();
    std::vector<AcceptingBackend> found;
    for (const Item* const table : tables(*document, "backend")) {
        const auto address = accepts_at(*table);
        const std::string_view own = text_in(*table, "name");
        if (!name.empty() && own != name) continue;
        if (address) {
            const Item& listen = *table->find("listen");
            found.push_back({std::string(own), *address, {file, listen.line, listen.column}});
        } else if (!name.empty()) {
            return at(*table, file, "backend " + quoted(name) + " does not accept a link over TCP",
                      "only kind = \"accept\" with listen = \"tcp:ADDRESS:PORT\" has pins");
        }
    }
    if (found.size() == 1) return std::move(found.front());
    std::string names;
    for (const AcceptingBackend& each : found)
        names += (names.empty() ? "" : ", ") + quoted(each.name);
    if (!found.empty()) {
        return Diagnostic{{file, 1, 1},
                          "several backends accept a link over TCP: " + names,
                          "choose one with --backend"};
    }
    return Diagnostic{
        {file, 1, 1},
        name.empty() ? "no backend accepts a link over TCP" : "there is no backend " + quoted(name),
        "add [[backend]] with name, kind = \"accept\" and listen = "
        "\"tcp:ADDRESS:PORT\""};
}

wamp::Result<std::string, Diagnostic> with_backend_pin(std::string_view text,
                                                       const std::string& file,
                                                       std::string_view name,
                                                       std::string_view pin) {
    const auto document = policy::parse_document(text, file);
    if (document.has_error()) return document.error();
    for (const Item* const table : tables(*document, "backend")) {
        if (text_in(*table, "name") != name || !accepts_at(*table)) continue;
        return checked(with_pin(text, file, *table, "listen", pin), file, "backend", "name", name,
                       pin);
    }
    return Diagnostic{{file, 1, 1},
                      "backend " + quoted(name) + " is not there any more",
                      "write its pin by hand: peer_pin = " + quoted(pin)};
}

wamp::Result<std::string, Diagnostic> with_link(std::string_view text, const std::string& file,
                                                const Address& gateway, std::string_view pin) {
    const auto document = policy::parse_document(text, file);
    if (document.has_error()) return document.error();
    const std::string address = gateway.text();
    for (const Item* const table : tables(*document, "link")) {
        if (text_in(*table, "gateway") != address) continue;
        return checked(with_pin(text, file, *table, "gateway", pin), file, "link", "gateway",
                       address, pin);
    }
    std::string changed(text);
    for (const Item* const table : tables(*document, "link")) {
        const Item* const old = table->find("gateway");
        if (text_in(*table, pin_key) != example_pin || old == nullptr) continue;
        // An example: its address is none, either. The pin comes first, as it does not move lines.
        auto with_its_pin = with_pin(text, file, *table, "gateway", pin);
        if (!with_its_pin) return with_its_pin;
        return checked(replace(*std::move(with_its_pin), *old, address), file, "link", "gateway",
                       address, pin);
    }
    if (!changed.empty() && changed.back() != '\n') changed += '\n';
    changed += "\n[[link]]\ngateway = " + quoted(address) + "\npeer_pin = " + quoted(pin) + "\n";
    return checked(std::move(changed), file, "link", "gateway", address, pin);
}

}  // namespace sallyport::gateway
