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

/// The [variables] of a realm's files. `${var.name}` alone is replaced by the variable's value of
/// any type; as an element of a list, a list value is inserted element by element; within a longer
/// string the value must be a string.
class Variables {
public:
    /// Adds the entries of one [variables]. `file` must outlive this. Reports duplicate names.
    void add(const Item& table, const std::string& file, Diagnostics& diagnostics);

    /// The value with all variables replaced, at the positions where they were used. Reports
    /// unknown variables and variables that refer to themselves.
    Item expand(const Item& item, const std::string& file, Diagnostics& diagnostics) const;

    /// After the last expand(): reports the same errors in variables that nothing used.
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
