#include "tests/sim/scenarios/player.h"

#include <utility>

#include <gtest/gtest.h>

namespace sallyport::sim {

using wamp::Dict;
using wamp::List;
using wamp::Value;

void Player::start() {
    wire_->write(0, machine_.to_send());
    machine_.to_send().clear();
}

void Player::send(const wamp::Message& message) {
    if (!cut_) wire_->write(0, wamp::encode(serializer_, message).rawsocket());
}

void Player::on_bytes(std::string_view bytes) {
    machine_.feed(bytes);
    for (auto event = machine_.next(); event.kind != wamp::RawSocket::Kind::none;
         event = machine_.next()) {
        if (event.kind == wamp::RawSocket::Kind::opened) {
            hello();
        } else if (event.kind == wamp::RawSocket::Kind::message) {
            kept_.emplace_back(event.bytes);
            auto message = wamp::decode(serializer_, kept_.back(), {});
            ASSERT_TRUE(message.has_value()) << "a message that cannot be decoded";
            heard_.push_back(std::move(*message));
            const wamp::Message& heard = heard_.back();
            if (const auto* const welcome = std::get_if<wamp::Welcome>(&heard))
                session_ = welcome->session;
            if (const auto* const challenge = std::get_if<wamp::Challenge>(&heard))
                answer(*challenge);
            const auto* const invocation = std::get_if<wamp::Invocation>(&heard);
            if (invocation != nullptr && on_invocation) on_invocation(*invocation);
        } else {
            ASSERT_NE(event.kind, wamp::RawSocket::Kind::failed) << event.bytes;
        }
    }
    start();
}

void Player::hello() {
    Dict details{{"roles", roles}};
    if (!authid.empty()) {
        details.set("authid", authid);
        details.set("authmethods", List{Value(login == nullptr ? "ticket" : login->method())});
        if (login != nullptr) {
            if (Dict extra = login->begin(); !extra.empty())
                details.set("authextra", std::move(extra));
        }
    }
    send(wamp::Hello{realm_, std::move(details)});
}

void Player::answer(const wamp::Challenge& challenge) {
    if (login == nullptr) return send(wamp::Authenticate{"ticket of " + authid, {}});
    auto answer = login->answer(challenge);
    ASSERT_TRUE(answer.has_value()) << "no answer to " << challenge.method;
    signature_ = answer->signature;
    if (!replayed.empty()) answer->signature = replayed;
    send(*answer);
}

wamp::RequestId Player::call(std::string procedure, Dict options, List args) {
    const auto payload = wamp::make_payload(serializer_, args);
    send(wamp::Call{++last_request_, std::move(options), std::move(procedure), payload.view()});
    return last_request_;
}

void Player::send_part(wamp::RequestId call, std::string procedure, bool last) {
    Dict options;
    if (!last) options.set("progress", true);
    const auto payload = wamp::make_payload(serializer_, {});
    send(wamp::Call{call, std::move(options), std::move(procedure), payload.view()});
}

wamp::RequestId Player::publish(std::string topic, Dict options, List args) {
    const auto payload = wamp::make_payload(serializer_, args);
    send(wamp::Publish{++last_request_, std::move(options), std::move(topic), payload.view()});
    return last_request_;
}

wamp::RequestId Player::subscribe(std::string topic, Dict options) {
    send(wamp::Subscribe{++last_request_, std::move(options), std::move(topic)});
    return last_request_;
}

wamp::RequestId Player::enroll(std::string procedure, Dict options) {
    send(wamp::Register{++last_request_, std::move(options), std::move(procedure)});
    return last_request_;
}

wamp::RequestId Player::unsubscribe(wamp::SubscriptionId subscription) {
    send(wamp::Unsubscribe{++last_request_, subscription, {}});
    return last_request_;
}

wamp::RequestId Player::unregister(wamp::RegistrationId registration) {
    send(wamp::Unregister{++last_request_, registration, {}});
    return last_request_;
}

void Player::cancel(wamp::RequestId call, std::string_view mode) {
    send(wamp::Cancel{call, {{"mode", mode}}});
}

void Player::yield(wamp::RequestId invocation, Dict options, List args) {
    const auto payload = wamp::make_payload(serializer_, args);
    send(wamp::Yield{invocation, std::move(options), payload.view()});
}

std::vector<wamp::MessageType> Player::types() const {
    std::vector<wamp::MessageType> types;
    for (const auto& message : heard_) {
        const auto type = wamp::type_of(message);
        if (type != wamp::MessageType::welcome && type != wamp::MessageType::challenge)
            types.push_back(type);
    }
    return types;
}

std::size_t Player::ends_of(wamp::RequestId call) const {
    std::size_t ends = 0;
    for (const auto* const result : all<wamp::CallResult>()) {
        if (result->request == call && !result->details.get_bool("progress", false)) ++ends;
    }
    for (const auto* const error : all<wamp::Error>()) {
        if (error->request == call && error->request_type == wamp::MessageType::call) ++ends;
    }
    return ends;
}

std::string Player::error_of(wamp::RequestId request) const {
    for (const auto* const error : all<wamp::Error>()) {
        if (error->request == request) return error->uri;
    }
    return {};
}

}  // namespace sallyport::sim
