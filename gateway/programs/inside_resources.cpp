#include "gateway/programs/inside_resources.h"

#include <unistd.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "gateway/audit/audit_outlet.h"
#include "gateway/host/dialer.h"
#include "gateway/host/files.h"
#include "gateway/host/log.h"
#include "gateway/programs/listeners.h"

namespace sallyport::gateway {

InsideResources::InsideResources(boost::asio::io_context& io, LoadedInside& loaded, Send send)
    : io_(io), loaded_(loaded), config_(loaded.config), send_(std::move(send)) {}

void InsideResources::open() {
    book_ = open_link_book(loaded_);
    make_private_folder(config_.state_dir.path, config_.state_dir.place);
    lock_ = lock_state_dir(config_.state_dir);
    audit_ = open_audit_target(config_.audit);
    for (const ServiceListen& listen : config_.listens) {
        const bool tcp = listen.address.kind == backend_link::Address::Kind::tcp;
        const PathText path{tcp ? "" : listen.address.host_or_path, listen.place};
        if (path) make_folder_of(path, config_.state_dir.path);
        listeners_.push_back(
            {"services", path.path, listen_at(listen.address, listen.place, listen.access)});
    }
    if (config_.admin) {
        make_folder_of(config_.admin, config_.state_dir.path);
        claim_socket_path(config_.admin);
        listeners_.push_back(
            {"admin", config_.admin.path, listen_unix(config_.admin, config_.admin.access)});
    }
    if (config_.metrics.listen)
        listeners_.push_back(
            {"metrics", "", listen_at(*config_.metrics.listen, config_.metrics.place)});
}

bool InsideResources::give() {
    ++process_;
    dialling_.clear();
    for (const Listener& listener : listeners_) send_(listener.name, listener.socket.get());
    return give_audit();
}

bool InsideResources::give_audit() {
    if (!audit_) return true;
    if (!end_last_line(config_.audit, audit_)) return false;
    send_("audit", audit_.get());
    return true;
}

void InsideResources::dial(std::uint32_t link) {
    const auto& numbers = book_.running.numbers;
    const auto found = std::find(numbers.begin(), numbers.end(), link);
    if (found == numbers.end() || !dialling_.insert(link).second) return;
    const auto index = static_cast<std::size_t>(found - numbers.begin());
    gateway::dial(io_, config_.links[index].gateway, DialReach::local,
                  [this, link, process = process_](Descriptor socket, const std::string& why) {
                      if (process != process_) return;
                      dialling_.erase(link);
                      const std::string number = std::to_string(link);
                      if (socket) {
                          send_("connected " + number, socket.get());
                      } else {
                          send_("failed " + number + " " + why, -1);
                      }
                  });
}

void InsideResources::adopt(LoadedInside next, LinkParts parts) {
    loaded_ = std::move(next);
    book_.running = std::move(parts);
}

bool InsideResources::reopen_audit() {
    try {
        audit_ = open_audit_target(config_.audit);
        return give_audit();
    } catch (const std::exception& error) {
        log(LogLevel::error, error.what());
        return false;
    }
}

void InsideResources::close() noexcept {
    for (const Listener& listener : listeners_) {
        if (!listener.unix_path.empty()) ::unlink(listener.unix_path.c_str());
    }
    listeners_.clear();
}

}  // namespace sallyport::gateway
