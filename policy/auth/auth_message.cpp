#include "policy/auth/auth_message.h"

#include <array>
#include <span>
#include <type_traits>
#include <utility>

#include "policy/crypto/wampcra.h"
#include "wamp/base/check.h"

namespace sallyport::policy {
namespace {

enum class Kind : std::uint8_t { open = 1, prove, resume, challenge, call, admitted, refused };
enum class ValueKind : std::uint8_t { text, number };

class Writer {
public:
    void number(std::uint64_t value, int bytes = 8) {
        for (int at = 0; at < bytes; ++at, value >>= 8U)
            out_ += static_cast<char>(static_cast<unsigned char>(value & 0xffU));
    }
    void flag(bool value) { number(value ? 1 : 0, 1); }
    void text(std::string_view value, std::size_t max) {
        SALLYPORT_CHECK(value.size() <= max);
        number(value.size(), 2);
        out_ += value;
    }
    void bytes(std::span<const std::uint8_t> value) {
        for (const std::uint8_t byte : value) out_ += static_cast<char>(byte);
    }
    std::string take() {
        SALLYPORT_CHECK(out_.size() <= auth_packet_bytes_max);
        return std::move(out_);
    }

private:
    std::string out_;
};

/// Once something is wrong, everything that is read is empty and end() is false.
class Reader {
public:
    explicit Reader(std::string_view in) : in_(in), sound_(in.size() <= auth_packet_bytes_max) {}

    std::uint64_t number(std::size_t bytes = 8) {
        const std::string_view part = take(bytes);
        std::uint64_t value = 0;
        for (auto at = part.rbegin(); at != part.rend(); ++at)
            value = value << 8U | static_cast<unsigned char>(*at);
        return value;
    }
    std::uint32_t number_up_to(std::uint32_t max) {
        const auto value = static_cast<std::uint32_t>(number(4));
        if (value > max) fail();
        return sound_ ? value : 0;
    }
    bool flag() { return small(1) == 1; }
    std::uint8_t small(std::uint8_t max) {
        const auto value = static_cast<std::uint8_t>(number(1));
        if (value > max) fail();
        return sound_ ? value : std::uint8_t{0};
    }
    std::string text(std::size_t max) {
        const std::uint64_t size = number(2);
        if (size > max) fail();
        return sound_ ? std::string(take(static_cast<std::size_t>(size))) : std::string();
    }
    template <std::size_t Size>
    void bytes(std::array<std::uint8_t, Size>& out) {
        const std::string_view part = take(Size);
        for (std::size_t at = 0; at < part.size(); ++at)
            out[at] = static_cast<std::uint8_t>(part[at]);
    }
    void fail() noexcept { sound_ = false; }
    /// Whether all was sound and nothing is left.
    bool end() const noexcept { return sound_ && in_.empty(); }

private:
    std::string_view take(std::size_t bytes) {
        if (bytes > in_.size()) fail();
        if (!sound_) return {};
        const std::string_view part = in_.substr(0, bytes);
        in_.remove_prefix(bytes);
        return part;
    }

