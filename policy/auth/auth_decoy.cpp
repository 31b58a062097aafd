#include "policy/auth/auth_decoy.h"

#include <algorithm>

#include "wamp/base/base64.h"

namespace sallyport::policy {
namespace {

constexpr std::size_t shapes_max = 16;  // more shapes do not make decoys harder to recognize

// Derives `bytes` bytes from one seed.
std::string derived_bytes(const crypto::Digest& seed, std::string_view what, std::size_t bytes) {
    std::string out;
    for (int block = 0; out.size() < bytes; ++block) {
        const std::string label = std::string(what) + std::to_string(block);
        out += crypto::as_text(crypto::hmac_sha256(crypto::as_text(seed), label));
    }
    out.resize(bytes);
    return out;
}

bool is_hex(std::string_view text) {
    return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

template <class Shape>
void add(std::vector<Shape>& shapes, const Shape& shape) {
    if (shapes.size() < shapes_max &&
        std::find(shapes.begin(), shapes.end(), shape) == shapes.end())
        shapes.push_back(shape);
}

}  // namespace

Decoys::CraShape Decoys::shape_of(const CraCredential& real) {
    return {real.iterations, real.key_bytes, real.salt.size(), is_hex(real.salt)};
}

Decoys::ScramShape Decoys::shape_of(const ScramCredential& real) {
    return {real.costs.kdf, real.costs.iterations, real.costs.memory_kib, real.costs.salt.size()};
}

std::string Decoys::name_of(const CraShape& shape) {
    return std::to_string(shape.iterations) + "/" + std::to_string(shape.key_bytes) + "/" +
           std::to_string(shape.salt_bytes) + (shape.hex ? "h" : "t");
}

std::string Decoys::name_of(const ScramShape& shape) {
    return std::to_string(static_cast<int>(shape.kdf)) + "/" + std::to_string(shape.iterations) +
           "/" + std::to_string(shape.memory_kib) + "/" + std::to_string(shape.salt_bytes);
}

void Decoys::learn(const Credentials& real) {
    if (real.wampcra) add(cra_, shape_of(*real.wampcra));
    if (real.wamp_scram) add(wamp_scram_, shape_of(*real.wamp_scram));
    if (real.scram) add(scram_, shape_of(*real.scram));
}

CraCredential Decoys::cra(const crypto::Digest& seed, const CraShape& shape) {
    const std::string letters =
        shape.hex ? crypto::to_hex(derived_bytes(seed, "salt", shape.salt_bytes))
                  : wamp::to_base64(derived_bytes(seed, "salt", shape.salt_bytes));
    return {wamp::to_base64(derived_bytes(seed, "key", std::max(shape.key_bytes, 1U))),
            letters.substr(0, shape.salt_bytes), shape.iterations, shape.key_bytes};
}

ScramCredential Decoys::scram(const crypto::Digest& seed, const ScramShape& shape) {
    return {{shape.kdf, derived_bytes(seed, "salt", shape.salt_bytes), shape.iterations,
             shape.memory_kib},
            {crypto::hmac_sha256(crypto::as_text(seed), "stored"),
             crypto::hmac_sha256(crypto::as_text(seed), "server")}};
}

Credentials Decoys::make(const crypto::Digest& key, Method method, std::string_view authid) const {
    const std::string whose = std::string(to_string(method)) + ":" + std::string(authid);
    const crypto::Digest seed = crypto::hmac_sha256(crypto::as_text(key), whose);
    // Rendezvous hashing: each shape bids for the authid and the highest bid wins, so a new shape
    // only takes over the authids that it wins.
    const auto chosen = [&seed](const auto& shapes, auto otherwise) {
        crypto::Digest best{};
        for (const auto& shape : shapes) {
            const auto bid = crypto::hmac_sha256(crypto::as_text(seed), name_of(shape));
            if (bid < best) continue;
            best = bid;
            otherwise = shape;
        }
        return otherwise;
    };
    const ScramShape usual{crypto::Kdf::argon2id, scram_iterations_default,
                           scram_memory_kib_default, scram_salt_bytes_default};
    Credentials out;
    out.authid = authid;
    switch (method) {
        case Method::anonymous:
        case Method::ticket:
        case Method::cryptosign:
            break;  // these methods show nothing before the answer
        case Method::wampcra:
            out.wampcra =
                cra(seed, chosen(cra_, CraShape{cra_iterations_drawn, cra_key_bytes_default,
                                                cra_salt_digits_default, true}));
            break;
        case Method::wamp_scram:
            out.wamp_scram = scram(seed, chosen(wamp_scram_, usual));
            break;
        case Method::scram:
            out.scram = scram(seed, chosen(scram_, usual));
            break;
    }
    return out;
}

}  // namespace sallyport::policy
