#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/document/section.h"
#include "policy/file/file.h"

namespace sallyport::policy {

// Parts that several tables of a policy file share. Each function reports the errors that it finds.

/// "id": valid, and not yet in `used`, to which it is added.
std::string read_id(Section& table, std::set<std::string>& used);

/// "match": exact if absent; nothing if it is invalid.
std::optional<wamp::MatchPolicy> read_match(Section& table);

/// Whether a pattern may contain ${authid} and ${authrole}.
enum class Placeholders : bool { refused, allowed };

/// "uri", one or several; returns the patterns that are valid for `match`. The prefix "" matches
/// everything.
std::vector<PatternText> read_uris(Section& table, std::optional<wamp::MatchPolicy> match,
                                   Placeholders placeholders);

/// A valid role; otherwise "".
std::string read_role(Section& table, std::string_view key);

/// "arg": the index of a positional argument; nothing if it is invalid.
std::optional<std::uint32_t> read_argument_index(Section& table);

/// A size: "64KiB" or a number of bytes, at least `least`.
std::optional<std::uint64_t> read_bytes(Section& table, std::string_view key, std::int64_t least);

/// [[allow]] or [[forbid]].
RuleText read_rule(const Item& table, bool allow, std::set<std::string>& ids,
                   const std::string& file, Diagnostics& diagnostics);
/// An entry of `where`.
std::optional<Condition> read_condition(const Item& table, const std::string& file,
                                        Diagnostics& diagnostics);
/// "deliver", "key" and "rate" of a table; nothing if it has none of them.
std::optional<EventDelivery> read_delivery(Section& table, const std::string& file,
                                           Diagnostics& diagnostics);
/// Refuses those keys in a table to which they do not apply.
void refuse_delivery(Section& table, const std::string& text, const std::string& hint);
/// { arg = 0 } or { kwarg = "name" }, the value of the key `name`; none if it is invalid.
EventKey read_argument_key(const Item& item, const std::string& name, const std::string& file,
                           Diagnostics& diagnostics);
/// "20/s"; 0 if it is absent or invalid.
double read_rate(Section& table);
/// [[route]].
RouteText read_route(const Item& table, std::set<std::string>& ids, const std::string& file,
                     Diagnostics& diagnostics);
/// [[test]].
TestText read_test(const Item& table, const std::string& file, Diagnostics& diagnostics);

inline constexpr std::array<std::string_view, 4> action_names{"call", "register", "subscribe",
                                                              "publish"};

}  // namespace sallyport::policy
