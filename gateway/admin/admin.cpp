#include "gateway/admin/admin.h"

#include <cstdio>
#include <iostream>
#include <memory>
#include <system_error>
#include <utility>

#include <boost/asio/write.hpp>

#include "gateway/config/load_config.h"
#include "gateway/host/ask_program.h"
#include "gateway/host/start_error.h"
#include "policy/tools/report.h"
#include "wamp/base/value.h"
#include "wamp/codec/codec.h"

namespace sallyport::gateway {

namespace {

std::string ask(const PathText& admin) {
    try {
        return ask_program(admin.path, "", {});
    } catch (const std::system_error& error) {
        throw StartError(
            admin.place,
            "cannot connect to " + policy::quoted(admin.path) + ": " + error.code().message(),
            "is `sallyport serve` running, and are you its user?");
    }
}

unsigned long long number(const wamp::Dict& dict, std::string_view key) {
    return dict.get_uint(key, 0);
}

void print_text(const wamp::Dict& status) {
    const auto text = [](const wamp::Dict& dict, std::string_view key) {
        return std::string(dict.get_string(key));
    };
    if (const wamp::Dict* onion = status.get_dict("onion")) {
        const std::string address = text(*onion, "address");
        std::printf("tor           %s\n", text(*onion, "mode").c_str());
        if (text(*onion, "mode") == "managed") {
            std::printf("bootstrap     %llu%% %s\n", number(*onion, "bootstrap"),
                        text(*onion, "summary").c_str());
            if (!text(*onion, "warning").empty())
                std::printf("complaint     %s\n", text(*onion, "warning").c_str());
            std::printf("onion         %s\n", address.empty() ? "not known yet" : address.c_str());
            std::printf("reachable     %s\n",
                        onion->get_bool("reachable", false) ? "yes" : "not yet");
        }
    }
    const wamp::Dict* front = status.get_dict("front");
    if (front == nullptr) return;
    std::printf("connections   %llu\nsessions      %llu\n", number(*front, "connections"),
                number(*front, "sessions"));
    if (const wamp::Dict* decisions = front->get_dict("decisions")) {
        std::printf(
            "decisions     %llu allowed, %llu denied, %llu over a limit; %llu joined, %llu "
            "refused to join\n",
            number(*decisions, "allowed"), number(*decisions, "denied"),
            number(*decisions, "limited"), number(*decisions, "joined"),
            number(*decisions, "join_refused"));
    }
    if (const wamp::Dict* audit = status.get_dict("audit")) {
        std::printf("audit log     %llu written, %llu dropped, %llu waiting%s%s\n",
                    number(*audit, "written"), number(*audit, "dropped"), number(*audit, "waiting"),
                    audit->get_string("error").empty() ? "" : ": ", text(*audit, "error").c_str());
    }
    const wamp::List* links = front->get_list("links");
    if (links == nullptr) return;
    for (const wamp::Value& value : *links) {
        const auto* link = value.get_if<wamp::Dict>();
        if (link == nullptr) continue;
        std::printf("link %-8s %s, %llu calls in flight, %llu subscriptions, %llu registrations\n",
                    text(*link, "name").c_str(), link->get_bool("up", false) ? "up" : "down",
                    number(*link, "calls"), number(*link, "subscriptions"),
                    number(*link, "registrations"));
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
    std::string_view line = answer;
    while (line.ends_with('\n')) line.remove_suffix(1);
    const auto status = wamp::decode_value(wamp::Serializer::json, line, wamp::MessageLimits{});
    const wamp::Dict* const dict = status.has_error() ? nullptr : status->get_if<wamp::Dict>();
    if (dict == nullptr) {
        std::fputs("sallyport: the gateway did not answer\n", stderr);
        return 1;
    }
    print_text(*dict);
    return 0;
}

}  // namespace sallyport::gateway
