#include "policy/tools/analysis/argument_cases.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "policy/tools/analysis/atoms.h"
#include "wamp/codec/codec.h"
#include "wamp/codec/json_writer.h"

namespace sallyport::policy {
namespace {

using wamp::Dict;
using wamp::List;
using wamp::Value;
using Conditions = std::vector<const Condition*>;

// Larger lengths are not tried, as no sensible rule depends on them.
constexpr std::uint64_t length_max = 70'000;
constexpr std::uint64_t depth_max = 40;
constexpr std::size_t cases_max = 20'000;
constexpr std::size_t shown_bytes_max = 80;
constexpr std::size_t literals_max = 256;  // literals of one condition that are tried

Value nested(std::uint64_t depth) {
    Value value = 0;
    for (std::uint64_t i = 0; i < depth; ++i) value = List{std::move(value)};
    return value;
}

Value list_of(std::uint64_t length, std::uint64_t depth) {
    List list(length, Value(0));
    if (!list.empty() && depth > 0) list.back() = nested(depth - 1);
    return list;
}

Value dict_of(std::uint64_t length) {
    Dict dict;
    for (std::uint64_t i = 0; i < length; ++i) dict.append("k" + std::to_string(i), 0);
    return dict;
}

/// The values of one argument that its conditions distinguish.
class Candidates {
public:
    explicit Candidates(const Conditions& conditions) {
        // The first of equivalent values is kept, so values that are easy to write in a file come
        // first.
        values_ = {0, 1, -1, 0.5, "x", "", false, true, List{}, List{0}, Dict{}, Dict{{"k", 0}}};
        std::set<std::uint64_t> lengths;
        std::set<std::uint64_t> depths{0, 1};
        for (const Condition* condition : conditions) {
            if (condition->min) around(*condition->min);
            if (condition->max) around(*condition->max);
            add_length(lengths, condition->min_length);
            add_length(lengths, condition->max_length);
            for (const Condition::Literal& literal : condition->one_of) add(literal);
            if (condition->max_depth) {
                const std::uint64_t deepest = *condition->max_depth;
                for (std::uint64_t depth = deepest; depth <= std::min(deepest + 1, depth_max);
                     ++depth)
                    depths.insert(depth);
            }
            if (condition->max_bytes) around_bytes(*condition->max_bytes);
        }
        for (const std::uint64_t length : lengths) {
            values_.emplace_back(std::string(length, 'x'));
            values_.push_back(dict_of(length));
            for (const std::uint64_t depth : depths) {
                if (depth > 0) values_.push_back(list_of(length, depth));
            }
        }
        for (const std::uint64_t depth : depths) values_.push_back(nested(depth));
        values_.emplace_back();
        for (const std::uint64_t length : lengths)
            values_.emplace_back(wamp::Bytes{std::string(length, 'x')});
        values_.emplace_back(wamp::Bytes{"x"});
        values_.emplace_back(wamp::Bytes{""});
    }

    List take() { return std::move(values_); }

private:
    static void add_length(std::set<std::uint64_t>& lengths,
                           const std::optional<std::uint64_t>& bound) {
        if (!bound) return;
        for (std::uint64_t length = *bound == 0 ? 0 : *bound - 1;
             length <= std::min(*bound, length_max) + 1; ++length)
            lengths.insert(length);
    }
    void integer(std::int64_t number) { values_.emplace_back(number); }
    void around(const Number& bound) {
        if (const auto* exact = std::get_if<std::int64_t>(&bound)) {
            integer(*exact);
            if (*exact != std::numeric_limits<std::int64_t>::min()) integer(*exact - 1);
            if (*exact != std::numeric_limits<std::int64_t>::max()) integer(*exact + 1);
            values_.emplace_back(static_cast<double>(*exact) + 0.5);
            values_.emplace_back(static_cast<double>(*exact) - 0.5);
            return;
        }
        const double real = *std::get_if<double>(&bound);
        constexpr double most = std::numeric_limits<double>::max();
        for (const double near :
             {real, std::nextafter(real, most), std::nextafter(real, -most), std::floor(real),
              std::ceil(real), std::floor(real) - 1, std::ceil(real) + 1}) {
            if (!std::isfinite(near)) continue;
            values_.emplace_back(near);
            if (near == std::floor(near) && std::abs(near) < 9e18)
                integer(static_cast<std::int64_t>(near));
        }
    }
    void around_bytes(std::uint64_t bound) {
        for (std::uint64_t less = 0; less <= 6 && less <= bound; ++less) {
            const std::uint64_t length = std::min(bound - less, length_max) + 1;
            values_.emplace_back(std::string(length, 'x'));
        }
    }
    void add(const Condition::Literal& literal) {
        if (const auto* flag = std::get_if<bool>(&literal)) values_.emplace_back(*flag);
        if (const auto* exact = std::get_if<std::int64_t>(&literal)) around(*exact);
        if (const auto* real = std::get_if<double>(&literal)) around(*real);
        if (const auto* text = std::get_if<std::string>(&literal)) values_.emplace_back(*text);
    }

