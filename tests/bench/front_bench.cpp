// What a message costs the whole front, in the process and without sockets: decoding, the door, the
// bridge, encoding. The far end of each link is this program. Prints nanoseconds of CPU time per
// message or round trip, the best of many rounds; judges nothing. docs/benchmarks.md says how to
// compare two builds.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/front/front.h"
#include "tests/bench/policy_text.h"
#include "tests/bench/timing.h"
#include "wamp/codec/codec.h"

namespace {

using namespace sallyport;
using namespace std::chrono_literals;

constexpr std::string_view policy_toml = R"(
realm = "bench"
[auth]
anonymous = { role = "guest" }
[[route]]
id = "all"
match = "prefix"
uri = ""
to = "inside0"
[[route]]
id = "last"
match = "prefix"
uri = "last."
to = "inside3"
[[allow]]
id = "all"
roles = ["guest"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = ["bench.", "last."]
)";
constexpr std::string_view hello =
    R"([1,"bench",{"roles":{"caller":{},"publisher":{},"callee":{},"subscriber":{}}}])";
constexpr std::string_view welcome =
    R"([2,77,{"roles":{"broker":{},"dealer":{"features":{"call_canceling":true}}}}])";

constexpr auto serializer = wamp::Serializer::msgpack;
constexpr policy::Transport transport{serializer, 16U << 20U, false, 0};
constexpr wamp::Instant now{1h};
constexpr std::uint32_t links = 4;
constexpr wamp::PeerId caller{1};
constexpr wamp::PeerId callee{2};
constexpr int messages_per_round = 200;
constexpr double seconds_per_figure = 0.7;
constexpr std::size_t guests = 8;
constexpr std::size_t wildcards_per_guest = 1'000;

wamp::PeerId link_peer(std::uint32_t link) {
    return wamp::PeerId{1'000'000 + std::uint64_t{link}};
}

std::string encoded(const wamp::Message& message) {
    return std::string(wamp::encode(serializer, message).message());
}

std::string from_json(std::string_view text) {
    return encoded(*wamp::decode(wamp::Serializer::json, text, {}));
}

[[noreturn]] void fail(const char* what) {
    std::fprintf(stderr, "front_bench: %s\n", what);
    std::exit(1);
}

backend_link::LinkMachine::Config link_config() {
    backend_link::LinkMachine::Config link;
    link.session.realm = "inner";
    link.profile = backend_link::profile_of(backend_link::BackendKind::sallyport);
    link.dials = false;
    link.join_timeout = 5s;
    link.pulse = {3s, 9s, 9s};
    return link;
}

gateway::FrontConfig config() {
    const policy::PolicyFile file = bench::parsed(policy_toml);
    std::vector<gateway::BackendConfig> backends;
    for (std::uint32_t i = 0; i < links; ++i)
        backends.push_back({"inside" + std::to_string(i), link_config()});
    return {
        {{bench::compiled(file, "bench"), policy::JoinTerms::make(file.auth, {})}}, backends, {}};
}

/// A front, and a far end of its links that grants everything and numbers what it grants.
class World {
public:
    World() : front_(config(), {7}), last_request_(links) {
        front_.start(now, out_);
        for (std::uint32_t i = 0; i < links; ++i) {
            front_.on_link_open(i, link_peer(i), transport, now, out_);
            say(link_peer(i), from_json(welcome));
        }
        args_ = wamp::encode_value(serializer, wamp::List{std::uint64_t{17}, "some text", 3.25});
        payload_ = {serializer, args_, {}};
    }

