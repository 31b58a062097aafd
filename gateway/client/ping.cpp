#include "gateway/client/ping.h"

#include <utility>

#include "gateway/client/exit_code.h"
#include "wamp/codec/codec.h"

namespace sallyport::gateway {

PingRun::PingRun(ClientOptions options, std::string procedure, Arguments arguments,
                 std::uint64_t count, Times& times)
    : ClientRun(std::move(options)),
      procedure_(std::move(procedure)),
      arguments_(std::move(arguments)),
      left_(procedure_.empty() ? 0 : count),
      times_(times) {}

void PingRun::on_joined() {
    times_.marks = marks();
    call();
}

void PingRun::call() {
    if (left_ == 0) return finish(client_ok);
    --left_;
    const wamp::OwnedPayload payload =
        wamp::make_payload(serializer(), arguments_.args, arguments_.kwargs);
    called_ = wamp::now();
    send(wamp::Call{next_request(), {}, procedure_, payload.view()});
}

void PingRun::on_dispatch(wamp::Message& message) {
    if (const auto* error = std::get_if<wamp::Error>(&message)) return finish_with(*error);
    if (!std::holds_alternative<wamp::CallResult>(message)) return;
    times_.calls.push_back(wamp::now() - called_);
    call();
}

}  // namespace sallyport::gateway
