#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>

#include "gateway/host/acceptor.h"
#include "gateway/host/descriptor.h"

namespace sallyport::gateway {

/// The socket by which a running program is told what to do: `run/control.sock` of its state
/// directory, mode 0600. One line asks, an exit code and text answer. The gateway's is the
/// supervisor's own, as whoever can speak to it changes the policy, and the worker must not.
class Control {
public:
    using Reply = std::function<void(int exit_code, std::string_view text)>;
    using Handler = std::function<void(const std::string& line, Reply reply)>;

    Control(boost::asio::io_context& io, Descriptor listener, Handler handler);

private:
    boost::asio::io_context& io_;
    Handler handler_;
    Acceptor acceptor_;
};

std::string control_socket(const std::string& state_dir);

/// Says `line` to the program of that state directory, prints its answer, as text or as one JSON
/// object, and returns its exit code. Throws StartError when nobody is there.
int tell_program(const std::string& state_dir, std::string_view line, bool json);

}  // namespace sallyport::gateway
