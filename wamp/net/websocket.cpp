#include "wamp/net/websocket.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <openssl/rand.h>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "wamp/base/check.h"
#include "wamp/framing/batch.h"
#include "wamp/framing/http_upgrade.h"
#include "wamp/framing/websocket_frame.h"
#include "wamp/net/turn_executor.h"

namespace sallyport::wamp {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

// The buffer of assembled messages is kept up to this size.
constexpr std::size_t partial_bytes_kept = 512;
constexpr std::size_t no_limit_announced = std::size_t{16} << 20;  // WebSocket has no announcement
constexpr std::uint16_t close_protocol_error = 1002;
constexpr std::uint16_t close_unacceptable = 1003;
constexpr std::uint16_t close_normal = 1000;

/// An in-memory byte stream: reads the input that was passed in, writes to a string.
class MemoryStream {
public:
    using executor_type = TurnExecutor;

    MemoryStream(TurnQueue& queue, std::string& to_send) noexcept
        : queue_(&queue), to_send_(&to_send) {}

    TurnExecutor get_executor() const noexcept { return TurnExecutor(*queue_); }

    void feed(std::string_view bytes) {
        input_ = bytes;
        if (waiting_ && !input_.empty()) queue_->push(std::move(waiting_));
    }
    std::string_view take_rest() noexcept { return std::exchange(input_, {}); }

    template <class Buffers>
    std::size_t read_some(const Buffers& buffers) {
        const std::size_t count = asio::buffer_copy(buffers, asio::buffer(input_));
        input_.remove_prefix(count);
        return count;
    }
    template <class Buffers>
    std::size_t read_some(const Buffers& buffers, error_code& ec) {
        ec = input_.empty() ? error_code(asio::error::would_block) : error_code();
        return read_some(buffers);
    }
    template <class Buffers>
    std::size_t write_some(const Buffers& buffers) {
        const std::size_t before = to_send_->size();
        for (auto at = asio::buffer_sequence_begin(buffers);
             at != asio::buffer_sequence_end(buffers); ++at) {
            const asio::const_buffer part(*at);
            to_send_->append(static_cast<const char*>(part.data()), part.size());
        }
        return to_send_->size() - before;
    }
    template <class Buffers>
    std::size_t write_some(const Buffers& buffers, error_code& ec) {
        ec = {};
        return write_some(buffers);
    }
    template <class Buffers, class Handler>
    auto async_read_some(const Buffers& buffers, Handler&& handler) {
        return asio::async_initiate<Handler, void(error_code, std::size_t)>(
            [this](auto&& done, const Buffers& into) {
                using Done = std::decay_t<decltype(done)>;
                wait(std::make_unique<Read<Buffers, Done>>(*this, into,
                                                           std::forward<decltype(done)>(done)));
            },
            handler, buffers);
    }
    template <class Buffers, class Handler>
    auto async_write_some(const Buffers& buffers, Handler&& handler) {
        return asio::async_initiate<Handler, void(error_code, std::size_t)>(
            [this](auto&& done, const Buffers& from) {
                const std::size_t count = write_some(from);
                asio::post(get_executor(),
                           beast::bind_front_handler(std::forward<decltype(done)>(done),
                                                     error_code(), count));
            },
            handler, buffers);
    }

private:
    template <class Buffers, class Handler>
    struct Read final : TurnQueue::Task {
        Read(MemoryStream& from, const Buffers& into, Handler&& done)
            : stream(from), buffers(into), handler(std::move(done)) {}
        void run() override {
            const std::size_t count = stream.read_some(buffers);
            std::move(handler)(error_code(), count);
        }
        MemoryStream& stream;
        Buffers buffers;
        Handler handler;
    };

    void wait(std::unique_ptr<TurnQueue::Task> read) {
        if (input_.empty()) {
            waiting_ = std::move(read);
        } else {
            queue_->push(std::move(read));
        }
    }

