#pragma once

#include <deque>
#include <memory>
#include <utility>

#include <boost/asio/execution.hpp>
#include <boost/asio/execution_context.hpp>

namespace sallyport::wamp {

/// A queue of handlers that run() executes: like an io_context, but without
/// waiting.
class TurnQueue {
public:
    struct Task {
        virtual ~Task() = default;
        virtual void run() = 0;
    };

    explicit TurnQueue(boost::asio::execution_context& context) noexcept : context_(context) {}

    void push(std::unique_ptr<Task> task) { tasks_.push_back(std::move(task)); }
    /// Runs all handlers, including those that they add.
    void run() {
        while (!tasks_.empty()) {
            const std::unique_ptr<Task> task = std::move(tasks_.front());
            tasks_.pop_front();
            task->run();
        }
    }
    boost::asio::execution_context& context() const noexcept { return context_; }

private:
    boost::asio::execution_context& context_;
    std::deque<std::unique_ptr<Task>> tasks_;
};

/// An executor for a TurnQueue, so that composed operations on memory complete within the call that
/// passed their input.
class TurnExecutor {
public:
    explicit TurnExecutor(TurnQueue& queue) noexcept : queue_(&queue) {}

    template <class Function>
    void execute(Function&& function) const {
        struct Ready final : TurnQueue::Task {
            explicit Ready(Function&& f) : function(std::forward<Function>(f)) {}
            void run() override { std::move(function)(); }
            std::decay_t<Function> function;
        };
        queue_->push(std::make_unique<Ready>(std::forward<Function>(function)));
    }
    boost::asio::execution_context& query(boost::asio::execution::context_t) const noexcept {
        return queue_->context();
    }
    static constexpr boost::asio::execution::blocking_t query(
        boost::asio::execution::blocking_t) noexcept {
        return boost::asio::execution::blocking.never;
    }
    bool operator==(const TurnExecutor&) const noexcept = default;

private:
    TurnQueue* queue_;
};

}  // namespace sallyport::wamp
