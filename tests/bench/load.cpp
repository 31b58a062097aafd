// A load generator for WAMP routers: one thread, RawSocket, one JSON object on stdout.
//
//   sallyport_load call  --at ADDRESS --callee-at ADDRESS [--callers N] [--in-flight K]
//                        [--seconds S] [--parts P] [--others N --other-match exact|patterns]
//                        [--registered URI --match exact|prefix]
//   sallyport_load event --at ADDRESS [--publisher-at ADDRESS] [--subscribers N] [--in-flight K]
//                        [--seconds S]
//   sallyport_load idle  --at ADDRESS [--sessions N] [--websocket]
//   common: [--realm R] [--authid A --ticket T] [--callee-authid A --callee-ticket T] [--uri U]
//           [--pids P,P,...] [--serializer json|msgpack|cbor] [--bytes B | --records B]
//
// The callee answers with --parts results, of which all but the last are progressive; a figure is
// then per result. It registers the procedure as --registered with --match, and --others more,
// half of the patterns by prefix and half with a wildcard.
//
// The payload is a text of --bytes, or a list of as many records as fit into --records bytes. Both
// ends use the serializer.
//
// ADDRESS: unix:/path or tcp:127.0.0.1:PORT. CPU time is summed over --pids, between the end of
// warming up and the end.
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>

#include "tests/bench/load_wire.h"

namespace sallyport::bench {
namespace {

constexpr std::uint64_t error = 8, publish = 16, published = 17, subscribe = 32, subscribed = 33,
                        event = 36;
constexpr std::uint64_t call = 48, result = 50, register_ = 64, registered = 65, invocation = 68,
                        yield = 70;

using Clock = std::chrono::steady_clock;

struct Options {
    std::string mode;
    std::map<std::string, std::string> named;
    std::vector<int> pids;

    std::string text(const std::string& name, const std::string& otherwise) const {
        const auto found = named.find(name);
        return found == named.end() ? otherwise : found->second;
    }
    double number(const std::string& name, double otherwise) const {
        const auto found = named.find(name);
        return found == named.end() ? otherwise : std::stod(found->second);
    }
    std::size_t count(const std::string& name, std::size_t otherwise) const {
        return static_cast<std::size_t>(number(name, static_cast<double>(otherwise)));
    }
    Serializer serializer() const {
        const std::string name = text("serializer", "msgpack");
        if (name == "json") return Serializer::json;
        if (name == "msgpack") return Serializer::msgpack;
        if (name != "cbor") fail("no serializer of the name " + name);
        return Serializer::cbor;
    }
    Login login(const std::string& prefix = "") const {
        return {text("realm", "realm1"), text(prefix + "authid", text("authid", "")),
                text(prefix + "ticket", text("ticket", ""))};
    }
};

Options read_options(int argc, char** argv) {
    Options options;
    if (argc < 2) fail("say call, event or idle");
    options.mode = argv[1];
    for (int i = 2; i < argc; ++i) {
        const std::string name = argv[i];
        if (!name.starts_with("--")) fail("unknown argument " + name);
        if (name == "--websocket") {
            options.named["websocket"] = "1";
        } else {
            if (i + 1 == argc) fail(name + " needs a value");
            options.named[name.substr(2)] = argv[++i];
        }
    }
    std::string pids = options.text("pids", "");
    while (!pids.empty()) {
        const std::size_t comma = std::min(pids.find(','), pids.size());
        options.pids.push_back(std::stoi(pids.substr(0, comma)));
        pids.erase(0, comma + 1);
    }
    return options;
}

std::uint64_t code_of(const Session& session, std::string_view message) {
    Reader reader(session.serializer(), message);
    reader.array();
    return reader.uint();
}

void must_be(std::uint64_t code, const Session& session, const std::string& answer) {
    if (code_of(session, answer) != code) fail("a request was refused: " + hex(answer));
}

std::string options_and_uri(const Options& options, const std::string& otherwise) {
    const Encoding encode(options.serializer());
    return encode.joined({encode.map({}), encode.text(options.text("uri", otherwise))});
}

/// The list of arguments of each request.
std::string payload(const Options& options) {
    const Encoding encode(options.serializer());
    const std::size_t room = options.count("records", 0);
    if (room == 0) return encode.list({encode.text(std::string(options.count("bytes", 64), 'x'))});
    std::vector<std::string> records;
    for (std::size_t used = 0; true; ++used) {
        records.push_back(encode.map({{"angle", encode.real(12.5)},
                                      {"id", encode.uint(records.size())},
                                      {"name", encode.text("telescope")},
                                      {"on", encode.yes()}}));
        used += records.back().size();
        if (used > room) break;
    }
    records.pop_back();
    return encode.list({encode.list(records)});
}

/// What a measured stretch of time cost: from begin() to end().
class Stretch {
public:
    explicit Stretch(const Options& options)
        : pids_(options.pids), own_{static_cast<int>(::getpid())} {}
    void begin() {
        at_ = Clock::now();
        cpu_ = cpu_us(pids_);
        own_cpu_ = cpu_us(own_);
    }
    void end() {
        seconds_ = std::chrono::duration<double>(Clock::now() - at_).count();
        cpu_ = since(cpu_us(pids_), cpu_);
        own_cpu_ = since(cpu_us(own_), own_cpu_);
    }
    double seconds() const { return seconds_; }
    /// As JSON: microseconds of CPU per unit of work, each process and the load generator itself.
    std::string json(double units) const {
        std::string text = "\"cpu_us\": [";
        for (std::size_t i = 0; i < cpu_.size(); ++i)
            text += (i == 0 ? "" : ", ") + std::to_string(cpu_[i] / units);
        return text + "], \"own_cpu_us\": " + std::to_string(own_cpu_.front() / units);
    }

private:
    static std::vector<double> since(std::vector<double> now, const std::vector<double>& before) {
        for (std::size_t i = 0; i < now.size(); ++i) now[i] -= before[i];
        return now;
    }

