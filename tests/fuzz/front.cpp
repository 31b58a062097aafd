// A whole gateway driven by bytes: clients that open, talk sense and nonsense and go, links that
// come and go, time that passes. It must answer all of it, send nothing to a connection that it
// closed and nothing bigger than its receiver takes, and be empty when everybody has gone.
#include "gateway/front/front.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "policy/auth/authenticator.h"
#include "policy/auth/join_terms.h"
#include "policy/crypto/ticket_hash.h"
#include "policy/file/compile.h"
#include "policy/file/file.h"
#include "tests/fuzz/effects.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/messages.h"
#include "wamp/base/check.h"
#include "wamp/codec/codec.h"

namespace sallyport::fuzz {
namespace {

using wamp::PeerId;

constexpr std::string_view policy_text = R"(
realm = "r"
[auth]
anonymous = { role = "guest" }
[[route]]
id = "all"
match = "prefix"
uri = ""
to = "inside"
[[route]]
id = "plc"
match = "prefix"
uri = "b."
to = "plc"
[[allow]]
id = "all"
roles = ["guest"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = ["a.", "b."]
[[allow]]
id = "limited"
roles = ["guest"]
actions = ["call", "publish"]
uri = "a.limited"
limits = { rate = "2/s", in_flight = 1, timeout = "1s", payload = 40 }
[[allow]]
id = "newest"
roles = ["guest"]
actions = ["subscribe"]
uri = ["a.x", "a.b.c"]
deliver = "latest"
key = { arg = 0 }
rate = "5/s"
[[forbid]]
id = "secret"
roles = ["*"]
actions = ["call", "register", "subscribe", "publish"]
uri = "a.secret"
[[allow]]
id = "meta"
roles = ["guest"]
actions = ["call", "subscribe"]
uri = [
    "wamp.session.list", "wamp.session.get", "wamp.session.kill", "wamp.session.on_join",
    "wamp.session.on_leave", "wamp.registration.list"]
[[allow]]
id = "testaments"
roles = ["guest"]
actions = ["call"]
uri = ["wamp.session.add_testament", "wamp.session.flush_testaments"]
grants = ["testaments"]
)";

// What a reload leaves of it: less may be called, and one route leads elsewhere.
constexpr std::string_view narrow_policy_text = R"(
realm = "r"
[auth]
anonymous = { role = "guest" }
[[route]]
id = "all"
match = "prefix"
uri = ""
to = "plc"
[[allow]]
id = "some"
roles = ["guest"]
actions = ["call", "subscribe"]
match = "prefix"
uri = ["a."]
)";

constexpr std::array<std::size_t, 3> receives{512, 4096, 16u << 20};

policy::TestRealm make_realm(std::string_view text) {
    policy::Diagnostics diagnostics;
    const policy::PolicyFile file = policy::parse_policy(text, "f", diagnostics);
    auto compiled = policy::Compiler::compile(file, {false, {}, true}, "");
    SALLYPORT_CHECK(diagnostics.empty() && compiled.has_value());
    wamp::Random random({3});
    policy::Principals principals;
    policy::Credentials alice;
    alice.authid = "alice";
    alice.role = "guest";
    alice.ticket = policy::crypto::hash_ticket("t", 0, random);
    alice.wampcra = policy::CraCredential{"t", "", 0, 0};
    alice.scram = policy::ScramCredential{{policy::crypto::Kdf::argon2id, "12345678", 1, 8}, {}};
    alice.cryptosign = {policy::crypto::public_key_of(policy::crypto::SigningSeed{1})};
    principals.list.push_back(alice);
    return {{*compiled, policy::JoinTerms::make(file.auth, policy::Roster::of(principals, ""))},
            policy::Authenticator::make(file.auth, principals)};
}

gateway::BackendConfig make_backend(std::string name, backend_link::BackendKind kind, bool dials) {
    backend_link::LinkMachine::Config link;
    link.session.realm = "inner";
    link.profile = backend_link::profile_of(kind);
    link.dials = dials;
    link.join_timeout = std::chrono::seconds(5);
    link.pulse.heartbeat = std::chrono::seconds(3);
    return {std::move(name), std::move(link)};
}

class World {
public:
    explicit World(std::string_view input) : input_(input) {
        gateway::FrontConfig config{
            {realm(false)},
            {make_backend("inside", backend_link::BackendKind::sallyport, true),
             make_backend("plc", backend_link::BackendKind::generic, false)},
            {}};
        config.limits.peers_max = 6;
        config.link_window_bytes = 1u + input_.byte();
        front_ = std::make_unique<gateway::Front>(std::move(config), wamp::Random::Seed{1});
        front_->start(now_, out_);
        carry_out();
    }

