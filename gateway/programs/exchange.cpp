#include "gateway/programs/exchange.h"

#include <sys/socket.h>

#include <chrono>

#include "wamp/net/socket_options.h"

namespace sallyport::gateway {
namespace {

using boost::system::error_code;

constexpr std::size_t block_bytes = std::size_t{64} << 10;
constexpr std::chrono::seconds close_timeout{5};  // from one end's close to the other's
constexpr std::chrono::seconds keepalive_idle{10};
constexpr std::chrono::seconds keepalive_dead{30};

}  // namespace

PlainStream::Layer adopt_stream(boost::asio::io_context& io, Descriptor connected) {
    wamp::set_tcp_options(connected.get(), keepalive_idle, keepalive_dead);
    // The protocol family does not matter for a connected socket.
    return {io, boost::asio::generic::stream_protocol(AF_UNIX, 0), connected.release()};
}

Exchange::Exchange(boost::asio::io_context& io, std::shared_ptr<Stream> one,
                   std::shared_ptr<Stream> other)
    : ways_{{{one, other, std::vector<char>(block_bytes)},
             {other, one, std::vector<char>(block_bytes)}}},
      timer_(io) {}

void Exchange::start(std::function<void()> ended) {
    when_ended_ = std::move(ended);
    pump(0);
    pump(1);
}

/// Nothing more is read before what was read has been written.
void Exchange::pump(std::size_t number) {
    Way& way = ways_[number];
    way.from->read(boost::asio::buffer(way.block),
                   [self = shared_from_this(), number](const error_code& error, std::size_t bytes) {
                       if (error) return self->end(number);
                       self->pass_on(number, bytes);
                   });
}

void Exchange::pass_on(std::size_t number, std::size_t bytes) {
    Way& way = ways_[number];
    way.to->write(boost::asio::buffer(way.block.data(), bytes),
                  [self = shared_from_this(), number](const error_code& error, std::size_t) {
                      if (error) return self->end(number);
                      self->pump(number);
                  });
}

void Exchange::end(std::size_t number) {
    ways_[number].to->end_writing();
    if (++ended_ == ways_.size()) {
        timer_.cancel();
        close();
        return when_ended_();
    }
    timer_.expires_after(close_timeout);
    timer_.async_wait([self = shared_from_this()](const error_code& error) {
        if (!error) self->close();
    });
}

void Exchange::close() {
    for (const Way& way : ways_) way.from->close();
}

}  // namespace sallyport::gateway
