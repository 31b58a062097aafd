#include "policy/principals.h"

#include <array>
#include <set>
#include <utility>

#include "policy/document.h"
#include "policy/file.h"
#include "policy/section.h"

namespace sallyport::policy {
namespace {

constexpr std::array<std::string_view, 1> principals_keys{"principal"};
constexpr std::array<std::string_view, 3> principal_keys{"authid", "role", "ticket"};

}  // namespace

std::vector<PrincipalText> parse_principals(std::string_view text, const std::string& file,
                                            Diagnostics& diagnostics) {
    const auto root = parse_document(text, file);
    if (!root) {
        diagnostics.push_back(root.error());
        return {};
    }
    std::vector<PrincipalText> principals;
    std::set<std::string> taken;
    Section all(*root, "a principals file", principals_keys, file, diagnostics);
    for (const Item* table : all.tables("principal")) {
        Section one(*table, "[[principal]]", principal_keys, file, diagnostics);
        PrincipalText principal;
        principal.place = one.place();
        if (const auto authid = one.need_text("authid", "\"alice\"")) {
            principal.authid = *authid;
            if (authid->empty() || authid->size() > authid_bytes_max) {
                one.error(*table->find("authid"), "an authid has 1 to 256 bytes",
                          "use a short name");
            } else if (!taken.insert(*authid).second) {
                one.error(*table->find("authid"), "the authid " + quoted(*authid) + " is taken",
                          "remove one of the two principals");
            }
        }
        if (const auto role = one.need_text("role", "\"operator\"")) {
            principal.role = *role;
            if (!is_valid_name(*role)) {
                one.error(*table->find("role"), quoted(*role) + " cannot be a role",
                          "use 1 to 64 letters, digits and any of - _ . @");
            }
        }
        if (const auto ticket = one.need_text("ticket", "\"…\", as printed by: sallyport ticket")) {
            if (auto hash = crypto::parse_ticket_hash(*ticket)) {
                principal.ticket = *std::move(hash);
            } else {
                // The text is not shown: it may be the secret itself.
                one.error(*table->find("ticket"), "the ticket is not stored as a hash",
                          "make it with: sallyport ticket --authid NAME --role ROLE");
            }
        }
        principals.push_back(std::move(principal));
    }
    return principals;
}

}  // namespace sallyport::policy
