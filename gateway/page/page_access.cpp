#include "gateway/page/page_access.h"

#include <algorithm>
#include <utility>

#include "gateway/page/operator_page.h"
#include "gateway/page/style.h"
#include "policy/crypto/hash.h"

namespace sallyport::gateway {

namespace {

constexpr std::string_view entry_path = "/enter/";
constexpr std::string_view cookie_name = "sallyport=";
constexpr std::string_view headers =
    "Content-Security-Policy: default-src 'none'; style-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'\r\nReferrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\nCross-Origin-Resource-Policy: same-origin\r\n";

PageAccess::Verdict refused(int status, const std::string& title, const std::string& text) {
    return {PageAccess::Verdict::Kind::answer, html_answer(status, short_page(title, text)), {}};
}

}  // namespace

HttpAnswer html_answer(int status, std::string html) {
    return {status, "text/html; charset=utf-8", std::move(html), std::string(headers)};
}

HttpAnswer to_page(std::string header) {
    HttpAnswer answer = html_answer(303, short_page("Go on", "The page is at /."));
    answer.headers += "Location: /\r\n" + std::move(header);
    return answer;
}

PageAccess::PageAccess(PageSecrets secrets, bool may_act)
    : secrets_(std::move(secrets)), may_act_(may_act) {}

PageAccess::Verdict PageAccess::judge(const HttpHead& request) {
    const bool reads = request.method == "GET" || request.method == "HEAD";
    if (request.method == "GET" && request.path.starts_with(entry_path))
        return enter(std::string_view(request.path).substr(entry_path.size()));
    if (!knows(request.cookie))
        return refused(403, "Not for you",
                       "Open the URL that `sallyport page` printed. It works once, in one browser; "
                       "start the command again for another one.");
    if (request.path == "/act" && request.method == "POST") return judge_act(request);
    if (!reads) return refused(405, "Not possible", "Only GET is answered here.");
    if (request.path == "/") return {Verdict::Kind::show, {}, {}};
    if (request.path == "/page.css")
        return {Verdict::Kind::answer,
                {200, "text/css; charset=utf-8", std::string(page_style()), std::string(headers)},
                {}};
    return refused(404, "Not found", "The page is at /.");
}

bool PageAccess::knows(std::string_view cookies) const {
    bool known = false;
    while (!cookies.empty()) {
        const std::size_t end = std::min(cookies.find(';'), cookies.size());
        std::string_view one = cookies.substr(0, end);
        cookies.remove_prefix(std::min(end + 1, cookies.size()));
        while (one.starts_with(' ')) one.remove_prefix(1);
        if (!one.starts_with(cookie_name)) continue;
        one.remove_prefix(cookie_name.size());
        known = policy::crypto::equal(one, secrets_.cookie) || known;
    }
    return entered_ && known;
}

PageAccess::Verdict PageAccess::enter(std::string_view token) {
    if (!policy::crypto::equal(token, secrets_.entry) || std::exchange(entered_, true))
        return refused(403, "Not valid",
                       "This URL was used before, or is not the one that `sallyport page` printed. "
                       "Start the command again.");
    return {Verdict::Kind::answer,
            to_page("Set-Cookie: " + std::string(cookie_name) + secrets_.cookie +
                    "; Path=/; HttpOnly; SameSite=Strict\r\n"),
            {}};
}

PageAccess::Verdict PageAccess::judge_act(const HttpHead& request) const {
    if (!may_act_) return refused(403, "Not allowed", "`sallyport page` runs without --manage.");
    auto form = parse_form(request.body);
    if (!form) return refused(400, "Not a form", "Go back to the page and try again.");
    if (!policy::crypto::equal(field(*form, "form_token"), secrets_.form))
        return refused(403, "Not allowed", "The form is not one of this page.");
    return {Verdict::Kind::act, {}, std::move(*form)};
}

}  // namespace sallyport::gateway
