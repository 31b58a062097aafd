#include "tests/layout/rules.h"

#include <gtest/gtest.h>

namespace sallyport::layout {
namespace {

std::size_t words(std::string text, std::string path = "wamp/base/clock.cpp") {
    return check_banned_words({std::move(path), std::move(text)}).size();
}

TEST(BannedWords, AreFoundInCode) {
    EXPECT_EQ(words("auto now = std::chrono::steady_clock::now();\n"), 1U);
    EXPECT_EQ(words("std::mutex lock;\nstd::random_device d;\n"), 2U);
    EXPECT_EQ(words("if (bad) throw Error{};\n"), 1U);
}

TEST(BannedWords, AreWholeWords) {
    EXPECT_EQ(words("int randomised = operand; bool rethrow_it = true;\n"), 0U);
}

TEST(BannedWords, MayStandInCommentsAndStrings) {
    EXPECT_EQ(words("// no steady_clock here\n/* std::mutex\n throw */ int x;\n"), 0U);
    EXPECT_EQ(words("auto s = \"throw \\\" throw\"; auto r = R\"x(throw \")x\";\n"), 0U);
    EXPECT_EQ(words("auto s = \"//\"; throw 1;\n"), 1U);
    EXPECT_EQ(words("auto r = R\"(\")\"; throw 1;\n"), 1U);
    EXPECT_EQ(words("char c = '\"'; throw 1'000;\n"), 1U);
}

TEST(BannedWords, AreAllowedInTheShell) {
    EXPECT_EQ(words("auto now = steady_clock::now();\n", "wamp/net/clock.cpp"), 0U);
    EXPECT_EQ(words("auto now = steady_clock::now();\n", "gateway/programs/clock.cpp"), 0U);
}

TEST(BannedWords, OnlyCheckMayPrintBeforeItAborts) {
    EXPECT_EQ(words("std::fprintf(stderr, text);\n", "wamp/base/check.cpp"), 0U);
    EXPECT_EQ(words("std::fprintf(stderr, text);\n"), 1U);
}

TEST(BannedWords, AreReportedWithTheirLine) {
    const auto wrong = check_banned_words({"policy/a.cpp", "/* one\n two */\nthrow 1;\n"});
    ASSERT_EQ(wrong.size(), 1U);
    EXPECT_TRUE(wrong[0].starts_with("policy/a.cpp:3: throw"));
}

TEST(PolicyQuestions, AreAskedByTheJudgeAndTheToolsAlone) {
    const std::string text = "auto d = policy.decide(subject, question);\n";
    EXPECT_EQ(check_policy_questions({"gateway/front/a.cpp", text}).size(), 1U);
    EXPECT_EQ(check_policy_questions({"policy/door/door.cpp", text}).size(), 1U);
    EXPECT_EQ(check_policy_questions({"policy/meta/a.h", "\n x->may_receive (topic)"}),
              std::vector<std::string>{
                  "policy/meta/a.h:2: may_receive(): only policy::Judge asks the policy"});
    for (const char* path : {"policy/engine/a.cpp", "policy/door/judge.cpp",
                             "policy/file/inline_test.cpp", "policy/tools/analysis/explain.cpp"}) {
        EXPECT_TRUE(check_policy_questions({path, text}).empty()) << path;
    }
}

TEST(PolicyQuestions, MayBeTalkedOf) {
    EXPECT_TRUE(check_policy_questions({"gateway/front/a.cpp", "// what decide() says\n"}).empty());
    EXPECT_TRUE(
        check_policy_questions({"gateway/front/a.cpp", "would_decide(x); decided(y);\n"}).empty());
}

TEST(Length, IsFineAtTheLimitAndRefusedPastIt) {
    std::string text;
    for (std::size_t i = 0; i < file_lines_max; ++i) text += "x\n";
    EXPECT_TRUE(check_length({"a.cpp", text}).empty());
    text += "x";
    EXPECT_EQ(check_length({"a.cpp", text}).size(), 1U);
}

TEST(HeaderGuard, IsAskedOfHeadersOnly) {
    EXPECT_TRUE(check_header_guard({"a.h", "// why\n#pragma once\n"}).empty());
    EXPECT_EQ(check_header_guard({"a.h", "// #pragma once\n"}).size(), 1U);
    EXPECT_TRUE(check_header_guard({"a.cpp", ""}).empty());
}

TEST(Namespace, FollowsTheTopFolder) {
    EXPECT_TRUE(check_namespace({"wamp/base/a.h", "namespace sallyport::wamp {\n"}).empty());
    EXPECT_TRUE(
        check_namespace({"backend-link/a.h", "namespace sallyport::backend_link {\n"}).empty());
    EXPECT_EQ(check_namespace({"wamp/base/a.h", "namespace sallyport::policy {\n"}).size(), 1U);
    EXPECT_EQ(check_namespace({"wamp/base/a.h", "namespace sallyport {\n"}).size(), 1U);
    EXPECT_EQ(check_namespace({"wamp/base/a.h", "namespace sallyport::wampum {\n"}).size(), 1U);
}

TEST(Mirrors, StandAtTheSamePathUnderTestsUnit) {
    EXPECT_EQ(mirror_of("wamp/codec/json.cpp"), "tests/unit/wamp/codec/json_test.cpp");
    EXPECT_EQ(mirror_of("wamp/codec/json.h"), "");
    EXPECT_EQ(mirror_of("gateway/config/config.cpp"), "tests/unit/gateway/config/config_test.cpp");
    EXPECT_EQ(mirror_of("gateway/cli/main.cpp"), "tests/unit/gateway/cli/main_test.cpp");
    EXPECT_EQ(mirror_of("wamp/net/stream.cpp"), "");
    EXPECT_EQ(mirror_of("gateway/host/child.cpp"), "");
    EXPECT_EQ(mirror_of("gateway/programs/worker.cpp"), "");
    EXPECT_EQ(mirror_of("tests/sim/world.cpp"), "");
}

TEST(Mirrors, AreMissedWhereTheyAreMissing) {
    EXPECT_EQ(check_mirrors({"policy/engine/permit.cpp"}).size(), 1U);
    EXPECT_TRUE(
        check_mirrors({"policy/engine/permit.cpp", "tests/unit/policy/engine/permit_test.cpp"})
            .empty());
}

TEST(TypeNames, BelongToOneHeaderEach) {
    const SourceFile channel{"wamp/net/channel.h", "class Channel {\n    struct State {\n"};
    const auto wrong = check_type_names(
        {channel, {"gateway/host/channel.h", "class Channel final : public Base {\n"}});
    ASSERT_EQ(wrong.size(), 1U);
    EXPECT_EQ(wrong[0], "gateway/host/channel.h: Channel is a type in wamp/net/channel.h too");
    EXPECT_EQ(check_type_names({channel, {"a/b.h", "struct [[nodiscard]] Channel {\n"}}).size(),
              1U);
    EXPECT_EQ(check_type_names({channel,
                                {"a/after.h",
                                 "namespace sallyport::a {\nnamespace effect {\n}  // namespace "
                                 "effect\nclass Channel {\n"}})
                  .size(),
              1U);
    EXPECT_TRUE(check_type_names({channel,
                                  {"a/forward.h", "class Channel;\n"},
                                  {"a/effect.h", "namespace effect {\nstruct Channel {\n"},
                                  {"a/nested.h", "struct Channel::Config {\n"},
                                  {"a/inner.h", "    struct State {\n    class Channel {\n"},
                                  {"tests/a.h", "class Channel {\n"},
                                  {"a/own.cpp", "class Channel {\n"}})
                    .empty());
}

TEST(FolderSizes, AreFineAtTheLimitAndRefusedPastIt) {
    std::set<std::string> paths = {"policy/a.h"};
    for (std::size_t i = 0; i < folder_sources_max; ++i) {
        paths.insert("policy/" + std::to_string(i) + ".cpp");
    }
    EXPECT_TRUE(check_folder_sizes(paths).empty());
    paths.insert("policy/more.cpp");
    EXPECT_EQ(check_folder_sizes(paths).size(), 1U);
}

TEST(CMakeLists, NameEverySource) {
    const std::vector<SourceFile> lists = {
        {"wamp/base/CMakeLists.txt", "sallyport_library(wamp_base SOURCES uri.cpp HEADERS uri.h)"},
        {"cmake/sallyport.cmake", "add_library(x \"${CMAKE_SOURCE_DIR}/wamp/net/source.cpp\")"},
    };
    EXPECT_TRUE(check_named_in_cmake({"wamp/base/uri.cpp", "wamp/base/uri.h"}, lists).empty());
    EXPECT_TRUE(check_named_in_cmake({"wamp/net/source.cpp"}, lists).empty());
    EXPECT_EQ(check_named_in_cmake({"wamp/base/i.cpp"}, lists).size(), 1U);
    EXPECT_EQ(check_named_in_cmake({"wamp/message/uri.cpp"}, lists).size(), 1U);
    EXPECT_TRUE(check_named_in_cmake({"tests/sim/world.h"}, lists).empty());
    EXPECT_EQ(check_named_in_cmake({"tests/sim/world.cpp"}, lists).size(), 1U);
    EXPECT_TRUE(check_named_in_cmake({"wamp/base/notes.py"}, lists).empty());
}

TEST(ImpureSymbols, AreReadFromTheOutputOfNm) {
    const std::string_view output =
        "lib.a:a.o:                 U clock_gettime@GLIBC_2.17\n"
        "lib.a:a.o:                 U std::chrono::_V2::steady_clock::now()\n"
        "lib.a:a.o:                 U memcpy\n"
        "lib.a:b.o:                 U sallyport::wamp::socket_like(int)\n"
        "lib.a:b.o:                 U __recv_chk\n"
        "lib.a:b.o:                 U __memcpy_chk\n"
        "lib.a:b.o:                 U socket\n";
    EXPECT_EQ(impure_symbols(output).size(), 4U);
    EXPECT_TRUE(impure_symbols("").empty());
}

}  // namespace
}  // namespace sallyport::layout
