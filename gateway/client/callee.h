#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "gateway/client/exec.h"
#include "gateway/client/run.h"

namespace sallyport::gateway {

/// `sallyport register`: answers invocations with their own arguments, or with the output of a
/// shell command.
class RegisterRun final : public ClientRun {
public:
    static constexpr std::size_t commands_at_once_max = 16;  ///< further invocations wait

    /// An empty `command` echoes.
    RegisterRun(ClientOptions options, std::string procedure, std::string command);
    ~RegisterRun() override;

private:
    struct Waiting {
        wamp::RequestId request;
        std::string input;
    };

    void on_joined() override;
    void on_dispatch(wamp::Message& message) override;
    bool goes_on() const override { return true; }
    int interrupted_code() const override { return 0; }
    void on_invocation(const wamp::Invocation& invocation);
    void on_interrupt(const wamp::Interrupt& interrupt);
    void stop_all();
    void start_waiting();
    void on_command_ended(wamp::RequestId request, int exit_code, const std::string& output);
    void answer_error(wamp::RequestId request, std::string_view uri, const std::string& text);

    std::string procedure_;
    std::string command_;
    std::map<wamp::RequestId, std::shared_ptr<ClientExec>> running_;
    std::deque<Waiting> waiting_;
};

}  // namespace sallyport::gateway