    TurnQueue* queue_;
    std::string* to_send_;
    std::string_view input_;
    std::unique_ptr<TurnQueue::Task> waiting_;
};

// Beast closes the lower layer after the WebSocket; the connection does that itself.
void beast_close_socket(MemoryStream&) {}
template <class Handler>
void async_teardown(beast::role_type, MemoryStream& stream, Handler&& handler) {
    asio::post(stream.get_executor(),
               beast::bind_front_handler(std::forward<Handler>(handler), error_code()));
}

// Beast sends its name and version in `Server` or `User-Agent`, which reveals the software.
void remove_header_line(std::string& head, std::string_view name) {
    const std::size_t line = head.find("\r\n" + std::string(name) + ":");
    if (line == std::string::npos) return;
    head.erase(line, head.find("\r\n", line + 2) - line);
}

}  // namespace

struct WebSocket::Machine {
    enum class Stage : std::uint8_t { request, handshake, open, failed };

    Machine(asio::execution_context& context, std::span<char> scratch_bytes,
            std::size_t receives_max, bool as_client)
        : queue(context),
          stream(queue, to_send),
          stage(as_client ? Stage::handshake : Stage::request),
          client(as_client),
          scratch(scratch_bytes) {
        stream.read_message_max(receives_max);
        stream.control_callback([this](websocket::frame_type kind, beast::string_view) {
            if (kind != websocket::frame_type::close) control_seen = true;
        });
    }

    Event fail(std::string_view reason);
    Event fail(std::uint16_t code, std::string_view reason);
    Event opened();
    void start_client(const std::string& host, const std::string& path);
    Event read_request();
    Event answer(const HttpUpgrade& upgrade);
    Event finish_client();
    Event read();
    Event message_part();
    Event batched_message();

    WebSocketOpcode opcode() const noexcept {
        return serializer == Serializer::json ? WebSocketOpcode::text : WebSocketOpcode::binary;
    }

    TurnQueue queue;
    std::string to_send;
    websocket::stream<MemoryStream, false> stream;
    Stage stage;
    bool client;
    bool tells_browsers = false;
    Serializer serializer = Serializer::msgpack;
    bool batched = false;
    char separator = batch_separator;  ///< that of the client
    std::string_view batch;            ///< of `partial`: the messages that were not returned yet
    std::span<char> scratch;
    std::string_view input;  ///< passed in, not yet read by the stream
    std::string head;        ///< of the HTTP request, while it is incomplete
    std::string partial;     ///< the beginning of an incomplete message
    std::string why;
    std::unique_ptr<websocket::response_type> response;  ///< client, during the handshake
    bool control_seen = false;
    bool reading = false;        ///< a Beast operation is pending
    bool done = false;           ///< the operation has completed with:
    bool message_ended = false;  ///< the content of `partial` was returned
    error_code result;
    std::size_t result_bytes = 0;
};

WebSocket::Event WebSocket::Machine::fail(std::string_view reason) {
    stage = Stage::failed;
    why = reason;
    return {Kind::failed, why, {}, 0};
}

WebSocket::Event WebSocket::Machine::fail(std::uint16_t code, std::string_view reason) {
    const std::string payload = websocket_close_payload(code);
    to_send += websocket_header(WebSocketOpcode::close, payload.size()) + payload;
    return fail(reason);
}

WebSocket::Event WebSocket::Machine::opened() {
    stage = Stage::open;
    return {Kind::opened, {}, serializer, no_limit_announced};
}

WebSocket::Event WebSocket::Machine::read_request() {
    constexpr std::size_t bytes_max = HttpUpgrade::bytes_max;
    const std::size_t looked_at = head.size();
    head.append(input.substr(0, bytes_max - std::min(head.size(), bytes_max)));
    const std::size_t from =
        looked_at < HttpUpgrade::end.size() ? 0 : looked_at - HttpUpgrade::end.size();
    const std::size_t end = head.find(HttpUpgrade::end, from);
    if (end == std::string::npos) {
        input = {};
        if (head.size() < bytes_max) return {};
        return answer(too_long_http_upgrade());
    }
    const std::size_t head_bytes = end + HttpUpgrade::end.size();
    input.remove_prefix(head_bytes - looked_at);
    head.resize(head_bytes);
    return answer(read_http_upgrade(head, tells_browsers));
}

