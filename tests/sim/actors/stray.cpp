#include "tests/sim/actors/stray.h"

#include <array>
#include <string>
#include <type_traits>
#include <variant>

#include "tests/sim/names.h"

namespace sallyport::sim {

using wamp::Dict;
using wamp::Value;

namespace {

class Stray {
public:
    explicit Stray(Client& client) : client_(client), dice_(client.dice()) {}

    void say() {
        if (dice_.chance(10)) return as_router();
        const std::string bytes = any_of(client_.said, dice_);
        auto message = wamp::decode(client_.serializer, bytes, {});
        if (!message) return;
        std::visit([this](auto& m) { distort(m); }, *message);
        client_.send(*message);
    }

private:
    wamp::Id other(wamp::Id id) {
        switch (dice_.between(0, 7)) {
            case 0:
                return id;
            case 1:
                return id + 1;
            case 2:
                return dice_.between(1, 40);
            case 3:
                return (dice_.next() >> 11U) + 1;  // up to 2^53
            default:
                return ++client_.last_request;
        }
    }

    void other_options(Dict& options) {
        if (dice_.chance(50)) return;
        switch (dice_.between(0, 8)) {
            case 0:
                return options.set("match", dice_.chance(50) ? "prefix" : "wildcard");
            case 1:
                return options.set("exclude_me", dice_.chance(50));
            case 2:
                return options.set("acknowledge", dice_.chance(50));
            case 3:
                return options.set("receive_progress", dice_.chance(50));
            case 4:
                return options.set("timeout", dice_.between(0, 600));
            case 5:
                return options.set("disclose_me", dice_.chance(50));
            case 6:
                return options.set("get_retained", dice_.chance(50));
            case 7:
                return options.set("invoke", dice_.chance(50) ? "roundrobin" : "first");
            default:
                return options.set("_stray", Value(wamp::List{Value(Dict{})}));
        }
    }

    wamp::Payload other_payload(const PayloadId& payload_id) {
        payload_ = payload_of(client_.serializer, payload_id, false);
        return payload_.view();
    }

    void distort(wamp::Call& call) {
        if (call.procedure.starts_with(meta_head)) call.procedure = "lab.svc.echo";
        if (dice_.chance(20)) call.procedure = client_.named(any_of(called, dice_));
        call.request = other(call.request);
        call.options.erase("ppt_scheme");
        other_options(call.options);
        const std::uint64_t tag = ++client_.environment.last_tag;
        CallState& state = client_.environment.ledger.calls[tag];
        state.since = client_.environment.schedule.now();
        state.due = std::chrono::milliseconds(call.options.get_uint("timeout", 0));
        call.payload = other_payload({tag, 0});
    }
    void distort(wamp::Publish& publish) {
        if (dice_.chance(20)) publish.topic = client_.named(any_of(topics, dice_));
        publish.request = other(publish.request);
        publish.options.erase("ppt_scheme");
        other_options(publish.options);
        // As a testament, under a number of its own.
        const std::uint64_t key = 2'000'000'000 + ++client_.environment.last_testament;
        publish.payload = other_payload({key, 1});
    }
    void distort(wamp::Subscribe& subscribe) {
        subscribe.request = other(subscribe.request);
        other_options(subscribe.options);
    }
    void distort(wamp::Register& registers) {
        registers.request = other(registers.request);
        other_options(registers.options);
    }
    void distort(wamp::Unsubscribe& unsubscribe) {
        unsubscribe.request = other(unsubscribe.request);
        unsubscribe.subscription = other(unsubscribe.subscription);
    }
    void distort(wamp::Unregister& unregister) {
        unregister.request = other(unregister.request);
        unregister.registration = other(unregister.registration);
    }
    void distort(wamp::Cancel& cancel) { cancel.request = other(cancel.request); }
    /// Of an invocation that may be under way, nothing but the truth: the caller is judged by it.
    void distort(wamp::Yield& yield) { yield.request = (dice_.next() >> 11U) + 1; }
    void distort(wamp::Error& error) { error.request = (dice_.next() >> 11U) + 1; }
    template <class Message>
    void distort(Message&) {}

    void as_router() {
        switch (dice_.between(0, 5)) {
            case 0:
                return client_.send(wamp::Welcome{1, {{"roles", Dict{{"broker", Dict{}}}}}});
            case 1:
                return client_.send(wamp::Event{other(1), other(1), {}, {}});
            case 2:
                return client_.send(wamp::Invocation{other(1), other(1), {}, {}});
            case 3:
                return client_.send(wamp::CallResult{other(1), {}, {}});
            case 4:
                return client_.send(wamp::Goodbye{{}, "wamp.close.goodbye_and_out"});
            default:
                return client_.send(wamp::Abort{{}, "sim.stray", {}});
        }
    }

    Client& client_;
    Dice& dice_;
    wamp::OwnedPayload payload_;
};

}  // namespace

void stray(Client& client) {
    if (!client.said.empty()) Stray(client).say();
}

}  // namespace sallyport::sim