    std::vector<int> pids_;
    std::vector<int> own_;
    Clock::time_point at_;
    double seconds_ = 0;
    std::vector<double> cpu_, own_cpu_;
};

/// epoll over sessions; each is told apart by its position.
class Poller {
public:
    void add(Session& session) {
        session.start();
        epoll_event interest{};
        interest.events = EPOLLIN;
        interest.data.u64 = sessions_.size();
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, session.fd(), &interest);
        sessions_.push_back(&session);
        waiting_.push_back(false);
    }
    /// One turn: reads what is there, then writes what was queued.
    template <typename OnMessage>
    void turn(OnMessage&& on_message) {
        std::array<epoll_event, 256> ready{};
        const int count = ::epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), 100);
        for (int i = 0; i < count; ++i) {
            const std::size_t index = ready[static_cast<std::size_t>(i)].data.u64;
            if ((ready[static_cast<std::size_t>(i)].events & (EPOLLIN | EPOLLHUP)) == 0) continue;
            sessions_[index]->read([&](std::string_view message) { on_message(index, message); });
        }
        flush();
    }
    void flush() {
        for (std::size_t i = 0; i < sessions_.size(); ++i) {
            const bool waits = !sessions_[i]->flush();
            if (waits == waiting_[i]) continue;
            waiting_[i] = waits;
            epoll_event interest{};
            interest.events = waits ? (EPOLLIN | EPOLLOUT) : static_cast<unsigned>(EPOLLIN);
            interest.data.u64 = i;
            ::epoll_ctl(epoll_, EPOLL_CTL_MOD, sessions_[i]->fd(), &interest);
        }
    }

private:
    int epoll_ = ::epoll_create1(0);
    std::vector<Session*> sessions_;
    std::vector<bool> waiting_;
};

double percentile(std::vector<double>& sorted, double part) {
    if (sorted.empty()) return 0;
    return sorted[std::min(sorted.size() - 1,
                           static_cast<std::size_t>(static_cast<double>(sorted.size()) * part))];
}

void answer_invocation(Session& callee, std::string_view message, std::size_t parts,
                       std::string& reply) {
    Reader reader(callee.serializer(), message);
    reader.array();
    reader.uint();
    const std::uint64_t request = reader.uint();
    reader.uint();
    reader.skip();
    const Encoding encode(callee.serializer());
    for (std::size_t left = parts; left > 0; --left) {
        const std::string options =
            left > 1 ? encode.map({{"progress", encode.yes()}}) : encode.map({});
        put_message(reply, callee.serializer(), yield, request, 1 + reader.left(),
                    encode.joined({options, std::string(reader.rest())}));
        callee.queue(reply);
    }
}

/// Whether the next value is a dictionary with entries.
bool has_entries(Reader reader) {
    const std::size_t before = reader.rest().size();
    reader.skip();
    return before - reader.rest().size() > 3;  // an empty one, and a comma in JSON
}

void enroll(Session& callee, const std::string& uri, const std::string& match) {
    const Encoding encode(callee.serializer());
    const std::string options =
        match == "exact" ? encode.map({}) : encode.map({{"match", encode.text(match)}});
    must_be(registered, callee,
            callee.ask(register_, 2, encode.joined({options, encode.text(uri)})));
}

