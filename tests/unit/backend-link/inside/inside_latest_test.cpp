// Subscriptions with deliver = "latest" at an inside: for the clients of its own listeners.
#include "backend-link/inside/inside.h"
#include "tests/unit/policy/wires.h"

namespace sallyport::backend_link {
namespace {

using policy::hello;
using policy::Lines;
using policy::peer;
using namespace std::chrono_literals;

constexpr std::string_view rules = R"(
realm = "lab"
[auth]
anonymous = { role = "service" }
[[allow]]
id = "publish"
roles = ["service"]
actions = ["publish"]
match = "prefix"
uri = "lab."
[[allow]]
id = "newest"
roles = ["service", "gateway"]
actions = ["subscribe"]
match = "prefix"
uri = "lab."
deliver = "latest"
rate = "1/s"
)";

class InsideLatest : public testing::Test {
protected:
    InsideLatest() {
        inside_.start(now_, wires_.out);
        inside_.on_link_open(0, peer(9), wires_.open(9), now_, wires_.out);
        send(9, hello);
        for (const std::uint64_t id : {1u, 2u}) {
            inside_.on_open(peer(id), wires_.open(id), now_, wires_.out);
            send(id, hello);
        }
        wires_.take();
    }
    void send(std::uint64_t id, std::string_view json) {
        inside_.on_message(peer(id), json, now_, wires_.out);
    }
    Lines after(std::uint64_t id, std::string_view json) {
        send(id, json);
        return wires_.take();
    }

    wamp::Instant now_{1h};
    policy::Wires wires_;
    Inside inside_{{{policy::door_realm(rules, true)}, {"gateway"}, {}}, {7}};
};

/// The lines without the publication's id, which is random.
Lines brief(const Lines& lines) {
    Lines shown;
    for (const std::string& line : lines) {
        const auto second = line.find(',', line.find(',') + 1);
        shown.push_back(line.substr(0, second) + line.substr(line.find(',', second + 1)));
    }
    return shown;
}

TEST_F(InsideLatest, AClientGetsTheNewestAndALinkEveryEvent) {
    EXPECT_EQ(after(1, R"([32,1,{},"lab.x"])"), (Lines{"1 small buffer", "1 [33,1,1]"}));
    EXPECT_EQ(after(9, R"([32,1,{},"lab.x"])"), Lines{"9 [33,1,1]"});
    EXPECT_EQ(brief(after(2, R"([16,1,{},"lab.x",[1]])")),
              (Lines{"1 [36,1,{},[1]]", "9 [36,1,{},[1]]"}));
    EXPECT_EQ(brief(after(2, R"([16,2,{},"lab.x",[2]])")), Lines{"9 [36,1,{},[2]]"});
    EXPECT_EQ(brief(after(2, R"([16,3,{},"lab.x",[3]])")), Lines{"9 [36,1,{},[3]]"});
    EXPECT_GT(inside_.held_bytes(), policy::entry_bytes) << "besides the subscription";
    EXPECT_EQ(inside_.deadline(), now_ + 1s);
    now_ += 1s;
    inside_.on_deadline(now_, wires_.out);
    EXPECT_EQ(brief(wires_.take()), Lines{R"(1 [36,1,{"_skipped":1},[3]])"});
    EXPECT_EQ(after(1, "[34,2,1]"), Lines{"1 [35,2]"});
}

TEST_F(InsideLatest, AReloadSendsWhatWaitedUnderAnotherDelivery) {
    send(1, R"([32,1,{},"lab.x"])");
    send(2, R"([16,1,{},"lab.x",[1]])");
    send(2, R"([16,2,{},"lab.x",[2]])");
    wires_.take();
    std::string all(rules);
    all.replace(all.find("deliver"), all.size(), "");
    inside_.reload({policy::door_realm(all, true)}, now_, wires_.out);
    EXPECT_EQ(brief(wires_.take()), Lines{"1 [36,1,{},[2]]"});
    EXPECT_EQ(brief(after(2, R"([16,3,{},"lab.x",[3]])")), Lines{"1 [36,1,{},[3]]"});
}

TEST_F(InsideLatest, AReloadThatRevokesIsObeyedByWhatWaits) {
    send(1, R"([32,1,{},"lab.x"])");
    send(2, R"([16,1,{},"lab.x",[1]])");
    send(2, R"([16,2,{},"lab.x",[2]])");
    wires_.take();
    std::string none(rules);
    none.replace(none.find("roles = [\"service\", \"gateway\"]"), 30, "roles = [\"nobody\"]\n");
    inside_.reload({policy::door_realm(none, true)}, now_, wires_.out);
    now_ += 2s;
    inside_.on_deadline(now_, wires_.out);
    EXPECT_EQ(wires_.take(), Lines{});
}

}  // namespace
}  // namespace sallyport::backend_link
