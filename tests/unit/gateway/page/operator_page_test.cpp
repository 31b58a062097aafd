#include "gateway/page/operator_page.h"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::gateway {
namespace {

constexpr const char* status_up =
    R"({"program":"gateway","version":"1.2","started":"2026-12-01T09:00:00.5Z","reloaded":"",)"
    R"("realms":[{"name":"lab","policy":"0123456789abcdef"}],)"
    R"("limits":{"sessions":10,"memory":1048576,"message_bytes":1048576,"queue_bytes":2097152},)"
    R"("onion":{"mode":"off"},"front":{"connections":9,"sessions":2,)"
    R"("memory":{"used":524288,"peak":786432,"closed":0},)"
    R"("decisions":{"allowed":5,"denied":1,"limited":0,"joined":2,"join_refused":3},)"
    R"("links":[{"name":"inside","up":true,"since":"2026-12-01T09:00:01.5Z","calls":4}]}})";

PageContent content() {
    PageContent all;
    all.read_at = "2026-12-01T10:00:00Z";
    all.status = status_up;
    all.sessions = R"({"sessions":[{"session":7,"realm":"lab","authid":"alice","role":"operator",)"
                   R"("method":"ticket","circuit":12}],"more":3})";
    return all;
}

void expect_in(const std::string& html, std::string_view part) {
    EXPECT_NE(html.find(part), std::string::npos) << part << " is not in\n" << html;
}

void expect_not_in(const std::string& html, std::string_view part) {
    EXPECT_EQ(html.find(part), std::string::npos) << part << " is in\n" << html;
}

TEST(OperatorPage, BeginsWithTheVerdict) {
    expect_in(operator_page(content()), "<h1 class=\"good\">All is well</h1>");
    PageContent down = content();
    const std::size_t at = down.status.find("\"up\":true");
    down.status.replace(at, 9, "\"up\":false,\"reason\":\"no <route>\"");
    const std::string html = operator_page(down);
    expect_in(html, "<h1 class=\"bad\">Not all is well</h1>");
    expect_in(html, "link inside is down since");
    expect_in(html, "no &lt;route&gt;");
    expect_in(html, "<span class=\"bad\">down</span>");
}

TEST(OperatorPage, SaysWhyTheProgramDoesNotAnswer) {
    PageContent none;
    none.unanswered = "cannot connect to <here>";
    none.no_records = "its audit log is not in a file";
    const std::string html = operator_page(none);
    expect_in(html, "the program did not answer");
    expect_in(html, "cannot connect to &lt;here&gt;");
    expect_in(html, "Nobody is connected.");
    expect_in(html, "its audit log is not in a file");
}

TEST(OperatorPage, ShowsWhoIsConnectedAndHowNearTheLimitsAre) {
    const std::string html = operator_page(content());
    expect_in(html,
              "<th scope=\"row\"><bdi>alice</bdi></th><td><bdi>operator</bdi></td>"
              "<td><bdi>lab</bdi></td><td><bdi>ticket</bdi></td>"
              "<td class=\"number\">12</td><td class=\"number\">7</td>");
    expect_in(html, "And 3 more.");
    expect_in(html, "9 of 10 (90%)<meter aria-label=\"Connections\"");
    expect_in(html, "0.5 MiB of 1.0 MiB (50%)");
    expect_in(html, "<code>0123456789ab</code>");
    expect_in(html, "As of 2026-12-01T10:00:00Z.");
}

TEST(OperatorPage, ShowsDenialsWithTheirRuleAndTheQuestion) {
    PageContent all = content();
    policy::DeniedRequests requests;
    requests.last = "2026-12-01T09:30:00.1Z";
    requests.outcome = "deny";
    requests.authid = "bob";
    requests.role = "guest";
    requests.action = "call";
    requests.uri = "lab.power_off";
    requests.rule = "nobody-powers-off";
    requests.file = "lab.toml";
    requests.line = 31;
    requests.count = 4;
    all.denied.push_back({requests, "sallyport policy explain lab.toml --as bob:guest"});
    all.records = {"2026-12-01T09:30:00.1Z deny call lab.power_off"};
    const std::string html = operator_page(all);
    expect_in(html, "<bdi>nobody-powers-off</bdi> at <bdi>lab.toml</bdi>:31");
    expect_in(html, "<code>sallyport policy explain lab.toml --as bob:guest</code>");
    expect_in(html, "<li><bdi>2026-12-01T09:30:00.1Z deny call lab.power_off</bdi></li>");
}

TEST(OperatorPage, ShowsWhatChangedSinceThePreviousVersion) {
    PageContent all = content();
    expect_in(operator_page(all), "There is no previous version.");
    all.has_previous = true;
    expect_in(operator_page(all), "the same");
    all.policies.push_back({"lab.toml", "allows <more>\n"});
    expect_in(operator_page(all), "<pre>allows &lt;more&gt;\n</pre>");
}

TEST(OperatorPage, HasFormsOnlyWhereSomebodyMayAct) {
    PageContent all = content();
    all.form_token = "the-token";
    all.files = {"people.toml"};
    all.has_previous = true;
    const std::string reading = operator_page(all);
    expect_not_in(reading, "<form");
    expect_not_in(reading, "the-token");
    all.may_act = true;
    const std::string acting = operator_page(all);
    for (const char* const part :
         {"name=\"act\" value=\"drain\"", "name=\"name\" value=\"inside\"",
          "name=\"act\" value=\"reload\"", "name=\"act\" value=\"rollback\"", "value=\"disable\"",
          "<option>people.toml</option>"})
        expect_in(acting, part);
    std::size_t forms = 0;
    std::size_t tokens = 0;
    for (auto at = acting.find("<form"); at != std::string::npos; at = acting.find("<form", at + 1))
        ++forms;
    for (auto at = acting.find("value=\"the-token\""); at != std::string::npos;
         at = acting.find("value=\"the-token\"", at + 1))
        ++tokens;
    EXPECT_EQ(forms, 5U);  // with that of the one session
    EXPECT_EQ(tokens, forms);
}

TEST(OperatorPage, EndsSessionsAndCircuitsThatItsTorHas) {
    PageContent all = content();
    all.may_act = true;
    all.sessions = R"({"sessions":[{"session":7,"authid":"alice","circuit":31,"method":"ticket"},)"
                   R"({"session":8,"authid":"gateway","method":"link"}]})";
    const std::string without = operator_page(all);
    expect_in(without, "<button>End session 7</button>");
    expect_not_in(without, "End session 8");  // that is a link
    expect_not_in(without, "Close circuit");
    all.status.replace(all.status.find("\"off\""), 5, "\"managed\"");
    expect_in(operator_page(all),
              "value=\"close\"><input type=\"hidden\" name=\"name\" value=\"31\"");
}

TEST(OperatorPage, DrainsNoLinkOfAnInside) {
    PageContent all = content();
    all.may_act = true;
    all.status.replace(all.status.find("gateway"), 7, "inside");
    expect_not_in(operator_page(all), "Drain");
    expect_in(operator_page(all), "name=\"act\" value=\"reload\"");
}

TEST(OperatorPage, ShowsTheTextsOfStrangersAsText) {
    constexpr const char* evil = "\"'><script>alert(1)</script>";
    PageContent all = content();
    all.sessions = R"({"sessions":[{"authid":"\"'><script>alert(1)</script>","role":"<script>"}]})";
    policy::DeniedRequests requests;
    requests.last = requests.outcome = requests.reason = requests.realm = requests.authid =
        requests.role = requests.action = requests.uri = requests.rule = requests.file = evil;
    all.denied.push_back({requests, evil});
    all.records = {evil};
    all.notice = all.unanswered = all.read_at = evil;
    all.has_previous = all.may_act = true;
    all.policies.push_back({evil, evil});
    all.files = {evil};
    const std::string html = operator_page(all);
    expect_not_in(html, "<script");
    expect_not_in(html, "\"'>");
}

TEST(OperatorPage, NeedsNoScriptAndNoOtherResource) {
    PageContent all = content();
    all.may_act = true;
    const std::string html = operator_page(all);
    for (const char* const part : {"<script", "style=\"", "onclick", "http:", "https:", "src="})
        expect_not_in(html, part);
    expect_in(html, "<html lang=\"en\">");
    expect_in(short_page("<T>", "<x>"), "<h1>&lt;T&gt;</h1>\n<p>&lt;x&gt;</p>");
}

}  // namespace
}  // namespace sallyport::gateway
