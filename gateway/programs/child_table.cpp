#include "gateway/programs/child_table.h"

#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <utility>

namespace sallyport::gateway {

using supervision::ProcessId;

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