    List values_;
};

/// One subject of conditions: an argument, or all of them together.
struct Slot {
    Condition::Source source = Condition::Source::arg;
    std::size_t index = 0;
    std::string name;
    std::vector<Value> values;  ///< null pointer's place is taken by `absent`
    bool absent = true;
};

struct Chosen {
    List args;
    Dict kwargs;
};

class Maker {
public:
    /// `conditions` of all `rules`, without duplicates.
    Maker(Conditions conditions, const std::vector<const RuleText*>& rules, bool finely)
        : conditions_(std::move(conditions)) {
        find_slots();
        if (finely) vary_pairs(rules);
        for (const RuleText* rule : rules) {
            if (!rule->where.empty()) vary(rule->where);
        }
        choose(0, {}, false);
    }
    std::vector<Chosen> take() { return std::move(made_); }

private:
    /// The index of each slot's value; -1 for absent.
    using Picks = std::vector<int>;

    void find_slots();
    void fill(Slot& slot, const Conditions& conditions);
    Chosen build(const Picks& picks) const;
    Picks fitting(const std::vector<Condition>& rule) const;
    void vary(const std::vector<Condition>& rule);
    void vary_pairs(const std::vector<const RuleText*>& rules);
    void choose(std::size_t slot, const Chosen& chosen, bool args_end);
    void keep(const Chosen& chosen);
    std::vector<bool> truths(const Chosen& chosen, const Conditions& conditions) const;

    Conditions conditions_;
    std::vector<Slot> slots_;
    std::vector<Chosen> made_;
    std::set<std::vector<bool>> seen_;
    std::size_t tried_ = 0;
};

// Equal if every condition has the same result for the value alone.
std::vector<bool> Maker::truths(const Chosen& chosen, const Conditions& conditions) const {
    const auto payload = wamp::make_payload(wamp::Serializer::msgpack, chosen.args, chosen.kwargs);
    std::vector<bool> truths;
    truths.reserve(conditions.size());
    for (const Condition* condition : conditions)
        truths.push_back(holds(*condition, payload.view()));
    return truths;
}

void Maker::fill(Slot& slot, const Conditions& conditions) {
    std::set<std::vector<bool>> seen;
    for (Value& value : Candidates(conditions).take()) {
        Chosen alone;
        if (slot.source == Condition::Source::arg) {
            alone.args.resize(slot.index);
            alone.args.push_back(value);
        } else {
            alone.kwargs.append(slot.name, value);
        }
        if (seen.insert(truths(alone, conditions)).second) slot.values.push_back(std::move(value));
    }
}

void Maker::find_slots() {
    std::map<std::size_t, Conditions> by_index;
    std::map<std::string, Conditions> by_name;
    Conditions whole_args;
    Conditions whole_kwargs;
    for (const Condition* condition : conditions_) {
        switch (condition->source) {
            case Condition::Source::arg:
                by_index[condition->index].push_back(condition);
                break;
            case Condition::Source::kwarg:
                by_name[condition->name].push_back(condition);
                break;
            case Condition::Source::args:
                whole_args.push_back(condition);
                break;
            case Condition::Source::kwargs:
                whole_kwargs.push_back(condition);
                break;
        }
    }
    for (const auto& [index, conditions] : by_index) {
        Slot slot{Condition::Source::arg, index, {}, {}, true};
        fill(slot, conditions);
        slots_.push_back(std::move(slot));
    }
    for (const auto& [name, conditions] : by_name) {
        Slot slot{Condition::Source::kwarg, 0, name, {}, true};
        fill(slot, conditions);
        slots_.push_back(std::move(slot));
    }
    // Conditions on all arguments: a list or dict whose items are appended.
    if (!whole_args.empty()) {
        Slot slot{Condition::Source::args, 0, {}, {}, true};
        for (Value& value : Candidates(whole_args).take()) slot.values.push_back(std::move(value));
        slots_.push_back(std::move(slot));
    }
    if (!whole_kwargs.empty()) {
        Slot slot{Condition::Source::kwargs, 0, {}, {}, true};
        for (Value& value : Candidates(whole_kwargs).take())
            slot.values.push_back(std::move(value));
        slots_.push_back(std::move(slot));
    }
}

void append_all(Chosen& chosen, Condition::Source source, const Value& value) {
    const auto* list = value.get_if<List>();
    const auto* dict = value.get_if<Dict>();
    if (source == Condition::Source::args) {
        if (list == nullptr) {
            chosen.args.push_back(value);
        } else {
            chosen.args.insert(chosen.args.end(), list->begin(), list->end());
        }
        return;
    }
    if (dict == nullptr) {
        chosen.kwargs.set("pad", value);
        return;
    }
    for (const auto& [key, item] : *dict) chosen.kwargs.set("pad_" + key, item);
}

Chosen Maker::build(const Picks& picks) const {
    Chosen out;
    bool args_end = false;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        const Slot& slot = slots_[i];
        const bool positional =
            slot.source == Condition::Source::arg || slot.source == Condition::Source::args;
        if (picks[i] < 0 || (positional && args_end)) {
            args_end = args_end || slot.source == Condition::Source::arg;
            continue;
        }
        const Value& value = slot.values[static_cast<std::size_t>(picks[i])];
        if (slot.source == Condition::Source::arg) {
            out.args.resize(slot.index, Value(0));
            out.args.push_back(value);
        } else if (slot.source == Condition::Source::kwarg) {
            out.kwargs.append(slot.name, value);
        } else {
            append_all(out, slot.source, value);
        }
    }
    return out;
}

// What the rule needs, as far as slots can be chosen one by one: for each slot the first value that
// fails the fewest conditions of the rule.
Maker::Picks Maker::fitting(const std::vector<Condition>& rule) const {
    Picks picks(slots_.size(), -1);
    const auto failing = [&](const Picks& tried) {
        const Chosen chosen = build(tried);
        const auto payload =
            wamp::make_payload(wamp::Serializer::msgpack, chosen.args, chosen.kwargs);
        return std::count_if(rule.begin(), rule.end(), [&payload](const Condition& condition) {
            return !holds(condition, payload.view());
        });
    };
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
        auto least = failing(picks);
        Picks tried = picks;
        for (int pick = 0; pick < static_cast<int>(slots_[slot].values.size()); ++pick) {
            tried[slot] = pick;
            const auto fails = failing(tried);
            if (fails >= least) continue;
            least = fails;
            picks[slot] = pick;
        }
    }
    return picks;
}

