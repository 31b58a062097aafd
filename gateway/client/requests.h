#pragma once

#include <string>

#include "gateway/client/payload.h"
#include "gateway/client/run.h"

namespace sallyport::gateway {

/// `sallyport call`: one call, its result on stdout.
class CallRun final : public ClientRun {
public:
    CallRun(ClientOptions options, std::string procedure, Arguments arguments);

private:
    void on_joined() override;
    void on_dispatch(wamp::Message& message) override;
    void on_timeout() override;

    std::string procedure_;
    Arguments arguments_;
    wamp::RequestId request_ = 0;
};

/// `sallyport publish`: one publication; with `acknowledge` it waits for PUBLISHED.
class PublishRun final : public ClientRun {
public:
    PublishRun(ClientOptions options, std::string topic, Arguments arguments, bool acknowledge);

private:
    void on_joined() override;
    void on_dispatch(wamp::Message& message) override;

    std::string topic_;
    Arguments arguments_;
    bool acknowledge_;
};

/// `sallyport subscribe`: one JSON line per event, until `count` events or Ctrl-C.
class SubscribeRun final : public ClientRun {
public:
    SubscribeRun(ClientOptions options, std::string topic, std::string match, std::uint64_t count);

private:
    void on_joined() override;
    void on_dispatch(wamp::Message& message) override;
    bool goes_on() const override { return true; }
    int interrupted_code() const override { return 0; }
    void on_event(const wamp::Event& event);

    std::string topic_;
    std::string match_;
    std::uint64_t count_;  ///< 0: no limit
    std::uint64_t seen_ = 0;
};

}  // namespace sallyport::gateway