void enroll_others(Session& callee, const Options& options) {
    const bool patterns = options.text("other-match", "exact") == "patterns";
    for (std::size_t i = 0; i < options.count("others", 0); ++i) {
        const std::string number = std::to_string(i);
        if (!patterns) {
            enroll(callee, "lab.other." + number, "exact");
        } else if (i % 2 == 0) {
            enroll(callee, "lab.other.n" + number + ".", "prefix");
        } else {
            enroll(callee, "lab.other..n" + number, "wildcard");
        }
    }
}

class Callers {
public:
    explicit Callers(const Options& options)
        : in_flight_(options.count("in-flight", 1)), serializer_(options.serializer()) {
        const Encoding encode(serializer_);
        const bool streams = options.count("parts", 1) > 1;
        rest_ = encode.joined(
            {streams ? encode.map({{"receive_progress", encode.yes()}}) : encode.map({}),
             encode.text(options.text("uri", "lab.bench")), payload(options)});
        for (std::size_t i = 0; i < options.count("callers", 1); ++i) {
            sessions_.push_back(std::make_unique<Session>(
                options.text("at", ""), Transport{serializer_, false}, options.login()));
            sent_.emplace_back(65536);
        }
    }
    std::vector<std::unique_ptr<Session>>& sessions() { return sessions_; }
    void first() {
        for (std::size_t i = 0; i < sessions_.size(); ++i) {
            for (std::size_t n = 0; n < in_flight_; ++n) next(i);
        }
    }
    void on_answer(std::size_t index, std::string_view message, bool counts) {
        Reader reader(serializer_, message);
        reader.array();
        const std::uint64_t code = reader.uint();
        if (code == error) fail("a call failed: " + hex(message));
        if (code != result) return;
        const std::uint64_t request = reader.uint();
        if (counts) ++results_;
        if (has_entries(reader)) return;  // a progressive one
        if (counts) {
            const auto took = Clock::now() - sent_[index][request % 65536];
            took_us_.push_back(std::chrono::duration<double, std::micro>(took).count());
        }
        next(index);
    }
    std::vector<double>& took_us() { return took_us_; }
    std::size_t results() const { return results_; }

private:
    void next(std::size_t index) {
        Session& session = *sessions_[index];
        const std::uint64_t request = session.next_request();
        put_message(message_, serializer_, call, request, 3, rest_);
        sent_[index][request % 65536] = Clock::now();
        session.queue(message_);
    }

    std::size_t in_flight_;
    Serializer serializer_;
    std::string rest_, message_;
    std::vector<std::unique_ptr<Session>> sessions_;
    std::vector<std::vector<Clock::time_point>> sent_;
    std::vector<double> took_us_;
    std::size_t results_ = 0;
};

int run_calls(const Options& options) {
    Session callee(options.text("callee-at", options.text("at", "")), {options.serializer(), false},
                   options.login("callee-"));
    enroll_others(callee, options);
    enroll(callee, options.text("registered", options.text("uri", "lab.bench")),
           options.text("match", "exact"));
    ::usleep(static_cast<useconds_t>(options.number("settle", 0.3) *
                                     1e6));  // a link may need to hear of it
    Callers callers(options);
    Poller poller;
    poller.add(callee);
    for (const auto& session : callers.sessions()) poller.add(*session);
    const auto warm = Clock::now() + std::chrono::duration<double>(options.number("warm", 0.5));
    const auto end = warm + std::chrono::duration<double>(options.number("seconds", 3));
    Stretch stretch(options);
    bool counts = false;
    const std::size_t parts = options.count("parts", 1);
    std::string reply;
    callers.first();
    poller.flush();
    for (auto now = Clock::now(); now < end; now = Clock::now()) {
        if (!counts && now >= warm) {
            counts = true;
            stretch.begin();
        }
        poller.turn([&](std::size_t index, std::string_view message) {
            if (index > 0) {
                callers.on_answer(index - 1, message, counts);
            } else if (code_of(callee, message) == invocation) {
                answer_invocation(callee, message, parts, reply);
            }
        });
    }
    stretch.end();
    std::vector<double>& took = callers.took_us();
    std::sort(took.begin(), took.end());
    const double calls = static_cast<double>(std::max<std::size_t>(callers.results(), 1));
    std::printf("{\"calls\": %zu, \"calls_per_s\": %.0f, \"p50_us\": %.1f, \"p99_us\": %.1f, %s}\n",
                callers.results(), calls / stretch.seconds(), percentile(took, 0.5),
                percentile(took, 0.99), stretch.json(calls).c_str());
    return took.empty() ? 1 : 0;
}

