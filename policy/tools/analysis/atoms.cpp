#include "policy/tools/analysis/atoms.h"

namespace sallyport::policy {
namespace {

Condition about(const Condition& condition) {
    Condition bare;
    bare.source = condition.source;
    bare.index = condition.index;
    bare.name = condition.name;
    return bare;
}

// Names the value in `other` that `atom` does not accept.
std::string which(const Condition& atom, const RuleText& other, const wamp::Payload& payload) {
    const Condition bare = about(atom);
    if (!holds(bare, payload)) return " absent";
    for (const Condition& condition : other.where) {
        if (!same_subject(condition, atom)) continue;
        if (atom.one_of.empty()) {
            for (unsigned type = 0; type < 8; ++type) {
                Condition one = bare;
                one.types.add(static_cast<ValueTypes::Type>(type));
                if (condition.types.has(static_cast<ValueTypes::Type>(type)) && holds(one, payload))
                    return " type " + std::to_string(type);
            }
            continue;
        }
        for (std::size_t i = 0; i < condition.one_of.size(); ++i) {
            Condition one = bare;
            one.one_of = {condition.one_of[i]};
            if (holds(one, payload)) return " literal " + std::to_string(i);
        }
    }
    return "";
}

}  // namespace

bool same_subject(const Condition& a, const Condition& b) {
    return a.source == b.source && a.index == b.index && a.name == b.name;
}

std::vector<Condition> atoms_of(const Condition& condition) {
    Condition first = about(condition);
    first.optional = condition.optional;
    first.types = condition.types;
    std::vector<Condition> atoms{first};
    const auto add = [&](auto member) {
        if (condition.*member == first.*member) return;
        atoms.push_back(first);
        atoms.back().*member = condition.*member;
    };
    add(&Condition::min);
    add(&Condition::max);
    add(&Condition::min_length);
    add(&Condition::max_length);
    add(&Condition::max_depth);
    add(&Condition::max_bytes);
    add(&Condition::one_of);
    return atoms;
}

std::vector<std::string> misfits(const RuleText& rule, const RuleText& other,
                                 const ArgumentCase& arguments) {
    std::vector<std::string> found;
    if (arguments.opaque) {
        if (rule.payload == PayloadMode::readable) found.emplace_back("opaque");
        if (rule.allow && !rule.where.empty()) found.emplace_back("where");
        return found;
    }
    if (rule.payload == PayloadMode::opaque) found.emplace_back("readable");
    const wamp::Payload payload = arguments.payload.view();
    for (std::size_t number = 0; number < rule.where.size(); ++number) {
        const auto atoms = atoms_of(rule.where[number]);
        for (std::size_t i = 0; i < atoms.size(); ++i) {
            if (holds(atoms[i], payload)) continue;
            std::string name = std::to_string(number) + "." + std::to_string(i);
            if (i == 0 || !atoms[i].one_of.empty()) name += which(atoms[i], other, payload);
            found.push_back(std::move(name));
            if (i == 0) break;  // without the first atom no bound holds
        }
    }
    return found;
}

}  // namespace sallyport::policy
