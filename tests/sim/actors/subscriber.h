#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "tests/sim/actors/client.h"
#include "wamp/base/uri.h"

namespace sallyport::sim {

/// Subscribes and publishes, and checks the events that it gets.
class Subscriber {
public:
    explicit Subscriber(Client& client) : client_(client) {}

    void subscribe();
    void unsubscribe();
    void publish();
    /// So many, without acknowledgement, and at times large.
    void publish_much(std::uint64_t count);
    /// Acknowledged, under that number; for the checks at the end.
    void publish(const std::string& topic, std::uint64_t number);

    /// False where the request was not of this kind.
    bool on(const wamp::Error& error);
    void on(const wamp::Subscribed& subscribed);
    void on(const wamp::Unsubscribed& unsubscribed);
    void on(const wamp::Published& published);
    void on(const wamp::Event& event);

    void forget() { requests_.clear(); }
    void check_all_answered() const;

    struct Subscription {
        std::string topic;
        wamp::MatchPolicy match = wamp::MatchPolicy::exact;
        std::map<std::uint64_t, std::uint64_t> last_of{};  ///< publisher → its latest number here
    };
    const std::map<wamp::SubscriptionId, Subscription>& held() const noexcept { return held_; }

private:
    enum class RequestKind : std::uint8_t { subscribe, unsubscribe, publish };
    struct Request {
        RequestKind kind;
        std::string uri;
        wamp::MatchPolicy match = wamp::MatchPolicy::exact;
        wamp::Id id = 0;  ///< of what is given up
    };
    wamp::OwnedPayload random_payload();
    bool take(wamp::RequestId request, RequestKind kind, Request& taken);
    void check_order(Subscription& subscription, const PayloadId& payload_id);

    Client& client_;
    std::uint64_t last_published_ = 0;
    std::map<wamp::RequestId, Request> requests_;
    std::map<wamp::SubscriptionId, Subscription> held_;
    /// By publisher and way: the number of its latest event to this session.
    std::map<std::pair<std::uint64_t, char>, std::uint64_t> latest_of_;
};

}  // namespace sallyport::sim
