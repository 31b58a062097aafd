#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "policy/document/diagnostic.h"
#include "policy/document/document.h"

namespace sallyport::policy {

/// The [variables] of a realm's files. `${var.name}` alone stands for the variable's value,
/// whatever it is; as an element of a list, a list takes its place element by element; within a
/// longer text it must be a text.
class Variables {
public:
    /// Takes the entries of one [variables]. `file` outlives this. Reports names that are taken.
    void add(const Item& table, const std::string& file, Diagnostics& diagnostics);

    /// The value with all variables replaced, at the places where they were used. Reports unknown
    /// ones and those that stand for themselves.
    Item expand(const Item& item, const std::string& file, Diagnostics& diagnostics) const;

    /// After the last expand(): reports the same of variables that nothing used.
    void check_unused(Diagnostics& diagnostics) const;

private:
    struct Variable {
        Item value;
        Place place;
    };
    class Expansion;

    std::map<std::string, Variable, std::less<>> variables_;
    mutable std::set<std::string, std::less<>> used_;
};

}  // namespace sallyport::policy