/// One publisher that stays a bounded number of publications ahead of the slowest subscriber.
class Publisher {
public:
    Publisher(const Options& options, std::size_t subscribers)
        : session_(options.text("publisher-at", options.text("at", "")),
                   {options.serializer(), false}, options.login("publisher-")),
          subscribers_(subscribers),
          ahead_(options.count("in-flight", 8)) {
        const Encoding encode(options.serializer());
        rest_ = encode.joined({encode.map({{"acknowledge", encode.yes()}}),
                               encode.text(options.text("uri", "lab.events")), payload(options)});
    }
    Session& session() { return session_; }
    std::uint64_t lost() const { return lost_; }
    void on_message(std::string_view message) {
        const std::uint64_t code = code_of(session_, message);
        if (code == error) fail("a publication failed: " + hex(message));
        if (code == published) ++acknowledged_;
    }
    void go_on(std::uint64_t events, Clock::time_point now) {
        if (events != seen_) {
            seen_ = events;
            progress_ = now;
        }
        events += lost_;
        if (now - progress_ > std::chrono::milliseconds(300) && sent_ * subscribers_ > events) {
            lost_ += sent_ * subscribers_ -
                     events;  // a path that was not ready yet: do not wait for these for ever
            progress_ = now;
        }
        while (sent_ < acknowledged_ + ahead_ &&
               sent_ * subscribers_ < events + ahead_ * subscribers_) {
            ++sent_;
            put_message(message_, session_.serializer(), publish, session_.next_request(), 3,
                        rest_);
            session_.queue(message_);
        }
    }

private:
    Session session_;
    std::size_t subscribers_, ahead_;
    std::uint64_t sent_ = 0, acknowledged_ = 0, seen_ = 0, lost_ = 0;
    Clock::time_point progress_ = Clock::now();
    std::string rest_, message_;
};

int run_events(const Options& options) {
    std::vector<std::unique_ptr<Session>> subscribers;
    Publisher publisher(options, options.count("subscribers", 50));
    Poller poller;
    poller.add(publisher.session());
    for (std::size_t i = 0; i < options.count("subscribers", 50); ++i) {
        subscribers.push_back(std::make_unique<Session>(
            options.text("at", ""), Transport{options.serializer(), false}, options.login()));
        Session& session = *subscribers.back();
        must_be(subscribed, session,
                session.ask(subscribe, 2, options_and_uri(options, "lab.events")));
        poller.add(*subscribers.back());
    }
    ::usleep(static_cast<useconds_t>(options.number("settle", 0.3) * 1e6));
    const auto warm = Clock::now() + std::chrono::duration<double>(options.number("warm", 0.5));
    const auto end = warm + std::chrono::duration<double>(options.number("seconds", 3));
    Stretch stretch(options);
    std::uint64_t events = 0, before = 0;
    bool counts = false;
    for (auto now = Clock::now(); now < end; now = Clock::now()) {
        if (!counts && now >= warm) {
            counts = true;
            before = events;
            stretch.begin();
        }
        publisher.go_on(events, now);
        poller.flush();
        poller.turn([&](std::size_t index, std::string_view message) {
            if (index == 0) {
                publisher.on_message(message);
            } else if (code_of(*subscribers[index - 1], message) == event) {
                ++events;
            }
        });
    }
    stretch.end();
    const double count = static_cast<double>(std::max<std::uint64_t>(events - before, 1));
    std::printf("{\"events\": %.0f, \"events_per_s\": %.0f, \"lost\": %.0f, %s}\n", count,
                count / stretch.seconds(), static_cast<double>(publisher.lost()),
                stretch.json(count).c_str());
    return events == before ? 1 : 0;
}

int run_idle(const Options& options) {
    const std::size_t sessions = options.count("sessions", 2000);
    const bool websocket = options.count("websocket", 0) != 0;
    std::vector<std::unique_ptr<Session>> idle;
    double before = 0;
    constexpr std::size_t first = 50;  // grow what grows once
    for (std::size_t i = 0; i < sessions + first; ++i) {
        if (i == first) {
            ::usleep(200'000);
            before = resident_kb(options.pids);
        }
        idle.push_back(std::make_unique<Session>(
            options.text("at", ""), Transport{Serializer::msgpack, websocket}, options.login()));
    }
    ::usleep(500'000);
    const double after = resident_kb(options.pids);
    std::printf(
        "{\"sessions\": %zu, \"before_kb\": %.0f, \"after_kb\": %.0f, \"bytes_per_session\": "
        "%.0f}\n",
        sessions, before, after, (after - before) * 1024 / static_cast<double>(sessions));
    return 0;
}

}  // namespace
}  // namespace sallyport::bench

int main(int argc, char** argv) {
    using namespace sallyport::bench;
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    const Options options = read_options(argc, argv);
    if (options.mode == "call") return run_calls(options);
    if (options.mode == "event") return run_events(options);
    if (options.mode == "idle") return run_idle(options);
    fail("say call, event or idle, not " + options.mode);
}
