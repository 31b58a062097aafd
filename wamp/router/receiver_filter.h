#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "wamp/base/value.h"
#include "wamp/router/realm.h"

namespace sallyport::wamp {

/// Who may receive one publication: the six lists of PUBLISH.Options and the exclusion of its
/// publisher (requirements: Black/whitelisting, requirements: Publisher exclusion). A session
/// passes if it is in every eligible list that is present and in no exclude list; an empty list
/// counts as present (W-BWL-01, W-BWL-02). A session that represents others (Realm::Session::
/// outside) passes unless it is excluded itself or nobody is eligible: its end applies the lists,
/// which EVENT brings there, to those whom it represents (W-BWL-03). Borrows the options.
class ReceiverFilter {
public:
    /// Entries of a list that a publisher may give: they are compared with each receiver.
    static constexpr std::size_t entries_max = 1024;

    ReceiverFilter(const Dict& options, SessionId publisher);

    bool passes(const Realm::Session& session) const noexcept;
    bool has_lists() const noexcept { return lists_; }
    /// Whether a list among the options has more entries than a publisher may give.
    static bool too_long(const Dict& options) noexcept;
    /// The lists among the options.
    static void append_lists(Dict& details, const Dict& options);

private:
    using Sessions = std::optional<std::vector<SessionId>>;      // sorted
    using Names = std::optional<std::vector<std::string_view>>;  // sorted

    static Sessions sessions(const Dict& options, std::string_view key);
    static Names names(const Dict& options, std::string_view key);
    bool is_eligible(const Realm::Session& session) const noexcept;
    bool is_for_nobody() const noexcept;

    SessionId excluded_publisher_;  ///< 0: the publisher may receive it too
    bool lists_ = false;            ///< whether any list is present
    Sessions eligible_, exclude_;
    Names eligible_authid_, exclude_authid_;
    Names eligible_authrole_, exclude_authrole_;
};

}  // namespace sallyport::wamp
