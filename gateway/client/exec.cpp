#include "gateway/client/exec.h"

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <utility>

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include "gateway/host/descriptor.h"

extern char** environ;

namespace sallyport::gateway {
namespace {

using boost::system::error_code;

struct Pipe {
    Descriptor read;
    Descriptor write;
};

bool make_pipe(Pipe& pipe) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    pipe.read = Descriptor(ends[0]);
    pipe.write = Descriptor(ends[1]);
    return true;
}

}  // namespace

ClientExec::ClientExec(boost::asio::io_context& io, std::string input, Ended ended)
    : to_child_(io),
      from_child_(io),
      process_(io),
      input_(std::move(input)),
      ended_(std::move(ended)) {}

ClientExec::~ClientExec() {
    stop();
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
}

void ClientExec::stop() noexcept {
    ended_ = nullptr;
    if (pid_ > 0) ::kill(-pid_, SIGKILL);
}

bool ClientExec::spawn(const std::string& command, int child_in, int child_out) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_adddup2(&actions, child_in, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, child_out, STDOUT_FILENO);
    sigset_t restored;
    sigemptyset(&restored);
    for (int signal : {SIGPIPE, SIGINT, SIGTERM}) sigaddset(&restored, signal);
    ::posix_spawnattr_setsigdefault(&attributes, &restored);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    std::string shell = "sh";
    std::string option = "-c";
    std::string text = command;
    char* const arguments[] = {shell.data(), option.data(), text.data(), nullptr};
    const int error = ::posix_spawn(&pid_, "/bin/sh", &actions, &attributes, arguments, environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    if (error != 0) pid_ = -1;
    errno = error;
    return error == 0;
}

bool ClientExec::start(const std::string& command) {
    Pipe in;
    Pipe out;
    if (!make_pipe(in) || !make_pipe(out) || !spawn(command, in.read.get(), out.write.get()))
        return false;
    Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    if (!process) return false;
    to_child_.assign(in.write.release());
    from_child_.assign(out.read.release());
    process_.assign(process.release());
    from_child_.native_non_blocking(true);
    write_input();
    await_output();
    wait_for_exit();
    return true;
}

void ClientExec::write_input() {
    boost::asio::async_write(to_child_, boost::asio::buffer(input_),
                             [self = shared_from_this()](error_code, std::size_t) {
                                 error_code none;
                                 self->to_child_.close(none);  // a command need not read its input
                             });
}

// Waits and then reads, instead of reading asynchronously, so that finish() never misses a block
// that was read while its handler is still queued.
void ClientExec::await_output() {
    from_child_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                           [self = shared_from_this()](error_code error) {
                               if (!error && self->read_output()) self->await_output();
                           });
}

bool ClientExec::read_output() {
    for (;;) {
        const ssize_t count = ::read(from_child_.native_handle(), block_.data(), block_.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno == EAGAIN;
        if (count == 0) return false;
        output_.append(block_.data(), static_cast<std::size_t>(count));
        if (output_.size() <= output_bytes_max) continue;
        too_much_ = true;
        if (pid_ > 0) ::kill(-pid_, SIGKILL);
        return false;
    }
}

void ClientExec::wait_for_exit() {
    process_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                        [self = shared_from_this()](error_code error) {
                            if (!error) self->finish();
                        });
}

// Background processes of the command may keep its stdout open: only what is there now counts.
void ClientExec::finish() {
    if (from_child_.is_open()) read_output();
    error_code none;
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    const int code = WIFEXITED(status) && !too_much_ ? WEXITSTATUS(status) : -1;
    from_child_.close(none);
    to_child_.close(none);
    process_.close(none);
    if (const Ended ended = std::exchange(ended_, nullptr)) ended(code, output_);
}

}  // namespace sallyport::gateway
