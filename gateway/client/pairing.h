#pragma once

#include <functional>
#include <string>

#include "gateway/client/invitation.h"
#include "gateway/host/descriptor.h"
#include "wamp/base/instant.h"

// The exchange behind `sallyport link invite` and `link join`: over TLS 1.3, in which each end
// proves that it has its key. The end that joins accepts only the invitation's pin, and sends the
// secret; the end that invites learns the other's pin from its certificate. Both block, as these
// commands have nothing else to do.
namespace sallyport::gateway {

/// Waits for the end that knows the secret. `keep` is given its pin and stores it; it may throw,
/// and then the other end is not told that it is paired. `tell` is given a line about each attempt
/// that failed. Serves several connections at once, each for ten seconds at most; if there are
/// more, the oldest goes, so held connections keep nobody out. `listener` is a TCP listener;
/// `directory` has the keys of this end. Returns false when `lifetime` is over. Throws
/// std::system_error or what `keep` throws.
bool await_join(const Descriptor& listener, const std::string& directory, const std::string& secret,
                wamp::Duration lifetime, const std::function<void(const std::string& pin)>& keep,
                const std::function<void(const std::string& line)>& tell);

/// Presents the key in `directory` to the end that invites. Takes 15 seconds at most. Throws
/// ClientFailure with one line if it cannot be reached, has another key, or refuses.
void join_link(const Invitation& invitation, const std::string& directory);

}  // namespace sallyport::gateway
