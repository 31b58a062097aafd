#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "wamp/message/layout.h"

namespace sallyport::wamp {
namespace {

template <class M>
std::string wrong_in(Dict dict) {
    M message;
    if constexpr (requires { message.options; }) {
        message.options = std::move(dict);
    } else {
        message.details = std::move(dict);
    }
    return std::string(wrong_option(Message(message)).value_or("-"));
}

template <class M>
void expect_type(const std::string& key, const Value& right, const std::vector<Value>& wrong) {
    EXPECT_EQ(wrong_in<M>({{key, right}}), "-") << key;
    for (const Value& value : wrong)
        EXPECT_EQ(wrong_in<M>({{key, value}}), key) << value.storage().index();
}

const std::vector<Value> no_booleans{1, 0, "true", Value(), 1.0, List{}, Dict{}};
const std::vector<Value> no_integers{-1, 1.5, 1.0, "5", true, Value(), List{}};
const std::vector<Value> no_texts{1, true, Value(), Bytes{"x"}, List{}, Dict{}};

TEST(WrongOption, IsNoneForEmptyOrUnknownOptions) {  // W-MSG-06, W-MSG-07
    EXPECT_EQ(wrong_in<Call>({}), "-");
    EXPECT_EQ(wrong_in<Call>({{"x_mine", List{1}}, {"match", 7}, {"_impl", Value()}}), "-");
    EXPECT_EQ(wrong_in<Yield>({{"timeout", "a callee may say what it likes"}}), "-");
    EXPECT_FALSE(wrong_option(Message(Published{1, 2})));
    EXPECT_FALSE(wrong_option(Message(Challenge{"ticket", {{"salt", 1}}})));
}

TEST(WrongOption, KnowsTheOptionsOfCallAndInvocation) {
    expect_type<Call>("timeout", 0, no_integers);
    expect_type<Call>("receive_progress", true, no_booleans);
    expect_type<Call>("progress", false, no_booleans);
    expect_type<Call>("disclose_me", true, no_booleans);
    expect_type<Call>("ppt_scheme", "wamp", no_texts);
    expect_type<Call>("transaction_hash", "h", no_texts);
    expect_type<Call>("forward_for", List{Dict{{"session", 1}}}, {1, "x", Dict{}, List{1}});
    expect_type<Invocation>("caller", 7, {0, -1, "7", Value(), id_max + 1});
    expect_type<Invocation>("procedure", "a.b", no_texts);
    expect_type<Invocation>("caller_authid", "joe", no_texts);
    expect_type<Invocation>("trustlevel", 2, no_integers);
    expect_type<CallResult>("progress", true, no_booleans);
    expect_type<Yield>("progress", true, no_booleans);
    expect_type<Error>("ppt_cipher", "x", no_texts);
}

TEST(WrongOption, KnowsTheOptionsOfPublishAndEvent) {
    for (const char* flag : {"acknowledge", "exclude_me", "disclose_me", "retain"})
        expect_type<Publish>(flag, true, no_booleans);
    for (const char* list : {"exclude", "eligible"}) {
        expect_type<Publish>(list, List{1, id_max},
                             {1, List{"1"}, List{0}, List{1.0}, Dict{}, Value()});
    }
    for (const char* list :
         {"exclude_authid", "exclude_authrole", "eligible_authid", "eligible_authrole"}) {
        expect_type<Publish>(list, List{"a", ""}, {"a", List{1}, List{Value()}, Dict{}});
    }
    EXPECT_EQ(wrong_in<Publish>({{"eligible", List{}}}), "-");
    expect_type<Event>("publisher", 1, {0, "1", -1});
    expect_type<Event>("topic", "a.b", no_texts);
    expect_type<Event>("retained", true, no_booleans);
}

TEST(WrongOption, KnowsTheNamesOfPoliciesAndModes) {  // W-PBR-01, W-SHR-01, W-CAN-01
    for (const char* match : {"exact", "prefix", "wildcard"}) {
        expect_type<Subscribe>("match", match, {"regex", "", "Exact", 1, Value(), Bytes{"exact"}});
        expect_type<Register>("match", match, {"regex"});
    }
    for (const char* invoke : {"single", "roundrobin", "random", "first", "last"}) {
        expect_type<Register>("invoke", invoke, {"best", 1});
    }
    for (const char* mode : {"skip", "kill", "killnowait"}) {
        expect_type<Cancel>("mode", mode, {"soft", 1});
        expect_type<Interrupt>("mode", mode, {"soft", 1});
    }
    expect_type<Register>("disclose_caller", true, no_booleans);
    expect_type<Register>("forward_timeout", true, no_booleans);
    expect_type<Register>("concurrency", 1, no_integers);
    expect_type<Subscribe>("get_retained", true, no_booleans);
    expect_type<Unsubscribed>("subscription", 1, {0, true});  // W-DEF-06
    expect_type<Unregistered>("registration", 1, {0, true});
}

TEST(WrongOption, LooksIntoTheRolesOfHello) {  // W-SES-02, W-SES-04
    const auto roles = [](Value caller) {
        return Dict{{"roles", Dict{{"caller", std::move(caller)}}}};
    };
    EXPECT_EQ(wrong_in<Hello>(roles(Dict{})), "-");
    EXPECT_EQ(wrong_in<Hello>(roles(Dict{{"features", Dict{{"call_canceling", true}}}})), "-");
    EXPECT_EQ(wrong_in<Hello>(roles(Dict{{"features", Dict{{"x_unknown", 1}}}})), "-");  // W-FEA-02
    EXPECT_EQ(wrong_in<Hello>({{"roles", Dict{{"x_role", 1}}}}), "-");
    EXPECT_EQ(wrong_in<Hello>(roles(Dict{{"features", Dict{{"call_canceling", 1}}}})), "roles");
    EXPECT_EQ(wrong_in<Hello>(roles(Dict{{"features", List{}}})), "roles");
    EXPECT_EQ(wrong_in<Hello>(roles(List{})), "roles");
    EXPECT_EQ(wrong_in<Hello>({{"roles", List{}}}), "roles");
    EXPECT_EQ(wrong_in<Hello>({{"roles", Value()}}), "roles");
}

TEST(WrongOption, TakesNullForAbsentWhereASessionBeginsOrEnds) {  // W-IOP-05, W-SES-03
    EXPECT_EQ(
        wrong_in<Hello>({{"authid", Value()}, {"authextra", Value()}, {"authmethods", Value()}}),
        "-");
    EXPECT_EQ(wrong_in<Welcome>({{"authprovider", Value()}}), "-");
    EXPECT_EQ(wrong_in<Abort>({{"message", Value()}}), "-");
    EXPECT_EQ(wrong_in<Goodbye>({{"message", 1}}), "message");
    EXPECT_EQ(wrong_in<Hello>({{"authid", 1}}), "authid");
    EXPECT_EQ(wrong_in<Hello>({{"authmethods", "ticket"}}), "authmethods");
    EXPECT_EQ(wrong_in<Hello>({{"authextra", List{}}}), "authextra");
    EXPECT_EQ(wrong_in<Call>({{"timeout", Value()}}), "timeout");
}

TEST(WrongOption, NamesTheFirstOfSeveral) {
    EXPECT_EQ(wrong_in<Call>({{"fine", 1}, {"progress", 1}, {"timeout", -1}}), "progress");
}

}  // namespace
}  // namespace sallyport::wamp
