#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/checkers.h"
#include "tests/sim/network.h"
#include "wamp/base/uri.h"
#include "wamp/codec/codec.h"
#include "wamp/framing/rawsocket.h"

namespace sallyport::sim {

/// A client with a will of its own: one connection, one session, random requests, and a checker of
/// all that it is told. As a guest it is outside and misbehaves at times; as a service it is inside
/// and answers calls.
class Actor final : public WireEnd {
public:
    enum class Kind : std::uint8_t { guest, service };
    struct World {
        Schedule& schedule;
        Dice& dice;
        Findings& findings;
        std::uint64_t& last_tag;  ///< of calls, over all actors
    };

    Actor(World world, Kind kind, std::uint64_t key, std::shared_ptr<Wire> wire,
          wamp::Serializer serializer);

    void on_bytes(std::string_view bytes) override;
    void on_cut() override { gone_ = true; }

    void start();
    void act();  ///< one random thing
    void cut();
    void leave();
    bool gone() const noexcept { return gone_; }
    bool joined() const noexcept { return session_ != 0 && !leaving_; }
    std::uint64_t key() const noexcept { return key_; }
    /// All that was asked for must have been answered, and no call is left without its end.
    void check_all_answered();

private:
    struct Call {
        std::string uri;
        std::uint64_t tag;
    };
    struct Subscription {
        std::string topic;
        std::map<std::uint64_t, std::uint64_t>
            last_of;  ///< publisher → number of its latest event here
    };
    enum class Asked : std::uint8_t { subscribe, unsubscribe, register_, unregister, publish };
    struct Request {
        Asked asked;
        std::string uri;
        wamp::Id id = 0;  ///< of what is given up
    };

    void on_message(wamp::Message&& message);
    void on(const wamp::Welcome& welcome);
    void on(const wamp::CallResult& result);
    void on(const wamp::Error& error);
    void on(const wamp::Subscribed& subscribed);
    void on(const wamp::Unsubscribed& unsubscribed);
    void on(const wamp::Registered& registered);
    void on(const wamp::Unregistered& unregistered);
    void on(const wamp::Published& published);
    void on(const wamp::Event& event);
    void on(const wamp::Invocation& invocation);

    std::string named(std::string_view uri);  ///< as this actor may call it
    void call();
    void publish();
    void subscribe();
    void unsubscribe();
    void register_one(std::string uri);
    void unregister();
    void cancel();
    void garbage();

    void send(const wamp::Message& message);
    void answer(wamp::RequestId invocation, const std::string& procedure,
                wamp::OwnedPayload payload);
    bool take(wamp::RequestId request, Asked asked, Request& taken);
    void wrong(Check check, std::string what);

    World world_;
    Kind kind_;
    std::uint64_t key_;
    std::shared_ptr<Wire> wire_;
    wamp::Serializer serializer_;
    wamp::RawSocket machine_;
    wamp::SessionId session_ = 0;
    bool gone_ = false;
    bool leaving_ = false;
    wamp::RequestId last_request_ = 0;
    std::uint64_t last_published_ = 0;
    std::map<wamp::RequestId, Call> calls_;
    std::set<wamp::RequestId> ended_calls_;
    std::map<wamp::RequestId, Request> requests_;
    std::map<wamp::SubscriptionId, Subscription> subscriptions_;
    std::map<std::uint64_t, std::uint64_t>
        latest_of_;  ///< publisher → number of its latest event to this session
    std::map<wamp::RegistrationId, std::string> registrations_;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace sallyport::sim