// Beast is given a request of our own, with what was checked, so that it neither refuses one nor
// sees more of it.
WebSocket::Event WebSocket::Machine::answer(const HttpUpgrade& upgrade) {
    std::string().swap(head);
    if (!upgrade.refusal.empty()) {
        to_send += upgrade.refusal;
        return fail(upgrade.why);
    }
    const Subprotocol& chosen = *upgrade.subprotocol;
    serializer = chosen.serializer;
    batched = chosen.batched;
    stream.set_option(
        websocket::stream_base::decorator([&chosen](websocket::response_type& response_to_it) {
            response_to_it.set(http::field::sec_websocket_protocol,
                               beast::string_view(chosen.name.data(), chosen.name.size()));
        }));
    websocket::request_type request(http::verb::get, "/", 11);
    request.set(http::field::host, "");
    request.set(http::field::upgrade, "websocket");
    request.set(http::field::connection, "upgrade");
    request.set(http::field::sec_websocket_key, upgrade.key);
    request.set(http::field::sec_websocket_version, "13");
    error_code ec;
    stream.accept(request, ec);
    SALLYPORT_CHECK(!ec);
    remove_header_line(to_send, "Server");
    stream.next_layer().feed(std::exchange(input, {}));
    return opened();
}

void WebSocket::Machine::start_client(const std::string& host, const std::string& path) {
    const std::string_view name = subprotocol_of(serializer).name;
    stream.set_option(websocket::stream_base::decorator([name](websocket::request_type& request) {
        request.set(http::field::sec_websocket_protocol,
                    beast::string_view(name.data(), name.size()));
    }));
    response = std::make_unique<websocket::response_type>();
    stream.async_handshake(*response, host, path, [this](error_code ec) {
        result = ec;
        done = true;
    });
    queue.run();
    remove_header_line(to_send, "User-Agent");
}

WebSocket::Event WebSocket::Machine::finish_client() {
    stream.next_layer().feed(input);
    input = {};
    queue.run();
    if (!done) return {};
    done = false;
    if (result == websocket::error::upgrade_declined) {
        return fail("the server answered HTTP " + std::to_string(response->result_int()));
    }
    if (result) return fail(result.message());
    const auto name = (*response)[http::field::sec_websocket_protocol];
    const Subprotocol* chosen = choose_subprotocol({name.data(), name.size()});
    if (chosen == nullptr || chosen->serializer != serializer || chosen->batched) {
        return fail("the server chose another subprotocol");
    }
    response.reset();
    return opened();
}

WebSocket::Event WebSocket::Machine::message_part() {
    const std::string_view part(scratch.data(), result_bytes);
    if (!stream.is_message_done()) {
        partial += part;
        return {};
    }
    if (stream.got_text() != (serializer == Serializer::json)) {
        return fail(close_unacceptable, "message in the wrong kind of frame");
    }
    if (batched) {
        partial += part;
        if (!is_valid_batch(serializer, partial))
            return fail(close_protocol_error, "malformed batch of messages");
        batch = partial;
        separator = separator_of(batch);
        return batched_message();
    }
    message_ended = true;
    if (partial.empty()) return {Kind::message, part, {}, 0};
    partial += part;
    return {Kind::message, partial, {}, 0};
}

WebSocket::Event WebSocket::Machine::batched_message() {
    const std::string_view message = take_batched(serializer, batch);
    message_ended = batch.empty();
    return {Kind::message, message, {}, 0};
}

WebSocket::Event WebSocket::Machine::read() {
    if (!batch.empty()) return batched_message();
    if (std::exchange(message_ended, false)) {
        partial.clear();
        if (partial.capacity() > partial_bytes_kept) std::string().swap(partial);
    }
    for (;;) {
        if (!reading) {
            reading = true;
            stream.async_read_some(asio::buffer(scratch.data(), scratch.size()),
                                   [this](error_code ec, std::size_t bytes) {
                                       result = ec;
                                       result_bytes = bytes;
                                       done = true;
                                   });
        }
        queue.run();
        if (std::exchange(control_seen, false)) return {Kind::pong, {}, {}, 0};
        if (!done) return {};
        done = false;
        reading = false;
        if (result == websocket::error::closed) return fail("closed by the peer");
        if (result) return fail(result.message());
        const Event event = message_part();
        if (event.kind != Kind::none) return event;
    }
}

