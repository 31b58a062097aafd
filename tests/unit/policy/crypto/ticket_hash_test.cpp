#include "policy/crypto/ticket_hash.h"

#include <gtest/gtest.h>

#include <set>

namespace sallyport::policy::crypto {
namespace {

const std::string salt(32, 'a');
const std::string digest(64, '0');

TEST(TicketHash, IsReadAsItIsWritten) {
    for (const std::string& text :
         {"sha256$" + salt + "$" + digest, "pbkdf2-sha256$10000$" + salt + "$" + digest,
          "pbkdf2-sha256$100000$" + std::string(96, 'b') + "$" + digest}) {
        const auto hash = parse_ticket_hash(text);
        ASSERT_TRUE(hash) << text;
        EXPECT_EQ(to_string(*hash), text);
    }
}

TEST(TicketHash, IsRefusedWhenAnythingIsOff) {
    const std::string tail = salt + "$" + digest;
    for (const std::string& text :
         {std::string(), std::string("secret"), "sha1$" + tail, "sha256$" + tail + "$",
          "sha256$" + tail + "0", "sha256$" + salt.substr(2) + "$" + digest,
          "sha256$" + std::string(98, 'b') + "$" + digest, "sha256$10000$" + tail,
          "pbkdf2-sha256$" + tail, "pbkdf2-sha256$9999$" + tail, "pbkdf2-sha256$100001$" + tail,
          "pbkdf2-sha256$10000x$" + tail, "pbkdf2-sha256$-1$" + tail,
          "sha256$zz" + salt.substr(2) + "$" + digest}) {
        EXPECT_EQ(parse_ticket_hash(text), std::nullopt) << text;
    }
}

TEST(TicketHash, KnowsItsTicket) {
    wamp::Random random({1});
    for (const std::uint32_t iterations : {0U, iterations_min}) {
        const TicketHash hash = hash_ticket("the right one", iterations, random);
        EXPECT_TRUE(verify_ticket(&hash, "the right one", iterations_min));
        EXPECT_FALSE(verify_ticket(&hash, "the wrong one", iterations_min));
        EXPECT_FALSE(verify_ticket(&hash, "", iterations_min));
        EXPECT_TRUE(verify_ticket(&hash, "the right one", 2 * iterations_min));  // others cost more
    }
}

TEST(TicketHash, KnowsNobodyForAnUnknownPrincipal) {
    EXPECT_FALSE(verify_ticket(nullptr, "", 0));
    EXPECT_FALSE(verify_ticket(nullptr, "x", iterations_min));
}

TEST(TicketHash, KnowsTicketsUpToTheirLimit) {
    wamp::Random random({2});
    const std::string longest(ticket_bytes_max, 't');
    const TicketHash hash = hash_ticket(longest, 0, random);
    EXPECT_TRUE(verify_ticket(&hash, longest, 0));
    EXPECT_FALSE(verify_ticket(&hash, longest + "t", 0));
    // A ticket too long is no empty one.
    const TicketHash empty = hash_ticket("", 0, random);
    EXPECT_FALSE(verify_ticket(&empty, longest + "t", 0));
}

TEST(Ticket, HasSixtyFourDigitsAndIsDrawnAnewEachTime) {
    wamp::Random random({3});
    std::set<std::string> tickets;
    for (int i = 0; i < 100; ++i) tickets.insert(make_ticket(random));
    EXPECT_EQ(tickets.size(), 100U);
    EXPECT_EQ(tickets.begin()->size(), 64U);
    EXPECT_TRUE(from_hex(*tickets.begin()));
    // Two hashes of one ticket have different salts.
    EXPECT_NE(to_string(hash_ticket("x", 0, random)), to_string(hash_ticket("x", 0, random)));
}

}  // namespace
}  // namespace sallyport::policy::crypto
