#include "gateway/programs/authenticator.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "gateway/config/load_config.h"
#include "gateway/config/policy_version.h"
#include "gateway/host/log.h"
#include "gateway/host/packet_channel.h"
#include "gateway/host/sandbox.h"
#include "gateway/host/signals.h"
#include "gateway/programs/auth_channel.h"
#include "gateway/programs/auth_host.h"
#include "gateway/programs/door_settings.h"
#include "gateway/programs/participant_shell.h"
#include "gateway/supervision/message.h"
#include "wamp/net/connections.h"

namespace sallyport::gateway {

namespace {

namespace asio = boost::asio;

constexpr std::size_t unread_answers_max = 64;  ///< then no question is taken
constexpr std::chrono::seconds note_interval{10};

using Realms = std::vector<policy::LoadedRealm>;

/// The configuration of a gateway or of an inside, with its realms.
struct Loaded {
    std::variant<GatewayConfig, InsideProgramConfig> config;
    std::vector<policy::LoadedRealm> realms;

    std::vector<policy::LoadedRealm> again(const policy::ReadFile& read) const {
        if (const auto* const gateway = std::get_if<GatewayConfig>(&config))
            return load_gateway_realms(gateway->file, read);
        return load_inside_realms(std::get<InsideProgramConfig>(config).file, read);
    }
    SandboxMode sandbox() const {
        return std::visit([](const auto& one) { return one.sandbox; }, config);
    }
    std::size_t data_bytes() const {
        return std::visit([](const auto& one) { return data_bytes_max(one.limits); }, config);
    }
};

Loaded load(const std::string& config_file, const policy::ReadFile& read, bool of_inside) {
    if (of_inside) {
        LoadedInside inside = load_inside(config_file, read);
        return {std::move(inside.config), std::move(inside.realms)};
    }
    LoadedGateway gateway = load_gateway(config_file, read);
    return {std::move(gateway.config), std::move(gateway.realms)};
}

class Program {
public:
    Program(asio::io_context& io, const Loaded& loaded, Descriptor channel)
        : io_(io),
          host_(io, loaded.realms, [this](std::string_view answer) { answer_door(answer); }),
          reload_(
              io,
              {[&loaded](const PolicyVersion& version) { return loaded.again(version.reader()); },
               [](const Realms&) { return std::string(); },
               [this](const Realms& realms) {
                   host_.reload(realms);
                   return std::string();
               }},
              [this](const supervision::Message& message) { send(message); }),
          channel_(
              io, std::move(channel), [this](Packet&& packet) { on_packet(std::move(packet)); },
              [this] { io_.stop(); }),
          signals_(io, SIGTERM),
          pace_(io) {}

    void start() {
        signals_.async_wait([this](boost::system::error_code error, int) {
            if (!error) io_.stop();
        });
        send(supervision::message::Ready{});
    }

private:
    void send(const supervision::Message& message) { channel_.send(supervision::to_text(message)); }

    void on_packet(Packet&& packet) {
        if (reload_.on_packet(packet)) return;
        if (packet.text == supervision::ping_text) {
            send(supervision::message::Alive{});
            report_dropped_messages();
        } else if (packet.text == "door" && packet.descriptor) {
            host_.on_door_lost();
            door_ = std::make_unique<AuthChannel>(
                io_, std::move(packet.descriptor),
                [this](std::string_view question) { on_question(question); },
                [this] { host_.on_door_lost(); });
        }
    }

    void on_question(std::string_view question) {
        host_.ask(question);
        if (door_->queued() > unread_answers_max) return wait(std::chrono::milliseconds(10));
        const auto ready = host_.service().ready_at() - wamp::now();
        if (ready <= wamp::Duration::zero()) return;
        note_pace();
        wait(ready);
    }

    /// Takes no question for so long: those of the door wait in its socket, and then in the door.
    void wait(wamp::Duration duration) {
        door_->pause();
        pace_.expires_after(duration);
        pace_.async_wait([this](boost::system::error_code error) {
            if (!error && door_) door_->resume();
        });
    }

    void answer_door(std::string_view answer) {
        if (door_) door_->send(std::string(answer));
    }

    void note_pace() {
        const auto now = wamp::now();
        if (now < next_note_) return;
        next_note_ = now + note_interval;
        const auto& counts = host_.service().counts();
        log(LogLevel::warning, "more is asked than is answered in a second: questions wait; " +
                                   std::to_string(counts.failures) + " of " +
                                   std::to_string(counts.questions) +
                                   " attempts have failed so far, and " +
                                   std::to_string(counts.malformed) + " questions were malformed");
    }

    asio::io_context& io_;
    AuthHost host_;
    std::unique_ptr<AuthChannel> door_;
    ParticipantShell<Realms> reload_;
    PacketChannel channel_;
    asio::signal_set signals_;
    asio::steady_timer pace_;
    wamp::Instant next_note_{};
};

}  // namespace

int run_authenticator(const std::string& config_file, int channel, bool of_inside) {
    ignore_signals(StoppedBy::supervisor);
    Loaded loaded = [&] {
        const PolicyVersion version = receive_version(channel);
        return load(config_file, version.reader(), of_inside);
    }();
    asio::io_context io(1);
    Program program(io, loaded, Descriptor(channel));
    loaded.realms.clear();  // what a reload removes is nowhere else
    log_sandbox(enter_sandbox(loaded.sandbox(), loaded.data_bytes(), config_file));
    program.start();
    io.run();
    return 0;
}

}  // namespace sallyport::gateway
