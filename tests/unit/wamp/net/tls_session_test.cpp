#include "wamp/net/tls_session.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <array>
#include <string>

#include "tests/unit/wamp/net/key_folder.h"
#include "wamp/net/tls_context.h"

namespace sallyport::wamp {
namespace {

using Kind = TlsSession::Kind;

/// One end, and what came out of it.
struct End {
    End(SSL_CTX* context, TlsSession::End end) : session(context, end) { drain(); }

    void feed(std::string_view bytes) {
        session.feed(bytes);
        drain();
    }
    void drain() {
        std::array<char, 1000> block;
        for (;;) {
            const TlsSession::Event event = session.next(block);
            if (event.kind == Kind::none) return;
            if (event.kind == Kind::established) ++established;
            if (event.kind == Kind::plain) plain += event.bytes;
            if (event.kind == Kind::failed) why = event.bytes;
        }
    }
    std::string written() {
        std::array<iovec, 8> pieces;
        std::string all;
        OutQueue& wire = session.wire();
        while (!wire.empty()) {
            wire.gather(pieces);
            const std::string_view piece(static_cast<const char*>(pieces[0].iov_base),
                                         pieces[0].iov_len);
            all += piece;
            wire.consume(piece.size());
        }
        return all;
    }
    void say(std::string_view text) {
        OutQueue queue;
        queue.append_message(Frame::copy_of(text));
        session.encrypt(queue);
        EXPECT_TRUE(queue.empty());
    }

    TlsSession session;
    int established = 0;
    std::string plain;
    std::string why;
};

class TlsSessions : public testing::Test {
protected:
    TlsSessions() : server_keys_("server"), client_keys_("client") {
        server_pin_ = make_key_pair(server_keys_.path).pin;
        client_pin_ = make_key_pair(client_keys_.path).pin;
    }
    static void converse(End& a, End& b) {
        for (int i = 0; i < 10; ++i) {
            b.feed(a.written());
            a.feed(b.written());
        }
    }

    test::KeyFolder server_keys_;
    test::KeyFolder client_keys_;
    std::string server_pin_;
    std::string client_pin_;
};

TEST_F(TlsSessions, AreEstablishedOnceBetweenEndsThatKnowEachOther) {
    auto server_context =
        make_tls_context(TlsSession::End::server, server_keys_.path, {client_pin_});
    auto client_context =
        make_tls_context(TlsSession::End::client, client_keys_.path, {server_pin_});
    End server(server_context.native_handle(), TlsSession::End::server);
    End client(client_context.native_handle(), TlsSession::End::client);
    converse(client, server);
    EXPECT_EQ(server.established, 1);
    EXPECT_EQ(client.established, 1);
    EXPECT_EQ(server.session.peer_pin(), client_pin_);

    const std::string large(50000, 'x');
    client.say(large);
    server.say("hello");
    converse(client, server);
    EXPECT_TRUE(server.plain == large);
    EXPECT_EQ(client.plain, "hello");
}

TEST_F(TlsSessions, FailOnBothEndsWhenTheServerIsAnother) {
    auto server_context =
        make_tls_context(TlsSession::End::server, server_keys_.path, {client_pin_});
    auto client_context =
        make_tls_context(TlsSession::End::client, client_keys_.path, {client_pin_});
    End server(server_context.native_handle(), TlsSession::End::server);
    End client(client_context.native_handle(), TlsSession::End::client);
    converse(client, server);
    EXPECT_EQ(client.established, 0);
    EXPECT_EQ(client.why, "TLS: the key of the other end has the pin " + server_pin_ +
                              ", which is not in peer_pin at this end");
    EXPECT_EQ(server.established, 0);
    EXPECT_EQ(server.why,
              "TLS: the other end refuses the key of this end, whose pin is " + server_pin_);
}

TEST_F(TlsSessions, FailOnBothEndsWhenTheClientIsAnother) {
    auto server_context =
        make_tls_context(TlsSession::End::server, server_keys_.path, {server_pin_});
    auto client_context =
        make_tls_context(TlsSession::End::client, client_keys_.path, {server_pin_});
    End server(server_context.native_handle(), TlsSession::End::server);
    End client(client_context.native_handle(), TlsSession::End::client);
    converse(client, server);
    EXPECT_EQ(server.why, "TLS: the key of the other end has the pin " + client_pin_ +
                              ", which is not in peer_pin at this end");
    EXPECT_EQ(client.why,
              "TLS: the other end refuses the key of this end, whose pin is " + client_pin_);
}

TEST_F(TlsSessions, AcceptEveryKeyWhilePairingButNoPeerWithoutOne) {
    auto server_context = make_pairing_context(server_keys_.path);
    auto client_context =
        make_tls_context(TlsSession::End::client, client_keys_.path, {server_pin_});
    boost::asio::ssl::context anyone(boost::asio::ssl::context::tls_client);
    for (SSL_CTX* const context : {client_context.native_handle(), anyone.native_handle()}) {
        End server(server_context.native_handle(), TlsSession::End::server);
        End client(context, TlsSession::End::client);
        converse(client, server);
        EXPECT_EQ(server.established, context == client_context.native_handle() ? 1 : 0);
        EXPECT_EQ(server.session.peer_pin(), server.established == 1 ? client_pin_ : "");
    }
}

TEST_F(TlsSessions, AcceptEachOfSeveralPins) {
    auto server_context =
        make_tls_context(TlsSession::End::server, server_keys_.path, {server_pin_, client_pin_});
    auto client_context =
        make_tls_context(TlsSession::End::client, client_keys_.path, {client_pin_, server_pin_});
    End server(server_context.native_handle(), TlsSession::End::server);
    End client(client_context.native_handle(), TlsSession::End::client);
    converse(client, server);
    EXPECT_EQ(server.established, 1);
    EXPECT_EQ(client.established, 1);
}

TEST_F(TlsSessions, RefuseAClientWithoutACertificateAndOneOfTls12) {
    auto server_context =
        make_tls_context(TlsSession::End::server, server_keys_.path, {client_pin_});
    for (bool old : {false, true}) {
        boost::asio::ssl::context anyone(boost::asio::ssl::context::tls_client);
        if (old) SSL_CTX_set_max_proto_version(anyone.native_handle(), TLS1_2_VERSION);
        End server(server_context.native_handle(), TlsSession::End::server);
        End client(anyone.native_handle(), TlsSession::End::client);
        converse(client, server);
        EXPECT_EQ(server.established, 0);
        EXPECT_NE(server.why, "");
    }
}

TEST_F(TlsSessions, FailOnBytesThatAreNoTls) {
    auto server_context =
        make_tls_context(TlsSession::End::server, server_keys_.path, {client_pin_});
    End server(server_context.native_handle(), TlsSession::End::server);
    server.feed("\x7F\x12" + std::string(100, '\0'));
    EXPECT_TRUE(server.why.starts_with("TLS: ")) << server.why;
}

TEST_F(TlsSessions, EncryptNothingBeforeTheyAreEstablished) {
    auto client_context =
        make_tls_context(TlsSession::End::client, client_keys_.path, {server_pin_});
    End client(client_context.native_handle(), TlsSession::End::client);
    EXPECT_NE(client.written(), "");  // ClientHello
    OutQueue queue;
    queue.append("secret");
    client.session.encrypt(queue);
    EXPECT_EQ(queue.bytes(), 6u);
    EXPECT_EQ(client.written(), "");
}

}  // namespace
}  // namespace sallyport::wamp
