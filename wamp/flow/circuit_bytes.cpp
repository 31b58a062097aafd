#include "wamp/flow/circuit_bytes.h"

#include "wamp/base/check.h"

namespace sallyport::wamp::flow {

CircuitBytes::Charge CircuitBytes::charge(const Sender& from, std::size_t bytes) {
    Charge charge;
    if (limit_ == SIZE_MAX || bytes == 0) return charge;
    charge.owner_ = this;
    charge.from_ = from;
    charge.bytes_ = bytes;
    Circuit& circuit = circuits_[circuit_of(from)];
    const std::size_t before = circuit.bytes;
    circuit.bytes += bytes;
    bytes_ += bytes;
    sessions_[from.session] += bytes;
    if (circuit.bytes < limit_) return charge;
    if (before < limit_) ++over_limit_;
    last_turns_[from.session] = ++sequence_;
    if (circuit.bytes >= full_at() && !std::exchange(circuit.full, true) && from.circuit != 0)
        full_.push_back(from.circuit);
    return charge;
}

void CircuitBytes::release(const Sender& from, std::size_t bytes) noexcept {
    const IdPair name = circuit_of(from);
    const auto circuit = circuits_.find(name);
    const auto session = sessions_.find(from.session);
    SALLYPORT_CHECK(circuit != circuits_.end() && session != sessions_.end());
    const std::size_t before = circuit->second.bytes;
    const std::size_t after = circuit->second.bytes -= bytes;
    bytes_ -= bytes;
    const bool idle = (session->second -= bytes) == 0;
    if (idle) {
        sessions_.erase(session);
        trim_if_empty(sessions_);
    }
    if (before >= limit_ && after < limit_ && --over_limit_ == 0) last_turns_.clear();
    if (after <= low()) circuit->second.full = false;
    if (after == 0) {
        circuits_.erase(circuit);
        trim_if_empty(circuits_);
    }
    if (waiters_.empty()) return;
    if (after <= limit_ / 2) {
        relieve_all_of(name);
    } else if (after <= low()) {
        if (before > low()) relieve_idle_of(name);
        if (idle) relieve(name, from.session);
    }
}

bool CircuitBytes::must_wait(const Sender& from) const noexcept {
    if (over_limit_ == 0) return false;
    const auto circuit = circuits_.find(circuit_of(from));
    if (circuit == circuits_.end() || circuit->second.bytes < limit_) return false;
    return circuit->second.full || sessions_.contains(from.session);
}

bool CircuitBytes::wait(const Sender& from, PeerId peer) {
    SALLYPORT_CHECK(must_wait(from));  // so that something under way ends it
    if (waiters_.contains(from.session)) return false;
    const std::uint64_t* const turn = find_in(last_turns_, from.session);
    const Order order{turn == nullptr ? 0 : *turn, ++sequence_};
    waiters_[from.session] = {peer, order};
    const IdPair name = circuit_of(from);
    queues_[{name.first, name.second}].emplace(order, from.session);
    return true;
}

bool CircuitBytes::forget(const Sender& from) {
    const auto found = waiters_.find(from.session);
    if (found == waiters_.end()) return false;
    const IdPair name = circuit_of(from);
    const auto queue = queues_.find({name.first, name.second});
    queue->second.erase({found->second.order, from.session});
    if (queue->second.empty()) queues_.erase(queue);
    waiters_.erase(found);
    return true;
}

void CircuitBytes::relieve(const IdPair& circuit, SessionId session) {
    const auto found = waiters_.find(session);
    if (found == waiters_.end()) return;
    relieved_.push_back(found->second.peer);
    forget({circuit.first, session});
}

void CircuitBytes::relieve_all_of(const IdPair& circuit) {
    const auto queue = queues_.find({circuit.first, circuit.second});
    if (queue == queues_.end()) return;
    for (const auto& [order, session] : queue->second) {
        const auto waiter = waiters_.find(session);
        relieved_.push_back(waiter->second.peer);
        waiters_.erase(waiter);
    }
    queues_.erase(queue);
}

void CircuitBytes::relieve_idle_of(const IdPair& circuit) {
    const auto queue = queues_.find({circuit.first, circuit.second});
    if (queue == queues_.end()) return;
    std::vector<SessionId> idle;
    for (const auto& [order, session] : queue->second) {
        if (!sessions_.contains(session)) idle.push_back(session);
    }
    for (const SessionId session : idle) relieve(circuit, session);
}

std::vector<PeerId> CircuitBytes::take_relieved() {
    return std::exchange(relieved_, {});
}

std::optional<std::uint64_t> CircuitBytes::take_full() {
    if (full_.empty()) return std::nullopt;
    const std::uint64_t circuit = full_.back();
    full_.pop_back();
    return circuit;
}

std::size_t CircuitBytes::bytes_of_circuit(const Sender& from) const noexcept {
    const auto found = circuits_.find(circuit_of(from));
    return found == circuits_.end() ? 0 : found->second.bytes;
}

}  // namespace sallyport::wamp::flow
