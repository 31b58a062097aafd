#include "policy/auth_section.h"

#include <array>
#include <string_view>

#include "policy/file.h"
#include "policy/section.h"

namespace sallyport::policy {
namespace {

constexpr std::array<std::string_view, 2> auth_keys{"anonymous", "principals"};
constexpr std::array<std::string_view, 1> anonymous_keys{"role"};

std::string read_role(Section& section, const Item& table) {
    const auto text = section.need_text("role", "\"guest\"");
    if (!text) return {};
    if (!is_valid_name(*text)) {
        section.error(*table.find("role"), quoted(*text) + " cannot be a role",
                      *text == "*"
                          ? "name one role here; \"*\" stands for all in the roles of rules"
                          : "use 1 to 64 letters, digits and any of - _ . @");
    }
    return *text;
}

}  // namespace

AuthText read_auth(const Item& table, const std::string& file, Diagnostics& diagnostics) {
    AuthText out;
    Section auth(table, "[auth]", auth_keys, file, diagnostics);
    if (const Item* anonymous = auth.find("anonymous", Item::Kind::table, "{ role = \"guest\" }")) {
        Section who(*anonymous, "anonymous", anonymous_keys, file, diagnostics);
        out.anonymous_role = read_role(who, *anonymous);
    }
    if (const Item* principals =
            auth.find("principals", Item::Kind::text, "\"realm.principals.toml\"")) {
        out.principals = principals->text;
        out.principals_place = auth.place(*principals);
        if (principals->text.empty()) {
            auth.error(*principals, "\"principals\" is empty", "name a file, or remove the line");
        }
    }
    return out;
}

}  // namespace sallyport::policy
