#include "gateway/programs/tor_process.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/write.hpp>

#include "gateway/host/child.h"
#include "gateway/host/files.h"
#include "gateway/host/log.h"
#include "gateway/host/replace_file.h"
#include "gateway/host/start_error.h"
#include "gateway/tor/onion.h"

namespace sallyport::gateway {

namespace {

constexpr std::size_t line_bytes_max = 4096;

}  // namespace

struct TorProcess::Output {
    explicit Output(boost::asio::io_context& io) : pipe(io) {}

    boost::asio::posix::stream_descriptor pipe;
    std::string line;
    std::array<char, 4096> bytes{};
};

struct TorProcess::Connection {
    Connection(boost::asio::io_context& io, const Torrc& torrc) : socket(io), client(torrc) {}

    boost::asio::local::stream_protocol::socket socket;
    ControlClient client;
    std::array<char, 4096> bytes{};
};

TorProcess::TorProcess(boost::asio::io_context& io, TorSetup setup, Events events)
    : io_(io), setup_(std::move(setup)), events_(std::move(events)) {}

pid_t TorProcess::start() {
    write_tor_files(setup_);
    restore_onion_key();
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        throw std::system_error(errno, std::generic_category(), "pipe");
    Descriptor read_end(ends[0]);
    const Descriptor write_end(ends[1]);
    // tor would refuse the cookie of an earlier run, so that file is removed before tor writes its
    // own.
    ::unlink((setup_.folder + "/control_auth_cookie").c_str());
    const pid_t pid = start_child({setup_.program, tor_arguments(setup_), -1, write_end.get()});
    output_ = std::make_shared<Output>(io_);
    output_->pipe.assign(read_end.release());
    read_output(output_);
    return pid;
}

/// Without it tor would make another one, and with it another address.
void TorProcess::restore_onion_key() {
    const std::string& folder = setup_.torrc.onion_directory;
    const std::string path = onion_key_file(folder);
    if (onion_key_.empty() || ::access(path.c_str(), F_OK) == 0 || errno != ENOENT) return;
    make_private_folder(folder, {});
    replace_file(path, onion_key_, 0600);
    log(LogLevel::warning, "tor: the onion key was gone; it has been written again: " + path);
}

void TorProcess::forget() {
    output_.reset();
    connection_.reset();
}

void TorProcess::read_output(const std::shared_ptr<Output>& output) {
    output->pipe.async_read_some(
        boost::asio::buffer(output->bytes),
        [this, output](boost::system::error_code error, std::size_t count) {
            if (error || output != output_) return;
            for (std::size_t index = 0; index < count; ++index) {
                const char c = output->bytes[index];
                if (c == '\n') {
                    if (const auto complaint = complaint_of_log(output->line))
                        events_.complaint(*complaint);
                    output->line.clear();
                } else if (output->line.size() < line_bytes_max) {
                    output->line.push_back(c);
                }
            }
            read_output(output);
        });
}

std::optional<std::string> TorProcess::attach() {
    const std::string cookie_file = setup_.folder + "/control_auth_cookie";
    if (::access(cookie_file.c_str(), R_OK) != 0) return "";
    auto connection = std::make_shared<Connection>(io_, setup_.torrc);
    boost::system::error_code error;
    connection->socket.open(boost::asio::local::stream_protocol(), error);
    // A tor that has stopped accepts nothing and reads nothing; the supervisor does not wait for
    // it.
    if (!error) connection->socket.non_blocking(true, error);
    if (!error) connection->socket.connect({setup_.torrc.control_socket}, error);
    if (error) return "";
    ControlClient::Output out;
    try {
        connection->client.start(read_secret(cookie_file), out);
    } catch (const StartError& failure) {
        return failure.what();
    }
    connection_ = connection;
    carry_out(connection, out);
    if (connection != connection_) return "the control connection ended at once";
    read_control(connection);
    return std::nullopt;
}

void TorProcess::verify() {
    const std::shared_ptr<Connection> connection = connection_;
    if (!connection) return;
    ControlClient::Output out;
    connection->client.verify(out);
    carry_out(connection, out);
}

bool TorProcess::reload() {
    const std::shared_ptr<Connection> connection = connection_;
    if (!connection) return false;
    ControlClient::Output out;
    connection->client.reload(out);
    carry_out(connection, out);
    return true;
}

bool TorProcess::close_circuits(const std::vector<std::uint64_t>& circuits) {
    const std::shared_ptr<Connection> connection = connection_;
    if (!connection) return false;
    ControlClient::Output out;
    for (const std::uint64_t circuit : circuits) connection->client.close_circuit(circuit, out);
    carry_out(connection, out);
    return true;
}

void TorProcess::read_control(const std::shared_ptr<Connection>& connection) {
    connection->socket.async_read_some(
        boost::asio::buffer(connection->bytes),
        [this, connection](boost::system::error_code error, std::size_t count) {
            if (connection != connection_) return;
            if (error) {
                connection_.reset();
                events_.control_lost("");
                return;
            }
            ControlClient::Output out;
            connection->client.on_bytes({connection->bytes.data(), count}, out);
            carry_out(connection, out);
            if (connection == connection_) read_control(connection);
        });
}

void TorProcess::carry_out(const std::shared_ptr<Connection>& connection,
                           ControlClient::Output& out) {
    // What tor does not take is missing in its answers, and a broken connection is seen when
    // reading.
    boost::system::error_code ignored;
    if (!out.send.empty())
        boost::asio::write(connection->socket, boost::asio::buffer(out.send), ignored);
    for (const auto& event : out.events) {
        if (const auto* const failed = std::get_if<ControlClient::Failed>(&event)) {
            connection_.reset();
            events_.control_lost(failed->why);
            return;
        }
        if (const auto* const bootstrap = std::get_if<Bootstrap>(&event)) {
            events_.bootstrap(*bootstrap);
        } else if (std::holds_alternative<ControlClient::Verified>(event)) {
            events_.verified();
        } else if (const auto* const other = std::get_if<ControlClient::Unconfigured>(&event)) {
            events_.unconfigured(other->how);
        } else {
            events_.uploaded();
        }
    }
}

std::string TorProcess::onion_address() {
    try {
        std::string text = read_file(setup_.torrc.onion_directory + "/hostname");
        while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
        if (!is_onion_address(text)) return "";
        onion_key_ = read_secret(onion_key_file(setup_.torrc.onion_directory));
        return text;
    } catch (const StartError&) {
        return "";
    }
}

}  // namespace sallyport::gateway
