#include "gateway/doctor/judgement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace sallyport::gateway::doctor {
namespace {

const std::string address = std::string(55, 'a').append("d.onion");

Facts healthy() {
    Facts facts;
    facts.managed = true;
    facts.state_dir = "/s";
    facts.free_bytes = std::uint64_t{1} << 30;
    facts.files = {{"/s", true}, {"/s/onion", true}};
    facts.hostname = address;
    facts.address_begins = std::string(51, 'a');
    facts.tor_found = true;
    facts.tor_program = "/usr/bin/tor";
    facts.tor_version = "0.4.9.11";
    facts.network = true;
    facts.admin = {"/s/run/admin.sock", true, true, "", "0\n{}"};
    facts.front = {"/s/run/front.sock", true, true};
    facts.control = {"/s/tor/control.sock", true, true, "", "250 OK"};
    facts.cookie = {"/s/tor/control_auth_cookie", true};
    facts.running = true;
    facts.bootstrap = 100;
    facts.published = true;
    facts.links = {{"inside", true}};
    return facts;
}

struct Fault {
    const char* name;
    const char* check;
    const char* text;
    const char* cure;
    std::function<void(Facts&)> plant;
};

const std::vector<Fault>& faults() {
    static const std::vector<Fault> all{
        {"disk full", "disk", "is full", "free at least",
         [](Facts& f) { f.free_bytes = (8U << 20U) - 1; }},
        {"state open to others", "permissions", "others have access to /s", "chmod",
         [](Facts& f) { f.files[0].open_to_others = true; }},
        {"key of another user", "permissions", "another user", "chown",
         [](Facts& f) { f.files[1].of_another = true; }},
        {"broken key", "onion-key", "has 3 bytes", "backup",
         [](Facts& f) { f.key_error = "has 3 bytes"; }},
        {"hostname of another key", "onion-key", "another key", "backup",
         [](Facts& f) { f.hostname = "b" + address.substr(1); }},
        {"tor missing", "tor-program", "no program", "install",
         [](Facts& f) { f.tor_found = false; }},
        {"not tor", "tor-program", "does not say", "binary",
         [](Facts& f) { f.tor_version.clear(); }},
        {"tor too old", "tor-program", "too old", "0.4.8",
         [](Facts& f) { f.tor_version = "0.4.7.16"; }},
        {"no network", "network", "no interface", "network", [](Facts& f) { f.network = false; }},
        {"target gone", "target", "is gone", "restart",
         [](Facts& f) { f.front = {"/s/run/front.sock", false, false, "No such file"}; }},
        {"target refused", "target", "Permission denied", "mode and the group",
         [](Facts& f) { f.front = {"/s/run/front.sock", true, false, "Permission denied"}; }},
        {"tor stopped", "tor-process", "SIGSTOP", "CONT", [](Facts& f) { f.tor_stopped = true; }},
        {"tor crashed", "tor-process", "refused", "log",
         [](Facts& f) { f.control = {"/c", false, false, "Connection refused"}; }},
        {"tor hangs", "tor-process", "hangs", "kill -9",
         [](Facts& f) { f.control.answer.clear(); }},
        {"no cookie", "tor-process", "cookie", "end tor",
         [](Facts& f) { f.cookie.exists = false; }},
        {"clock skew", "clock", "clock is wrong", "timedatectl",
         [](Facts& f) {
             f.bootstrap = 14;
             f.warning = "Clock skew 3600 in directory";
         }},
        {"bridge wrong", "bridges", "bridge", "Bridge lines",
         [](Facts& f) {
             f.bootstrap = 10;
             f.bridges = true;
         }},
        {"outbound blocked", "tor-network", "at 5%", "bridges", [](Facts& f) { f.bootstrap = 5; }},
        {"not published", "descriptor", "no directory", "clock",
         [](Facts& f) { f.published = false; }},
        {"link down", "link", "inside is down", "start the inside",
         [](Facts& f) { f.links[0].up = false; }},
        {"not running", "gateway", "does not run", "sallyport serve",
         [](Facts& f) {
             f.running = false;
             f.admin = {"/s/run/admin.sock", false, false, "No such file"};
         }},
        {"gateway hangs", "gateway", "does not answer", "restart",
         [](Facts& f) {
             f.running = false;
             f.admin.answer.clear();
         }},
        {"another user runs doctor", "gateway", "may not connect", "as root",
         [](Facts& f) {
             f.running = false;
             f.admin = {"/s/run/admin.sock", true, false, "Permission denied"};
         }},
    };
    return all;
}

std::vector<Finding> wrong_in(const Facts& facts) {
    std::vector<Finding> found = judge(facts);
    std::erase_if(found, [](const Finding& finding) { return finding.sound; });
    return found;
}

TEST(Doctor, FindsNothingWrongWithAHealthyGateway) {
    EXPECT_TRUE(wrong_in(healthy()).empty());
    EXPECT_EQ(judge(healthy()).size(), 11u);
}

TEST(Doctor, NamesEachCauseAloneWithItsCure) {
    for (const Fault& fault : faults()) {
        Facts facts = healthy();
        fault.plant(facts);
        const auto wrong = wrong_in(facts);
        ASSERT_EQ(wrong.size(), 1u) << fault.name;
        EXPECT_EQ(wrong[0].check, fault.check) << fault.name;
        EXPECT_NE(wrong[0].text.find(fault.text), std::string::npos) << wrong[0].text;
        EXPECT_NE(wrong[0].cure.find(fault.cure), std::string::npos) << wrong[0].cure;
    }
}

TEST(Doctor, TakesTheVersionsFrom048On) {
    for (const char* good : {"0.4.8", "0.4.8.1", "0.4.10.2", "0.5.0.1", "1.0.0.0"}) {
        Facts facts = healthy();
        facts.tor_version = good;
        EXPECT_TRUE(wrong_in(facts).empty()) << good;
    }
    for (const char* bad : {"0.4.7.99", "0.3.9.1", "0.4", "x"}) {
        Facts facts = healthy();
        facts.tor_version = bad;
        EXPECT_EQ(wrong_in(facts).size(), 1u) << bad;
    }
}

TEST(Doctor, JudgesNoTorWhereTheGatewayRunsNone) {
    Facts facts = healthy();
    facts.managed = facts.tor_found = facts.network = false;
    facts.control = {};
    facts.bootstrap = 0;
    EXPECT_TRUE(wrong_in(facts).empty());
}

}  // namespace
}  // namespace sallyport::gateway::doctor
