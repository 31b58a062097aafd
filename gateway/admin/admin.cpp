#include "gateway/admin/admin.h"

#include <cstdio>
#include <iostream>
#include <memory>
#include <system_error>
#include <utility>

#include <boost/asio/write.hpp>

#include "gateway/admin/status.h"
#include "gateway/config/load_config.h"
#include "gateway/host/start_error.h"
#include "gateway/host/unix_request.h"
#include "policy/tools/report.h"

namespace sallyport::gateway {

namespace {

std::string ask(const PathText& admin) {
    try {
        return unix_request(admin.path, "", {});
    } catch (const std::system_error& error) {
        throw StartError(
            admin.place,
            "cannot connect to " + policy::quoted(admin.path) + ": " + error.code().message(),
            "is `sallyport serve` running, and are you its user?");
    }
}

}  // namespace

void answer_status(Acceptor::Socket socket, std::string line) {
    struct Answer {
        Acceptor::Socket socket;
        std::string line;
    };
    auto answer = std::make_shared<Answer>(Answer{std::move(socket), std::move(line)});
    boost::asio::async_write(answer->socket, boost::asio::buffer(answer->line),
                             [answer](boost::system::error_code, std::size_t) {});
}

int print_status(const std::string& config_file, bool json) {
    const GatewayConfig config = load_gateway_config(config_file);
    const std::string answer = ask(config.admin);
    if (json) {
        if (answer.empty()) {
            policy::print_fault("the gateway did not answer", {std::cout, std::cerr, json});
            return 1;
        }
        std::fputs(answer.c_str(), stdout);
        return 0;
    }
    const auto text = status_text(answer);
    if (!text) {
        std::fputs("sallyport: the gateway did not answer\n", stderr);
        return 1;
    }
    std::fputs(text->c_str(), stdout);
    return 0;
}

}  // namespace sallyport::gateway
