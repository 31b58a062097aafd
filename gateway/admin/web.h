#pragma once

#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "gateway/admin/http_head.h"
#include "gateway/host/acceptor.h"
#include "gateway/host/descriptor.h"

namespace sallyport::gateway {

/// Answers HTTP requests, one a connection. In a program they are GET and HEAD only, as nothing can
/// be changed this way: its admin socket answers them beside its commands (Control); a loopback
/// port answers nothing else. The operator page, a process of its own, takes forms, too.
class Web {
public:
    using Answer = HttpAnswer;
    enum class Methods : bool { reading, all };
    using Respond = std::function<void(Answer answer)>;
    using Handler = std::function<void(const HttpHead& head, Respond respond)>;

    /// Further connections are closed at once.
    static constexpr std::size_t connections_max = 16;
    /// A form has a few short fields.
    static constexpr std::size_t body_bytes_max = 4096;

    /// For a loopback port: requests that name another host are refused.
    Web(boost::asio::io_context& io, Descriptor listener, Handler handler,
        Methods methods = Methods::reading);

    /// Reads the rest of a request that begins with `begun`, and has it answered.
    enum class Hosts : bool { loopback, any };
    struct Rules {
        Hosts hosts = Hosts::loopback;
        Methods methods = Methods::reading;
    };
    static void serve(boost::asio::io_context& io, Acceptor::Socket socket, std::string begun,
                      Handler handler, Rules rules, std::shared_ptr<void> held = {});

private:
    boost::asio::io_context& io_;
    Handler handler_;
    std::shared_ptr<void> open_;  ///< one reference more for each connection
    Acceptor acceptor_;
};

/// Answers on that loopback port until SIGINT or SIGTERM; one request at a time, each of which the
/// handler may take its time for.
void run_web(Descriptor listener, Web::Handler handler);

}  // namespace sallyport::gateway
