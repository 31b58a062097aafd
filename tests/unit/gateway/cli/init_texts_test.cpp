#include "gateway/cli/init_texts.h"

#include <gtest/gtest.h>

namespace sallyport::gateway {
namespace {

TEST(InitTexts, SayWhatIsWrongWithAnAnswer) {
    InitAnswers answers;
    EXPECT_NE(fault_of(answers).find("--person"), std::string::npos);
    answers.people = {{"alice", "operator"}};
    EXPECT_EQ(fault_of(answers), "");
    for (const char* const prefix : {"home", "", ".", "wamp.", "Home.", "home..a.", ".home."}) {
        answers.prefix = prefix;
        EXPECT_NE(fault_of(answers).find("prefix"), std::string::npos) << prefix;
    }
    answers.prefix = "home.lab.";
    answers.people = {{"alice", "boss"}};
    EXPECT_NE(fault_of(answers).find("viewer, operator or device"), std::string::npos);
    answers.people = {{"al\nice", "viewer"}};
    EXPECT_NE(fault_of(answers).find("cannot be a name"), std::string::npos);
    answers.people = {};
    answers.webhook = true;
    EXPECT_EQ(fault_of(answers), "");
    answers.realm = "a realm";
    EXPECT_NE(fault_of(answers).find("realm"), std::string::npos);
}

TEST(InitTexts, HaveRulesOnlyForThoseWhoAreThere) {
    InitAnswers answers;
    answers.people = {{"ben", "viewer"}};
    EXPECT_NE(policy_text(answers).find("viewers-watch"), std::string::npos);
    EXPECT_EQ(policy_text(answers).find("operators-work"), std::string::npos);
    EXPECT_EQ(policy_text(answers).find("anonymous"), std::string::npos);
    EXPECT_EQ(inside_policy_text(answers).find("operators-work"), std::string::npos);
}

TEST(InitTexts, OfTwoMachinesHaveALink) {
    InitAnswers answers;
    answers.link = "tcp:10.0.0.1:4443";
    EXPECT_NE(gateway_text(answers).find("listen = \"tcp:10.0.0.1:4443\""), std::string::npos);
    EXPECT_NE(inside_text(answers).find("gateway = \"tcp:10.0.0.1:4443\""), std::string::npos);
    answers.link.clear();
    EXPECT_NE(gateway_text(answers).find("embedded"), std::string::npos);
    EXPECT_EQ(inside_text(answers).find("[[link]]"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::gateway
