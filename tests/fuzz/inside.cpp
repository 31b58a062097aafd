// A whole inside driven by bytes: services that join and go, the link to the gateway that comes and
// goes and conveys other people's sessions, time that passes, policies that change. It must answer
// all of it, send nothing to a connection that it closed and nothing bigger than its receiver
// takes, and hold nothing when everybody has gone.
#include "backend-link/inside/inside.h"

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

// Services may nearly everything; of the conveyed roles one may a little, the other nothing.
constexpr std::string_view policy_text = R"(
realm = "r"
[auth]
anonymous = { role = "service" }
[[allow]]
id = "services"
roles = ["service", "gateway"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = ["a.", "b."]
grants = ["disclose_me", "retain"]
[[allow]]
id = "conveyed"
roles = ["y"]
actions = ["call", "publish", "subscribe"]
uri = ["a.x", "a.b.c"]
limits = { rate = "2/s", in_flight = 1, timeout = "1s", payload = 40 }
[[allow]]
id = "newest"
roles = ["service"]
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
roles = ["*"]
actions = ["call", "subscribe"]
uri = [
    "wamp.session.list", "wamp.session.get", "wamp.session.kill", "wamp.session.on_join",
    "wamp.session.on_leave", "wamp.registration.list"]
[[allow]]
id = "testaments"
roles = ["service"]
actions = ["call"]
uri = ["wamp.session.add_testament", "wamp.session.flush_testaments"]
grants = ["testaments"]
)";

constexpr std::string_view narrow_policy_text = R"(
realm = "r"
[auth]
anonymous = { role = "service" }
[[allow]]
id = "services"
roles = ["service"]
actions = ["call", "subscribe"]
uri = ["a.x"]
)";

constexpr std::array<std::size_t, 3> receives{4096, 65536, 16u << 20};

policy::TestRealm make_realm(std::string_view text) {
    policy::Diagnostics diagnostics;
    const policy::PolicyFile file = policy::parse_policy(text, "f", diagnostics);
    policy::CompileOptions options;
    options.routes_required = false;
    auto compiled = policy::Compiler::compile(file, options, "");
    SALLYPORT_CHECK(diagnostics.empty() && compiled.has_value());
    return {{*compiled, policy::JoinTerms::make(file.auth, policy::Roster::of({}, ""))},
            policy::Authenticator::make(file.auth, {})};
}

const policy::TestRealm& realm(bool narrow) {
    static const policy::TestRealm wide_realm = make_realm(policy_text);
    static const policy::TestRealm narrow_realm = make_realm(narrow_policy_text);
    return narrow ? narrow_realm : wide_realm;
}

class World {
public:
    explicit World(std::string_view input) : input_(input) {
        backend_link::InsideConfig config;
        config.realms = {realm(false)};
        config.links = {{"gateway", {}}};
        config.limits.peers_max = 6;
        config.limits.window_bytes = config.link_window_bytes = 1u + input_.byte();
        inside_ = std::make_unique<backend_link::Inside>(std::move(config), wamp::Random::Seed{1});
        inside_->start(now_, out_);
        carry_out();
    }

    void run() {
        while (!input_.empty()) {
            step();
            carry_out();
        }
        for (const auto& [id, peer] : std::map(peers_)) close(id);
        SALLYPORT_CHECK(inside_->sessions() == 0 && inside_->peers() == 0);
        pass(std::chrono::minutes(10));  // what waited for late answers is forgotten
        const auto counts = inside_->counts();
        SALLYPORT_CHECK(counts.sessions + counts.subscriptions + counts.registrations +
                            counts.calls + counts.invocations ==
                        0);
        inside_->stop(now_, out_);
        carry_out();
        SALLYPORT_CHECK(inside_->stopped());
        static_cast<void>(inside_->status_json());
    }

private:
    struct Peer {
        policy::Transport transport;
        bool paused = false;  ///< by the inside
        Sender sender;
    };

    void step() {
        const std::uint8_t what = input_.byte();
        if (what < 12) return open(false);
        if (what < 20) return open(true);
        if (what < 36)
            return pass(std::chrono::milliseconds(std::uint64_t{input_.byte()} * input_.byte()));
        if (what == 36) return inside_->stop(now_, out_);
        if (what == 37) return reload(input_.byte() % 2 == 0);
        if (peers_.empty()) return;
        auto chosen = peers_.begin();
        std::advance(chosen, input_.byte() % peers_.size());
        const std::uint64_t id = chosen->first;
        if (what < 42) return close(id);
        if (what < 44) return inside_->on_alive(PeerId{id}, now_);
        if (what < 46) return inside_->on_written(PeerId{id}, input_.byte(), now_, out_);
        if (what < 60) return tell(id, input_.bytes());
        Peer& peer = chosen->second;
        std::string message;
        wamp::encode_to(message, peer.transport.serializer, messages_.of_client(peer.sender, "r"));
        if (what > 250 && !message.empty()) {
            char& byte = message[input_.byte() % message.size()];
            byte = static_cast<char>(byte ^ 1 << what % 8);
        }
        tell(id, message);
    }

    void reload(bool narrow) {
        const auto expected = inside_->would_reload({realm(narrow)});
        const auto done = inside_->reload({realm(narrow)}, now_, out_);
        SALLYPORT_CHECK(done.sessions_ended == expected.sessions_ended);
        SALLYPORT_CHECK(done.subscriptions_revoked == expected.subscriptions_revoked);
        SALLYPORT_CHECK(done.registrations_revoked == expected.registrations_revoked);
    }

    void open(bool link) {
        const std::uint8_t how = input_.byte();
        if (link && !std::exchange(dialled_, false)) return;
        if (link && how % 4 == 3) return inside_->on_link_failed(0, "refused", now_, out_);
        const std::uint64_t id = ++last_peer_;
        Peer peer;
        peer.transport = {wamp::all_serializers[how % wamp::all_serializers.size()],
                          input_.one_of(receives), true, 0};
        peer.sender.serializer = peer.transport.serializer;
        peers_.emplace(id, peer);
        if (link) {
            inside_->on_link_open(0, PeerId{id}, peer.transport, now_, out_);
        } else {
            inside_->on_open(PeerId{id}, peer.transport, now_, out_);
        }
    }
    void close(std::uint64_t id) {
        peers_.erase(id);
        inside_->on_closed(PeerId{id}, "reset", now_, out_);
        carry_out();
    }
    void tell(std::uint64_t id, std::string_view message) {
        inside_->on_message(PeerId{id}, message, now_, out_);
    }

    void pass(wamp::Duration duration) {
        const wamp::Instant until = now_ + duration;
        for (int i = 0; i < 10'000 && inside_->deadline() <= until; ++i) {
            now_ = std::max(now_, inside_->deadline());
            inside_->on_deadline(now_, out_);
            carry_out();
            if (std::exchange(dialled_, false)) inside_->on_link_failed(0, "refused", now_, out_);
        }
        now_ = until;
        inside_->on_deadline(now_, out_);
        carry_out();
    }

    void carry_out() {
        fuzz::carry_out(*inside_, authenticator_, now_, out_, peers_, closed_, dialled_);
    }

    Input input_;
    Messages messages_{input_};
    std::unique_ptr<backend_link::Inside> inside_;
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
