#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "policy/door/sessions.h"
#include "wamp/base/ids.h"
#include "wamp/base/value.h"

namespace sallyport::backend_link {

/// To whom a publication may go, as its options say: the six lists (W-BWL-01) and exclude_me
/// (W-PEX-01). A list that is there and empty admits nobody (W-BWL-02). Session ids in them are
/// front ids, so they mean nothing behind the link.
class Audience {
public:
    /// More entries in one list are refused.
    static constexpr std::size_t list_entries_max = 1024;

    /// PUBLISH.Options, whose types were checked at decoding; only known keys are looked at
    /// (W-BWL-04).
    explicit Audience(const wamp::Dict& options);

    bool too_long() const noexcept { return too_long_; }
    bool has_lists() const noexcept { return lists_ != nullptr; }
    /// Whether that session may get it; publisher exclusion included (W-BWL-05).
    bool admits(const policy::Session& receiver, wamp::SessionId publisher) const noexcept;
    /// Whether nobody behind the link may get it, as far as that can be known here. Only a router
    /// that knows our identities can be asked to apply lists of them.
    bool front_only(bool identity_is_conveyed) const noexcept;
    /// The lists for the router behind, appended to the options of a PUBLISH.
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
    std::shared_ptr<const ReceiverLists> lists_;  ///< null in the usual case: none at all
};

}  // namespace sallyport::backend_link
