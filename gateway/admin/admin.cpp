#include "gateway/admin/admin.h"

#include <chrono>
#include <cstdio>
#include <iostream>
#include <system_error>

#include "gateway/admin/control.h"
#include "gateway/admin/status.h"
#include "gateway/config/load_config.h"
#include "gateway/host/start_error.h"
#include "gateway/host/unix_request.h"
#include "policy/tools/exit_code.h"
#include "policy/tools/report.h"

namespace sallyport::gateway {

namespace {

/// Sends the text to the admin socket of the program of that configuration.
std::string ask(const std::string& config_file, const std::string& text) {
    const PathText admin = load_admin_socket(config_file);
    try {
        constexpr UnixRequestLimits limits{std::chrono::seconds(5), std::size_t{16} << 20};
        return unix_request(admin.path, text, limits);
    } catch (const std::system_error& error) {
        throw StartError(
            admin.place,
            "cannot connect to " + policy::quoted(admin.path) + ": " + error.code().message(),
            "is `sallyport serve` or `sallyport inside` running, and are you its user?");
    }
}

}  // namespace

std::string ask_admin(const std::string& config_file, std::string_view question) {
    std::string answer = ask(config_file, std::string(question) + "\n");
    if (take_exit_code(answer) != 0) answer.clear();
    return answer;
}

std::string ask_metrics(const std::string& config_file) {
    std::string answer =
        ask(config_file, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    const std::size_t head = answer.find("\r\n\r\n");
    if (!answer.starts_with("HTTP/1.1 200") || head == std::string::npos) return {};
    return answer.substr(head + 4);
}

int print_status(const std::string& config_file, bool json) {
    const std::string answer = ask_admin(config_file, "status");
    const auto text = status_text(answer);
    if (!text)
        return policy::print_fault("the program did not answer", {std::cout, std::cerr, json});
    std::fputs(json ? answer.c_str() : text->c_str(), stdout);
    return faults_in(answer).empty() ? policy::exit_code::fine : policy::exit_code::no;
}

int drain_backend(const std::string& config_file, const std::string& backend, bool undo,
                  bool json) {
    return send_line(load_admin_socket(config_file).path, (undo ? "undrain " : "drain ") + backend,
                     json);
}

int kick_sessions(const std::string& config_file, const std::string& realm, const std::string& who,
                  bool json) {
    return send_line(load_admin_socket(config_file).path,
                     "kick " + (realm.empty() ? "*" : realm) + " " + who, json);
}

}  // namespace sallyport::gateway
