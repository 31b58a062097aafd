#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/fuzz/input.h"
#include "wamp/codec/codec.h"

namespace sallyport::fuzz {

using wamp::Dict;
using wamp::List;
using wamp::Serializer;
using wamp::Value;

inline constexpr std::array<std::string_view, 20> uris{"a.x",
                                                       "a.y",
                                                       "a.limited",
                                                       "a.secret",
                                                       "b.x",
                                                       "a.",
                                                       "a..y",
                                                       "wamp.x",
                                                       "",
                                                       "a.b.c",
                                                       "a",
                                                       "r",
                                                       "wamp.session.list",
                                                       "wamp.session.get",
                                                       "wamp.session.kill",
                                                       "wamp.session.add_testament",
                                                       "wamp.session.flush_testaments",
                                                       "wamp.session.on_join",
                                                       "wamp.session.on_leave",
                                                       "wamp.registration.list"};
inline constexpr std::array<std::string_view, 3> matches{"exact", "prefix", "wildcard"};
inline constexpr std::array<std::string_view, 3> modes{"skip", "kill", "killnowait"};

/// One end of a connection, and the id of its next request.
struct Sender {
    Serializer serializer{};
    wamp::RequestId next = 1;
};

/// Makes messages of the input: mostly what the protocol allows at that point, often with ids that
/// exist, and now and then neither.
class Messages {
public:
    explicit Messages(Input& input) : input_(input) {}

    /// What a client says that wants to join `realm`.
    wamp::Message of_client(Sender& peer, std::string_view realm) {
        const std::string uri(input_.one_of(uris));
        keep_ = payload(peer.serializer);
        switch (input_.byte() % 16) {
            case 0:
            case 1: {
                Dict details{{"roles", Dict{{"caller", Dict{}},
                                            {"callee", Dict{}},
                                            {"publisher", Dict{}},
                                            {"subscriber", Dict{}}}}};
                if (input_.byte() % 4 == 0) {
                    details.set("authmethods", List{Value("ticket")});
                    details.set("authid", input_.byte() % 2 == 0 ? "alice" : "bob");
                }
                peer.next = 1;
                return wamp::Hello{input_.byte() % 8 == 0 ? uri : std::string(realm), details};
            }
            case 2:
                return wamp::Authenticate{input_.byte() % 2 == 0 ? "t" : "x", {}};
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
                return wamp::Cancel{id() + 1, {{"mode", input_.one_of(modes)}}};
            case 14:
                return wamp::Yield{id() + 1,
                                   input_.byte() % 4 == 0 ? Dict{{"progress", true}} : Dict{},
                                   keep_.view()};
            default:
                return wamp::Error{wamp::MessageType::invocation, id() + 1, {}, uri, keep_.view()};
        }
    }

    /// What the router behind a link says.
    wamp::Message of_router(Sender& peer) {
        keep_ = payload(peer.serializer);
        constexpr std::array<wamp::MessageType, 6> types{
            wamp::MessageType::call,        wamp::MessageType::publish,
            wamp::MessageType::subscribe,   wamp::MessageType::register_,
            wamp::MessageType::unsubscribe, wamp::MessageType::unregister};
        switch (input_.byte() % 16) {
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
                return wamp::CallResult{id() + 1,
                                        input_.byte() % 2 == 0 ? Dict{{"progress", true}} : Dict{},
                                        keep_.view()};
            case 5:
                return wamp::Error{input_.one_of(types), id() + 1, {}, "a.failed", keep_.view()};
            case 6:
                return wamp::Published{id() + 1, id() + 1};
            case 7:
                return wamp::Subscribed{id() + 1, id() + 1};
            case 8:
                return wamp::Registered{id() + 1, id() + 1};
            case 9:
                return wamp::Unsubscribed{
                    input_.byte() % 2 == 0 ? 0 : id() + 1,
                    input_.byte() % 2 == 0 ? Dict{{"subscription", id() + 1}} : Dict{}};
            case 10:
                return wamp::Unregistered{
                    input_.byte() % 2 == 0 ? 0 : id() + 1,
                    input_.byte() % 2 == 0 ? Dict{{"registration", id() + 1}} : Dict{}};
            case 11:
            case 12:
                return wamp::Event{
                    id() + 1, id() + 1,
                    input_.byte() % 2 == 0 ? Dict{{"topic", input_.one_of(uris)}} : Dict{},
                    keep_.view()};
            case 13:
            case 14:
                return wamp::Invocation{
                    peer.next++, id() + 1,
                    input_.byte() % 2 == 0 ? Dict{{"procedure", input_.one_of(uris)}} : Dict{},
                    keep_.view()};
            default:
                if (input_.byte() % 2 == 0) return wamp::Goodbye{{}, "wamp.close.system_shutdown"};
                return wamp::Interrupt{id() + 1, {}};
        }
    }

private:
    // Payloads are raw bytes at times: the codec of the receiver has to be ready for them.
    wamp::OwnedPayload payload(Serializer serializer) {
        switch (input_.byte() % 6) {
            case 0:
                return {};
            case 1:
                return wamp::make_payload(serializer,
                                          {Value(std::string(input_.bytes().size() * 40, 'x'))});
            case 2:
                return wamp::make_payload(serializer,
                                          {Value(wamp::Bytes{std::string(input_.bytes())})});
            case 3:
                return raw(serializer, "[\"\\u0000!!\"]", {"\x91\xa3\0!!", 5}, {"\x81\x63\0!!", 5});
            case 4:
                return raw(serializer, "[1e400]", "\x91\xca\x7f\xc0\x01\x02", "\x81\xf9\x7e\x01");
            default:
                return wamp::make_payload(serializer, {Value(1), Value(-2)}, {{"k", Value(2.5)}});
        }
    }
    static wamp::OwnedPayload raw(Serializer serializer, std::string_view json,
                                  std::string_view msgpack, std::string_view cbor) {
        const std::string_view args = serializer == Serializer::json      ? json
                                      : serializer == Serializer::msgpack ? msgpack
                                                                          : cbor;
        return wamp::OwnedPayload(serializer, std::string(args), "");
    }
    std::uint64_t id() {
        return input_.byte() % 8 == 0 ? std::uint64_t{input_.byte()} * 1'000'003
                                      : input_.byte() % 12 + 1;
    }
    wamp::RequestId next(Sender& peer) { return input_.byte() % 32 == 0 ? id() : peer.next++; }

    Dict request_options() {
        Dict options;
        const std::uint8_t flags = input_.byte();
        if ((flags & 1) != 0) options.set("acknowledge", true);
        if ((flags & 2) != 0) options.set("match", input_.one_of(matches));
        if ((flags & 4) != 0) options.set("receive_progress", true);
        if ((flags & 8) != 0) options.set("timeout", std::uint64_t{input_.byte()});
        if ((flags & 16) != 0) options.set("exclude_me", false);
        if ((flags & 32) != 0)
            options.set("eligible_authid",
                        List{Value("alice"), Value(std::string(input_.byte() * 20u, 'y'))});
        if ((flags & 64) != 0)
            options.set("forward_for",
                        List{Value(Dict{{"session", 5}, {"authid", "x"}, {"authrole", "y"}})});
        if ((flags & 128) != 0)
            options.set("exclude", List{Value(std::uint64_t{input_.byte()} + 1)});
        return options;
    }

    Input& input_;
    wamp::OwnedPayload keep_;  ///< of the message that was returned last
};

}  // namespace sallyport::fuzz
