#pragma once

#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

namespace sallyport::gateway::test {

/// Runs an io_context on a thread of its own until it is destroyed: what a program is to the
/// command that asks it.
class ReactorThread {
public:
    explicit ReactorThread(boost::asio::io_context& io)
        : io_(io), thread_([this] {
              const auto work = boost::asio::make_work_guard(io_);
              io_.run();
          }) {}
    ReactorThread(const ReactorThread&) = delete;
    ReactorThread& operator=(const ReactorThread&) = delete;
    ~ReactorThread() {
        io_.stop();
        thread_.join();
    }

private:
    boost::asio::io_context& io_;
    std::thread thread_;
};

}  // namespace sallyport::gateway::test
