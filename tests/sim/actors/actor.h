#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "tests/sim/actors/callee.h"
#include "tests/sim/actors/caller.h"
#include "tests/sim/actors/client.h"
#include "tests/sim/actors/subscriber.h"

namespace sallyport::sim {

/// A client: one connection, one session, random requests, and checks of every answer.
class Actor final : public WireEnd {
public:
    /// `account`: whom it logs in as; without an authid it joins as anybody.
    Actor(Environment& environment, Kind kind, std::uint64_t key, std::shared_ptr<Wire> wire,
          wamp::Serializer serializer, Principal account);

    void on_bytes(std::string_view bytes) override;
    void on_cut() override { client_.gone = true; }

    void start();
    void act();  ///< one random thing
    void cut();
    void leave();
    bool gone() const noexcept { return client_.gone; }
    bool joined() const noexcept {
        return client_.session != 0 && !client_.leaving && !client_.gone;
    }
    const Principal& principal() const noexcept { return client_.principal; }
    std::uint64_t key() const noexcept { return client_.key; }
    /// Whether it has lost its way: it says anything, and nobody believes it.
    bool strays() const noexcept { return strays_; }
    void make_greedy() { client_.greedy = true; }
    /// Much at once.
    void burst();
    wamp::SessionId session() const noexcept { return client_.session; }
    /// PUBLISHes that this session has sent.
    std::uint64_t published() const noexcept { return client_.published; }
    Caller& caller() noexcept { return caller_; }
    Subscriber& subscriber() noexcept { return subscriber_; }
    /// Reports every request and call that has no answer.
    void check_all_answered();

private:
    void on_message(const wamp::Message& message);
    void on(const wamp::Challenge& challenge);
    void on(const wamp::Welcome& welcome);
    void on(const wamp::Error& error);
    void on(const wamp::Goodbye& goodbye);
    void hello();
    void garbage();
    void start_to_stray();
    void forget();

    Client client_;
    wamp::RawSocket machine_;
    Caller caller_;
    Callee callee_;
    Subscriber subscriber_;
    bool has_account_;  ///< false: joins as a guest, under another name each time
    bool knows_ticket_;
    bool strays_ = false;
};

}  // namespace sallyport::sim
