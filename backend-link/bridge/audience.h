#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "policy/door/sessions.h"
#include "wamp/base/ids.h"
#include "wamp/base/value.h"

namespace sallyport::backend_link {

struct LinkSide;

/// The sessions that may receive a publication, as specified by its options, or by the details of
/// an EVENT of our inside: the six lists (W-BWL-01) and exclude_me (W-PEX-01). An empty list of
/// eligible ones that is present admits no session (W-BWL-02). The lists cross the link to our
/// inside and back, and both ends apply them to the receivers that they know (W-BWL-03).
class Audience {
public:
    /// More entries in one list of a client are refused.
    static constexpr std::size_t list_entries_max = 1024;

    /// `options` of PUBLISH; their types were checked at decoding, and unknown keys are ignored
    /// (W-BWL-04).
    explicit Audience(const wamp::Dict& options);

    bool too_long() const noexcept { return too_long_; }
    bool has_lists() const noexcept { return lists_ != nullptr; }
    /// Whether that session may receive it, including publisher exclusion (W-BWL-05).
    bool admits(const policy::Session& receiver, wamp::SessionId publisher) const noexcept;
    bool excludes_publisher() const noexcept { return exclude_me_; }
    /// Appends the lists to the options of a PUBLISH for our inside, and `excluded` to those that
    /// are excluded (0: nobody). A number that is no front session's is what the client was told
    /// for a session behind the link: a pseudonym by us, or the id itself by somebody else. So both
    /// cross.
    void append_to(wamp::Dict& options, const LinkSide& link, wamp::SessionId excluded) const;

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
