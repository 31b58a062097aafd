#include "gateway/config/policy_version.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "gateway/host/files.h"
#include "gateway/host/replace_file.h"
#include "gateway/host/start_error.h"
#include "policy/auth/principals.h"
#include "policy/auth/roster.h"
#include "wamp/base/value.h"
#include "wamp/codec/codec.h"

namespace sallyport::gateway {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

constexpr std::size_t version_bytes_max = 256u << 20;
constexpr std::string_view list_name = "files.json";

wamp::MessageLimits generous() {
    wamp::MessageLimits limits;
    limits.elements = 1u << 20;
    return limits;
}

// The list is an array of flat objects; anything nested deeper is discarded, so that no deep tree
// is built.
bool at_most_two_levels(int depth, Json::parse_event_t event, Json&) {
    const bool opens =
        event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
    return !opens || depth < 2;
}

const std::string* text_of(const Json& entry, const char* key) {
    if (!entry.is_object()) return nullptr;
    const auto found = entry.find(key);
    return found == entry.end() ? nullptr : found->get_ptr<const std::string*>();
}

const bool* flag_of(const Json& entry, const char* key) {
    if (!entry.is_object()) return nullptr;
    const auto found = entry.find(key);
    return found == entry.end() ? nullptr : found->get_ptr<const bool*>();
}

}  // namespace

policy::ReadFile PolicyVersion::recorder(policy::ReadFile from) {
    return [this, from = std::move(from)](const std::string& path, bool secret) {
        auto text = from(path, secret);
        if (text) add(path, *text, secret);
        return text;
    };
}

void PolicyVersion::add(const std::string& path, std::string text, bool secret) {
    files_[path] = std::move(text);
    if (secret) secrets_.insert(path);
}

PolicyVersion PolicyVersion::with_links(LinkParts links) const {
    PolicyVersion with = *this;
    with.links_ = std::move(links);
    return with;
}

PolicyVersion PolicyVersion::without_secrets() const {
    PolicyVersion open;
    open.links_ = links_;
    for (const auto& [path, text] : files_) {
        if (!is_secret(path)) {
            open.add(path, text);
            continue;
        }
        policy::Diagnostics wrong;
        const policy::Principals principals = policy::parse_principals(text, path, wrong);
        open.add(path, policy::Roster::of(principals, text).to_text());
    }
    return open;
}

policy::ReadFile PolicyVersion::reader() const {
    return [this](const std::string& path, bool) -> wamp::Result<std::string, policy::Diagnostic> {
        if (const std::string* text = find(path)) return *text;
        return policy::Diagnostic{{path, 0, 0}, "is not part of this version", "apply it again"};
    };
}

const std::string* PolicyVersion::find(const std::string& path) const noexcept {
    const auto found = files_.find(path);
    return found == files_.end() ? nullptr : &found->second;
}

std::string PolicyVersion::encode() const {
    wamp::List files;
    for (const auto& [path, text] : files_) {
        files.push_back(wamp::Dict{{"path", path}, {"text", text}, {"secret", is_secret(path)}});
    }
    wamp::List numbers;
    for (const std::uint32_t number : links_.numbers) numbers.push_back(std::uint64_t{number});
    wamp::List link_files;
    for (const auto& [path, text] : links_.files)
        link_files.push_back(wamp::Dict{{"path", path}, {"text", text}});
    return wamp::encode_value(wamp::Serializer::msgpack,
                              wamp::Dict{{"files", std::move(files)},
                                         {"link_numbers", std::move(numbers)},
                                         {"link_files", std::move(link_files)}});
}

namespace {

bool decode_links(const wamp::Dict& dict, LinkParts& links) {
    const auto* const numbers = dict.get_list("link_numbers");
    const auto* const files = dict.get_list("link_files");
    if (numbers == nullptr || files == nullptr) return false;
    for (const wamp::Value& number : *numbers) {
        const auto* const value = number.get_if<std::uint64_t>();
        if (value == nullptr || *value > std::numeric_limits<std::uint32_t>::max()) return false;
        links.numbers.push_back(static_cast<std::uint32_t>(*value));
    }
    for (const wamp::Value& file : *files) {
        const auto* const entry = file.get_if<wamp::Dict>();
        if (entry == nullptr) return false;
        links.files[std::string(entry->get_string("path"))] = entry->get_string("text");
    }
    return true;
}

}  // namespace

