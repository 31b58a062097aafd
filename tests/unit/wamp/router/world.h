#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "wamp/router/realm.h"

namespace sallyport::wamp::test {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline Random random(std::uint8_t seed = 1) {
    Random::Seed bytes{};
    bytes[0] = seed;
    return Random(bytes);
}

inline Features features(std::initializer_list<Feature> list) {
    Features out;
    for (const Feature feature : list) out.add(feature);
    return out;
}

/// What a modern client announces.
inline Features all_features() {
    return features({Feature::caller, Feature::callee, Feature::publisher, Feature::subscriber,
                     Feature::caller_progressive_call_results,
                     Feature::callee_progressive_call_results, Feature::callee_call_canceling,
                     Feature::callee_caller_identification,
                     Feature::subscriber_publisher_identification});
}

inline Features no_features() {
    return features({Feature::caller, Feature::callee, Feature::publisher, Feature::subscriber});
}

inline Payload args(std::string_view bytes) {
    return {Serializer::msgpack, bytes, {}};
}

/// A realm with sessions that are named by small numbers, and what each was sent so far in order.
class World {
public:
    void join(SessionId id, Features announced = all_features(), std::string authid = "",
              std::string authrole = "user", bool outside = false) {
        if (authid.empty()) authid = "authid" + std::to_string(id);
        realm.join({id, std::move(authid), std::move(authrole), announced, 0, outside});
        next_request_[id] = 1;
    }

    void leave(SessionId id) {
        realm.leave(id, now, out_);
        collect();
    }

    void send(SessionId from, Message message) { send_as(from, {from, "own", "role"}, message); }

    void send_as(SessionId from, Origin origin, Message message) {
        Tally::Lease lease;
        if (std::holds_alternative<Call>(message)) lease = tally.acquire(bounds).value();
        realm.handle(from, std::move(message), origin, {timeout, std::move(lease)}, now, out_);
        collect();
    }

    void pass(Duration time) {
        now += time;
        realm.on_deadline(now, out_);
        collect();
    }

    /// Something else that the realm is asked to do.
    template <class Ask>
    void feed(Ask ask) {
        ask(out_);
        collect();
    }

    RequestId next_request(SessionId of) { return next_request_[of]++; }

    // The usual requests; each takes the next id of its session and returns it, or the id that came
    // back.

    SubscriptionId subscribe(SessionId from, std::string topic, Dict options = {}) {
        send(from, Subscribe{next_request(from), std::move(options), std::move(topic)});
        const Subscribed* answer = last<Subscribed>(from);
        return answer != nullptr ? answer->subscription : 0;
    }
    RequestId publish(SessionId from, std::string topic, Dict options = {}, Payload payload = {}) {
        const RequestId id = next_request(from);
        send(from, Publish{id, std::move(options), std::move(topic), payload});
        return id;
    }
    RegistrationId enroll(SessionId from, std::string procedure, Dict options = {}) {
        send(from, Register{next_request(from), std::move(options), std::move(procedure)});
        const Registered* answer = last<Registered>(from);
        return answer != nullptr ? answer->registration : 0;
    }
    RequestId call(SessionId from, std::string procedure, Dict options = {}, Payload payload = {}) {
        const RequestId id = next_request(from);
        send(from, Call{id, std::move(options), std::move(procedure), payload});
        return id;
    }
    void cancel(SessionId from, RequestId call, Dict options = {}) {
        send(from, Cancel{call, std::move(options)});
    }
    void yield(SessionId from, RequestId invocation, Dict options = {}, Payload payload = {}) {
        send(from, Yield{invocation, std::move(options), payload});
    }
    void refuse(SessionId from, RequestId invocation, std::string uri, Payload payload = {}) {
        send(from, Error{MessageType::invocation, invocation, {}, std::move(uri), payload});
    }

    const std::vector<Message>& sent_to(SessionId id) { return sent_[id]; }
    void forget() { sent_.clear(); }

    template <class T>
    std::vector<T> all(SessionId id) {
        std::vector<T> out;
        for (const Message& message : sent_[id]) {
            if (const T* found = std::get_if<T>(&message)) out.push_back(*found);
        }
        return out;
    }
    /// The last message that was sent to the session when it is of that type.
    template <class T>
    const T* last(SessionId id) {
        const std::vector<Message>& messages = sent_[id];
        return messages.empty() ? nullptr : std::get_if<T>(&messages.back());
    }
    /// The URI of the last message when it is an ERROR for that request, "" otherwise.
    std::string error(SessionId id, MessageType type, RequestId request) {
        const Error* found = last<Error>(id);
        const bool same =
            found != nullptr && found->request_type == type && found->request == request;
        return same ? found->uri : "";
    }
    /// The id of the last INVOCATION to the session, 0 when its last message is none.
    RequestId invoked(SessionId id) {
        const Invocation* found = last<Invocation>(id);
        return found != nullptr ? found->request : 0;
    }

    Tally tally;
    Realm realm{random()};
    Duration timeout{};
    Tally::Bounds bounds{};  ///< of the lease that a call is given
    Instant now{seconds(1000)};

    /// How many entries the last step had: an event for many is one.
    std::size_t entries = 0;

private:
    void collect() {
        entries = out_.entries().size();
        for (const Deliveries::Entry& entry : out_.entries()) {
            for (const SessionId to : out_.receivers(entry)) sent_[to].push_back(entry.message);
        }
        out_.clear();
    }

    Deliveries out_;
    std::map<SessionId, std::vector<Message>> sent_;
    std::map<SessionId, RequestId> next_request_;
};

/// A caller and two callees: one with all features, and one that announced none.
class CallerAndCallees : public testing::Test {
protected:
    static constexpr SessionId caller = 1;
    static constexpr SessionId callee = 2;
    static constexpr SessionId plain = 3;  ///< announced no feature, so it cannot be cancelled

    CallerAndCallees() {
        world_.join(caller);
        world_.join(callee);
        world_.join(plain, no_features());
        world_.enroll(callee, "p");
        world_.enroll(plain, "plain");
        world_.forget();
    }

    World world_;
};

}  // namespace sallyport::wamp::test
