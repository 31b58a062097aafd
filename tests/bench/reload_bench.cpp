// What a reload of a 10,000-rule realm costs a front and an inside with 1,000 sessions: reading and
// compiling, which a thread of its own does, and the one step of the reactor in which sessions,
// subscriptions and registrations are judged again. Prints a table; judges nothing.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "backend-link/inside/inside.h"
#include "gateway/front/front.h"
#include "tests/bench/policy_text.h"
#include "tests/bench/timing.h"
#include "wamp/codec/codec.h"

namespace {

using namespace sallyport;
using namespace std::chrono_literals;

constexpr int sessions = 1'000;
constexpr wamp::PeerId link_peer{1'000'000};
constexpr wamp::Instant now{1h};
constexpr std::string_view hello =
    R"([1,"bench",{"roles":{"caller":{},"publisher":{},"callee":{"features":{"registration_revocation":true}},)"
    R"("subscriber":{"features":{"subscription_revocation":true}}}}])";
constexpr std::string_view welcome = R"([2,77,{"roles":{"broker":{},"dealer":{}}}])";
constexpr policy::Transport transport{wamp::Serializer::json, 16U << 20U, false, 0};

struct Version {
    policy::PolicyFile file;
    std::shared_ptr<const policy::RealmPolicy> policy;
    std::shared_ptr<const policy::JoinTerms> terms;

    Version(const std::string& text, std::string_view hash)
        : file(bench::parsed(text)),
          policy(bench::compiled(file, hash)),
          terms(policy::JoinTerms::make(file.auth, {})) {}
    std::vector<policy::DoorRealm> realms() const { return {{policy, terms}}; }
};

backend_link::Inside make(const Version& version, const backend_link::Inside*) {
    return {{version.realms(), {}, {}}, {7}};
}

gateway::Front make(const Version& version, const gateway::Front*) {
    backend_link::LinkMachine::Config link;
    link.session.realm = "inner";
    link.profile = backend_link::profile_of(backend_link::BackendKind::sallyport);
    link.dials = false;
    link.join_timeout = 5s;
    link.pulse = {3s, 9s, 9s};
    return {{version.realms(), {{"inside", link}}, {}}, {7}};
}

/// A core with its sessions, and a far end of its link that grants everything.
template <class Core>
class World {
public:
    explicit World(const Version& version)
        : core_(make(version, static_cast<const Core*>(nullptr))) {
        core_.start(now, out_);
        if constexpr (std::is_same_v<Core, gateway::Front>) {
            core_.on_link_open(0, link_peer, transport, now, out_);
            settle();
            say(link_peer, welcome);
        }
        for (int i = 0; i < sessions; ++i) join(i);
    }

    /// Milliseconds that the reactor is away for.
    double reload(const Version& version) {
        auto realms = version.realms();
        const double begin = bench::nanoseconds(CLOCK_MONOTONIC);
        const auto done = core_.reload(std::move(realms), now, out_);
        const double took = (bench::nanoseconds(CLOCK_MONOTONIC) - begin) / 1e6;
        revoked_ = done.subscriptions_revoked + done.registrations_revoked;
        settle();
        return took;
    }
    double would_reload(const Version& version) {
        const auto realms = version.realms();
        const double begin = bench::nanoseconds(CLOCK_MONOTONIC);
        static_cast<void>(core_.would_reload(realms));
        return (bench::nanoseconds(CLOCK_MONOTONIC) - begin) / 1e6;
    }
    std::size_t revoked() const { return revoked_; }
    int subscriptions() const { return subscriptions_; }
    int registrations() const { return registrations_; }

private:
    /// Eight subscriptions, two of them to all below a prefix, and two registrations.
    void join(int number) {
        const wamp::PeerId peer{static_cast<std::uint64_t>(number) + 1};
        core_.on_open(peer, transport, now, out_);
        say(peer, hello);
        const auto about = [number](int rule) { return bench::device(number * 10 + rule); };
        int request = 0;
        const auto ask = [&](int type, const std::string& uri, const char* options) {
            say(peer, "[" + std::to_string(type) + "," + std::to_string(++request) + "," + options +
                          ",\"" + uri + "\"]");
        };
        for (const int rule : {2, 3, 4}) ask(32, about(rule) + ".run", "{}");
        for (const int rule : {5, 8}) ask(32, about(rule) + ".motor.speed", "{}");
        for (const int rule : {6, 7}) ask(32, about(rule) + ".", R"({"match":"prefix"})");
        ask(32, about(7) + ".state", "{}");
        ask(64, about(4) + ".run", "{}");
        ask(64, about(5) + ".motor", "{}");
    }
    void say(wamp::PeerId peer, std::string_view text) {
        core_.on_message(peer, text, now, out_);
        settle();
    }
    void settle() {
        while (!out_.empty()) {
            core_.on_written(link_peer, 0, now, out_);
            for (const wamp::Effect& effect : std::exchange(out_, {})) {
                if (const auto* send = std::get_if<wamp::effect::Send>(&effect))
                    receive(send->to, send->frame.message());
            }
        }
    }
    void receive(wamp::PeerId peer, std::string_view bytes) {
        const auto message = wamp::decode(wamp::Serializer::json, bytes, {});
        if (!message) std::abort();
        if (peer != link_peer) {
            subscriptions_ += std::holds_alternative<wamp::Subscribed>(*message) ? 1 : 0;
            registrations_ += std::holds_alternative<wamp::Registered>(*message) ? 1 : 0;
            return;
        }
        const auto granted = [this](int type, wamp::RequestId request) {
            core_.on_message(link_peer,
                             "[" + std::to_string(type) + "," + std::to_string(request) + "," +
                                 std::to_string(++granted_) + "]",
                             now, out_);
        };
        if (const auto* subscribe = std::get_if<wamp::Subscribe>(&*message))
            granted(33, subscribe->request);
        if (const auto* registering = std::get_if<wamp::Register>(&*message))
            granted(65, registering->request);
    }

