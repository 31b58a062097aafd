#include "gateway/programs/pages.h"

#include <utility>

#include <boost/asio/post.hpp>

#include "gateway/metrics/metrics.h"

namespace sallyport::gateway {

namespace {

Web::Answer plain(int status, std::string text) {
    return {status, "text/plain; charset=utf-8", std::move(text)};
}

}  // namespace

Pages::Pages(boost::asio::io_context& io, Source source) : io_(io), source_(std::move(source)) {}

Pages::~Pages() {
    if (writer_) writer_->join();
}

Web::Handler Pages::handler() {
    return [this](const HttpHead& head, Web::Respond respond) { answer(head, std::move(respond)); };
}

void Pages::listen(Descriptor listener) {
    port_ = std::make_unique<Web>(io_, std::move(listener), handler());
}

void Pages::answer(const HttpHead& head, Web::Respond respond) {
    if (head.path == "/metrics") return answer_metrics(head, std::move(respond));
    if (head.path == "/healthz") return respond(plain(200, "ok\n"));
    if (head.path == "/readyz") {
        std::string faults = source_.faults();
        return respond(faults.empty() ? plain(200, "ready\n") : plain(503, std::move(faults)));
    }
    respond(plain(404, "there are /metrics, /healthz and /readyz\n"));
}

void Pages::answer_metrics(const HttpHead& head, Web::Respond respond) {
    if (!writer_) writer_.emplace(1);
    const MetricsFormat format = format_for(head.accept);
    auto snapshot = std::make_shared<MetricsSnapshot>(source_.snapshot());
    boost::asio::post(*writer_, [this, format, snapshot, respond = std::move(respond)]() mutable {
        auto page = std::make_shared<Web::Answer>();
        *page = {200, std::string(content_type(format)), metrics_text(*snapshot, format)};
        boost::asio::post(io_, [page, respond = std::move(respond)] { respond(*page); });
    });
}

}  // namespace sallyport::gateway