// All combinations may be too many. Rules differ near a payload that one of them accepts, so each
// slot, and each pair of slots, takes every value there.
void Maker::vary(const std::vector<Condition>& rule) {
    const Picks base = fitting(rule);
    const auto last = [this](std::size_t slot) {
        return static_cast<int>(slots_[slot].values.size());
    };
    keep(build(base));
    for (std::size_t a = 0; a < slots_.size(); ++a) {
        Picks one = base;
        for (one[a] = -1; one[a] < last(a); ++one[a]) keep(build(one));
    }
    for (std::size_t a = 0; a < slots_.size(); ++a) {
        for (std::size_t b = a + 1; b < slots_.size(); ++b) {
            Picks two = base;
            for (two[a] = -1; two[a] < last(a) && tried_ < cases_max; ++two[a]) {
                for (two[b] = -1; two[b] < last(b); ++two[b]) keep(build(two));
            }
        }
    }
}

// Near a payload that both versions of a rule accept, so that they differ in one slot only.
void Maker::vary_pairs(const std::vector<const RuleText*>& rules) {
    std::map<std::string, std::vector<Condition>> by_id;
    std::map<std::string, int> versions;
    for (const RuleText* rule : rules) {
        if (rule->where.empty()) continue;
        std::vector<Condition>& all = by_id[rule->id];
        all.insert(all.end(), rule->where.begin(), rule->where.end());
        ++versions[rule->id];
    }
    for (const auto& [id, all] : by_id) {
        if (versions[id] > 1) vary(all);
    }
}

void Maker::choose(std::size_t index, const Chosen& chosen, bool args_end) {
    if (tried_ > cases_max) return;
    if (index == slots_.size()) return keep(chosen);
    const Slot& slot = slots_[index];
    choose(index + 1, chosen, args_end || slot.source == Condition::Source::arg);
    if (args_end &&
        (slot.source == Condition::Source::arg || slot.source == Condition::Source::args))
        return;
    for (const Value& value : slot.values) {
        Chosen next = chosen;
        switch (slot.source) {
            case Condition::Source::arg:
                next.args.resize(slot.index, Value(0));
                next.args.push_back(value);
                break;
            case Condition::Source::kwarg:
                next.kwargs.append(slot.name, value);
                break;
            case Condition::Source::args:
            case Condition::Source::kwargs:
                append_all(next, slot.source, value);
                break;
        }
        choose(index + 1, next, args_end);
    }
}

