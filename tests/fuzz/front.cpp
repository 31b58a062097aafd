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
#include "policy/crypto/ticket_hash.h"
#include "policy/file/compile.h"
#include "policy/file/file.h"
#include "wamp/base/check.h"
#include "wamp/codec/codec.h"

namespace sallyport::fuzz {
namespace {

using wamp::Dict;
using wamp::List;
using wamp::PeerId;
using wamp::Serializer;
using wamp::Value;

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
[[forbid]]
id = "secret"
roles = ["*"]
actions = ["call", "register", "subscribe", "publish"]
uri = "a.secret"
)";

constexpr std::array<std::string_view, 12> uris{
    "a.x", "a.y", "a.limited", "a.secret", "b.x", "a.", "a..y", "wamp.x", "", "a.b.c", "a", "r"};
constexpr std::array<std::string_view, 3> matches{"exact", "prefix", "wildcard"};
constexpr std::array<std::string_view, 3> modes{"skip", "kill", "killnowait"};
constexpr std::array<std::size_t, 3> receives{512, 4096, 16u << 20};

policy::DoorRealm make_realm() {
    policy::Diagnostics diagnostics;
    const policy::PolicyFile file = policy::parse_policy(policy_text, "f", diagnostics);
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
    return {*compiled, policy::Authenticator::make(file.auth, principals)};
}

gateway::BackendConfig make_backend(std::string name, backend_link::BackendKind kind, bool dials) {
    backend_link::LinkMachine::Config link;
    link.session.realm = "inner";
    link.profile = backend_link::profile_of(kind);
    link.dials = dials;
    link.join_timeout = std::chrono::seconds(5);
    link.heartbeat = std::chrono::seconds(3);
    link.dead_after = std::chrono::seconds(9);
    return {std::move(name), std::move(link)};
}

class World {
public:
    explicit World(std::string_view input) : input_(input) {
        static const policy::DoorRealm realm = make_realm();
        gateway::FrontConfig config{
            {realm},
            {make_backend("inside", backend_link::BackendKind::sallyport, true),
             make_backend("plc", backend_link::BackendKind::generic, false)},
            {}};
        config.limits.peers_max = 6;
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
    struct Peer {
        policy::Transport transport;
        bool link = false;
        wamp::RequestId next = 1;
    };

    std::uint8_t byte() {
        if (input_.empty()) return 0;
        const auto value = static_cast<std::uint8_t>(input_.front());
        input_.remove_prefix(1);
        return value;
    }
    template <class Array>
    auto one_of(const Array& all) {
        return all[byte() % all.size()];
    }
    std::string_view bytes() {
        const auto text = input_.substr(0, byte());
        input_.remove_prefix(text.size());
        return text;
    }

    void step() {
        const std::uint8_t what = byte();
        if (what < 12) return open(false);
        if (what < 20) return open(true);
        if (what < 24) return front_->on_link_failed(what % 2, "refused", now_, out_);
        if (what < 36) return pass(std::chrono::milliseconds(std::uint64_t{byte()} * byte()));
        if (what == 36) {
            front_->stop(now_, out_);
            return;
        }
        if (peers_.empty()) return;
        auto chosen = peers_.begin();
        std::advance(chosen, byte() % peers_.size());
        const std::uint64_t id = chosen->first;
        if (what < 42) return close(id);
        if (what < 46) return front_->on_alive(PeerId{id}, now_);
        if (what < 60) return tell(id, bytes());
        Peer& peer = chosen->second;
        std::string message;
        wamp::encode_to(message, peer.transport.serializer,
                        peer.link ? of_router(peer) : of_client(peer));
        if (what > 250 && !message.empty())
            message[byte() % message.size()] ^= static_cast<char>(1 << (what % 8));
        tell(id, message);
    }

    void open(bool link) {
        const std::uint8_t how = byte();
        const std::uint64_t id = ++last_peer_;
        Peer peer;
        peer.transport = {how % 2 == 0 ? Serializer::json : Serializer::msgpack, one_of(receives),
                          true, 0};
        peer.link = link;
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
        front_->on_message(PeerId{id}, message, now_, out_);
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
        std::vector<wamp::effect::Work> works;
        for (auto& effect : out_) {
            if (const auto* send = std::get_if<wamp::effect::Send>(&effect)) {
                const auto found = peers_.find(static_cast<std::uint64_t>(send->to));
                if (found == peers_.end()) continue;  // it has gone, and the front may not know yet
                const std::string_view message = send->frame.message();
                SALLYPORT_CHECK(message.size() <= found->second.transport.peer_receives_max);
                SALLYPORT_CHECK(
                    wamp::decode(found->second.transport.serializer, message, {}).has_value());
                SALLYPORT_CHECK(!closed_.contains(send->to));
            } else if (const auto* close = std::get_if<wamp::effect::Close>(&effect)) {
                SALLYPORT_CHECK(closed_.insert(close->peer).second);
                peers_.erase(static_cast<std::uint64_t>(close->peer));
            } else if (std::holds_alternative<wamp::effect::Dial>(effect)) {
                dialled_ = true;
            } else if (const auto* ping = std::get_if<wamp::effect::Ping>(&effect)) {
                SALLYPORT_CHECK(!closed_.contains(ping->to));
            } else if (auto* work = std::get_if<wamp::effect::Work>(&effect)) {
                works.push_back(std::move(*work));
            } else {
                const auto& note = std::get<wamp::effect::Note>(effect);
                SALLYPORT_CHECK(note.text.find('\n') == std::string::npos);
            }
        }
        out_.clear();
        if (works.empty()) return;
        for (const auto& work : works) front_->on_work_done(work.id, work.run(), now_, out_);
        carry_out();
    }

    // Payloads are raw bytes at times: the codec of the receiver has to be ready for them.
    wamp::OwnedPayload payload(Serializer serializer) {
        switch (byte() % 6) {
            case 0:
                return {};
            case 1:
                return wamp::make_payload(serializer,
                                          {Value(std::string(bytes().size() * 40, 'x'))});
            case 2:
                return wamp::make_payload(serializer, {Value(wamp::Bytes{std::string(bytes())})});
            case 3:
                return wamp::OwnedPayload(serializer,
                                          serializer == Serializer::json
                                              ? "[\"\\u0000!!\"]"
                                              : std::string("\x91\xa3\0!!", 5),
                                          "");
            case 4:
                return wamp::OwnedPayload(
                    serializer,
                    serializer == Serializer::json ? "[1e400]" : "\x91\xca\x7f\xc0\x01\x02", "");
            default:
                return wamp::make_payload(serializer, {Value(1), Value(-2)}, {{"k", Value(2.5)}});
        }
    }
    std::uint64_t id() {
        return byte() % 8 == 0 ? std::uint64_t{byte()} * 1'000'003 : byte() % 12 + 1;
    }
    wamp::RequestId next(Peer& peer) { return byte() % 32 == 0 ? id() : peer.next++; }

    Dict request_options() {
        Dict options;
        const std::uint8_t flags = byte();
        if ((flags & 1) != 0) options.set("acknowledge", true);
        if ((flags & 2) != 0) options.set("match", one_of(matches));
        if ((flags & 4) != 0) options.set("receive_progress", true);
        if ((flags & 8) != 0) options.set("timeout", std::uint64_t{byte()});
        if ((flags & 16) != 0) options.set("exclude_me", false);
        if ((flags & 32) != 0)
            options.set("eligible_authid",
                        List{Value("alice"), Value(std::string(byte() * 20u, 'y'))});
        if ((flags & 64) != 0)
            options.set("forward_for",
                        List{Value(Dict{{"session", 5}, {"authid", "x"}, {"authrole", "y"}})});
        if ((flags & 128) != 0) options.set("exclude", List{Value(std::uint64_t{byte()} + 1)});
        return options;
    }

    wamp::Message of_client(Peer& peer) {
        const std::string uri(one_of(uris));
        keep_ = payload(peer.transport.serializer);
        switch (byte() % 16) {
            case 0:
            case 1: {
                Dict details{{"roles", Dict{{"caller", Dict{}},
                                            {"callee", Dict{}},
                                            {"publisher", Dict{}},
                                            {"subscriber", Dict{}}}}};
                if (byte() % 4 == 0) {
                    details.set("authmethods", List{Value("ticket")});
                    details.set("authid", byte() % 2 == 0 ? "alice" : "bob");
                }
                peer.next = 1;
                return wamp::Hello{byte() % 8 == 0 ? uri : "r", details};
            }
            case 2:
                return wamp::Authenticate{byte() % 2 == 0 ? "t" : "x", {}};
            case 3:
                return wamp::Goodbye{{}, "wamp.close.close_realm"};
            case 4:
                return wamp::Abort{{}, "a.b", {}};
            case 5:
            case 6:
                return wamp::Call{next(peer), request_options(), uri, keep_.view()};
            case 7:
            case 8:
                return wamp::Publish{next(peer), request_options(), uri, keep_.view()};
            case 9:
                return wamp::Subscribe{next(peer), request_options(), uri};
            case 10:
                return wamp::Register{next(peer), request_options(), uri};
            case 11:
                return wamp::Unsubscribe{next(peer), id() + 1, {}};
            case 12:
                return wamp::Unregister{next(peer), id() + 1, {}};
            case 13:
                return wamp::Cancel{id() + 1, {{"mode", one_of(modes)}}};
            case 14:
                return wamp::Yield{id() + 1, byte() % 4 == 0 ? Dict{{"progress", true}} : Dict{},
                                   keep_.view()};
            default:
                return wamp::Error{wamp::MessageType::invocation, id() + 1, {}, uri, keep_.view()};
        }
    }

    wamp::Message of_router(Peer& peer) {
        keep_ = payload(peer.transport.serializer);
        constexpr std::array<wamp::MessageType, 6> types{
            wamp::MessageType::call,        wamp::MessageType::publish,
            wamp::MessageType::subscribe,   wamp::MessageType::register_,
            wamp::MessageType::unsubscribe, wamp::MessageType::unregister};
        switch (byte() % 16) {
            case 0:
            case 1:
            case 2: {
                const Dict features{{"call_canceling", true}, {"progressive_call_results", true}};
                return wamp::Welcome{7,
                                     {{"roles", Dict{{"broker", Dict{}},
                                                     {"dealer", Dict{{"features", features}}}}}}};
            }
            case 3:
            case 4:
                return wamp::CallResult{
                    id() + 1, byte() % 2 == 0 ? Dict{{"progress", true}} : Dict{}, keep_.view()};
            case 5:
                return wamp::Error{one_of(types), id() + 1, {}, "a.failed", keep_.view()};
            case 6:
                return wamp::Published{id() + 1, id() + 1};
            case 7:
                return wamp::Subscribed{id() + 1, id() + 1};
            case 8:
                return wamp::Registered{id() + 1, id() + 1};
            case 9:
                return wamp::Unsubscribed{
                    byte() % 2 == 0 ? 0 : id() + 1,
                    byte() % 2 == 0 ? Dict{{"subscription", id() + 1}} : Dict{}};
            case 10:
                return wamp::Unregistered{
                    byte() % 2 == 0 ? 0 : id() + 1,
                    byte() % 2 == 0 ? Dict{{"registration", id() + 1}} : Dict{}};
            case 11:
            case 12:
                return wamp::Event{id() + 1, id() + 1,
                                   byte() % 2 == 0 ? Dict{{"topic", one_of(uris)}} : Dict{},
                                   keep_.view()};
            case 13:
            case 14:
                return wamp::Invocation{
                    peer.next++, id() + 1,
                    byte() % 2 == 0 ? Dict{{"procedure", one_of(uris)}} : Dict{}, keep_.view()};
            default:
                if (byte() % 2 == 0) return wamp::Goodbye{{}, "wamp.close.system_shutdown"};
                return wamp::Interrupt{id() + 1, {}};
        }
    }

    std::string_view input_;
    std::unique_ptr<gateway::Front> front_;
    wamp::Instant now_{std::chrono::hours(1)};
    wamp::Outbox out_;
    std::map<std::uint64_t, Peer> peers_;
    std::set<PeerId> closed_;
    std::uint64_t last_peer_ = 0;
    bool dialled_ = false;
    wamp::OwnedPayload keep_;
};

}  // namespace
}  // namespace sallyport::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string input(bytes, bytes + size);
    sallyport::fuzz::World(input).run();
    return 0;
}
