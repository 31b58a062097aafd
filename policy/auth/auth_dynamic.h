#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "policy/auth/credentials.h"
#include "wamp/base/value.h"

namespace sallyport::policy {

/// Reads the answer of the [auth.dynamic] procedure, in the forms that Crossbar's dynamic
/// authenticators use: a role, or a dictionary with `role` and the credential of the principal.
///
/// anonymous, ticket: nothing more, the procedure has decided. wampcra: `secret`, and for a salted
/// secret `salt`, `iterations`, `keylen`, with the derived key as `secret`. wamp-scram, scram:
/// `kdf`, `salt` in hex, `iterations`, `memory`, `stored-key` and `server-key` in hex. cryptosign:
/// `pubkey`, or a list `authorized_keys`. `authid` overrides the authid that the client requested.
///
/// Returns null for anything else, and for values that a principals file must not have: it fails
/// closed.
std::shared_ptr<const Credentials> read_dynamic_answer(const wamp::Value& answer, Method method,
                                                       std::string_view realm,
                                                       std::string_view authid);

}  // namespace sallyport::policy