    void run() {
        while (!input_.empty()) {
            step();
            carry_out();
        }
        for (const auto& [id, peer] : std::map(peers_)) close(id);
        for (const auto& link : front_->links()) SALLYPORT_CHECK(link.held == 0);
        SALLYPORT_CHECK(front_->sessions() == 0 && front_->peers() == 0);
        pass(std::chrono::minutes(10));  // what waited for late answers is forgotten
        for (const auto& link : front_->links()) {
            const auto& counts = link.counts;
            SALLYPORT_CHECK(!link.up);
            SALLYPORT_CHECK(counts.calls + counts.publications + counts.subscriptions +
                                counts.registrations + counts.invocations ==
                            0);
        }
        front_->stop(now_, out_);
        carry_out();
        SALLYPORT_CHECK(front_->stopped());
        static_cast<void>(front_->status_json());
    }

private:
    static const policy::TestRealm& realm(bool narrow) {
        static const policy::TestRealm wide_realm = make_realm(policy_text);
        static const policy::TestRealm narrow_realm = make_realm(narrow_policy_text);
        return narrow ? narrow_realm : wide_realm;
    }

    struct Peer {
        policy::Transport transport;
        bool link = false;
        bool paused = false;  ///< by the front
        Sender sender;
    };

    void step() {
        const std::uint8_t what = input_.byte();
        if (what < 12) return open(false);
        if (what < 20) return open(true);
        if (what < 24) return front_->on_link_failed(what % 2, "refused", now_, out_);
        if (what < 36)
            return pass(std::chrono::milliseconds(std::uint64_t{input_.byte()} * input_.byte()));
        if (what == 36) {
            front_->stop(now_, out_);
            return;
        }
        if (what == 37) return reload(input_.byte() % 2 == 0);
        if (peers_.empty()) return;
        auto chosen = peers_.begin();
        std::advance(chosen, input_.byte() % peers_.size());
        const std::uint64_t id = chosen->first;
        if (what < 42) return close(id);
        if (what < 44) return front_->on_alive(PeerId{id}, now_);
        if (what < 46) return front_->on_written(PeerId{id}, input_.byte(), now_, out_);
        if (what < 60) return tell(id, input_.bytes());
        Peer& peer = chosen->second;
        std::string message;
        wamp::encode_to(
            message, peer.transport.serializer,
            peer.link ? messages_.of_router(peer.sender) : messages_.of_client(peer.sender, "r"));
        if (what > 250 && !message.empty()) {
            char& byte = message[input_.byte() % message.size()];
            byte = static_cast<char>(byte ^ 1 << what % 8);
        }
        tell(id, message);
    }

    // A reload does what it announced.
    void reload(bool narrow) {
        const auto expected = front_->would_reload({realm(narrow)});
        const auto done = front_->reload({realm(narrow)}, now_, out_);
        SALLYPORT_CHECK(done.sessions_ended == expected.sessions_ended);
        SALLYPORT_CHECK(done.subscriptions_revoked == expected.subscriptions_revoked);
        SALLYPORT_CHECK(done.registrations_revoked == expected.registrations_revoked);
        SALLYPORT_CHECK(done.moved == expected.moved);
    }

    void open(bool link) {
        const std::uint8_t how = input_.byte();
        const std::uint64_t id = ++last_peer_;
        Peer peer;
        peer.transport = {wamp::all_serializers[how % wamp::all_serializers.size()],
                          input_.one_of(receives), true, 0};
        peer.link = link;
        peer.sender.serializer = peer.transport.serializer;
        if (link && peer.transport.peer_receives_max < 4096)
            peer.transport.peer_receives_max = 4096;
        peers_.emplace(id, peer);
        if (!link) {
            front_->on_open(PeerId{id}, peer.transport, now_, out_);
            return;
        }
        // A link that dials gets a transport only when it asked for one.
        const std::uint32_t number = how / 2 % 2;
        if (number == 0 && !std::exchange(dialled_, false)) {
            peers_.erase(id);
            return;
        }
        front_->on_link_open(number, PeerId{id}, peer.transport, now_, out_);
    }
    void close(std::uint64_t id) {
        peers_.erase(id);
        front_->on_closed(PeerId{id}, "reset", now_, out_);
        carry_out();
    }
    void tell(std::uint64_t id, std::string_view message) {
        Peer& peer = peers_.at(id);
        if (peer.paused) return;
        peer.paused = front_->on_message(PeerId{id}, message, now_, out_) == wamp::Reading::pause;
    }

    void pass(wamp::Duration duration) {
        const wamp::Instant until = now_ + duration;
        for (int i = 0; i < 10'000 && front_->deadline() <= until; ++i) {
            now_ = std::max(now_, front_->deadline());
            front_->on_deadline(now_, out_);
            carry_out();
            if (std::exchange(dialled_, false)) front_->on_link_failed(0, "refused", now_, out_);
        }
        now_ = until;
        front_->on_deadline(now_, out_);
        carry_out();
    }

    void carry_out() {
        fuzz::carry_out(*front_, authenticator_, now_, out_, peers_, closed_, dialled_);
    }

    Input input_;
    Messages messages_{input_};
    std::unique_ptr<gateway::Front> front_;
    policy::DoorAuthenticator authenticator_{{realm(false).secret()}};
    wamp::Instant now_{std::chrono::hours(1)};
    wamp::Outbox out_;
    std::map<std::uint64_t, Peer> peers_;
    std::set<PeerId> closed_;
    std::uint64_t last_peer_ = 0;
    bool dialled_ = false;
};

}  // namespace
}  // namespace sallyport::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string input(bytes, bytes + size);
    sallyport::fuzz::World(input).run();
    return 0;
}