std::optional<PolicyVersion> PolicyVersion::decode(std::string_view bytes) {
    const auto value = wamp::decode_value(wamp::Serializer::msgpack, bytes, generous());
    const auto* const dict = value.has_error() ? nullptr : value->get_if<wamp::Dict>();
    const auto* const files = dict == nullptr ? nullptr : dict->get_list("files");
    if (files == nullptr) return std::nullopt;
    PolicyVersion version;
    for (const wamp::Value& file : *files) {
        const auto* const entry = file.get_if<wamp::Dict>();
        if (entry == nullptr) return std::nullopt;
        version.add(std::string(entry->get_string("path")), std::string(entry->get_string("text")),
                    entry->get_bool("secret", false));
    }
    if (!decode_links(*dict, version.links_)) return std::nullopt;
    return version;
}

Descriptor to_memory(const PolicyVersion& version) {
    Descriptor memory(::memfd_create("policy", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!memory) throw std::system_error(errno, std::generic_category(), "memfd");
    const std::string bytes = version.encode();
    for (std::size_t at = 0; at < bytes.size();) {
        const ssize_t count = ::write(memory.get(), bytes.data() + at, bytes.size() - at);
        if (count < 0) throw std::system_error(errno, std::generic_category(), "memfd");
        at += static_cast<std::size_t>(count);
    }
    constexpr int seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
    if (::fcntl(memory.get(), F_ADD_SEALS, seals) != 0)
        throw std::system_error(errno, std::generic_category(), "memfd");
    return memory;
}

std::optional<PolicyVersion> from_memory(const Descriptor& memory) {
    const off_t size = memory ? ::lseek(memory.get(), 0, SEEK_END) : -1;
    if (size < 0 || static_cast<std::size_t>(size) > version_bytes_max) return std::nullopt;
    std::string bytes(static_cast<std::size_t>(size), '\0');
    for (std::size_t at = 0; at < bytes.size();) {
        const ssize_t count =
            ::pread(memory.get(), bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
        if (count <= 0) return std::nullopt;
        at += static_cast<std::size_t>(count);
    }
    return PolicyVersion::decode(bytes);
}

PolicyVersion receive_version(int channel) {
    constexpr int patience_ms = 30'000;
    pollfd readable{channel, POLLIN, 0};
    Packet packet;
    if (::poll(&readable, 1, patience_ms) > 0 &&
        receive_packet(channel, packet) == Receive::packet && packet.text == "version") {
        if (auto version = from_memory(packet.descriptor)) return *std::move(version);
    }
    throw StartError("the supervisor sent no policy");
}

namespace {

void write_files(const PolicyVersion& version, const std::string& folder) {
    make_private_folder(folder, {});
    Json list = Json::array();
    std::size_t number = 0;
    for (const auto& [path, text] : version.files()) {
        const std::string name =
            std::to_string(++number) + "-" + fs::path(path).filename().string();
        replace_file((fs::path(folder) / name).string(), text, 0600);
        list.push_back({{"path", path}, {"kept_as", name}, {"secret", version.is_secret(path)}});
    }
    replace_file((fs::path(folder) / list_name).string(),
                 list.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n", 0600);
}

}  // namespace

void store_version(const PolicyVersion& version, const std::string& folder) {
    const std::string next = folder + ".new";
    std::error_code error;
    fs::remove_all(next, error);
    try {
        write_files(version, next);
    } catch (...) {
        fs::remove_all(next, error);  // it takes room from whoever frees some
        throw;
    }
    fs::remove_all(folder, error);
    fs::rename(next, folder, error);
    if (error) throw StartError({next, 0, 0}, error.message(), "check the state directory");
}

std::optional<PolicyVersion> stored_version(const std::string& folder) {
    const auto list = policy::read_file((fs::path(folder) / list_name).string(), true);
    if (!list) return std::nullopt;
    const Json entries = Json::parse(*list, at_most_two_levels, false);
    if (!entries.is_array()) return std::nullopt;
    PolicyVersion version;
    for (const Json& entry : entries) {
        const std::string* const path = text_of(entry, "path");
        const std::string* const name = text_of(entry, "kept_as");
        const bool* const secret = flag_of(entry, "secret");
        if (path == nullptr || name == nullptr || secret == nullptr) return std::nullopt;
        auto text =
            policy::read_file((fs::path(folder) / fs::path(*name).filename()).string(), true);
        if (!text) return std::nullopt;
        version.add(*path, *std::move(text), *secret);
    }
    return version;
}

std::string running_version_folder(const std::string& state_dir) {
    return state_dir + "/policy/running";
}

std::string previous_version_folder(const std::string& state_dir) {
    return state_dir + "/policy/previous";
}

}  // namespace sallyport::gateway
