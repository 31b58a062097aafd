#include "gateway/cli/page_command.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "backend-link/link/local_address.h"
#include "gateway/admin/web.h"
#include "gateway/cli/page_content.h"
#include "gateway/host/files.h"
#include "gateway/host/random_seed.h"
#include "gateway/host/start_error.h"
#include "gateway/page/page_access.h"
#include "policy/crypto/ticket_hash.h"
#include "policy/tools/report.h"

namespace sallyport::gateway {

namespace {

struct Options {
    std::string config = "gateway.toml";
    std::string listen = "127.0.0.1:0";
    bool manage = false;
};

Descriptor listen_on(const std::string& text, std::string& url) {
    const policy::Place place{"--listen", 0, 0};
    // No other address has port 0.
    const bool any_port = text.ends_with(":0");
    auto address = backend_link::parse_address(
        "tcp:" + text.substr(0, text.size() - (any_port ? 1 : 0)) + (any_port ? "1" : ""));
    if (!address ||
        backend_link::reach_of_literal(address->host_or_path) != backend_link::Reach::loopback)
        throw StartError(place, policy::quoted(text) + " is not a port at a loopback address",
                         "such as 127.0.0.1:0; from another machine, forward the port with ssh -L");
    if (any_port) address->port = 0;
    Descriptor listener = listen_tcp(*address, place);
    sockaddr_storage name{};
    socklen_t size = sizeof name;
    if (::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&name), &size) != 0)
        throw StartError(place, "the port is not known", "try again");
    // Both kinds have the port at the same place.
    const unsigned port = ntohs(reinterpret_cast<const sockaddr_in&>(name).sin_port);
    const std::string& host = address->host_or_path;
    url = "http://" + (name.ss_family == AF_INET6 ? "[" + host + "]" : host) + ":" +
          std::to_string(port);
    return listener;
}

/// Shows the page to one browser at a time, and does what its forms ask for.
class Server {
public:
    Server(std::string config, PageSecrets secrets, bool may_act)
        : config_(std::move(config)), access_(std::move(secrets), may_act) {}

    HttpAnswer answer(const HttpHead& request) {
        const PageAccess::Verdict verdict = access_.judge(request);
        using Kind = PageAccess::Verdict::Kind;
        if (verdict.kind == Kind::answer) return verdict.answer;
        try {
            if (verdict.kind == Kind::show) return show();
            notice_ = act_on(config_, verdict.form);
        } catch (const std::exception& error) {
            if (verdict.kind == Kind::show)
                return html_answer(503, short_page("Not all is well", reason_of(error)));
            notice_ = reason_of(error);
        }
        std::cerr << policy::quoted(field(verdict.form, "act")) << ' '
                  << policy::quoted(field(verdict.form, "name")) << ": " << notice_
                  << (notice_.ends_with('\n') ? "" : "\n");
        return to_page();
    }

private:
    HttpAnswer show() {
        PageContent content = page_content(config_);
        content.may_act = access_.may_act();
        content.form_token = access_.form_token();
        content.notice = std::exchange(notice_, {});
        return html_answer(200, operator_page(content));
    }

    std::string config_;
    PageAccess access_;
    std::string notice_;
};

int serve_page(const Options& options) {
    static_cast<void>(page_content(options.config));  // a wrong configuration is told here
    std::string url;
    Descriptor listener = listen_on(options.listen, url);
    wamp::Random random(random_seed());
    using policy::crypto::make_ticket;
    PageSecrets secrets{make_ticket(random), make_ticket(random), make_ticket(random)};
    std::cout << url << "/enter/" << secrets.entry << '\n' << std::flush;
    std::cerr
        << "open this URL in a browser on this machine; it works once. Ctrl-C ends the page\n";
    Server server(options.config, std::move(secrets), options.manage);
    run_web(std::move(listener), [&server](const HttpHead& head, const Web::Respond& respond) {
        respond(server.answer(head));
    });
    return 0;
}

}  // namespace

void add_page_command(Command& program) {
    const auto options = std::make_shared<Options>();
    Command& page = program.add_command(
        "page", "Show a running gateway or inside in a browser, until it is interrupted");
    page.add_option("--config", &options->config, "Its gateway.toml or inside.toml",
                    {.show_default = true});
    page.add_option("--listen", &options->listen, "A loopback address and port; 0 for a free port",
                    {.show_default = true});
    page.add_option("--manage", &options->manage,
                    "Also reload, roll back, drain links, end sessions, close circuits and disable "
                    "principals");
    page.footer =
        "It prints a URL that works once: the browser that opens it gets a cookie. The page is "
        "read "
        "anew each time it is loaded.\n"
        "Examples:\n"
        "  sallyport page --config /etc/sallyport/gateway.toml\n"
        "  sallyport page --config /etc/sallyport/gateway.toml --manage\n"
        "  ssh -L 8080:127.0.0.1:8080 gateway sallyport page --listen 127.0.0.1:8080\n"
        "Exit codes: 0 interrupted; 2 the configuration cannot be read, or the port is in use.";
    page.action = [options] { return serve_page(*options); };
}

}  // namespace sallyport::gateway
