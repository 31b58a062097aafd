#include "gateway/client/callee.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "wamp/codec/codec.h"
#include "wamp/message/uris.h"

namespace sallyport::gateway {
namespace {

constexpr std::string_view runtime_error = "wamp.error.runtime_error";

bool is_blank(const std::string& text) {
    return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

}  // namespace

RegisterRun::RegisterRun(ClientOptions options, std::string procedure, std::string command)
    : ClientRun(std::move(options)),
      procedure_(std::move(procedure)),
      command_(std::move(command)) {}

RegisterRun::~RegisterRun() {
    stop_all();
}

/// Nobody waits for what is running.
void RegisterRun::stop_all() {
    for (const auto& [request, exec] : running_) exec->stop();
    running_.clear();
    waiting_.clear();
}

void RegisterRun::on_joined() {
    stop_all();  // what an earlier session asked for
    send(wamp::Register{next_request(), {}, procedure_});
}

void RegisterRun::on_dispatch(wamp::Message& message) {
    if (const auto* error = std::get_if<wamp::Error>(&message)) return finish_with(*error);
    if (const auto* invocation = std::get_if<wamp::Invocation>(&message))
        return on_invocation(*invocation);
    if (const auto* interrupt = std::get_if<wamp::Interrupt>(&message))
        return on_interrupt(*interrupt);
    if (!std::holds_alternative<wamp::Registered>(message)) return;
    stop_clock();
    std::fprintf(stderr, "registered %s\n", procedure_.c_str());
}

void RegisterRun::on_invocation(const wamp::Invocation& invocation) {
    if (command_.empty()) {
        send(wamp::Yield{invocation.request, {}, invocation.payload});
        return;
    }
    const auto json = json_of(invocation.payload);
    if (!json)
        return answer_error(invocation.request, wamp::uris::invalid_argument,
                            "arguments that cannot be represented in JSON");
    waiting_.push_back({invocation.request, json->both() + "\n"});
    start_waiting();
}

void RegisterRun::on_interrupt(const wamp::Interrupt& interrupt) {
    const auto at = running_.find(interrupt.request);
    if (at != running_.end()) {
        at->second->stop();
        running_.erase(at);
    } else if (std::erase_if(waiting_, [&](const Waiting& w) {
                   return w.request == interrupt.request;
               }) == 0) {
        return;  // answered already
    }
    answer_error(interrupt.request, wamp::uris::canceled, "");
    start_waiting();
}

void RegisterRun::start_waiting() {
    while (!waiting_.empty() && running_.size() < commands_at_once_max) {
        Waiting next = std::move(waiting_.front());
        waiting_.pop_front();
        const wamp::RequestId request = next.request;
        auto exec = std::make_shared<ClientExec>(
            io(), std::move(next.input), [this, request](int code, const std::string& output) {
                on_command_ended(request, code, output);
            });
        if (exec->start(command_)) {
            running_.emplace(request, std::move(exec));
        } else {
            answer_error(request, runtime_error, std::strerror(errno));
        }
    }
}

void RegisterRun::on_command_ended(wamp::RequestId request, int exit_code,
                                   const std::string& output) {
    running_.erase(request);
    auto value = wamp::decode_value(wamp::Serializer::json, output, {});
    if (exit_code != 0) {
        answer_error(request, runtime_error,
                     exit_code < 0
                         ? "the command was ended"
                         : "the command ended with exit code " + std::to_string(exit_code));
    } else if (is_blank(output)) {
        send(wamp::Yield{request, {}, {}});
    } else if (!value) {
        answer_error(request, runtime_error, "the command's output is not valid JSON");
    } else {
        const wamp::OwnedPayload payload = wamp::make_payload(serializer(), {std::move(*value)});
        send(wamp::Yield{request, {}, payload.view()});
    }
    start_waiting();
}

void RegisterRun::answer_error(wamp::RequestId request, std::string_view uri,
                               const std::string& text) {
    wamp::List args;
    if (!text.empty()) args.emplace_back(text);
    const wamp::OwnedPayload payload = wamp::make_payload(serializer(), args);
    send(wamp::Error{wamp::MessageType::invocation, request, {}, std::string(uri), payload.view()});
}

}  // namespace sallyport::gateway
