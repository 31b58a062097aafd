#include "policy/tools/import/import_auth.h"

#include <gtest/gtest.h>

#include <utility>

#include "policy/auth/principals.h"
#include "policy/tools/import/crossbar_reader.h"

namespace sallyport::policy {
namespace {

using Lines = std::vector<std::string>;

struct World {
    explicit World(const std::string& transports) {
        auto config = read_crossbar(
            R"({"version":2,"workers":[{"type":"router","realms":[
                {"name":"r1","roles":[{"name":"op","permissions":[]},{"name":"guest","permissions":[]}]},
                {"name":"r2","roles":[{"name":"op","permissions":[]}]}],"transports":[)" +
                transports + "]}]}",
            "c.json");
        if (!config) {
            ADD_FAILURE() << to_string(config.error());
            return;
        }
        crossbar = *std::move(config);
    }
    ImportedAuth made(std::size_t realm, bool all_transports = false) {
        return import_auth(crossbar, crossbar.realms.at(realm), "p.toml", all_transports, random,
                           notes);
    }
    Lines paths() const {
        Lines all;
        for (const ImportNote& note : notes) {
            EXPECT_EQ(note.kind, ImportNote::Kind::narrower) << note.text;
            all.push_back(note.path);
        }
        return all;
    }
    static Principals principals(const ImportedAuth& made) {
        Diagnostics diagnostics;
        auto read = parse_principals(made.principals, "p", diagnostics);
        EXPECT_TRUE(diagnostics.empty()) << to_string(diagnostics.front());
        return read;
    }

    CrossbarConfig crossbar;
    wamp::Random random{wamp::Random::Seed{1}};
    std::vector<ImportNote> notes;
};

const std::string open_to_all = R"("endpoint":{"type":"tcp","port":8080})";
const std::string local = R"("endpoint":{"type":"unix","path":"s"})";

std::string socket_with(const std::string& endpoint, const std::string& auth) {
    return R"({"type":"websocket",)" + endpoint + R"(,"auth":{)" + auth + "}}";
}
std::string guests(const std::string& role) {
    return R"("anonymous":{"type":"static","role":")" + role + "\"}";
}
std::string ticket_of(const std::string& authid, const std::string& more) {
    return R"("ticket":{"type":"static","principals":{")" + authid + R"(":{"ticket":"t",)" + more +
           "}}}";
}

TEST(ImportAuth, TakesTheRoleThatEverybodyHas) {
    World world(socket_with(open_to_all, guests("guest")) + "," +
                socket_with(local, guests("guest")));
    EXPECT_EQ(world.made(0).section, "\n[auth]\nanonymous = { role = \"guest\" }\n");
    EXPECT_EQ(world.made(1).section, "") << "it has no such role";
    EXPECT_EQ(world.paths(), Lines{});
}

TEST(ImportAuth, GivesNobodyTheRoleOfAPrivateTransport) {
    World world(socket_with(open_to_all, guests("guest")) + "," + socket_with(local, guests("op")));
    EXPECT_EQ(world.made(0).section, "\n[auth]\nanonymous = { role = \"guest\" }\n");
    EXPECT_EQ(world.paths(), Lines{"workers[0].transports[1]"});
    EXPECT_EQ(world.made(1).section, "");
    EXPECT_EQ(world.made(1, true).section, "\n[auth]\nanonymous = { role = \"op\" }\n");
}

TEST(ImportAuth, ChoosesNoneOfSeveralRoles) {
    World world(socket_with(open_to_all, guests("guest")) + "," +
                socket_with(open_to_all, guests("op")));
    EXPECT_EQ(world.made(0).section, "");
    EXPECT_EQ(world.paths(), (Lines{"workers[0].transports[0]", "workers[0].transports[1]"}));
}

