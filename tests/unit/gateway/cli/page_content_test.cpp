#include "gateway/cli/page_content.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "gateway/config/policy_version.h"
#include "gateway/host/start_error.h"
#include "tests/support/temporary_folder.h"

namespace sallyport::gateway {
namespace {

constexpr const char* rule =
    "[[allow]]\nid = \"a\"\nroles = [\"guest\"]\nactions = [\"call\"]\nuri = [\"lab.look\"";

/// A program that does not run, with an audit log and two versions.
class PageContentTest : public testing::Test {
protected:
    PageContentTest() {
        folder_.write("gateway.toml",
                      "state_dir = \"state\"\nrealms = [\"lab.toml\"]\n[audit]\nto = "
                      "\"file:audit.jsonl\"\n");
        folder_.write("lab.toml", "realm = \"lab\"\n");
        std::filesystem::create_directory(folder_.path("state"));
        std::filesystem::permissions(folder_.path("state"), std::filesystem::perms::owner_all);
        std::filesystem::create_directory(folder_.path("state/policy"));
    }
    void store(const std::string& folder, const std::string& uris, const std::string& people) {
        PolicyVersion version;
        version.add(
            folder_.path("lab.toml"),
            "realm = \"lab\"\n[auth]\nanonymous = { role = \"guest\" }\n" + (rule + uris) + "]\n");
        version.add(folder_.path("people.toml"), people, true);
        store_version(version, folder);
    }
    PageContent content() const { return page_content(config()); }
    std::string config() const { return folder_.path("gateway.toml"); }
    std::string state() const { return folder_.path("state"); }

    sallyport::test::TemporaryFolder folder_;
};

TEST_F(PageContentTest, SaysThatTheProgramDoesNotRun) {
    const PageContent found = content();
    EXPECT_EQ(found.status, "");
    EXPECT_NE(found.unanswered.find("is `sallyport serve` or `sallyport inside` running"),
              std::string::npos)
        << found.unanswered;
    EXPECT_NE(found.no_records.find("cannot be opened"), std::string::npos);
    EXPECT_FALSE(found.has_previous);
    EXPECT_THROW(page_content(folder_.path("nothing.toml")), StartError);
}

TEST_F(PageContentTest, HasDenialsAndRecordsTheNewestFirst) {
    const std::string record =
        R"({"time":"T","outcome":"deny","reason":"no rule allows it","realm":"lab",)"
        R"("authid":"bob","role":"guest","action":"call","uri":"lab.slew"})"
        "\n";
    folder_.write("state/audit.jsonl",
                  record + record + "broken\n" + R"({"time":"U","outcome":"leave"})" + "\n");
    const PageContent found = content();
    ASSERT_EQ(found.denied.size(), 1U);
    EXPECT_EQ(found.denied[0].requests.count, 2U);
    EXPECT_EQ(found.denied[0].explain, "sallyport policy explain " + folder_.path("lab.toml") +
                                           " --as bob:guest --call lab.slew");
    ASSERT_EQ(found.records.size(), 3U);
    EXPECT_EQ(found.records[0], "U leave");
}

TEST_F(PageContentTest, ReadsTheEndOfALongLogOnly) {
    std::string log(1 << 20, 'x');
    log += "\n{\"time\":\"U\",\"outcome\":\"leave\"}\n";
    folder_.write("state/audit.jsonl", R"({"time":"T","outcome":"deny"})"
                                       "\n" +
                                           log);
    const PageContent found = content();
    EXPECT_TRUE(found.denied.empty());
    EXPECT_EQ(found.records, std::vector<std::string>{"U leave"});
}

TEST_F(PageContentTest, SaysHowTheVersionsDiffer) {
    store(running_version_folder(state()), ", \"lab.weather\"", "new");
    store(previous_version_folder(state()), "", "old");
    const PageContent found = content();
    EXPECT_TRUE(found.has_previous);
    ASSERT_EQ(found.policies.size(), 2U);
    EXPECT_EQ(found.policies[0].file, folder_.path("lab.toml"));
    EXPECT_NE(found.policies[0].difference.find("call \"lab.weather\""), std::string::npos)
        << found.policies[0].difference;
    EXPECT_EQ(found.policies[1].difference, "the principals in it changed\n");
    EXPECT_EQ(found.files, std::vector<std::string>{folder_.path("people.toml")});
}

TEST_F(PageContentTest, ActsOnNothingThatIsNotKnown) {
    store(running_version_folder(state()), "", "");
    EXPECT_EQ(act_on(config(), {{"act", "shutdown"}, {"name", "x"}}), "there is no such act");
    EXPECT_EQ(act_on(config(), {{"act", "drain"}}), "whom, or what? a name is missing");
    EXPECT_EQ(act_on(config(), {{"act", "drain"}, {"name", "a\nstop"}}),
              "whom, or what? a name is missing");
    EXPECT_TRUE(act_on(config(), {{"act", "reload"}}).starts_with("cannot connect to "));
    for (const std::string& file : {std::string("/etc/passwd"), folder_.path("lab.toml")}) {
        EXPECT_EQ(act_on(config(), {{"act", "disable"}, {"name", "alice"}, {"file", file}}),
                  file + " is not a principals file of the running version");
    }
}

}  // namespace
}  // namespace sallyport::gateway
