#include "gateway/page/page_access.h"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::gateway {
namespace {

using Kind = PageAccess::Verdict::Kind;

PageSecrets secrets() {
    return {"entry", "cookie", "form"};
}

HttpHead request(const std::string& method, const std::string& path, const std::string& cookie,
                 const std::string& body = {}) {
    HttpHead head;
    head.method = method;
    head.path = path;
    head.cookie = cookie;
    head.body = body;
    return head;
}

/// One that a browser has entered.
PageAccess entered(bool may_act = true) {
    PageAccess access(secrets(), may_act);
    (void)access.judge(request("GET", "/enter/entry", ""));
    return access;
}

TEST(PageAccess, GivesTheCookieOnce) {
    PageAccess access(secrets(), true);
    const auto first = access.judge(request("GET", "/enter/entry", ""));
    EXPECT_EQ(first.answer.status, 303);
    EXPECT_NE(first.answer.headers.find(
                  "Set-Cookie: sallyport=cookie; Path=/; HttpOnly; SameSite=Strict\r\n"),
              std::string::npos)
        << first.answer.headers;
    EXPECT_EQ(access.judge(request("GET", "/enter/entry", "")).answer.status, 403);
    EXPECT_EQ(access.judge(request("GET", "/", "sallyport=cookie")).kind, Kind::show);
}

TEST(PageAccess, DoesNotSpendTheTokenOnAWrongOneOrAnotherMethod) {
    PageAccess access(secrets(), true);
    EXPECT_EQ(access.judge(request("GET", "/enter/entrz", "")).answer.status, 403);
    EXPECT_EQ(access.judge(request("GET", "/enter/", "")).answer.status, 403);
    EXPECT_EQ(access.judge(request("HEAD", "/enter/entry", "")).answer.status, 403);
    EXPECT_EQ(access.judge(request("GET", "/enter/entry", "")).answer.status, 303);
}

TEST(PageAccess, ShowsNothingWithoutTheCookie) {
    PageAccess access = entered();
    for (const char* const cookie :
         {"", "sallyport=", "sallyport=cookiE", "cookie", "other=cookie", "sallyport=cookie2"}) {
        for (const char* const path : {"/", "/page.css", "/act", "/nothing"}) {
            const auto verdict = access.judge(request("GET", path, cookie));
            EXPECT_EQ(verdict.kind, Kind::answer);
            EXPECT_EQ(verdict.answer.status, 403) << path << " " << cookie;
        }
        EXPECT_EQ(access.judge(request("POST", "/act", cookie, "form_token=form&act=reload"))
                      .answer.status,
                  403);
    }
    EXPECT_EQ(access.judge(request("GET", "/", "a=1; sallyport=cookie; b=2")).kind, Kind::show);
}

TEST(PageAccess, ShowsNothingBeforeTheUrlWasUsed) {
    PageAccess access(secrets(), true);
    EXPECT_EQ(access.judge(request("GET", "/", "sallyport=cookie")).answer.status, 403);
}

TEST(PageAccess, LetsActWithTheTokenOfAForm) {
    PageAccess access = entered();
    const auto judge = [&](const std::string& body) {
        return access.judge(request("POST", "/act", "sallyport=cookie", body));
    };
    const auto verdict = judge("form_token=form&act=drain&name=lab");
    EXPECT_EQ(verdict.kind, Kind::act);
    EXPECT_EQ(field(verdict.form, "name"), "lab");
    EXPECT_EQ(judge("act=drain&name=lab").answer.status, 403);
    EXPECT_EQ(judge("form_token=forn&act=drain").answer.status, 403);
    EXPECT_EQ(judge("form_token=%&act=drain").answer.status, 400);
    EXPECT_EQ(access.judge(request("GET", "/act", "sallyport=cookie")).answer.status, 404);
    EXPECT_EQ(access.judge(request("POST", "/", "sallyport=cookie")).answer.status, 405);
}

TEST(PageAccess, LetsNobodyActUnlessItMay) {
    PageAccess access = entered(false);
    const auto verdict =
        access.judge(request("POST", "/act", "sallyport=cookie", "form_token=form&act=reload"));
    EXPECT_EQ(verdict.kind, Kind::answer);
    EXPECT_EQ(verdict.answer.status, 403);
}

TEST(PageAccess, LoadsNothingButItsOwnCss) {
    PageAccess access = entered();
    const auto css = access.judge(request("GET", "/page.css", "sallyport=cookie"));
    EXPECT_EQ(css.answer.type, "text/css; charset=utf-8");
    for (const HttpAnswer& answer : {css.answer, html_answer(200, ""), to_page()}) {
        EXPECT_NE(answer.headers.find("Content-Security-Policy: default-src 'none'; style-src "
                                      "'self'; form-action 'self'; frame-ancestors 'none'"),
                  std::string::npos);
        EXPECT_NE(answer.headers.find("Referrer-Policy: no-referrer"), std::string::npos);
    }
}

}  // namespace
}  // namespace sallyport::gateway
