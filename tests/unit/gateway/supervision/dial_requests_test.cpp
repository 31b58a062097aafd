#include "gateway/supervision/dial_requests.h"

#include <gtest/gtest.h>

#include "tests/unit/gateway/supervision/effect_text.h"
#include "tests/unit/gateway/supervision/machine_table.h"

namespace sallyport::gateway::supervision {
namespace {

using Target = DialRequests::Target;

/// Backend 0 is an embedded inside, backend 1 an address, backend 2 connects to us.
struct Dials {
    std::string state() const { return ""; }
    std::string take() {
        const std::string text = text_of(out);
        out.clear();
        return text;
    }

    Outbox out;
    DialRequests machine{{Target::inside, Target::address, Target::none}};
};

const Steps<Dials> states = {
    {"idle", [](Dials&) {}},
    {"dialling", [](Dials& d) { d.machine.on_request(1, true, d.out); }},
    {"dialling inside", [](Dials& d) { d.machine.on_request(0, true, d.out); }},
    {"superseded",
     [](Dials& d) {
         d.machine.on_request(1, true, d.out);
         d.machine.on_worker_exit();
     }},
    {"dialling again",
     [](Dials& d) {
         d.machine.on_request(1, true, d.out);
         d.machine.on_worker_exit();
         d.machine.on_request(1, true, d.out);
     }},
    {"stopped",
     [](Dials& d) {
         d.machine.on_request(1, true, d.out);
         d.machine.stop();
     }},
};

const Steps<Dials> events = {
    {"request inside", [](Dials& d) { d.machine.on_request(0, true, d.out); }},
    {"request inside that is down", [](Dials& d) { d.machine.on_request(0, false, d.out); }},
    {"request address", [](Dials& d) { d.machine.on_request(1, false, d.out); }},
    {"request listener", [](Dials& d) { d.machine.on_request(2, false, d.out); }},
    {"request unknown", [](Dials& d) { d.machine.on_request(3, false, d.out); }},
    {"connected #0", [](Dials& d) { d.machine.on_connected(0, d.out); }},
    {"connected #1", [](Dials& d) { d.machine.on_connected(1, d.out); }},
    {"connected #2", [](Dials& d) { d.machine.on_connected(2, d.out); }},
    {"failed #0", [](Dials& d) { d.machine.on_failed(0, "refused", d.out); }},
    {"failed #1", [](Dials& d) { d.machine.on_failed(1, "refused", d.out); }},
    {"failed #2", [](Dials& d) { d.machine.on_failed(2, "refused", d.out); }},
};

TEST(DialRequests, FollowTheirTableOfStatesAndEvents) {
    const auto cells = [](std::map<std::string, std::string> own) {
        own.insert({
            {"request inside that is down", " → send worker: failed 0 the inside is not running"},
            {"request listener",
             " → send worker: failed 2 this backend is not dialled: it connects to the gateway"},
            {"connected #0", " → close #0"},
            {"connected #1", " → close #1"},
            {"connected #2", " → close #2"},
        });
        return own;
    };
    Table table = {
        {"idle",
         cells({{"request inside", " → dial inside 0 #1"}, {"request address", " → dial 1 #1"}})},
        {"dialling", cells({{"request inside", " → dial inside 0 #2"},
                            {"connected #1", " → send worker: connected 1 #1"},
                            {"failed #1", " → send worker: failed 1 refused"}})},
        {"dialling inside", cells({{"request address", " → dial 1 #2"},
                                   {"connected #1", " → send worker: connected 0 #1"},
                                   {"failed #1", " → send worker: failed 0 refused"}})},
        {"superseded",
         cells({{"request inside", " → dial inside 0 #2"}, {"request address", " → dial 1 #2"}})},
        {"dialling again", cells({{"request inside", " → dial inside 0 #3"},
                                  {"connected #2", " → send worker: connected 1 #2"},
                                  {"failed #2", " → send worker: failed 1 refused"}})},
        {"stopped",
         {{"connected #0", " → close #0"},
          {"connected #1", " → close #1"},
          {"connected #2", " → close #2"}}},
    };
    table["dialling inside"].erase("request inside that is down");  // the first one is answered
    expect_table(states, events, table);
}

TEST(DialRequests, OfOneBackendMayFollowOneAnother) {
    Dials dials;
    for (AttemptId attempt = 1; attempt <= 3; ++attempt) {
        dials.machine.on_request(1, true, dials.out);
        dials.machine.on_failed(attempt, "no route", dials.out);
    }
    EXPECT_EQ(dials.take(),
              "dial 1 #1; send worker: failed 1 no route; dial 1 #2; send worker: failed 1 no "
              "route; dial 1 #3; send worker: failed 1 no route");
}

TEST(DialRequests, FollowTheLinksOfAReload) {
    Dials dials;
    dials.machine.on_request(1, true, dials.out);
    EXPECT_EQ(dials.out.size(), 1U);
    dials.out.clear();
    dials.machine.set_targets({Target::inside, Target::none, Target::none, Target::address});
    dials.machine.on_connected(1, dials.out);
    ASSERT_EQ(dials.out.size(), 1U) << "the worker closes what it does not know any more";
    EXPECT_TRUE(std::holds_alternative<effect::SendConnection>(dials.out[0]));
    dials.out.clear();
    dials.machine.on_request(1, true, dials.out);
    EXPECT_TRUE(std::holds_alternative<effect::SendPacket>(dials.out.at(0))) << "it has gone";
    dials.out.clear();
    dials.machine.on_request(3, true, dials.out);
    EXPECT_EQ(dials.out, (Outbox{effect::DialAddress{2, 3}}));
}

}  // namespace
}  // namespace sallyport::gateway::supervision
