#include "gateway/supervision/dial_requests.h"

#include <algorithm>
#include <string>
#include <utility>

namespace sallyport::gateway::supervision {

namespace {

effect::SendPacket failed(std::uint32_t backend, std::string_view why) {
    return {worker_process, "failed " + std::to_string(backend) + " " + std::string(why)};
}

}  // namespace

DialRequests::DialRequests(const std::vector<Target>& targets) {
    set_targets(targets);
}

void DialRequests::set_targets(const std::vector<Target>& targets) {
    backends_.resize(std::max(backends_.size(), targets.size()), {Target::none});
    for (std::size_t number = 0; number < targets.size(); ++number)
        backends_[number].target = targets[number];
}

DialRequests::Backend* DialRequests::find(AttemptId attempt) noexcept {
    if (attempt == none) return nullptr;
    const auto found =
        std::find_if(backends_.begin(), backends_.end(),
                     [&](const Backend& backend) { return backend.attempt == attempt; });
    return found == backends_.end() ? nullptr : &*found;
}

std::uint32_t DialRequests::number_of(const Backend& backend) const noexcept {
    return static_cast<std::uint32_t>(&backend - backends_.data());
}

void DialRequests::on_request(std::uint32_t backend, bool inside_runs, Outbox& out) {
    if (stopped_ || backend >= backends_.size() || backends_[backend].attempt != none) return;
    switch (backends_[backend].target) {
        case Target::none:
            out.emplace_back(
                failed(backend, "this backend is not dialled: it connects to the gateway"));
            return;
        case Target::inside:
            if (!inside_runs) {
                out.emplace_back(failed(backend, "the inside is not running"));
                return;
            }
            backends_[backend].attempt = ++last_attempt_;
            out.emplace_back(effect::DialInside{last_attempt_, backend});
            return;
        case Target::address:
            backends_[backend].attempt = ++last_attempt_;
            out.emplace_back(effect::DialAddress{last_attempt_, backend});
            return;
    }
}

void DialRequests::on_connected(AttemptId attempt, Outbox& out) {
    Backend* const backend = find(attempt);
    if (backend == nullptr) {
        out.emplace_back(effect::CloseConnection{attempt});
        return;
    }
    backend->attempt = none;
    out.emplace_back(effect::SendConnection{attempt, number_of(*backend)});
}

void DialRequests::on_failed(AttemptId attempt, std::string_view why, Outbox& out) {
    Backend* const backend = find(attempt);
    if (backend == nullptr) return;
    backend->attempt = none;
    out.emplace_back(failed(number_of(*backend), why));
}

void DialRequests::on_worker_exit() {
    for (Backend& backend : backends_) backend.attempt = none;
}

void DialRequests::stop() {
    stopped_ = true;
    on_worker_exit();
}

}  // namespace sallyport::gateway::supervision
