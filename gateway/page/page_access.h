#pragma once

#include <string>
#include <string_view>

#include "gateway/admin/http_head.h"
#include "gateway/page/form.h"

namespace sallyport::gateway {

/// Random texts of 256 bits, different from each other.
struct PageSecrets {
    std::string entry;   ///< in the URL that is printed
    std::string cookie;  ///< of the browser that used the URL
    std::string form;    ///< in each form
};

/// Who may see the operator page, and act on it. The URL with the entry token works once: the
/// browser that opens it gets a cookie, which everything else requires. A form requires its own
/// token in addition, so that no other page can submit it.
class PageAccess {
public:
    PageAccess(PageSecrets secrets, bool may_act);

    /// What to do with a request.
    struct Verdict {
        enum class Kind { answer, show, act };
        Kind kind = Kind::answer;
        HttpAnswer answer{};  ///< of answer
        Form form{};          ///< of act: its fields, one of which is "act"
    };
    Verdict judge(const HttpHead& request);

    const std::string& form_token() const noexcept { return secrets_.form; }
    bool may_act() const noexcept { return may_act_; }

private:
    bool knows(std::string_view cookies) const;
    Verdict enter(std::string_view token);
    Verdict judge_act(const HttpHead& request) const;

    PageSecrets secrets_;
    bool may_act_;
    bool entered_ = false;
};

/// A page with the headers that keep it to itself: nothing is loaded but its own CSS, and no other
/// page frames it or gets its address.
HttpAnswer html_answer(int status, std::string html);
/// Has the browser show the page, by a request of its own.
HttpAnswer to_page(std::string header = {});

}  // namespace sallyport::gateway
