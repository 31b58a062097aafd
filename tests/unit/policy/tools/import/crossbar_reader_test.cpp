#include "policy/tools/import/crossbar_reader.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sallyport::policy {
namespace {

using Lines = std::vector<std::string>;

CrossbarConfig read(const std::string& text) {
    auto config = read_crossbar(text, "config.json");
    if (config) return *std::move(config);
    ADD_FAILURE() << to_string(config.error());
    return {};
}

std::string with_permissions(const std::string& permissions, int version = 2) {
    return R"({"version":)" + std::to_string(version) +
           R"(,"workers":[{"type":"router","realms":[{"name":"r","roles":[
        {"name":"a","permissions":[)" +
           permissions + "]}]}]}]}";
}

std::string with_transports(const std::string& transports) {
    return R"({"version":2,"workers":[{"type":"router","realms":[{"name":"r","roles":[]}],"transports":[)" +
           transports + "]}]}";
}

/// "narrower" or "other", and the path, of what is not imported.
Lines rest(const CrossbarConfig& config) {
    Lines lines;
    for (const CrossbarRest& one : config.rest)
        lines.push_back((one.narrower ? "narrower " : "other ") + one.path);
    return lines;
}

/// The anonymous sessions as "ROLE[@REALM] at PATH[: WHY NOT ALL]".
Lines anonymous(const CrossbarConfig& config) {
    Lines lines;
    for (const CrossbarAnonymous& one : config.anonymous) {
        lines.push_back(one.role + (one.realm.empty() ? "" : "@" + one.realm) + " at " +
                        one.reach.path +
                        (one.reach.restricted.empty() ? "" : ": " + one.reach.restricted));
    }
    return lines;
}

TEST(CrossbarReader, ReadsStarredUrisAndReplacedPermissions) {
    const CrossbarConfig config = read(with_permissions(R"({"uri":"com.a.*","allow":{"call":true}},
                            {"uri":"com.*.b.*","allow":{"call":true}},
                            {"uri":"com.c","allow":{"call":true}},
                            {"uri":"com.c","allow":{"call":false},"disclose":{"caller":true},
                             "validate":{"call":"x"}})"));
    const auto& permissions = config.realms.at(0).roles.at(0).permissions;
    ASSERT_EQ(permissions.size(), 3U);
    EXPECT_EQ(permissions[0].uri, "com.a.");
    EXPECT_EQ(permissions[0].match, wamp::MatchPolicy::prefix);
    EXPECT_EQ(permissions[1].uri, "com..b.");
    EXPECT_EQ(permissions[1].match, wamp::MatchPolicy::wildcard);
    EXPECT_FALSE(permissions[2].allow[0]);
    EXPECT_TRUE(permissions[2].disclose_caller);
    EXPECT_TRUE(permissions[2].validates);
    EXPECT_EQ(permissions[2].path, "workers[0].realms[0].roles[0].permissions[3]");
    EXPECT_EQ(rest(config), Lines{});
}

TEST(CrossbarReader, ReadsPermissionsOfVersion1) {
    const std::string flat = R"({"uri":"com.a.*","call":true,"publish":true})";
    const CrossbarConfig config = read(with_permissions(flat, 1));
    const CrossbarRole& role = config.realms.at(0).roles.at(0);
    EXPECT_TRUE(role.allows(Action::call, "com.a.x"));
    EXPECT_TRUE(role.allows(Action::publish, "com.a.x"));
    EXPECT_FALSE(role.allows(Action::subscribe, "com.a.x"));
    EXPECT_EQ(rest(config), Lines{});
    // In version 2 they mean nothing.
    const CrossbarConfig wrong = read(with_permissions(flat));
    EXPECT_FALSE(wrong.realms.at(0).roles.at(0).allows(Action::call, "com.a.x"));
    EXPECT_EQ(rest(wrong), (Lines{"other workers[0].realms[0].roles[0].permissions[0].call",
                                  "other workers[0].realms[0].roles[0].permissions[0].publish"}));
}

TEST(CrossbarReader, TellsOfPermissionsThatItDoesNotUnderstand) {
    const CrossbarConfig config = read(with_permissions(
        R"({"uri":"a","match":"regex","allow":{"call":true}},
           {"match":"exact","allow":{"call":true}},
           {"uri":"b","allow":{"call":"yes","eat":true},"surprise":1}, 7)"));
    EXPECT_EQ(config.realms.at(0).roles.at(0).permissions.size(), 1U);
    EXPECT_FALSE(config.realms.at(0).roles.at(0).allows(Action::call, "b"));
    const std::string path = "other workers[0].realms[0].roles[0].permissions";
    EXPECT_EQ(rest(config), (Lines{path + "[0].match", path + "[1]", path + "[2].surprise",
                                   path + "[2].allow.eat", path + "[2].allow.call", path + "[3]"}));
}

TEST(CrossbarReader, FindsWhoMayJoinInEachTransport) {
    const CrossbarConfig config = read(with_transports(
        R"({"type":"web","endpoint":{"type":"tcp","port":80},"paths":{"ws":{"type":"websocket","auth":{
             "anonymous":{"type":"static","role":"guest","realm":"r","authid":"all"},
             "ticket":{"type":"static","principals":{"al":{"ticket":"t","role":"op","realm":"r"}}},
             "wampcra":{"type":"dynamic","authenticator":"com.auth"}}},
             "deep":{"type":"path","paths":{"er":{"type":"websocket"}}},
             "pub":{"type":"publisher","realm":"r","role":"anonymous"},"/":{"type":"static","directory":"."}}},
           {"type":"rawsocket","endpoint":{"type":"unix","path":"s"}},
           {"type":"universal","endpoint":{"type":"tcp","port":1,"interface":"127.0.0.1"},
            "rawsocket":{"auth":{"cryptosign":{"type":"static","principals":{"bo":{"authorized_keys":[],"role":"op"}}}}},
            "websocket":{"x":{"auth":{"cookie":{}}},"y":{}},
            "mqtt":{"options":{"realm":"r","role":"sensor"}},"web":{"paths":{"z":{"type":"websocket"}}}},
           {"type":"mqtt","endpoint":{"type":"tcp","port":2},"options":{"realm":"r"}},
           {"type":"flashpolicy"})"));
    const std::string at = "workers[0].transports";
    const std::string near = ": the address 127.0.0.1";
    EXPECT_EQ(anonymous(config), (Lines{"guest@r at " + at + "[0].paths.ws",
                                        "anonymous at " + at + "[0].paths.deep.paths.er",
                                        "anonymous at " + at + "[1]: a unix socket",
                                        "anonymous at " + at + "[2].websocket.y" + near,
                                        "anonymous at " + at + "[2].web.paths.z" + near}));
    ASSERT_EQ(config.principals.size(), 2U);
    EXPECT_EQ(config.principals[0].authid, "al");
    EXPECT_EQ(config.principals[0].role, "op");
    EXPECT_EQ(config.principals[0].realm, "r");
    EXPECT_EQ(config.principals[1].path, at + "[2].rawsocket.auth.cryptosign.principals.bo");
    EXPECT_EQ(config.principals[1].reach.restricted, "the address 127.0.0.1");
    Lines got = rest(config);
    Lines due{"other " + at + "[0].paths.ws.auth.anonymous.authid",
              "narrower " + at + "[0].paths.ws.auth.wampcra",
              "narrower " + at + "[0].paths.pub",
              "other " + at + "[0].paths[\"/\"]",
              "narrower " + at + "[2].websocket.x.auth.cookie",
              "narrower " + at + "[2].mqtt",
              "narrower " + at + "[3]",
              "narrower " + at + "[4]"};
    std::sort(got.begin(), got.end());
    std::sort(due.begin(), due.end());
    EXPECT_EQ(got, due);
}

TEST(CrossbarReader, KnowsWhatNotEverybodyReaches) {
    const auto restricted = [](const std::string& endpoint) {
        return read(with_transports(R"({"type":"rawsocket","endpoint":)" + endpoint + "}"))
            .anonymous.at(0)
            .reach.restricted;
    };
    EXPECT_EQ(restricted(R"({"type":"tcp","port":1})"), "");
    EXPECT_EQ(restricted(R"({"type":"tcp","port":1,"interface":"0.0.0.0"})"), "");
    EXPECT_EQ(restricted(R"({"type":"tcp","port":1,"interface":"172.32.0.1"})"), "");
    EXPECT_EQ(restricted(R"({"type":"onion","port":1})"), "");
    EXPECT_EQ(restricted(R"({"type":"tcp","port":1,"tls":{"key":"k","certificate":"c"}})"), "");
    for (const char* address : {"127.0.0.1", "localhost", "::1", "10.1.2.3", "192.168.0.1",
                                "172.16.0.1", "172.31.0.1", "fe80::1", "fd00::1"})
        EXPECT_NE(
            restricted(R"({"type":"tcp","port":1,"interface":")" + std::string(address) + "\"}"),
            "")
            << address;
    EXPECT_NE(restricted(R"({"type":"tcp","port":1,"tls":{"ca_certificates":["c"]}})"), "");
    EXPECT_NE(restricted(R"({"type":"unix","path":"x"})"), "");
    EXPECT_NE(restricted(R"({"type":"twisted","server_string":"x"})"), "");
}