TEST(ImportAuth, KeepsAPrincipalInItsRealm) {
    World world(socket_with(open_to_all, ticket_of("al", R"("role":"op","realm":"r2")")));
    EXPECT_EQ(world.made(0).principals, "");
    EXPECT_EQ(World::principals(world.made(1)).list.at(0).authid, "al");
    World anywhere(socket_with(open_to_all, ticket_of("al", R"("role":"op")")));
    EXPECT_NE(anywhere.made(0).principals, "");
    EXPECT_NE(anywhere.made(1).principals, "");
    World guest(
        socket_with(open_to_all, R"("anonymous":{"type":"static","role":"op","realm":"r2"})"));
    EXPECT_EQ(guest.made(0).section, "");
    EXPECT_EQ(guest.paths(), Lines{"workers[0].transports[0]"});
    EXPECT_EQ(guest.made(1).section, "\n[auth]\nanonymous = { role = \"op\" }\n");
}

TEST(ImportAuth, DisablesWhoCouldLogInFromFewPlacesAlone) {
    World world(socket_with(local, ticket_of("al", R"("role":"op")")) + "," +
                socket_with(local, ticket_of("bo", R"("role":"op")")) + "," +
                socket_with(open_to_all, ticket_of("al", R"("role":"guest")")));
    const Principals read = World::principals(world.made(0));
    ASSERT_EQ(read.list.size(), 2U);
    EXPECT_EQ(read.list[0].authid, "al");
    EXPECT_EQ(read.list[0].role, "guest") << "of the transport that everybody reaches";
    EXPECT_FALSE(read.list[0].disabled);
    EXPECT_TRUE(read.list[1].disabled);
    EXPECT_EQ(world.paths(), (Lines{"workers[0].transports[0].auth.ticket.principals.al",
                                    "workers[0].transports[1].auth.ticket.principals.bo"}));
    EXPECT_FALSE(World::principals(world.made(1, true)).list.at(0).disabled);
}

TEST(ImportAuth, CarriesOverEachKindOfSecret) {
    World world(socket_with(open_to_all, R"(
        "ticket":{"type":"static","principals":{"a":{"ticket":"t","role":"op"}}},
        "wampcra":{"type":"static","users":{"b":{"secret":"s","role":"op"},
            "c":{"secret":"prq7+YkJ1/KlW1X0YczMHw==","salt":"salt123","iterations":100,"keylen":16,"role":"op"}}},
        "cryptosign":{"type":"static","principals":{"d":{"role":"op","authorized_keys":
            ["545efb0a2192db8d43f118e9bf9aee081466e1ef36c708b96ee6f62dddad9122"]}}},
        "scram":{"type":"static","principals":{
            "e":{"kdf":"argon2id-13","iterations":4096,"memory":512,"salt":"accb3e54ee7d3ac0ab6a5ba1ed5a3f1e","role":"op",
                 "stored-key":"f4a13e3e3b1a8a3a9b7f8b34a4bb9bd5d98ed0d1a5e9c2d7e0b9f2a6c1d8e7f0",
                 "server-key":"e4a13e3e3b1a8a3a9b7f8b34a4bb9bd5d98ed0d1a5e9c2d7e0b9f2a6c1d8e7f0"},
            "f":{"kdf":"argon2id-13","iterations":4096,"memory":512,"salt":"no hex","role":"op","stored-key":"","server-key":""}}})"));
    const Principals read = World::principals(world.made(0));
    std::string methods;
    for (const Credentials& one : read.list) {
        methods += one.authid;
        for (const Method method : all_methods)
            methods += one.methods().has(method) ? " " + std::string(to_string(method)) + ";" : "";
    }
    EXPECT_EQ(methods, "a ticket;b wampcra;c wampcra;d cryptosign;e scram;");
    EXPECT_EQ(world.paths(), Lines{"workers[0].transports[0].auth.scram.principals.f"});
}

TEST(ImportAuth, TellsOfRolesThatAreInNoRealm) {
    const World world(
        socket_with(open_to_all, guests("nowhere") + "," + ticket_of("al", R"("role":"trusted")")) +
        "," + socket_with(open_to_all, ticket_of("bo", R"("role":"guest","realm":"r2")")));
    std::vector<ImportNote> notes;
    note_strangers(world.crossbar, notes);
    ASSERT_EQ(notes.size(), 3U);
    EXPECT_NE(notes[0].text.find("which Crossbar allows everything"), std::string::npos);
    EXPECT_EQ(notes[1].path, "workers[0].transports[1].auth.ticket.principals.bo");
    EXPECT_EQ(notes[2].path, "workers[0].transports[0]");
}

}  // namespace
}  // namespace sallyport::policy
