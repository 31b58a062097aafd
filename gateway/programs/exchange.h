#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "gateway/host/descriptor.h"

namespace sallyport::gateway {

/// A byte stream, with or without TLS.
class Stream {
public:
    using Handler = std::function<void(const boost::system::error_code&, std::size_t)>;

    virtual ~Stream() = default;
    virtual void read(boost::asio::mutable_buffer into, Handler handler) = 0;
    virtual void write(boost::asio::const_buffer all, Handler handler) = 0;
    /// Without close_notify in TLS: the end of a message is WAMP's own, and nothing is read after
    /// it.
    virtual void end_writing() = 0;
    virtual void close() = 0;
};

template <class LayerType>
class StreamOf final : public Stream {
public:
    using Layer = LayerType;

    explicit StreamOf(Layer layer) : layer_(std::move(layer)) {}

    void read(boost::asio::mutable_buffer into, Handler handler) override {
        layer_.async_read_some(into, std::move(handler));
    }
    void write(boost::asio::const_buffer all, Handler handler) override {
        boost::asio::async_write(layer_, all, std::move(handler));
    }
    void end_writing() override {
        boost::system::error_code ignored;
        layer_.lowest_layer().shutdown(boost::asio::socket_base::shutdown_send, ignored);
    }
    void close() override {
        boost::system::error_code ignored;
        layer_.lowest_layer().close(ignored);
    }
    Layer& layer() noexcept { return layer_; }

private:
    Layer layer_;
};
using PlainStream = StreamOf<boost::asio::generic::stream_protocol::socket>;
using TlsStream = StreamOf<boost::asio::ssl::stream<boost::asio::generic::stream_protocol::socket>>;

/// A connected socket; one over TCP is probed when it is idle, and given up when it does not
/// answer.
PlainStream::Layer adopt_stream(boost::asio::io_context& io, Descriptor connected);

/// Copies between two streams in both directions, byte for byte, until both have ended. Whoever
/// reads slowly slows the other down; at most 64 KiB wait in each direction.
class Exchange : public std::enable_shared_from_this<Exchange> {
public:
    Exchange(boost::asio::io_context& io, std::shared_ptr<Stream> one,
             std::shared_ptr<Stream> other);

    /// Lives until both streams are closed; `ended` is called then.
    void start(std::function<void()> ended);

private:
    struct Way {
        std::shared_ptr<Stream> from;
        std::shared_ptr<Stream> to;
        std::vector<char> block;
    };

    void pump(std::size_t number);
    void pass_on(std::size_t number, std::size_t bytes);
    void end(std::size_t number);
    void close();

    std::array<Way, 2> ways_;
    boost::asio::steady_timer timer_;
    std::size_t ended_ = 0;
    std::function<void()> when_ended_;
};

}  // namespace sallyport::gateway
