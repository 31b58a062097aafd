#include "gateway/config/link_plan.h"

#include <gtest/gtest.h>

#include <string>

#include "gateway/host/start_error.h"

namespace sallyport::gateway {
namespace {

using Numbers = std::vector<std::uint32_t>;

constexpr const char* head = "state_dir = \"/s\"\nrealms = [\"lab.toml\"]\n[tor]\nmode = \"off\"\n";

std::string accepting(const std::string& name, const std::string& more = "") {
    return "[[backend]]\nname = \"" + name + "\"\nkind = \"accept\"\nlisten = \"unix:/r/" + name +
           "\"\n" + more;
}

std::string embedded(const std::string& config) {
    return "[[backend]]\nname = \"home\"\nkind = \"embedded\"\nconfig = \"" + config + "\"\n";
}

LoadedGateway gateway(const std::string& backends, const std::string& realm = "lab") {
    LoadedGateway loaded;
    auto config = parse_gateway_config(head + backends, "/etc/gateway.toml");
    EXPECT_FALSE(config.has_error()) << StartError(config.error()).what();
    loaded.config = *std::move(config);
    loaded.backend_realms.assign(loaded.config.backends.size(), realm);
    return loaded;
}

std::string refusal_of(const LoadedGateway& before, const LoadedGateway& after) {
    LinkBook book = open_link_book(before);
    try {
        plan_links(before, book, after);
    } catch (const StartError& error) {
        return error.what();
    }
    return "";
}

TEST(LinkPlan, ALinkWhoseSettingsAreTheSameKeepsItsNumberWhereverItStands) {
    const LoadedGateway before = gateway(accepting("a") + accepting("b"));
    LinkBook book = open_link_book(before);
    EXPECT_EQ(book.running.numbers, (Numbers{0, 1}));
    const LoadedGateway after = gateway(accepting("c") + accepting("b"));
    book.running = plan_links(before, book, after);
    EXPECT_EQ(book.running.numbers, (Numbers{2, 1})) << "a has gone, c is new";
    EXPECT_EQ(plan_links(after, book, before).numbers, (Numbers{3, 1})) << "0 is not used again";
}

TEST(LinkPlan, AChangedSettingMakesANewLink) {
    const LoadedGateway before = gateway(accepting("a"));
    for (const std::string& change :
         {accepting("a", "convey_identity = false\n"), accepting("a", "heartbeat = \"2s\"\n"),
          accepting("a", "dead_after = \"5s\"\n"), accepting("a", "eject_at = 60\n"),
          accepting("a", "mode = \"0660\"\n"),
          std::string("[[backend]]\nname = \"a\"\nkind = \"dial\"\naddress = \"unix:/r/a\"\n")}) {
        LinkBook book = open_link_book(before);
        EXPECT_EQ(plan_links(before, book, gateway(change)).numbers, Numbers{1}) << change;
    }
    LinkBook book = open_link_book(before);
    EXPECT_EQ(plan_links(before, book, gateway(accepting("a"), "home")).numbers, Numbers{1})
        << "it joins another realm";
}

TEST(LinkPlan, PinsAloneDoNot) {
    const auto with = [](char digit) {
        return gateway(
            "[[backend]]\nname = \"a\"\nkind = \"accept\"\nlisten = \"tcp:127.0.0.1:4443\"\n"
            "peer_pin = [\"sha256:" +
            std::string(64, digit) + "\"]\n");
    };
    const LoadedGateway before = with('1');
    LinkBook book = open_link_book(before);
    EXPECT_EQ(plan_links(before, book, with('2')).numbers, Numbers{0});
}

TEST(LinkPlan, AnotherTicketMakesANewLink) {
    LoadedGateway before = gateway(
        "[[backend]]\nname = \"a\"\nkind = \"dial\"\naddress = \"unix:/r/a\"\n"
        "authid = \"gateway\"\nticket_file = \"/t\"\n");
    before.link_files["/t"] = "first";
    LoadedGateway after = before;
    LinkBook book = open_link_book(before);
    EXPECT_EQ(plan_links(before, book, after).numbers, Numbers{0});
    after.link_files["/t"] = "second";
    EXPECT_EQ(plan_links(before, book, after).numbers, Numbers{1});
    EXPECT_EQ(plan_links(before, book, after).files.at("/t"), "second");
}

TEST(LinkPlan, AnEmbeddedInsideTakesARestart) {
    const LoadedGateway before = gateway(embedded("/in.toml"));
    EXPECT_EQ(refusal_of(before, gateway(accepting("a") + embedded("/in.toml"))), "");
    for (const std::string& change : {accepting("a"), embedded("/other.toml"), accepting("home")}) {
        const std::string refusal = refusal_of(before, gateway(change));
        EXPECT_TRUE(refusal.starts_with("/etc/gateway.toml:")) << refusal;
        EXPECT_NE(refusal.find("restart sallyport"), std::string::npos) << refusal;
    }
    EXPECT_NE(refusal_of(gateway(accepting("a")), before), "");
    EXPECT_NE(refusal_of(before, gateway(embedded("/in.toml"), "other")).find("realm"),
              std::string::npos);
}

TEST(LinkPlan, TheLinksOfAnInsideAreKnownByTheirGateway) {
    const auto inside = [](const std::string& links) {
        LoadedInside loaded;
        loaded.config = *parse_inside_config(
            "state_dir = \"/s\"\nrealms = [\"lab.toml\"]\n" + links, "/etc/inside.toml");
        return loaded;
    };
    const std::string a = "[[link]]\ngateway = \"unix:/r/a\"\n";
    const std::string b = "[[link]]\ngateway = \"unix:/r/b\"\n";
    const LoadedInside before = inside(a + b);
    LinkBook book = open_link_book(before);
    EXPECT_EQ(plan_links(before, book, inside(b + a)).numbers, (Numbers{1, 0}));
    EXPECT_EQ(plan_links(before, book, inside(b)).numbers, Numbers{1});
    EXPECT_EQ(plan_links(before, book, inside(b + a + "heartbeat = \"2s\"\n")).numbers,
              (Numbers{1, 2}));
    EXPECT_EQ(plan_links(before, book, inside(a + a)).numbers, (Numbers{0, 3}));
}

TEST(ConfigForReload, TakesChangedLinksAndNotesOtherChanges) {
    const std::string running = "state_dir = \"/s\"\n[[backend]]\nname = \"a\"\n";
    const std::string linked = "state_dir = \"/s\"\n[[backend]]\nname = \"b\"\n";
    const std::string other = "state_dir = \"/other\"\n[[backend]]\nname = \"a\"\n";
    std::string notes;
    const auto reload = [&](const std::string& on_disk) {
        return config_for_reload("g.toml", on_disk, running, "backend", notes);
    };
    EXPECT_EQ(reload(running), running);
    EXPECT_EQ(reload(linked), linked);
    EXPECT_EQ(reload("# why\n" + running), "# why\n" + running);
    EXPECT_EQ(notes, "");
    EXPECT_EQ(reload(other), running);
    EXPECT_EQ(notes, "g.toml has changed, which takes effect at the next start\n");
}

TEST(ConfigForReload, RefusesToTakeHalfOfAChange) {
    const std::string running = "state_dir = \"/s\"\nx = 1\n[[backend]]\nname = \"a\"\n";
    std::string notes;
    const auto refusal = [&](const std::string& on_disk) -> std::string {
        try {
            config_for_reload("g.toml", on_disk, running, "backend", notes);
        } catch (const StartError& error) {
            return error.what();
        }
        return "";
    };
    EXPECT_EQ(refusal("state_dir = \"/s\"\nx = 2\n[[backend]]\nname = \"b\"\n"),
              "g.toml:2:1: error: \"x\" takes effect at the next start only, and [[backend]] has "
              "changed with it (restart sallyport for both, or undo the change of \"x\" to "
              "change the links alone)");
    EXPECT_TRUE(refusal("state_dir = \"/s\"\n[[backend]]\nname = \"b\"\n").starts_with("g.toml:1"));
    EXPECT_TRUE(refusal("broken [").starts_with("g.toml:1:"));
    EXPECT_EQ(notes, "");
}

TEST(ConfigForRollback, ReturnsToTheLinksAndKeepsOtherSettings) {
    const std::string running = "x = 1\n[[backend]]\nname = \"a\"\n";
    const std::string linked = "x = 1\n[[backend]]\nname = \"b\"\n";
    std::string notes;
    EXPECT_EQ(config_for_rollback("g.toml", linked, running, "backend", notes), linked);
    EXPECT_EQ(notes, "");
    EXPECT_EQ(config_for_rollback("g.toml", "x = 2\n", running, "backend", notes), running);
    EXPECT_NE(notes.find("g.toml"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::gateway
