#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/client/run.h"
#include "tests/unit/gateway/client/scripted_peer.h"
#include "wamp/base/frame.h"

namespace sallyport::gateway::test {

/// A router over RawSocket JSON that says what it is told to: one answer per message that comes.
class Router {
public:
    explicit Router(std::vector<std::string> answers)
        : answers_(std::move(answers)), peer_([this](int fd) { serve(fd); }) {}

    std::string url() const { return "rs+unix:" + peer_.path(); }
    ClientOptions options(double seconds = 20) const {
        ClientOptions options;
        options.url = parse_client_url(url());
        options.serializer = wamp::Serializer::json;
        options.session.realm = "realm1";
        options.timeout = std::chrono::milliseconds(static_cast<int>(seconds * 1000));
        options.reconnects = false;
        return options;
    }
    /// What came; the client has gone.
    const std::vector<std::string>& said() {
        peer_.join();
        return said_;
    }

private:
    void serve(int fd) {
        read_exactly(fd, 4);
        write_all(fd, std::string("\x7F\xF1\0\0", 4));
        for (std::size_t i = 0;; ++i) {
            const std::string head = read_exactly(fd, 4);
            if (head.size() < 4) return;
            const auto octet = [&](std::size_t at) {
                return std::size_t{static_cast<unsigned char>(head[at])};
            };
            said_.push_back(read_exactly(fd, (octet(1) << 16) | (octet(2) << 8) | octet(3)));
            if (i >= answers_.size()) continue;
            std::string_view rest = answers_[i];
            while (!rest.empty()) {  // several, a line each
                const std::size_t end = std::min(rest.find('\n'), rest.size());
                write_all(fd, std::string(wamp::Frame::copy_of(rest.substr(0, end)).rawsocket()));
                rest.remove_prefix(std::min(end + 1, rest.size()));
            }
        }
    }

    std::vector<std::string> answers_;
    std::vector<std::string> said_;
    ScriptedPeer peer_;
};

inline const std::string welcome = R"([2,1,{"roles":{"broker":{},"dealer":{}}}])";
inline const std::string goodbye = R"([6,{},"wamp.close.goodbye_and_out"])";

struct Printed {
    int code = -1;
    std::string out;
    std::string err;
};

template <class Run, class... Arguments>
Printed run(ClientOptions options, Arguments... arguments) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    Printed printed;
    printed.code = Run(std::move(options), std::move(arguments)...).run();
    printed.out = testing::internal::GetCapturedStdout();
    printed.err = testing::internal::GetCapturedStderr();
    return printed;
}

}  // namespace sallyport::gateway::test
