#pragma once

#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "gateway/admin/http_head.h"
#include "gateway/host/acceptor.h"
#include "gateway/host/descriptor.h"

namespace sallyport::gateway {

/// Answers HTTP requests, one a connection: GET and HEAD only, as nothing can be changed this way.
/// The admin socket answers them beside its commands (Control); a loopback port answers nothing
/// else.
class Web {
public:
    struct Answer {
        int status = 200;
        std::string type;
        std::string body;
    };
    using Respond = std::function<void(Answer answer)>;
    using Handler = std::function<void(const HttpHead& head, Respond respond)>;

    /// Further connections are closed at once.
    static constexpr std::size_t connections_max = 16;

    /// For a loopback port: requests that name another host are refused.
    Web(boost::asio::io_context& io, Descriptor listener, Handler handler);

    /// Reads the rest of a request that begins with `begun`, and has it answered.
    enum class Hosts : bool { loopback, any };
    static void serve(boost::asio::io_context& io, Acceptor::Socket socket, std::string begun,
                      Handler handler, Hosts hosts, std::shared_ptr<void> held = {});

private:
    boost::asio::io_context& io_;
    Handler handler_;
    std::shared_ptr<void> open_;  ///< one reference more for each connection
    Acceptor acceptor_;
};

}  // namespace sallyport::gateway
