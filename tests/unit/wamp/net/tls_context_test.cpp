#include "wamp/net/tls_context.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <string>

#include "tests/unit/wamp/net/key_folder.h"

namespace sallyport::wamp {
namespace {

namespace fs = std::filesystem;
using test::KeyFolder;

std::string read_text(const fs::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

mode_t mode_of(const fs::path& file) {
    struct stat status{};
    EXPECT_EQ(::stat(file.c_str(), &status), 0);
    return status.st_mode & 0777;
}

template <class Function>
std::string refusal(Function function) {
    try {
        function();
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "nothing was refused";
}

TEST(KeyPair, IsMadeOnceAndThenKept) {
    const KeyFolder folder("kept");
    const KeyPair made = make_key_pair(folder.path);
    EXPECT_TRUE(made.made);
    EXPECT_TRUE(is_pin(made.pin));
    EXPECT_EQ(mode_of(folder.path / "link.key"), 0600u);
    EXPECT_EQ(mode_of(folder.path), 0700u);
    const std::string key = read_text(folder.path / "link.key");

    const KeyPair found = make_key_pair(folder.path);
    EXPECT_FALSE(found.made);
    EXPECT_EQ(found.pin, made.pin);
    EXPECT_EQ(read_text(folder.path / "link.key"), key);
    EXPECT_EQ(read_pin(folder.path), made.pin);
}

TEST(KeyPair, IsAnotherOneInEachFolder) {
    const KeyFolder one("one");
    const KeyFolder other("other");
    EXPECT_NE(make_key_pair(one.path).pin, make_key_pair(other.path).pin);
}

TEST(KeyPair, KeepsItsPinWhenTheCertificateIsMadeAnew) {
    const KeyFolder folder("anew");
    const std::string pin = make_key_pair(folder.path).pin;
    fs::remove(folder.path / "link.crt");
    EXPECT_EQ(make_key_pair(folder.path).pin, pin);
}

TEST(KeyPair, RefusesACertificateOfAnotherKey) {
    const KeyFolder one("one");
    const KeyFolder other("other");
    make_key_pair(one.path);
    make_key_pair(other.path);
    fs::copy_file(other.path / "link.crt", one.path / "link.crt",
                  fs::copy_options::overwrite_existing);
    const auto make = [&] { make_key_pair(one.path); };
    EXPECT_NE(refusal(make).find("does not belong to link.key"), std::string::npos);
    const auto use = [&] {
        make_tls_context(TlsSession::End::server, one.path, {"sha256:" + std::string(64, '0')});
    };
    EXPECT_NE(refusal(use).find("does not belong to link.key"), std::string::npos);
}

TEST(TlsContext, RefusesAKeyThatOthersMayRead) {
    const KeyFolder folder("exposed");
    const std::string pin = make_key_pair(folder.path).pin;
    fs::permissions(folder.path / "link.key", fs::perms(0640));
    const auto use = [&] { make_tls_context(TlsSession::End::server, folder.path, {pin}); };
    EXPECT_NE(refusal(use).find("link.key: users other than its owner can read this key"),
              std::string::npos);
    const auto pair = [&] { make_key_pair(folder.path); };
    EXPECT_NE(refusal(pair).find("chmod 600"), std::string::npos);
}

TEST(TlsContext, SaysWhichFileIsMissingOrBroken) {
    const KeyFolder folder("broken");
    const std::string pin = "sha256:" + std::string(64, 'a');
    const auto use = [&] { make_tls_context(TlsSession::End::client, folder.path, {pin}); };
    EXPECT_NE(refusal(use).find("sallyport link pair"), std::string::npos);
    make_key_pair(folder.path);
    std::ofstream(folder.path / "link.key") << "-----BEGIN PRIVATE KEY-----\n";
    EXPECT_NE(refusal(use).find("link.key: is not a private key"), std::string::npos);
}

TEST(TlsContext, WantsAtLeastOnePinAndOnlyPins) {
    const KeyFolder folder("pins");
    make_key_pair(folder.path);
    const auto none = [&] { make_tls_context(TlsSession::End::server, folder.path, {}); };
    EXPECT_NE(refusal(none).find("peer_pin"), std::string::npos);
    const auto bad = [&] { make_tls_context(TlsSession::End::server, folder.path, {"sha256:12"}); };
    EXPECT_NE(refusal(bad).find("not a pin"), std::string::npos);
}

TEST(TlsContext, AcceptsNothingOlderThanTls13) {
    const KeyFolder folder("version");
    const std::string pin = make_key_pair(folder.path).pin;
    auto context = make_tls_context(TlsSession::End::server, folder.path, {pin});
    EXPECT_EQ(SSL_CTX_get_min_proto_version(context.native_handle()), TLS1_3_VERSION);
}

TEST(TlsContext, OfALinkIsMadeOfTheTextsOfItsKeyFiles) {
    const KeyFolder folder("texts");
    const std::string pin = make_key_pair(folder.path).pin;
    KeyTexts own = read_key_texts(folder.path);
    fs::remove_all(folder.path);
    make_tls_context(TlsSession::End::server, own, {pin});
    own.key = "no key";
    const auto use = [&] { make_tls_context(TlsSession::End::server, own, {pin}); };
    EXPECT_NE(refusal(use).find("link.key: is not a private key"), std::string::npos);
}

TEST(TlsContext, OfADialledRouterSendsItsNameAndChecksIt) {
    const KeyFolder folder("authority");
    make_key_pair(folder.path);
    const std::string authority = read_key_texts(folder.path).certificate;
    auto named = make_dial_context({{}, authority + authority, "router.lan"});
    EXPECT_EQ(server_name_of(named.native_handle()), "router.lan");
    EXPECT_EQ(SSL_CTX_get_min_proto_version(named.native_handle()), TLS1_2_VERSION);
    EXPECT_EQ(SSL_CTX_get_verify_mode(named.native_handle()), SSL_VERIFY_PEER);
    auto numbered = make_dial_context({{}, authority, "127.0.0.1"});
    EXPECT_EQ(server_name_of(numbered.native_handle()), "") << "an address is not sent";
    auto pinned = make_dial_context({{"sha256:" + std::string(64, 'a')}, "", ""});
    EXPECT_EQ(SSL_CTX_get_verify_mode(pinned.native_handle()), SSL_VERIFY_PEER);
    const auto use = [&] { make_dial_context({{}, "no certificate", "router.lan"}); };
    EXPECT_NE(refusal(use).find("no certificate in PEM form"), std::string::npos);
}

TEST(Pin, IsSha256And64LowerCaseDigits) {
    const std::string digits(64, 'f');
    EXPECT_TRUE(is_pin("sha256:" + digits));
    EXPECT_FALSE(is_pin("sha256:" + digits + "0"));
    EXPECT_FALSE(is_pin("sha256:" + std::string(64, 'F')));
    EXPECT_FALSE(is_pin("sha512:" + digits));
    EXPECT_FALSE(is_pin(""));
}

}  // namespace
}  // namespace sallyport::wamp
