#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "policy/auth/credentials.h"
#include "wamp/base/value.h"

namespace sallyport::policy {

/// What the procedure of [auth.dynamic] answered, in the forms that Crossbar's dynamic
/// authenticators have: a role, or a dictionary with `role` and what proves the principal.
///
/// anonymous, ticket: nothing more, the procedure has decided. wampcra: `secret`, and for a salted
/// one `salt`, `iterations`, `keylen`, with the derived key as secret. wamp-scram, scram: `kdf`,
/// `salt` in hex, `iterations`, `memory`, `stored-key` and `server-key` in hex. cryptosign:
/// `pubkey`, or a list `authorized_keys`. `authid` names the principal otherwise than it asked.
///
/// Null for anything else, and for what the principals file would refuse: it fails closed.
std::shared_ptr<const Credentials> read_dynamic_answer(const wamp::Value& answer, Method method,
                                                       std::string_view realm,
                                                       std::string_view authid);

}  // namespace sallyport::policy
