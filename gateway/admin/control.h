#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>

#include "gateway/admin/web.h"
#include "gateway/host/acceptor.h"
#include "gateway/host/descriptor.h"

namespace sallyport::gateway {

/// A socket for commands to a running program, mode 0600. A request is one line; the answer is an
/// exit code and text. A first line that is one of HTTP, which no command is, begins a request for
/// `web` instead, if there is one. `run/control.sock` in the state directory belongs to the
/// supervisor, as its commands change the policy, which the worker must not do; the worker has the
/// admin socket.
class Control {
public:
    using Reply = std::function<void(int exit_code, std::string_view text)>;
    using Handler = std::function<void(const std::string& line, Reply reply)>;

    Control(boost::asio::io_context& io, Descriptor listener, Handler handler,
            Web::Handler web = {});

private:
    boost::asio::io_context& io_;
    Handler handler_;
    Web::Handler web_;
    Acceptor acceptor_;
};

std::string control_socket(const std::string& state_dir);

/// Removes the exit code from an answer; -1 if there is none.
int take_exit_code(std::string& answer);

/// Sends `line` to the socket, prints the answer as text or as one JSON object, and returns its
/// exit code. Throws StartError if no program answers.
int send_line(const std::string& socket, std::string_view line, bool json);
/// The same, to the program of that state directory.
int send_command(const std::string& state_dir, std::string_view line, bool json);

}  // namespace sallyport::gateway
