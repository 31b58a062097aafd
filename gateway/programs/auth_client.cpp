#include "gateway/programs/auth_client.h"

#include <utility>

#include <boost/asio/post.hpp>

namespace sallyport::gateway {

AuthClient::AuthClient(boost::asio::io_context& io, OnAnswer on_answer, OnLost on_lost)
    : io_(io), on_answer_(std::move(on_answer)), on_lost_(std::move(on_lost)) {}

void AuthClient::connect(Descriptor socket) {
    if (!socket) return;  // there is no free descriptor: what is asked waits, or ends in time
    if (channel_) on_lost();
    channel_ = std::make_unique<AuthChannel>(
        io_, std::move(socket),
        [this](std::string_view packet) {
            ++answered_;
            on_answer_(packet);
        },
        [this] {
            boost::asio::post(io_, [this, ended = channel_.get()] {
                if (channel_.get() == ended) on_lost();
            });
        });
    for (std::string& question : std::exchange(waiting_, {})) channel_->send(std::move(question));
}

void AuthClient::ask(std::string&& question) {
    ++asked_;
    if (channel_) {
        dropped_ += channel_->send(std::move(question)) ? 0U : 1U;
    } else if (waiting_.size() < AuthChannel::queue_max) {
        waiting_.push_back(std::move(question));
    } else {
        ++dropped_;
    }
}

void AuthClient::on_lost() {
    channel_.reset();
    ++lost_;
    on_lost_();
}

wamp::Dict AuthClient::status() const {
    return {{"running", channel_ != nullptr},
            {"asked", asked_},
            {"answered", answered_},
            {"waiting", std::uint64_t{waiting_.size() + (channel_ ? channel_->queued() : 0)}},
            {"dropped", dropped_},
            {"ended", lost_}};
}

}  // namespace sallyport::gateway
