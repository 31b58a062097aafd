#include "wamp/net/connections.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include <malloc.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "wamp/base/check.h"
#include "wamp/base/id_map.h"
#include "wamp/flow/shares.h"
#include "wamp/net/channel.h"
#include "wamp/net/connection.h"
#include "wamp/net/deadline_timer.h"
#include "wamp/net/due_list.h"
#include "wamp/net/socket_options.h"

namespace sallyport::wamp {
namespace {

constexpr std::size_t scratch_bytes = std::size_t{128} << 10;    // one read
constexpr std::size_t read_turn_bytes = std::size_t{256} << 10;  // then other connections are read
constexpr std::size_t message_scratch_bytes = std::size_t{64} << 10;
constexpr std::size_t plaintext_scratch_bytes = std::size_t{16} << 10;  // one TLS record
constexpr std::size_t connection_bytes = 2048;  // of one that is idle, with its session
constexpr std::size_t pressed_bytes = std::size_t{64} << 10;
constexpr std::chrono::seconds trim_delay{1};
constexpr std::size_t lingering_max = 1024;  // of strangers whose connections are closing
constexpr int events_per_turn = 64;
constexpr Duration silence_step_min = std::chrono::milliseconds(10);
constexpr Duration silence_step_max = std::chrono::seconds(1);

int make_epoll() {
    const int fd = ::epoll_create1(EPOLL_CLOEXEC);
    SALLYPORT_CHECK(fd >= 0);
    return fd;
}

/// Of an end that opens the WAMP session.
Channel::Config client_config(const Connections::Target& target, TlsSession::End tls_end) {
    Channel::Config config;
    config.start =
        target.websocket ? Channel::Start::websocket_client : Channel::Start::rawsocket_client;
    config.serializer = target.serializer;
    config.host = target.host;
    config.path = target.path;
    config.tls = target.tls == nullptr ? nullptr : target.tls->native_handle();
    config.tls_end = tls_end;
    return config;
}

}  // namespace

Instant now() noexcept {
    return Instant(
        std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

// All sockets are in one epoll instance, which io_context waits for as one descriptor: one turn
// reads from every socket that is ready, and writes once to every connection with output. No Asio
// operation is pending per connection, so an idle connection owns no buffer, and a closed one
// leaves no handler behind.
struct Connections::State {
    State(boost::asio::io_context& context, Host& owner)
        : io(context),
          host(owner),
          epoll(context, make_epoll()),
          trim_timer(context),
          scratch(scratch_bytes),
          message_scratch(message_scratch_bytes),
          plaintext_scratch(plaintext_scratch_bytes),
          shared{context, message_scratch, plaintext_scratch, &queued_frame_bytes},
          deadlines(context, [this] { on_timer(); }),
          silences(context, [this] { on_silence_due(); }) {
        wait();
    }

    Connection* find(PeerId peer) {
        const auto at = table.find(peer);
        return at == table.end() || at->second->ended ? nullptr : at->second.get();
    }
    PeerId add(Socket socket, const ConnectionOptions& options, Channel::Config config);
    const flow::SilenceLimits* limits_of(const flow::SilenceLimits& limits);

    void wait();
    void turn();
    void end_turn();
    void end_turn_later();

    void read(Connection& c);
    void dispatch_events(Connection& c);
    void park(Connection& c);
    void go_on_with_yielded();
    void dispatch(Connection& c, const Channel::Event& event);
    void report_closed(Connection& c, std::string_view why);
    void flush(Connection& c);
    void charge(Connection& c);
    void keep_budget();
    void release_pressed();
    void trim_later();
    void end_costliest(bool joined);
    void add_up();
    void end_for_memory(PeerId peer);
    void on_gone(Connection& c);
    void expect_reading(Connection& c, bool progress);
    bool still_stalls(Connection& c, Instant present);

    void mark(Connection& c);
    void start_closing(Connection& c);
    void mark_ended(Connection& c);
    void set_deadline(Connection& c, Instant when);
    void on_timer();
    void watch_silence(Connection& c);
    void look_later(const Connection& c, Instant present);
    void on_silence_due();

    boost::asio::io_context& io;
    Host& host;
    boost::asio::posix::stream_descriptor epoll;
    boost::asio::steady_timer trim_timer;
    bool trims = false;  ///< the timer is set
    std::vector<char> scratch;
    std::vector<char> message_scratch;
    std::vector<char> plaintext_scratch;
    std::size_t queued_frame_bytes = 0;
    Channel::Shared shared;

    PeerMap<std::unique_ptr<Connection>> table;
    std::uint64_t last_id = 0;
    std::size_t lingering = 0;  ///< strangers: closing, not ended
    flow::Budget budget{SIZE_MAX};
    std::size_t leaving_held = 0;  ///< of connections that are ended, and not reported yet
    std::size_t charged = 0;       ///< to all connections, without frames
    std::vector<PeerId> pressed;   ///< may contain some that no longer are
    std::uint64_t closed_for_memory = 0;
    std::vector<PeerId> dirty;
    std::vector<PeerId> yielded;
    std::vector<PeerId> ended;
    DeadlineTimer deadlines;
    DueList silences;
    std::deque<flow::SilenceLimits> silence_limits;  ///< of all connections, each once
    bool in_turn = false, posted = false, turn_posted = false;
    bool host_called = false;
    /// Handlers that outlive this object hold a weak pointer.
    std::shared_ptr<char> alive = std::make_shared<char>();
};

PeerId Connections::State::add(Socket socket, const ConnectionOptions& options,
                               Channel::Config config) {
    config.message_bytes = options.message_bytes;
    config.tells_browsers = options.tells_browsers;
    config.login_message_bytes = std::min(options.login_message_bytes, options.message_bytes);
    config.proxy_line = options.proxy_line;
    config.essential = options.essential;
    boost::system::error_code ec;
    const int fd = socket.release(ec);
    const PeerId id{++last_id};
    auto made = std::make_unique<Connection>(id, ec ? -1 : fd, shared, config);
    Connection& c = *made;
    table.emplace(id, std::move(made));
    c.essential = options.essential;
    c.unread_bytes_max = options.unread_bytes_max;
    c.turn_messages = static_cast<std::uint32_t>(options.turn_messages);
    c.close_timeout = options.close_timeout;
    c.stall_timeout = options.stall_timeout;
    c.silence_limits = limits_of(options.silence);
    c.pings_rawsocket = options.pings_rawsocket;
    c.since = now();
    set_deadline(c, c.since + options.handshake_timeout);
    epoll_event interest{};
    interest.events = EPOLLIN;
    interest.data.u64 = static_cast<std::uint64_t>(id);
    int on = 1;  // writev() has no flag for it
    if (ec || ::ioctl(fd, FIONBIO, &on) != 0 ||
        ::epoll_ctl(epoll.native_handle(), EPOLL_CTL_ADD, fd, &interest) != 0) {
        c.broken = error_text("socket", ec ? ec.value() : errno);
    } else {
        // Who is not pinged is a link, for which its host has probes.
        const bool pings = !options.silence.is_off();
        const Duration idle = pings ? options.silence.ping_after : options.stall_timeout / 3;
        const Duration dead = pings ? idle + options.silence.answer_within : options.stall_timeout;
        set_tcp_options(fd, idle, std::max(dead, options.stall_timeout));
    }
    mark(c);
    return id;
}

const flow::SilenceLimits* Connections::State::limits_of(const flow::SilenceLimits& limits) {
    const auto found = std::find(silence_limits.begin(), silence_limits.end(), limits);
    return found == silence_limits.end() ? &silence_limits.emplace_back(limits) : &*found;
}

void Connections::State::wait() {
    epoll.async_wait(boost::asio::posix::descriptor_base::wait_read,
                     [this, guard = std::weak_ptr<char>(alive)](boost::system::error_code ec) {
                         if (ec || guard.expired()) return;
                         turn();
                         wait();
                     });
}

void Connections::State::turn() {
    in_turn = true;
    std::array<epoll_event, events_per_turn> events;
    const int count = ::epoll_wait(epoll.native_handle(), events.data(), events_per_turn, 0);
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        Connection* c = find(PeerId{event.data.u64});
        if (c == nullptr) continue;
        if ((event.events & EPOLLOUT) != 0) {
            c->blocked = false;
            mark(*c);
        }
        if ((event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) == 0 || c->yielded) continue;
        if (c->is_read()) {
            read(*c);
        } else {
            on_gone(*c);
        }
    }
    go_on_with_yielded();
    in_turn = false;
    end_turn();
}

void Connections::State::go_on_with_yielded() {
    for (const PeerId peer : std::exchange(yielded, {})) {
        Connection* c = find(peer);
        if (c == nullptr || !std::exchange(c->yielded, false) || !c->parked || c->paused) continue;
        dispatch_events(*c);
    }
}

// Writes once to every connection with output; then frees the closed ones.
void Connections::State::end_turn() {
    in_turn = true;
    for (std::size_t i = 0; i < dirty.size(); ++i) {  // hosts may append in the meantime
        Connection* c = find(dirty[i]);
        if (c == nullptr) continue;
        c->dirty = false;
        if (c->parked && !c->paused && !c->yielded) dispatch_events(*c);
        if (c->ended) continue;
        if (c->broken.empty()) flush(*c);
        if (!c->broken.empty()) {
            report_closed(*c, c->broken);
            mark_ended(*c);
        }
    }
    dirty.clear();
    for (PeerId peer : ended) table.erase(peer);
    ended.clear();
    in_turn = false;
    keep_budget();
    if (yielded.empty() || std::exchange(turn_posted, true)) return;
    boost::asio::post(io, [this, guard = std::weak_ptr<char>(alive)] {
        if (guard.expired()) return;
        turn_posted = false;
        turn();
    });
}

void Connections::State::end_turn_later() {
    if (in_turn || posted) return;
    posted = true;
    boost::asio::post(io, [this, guard = std::weak_ptr<char>(alive)] {
        if (guard.expired()) return;
        posted = false;
        end_turn();
    });
}

void Connections::State::read(Connection& c) {
    std::size_t turn_bytes = 0;
    const Instant present = now();
    while (!c.ended && c.is_read() && turn_bytes < read_turn_bytes) {
        const ssize_t count = ::recv(c.fd, scratch.data(), scratch.size(), MSG_DONTWAIT);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
        if (count <= 0) {
            const int error = errno;
            report_closed(
                c, count == 0 ? std::string("closed by the peer") : error_text("lost", error));
            mark_ended(c);
            return;
        }
        const auto bytes = static_cast<std::size_t>(count);
        turn_bytes += bytes;
        c.silence.on_bytes(present);
        if (!c.closing) {
            c.channel.feed({scratch.data(), bytes});
            dispatch_events(c);
        }
        if (bytes < scratch.size()) return;
    }
}

// In each of its functions the host may close any peer, including this one.
void Connections::State::dispatch_events(Connection& c) {
    host_called = false;
    c.parked = false;
    std::uint32_t messages = 0;
    while (!c.closing && !c.ended && c.broken.empty()) {
        if (c.paused) {
            park(c);
            break;
        }
        if (messages == c.turn_messages) {
            park(c);
            c.yielded = true;
            yielded.push_back(c.id);
            break;
        }
        const Channel::Event event = c.channel.next();
        if (event.kind == Channel::Kind::none) break;
        if (event.kind == Channel::Kind::message) ++messages;
        dispatch(c, event);
    }
    mark(c);
    if (std::exchange(host_called, false)) host.on_batch_end();
}

void Connections::State::park(Connection& c) {
    c.channel.park();
    c.parked = true;
}

void Connections::State::dispatch(Connection& c, const Channel::Event& event) {
    switch (event.kind) {
        case Channel::Kind::none:
            return;
        case Channel::Kind::circuit:
            host.on_circuit(c.id, c.channel.circuit());
            return;
        case Channel::Kind::opened: {
            set_deadline(c, never);
            ChannelOpened opened = c.channel.opened();
            if (!opened.rawsocket || c.pings_rawsocket) watch_silence(c);
            host_called = true;
            host.on_open(c.id, {opened.serializer, opened.peer_receives_max, opened.rawsocket,
                                opened.circuit, c.since, std::move(opened.peer_pin)});
            return;
        }
        case Channel::Kind::message:
            host_called = true;
            host.on_message(c.id, event.bytes);
            return;
        case Channel::Kind::alive:
            watch_silence(c);  // it knows PING and PONG
            host_called = true;
            host.on_alive(c.id);
            return;
        case Channel::Kind::failed:
            report_closed(c, event.bytes);
            start_closing(c);
            return;
    }
}

void Connections::State::report_closed(Connection& c, std::string_view why) {
    if (std::exchange(c.detached, true)) return;
    host.on_closed(c.id, why);
    leaving_held -= std::exchange(c.leaving_held, 0);
    host.on_batch_end();
}

void Connections::State::flush(Connection& c) {
    OutQueue& wire = c.channel.wire();
    const std::uint64_t before = wire.consumed();
    c.write(wire);
    if (!c.broken.empty()) return;
    const bool progress = wire.consumed() != before;
    charge(c);
    if (progress && !c.detached) host.on_written(c.id, c.channel.queued_bytes());
    if (c.ended) return;
    if (c.closing && wire.empty() && !std::exchange(c.shut, true)) ::shutdown(c.fd, SHUT_WR);
    expect_reading(c, progress);
    c.watch(epoll.native_handle());
}

// A link is neither counted nor slowed down: whoever sends to it waits for it.
void Connections::State::charge(Connection& c) {
    if (c.essential) return;
    const std::size_t bytes = connection_bytes + c.channel.memory();
    charged += bytes - c.charged;
    c.charged = bytes;
    const bool slow = budget.pressure() != flow::Pressure::none;
    c.pressed = c.channel.queued_bytes() > (slow ? pressed_bytes : c.unread_bytes_max);
    if (c.pressed && slow && !std::exchange(c.listed, true)) pressed.push_back(c.id);
}

void Connections::State::add_up() {
    const Host::Held held = host.held();
    const std::size_t of_peers = held.of_peers - std::min(held.of_peers, leaving_held);
    budget.set_used(charged + queued_frame_bytes + of_peers, held.other);
}

void Connections::State::keep_budget() {
    add_up();
    if (budget.pressure() == flow::Pressure::none) release_pressed();
    if (budget.pressure() == flow::Pressure::full) {
        end_costliest(false);
        end_costliest(true);
    }
    if (budget.take_spike()) trim_later();
}

// At most once in a second, as it takes milliseconds, and when the rest is likely to be free too.
void Connections::State::trim_later() {
    if (std::exchange(trims, true)) return;
    trim_timer.expires_after(trim_delay);
    trim_timer.async_wait([this, guard = std::weak_ptr<char>(alive)](boost::system::error_code ec) {
        if (ec || guard.expired()) return;
        trims = false;
        ::malloc_trim(0);
    });
}

void Connections::State::release_pressed() {
    for (const PeerId peer : std::exchange(pressed, {})) {
        Connection* c = find(peer);
        if (c == nullptr) continue;
        c->listed = false;
        mark(*c);
    }
}

// Links are not part of the sum, so there always is somebody whose end brings it down.
void Connections::State::end_costliest(bool joined) {
    if (budget.used() <= budget.goal()) return;
    flow::Shares shares;
    std::size_t sum = 0;
    for (const auto& [id, c] : table) {
        if (c->ended || c->essential || !c->broken.empty() || c->joined != joined) continue;
        const std::size_t cost = c->charged + c->channel.queued_bytes() + host.held_of(id);
        shares.add(c->channel.circuit(), id, cost);
        sum += cost;
    }
    // Newcomers are not ended for what others cost.
    if (!joined && sum < budget.used() - budget.goal()) return;
    while (budget.used() > budget.goal()) {
        const PeerId costliest = shares.take_costliest();
        if (costliest == no_peer) return;
        end_for_memory(costliest);
    }
}

// It is reported at the end of the turn; what it costs is free at once.
void Connections::State::end_for_memory(PeerId peer) {
    Connection* c = find(peer);
    if (c == nullptr || !c->broken.empty()) return;
    ++closed_for_memory;
    c->broken = "memory is short";
    c->channel.discard_output();
    charged -= std::exchange(c->charged, 0);
    c->leaving_held = host.held_of(peer);
    leaving_held += c->leaving_held;
    add_up();
    mark(*c);
}

// The handshake and closing have deadlines of their own.
void Connections::State::expect_reading(Connection& c, bool progress) {
    if (c.deadline != never && !c.stalls) return;
    if (!c.blocked && !c.deaf) {
        if (std::exchange(c.stalls, false)) set_deadline(c, never);
        return;
    }
    if (c.stalls && !progress) return;
    c.read_at = now();
    c.unread = unread_by_peer(c.fd);
    if (std::exchange(c.stalls, true)) return;  // the timer looks at `read_at` again
    set_deadline(c, c.read_at + c.stall_timeout);
}

// A peer may have read part of what the kernel holds without making room for more.
bool Connections::State::still_stalls(Connection& c, Instant present) {
    const int unread = unread_by_peer(c.fd);
    if (unread < c.unread) c.read_at = present;
    c.unread = unread;
    const Instant due = c.read_at + c.stall_timeout;
    if (due <= present) return true;
    set_deadline(c, due);
    return false;
}

// The peer has closed both directions while it is not read. What it has sent before is kept until
// the host resumes; epoll would report the end of the connection in every turn until then.
void Connections::State::on_gone(Connection& c) {
    if (c.paused) {
        ::epoll_ctl(epoll.native_handle(), EPOLL_CTL_DEL, c.fd, nullptr);
        c.watched = false;
    } else {
        c.blocked = false;  // writing fails, and then it is read to its end
        mark(c);
    }
}

void Connections::State::mark(Connection& c) {
    if (c.dirty || c.ended) return;
    c.dirty = true;
    dirty.push_back(c.id);
    end_turn_later();
}

// Sends the queued bytes and the end of the stream, and gives the peer some time to close too:
// closing a socket with unread bytes would discard what was sent before.
void Connections::State::start_closing(Connection& c) {
    c.detached = true;
    if (c.ended || std::exchange(c.closing, true)) return;
    c.stalls = false;
    c.channel.close();
    c.lingers = !c.joined;
    if (c.lingers && ++lingering > lingering_max) {
        flush(c);
        return mark_ended(c);
    }
    set_deadline(c, now() + c.close_timeout);
    mark(c);
}

void Connections::State::mark_ended(Connection& c) {
    if (std::exchange(c.ended, true)) return;
    if (c.lingers) --lingering;
    charged -= std::exchange(c.charged, 0);
    set_deadline(c, never);
    ended.push_back(c.id);
    end_turn_later();
}

void Connections::State::set_deadline(Connection& c, Instant when) {
    deadlines.move(c.id, std::exchange(c.deadline, when), when);
}

void Connections::State::on_timer() {
    in_turn = true;
    const Instant present = now();
    for (PeerId peer = deadlines.due(present); peer != no_peer; peer = deadlines.due(present)) {
        Connection& c = *table.at(peer);
        if (c.stalls && !still_stalls(c, present)) continue;
        report_closed(c, c.stalls ? "does not read" : "transport handshake not done in time");
        mark_ended(c);
    }
    in_turn = false;
    end_turn();
}

// Each byte that comes only changes when the peer was heard; the list looks at that when it is due.
void Connections::State::watch_silence(Connection& c) {
    if (c.silence_limits->is_off() || std::exchange(c.pinged, true)) return;
    c.silence.begin(now());
    look_later(c, now());
}

void Connections::State::look_later(const Connection& c, Instant present) {
    const Duration step =
        std::clamp(c.silence_limits->ping_after / 16, silence_step_min, silence_step_max);
    silences.add(c.id, c.silence.deadline(present, *c.silence_limits), step);
}

void Connections::State::on_silence_due() {
    in_turn = true;
    const Instant present = now();
    for (const PeerId peer : silences.take(present)) {
        Connection* c = find(peer);
        if (c == nullptr || c->closing) continue;
        switch (c->silence.on_deadline(present, *c->silence_limits, c->signs())) {
            case flow::Silence::Step::nothing:
                break;
            case flow::Silence::Step::ping:
                c->channel.ping();
                mark(*c);
                break;
            case flow::Silence::Step::gone:
                report_closed(*c, "silent, and does not answer a PING");
                mark_ended(*c);
                continue;
        }
        look_later(*c, present);
    }
    in_turn = false;
    end_turn();
}

Connections::Connections(boost::asio::io_context& io, Host& host)
    : state_(std::make_unique<State>(io, host)) {}
Connections::~Connections() = default;

PeerId Connections::accept(Socket socket, const ConnectionOptions& options) {
    return state_->add(std::move(socket), options, {});
}

PeerId Connections::connect(Socket socket, const Target& target, const ConnectionOptions& options) {
    return state_->add(std::move(socket), options, client_config(target, TlsSession::End::client));
}

PeerId Connections::accept_link(Socket socket, const Target& target,
                                const ConnectionOptions& options) {
    return state_->add(std::move(socket), options, client_config(target, TlsSession::End::server));
}

PeerId Connections::serve_link(Socket socket, boost::asio::ssl::context* tls,
                               const ConnectionOptions& options) {
    Channel::Config config;
    config.start = Channel::Start::rawsocket_server;
    config.tls = tls == nullptr ? nullptr : tls->native_handle();
    config.tls_end = TlsSession::End::client;
    return state_->add(std::move(socket), options, std::move(config));
}

void Connections::send(PeerId peer, Frame frame) {
    Connection* c = state_->find(peer);
    if (c == nullptr || c->detached || c->deaf || !c->broken.empty()) return;
    const std::size_t bytes = frame.message().size();
    if (bytes > c->channel.peer_receives_max()) {
        c->broken = "a message is larger than the peer accepts";
    } else {
        c->channel.send(std::move(frame));
        state_->charge(*c);
        if (state_->charged + state_->queued_frame_bytes >= state_->budget.limit())
            state_->keep_budget();
    }
    state_->mark(*c);
}

void Connections::ping(PeerId peer) {
    Connection* c = state_->find(peer);
    if (c == nullptr || c->detached) return;
    c->channel.ping();
    state_->mark(*c);
}

void Connections::set_joined(PeerId peer, bool joined) {
    Connection* c = state_->find(peer);
    if (c == nullptr) return;
    c->joined = joined;
    c->channel.set_joined(joined);
}

void Connections::keep_buffer_small(PeerId peer) {
    const Connection* c = state_->find(peer);
    if (c != nullptr && c->fd >= 0) set_small_send_buffer(c->fd);
}

void Connections::pause(PeerId peer) {
    Connection* c = state_->find(peer);
    if (c == nullptr) return;
    c->paused = true;
    state_->mark(*c);
}

void Connections::resume(PeerId peer) {
    Connection* c = state_->find(peer);
    if (c == nullptr || !std::exchange(c->paused, false)) return;
    state_->mark(*c);
}

void Connections::close(PeerId peer) {
    Connection* c = state_->find(peer);
    if (c != nullptr) state_->start_closing(*c);
}

void Connections::drop(PeerId peer) {
    Connection* c = state_->find(peer);
    if (c == nullptr) return;
    c->detached = true;
    state_->mark_ended(*c);
}

void Connections::limit_memory(std::size_t bytes) {
    state_->budget = flow::Budget(bytes);
}

const flow::Budget& Connections::memory() const noexcept {
    return state_->budget;
}
std::uint64_t Connections::closed_for_memory() const noexcept {
    return state_->closed_for_memory;
}
std::size_t Connections::size() const noexcept {
    return state_->table.size();
}

std::size_t Connections::queued_bytes(PeerId peer) const noexcept {
    const Connection* c = state_->find(peer);
    return c == nullptr ? 0 : c->channel.queued_bytes();
}

}  // namespace sallyport::wamp
