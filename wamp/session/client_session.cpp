#include "wamp/session/client_session.h"

#include <utility>

#include "wamp/base/check.h"
#include "wamp/base/uri.h"
#include "wamp/message/layout.h"
#include "wamp/message/uris.h"

namespace sallyport::wamp {
namespace {

constexpr std::string_view ticket_method = "ticket";

/// The messages that a router may send during a session, apart from its beginning and end.
bool is_session_traffic(MessageType type) noexcept {
    switch (type) {
        case MessageType::hello:
        case MessageType::welcome:
        case MessageType::abort:
        case MessageType::challenge:
        case MessageType::authenticate:
        case MessageType::goodbye:
            return false;
        case MessageType::error:
        case MessageType::publish:
        case MessageType::published:
        case MessageType::subscribe:
        case MessageType::subscribed:
        case MessageType::unsubscribe:
        case MessageType::unsubscribed:
        case MessageType::event:
        case MessageType::call:
        case MessageType::cancel:
        case MessageType::result:
        case MessageType::register_:
        case MessageType::registered:
        case MessageType::unregister:
        case MessageType::unregistered:
        case MessageType::invocation:
        case MessageType::interrupt:
        case MessageType::yield:
            break;
    }
    const Layout* layout = layout_of(static_cast<std::uint64_t>(type));
    return layout != nullptr && layout->from_router;
}

/// Whether a router may answer a request of this type with ERROR (W-MSG-05).
bool is_refusable(MessageType type) noexcept {
    return type == MessageType::publish || type == MessageType::subscribe ||
           type == MessageType::unsubscribe || type == MessageType::call ||
           type == MessageType::register_ || type == MessageType::unregister;
}

}  // namespace

ClientSession::ClientSession(Config config) : config_(std::move(config)) {}

Hello ClientSession::hello() {
    SALLYPORT_CHECK(state_ == State::closed || state_ == State::ended);
    state_ = State::joining;
    answered_challenge_ = false;
    last_request_ = 0;
    id_ = 0;
    features_ = {};
    reason_.clear();
    reply_.reset();
    Hello hello{config_.realm, {}};
    hello.details.append("roles", client_roles(config_.passthru));
    const std::string_view method = config_.login ? config_.login->method() : config_.authmethod;
    hello.details.append("authmethods", List{std::string(method)});
    if (!config_.authid.empty()) hello.details.append("authid", config_.authid);
    Dict authextra = config_.login ? config_.login->begin() : config_.authextra;
    if (!authextra.empty()) hello.details.append("authextra", std::move(authextra));
    if (!config_.agent.empty()) hello.details.append("agent", config_.agent);
    if (config_.carries_payloads) hello.details.append(std::string(carries_payloads_key), true);
    return hello;
}

ClientSession::Verdict ClientSession::judge(const Message& message) {
    switch (state_) {
        case State::closed:
            return violation("message before HELLO");
        case State::joining:
            return judge_joining(message);
        case State::established:
            return judge_established(message);
        case State::leaving:
            return judge_leaving(message);
        case State::ended:
            break;
    }
    return Verdict::ignore;
}

ClientSession::Verdict ClientSession::judge_joining(const Message& message) {
    if (const Abort* abort = std::get_if<Abort>(&message)) return aborted(*abort);
    if (const Challenge* challenge = std::get_if<Challenge>(&message)) {
        return challenged(*challenge);
    }
    const Welcome* welcome = std::get_if<Welcome>(&message);
    if (welcome == nullptr) return violation("message before WELCOME");
    features_ = read_features(welcome->details);
    if (!features_.has(Feature::broker) && !features_.has(Feature::dealer)) {
        return violation("WELCOME without a router role");
    }
    if (!is_valid_id(welcome->session)) return violation("WELCOME with an invalid session id");
    if (config_.login && !config_.login->accepts(*welcome))
        return violation("WELCOME without the proof that the router knows the secret");
    id_ = welcome->session;
    welcome_ = welcome->details;
    state_ = State::established;
    return Verdict::joined;
}

ClientSession::Verdict ClientSession::challenged(const Challenge& challenge) {
    // The secret is used only for the requested method, and only once (W-AUT-02).
    if (config_.login) {
        if (challenge.method != config_.login->method())
            return violation("CHALLENGE for a method that was not offered");
        if (std::exchange(answered_challenge_, true)) return violation("second CHALLENGE");
        auto answer = config_.login->answer(challenge);
        if (!answer) return violation("CHALLENGE that the method does not allow");
        reply_ = *std::move(answer);
        return Verdict::send;
    }
    if (config_.authmethod != ticket_method || challenge.method != ticket_method) {
        return violation("CHALLENGE for a method that was not offered");
    }
    if (answered_challenge_) return violation("second CHALLENGE");
    answered_challenge_ = true;
    reply_ = Authenticate{config_.ticket, {}};
    return Verdict::send;
}

ClientSession::Verdict ClientSession::judge_established(const Message& message) {
    if (const Abort* abort = std::get_if<Abort>(&message)) return aborted(*abort);
    if (const Goodbye* goodbye = std::get_if<Goodbye>(&message)) {
        note_end(goodbye->reason, goodbye->details);
        reply_ = Goodbye{{}, std::string(uris::goodbye_and_out)};
        state_ = State::ended;
        return Verdict::send;
    }
    if (!is_session_traffic(type_of(message)))
        return violation("message that a router does not send");
    if (const Error* error = std::get_if<Error>(&message)) {
        // Some routers answer CANCEL with ERROR (W-MSG-05); the call still gets its own answer.
        // They also do so for a YIELD if the caller lacks payload passthru mode (W-PPT-02); the
        // invocation has then ended.
        if (error->request_type == MessageType::cancel ||
            error->request_type == MessageType::yield) {
            return Verdict::ignore;
        }
        if (!is_refusable(error->request_type)) return violation("ERROR for no request");
        if (!is_valid_uri(error->uri)) return violation("ERROR with an invalid URI");
    }
    return Verdict::dispatch;
}

ClientSession::Verdict ClientSession::judge_leaving(const Message& message) {
    if (const Abort* abort = std::get_if<Abort>(&message)) return aborted(*abort);
    const Goodbye* goodbye = std::get_if<Goodbye>(&message);
    if (goodbye == nullptr)
        return Verdict::ignore;  // it was sent before our GOODBYE arrived (W-SES-08)
    note_end(goodbye->reason, goodbye->details);
    state_ = State::ended;
    return Verdict::ended;
}

ClientSession::Verdict ClientSession::aborted(const Abort& abort) {
    note_end(abort.reason, abort.details);
    state_ = State::ended;
    return Verdict::aborted;
}

void ClientSession::note_end(std::string_view reason, const Dict& details) {
    reason_ = reason;
    message_ = details.get_string("message");
}

ClientSession::Verdict ClientSession::violation(std::string_view why) {
    reason_ = why;
    state_ = State::ended;
    return Verdict::violation;
}

Message ClientSession::take_reply() {
    SALLYPORT_CHECK(reply_.has_value());
    Message reply = std::move(*reply_);
    reply_.reset();
    return reply;
}

Goodbye ClientSession::leave(std::string_view reason) {
    SALLYPORT_CHECK(state_ == State::established);
    state_ = State::leaving;
    return {{}, std::string(reason)};
}

RequestId ClientSession::next_request() noexcept {
    last_request_ = next_id(last_request_);
    return last_request_;
}

}  // namespace sallyport::wamp
