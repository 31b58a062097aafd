// What the procedure of [auth.dynamic] answers: any JSON text, for each method. Promises: whom it
// lets in has a role and an authid, and with a method that checks a secret, the secret. Also a line
// of OpenSSH as a public key.
#include "policy/auth/auth_dynamic.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "wamp/base/check.h"
#include "wamp/codec/codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace sallyport::policy;
    const std::string text(bytes, bytes + size);
    if (crypto::parse_openssh_key(text)) SALLYPORT_CHECK(text.starts_with("ssh-ed25519 "));
    const auto answer = sallyport::wamp::decode_value(sallyport::wamp::Serializer::json, text, {});
    if (!answer) return 0;
    for (const Method method : all_methods) {
        const auto read = read_dynamic_answer(*answer, method, "realm", "somebody");
        if (read == nullptr) continue;
        SALLYPORT_CHECK(!read->role.empty() && !read->authid.empty() && !read->disabled);
        SALLYPORT_CHECK(method != Method::wampcra || read->wampcra.has_value());
        SALLYPORT_CHECK(method != Method::wamp_scram || read->wamp_scram.has_value());
        SALLYPORT_CHECK(method != Method::scram || read->scram.has_value());
        SALLYPORT_CHECK(method != Method::cryptosign || !read->cryptosign.empty());
    }
    return 0;
}
