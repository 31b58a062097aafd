#include "wamp/session/server_session.h"

#include <type_traits>
#include <utility>

#include "wamp/base/check.h"
#include "wamp/base/uri.h"
#include "wamp/message/passthru.h"

namespace sallyport::wamp {
namespace {

/// The request id of a message that takes the next one of its session (W-ID-04), or 0.
RequestId request_id_of(const Message& message) noexcept {
    switch (type_of(message)) {
        case MessageType::publish:
            return std::get<Publish>(message).request;
        case MessageType::subscribe:
            return std::get<Subscribe>(message).request;
        case MessageType::unsubscribe:
            return std::get<Unsubscribe>(message).request;
        case MessageType::call:
            return std::get<Call>(message).request;
        case MessageType::register_:
            return std::get<Register>(message).request;
        case MessageType::unregister:
            return std::get<Unregister>(message).request;
        case MessageType::hello:
        case MessageType::welcome:
        case MessageType::abort:
        case MessageType::challenge:
        case MessageType::authenticate:
        case MessageType::goodbye:
        case MessageType::error:
        case MessageType::published:
        case MessageType::subscribed:
        case MessageType::unsubscribed:
        case MessageType::event:
        case MessageType::cancel:
        case MessageType::result:
        case MessageType::registered:
        case MessageType::unregistered:
        case MessageType::invocation:
        case MessageType::interrupt:
        case MessageType::yield:
            return 0;
    }
    return 0;
}

/// Whether the request is open until it is answered (W-PUB-04).
bool is_answered(const Message& request) noexcept {
    const Publish* publish = std::get_if<Publish>(&request);
    return publish == nullptr || publish->options.get_bool("acknowledge", false);
}

/// The request that a message to the client ends, or 0.
RequestId ended_by(const Message& message) noexcept {
    return std::visit(
        []<class Sent>(const Sent& m) -> RequestId {
            if constexpr (std::is_same_v<Sent, CallResult>) {
                return m.details.get_bool("progress", false) ? 0 : m.request;
            } else if constexpr (std::is_same_v<Sent, Error> || std::is_same_v<Sent, Published> ||
                                 std::is_same_v<Sent, Subscribed> ||
                                 std::is_same_v<Sent, Unsubscribed> ||
                                 std::is_same_v<Sent, Registered> ||
                                 std::is_same_v<Sent, Unregistered>) {
                return m.request;
            } else {
                return 0;
            }
        },
        message);
}

}  // namespace

ServerSession::Verdict ServerSession::judge(const Message& message) noexcept {
    if (state_ == State::failed) return Verdict::ignore;
    if (std::holds_alternative<Abort>(message)) {  // valid at any time, never answered (W-SES-06)
        state_ = State::failed;
        return Verdict::close;
    }
    switch (state_) {
        case State::closed:
            return judge_closed(message);
        case State::authenticating:
            return violation("message before the answer to HELLO");
        case State::challenging:
            if (!std::holds_alternative<Authenticate>(message)) {
                return violation("no AUTHENTICATE after CHALLENGE");
            }
            state_ = State::authenticating;
            return Verdict::authenticate;
        case State::established:
            return judge_established(message);
        case State::shutting_down:
            return judge_shutting_down(message);
        case State::failed:
            break;
    }
    return Verdict::ignore;
}

ServerSession::Verdict ServerSession::judge_closed(const Message& message) noexcept {
    const Hello* hello = std::get_if<Hello>(&message);
    if (hello == nullptr) return violation("message before HELLO");
    features_ = read_features(hello->details);
    if (!features_.any_client_role()) return violation("HELLO without a client role");
    state_ = State::authenticating;
    return Verdict::join;
}

ServerSession::Verdict ServerSession::judge_established(const Message& message) noexcept {
    if (const RequestId id = request_id_of(message); id != 0) {
        const Call* const call = std::get_if<Call>(&message);
        if (call != nullptr && is_further(*call)) return judge_further(*call);
        if (!accept_request_id(id)) return violation("request id out of sequence");
        if (!open_request(id, message)) return violation("request id that is still in use");
        if (uses_unannounced_feature(message)) return violation("feature that was not announced");
        if (call != nullptr && !opens_stream(*call)) return Verdict::refuse;
        return Verdict::dispatch;
    }
    if (const Yield* yield = std::get_if<Yield>(&message)) {
        if (!was_invoked(yield->request)) return violation("YIELD for no invocation");
        if (uses_unannounced_feature(message)) return violation("feature that was not announced");
        return Verdict::dispatch;
    }
    if (const Error* error = std::get_if<Error>(&message)) {
        if (error->request_type != MessageType::invocation) {
            return violation("ERROR for a request other than an invocation");
        }
        if (!was_invoked(error->request)) return violation("ERROR for no invocation");
        if (!is_valid_uri(error->uri)) return violation("ERROR with an invalid URI");
        if (uses_unannounced_feature(message)) return violation("feature that was not announced");
        return Verdict::dispatch;
    }
    if (const Cancel* cancel = std::get_if<Cancel>(&message)) {
        if (!was_requested(cancel->request)) return violation("CANCEL for no call");
        return Verdict::dispatch;
    }
    if (std::holds_alternative<Goodbye>(message)) {
        state_ = State::closed;
        return Verdict::goodbye;
    }
    return violation("message that a client does not send in a session");
}

ServerSession::Verdict ServerSession::judge_shutting_down(const Message& message) noexcept {
    if (std::holds_alternative<Goodbye>(message)) {
        state_ = State::closed;
        return Verdict::ended;
    }
    // The client may continue with this id when it joins again on this transport (W-ID-09).
    if (const RequestId id = request_id_of(message); id != 0) last_request_ = id;
    return Verdict::ignore;
}

void ServerSession::challenged() noexcept {
    SALLYPORT_CHECK(state_ == State::authenticating);
    state_ = State::challenging;
}

void ServerSession::welcomed(SessionId id) noexcept {
    SALLYPORT_CHECK(state_ == State::authenticating);
    state_ = State::established;
    id_ = id;
    first_request_ = true;
    last_invocation_ = 0;
    invocations_wrapped_ = false;
    open_.clear();
    streams_.clear();
    ended_streams_.clear();
}

void ServerSession::goodbye_sent() noexcept {
    SALLYPORT_CHECK(state_ == State::established);
    state_ = State::shutting_down;
}

void ServerSession::invoked(RequestId id) noexcept {
    const bool wraps = last_invocation_ == id_max;
    invocations_wrapped_ = invocations_wrapped_ || wraps;
    if (wraps || id > last_invocation_) last_invocation_ = id;
}

void ServerSession::sent(const Message& message) noexcept {
    if (open_.empty() && streams_.empty()) return;
    const RequestId id = ended_by(message);
    if (streams_.erase(id) != 0) ended_streams_.add(id);
    open_.erase(id);
    trim_if_empty(open_);
}

// Further CALLs
// --------------------------------------------------------------------------------

/// Whether it is for a call that is open for further CALLs, or was when its answer was sent
/// (W-PCI-08). An id that is not known as such has to be a new one.
bool ServerSession::is_further(const Call& call) const noexcept {
    return ended_streams_.contains(call.request) ||
           (!streams_.empty() && streams_.contains(call.request));
}

ServerSession::Verdict ServerSession::judge_further(const Call& call) noexcept {
    const bool is_last = !call.options.get_bool("progress", false);
    const auto stream = streams_.find(call.request);
    if (stream == streams_.end()) {  // the answer has crossed it (W-PCI-05)
        if (is_last) ended_streams_.erase(call.request);
        return Verdict::ignore;
    }
    if (stream->second.procedure != call.procedure)  // W-PCI-09
        return violation("further CALL for another procedure");
    return Verdict::proceed;
}

void ServerSession::freeze(Call& further) {
    const auto stream = streams_.find(further.request);
    SALLYPORT_CHECK(stream != streams_.end());
    Dict options;
    const bool progress = further.options.get_bool("progress", false);
    if (progress) options.append("progress", true);
    append_passthru(options, stream->second.passthru);
    if (const List* origin = further.options.get_list("forward_for"))
        options.append("forward_for", *origin);
    if (const std::uint64_t number = further.options.get_uint("x_request", 0); number != 0)
        options.append("x_request", number);  // read on links only
    further.options = std::move(options);
    if (!progress) streams_.erase(stream);
}

/// False if it opens one too many; its further CALLs are then ignored.
bool ServerSession::opens_stream(const Call& call) noexcept {
    if (!call.options.get_bool("progress", false)) return true;
    if (streams_.size() >= streams_max_) {
        ended_streams_.add(call.request);
        return false;
    }
    Stream& stream = streams_[call.request];
    stream.procedure = call.procedure;
    stream.passthru = {};
    append_passthru(stream.passthru, call.options);
    return true;
}

/// Options that must not be used unless both sides announced them (W-PCI-03, W-PPT-02).
bool ServerSession::uses_unannounced_feature(const Message& message) const noexcept {
    if (const Call* call = std::get_if<Call>(&message)) {
        const bool streams =
            announces_streams_ && features_.has(Feature::caller_progressive_call_invocations);
        return (call->options.get_bool("progress", false) && !streams) ||
               is_unannounced(call->options, Feature::caller_payload_passthru_mode);
    }
    if (const Publish* publish = std::get_if<Publish>(&message)) {
        return is_unannounced(publish->options, Feature::publisher_payload_passthru_mode);
    }
    if (const Yield* yield = std::get_if<Yield>(&message)) {
        return is_unannounced(yield->options, Feature::callee_payload_passthru_mode);
    }
    const Error* error = std::get_if<Error>(&message);
    return error != nullptr &&
           is_unannounced(error->details, Feature::callee_payload_passthru_mode);
}

bool ServerSession::is_unannounced(const Dict& options, Feature passthru) const noexcept {
    return is_passthru(options) && !(passthru_ && features_.has(passthru));
}

bool ServerSession::accept_request_id(RequestId id) noexcept {
    const bool first = std::exchange(first_request_, false);
    const bool follows = id == next_id(last_request_);
    bool legal = true;
    switch (rule_) {
        case IdRule::strict:
            legal = follows || (first && id == 1);
            break;
        case IdRule::monotonic:
            legal = id > last_request_ || follows || first;
            break;
        case IdRule::off:
            break;
    }
    if (first && id <= last_request_) requests_wrapped_ = false;
    if (!first && id <= last_request_) requests_wrapped_ = true;
    last_request_ = id;
    return legal;
}

/// False if a request with that id is open (W-ID-10).
bool ServerSession::open_request(RequestId id, const Message& message) noexcept {
    if (rule_ == IdRule::strict) return true;
    return is_answered(message) ? open_.insert(id).second : !open_.contains(id);
}

bool ServerSession::was_requested(RequestId id) const noexcept {
    if (rule_ == IdRule::off || requests_wrapped_) return true;
    return !first_request_ && id <= last_request_;
}

bool ServerSession::was_invoked(RequestId id) const noexcept {
    return invocations_wrapped_ || id <= last_invocation_;
}

ServerSession::Verdict ServerSession::violation(std::string_view why) noexcept {
    state_ = State::failed;
    why_ = why;
    return Verdict::violation;
}

}  // namespace sallyport::wamp