TEST(CrossbarReader, TellsOfEverythingElse) {
    const CrossbarConfig config = read(R"({"version":2,"controller":{},"unheard":1,"workers":[
        {"type":"container","components":[]},
        {"type":"router","options":{},"manhole":{},
         "components":[{"type":"class","classname":"a.B","realm":"r","role":"a"}],
         "realms":[{"name":"r","options":{"enable_meta_api":true},"store":{},
                    "roles":[{"name":"a","permissions":[],"extra":1},{"name":"a"},{"name":"trusted"}]},
                   {"name":"r","roles":[]}],
         "transports":[{"type":"websocket","endpoint":{"type":"tcp","port":1},"id":"i","url":"u","serializers":["json"],
                        "debug":false,"options":{"allowed_origins":["*"]},"max_connections":3,"cookie":{},
                        "auth":{"ticket":{"type":"static","default-role":"a","principals":{
                            "e":{"ticket":"$SECRET","role":"a"},"n":{"ticket":"x"},"u":{"ticket":"x","role":"a","why":1}}},
                          "tls":{"type":"static"},"scram":{"type":"function","create":"a.b"}}}]}]})");
    const std::string transport = "workers[1].transports[0].";
    Lines due{"other controller",
              "other unheard",
              "narrower workers[0]",
              "other workers[1].options",
              "other workers[1].manhole",
              "narrower workers[1].components[0]",
              "other workers[1].realms[0].options",
              "other workers[1].realms[0].store",
              "other workers[1].realms[0].roles[0].extra",
              "narrower workers[1].realms[0].roles[1]",
              "narrower workers[1].realms[0].roles[2]",
              "narrower workers[1].realms[1]",
              "other " + transport + "options",
              "other " + transport + "max_connections",
              "other " + transport + "cookie",
              "other " + transport + "auth.ticket.default-role",
              "narrower " + transport + "auth.ticket.principals.e.ticket",
              "other " + transport + "auth.ticket.principals.n",
              "other " + transport + "auth.ticket.principals.u.why",
              "narrower " + transport + "auth.tls",
              "narrower " + transport + "auth.scram"};
    Lines got = rest(config);
    std::sort(due.begin(), due.end());
    std::sort(got.begin(), got.end());
    EXPECT_EQ(got, due);
    ASSERT_EQ(config.principals.size(), 1U);
    EXPECT_EQ(config.principals[0].authid, "u");
    for (const CrossbarRest& one : config.rest) EXPECT_NE(one.text, "") << one.path;
}

