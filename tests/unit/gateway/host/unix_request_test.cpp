#include "gateway/host/unix_request.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <functional>
#include <string>
#include <system_error>
#include <thread>

#include "gateway/host/files.h"
#include "tests/support/temporary_folder.h"

namespace sallyport::gateway {
namespace {

/// Listens on a socket and answers one question on a thread of its own.
class AnsweringProgram {
public:
    explicit AnsweringProgram(std::function<void(int fd)> answer)
        : listener_(listen_unix({path(), {}})), thread_([this, answer = std::move(answer)] {
              const Descriptor connection(accept_one());
              answer(connection.get());
          }) {}
    ~AnsweringProgram() { thread_.join(); }
    AnsweringProgram(const AnsweringProgram&) = delete;
    AnsweringProgram& operator=(const AnsweringProgram&) = delete;

    std::string path() const { return folder_.path("ask.sock"); }

private:
    int accept_one() const {
        const int flags = ::fcntl(listener_.get(), F_GETFL);
        ::fcntl(listener_.get(), F_SETFL, flags & ~O_NONBLOCK);
        return ::accept(listener_.get(), nullptr, nullptr);
    }

    test::TemporaryFolder folder_;
    Descriptor listener_;
    std::thread thread_;
};

void send_text(int fd, const std::string& text) {
    ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
}

TEST(UnixRequest, SendsTheQuestionAndReturnsTheAnswerUpToTheEnd) {
    const AnsweringProgram program([](int fd) {
        std::string question(5, '\0');
        ::recv(fd, question.data(), question.size(), MSG_WAITALL);
        send_text(fd, "heard ");
        send_text(fd, question);
    });
    EXPECT_EQ(unix_request(program.path(), "apply", {}), "heard apply");
}

TEST(UnixRequest, ReadsNoMoreThanTheLimit) {
    const auto answered = [](std::size_t bytes) {
        const AnsweringProgram program([bytes](int fd) { send_text(fd, std::string(bytes, 'x')); });
        return unix_request(program.path(), "", {std::chrono::seconds(5), 5000}).size();
    };
    EXPECT_EQ(answered(5000), 5000U);
    EXPECT_EQ(answered(5001), 5000U);
}

TEST(UnixRequest, ReturnsWhatCameWhenTheTimeIsOver) {
    const AnsweringProgram program([](int fd) {
        send_text(fd, "half");
        char none = 0;
        ::recv(fd, &none, 1, 0);  // until the asker has gone
    });
    EXPECT_EQ(unix_request(program.path(), "", {std::chrono::seconds(1), 5000}), "half");
}

TEST(UnixRequest, ReportsWhyItCouldNotBeSent) {
    const test::TemporaryFolder folder;
    try {
        unix_request(folder.path("none.sock"), "", {});
        ADD_FAILURE() << "somebody answered";
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code(), std::errc::no_such_file_or_directory);
    }
    listen_unix({folder.path("left.sock"), {}}).close();
    try {
        unix_request(folder.path("left.sock"), "", {});
        ADD_FAILURE() << "somebody answered";
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code(), std::errc::connection_refused);
    }
}

}  // namespace
}  // namespace sallyport::gateway
