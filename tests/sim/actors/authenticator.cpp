#include "tests/sim/actors/authenticator.h"

#include <algorithm>

#include "tests/sim/names.h"

namespace sallyport::sim {

using wamp::Dict;
using wamp::Value;

namespace {

const Account* account_of(const wamp::List& args) {
    const auto* const authid = args.size() < 3 ? nullptr : args[1].get_if<std::string>();
    const auto* const details = args.size() < 3 ? nullptr : args[2].get_if<Dict>();
    if (authid == nullptr || details == nullptr) return nullptr;
    const auto* const known =
        std::find_if(dynamic_accounts.begin(), dynamic_accounts.end(),
                     [&](const auto& each) { return each.authid == *authid; });
    const bool proven = details->get_string("ticket") == "ticket of " + *authid;
    return proven && known != dynamic_accounts.end() ? known : nullptr;
}

/// For nobody, in another realm, or about somebody else than was asked about.
Value unbelievable(Dice& dice) {
    switch (dice.between(0, 4)) {
        case 0:
            return "gateway";
        case 1:
            return std::uint64_t{42};
        case 2:
            return Dict{{"authid", "dora"}};
        case 3:
            return Dict{{"role", "operator"}, {"realm", "elsewhere"}};
        default:
            return Dict{{"role", "operator"}, {"authid", "alice"}};
    }
}

}  // namespace

LoginAnswer answer_login(const Client& client, const wamp::Invocation& invocation) {
    Dice& dice = client.dice();
    LoginAnswer answer;
    const auto roll = dice.between(0, 99);
    answer.never = roll < 5;
    if (roll < 15) answer.delay = std::chrono::milliseconds(dice.between(0, 4000));
    const auto args = wamp::args_of(invocation.payload);
    if (!args) return answer;
    if (roll >= 15 && roll < 25) {
        answer.result = unbelievable(dice);
        return answer;
    }
    const auto* const authid = args->size() < 2 ? nullptr : (*args)[1].get_if<std::string>();
    const bool of_file = std::any_of(accounts.begin(), accounts.end(), [&](const auto& each) {
        return authid != nullptr && each.authid == *authid && each.authid != "bob";
    });
    if (of_file && dice.chance(30)) answer.result = Value("warden");  // not for it to say
    const Account* const account = account_of(*args);
    if (account == nullptr) return answer;
    answer.result = dice.chance(50)
                        ? Value(account->role)
                        : Value(Dict{{"role", account->role}, {"authid", account->authid}});
    return answer;
}

}  // namespace sallyport::sim
