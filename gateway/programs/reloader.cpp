#include "gateway/programs/reloader.h"

#include <algorithm>
#include <chrono>
#include <sstream>
#include <utility>

#include "gateway/host/log.h"

namespace sallyport::gateway {

namespace {

constexpr std::chrono::seconds patience{30};

void log_lines(LogLevel level, const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) log(level, line);
}

}  // namespace

Reloader::Reloader(boost::asio::io_context& io, VersionKeeper& versions, Children children)
    : versions_(versions), children_(std::move(children)), timer_(io) {}

void Reloader::begin(PolicyVersion version, bool only_check, Control::Reply reply) {
    if (busy()) return reply(1, "another reload is under way; try again\n");
    phase_ = Phase::preparing;
    ++id_;
    only_check_ = only_check;
    version_ = std::move(version);
    reply_ = std::move(reply);
    lines_.clear();
    timer_.expires_after(patience);
    timer_.async_wait([this, id = id_](boost::system::error_code error) {
        if (!error && busy() && id == id_) fail("no answer in time; the version before stays");
    });
    const Descriptor memory = to_memory(version_);
    send_to_all("prepare", memory.get());
}

void Reloader::send_to_all(const std::string& word, int descriptor) {
    waiting_.clear();
    const auto children = children_();
    for (const Child& child : children) {
        waiting_[child.name] = true;
        if (child.channel != nullptr &&
            child.channel->send(word + " " + std::to_string(id_), descriptor)) {
            continue;
        }
        if (phase_ == Phase::preparing) return fail(child.name + " is not running; try again");
        waiting_.erase(child.name);  // it is started with the new version
    }
}

bool Reloader::on_packet(const std::string& child, const std::string& text) {
    const std::string word = text.substr(0, text.find(' '));
    if (word != "prepared" && word != "refused" && word != "committed") return false;
    const std::string head = word + " " + std::to_string(id_) + " ";
    if (!busy() || !text.starts_with(head) || !waiting_.contains(child)) return true;
    const std::string said = text.substr(head.size());
    if (word == "refused") {
        fail(child + ": " + said);
    } else if ((word == "prepared") == (phase_ == Phase::preparing)) {
        waiting_.erase(child);
        if (word == "committed" || only_check_) lines_ += child + ": " + said + "\n";
        if (!waiting_.empty()) return true;
        if (phase_ == Phase::preparing) {
            all_prepared();
        } else {
            finish(0, lines_);
        }
    }
    return true;
}

void Reloader::on_child_end(const std::string& child) {
    if (!busy() || waiting_.erase(child) == 0) return;
    if (phase_ == Phase::preparing) return fail(child + " has ended; try again");
    lines_ += child + ": was started anew with this version\n";
    if (waiting_.empty()) finish(0, lines_);
}

void Reloader::all_prepared() {
    if (only_check_) {
        send_to_all("forget");
        return finish(0, lines_);
    }
    phase_ = Phase::committing;
    versions_.run(std::move(version_));  // from here on a child that starts starts with it
    send_to_all("commit");
    if (waiting_.empty()) finish(0, lines_);
}

void Reloader::fail(const std::string& why) {
    const bool preparing = phase_ == Phase::preparing;
    phase_ = Phase::committing;  // whatever is said now is late
    if (preparing) send_to_all("forget");
    log_lines(LogLevel::error, "the policy was not reloaded: " + why);
    finish(1, why + "\n");
}

void Reloader::finish(int exit_code, const std::string& text) {
    timer_.cancel();
    phase_ = Phase::idle;
    waiting_.clear();
    if (exit_code == 0 && !only_check_) log_lines(LogLevel::info, "policy reloaded: " + text);
    std::exchange(reply_, nullptr)(exit_code, text);
}

}  // namespace sallyport::gateway