    wamp::Outbox out_;
    Core core_;
    int subscriptions_ = 0;
    int registrations_ = 0;
    std::uint64_t granted_ = 500;
    std::size_t revoked_ = 0;
};

void print(const char* name, const char* what, std::size_t revoked, std::vector<double> took) {
    std::sort(took.begin(), took.end());
    std::printf("%-7s %-28s %8zu %9.2f %9.2f\n", name, what, revoked, took[took.size() / 2],
                took.back());
}

template <class Core>
void measure(const char* name, const Version& version, const Version& again,
             const Version& narrower) {
    constexpr int turns = 20;
    std::vector<double> dry, same, fewer;
    World<Core> world(version);
    if (world.subscriptions() != sessions * 8 || world.registrations() != sessions * 2) {
        std::fprintf(stderr, "%s: %d subscriptions, %d registrations\n", name,
                     world.subscriptions(), world.registrations());
        std::exit(1);
    }
    for (int i = 0; i < turns; ++i) {
        dry.push_back(world.would_reload(narrower));
        same.push_back(world.reload(i % 2 == 0 ? again : version));
    }
    print(name, "dry run", 0, dry);
    print(name, "reload, nothing changes", world.revoked(), same);
    std::size_t revoked = 0;
    for (int i = 0; i < 5; ++i) {
        World<Core> fresh(version);
        fewer.push_back(fresh.reload(narrower));
        revoked = fresh.revoked();
    }
    print(name, "reload, a tenth is revoked", revoked, fewer);
}

}  // namespace

int main() {
    const char* const actions = "\"subscribe\", \"register\"";
    const std::string text = bench::policy_text(actions);
    std::vector<double> read, compiled;
    for (int i = 0; i < 5; ++i) {
        const double begin = bench::cpu_milliseconds();
        const policy::PolicyFile file = bench::parsed(text);
        read.push_back(bench::cpu_milliseconds() - begin);
        const auto policy = bench::compiled(file, "");
        compiled.push_back(bench::cpu_milliseconds() - begin - read.back());
    }
    std::sort(read.begin(), read.end());
    std::sort(compiled.begin(), compiled.end());
    std::printf("%d rules read in %.0f ms and compiled in %.0f ms, off the reactor\n", bench::rules,
                read[2], compiled[2]);
    const Version version(text, "one"), again(text, "two"),
        narrower(bench::policy_text(actions, 5), "three");
    std::printf("%d sessions, %d subscriptions, %d registrations\n%-7s %-28s %8s %9s %9s\n",
                sessions, sessions * 8, sessions * 2, "", "", "revoked", "median ms", "worst ms");
    measure<gateway::Front>("front", version, again, narrower);
    measure<backend_link::Inside>("inside", version, again, narrower);
    return 0;
}