    void join(wamp::PeerId peer) {
        front_.on_open(peer, transport, now, out_);
        say(peer, from_json(hello));
    }
    /// The id that the far end gave the subscription, or the last one when there was one.
    wamp::Id subscribe(wamp::PeerId peer, wamp::RequestId request, const std::string& topic,
                       const char* match) {
        say(peer, encoded(wamp::Subscribe{request, {{"match", match}}, topic}));
        return granted_;
    }
    wamp::Id enrol(wamp::PeerId peer, wamp::RequestId request, const std::string& uri) {
        say(peer, encoded(wamp::Register{request, {}, uri}));
        return granted_;
    }
    void say(wamp::PeerId peer, std::string_view bytes) {
        front_.on_message(peer, bytes, now, out_);
        while (!out_.empty()) {
            front_.on_written(link_peer(0), 0, now, out_);
            front_.on_written(link_peer(1), 0, now, out_);
            for (const wamp::Effect& effect : std::exchange(out_, {})) {
                if (const auto* send = std::get_if<wamp::effect::Send>(&effect))
                    receive(send->to, send->frame.message());
            }
        }
    }
    /// The front must want that many messages sent.
    void feed(wamp::PeerId peer, std::string_view bytes, std::size_t sends) {
        out_.clear();
        front_.on_message(peer, bytes, now, out_);
        for (std::size_t i = 0; i < out_.size(); ++i) {
            const auto* const send = std::get_if<wamp::effect::Send>(&out_[i]);
            if (send == nullptr) continue;
            const wamp::PeerId to = send->to;  // more may be appended
            front_.on_written(to, 0, now, out_);
        }
        if (out_.size() != sends) fail("the front did not send what was expected");
    }
    wamp::RequestId next_request(std::uint32_t link = 0) { return ++last_request_[link]; }
    const wamp::Payload& payload() const { return payload_; }

private:
    void receive(wamp::PeerId peer, std::string_view bytes) {
        if (peer < link_peer(0)) return;
        const auto message = wamp::decode(serializer, bytes, {});
        if (!message) fail("undecodable");
        const auto link =
            static_cast<std::uint64_t>(peer) - static_cast<std::uint64_t>(link_peer(0));
        wamp::RequestId& last = last_request_[link];
        if (const auto* subscribe = std::get_if<wamp::Subscribe>(&*message)) {
            last = subscribe->request;
            front_.on_message(peer, encoded(wamp::Subscribed{last, ++granted_}), now, out_);
        } else if (const auto* registering = std::get_if<wamp::Register>(&*message)) {
            last = registering->request;
            front_.on_message(peer, encoded(wamp::Registered{last, ++granted_}), now, out_);
        }
    }

