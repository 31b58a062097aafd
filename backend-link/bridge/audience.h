#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "policy/door/sessions.h"
#include "wamp/base/ids.h"
#include "wamp/base/value.h"

namespace sallyport::backend_link {

/// The sessions that may receive a publication, as specified by its options: the six lists
/// (W-BWL-01) and exclude_me (W-PEX-01). An empty list that is present admits no session
/// (W-BWL-02). Session ids in the lists are front ids, which have no meaning behind the link.
class Audience {
public:
    /// More entries in one list are refused.
    static constexpr std::size_t list_entries_max = 1024;

    /// `options` of PUBLISH; their types were checked at decoding, and unknown keys are ignored
    /// (W-BWL-04).
    explicit Audience(const wamp::Dict& options);

    bool too_long() const noexcept { return too_long_; }
    bool has_lists() const noexcept { return lists_ != nullptr; }
    /// Whether that session may receive it, including publisher exclusion (W-BWL-05).
    bool admits(const policy::Session& receiver, wamp::SessionId publisher) const noexcept;
    /// Whether no session behind the link may receive it, as far as the front can know. Only a
    /// router to which identities are conveyed can apply lists of authids and authroles.
    bool front_only(bool identity_is_conveyed) const noexcept;
    /// Appends the lists that the backend's router is to apply to the options of a PUBLISH.
    void append_to(wamp::Dict& options, bool identity_is_conveyed) const;

private:
    struct Lists {
        bool has_ids = false, has_authids = false, has_authroles = false;
        std::vector<wamp::SessionId> ids;
        std::vector<std::string> authids;
        std::vector<std::string> authroles;
    };
    struct ReceiverLists {
        Lists eligible;
        Lists exclude;
    };

    bool exclude_me_ = true;
    bool too_long_ = false;
    std::shared_ptr<const ReceiverLists> lists_;  ///< null in the usual case: no lists
};

}  // namespace sallyport::backend_link