WebSocket::WebSocket(std::unique_ptr<Machine> machine) noexcept : machine_(std::move(machine)) {}
WebSocket::WebSocket(WebSocket&&) noexcept = default;
WebSocket& WebSocket::operator=(WebSocket&&) noexcept = default;
WebSocket::~WebSocket() = default;

WebSocket WebSocket::server(asio::execution_context& context, std::span<char> scratch,
                            std::size_t receives_max, bool tells_browsers) {
    auto machine = std::make_unique<Machine>(context, scratch, receives_max, false);
    machine->tells_browsers = tells_browsers;
    return WebSocket(std::move(machine));
}

WebSocket WebSocket::client(asio::execution_context& context, std::span<char> scratch,
                            std::size_t receives_max, Serializer serializer,
                            const std::string& host, const std::string& path) {
    auto machine = std::make_unique<Machine>(context, scratch, receives_max, true);
    machine->serializer = serializer;
    machine->start_client(host, path);
    return WebSocket(std::move(machine));
}

void WebSocket::limit(std::size_t bytes) {
    machine_->stream.read_message_max(bytes);
}

std::size_t WebSocket::memory() const noexcept {
    return machine_->partial.capacity() + machine_->head.capacity();
}

void WebSocket::feed(std::string_view bytes) {
    if (machine_->stage == Machine::Stage::open) {
        machine_->stream.next_layer().feed(bytes);
    } else {
        machine_->input = bytes;
    }
}

WebSocket::Event WebSocket::next() {
    switch (machine_->stage) {
        case Machine::Stage::request:
            return machine_->input.empty() ? Event{} : machine_->read_request();
        case Machine::Stage::handshake:
            return machine_->finish_client();
        case Machine::Stage::open:
            return machine_->read();
        case Machine::Stage::failed:
            break;
    }
    return {};
}

std::string_view WebSocket::take_rest() noexcept {
    if (machine_->stage == Machine::Stage::open) return machine_->stream.next_layer().take_rest();
    return std::exchange(machine_->input, {});
}

std::string& WebSocket::to_send() noexcept {
    return machine_->to_send;
}

namespace {

std::array<std::uint8_t, 4> new_mask() {
    std::array<std::uint8_t, 4> mask{};
    SALLYPORT_CHECK(RAND_bytes(mask.data(), static_cast<int>(mask.size())) == 1);
    return mask;
}

void append_frame(OutQueue& out, bool client, WebSocketOpcode opcode, std::string_view payload) {
    if (client) {
        out.append(masked_websocket_frame(opcode, payload, new_mask()));
    } else {
        out.append(websocket_header(opcode, payload.size()) + std::string(payload));
    }
}

}  // namespace

void WebSocket::append_message(OutQueue& out, Frame message) const {
    if (machine_->client) {
        append_frame(out, true, machine_->opcode(), message.message());
        return;
    }
    const std::size_t bytes = message.message().size();
    if (!machine_->batched) {
        out.append(websocket_header(machine_->opcode(), bytes));
        out.append_message(std::move(message));
        return;
    }
    const std::string prefix = batch_prefix(machine_->serializer, bytes);
    const std::string_view suffix = batch_suffix(machine_->serializer, machine_->separator);
    out.append(websocket_header(machine_->opcode(), prefix.size() + bytes + suffix.size()) +
               prefix);
    out.append_message(std::move(message));
    if (!suffix.empty()) out.append(std::string(suffix));
}

void WebSocket::append_ping(OutQueue& out) const {
    append_frame(out, machine_->client, WebSocketOpcode::ping, {});
}

void WebSocket::append_close(OutQueue& out) const {
    append_frame(out, machine_->client, WebSocketOpcode::close,
                 websocket_close_payload(close_normal));
}

}  // namespace sallyport::wamp
