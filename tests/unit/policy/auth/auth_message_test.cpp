#include "policy/auth/auth_message.h"

#include <gtest/gtest.h>

#include "tests/unit/policy/logins.h"

namespace sallyport::policy {
namespace {

template <class Body>
Body same(const Body& body) {
    const std::string packet = encode(AuthQuestion{7, wamp::PeerId{8}, body});
    const auto read = decode_question(packet);
    EXPECT_TRUE(read.has_value());
    EXPECT_EQ(read->number, 7U);
    EXPECT_EQ(read->peer, wamp::PeerId{8});
    EXPECT_EQ(decode_answer(packet).has_value(), false) << "a question is not an answer";
    return std::get<Body>(read->body);
}

template <class Body>
Body same_answer(const Body& body) {
    const std::string packet = encode(AuthAnswer{7, wamp::PeerId{8}, body});
    const auto read = decode_answer(packet);
    EXPECT_TRUE(read.has_value());
    EXPECT_EQ(read->number, 7U);
    EXPECT_EQ(read->peer, wamp::PeerId{8});
    EXPECT_EQ(decode_question(packet).has_value(), false);
    return std::get<Body>(read->body);
}

auth_question::Open largest_open() {
    auth_question::Open open;
    open.request.method = Method::cryptosign;
    open.request.realm = std::string(realm_bytes_max, 'r');
    open.request.authid = std::string(authid_bytes_max, 'a');
    open.request.client_nonce = std::string(client_nonce_text_max, 'n');
    open.request.key = crypto::public_key_of(logins::seed);
    open.request.client_challenge = std::string(client_challenge_bytes, '\xff');
    open.session = wamp::id_max;
    return open;
}

TEST(AuthMessage, QuestionsAreReadAsTheyWereWritten) {
    EXPECT_EQ(same(auth_question::Open{}), auth_question::Open{});
    EXPECT_EQ(same(largest_open()), largest_open());
    const auth_question::Prove prove{UINT64_MAX,
                                     {std::string(Proof::proof_bytes_max, 's'),
                                      std::string(Proof::nonce_bytes_max, 'n'), false}};
    EXPECT_EQ(same(prove), prove);
    EXPECT_EQ(same(auth_question::Resume{5, nullptr}).found, nullptr);
    Credentials given = logins::everything("alice", "operator");
    given.ticket.reset();
    const auto resume = same(auth_question::Resume{5, std::make_shared<Credentials>(given)});
    ASSERT_NE(resume.found, nullptr);
    EXPECT_EQ(resume.attempt, 5U);
    EXPECT_EQ(resume.found->authid, "alice");
    EXPECT_EQ(resume.found->role, "operator");
    EXPECT_EQ(resume.found->wampcra, given.wampcra);
    EXPECT_EQ(resume.found->wamp_scram, given.wamp_scram);
    EXPECT_EQ(resume.found->scram, given.scram);
    EXPECT_EQ(resume.found->cryptosign, given.cryptosign);
}

TEST(AuthMessage, AnswersAreReadAsTheyWereWritten) {
    const auth_answer::Challenge challenge{3,
                                           {{"challenge", std::string(extra_text_bytes_max, 'c')},
                                            {"iterations", std::uint64_t{4096}}}};
    EXPECT_EQ(same_answer(challenge), challenge);
    EXPECT_EQ(same_answer(auth_answer::Call{3, true}), (auth_answer::Call{3, true}));
    const auth_answer::Admitted admitted{"alice", "operator", true, {{"verifier", "v"}}};
    EXPECT_EQ(same_answer(admitted), admitted);
    const auth_answer::Refused refused{auth_answer::Refused::Reason::unavailable,
                                       std::string(why_bytes_max, 'w')};
    EXPECT_EQ(same_answer(refused), refused);
}

TEST(AuthMessage, EveryCutAndEveryAdditionIsRefused) {
    const std::string question = encode(AuthQuestion{7, wamp::PeerId{8}, largest_open()});
    for (std::size_t size = 0; size < question.size(); ++size)
        EXPECT_EQ(decode_question(question.substr(0, size)).has_value(), false) << size;
    EXPECT_EQ(decode_question(question + '\0').has_value(), false);
    const std::string answer = encode(AuthAnswer{
        7, wamp::PeerId{8}, auth_answer::Challenge{3, {{"a", "b"}, {"c", std::uint64_t{4}}}}});
    for (std::size_t size = 0; size < answer.size(); ++size)
        EXPECT_EQ(decode_answer(answer.substr(0, size)).has_value(), false) << size;
    EXPECT_EQ(decode_answer(answer + 'x').has_value(), false);
    EXPECT_EQ(decode_answer(answer + std::string(auth_packet_bytes_max, 'x')).has_value(), false);
}

TEST(AuthMessage, ValuesBeyondTheirRangeAreRefused) {
    const std::string open = encode(AuthQuestion{7, wamp::PeerId{8}, auth_question::Open{}});
    constexpr std::size_t body = 1 + 8 + 8;
    const auto with = [](std::string packet, std::size_t at, char byte) {
        packet.at(at) = byte;
        return packet;
    };
    EXPECT_TRUE(decode_question(with(open, body, 5)).has_value());
    EXPECT_FALSE(decode_question(with(open, body, 6)).has_value()) << "no such method";
    EXPECT_FALSE(decode_question(with(open, 0, 0)).has_value()) << "no such kind";
    EXPECT_FALSE(decode_question(with(open, body + 2, 5)).has_value()) << "1,280 bytes of realm";
    const std::string call = encode(AuthAnswer{7, wamp::PeerId{8}, auth_answer::Call{1, false}});
    EXPECT_FALSE(decode_answer(with(call, call.size() - 1, 2)).has_value()) << "no flag";
    const std::string twice = encode(
        AuthAnswer{7, wamp::PeerId{8},
                   auth_answer::Challenge{3, {{"a", std::uint64_t{4}}, {"b", std::uint64_t{4}}}}});
    EXPECT_FALSE(decode_answer(with(twice, twice.rfind('b'), 'a')).has_value()) << "one key twice";
    // A client challenge has 32 bytes or none.
    const std::string half = with(open, open.size() - 8 - 2, 1);
    EXPECT_FALSE(
        decode_question(half.substr(0, half.size() - 8) + "x" + std::string(8, '\0')).has_value());
}

}  // namespace
}  // namespace sallyport::policy