    wamp::Outbox out_;
    gateway::Front front_;
    std::vector<wamp::RequestId> last_request_;
    wamp::Id granted_ = 500;
    std::string args_;
    wamp::Payload payload_;
};

/// The smallest cost of one message of a round, in ns: other programs on the machine only ever add.
template <class Prepare, class Run>
double best(Prepare prepare, Run run) {
    double least = 1e18;
    const double end = bench::cpu_milliseconds() + seconds_per_figure * 1e3;
    for (int round = 0; round < 3 || bench::cpu_milliseconds() < end; ++round) {
        const auto messages = prepare();
        const double begin = bench::nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
        run(messages);
        const double took = bench::nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - begin;
        least = std::min(least, took / messages_per_round);
    }
    return least;
}

void print(const char* what, double ns) {
    std::printf("%-46s %10.0f\n", what, ns);
    std::fflush(stdout);
}

using Pair = std::pair<std::string, std::string>;

/// CALL to the link, RESULT back, `in_flight` at a time.
double call(std::size_t in_flight) {
    World world;
    world.join(caller);
    wamp::RequestId request = 0;
    const auto prepare = [&] {
        std::vector<Pair> messages;
        for (int i = 0; i < messages_per_round; ++i) {
            messages.emplace_back(
                encoded(wamp::Call{++request, {}, "bench.line.device.motor.run", world.payload()}),
                encoded(wamp::CallResult{world.next_request(), {}, world.payload()}));
        }
        return messages;
    };
    return best(prepare, [&](const std::vector<Pair>& messages) {
        for (std::size_t i = 0; i < messages.size() + in_flight - 1; ++i) {
            if (i < messages.size()) world.feed(caller, messages[i].first, 1);
            if (i + 1 >= in_flight) world.feed(link_peer(0), messages[i + 1 - in_flight].second, 1);
        }
    });
}

/// INVOCATION to a callee in front, its YIELD back to the last of the links.
double invocation() {
    World world;
    world.join(callee);
    const wamp::Id registration = world.enrol(callee, 1, "last.device.run");
    wamp::RequestId request = 0;
    const auto prepare = [&] {
        std::vector<Pair> messages;
        for (int i = 0; i < messages_per_round; ++i) {
            ++request;
            messages.emplace_back(
                encoded(wamp::Invocation{request, registration, {}, world.payload()}),
                encoded(wamp::Yield{request, {}, world.payload()}));
        }
        return messages;
    };
    return best(prepare, [&](const std::vector<Pair>& messages) {
        for (const auto& [invoke, yield] : messages) {
            world.feed(link_peer(links - 1), invoke, 1);
            world.feed(callee, yield, 1);
        }
    });
}

/// EVENT of the link to many subscribers.
double event(std::size_t receivers) {
    World world;
    const std::string topic = "bench.line.device.motor.speed";
    wamp::Id subscription = 0;
    for (std::size_t i = 0; i < receivers; ++i) {
        const wamp::PeerId peer{10 + i};
        world.join(peer);
        subscription = world.subscribe(peer, 1, topic, "exact");
    }
    wamp::PublicationId publication = 1'000;
    const auto prepare = [&] {
        std::vector<std::string> messages;
        for (int i = 0; i < messages_per_round; ++i)
            messages.push_back(
                encoded(wamp::Event{subscription, ++publication, {}, world.payload()}));
        return messages;
    };
    return best(prepare, [&](const std::vector<std::string>& messages) {
        for (const std::string& message : messages) world.feed(link_peer(0), message, receivers);
    });
}

/// PUBLISH with one subscriber in front, PUBLISHED back, while others hold `wildcards` that do not
/// match.
double publish(const std::string& topic, const std::vector<std::string>& wildcards) {
    World world;
    world.join(caller);
    world.join(callee);
    world.subscribe(callee, 1, topic, "exact");
    for (std::size_t i = 0; i < wildcards.size(); ++i) {
        const wamp::PeerId guest{10 + i / wildcards_per_guest};
        if (i % wildcards_per_guest == 0) world.join(guest);
        world.subscribe(guest, 1 + i % wildcards_per_guest, wildcards[i], "wildcard");
    }
    wamp::RequestId request = 0;
    const auto prepare = [&] {
        std::vector<Pair> messages;
        for (int i = 0; i < messages_per_round; ++i) {
            messages.emplace_back(encoded(wamp::Publish{++request, {}, topic, world.payload()}),
                                  encoded(wamp::Published{world.next_request(), 1'000 + request}));
        }
        return messages;
    };
    return best(prepare, [&](const std::vector<Pair>& messages) {
        for (const auto& [publication, acknowledgement] : messages) {
            world.feed(caller, publication, 1);
            world.feed(link_peer(0), acknowledgement, 1);
        }
    });
}

std::vector<std::string> plain_wildcards() {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < guests * wildcards_per_guest; ++i)
        all.push_back("bench.line" + std::to_string(i) + "..motor.speed");
    return all;
}

/// Each with its wildcards at other places, and all like the topic but for its last component.
std::vector<std::string> scattered_wildcards(std::string& topic) {
    constexpr int components = 13;
    topic = "bench";
    for (int i = 0; i < components; ++i) topic += ".part" + std::to_string(i);
    std::vector<std::string> all;
    for (std::size_t i = 1; i <= guests * wildcards_per_guest; ++i) {
        std::string pattern = "bench";
        for (int bit = 0; bit < components; ++bit)
            pattern += (i >> bit & 1U) != 0 ? "." : ".part" + std::to_string(bit);
        all.push_back(pattern + ".other");
    }
    topic += ".speed";
    return all;
}

}  // namespace

int main() {
    std::printf("%-46s %10s\n", "", "ns");
    print("CALL and RESULT, 1 in flight", call(1));
    print("CALL and RESULT, 64 in flight", call(64));
    print("INVOCATION and YIELD, the last of 4 links", invocation());
    print("EVENT to 1", event(1));
    print("EVENT to 100", event(100));
    const std::string topic = "bench.line.device.motor.speed";
    print("PUBLISH, no wildcards", publish(topic, {}));
    print("PUBLISH, 8 guests with 1,000 wildcards", publish(topic, plain_wildcards()));
    std::string long_topic;
    const auto scattered = scattered_wildcards(long_topic);
    print("PUBLISH of 15 components, no wildcards", publish(long_topic, {}));
    print("PUBLISH of 15 components, 8,000 arrangements", publish(long_topic, scattered));
    return 0;
}
