#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>

#include <sys/types.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace sallyport::gateway {

/// One run of a shell command: text on its stdin, its stdout collected, its stderr shared with this
/// process. The destructor kills the command and its process group.
class ClientExec : public std::enable_shared_from_this<ClientExec> {
public:
    static constexpr std::size_t output_bytes_max = std::size_t{16} << 20;

    /// `exit_code` is -1 if it was killed by a signal or wrote too much.
    using Ended = std::function<void(int exit_code, const std::string& output)>;

    ClientExec(boost::asio::io_context& io, std::string input, Ended ended);
    ~ClientExec();
    ClientExec(const ClientExec&) = delete;
    ClientExec& operator=(const ClientExec&) = delete;

    /// False, with errno, if it cannot be started.
    bool start(const std::string& command);
    void stop() noexcept;

private:
    bool spawn(const std::string& command, int child_in, int child_out);
    void write_input();
    void await_output();
    bool read_output();  ///< false at the end of the output
    void wait_for_exit();
    void finish();

    boost::asio::posix::stream_descriptor to_child_;
    boost::asio::posix::stream_descriptor from_child_;
    boost::asio::posix::stream_descriptor process_;
    std::string input_;
    std::string output_;
    std::array<char, 4096> block_{};
    Ended ended_;
    pid_t pid_ = -1;
    bool too_much_ = false;
};

}  // namespace sallyport::gateway