TEST(CrossbarReader, SurvivesValuesOfOtherTypesAnywhere) {
    for (const char* text :
         {R"({"workers":[7,{"realms":[3,{"name":"r","roles":5}],"transports":{}}]})",
          R"({"workers":[{"realms":[{"name":7,"roles":[null]}],"transports":[[],{"type":4}]}]})",
          R"({"workers":[{"realms":[{"name":"r"}],"transports":[{"type":"web","paths":3},
                                {"type":"universal","rawsocket":1,"websocket":{"a":[]},"mqtt":2,"web":3},
                                {"type":"websocket","auth":4},{"type":"websocket","auth":{"ticket":5}},
                                {"type":"websocket","auth":{"ticket":{"type":"static","principals":{"a":6}}}}]}]})"}) {
        const auto config = read_crossbar(text, "c");
        ASSERT_TRUE(config.has_value()) << text;
        EXPECT_FALSE(config->rest.empty());
        EXPECT_TRUE(config->principals.empty() && config->anonymous.empty()) << text;
    }
}

TEST(CrossbarReader, ReportsWhereATextIsNotJson) {
    const auto error = [](const std::string& text) {
        const auto config = read_crossbar(text, "c.json");
        return config ? "" : to_string(config.error());
    };
    EXPECT_EQ(error("{\"a\": 1,\n \"b\" 2}"),
              "c.json:2:6: error: this is not JSON (import expects a config.json; convert a "
              "config.yaml first)");
    EXPECT_EQ(error("{\n // why\n}"),
              "c.json:2:2: error: JSON does not allow comments (remove the comment)");
    EXPECT_NE(error("{}").find("the configuration has no realm"), std::string::npos);
    EXPECT_NE(error(R"({"a":1,"a":2})").find("the key \"a\" appears twice"), std::string::npos);
    EXPECT_NE(error(std::string(100'000, '[')).find("nested deeper than 32 levels"),
              std::string::npos);
}

}  // namespace
}  // namespace sallyport::policy