    std::string_view in_;
    bool sound_;
};

Method read_method(Reader& in) {
    return all_methods.at(in.small(static_cast<std::uint8_t>(all_methods.size() - 1)));
}

void write(Writer& out, const wamp::Dict& extra) {
    SALLYPORT_CHECK(extra.size() <= extra_entries_max);
    out.number(extra.size(), 1);
    for (const auto& [key, value] : extra) {
        out.text(key, extra_key_bytes_max);
        if (const auto* const text = value.get_if<std::string>()) {
            out.number(static_cast<std::uint64_t>(ValueKind::text), 1);
            out.text(*text, extra_text_bytes_max);
        } else {
            const auto* const number = value.get_if<std::uint64_t>();
            SALLYPORT_CHECK(number != nullptr);
            out.number(static_cast<std::uint64_t>(ValueKind::number), 1);
            out.number(*number);
        }
    }
}

wamp::Dict read_extra(Reader& in) {
    wamp::Dict extra;
    const std::uint8_t count = in.small(extra_entries_max);
    for (std::uint8_t at = 0; at < count; ++at) {
        const std::string key = in.text(extra_key_bytes_max);
        if (key.empty() || extra.find(key) != nullptr) in.fail();
        const auto kind = static_cast<ValueKind>(in.small(1));
        if (kind == ValueKind::text) {
            extra.set(key, in.text(extra_text_bytes_max));
        } else {
            extra.set(key, in.number());
        }
    }
    return extra;
}

// Credentials -----------------------------------------------------------------------------------

void write(Writer& out, const std::optional<ScramCredential>& scram) {
    out.flag(scram.has_value());
    if (!scram) return;
    out.number(static_cast<std::uint64_t>(scram->costs.kdf), 1);
    out.text(scram->costs.salt, crypto::scram_salt_bytes_max);
    out.number(scram->costs.iterations, 4);
    out.number(scram->costs.memory_kib, 4);
    out.bytes(scram->keys.stored);
    out.bytes(scram->keys.server);
}

std::optional<ScramCredential> read_scram(Reader& in) {
    if (!in.flag()) return std::nullopt;
    ScramCredential scram;
    scram.costs.kdf = static_cast<crypto::Kdf>(in.small(1));
    scram.costs.salt = in.text(crypto::scram_salt_bytes_max);
    scram.costs.iterations = in.number_up_to(crypto::scram_pbkdf2_iterations_max);
    scram.costs.memory_kib = in.number_up_to(crypto::scram_argon2_memory_kib_max);
    in.bytes(scram.keys.stored);
    in.bytes(scram.keys.server);
    return scram;
}

/// A ticket is checked by the procedure itself.
void write(Writer& out, const Credentials& who) {
    out.text(who.authid, authid_bytes_max);
    out.text(who.role, role_bytes_max);
    out.flag(who.wampcra.has_value());
    if (who.wampcra) {
        out.text(who.wampcra->key, secret_bytes_max);
        out.text(who.wampcra->salt, cra_salt_bytes_max);
        out.number(who.wampcra->iterations, 4);
        out.number(who.wampcra->key_bytes, 4);
    }
    write(out, who.wamp_scram);
    write(out, who.scram);
    SALLYPORT_CHECK(who.cryptosign.size() <= public_keys_max);
    out.number(who.cryptosign.size(), 1);
    for (const auto& key : who.cryptosign) out.bytes(key);
}

Credentials read_credentials(Reader& in) {
    Credentials who;
    who.authid = in.text(authid_bytes_max);
    who.role = in.text(role_bytes_max);
    if (in.flag()) {
        CraCredential& cra = who.wampcra.emplace();
        cra.key = in.text(secret_bytes_max);
        cra.salt = in.text(cra_salt_bytes_max);
        cra.iterations = in.number_up_to(crypto::cra_iterations_max);
        cra.key_bytes = in.number_up_to(crypto::cra_key_bytes_max);
    }
    who.wamp_scram = read_scram(in);
    who.scram = read_scram(in);
    const std::uint8_t keys = in.small(public_keys_max);
    for (std::uint8_t at = 0; at < keys; ++at) in.bytes(who.cryptosign.emplace_back());
    return who;
}

// Bodies ----------------------------------------------------------------------------------------

struct WriteBody {
    Writer& out;

