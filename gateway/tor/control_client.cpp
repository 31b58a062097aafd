#include "gateway/tor/control_client.h"

#include "gateway/tor/verification.h"

namespace sallyport::gateway {

namespace {

std::string hex(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text.push_back(digits[byte >> 4]);
        text.push_back(digits[byte & 15]);
    }
    return text;
}

/// The word at `index` of a line, counted from 0; "" if there are fewer.
std::string_view word(std::string_view line, std::size_t index) {
    for (; index > 0; --index) {
        const std::size_t blank = line.find(' ');
        if (blank == std::string_view::npos) return {};
        line.remove_prefix(blank + 1);
    }
    return line.substr(0, line.find(' '));
}

}  // namespace

void ControlClient::send(Command what, std::string_view command, Output& out) {
    pending_.push_back(what);
    out.send.append(command).append("\r\n");
}

void ControlClient::start(std::string_view cookie, Output& out) {
    // Sent in one write: tor answers in order, and closes the connection if it refuses
    // AUTHENTICATE.
    send(Command::authenticate, "AUTHENTICATE " + hex(cookie), out);
    send(Command::set_events, "SETEVENTS STATUS_CLIENT HS_DESC", out);
    send(Command::bootstrap_phase, "GETINFO status/bootstrap-phase", out);
    verify(out);
}

void ControlClient::verify(Output& out) {
    send(Command::listeners, listeners_command(), out);
    send(Command::settings, settings_command(), out);
}

void ControlClient::reload(Output& out) {
    send(Command::reload, "SIGNAL RELOAD", out);
}

void ControlClient::close_circuit(std::uint64_t circuit, Output& out) {
    send(Command::close_circuit, "CLOSECIRCUIT " + std::to_string(circuit), out);
}

void ControlClient::on_bytes(std::string_view bytes, Output& out) {
    replies_.append(bytes);
    while (!failed_) {
        const auto reply = replies_.next();
        if (!reply) break;
        reply->event() ? on_event(*reply, out) : on_reply(*reply, out);
    }
    if (replies_.broken() && !failed_) {
        failed_ = true;
        out.events.push_back(Failed{"tor's control port sent an invalid reply"});
    }
}

void ControlClient::on_reply(const ControlReply& reply, Output& out) {
    if (pending_.empty()) return;
    const Command what = pending_.front();
    pending_.pop_front();
    // It says 552 of a circuit that has ended meanwhile.
    if (!reply.ok() && what != Command::close_circuit) {
        failed_ = true;
        out.events.push_back(Failed{"tor's control port reports: " + reply.lines.back()});
        return;
    }
    switch (what) {
        case Command::authenticate:
        case Command::set_events:
        case Command::reload:
        case Command::close_circuit:
            return;
        case Command::bootstrap_phase:
            return on_event(reply, out);
        case Command::listeners:
            unconfigured_ = unconfigured_listener(reply, torrc_);
            return;
        case Command::settings:
            return on_settings(reply, out);
    }
}

void ControlClient::on_settings(const ControlReply& reply, Output& out) {
    auto how = std::exchange(unconfigured_, std::nullopt);
    if (!how) how = unconfigured_setting(reply, torrc_);
    if (how) {
        out.events.push_back(Unconfigured{*std::move(how)});
    } else {
        out.events.push_back(Verified{});
    }
}

void ControlClient::on_event(const ControlReply& event, Output& out) {
    const std::string& line = event.lines.front();
    if (auto bootstrap = parse_bootstrap(line)) {
        if (last_ != bootstrap) {
            last_ = bootstrap;
            out.events.push_back(*std::move(bootstrap));
        }
    } else if (word(line, 0) == "HS_DESC" && word(line, 1) == "UPLOADED") {
        out.events.push_back(Uploaded{std::string(word(line, 2))});
    }
}

}  // namespace sallyport::gateway
