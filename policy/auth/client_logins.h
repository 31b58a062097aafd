#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "wamp/base/random.h"
#include "wamp/base/result.h"
#include "wamp/message/client_login.h"

namespace sallyport::policy {

/// Logs in by `method`: ticket, wampcra, scram (as in Autobahn and Crossbar), wamp-scram (as in the
/// specification) or cryptosign. `secret` is the ticket, the secret or password, or the 64
/// hexadecimal digits of an Ed25519 seed. The error says what is wrong with it.
wamp::Result<std::shared_ptr<wamp::ClientLogin>, std::string> make_client_login(
    std::string_view method, std::string authid, std::string secret, wamp::Random random);

}  // namespace sallyport::policy