    void operator()(const auth_question::Open& open) const {
        const JoinRequest& request = open.request;
        out.number(static_cast<std::uint64_t>(request.method), 1);
        out.text(request.realm, realm_bytes_max);
        out.text(request.authid, authid_bytes_max);
        out.text(request.client_nonce, client_nonce_text_max);
        out.bytes(request.key);
        out.text(request.client_challenge, client_challenge_bytes);
        out.number(open.session);
    }
    void operator()(const auth_question::Prove& prove) const {
        out.number(prove.attempt);
        out.text(prove.proof.signature, Proof::proof_bytes_max);
        out.text(prove.proof.nonce, Proof::nonce_bytes_max);
        out.flag(prove.proof.plain);
    }
    void operator()(const auth_question::Resume& resume) const {
        out.number(resume.attempt);
        out.flag(resume.found != nullptr);
        if (resume.found != nullptr) write(out, *resume.found);
    }
    void operator()(const auth_answer::Challenge& challenge) const {
        out.number(challenge.attempt);
        write(out, challenge.extra);
    }
    void operator()(const auth_answer::Call& call) const {
        out.number(call.attempt);
        out.flag(call.hide_ticket);
    }
    void operator()(const auth_answer::Admitted& admitted) const {
        out.text(admitted.authid, authid_bytes_max);
        out.text(admitted.role, role_bytes_max);
        out.flag(admitted.dynamic);
        write(out, admitted.extra);
    }
    void operator()(const auth_answer::Refused& refused) const {
        out.number(static_cast<std::uint64_t>(refused.reason), 1);
        out.text(refused.why, why_bytes_max);
    }
};

auth_question::Open read_open(Reader& in) {
    auth_question::Open open;
    open.request.method = read_method(in);
    open.request.realm = in.text(realm_bytes_max);
    open.request.authid = in.text(authid_bytes_max);
    open.request.client_nonce = in.text(client_nonce_text_max);
    in.bytes(open.request.key);
    open.request.client_challenge = in.text(client_challenge_bytes);
    const std::size_t size = open.request.client_challenge.size();
    if (size != 0 && size != client_challenge_bytes) in.fail();
    open.session = in.number();
    return open;
}

auth_question::Prove read_prove(Reader& in) {
    auth_question::Prove prove;
    prove.attempt = in.number();
    prove.proof.signature = in.text(Proof::proof_bytes_max);
    prove.proof.nonce = in.text(Proof::nonce_bytes_max);
    prove.proof.plain = in.flag();
    return prove;
}

auth_question::Resume read_resume(Reader& in) {
    auth_question::Resume resume;
    resume.attempt = in.number();
    if (in.flag()) resume.found = std::make_shared<Credentials>(read_credentials(in));
    return resume;
}

auth_answer::Admitted read_admitted(Reader& in) {
    auth_answer::Admitted admitted;
    admitted.authid = in.text(authid_bytes_max);
    admitted.role = in.text(role_bytes_max);
    admitted.dynamic = in.flag();
    admitted.extra = read_extra(in);
    return admitted;
}

template <class Body>
constexpr Kind kind_of() {
    if constexpr (std::is_same_v<Body, auth_question::Open>) return Kind::open;
    if constexpr (std::is_same_v<Body, auth_question::Prove>) return Kind::prove;
    if constexpr (std::is_same_v<Body, auth_question::Resume>) return Kind::resume;
    if constexpr (std::is_same_v<Body, auth_answer::Challenge>) return Kind::challenge;
    if constexpr (std::is_same_v<Body, auth_answer::Call>) return Kind::call;
    if constexpr (std::is_same_v<Body, auth_answer::Admitted>) return Kind::admitted;
    return Kind::refused;
}

template <class Packet>
std::string encode_packet(const Packet& packet) {
    Writer out;
    std::visit(
        [&]<class Body>(const Body& body) {
            out.number(static_cast<std::uint64_t>(kind_of<Body>()), 1);
            out.number(packet.number);
            out.number(static_cast<std::uint64_t>(packet.peer));
            WriteBody{out}(body);
        },
        packet.body);
    return out.take();
}

}  // namespace

std::string encode(const AuthQuestion& question) {
    return encode_packet(question);
}

std::string encode(const AuthAnswer& answer) {
    return encode_packet(answer);
}

std::optional<AuthQuestion> decode_question(std::string_view packet) {
    Reader in(packet);
    AuthQuestion question;
    const auto kind = static_cast<Kind>(in.number(1));
    question.number = in.number();
    question.peer = static_cast<wamp::PeerId>(in.number());
    if (kind == Kind::open) {
        question.body = read_open(in);
    } else if (kind == Kind::prove) {
        question.body = read_prove(in);
    } else if (kind == Kind::resume) {
        question.body = read_resume(in);
    } else {
        return std::nullopt;
    }
    if (!in.end()) return std::nullopt;
    return question;
}

std::optional<AuthAnswer> decode_answer(std::string_view packet) {
    Reader in(packet);
    AuthAnswer answer;
    const auto kind = static_cast<Kind>(in.number(1));
    answer.number = in.number();
    answer.peer = static_cast<wamp::PeerId>(in.number());
    if (kind == Kind::challenge) {
        const AttemptId attempt = in.number();
        answer.body = auth_answer::Challenge{attempt, read_extra(in)};
    } else if (kind == Kind::call) {
        const AttemptId attempt = in.number();
        answer.body = auth_answer::Call{attempt, in.flag()};
    } else if (kind == Kind::admitted) {
        answer.body = read_admitted(in);
    } else if (kind == Kind::refused) {
        const auto reason = static_cast<auth_answer::Refused::Reason>(in.small(1));
        answer.body = auth_answer::Refused{reason, in.text(why_bytes_max)};
    } else {
        return std::nullopt;
    }
    if (!in.end()) return std::nullopt;
    return answer;
}

}  // namespace sallyport::policy
