#include "gateway/client/requests.h"

#include <cstdio>
#include <utility>

#include "gateway/client/exit_code.h"
#include "wamp/codec/codec.h"

namespace sallyport::gateway {

CallRun::CallRun(ClientOptions options, std::string procedure, Arguments arguments)
    : ClientRun(std::move(options)),
      procedure_(std::move(procedure)),
      arguments_(std::move(arguments)) {}

void CallRun::on_joined() {
    const wamp::OwnedPayload payload =
        wamp::make_payload(serializer(), arguments_.args, arguments_.kwargs);
    request_ = next_request();
    send(wamp::Call{request_, {}, procedure_, payload.view()});
}

void CallRun::on_dispatch(wamp::Message& message) {
    if (const auto* error = std::get_if<wamp::Error>(&message)) return finish_with(*error);
    const auto* result = std::get_if<wamp::CallResult>(&message);
    if (result == nullptr) return;
    const auto json = json_of(result->payload);
    if (!json) {
        std::fputs("error: the result cannot be represented in JSON\n", stderr);
        return finish(client_wamp_error);
    }
    print(json->shortest());
    finish(client_ok);
}

void CallRun::on_timeout() {
    std::fputs("no answer in time\n", stderr);
    if (request_ != 0) send(wamp::Cancel{request_, {{"mode", "killnowait"}}});
    finish(client_timeout);
}

PublishRun::PublishRun(ClientOptions options, std::string topic, Arguments arguments,
                       bool acknowledge)
    : ClientRun(std::move(options)),
      topic_(std::move(topic)),
      arguments_(std::move(arguments)),
      acknowledge_(acknowledge) {}

void PublishRun::on_joined() {
    const wamp::OwnedPayload payload =
        wamp::make_payload(serializer(), arguments_.args, arguments_.kwargs);
    wamp::Publish publish{next_request(), {}, topic_, payload.view()};
    if (acknowledge_) publish.options.append("acknowledge", true);
    send(publish);
    if (!acknowledge_) finish(client_ok);
}

void PublishRun::on_dispatch(wamp::Message& message) {
    if (const auto* error = std::get_if<wamp::Error>(&message)) return finish_with(*error);
    if (std::holds_alternative<wamp::Published>(message)) finish(client_ok);
}

SubscribeRun::SubscribeRun(ClientOptions options, std::string topic, std::string match,
                           std::uint64_t count)
    : ClientRun(std::move(options)),
      topic_(std::move(topic)),
      match_(std::move(match)),
      count_(count) {}

void SubscribeRun::on_joined() {
    wamp::Subscribe subscribe{next_request(), {}, topic_};
    if (match_ != "exact") subscribe.options.append("match", match_);
    send(subscribe);
}

void SubscribeRun::on_dispatch(wamp::Message& message) {
    if (const auto* error = std::get_if<wamp::Error>(&message)) return finish_with(*error);
    if (const auto* event = std::get_if<wamp::Event>(&message)) return on_event(*event);
    if (!std::holds_alternative<wamp::Subscribed>(message)) return;
    stop_clock();
    std::fprintf(stderr, "subscribed %s\n", topic_.c_str());
}

void SubscribeRun::on_event(const wamp::Event& event) {
    const auto json = json_of(event.payload);
    if (!json) {
        std::fputs("an event that cannot be represented in JSON\n", stderr);
        return;
    }
    const std::string_view topic = event.details.get_string("topic", topic_);
    print("{\"topic\":" + json_string(topic) + ",\"args\":" + json->args +
          ",\"kwargs\":" + json->kwargs + "}");
    if (++seen_ == count_) finish(client_ok);
}

}  // namespace sallyport::gateway
