#include "tests/sim/simulated_process.h"

#include <utility>

#include "gateway/supervision/message.h"

namespace sallyport::sim {

namespace supervision = gateway::supervision;
using supervision::Role;

Duration SimulatedProcess::some_time(std::uint64_t low_ms, std::uint64_t high_ms) {
    return std::chrono::milliseconds(world_.dice.between(low_ms, high_ms));
}

void SimulatedProcess::act(std::function<void()> what) {
    if (!alive_) return;
    if (stalled_) {
        held_.push_back(std::move(what));
    } else {
        what();
    }
}

void SimulatedProcess::after(Duration delay, std::function<void()> what) {
    world_.schedule.after(delay, [self = shared_from_this(), what = std::move(what)]() mutable {
        self->act(std::move(what));
    });
}

void SimulatedProcess::start() {
    last_answer_ = world_.schedule.now();
    if (id_.role == Role::tor) return;
    if (!world_.calm && world_.dice.chance(2)) return after(some_time(1, 300), [this] { exit(2); });
    after(some_time(10, 500), [this] { say(supervision::to_text(supervision::message::Ready{})); });
    if (id_.role == Role::worker) after(some_time(100, 1000), [this] { ask_to_dial(); });
}

void SimulatedProcess::resume() {
    if (hangs_ && !world_.calm) return;
    if (!std::exchange(stalled_, false)) return;
    resumed_at_ = world_.schedule.now();
    for (auto& what : std::exchange(held_, {})) act(std::move(what));
}

void SimulatedProcess::die(const supervision::Exit& exit) {
    if (!std::exchange(alive_, false)) return;
    held_.clear();
    world_.schedule.after(std::chrono::microseconds(world_.dice.between(1, 2000)),
                          [self = shared_from_this(), exit] { self->world_.ended(*self, exit); });
}

void SimulatedProcess::terminate() {
    if (!world_.calm && world_.dice.chance(10)) return;  // it hangs
    after(some_time(1, 2500), [this] { exit(0); });
}

void SimulatedProcess::receive(SupervisorPacket packet) {
    act([this, packet = std::move(packet)] { handle(packet); });
}

void SimulatedProcess::handle(const SupervisorPacket& packet) {
    if (packet.onion) {
        onion_ = packet.onion;
    } else if (packet.text == supervision::ping_text) {
        answered_ = true;
        last_answer_ = world_.schedule.now();
        world_.send(*this, supervision::to_text(supervision::message::Alive{}));
    } else if (packet.text == "stop") {
        if (!world_.calm && world_.dice.chance(10)) return;  // it hangs
        after(some_time(1, 4900), [this] { exit(0); });
    } else if (const auto command = supervision::parse_reload_command(packet.text)) {
        if (command->kind == supervision::ReloadCommand::Kind::prepare)
            received_[command->round] = packet.version;
        // Its reload is stuck, and all else goes on.
        const bool stuck = command->kind == supervision::ReloadCommand::Kind::commit &&
                           !world_.calm && world_.dice.chance(3);
        if (stuck) return;
        participant_.on_command(*command, outbox_);
        carry_out();
    } else {  // "connected N", "failed N why"
        const std::size_t number = packet.text.find(' ') + 1;
        dials_.erase(static_cast<std::uint32_t>(std::stoul(packet.text.substr(number))));
    }
}

void SimulatedProcess::carry_out() {
    for (const auto& wanted : std::exchange(outbox_, {}))
        std::visit([this](const auto& effect) { apply(effect); }, wanted);
    if (!outbox_.empty()) carry_out();
}

void SimulatedProcess::apply(const supervision::ReloadParticipant::Compile& compile) {
    const bool slow = !world_.calm && world_.dice.chance(10);
    const bool fails = !world_.calm && world_.dice.chance(10);
    after(slow ? some_time(1000, 45'000) : some_time(1, 300), [this, round = compile.round, fails] {
        if (fails) {
            participant_.on_compile_failed(round, "line 1: no", outbox_);
        } else {
            compiled_ = received_[round];
            participant_.on_compiled(round, "would change", outbox_);
        }
        carry_out();
    });
}

void SimulatedProcess::apply(const supervision::ReloadParticipant::Commit& commit) {
    version_ = std::exchange(compiled_, 0);
    world_.took(*this, version_);
    participant_.on_committed(commit.round, "has changed", outbox_);
}

void SimulatedProcess::apply(const supervision::ReloadParticipant::Answer& answer) {
    say(supervision::to_text(answer.message));
    if (world_.calm) return;
    if (world_.dice.chance(5)) stall(world_.dice.chance(50));
    if (world_.dice.chance(10)) say(supervision::to_text(answer.message));
    if (world_.dice.chance(10)) say(said_[world_.dice.between(0, said_.size() - 1)]);
}

void SimulatedProcess::say(std::string text) {
    said_.push_back(text);
    world_.send(*this, std::move(text));
}

void SimulatedProcess::ask_to_dial() {
    if (!backends_.empty()) {
        const auto backend = backends_[world_.dice.between(0, backends_.size() - 1)];
        const bool again = !dials_.try_emplace(backend, world_.schedule.now()).second;
        if (!again || world_.dice.chance(20))
            world_.send(*this, supervision::to_text(supervision::message::DialRequest{backend}));
    }
    after(some_time(100, 3000), [this] { ask_to_dial(); });
}

}  // namespace sallyport::sim
