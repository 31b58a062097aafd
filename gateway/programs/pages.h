#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include "gateway/admin/web.h"
#include "gateway/host/descriptor.h"
#include "gateway/metrics/snapshot.h"

namespace sallyport::gateway {

/// What a program answers to HTTP: /metrics, /healthz and /readyz, on its admin socket and, where
/// the configuration asks for it, on a loopback port. The reactor makes a snapshot; a thread of its
/// own makes the text of it.
class Pages {
public:
    struct Source {
        std::function<MetricsSnapshot()> snapshot;
        /// What is wrong, one line each; "" if the program serves.
        std::function<std::string()> faults;
    };

    Pages(boost::asio::io_context& io, Source source);
    ~Pages();
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;

    Web::Handler handler();
    /// Answers on that loopback port, too.
    void listen(Descriptor listener);
    void close() noexcept { port_.reset(); }

private:
    void answer(const HttpHead& head, Web::Respond respond);
    void answer_metrics(const HttpHead& head, Web::Respond respond);

    boost::asio::io_context& io_;
    Source source_;
    std::unique_ptr<Web> port_;
    /// Made by the first scrape: no other thread may exist when the sandbox is entered.
    std::optional<boost::asio::thread_pool> writer_;
};

}  // namespace sallyport::gateway
