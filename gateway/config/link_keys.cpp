#include "gateway/config/link_keys.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "gateway/host/files.h"
#include "gateway/host/start_error.h"

namespace sallyport::gateway {

LinkKeys make_link_keys(const std::string& directory) {
    // If the state directory cannot be created, make_key_pair() reports the reason.
    if (const auto state = std::filesystem::path(directory).parent_path(); !state.empty()) {
        static_cast<void>(::mkdir(state.c_str(), 0700));
    }
    const wamp::KeyPair pair = wamp::make_key_pair(directory);
    return {pair.pin, pair.made};
}

wamp::KeyTexts read_link_keys(const PathText& state_dir, const policy::Place& needed_by,
                              const std::vector<std::string>& peer_pins) {
    const std::string directory = state_dir.path + "/link";
    const std::string key = directory + "/link.key";
    for (const std::string& file : {key, directory + "/link.crt"}) {
        if (::access(file.c_str(), F_OK) != 0) {
            throw StartError(needed_by, "a link over tcp needs " + policy::quoted(file),
                             "make it with: sallyport link pair --dir " + directory);
        }
    }
    refuse_open_to_others(key, {});
    wamp::KeyTexts own = wamp::read_key_texts(directory);
    wamp::make_tls_context(wamp::TlsSession::End::server, own, peer_pins);  // throws
    return own;
}

}  // namespace sallyport::gateway