void Maker::keep(const Chosen& chosen) {
    ++tried_;
    if (seen_.insert(truths(chosen, conditions_)).second) made_.push_back(chosen);
}

std::string shown(const std::string& json) {
    if (json.size() <= shown_bytes_max) return json;
    return json.substr(0, shown_bytes_max) + "… (" + std::to_string(json.size()) + " bytes)";
}

void add_new(Conditions& conditions, const Condition& condition) {
    const auto same = [&condition](const Condition* other) { return *other == condition; };
    if (std::none_of(conditions.begin(), conditions.end(), same)) conditions.push_back(&condition);
}

bool accepts(const Condition& condition, const Condition::Literal& literal) {
    return std::find(condition.one_of.begin(), condition.one_of.end(), literal) !=
           condition.one_of.end();
}

// The atoms, and each literal that one condition accepts and another on the same argument does not.
Conditions parts_of(const Conditions& conditions, std::deque<Condition>& parts) {
    Conditions found;
    const auto add = [&](Condition part) {
        parts.push_back(std::move(part));
        add_new(found, parts.back());
    };
    for (const Condition* condition : conditions) {
        for (Condition& atom : atoms_of(*condition)) add(std::move(atom));
        std::size_t told_apart = 0;
        for (const Condition::Literal& literal : condition->one_of) {
            const auto another = [&](const Condition* other) {
                return same_subject(*other, *condition) && !accepts(*other, literal);
            };
            if (std::none_of(conditions.begin(), conditions.end(), another)) continue;
            if (++told_apart > literals_max) break;
            Condition alone;
            alone.source = condition->source;
            alone.index = condition->index;
            alone.name = condition->name;
            alone.one_of = {literal};
            add(std::move(alone));
        }
    }
    return found;
}

}  // namespace

std::vector<ArgumentCase> argument_cases(const std::vector<const RuleText*>& rules, Action action,
                                         bool finely) {
    if (action != Action::call && action != Action::publish) return {ArgumentCase{}};
    Conditions conditions;
    std::set<std::uint64_t> limits;
    for (const RuleText* rule : rules) {
        for (const Condition& condition : rule->where) add_new(conditions, condition);
        if (rule->limits.payload_bytes != 0) limits.insert(rule->limits.payload_bytes);
    }
    std::deque<Condition> parts;
    if (finely) conditions = parts_of(conditions, parts);
    std::vector<ArgumentCase> cases;
    const auto add_sizes = [&](const ArgumentCase& one) {
        cases.push_back(one);
        for (const std::uint64_t limit : limits) {
            for (const std::uint64_t bytes : {limit, limit + 1}) {
                if (bytes <= one.bytes) continue;
                cases.push_back(one);
                cases.back().bytes = bytes;
                cases.back().sized = true;
            }
        }
    };
    if (conditions.empty()) {
        add_sizes({});
    } else {
        for (Chosen& chosen : Maker(conditions, rules, finely).take()) {
            ArgumentCase one;
            one.payload = wamp::make_payload(wamp::Serializer::msgpack, chosen.args, chosen.kwargs);
            one.bytes = one.payload.view().bytes();
            one.args = std::move(chosen.args);
            one.kwargs = std::move(chosen.kwargs);
            add_sizes(one);
        }
    }
    ArgumentCase opaque;
    opaque.opaque = true;
    add_sizes(opaque);
    return cases;
}

std::string describe(const ArgumentCase& arguments) {
    std::string text;
    if (!arguments.args.empty()) {
        std::string json;
        wamp::append_json(json, arguments.args);
        text += " with args " + shown(json);
    }
    if (!arguments.kwargs.empty()) {
        std::string json;
        wamp::append_json(json, arguments.kwargs);
        text += (text.empty() ? " with kwargs " : " and kwargs ") + shown(json);
    }
    if (arguments.opaque) text += " with an opaque payload";
    if (arguments.sized) {
        text += arguments.opaque ? " of " : text.empty() ? " with a payload of " : ", in all ";
        text += std::to_string(arguments.bytes) + " bytes";
    }
    return text;
}

}  // namespace sallyport::policy
