#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/network.h"
#include "wamp/codec/codec.h"
#include "wamp/framing/rawsocket.h"
#include "wamp/message/client_login.h"

namespace sallyport::sim {

/// A client that a scenario leads: it says what it is told to, and keeps what it hears.
class Player final : public WireEnd {
public:
    Player(Schedule& schedule, std::shared_ptr<Wire> wire, wamp::Serializer serializer,
           std::string realm)
        : schedule_(schedule),
          wire_(std::move(wire)),
          serializer_(serializer),
          realm_(std::move(realm)),
          machine_(wamp::RawSocket::client(std::size_t{1} << 20U, serializer)) {}

    void on_bytes(std::string_view bytes) override;
    void on_cut() override { cut_ = true; }

    // Before it joins.
    wamp::Dict roles;
    std::string authid{};                        ///< "": anybody
    std::shared_ptr<wamp::ClientLogin> login{};  ///< null: with its ticket
    std::string replayed{};                      ///< the signature, if not that of `login`

    void start();
    void send(const wamp::Message& message);
    void cut() { wire_->cut(0); }
    Wire& wire() noexcept { return *wire_; }

    // Each returns the id of its request.
    wamp::RequestId call(std::string procedure, wamp::Dict options = {}, wamp::List args = {});
    wamp::RequestId publish(std::string topic, wamp::Dict options = {}, wamp::List args = {});
    wamp::RequestId subscribe(std::string topic, wamp::Dict options = {});
    wamp::RequestId enroll(std::string procedure, wamp::Dict options = {});  ///< REGISTER
    wamp::RequestId unsubscribe(wamp::SubscriptionId subscription);
    wamp::RequestId unregister(wamp::RegistrationId registration);
    void cancel(wamp::RequestId call, std::string_view mode);
    void yield(wamp::RequestId invocation, wamp::Dict options = {}, wamp::List args = {});
    /// More of a call that is made of several parts.
    void send_part(wamp::RequestId call, std::string procedure, bool last);

    // What it heard, in that order.
    template <class Message>
    std::vector<const Message*> all() const {
        std::vector<const Message*> found;
        for (const auto& message : heard_) {
            if (const auto* const one = std::get_if<Message>(&message)) found.push_back(one);
        }
        return found;
    }
    template <class Message>
    std::size_t count() const {
        return all<Message>().size();
    }
    template <class Message>
    const Message* last() const {
        const auto found = all<Message>();
        return found.empty() ? nullptr : found.back();
    }
    /// Types, in order; those of the join are left out.
    std::vector<wamp::MessageType> types() const;
    /// RESULTs that end the call, and its ERRORs.
    std::size_t ends_of(wamp::RequestId call) const;
    /// Of the ERROR of a request, "" if there was none.
    std::string error_of(wamp::RequestId request) const;
    void forget() { heard_.clear(); }
    wamp::SessionId session() const noexcept { return session_; }
    bool is_cut() const noexcept { return cut_; }
    const std::string& signature() const noexcept { return signature_; }

    std::function<void(const wamp::Invocation&)> on_invocation{};

private:
    void hello();
    void answer(const wamp::Challenge& challenge);

    Schedule& schedule_;
    std::shared_ptr<Wire> wire_;
    wamp::Serializer serializer_;
    std::string realm_;
    wamp::RawSocket machine_;
    std::list<std::string> kept_;  ///< what the messages borrow from
    std::list<wamp::Message> heard_;
    wamp::SessionId session_ = 0;
    wamp::RequestId last_request_ = 0;
    std::string signature_;  ///< that it has sent
    bool cut_ = false;
};

}  // namespace sallyport::sim
