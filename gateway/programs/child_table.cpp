#include "gateway/programs/child_table.h"

#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <utility>

#include "gateway/host/child.h"
#include "gateway/host/log.h"

namespace sallyport::gateway {

using supervision::ProcessId;

namespace {

constexpr std::string_view own_program = "/proc/self/exe";

}  // namespace

void ChildTable::start(ProcessId process, std::vector<std::string> program,
                       const std::string& config_file, const PolicyVersion& version) {
    DescriptorPair pair = make_packet_pair();
    const bool secret = process.role == supervision::Role::authenticator;
    const Descriptor memory = to_memory(secret ? version : version.without_secrets());
    std::vector<std::string> words{"sallyport"};
    for (std::string& word : program) words.push_back(std::move(word));
    for (const std::string& word : {std::string("--config"), config_file, std::string("--channel"),
                                    std::to_string(child_channel)})
        words.push_back(word);
    for (std::string& word : log_arguments()) words.push_back(std::move(word));
    const pid_t pid =
        start_child({std::string(own_program), std::move(words), pair.theirs.get(), -1, true});
    add(process, pid, std::move(pair.ours));
    send(process, "version", memory.get());
}

void ChildTable::add(ProcessId process, pid_t pid, Descriptor channel) {
    Child& child = children_[process];
    child.pid = pid;
    if (!channel) return;
    child.channel = std::make_unique<PacketChannel>(
        io_, std::move(channel),
        [this, process](Packet&& packet) { on_packet_(process, std::move(packet)); }, [] {});
}

bool ChildTable::send(ProcessId to, std::string_view text, int descriptor) noexcept {
    const auto found = children_.find(to);
    return found != children_.end() && found->second.channel != nullptr &&
           found->second.channel->send(text, descriptor);
}

void ChildTable::signal(ProcessId process, int number) noexcept {
    const auto found = children_.find(process);
    if (found != children_.end()) ::kill(found->second.pid, number);
}

void ChildTable::kill_all() noexcept {
    for (const auto& [process, child] : children_) ::kill(child.pid, SIGKILL);
}

std::vector<ChildTable::Ended> ChildTable::reap() {
    std::vector<Ended> ended;
    int status = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
        const auto found = std::find_if(children_.begin(), children_.end(),
                                        [&](const auto& entry) { return entry.second.pid == pid; });
        if (found == children_.end()) continue;
        ended.push_back({found->first, status});
        children_.erase(found);
    }
    return ended;
}

}  // namespace sallyport::gateway
