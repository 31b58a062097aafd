// The packets between a door and the authenticator, from either side, and a service that is asked
// by a broken door.
#include "policy/auth/auth_message.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "policy/auth/auth_service.h"
#include "policy/auth/roster.h"
#include "wamp/base/check.h"

namespace {

using namespace sallyport;
using policy::AuthService;

AuthService::Realm realm() {
    wamp::Random random({3});
    policy::Principals principals;
    policy::Credentials alice;
    alice.authid = "alice";
    alice.role = "guest";
    alice.ticket = policy::crypto::hash_ticket("t", 0, random);
    alice.wampcra = policy::CraCredential{"t", "salt", 10, 32};
    alice.scram = policy::ScramCredential{{policy::crypto::Kdf::argon2id, "12345678", 1, 8}, {}};
    alice.cryptosign = {policy::crypto::public_key_of(policy::crypto::SigningSeed{1})};
    principals.list.push_back(alice);
    policy::AuthText auth;
    auth.dynamic.emplace().methods.add(policy::Method::wampcra);
    auth.dynamic->methods.add(policy::Method::wamp_scram);
    return {"r", policy::Authenticator::make(auth, principals)};
}

/// What is read is written as it was, byte for byte: nothing has two forms.
void check_forms(const std::string& packet) {
    if (const auto question = policy::decode_question(packet))
        SALLYPORT_CHECK(policy::encode(*question) == packet);
    if (const auto answer = policy::decode_answer(packet))
        SALLYPORT_CHECK(policy::encode(*answer) == packet);
    if (const auto roster = policy::Roster::parse(packet))
        SALLYPORT_CHECK(policy::Roster::parse(roster->to_text()) == *roster);
}

}  // namespace

/// Packets with two bytes of length each. The attempt 1 is
/// the one that was opened last, so that later steps are reached.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    std::string_view in(reinterpret_cast<const char*>(bytes), size);
    check_forms(std::string(in));
    AuthService service({realm()}, wamp::Random({5}));
    const wamp::Instant now{std::chrono::hours(1)};
    policy::AttemptId last = 0;
    while (in.size() >= 2) {
        const std::size_t length = std::min<std::size_t>(
            static_cast<unsigned char>(in[0]) + 256U * static_cast<unsigned char>(in[1]),
            in.size() - 2);
        std::string packet(in.substr(2, length));
        in.remove_prefix(2 + length);
        check_forms(packet);
        if (auto question = policy::decode_question(packet)) {
            if (auto* prove = std::get_if<policy::auth_question::Prove>(&question->body)) {
                if (prove->attempt == 1) prove->attempt = last;
            } else if (auto* resume = std::get_if<policy::auth_question::Resume>(&question->body)) {
                if (resume->attempt == 1) resume->attempt = last;
            }
            packet = policy::encode(*question);
        }
        AuthService::Outbox out;
        service.on_question(packet, now, out);
        for (std::size_t at = 0; at < out.size(); ++at) {
            if (const auto* const check = std::get_if<AuthService::Check>(&out[at])) {
                const AuthService::Check run = *check;
                service.on_checked(run.id, run.run(), now, out);
                continue;
            }
            const auto answer = policy::decode_answer(std::get<AuthService::Reply>(out[at]).packet);
            SALLYPORT_CHECK(answer.has_value());
            if (const auto* one = std::get_if<policy::auth_answer::Challenge>(&answer->body))
                last = one->attempt;
            if (const auto* one = std::get_if<policy::auth_answer::Call>(&answer->body))
                last = one->attempt;
        }
    }
    return 0;
}
