#include "wamp/framing/http_upgrade.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sallyport::wamp {
namespace {

const std::string get = "GET / HTTP/1.1\r\n";
const std::string host = "Host: x\r\n";
const std::string upgrade = "Upgrade: websocket\r\n";
const std::string connection = "Connection: Upgrade\r\n";
const std::string version = "Sec-WebSocket-Version: 13\r\n";
const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const std::string protocol = "Sec-WebSocket-Protocol: wamp.2.json\r\n";
const std::string fields = host + upgrade + connection + version + key + protocol;

const std::string bad_request =
    "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
const std::string method_not_allowed =
    "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\nConnection: close\r\nContent-Length: "
    "0\r\n\r\n";
const std::string upgrade_required =
    "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Connection: Upgrade, close\r\nContent-Length: 0\r\n\r\n";

std::string answer(const std::string& head) {
    const HttpUpgrade read = read_http_upgrade(head + "\r\n");
    EXPECT_EQ(read.refusal.empty(), read.subprotocol != nullptr) << head;
    EXPECT_EQ(read.refusal.empty(), read.why.empty()) << head;
    return std::string(read.refusal);
}

TEST(HttpUpgrade, KeepsTheKeyAndTheSubprotocol) {
    const HttpUpgrade read = read_http_upgrade(get + fields + "\r\n");
    EXPECT_EQ(read.refusal, "");
    EXPECT_EQ(read.key, "dGhlIHNhbXBsZSBub25jZQ==");
    ASSERT_NE(read.subprotocol, nullptr);
    EXPECT_EQ(read.subprotocol->serializer, Serializer::json);
}

TEST(HttpUpgrade, TellsABrowserWhatTheAddressIsWhereAsked) {
    const std::string accepts = "Accept: text/html,*/*;q=0.8\r\n";
    EXPECT_EQ(read_http_upgrade(get + host + "\r\n", true).refusal, upgrade_required);
    EXPECT_EQ(read_http_upgrade(get + host + accepts + "Upgrade: h2c\r\n\r\n", true).refusal,
              upgrade_required);
    const std::string asked = get + host + accepts + "\r\n";
    EXPECT_EQ(read_http_upgrade(asked).refusal, upgrade_required);
    const std::string_view answer = read_http_upgrade(asked, true).refusal;
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 426 Upgrade Required\r\n"));
    const auto body = answer.substr(answer.find("\r\n\r\n") + 4);
    EXPECT_NE(answer.find("\r\nContent-Length: " + std::to_string(body.size()) + "\r\n"),
              std::string_view::npos);
    EXPECT_NE(body.find("WAMP"), std::string_view::npos);
    EXPECT_EQ(answer.find("ally"), std::string_view::npos) << "names the program";
    EXPECT_EQ(read_http_upgrade(get + fields + "\r\n", true).refusal, "");
}

TEST(HttpUpgrade, TakesWhatTheStandardsLeaveOpen) {
    for (const std::string& head : {
             get + "HOST:x\r\nuPGRADE: \tWebSocket \t\r\nconnection:keep-alive, UPGRADE\r\n" +
                 version + key + protocol,
             get + host + "Upgrade: h2c\r\n" + upgrade + "Connection: close\r\n" + connection +
                 version + key + protocol,
             "GET http://x/ws HTTP/1.1\r\n" + fields,
             "GET /ws?a=%20 HTTP/1.9\r\n" + fields,
             get + "Host:\r\n" + upgrade + connection + version + key + protocol,
             get + fields + "Content-Length: 0\r\n",
             get + fields + "Sec-WebSocket-Extensions: permessage-deflate\r\nX: \x80\t~\r\nY:\r\n",
             get + host + upgrade + connection + version + key +
                 "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: x, wamp.2.json\r\n",
         })
        EXPECT_EQ(answer(head), "") << head;
}

TEST(HttpUpgrade, RefusesMalformedRequests) {
    std::string with_nul = get + fields + "X: a";
    with_nul += '\0';
    for (const std::string& head : {
             std::string("NONSENSE\r\n"),
             "GET  / HTTP/1.1\r\n" + fields,
             "GET / HTTP/1.1 \r\n" + fields,
             "GET /a b HTTP/1.1\r\n" + fields,
             "GET /\x80 HTTP/1.1\r\n" + fields,
             "GET / HTTP/11\r\n" + fields,
             "GET / HTTP/1.x\r\n" + fields,
             "GET / http/1.1\r\n" + fields,
             "GET / HTTP/1.1\n" + fields,
             "G@T / HTTP/1.1\r\n" + fields,
             "GET HTTP/1.1\r\n" + fields,
             "GET * HTTP/1.1\r\n" + fields,
             "GET x:80 HTTP/1.1\r\n" + fields,
             get + "\r\n" + fields,
             get + " X: folded\r\n" + fields,
             get + fields + "X: a\r\n b\r\n",
             get + fields + "X : a\r\n",
             get + fields + "X\r\n",
             get + fields + ": a\r\n",
             get + fields + "X: a\nY: b\r\n",
             get + fields + "X: a\rY: b\r\n",
             get + fields + "X: \x7F\r\n",
             with_nul + "\r\n",
         })
        EXPECT_EQ(answer(head), bad_request) << head;
}

TEST(HttpUpgrade, NeedsExactlyOneHost) {  // RFC 9112 section 3.2
    const std::string others = upgrade + connection + version + key + protocol;
    EXPECT_EQ(answer(get + others), bad_request);
    EXPECT_EQ(answer(get + host + host + others), bad_request);
    EXPECT_EQ(answer(get), bad_request);
}

TEST(HttpUpgrade, TakesNoBody) {
    for (const std::string more :
         {"Content-Length: 3\r\n", "Content-Length: \r\n", "Content-Length: -0\r\n",
          "Content-Length: 0\r\nContent-Length: 3\r\n", "Transfer-Encoding: chunked\r\n",
          "Transfer-Encoding:\r\n"})
        EXPECT_EQ(answer(get + fields + more), bad_request) << more;
}

TEST(HttpUpgrade, AllowsGetAlone) {  // RFC 9110 section 15.5.6
    for (const std::string method :
         {"POST", "HEAD", "PUT", "OPTIONS", "CONNECT", "TRACE", "get", "X"})
        EXPECT_EQ(answer(method + " / HTTP/1.1\r\n" + fields), method_not_allowed) << method;
    EXPECT_EQ(answer("OPTIONS * HTTP/1.1\r\n" + host), method_not_allowed);
    EXPECT_EQ(answer("POST / HTTP/1.1\r\nContent-Length: 3\r\n" + fields), method_not_allowed);
}

TEST(HttpUpgrade, SaysWhatToUpgradeTo) {  // RFC 9110 section 15.5.22, RFC 6455 section 4.4
    for (const std::string& head : {
             get + host,
             get + host + connection + version + key + protocol,
             get + host + upgrade + version + key + protocol,
             get + host + "Upgrade: h2c\r\n" + connection + version + key + protocol,
             get + host + "Upgrade: websockets\r\n" + connection + version + key + protocol,
             get + host + upgrade + "Connection: keep-alive\r\n" + version + key + protocol,
             get + host + upgrade + "Connection: keep-alive; Upgrade\r\n" + version + key +
                 protocol,
             get + host + upgrade + "Connection: \"Upgrade\"\r\n" + version + key + protocol,
             get + host + upgrade + connection + key + protocol,
             get + host + upgrade + connection + "Sec-WebSocket-Version: 8\r\n" + key + protocol,
             get + host + upgrade + connection + "Sec-WebSocket-Version: 013\r\n" + key + protocol,
             get + host + upgrade + connection + "Sec-WebSocket-Version: 13, 8\r\n" + key +
                 protocol,
             "GET / HTTP/1.0\r\n" + fields,
             std::string("GET / HTTP/1.0\r\n"),
         })
        EXPECT_EQ(answer(head), upgrade_required) << head;
}

TEST(HttpUpgrade, NeedsExactlyOneVersion) {  // RFC 6455 section 11.3.5
    EXPECT_EQ(answer(get + fields + version), bad_request);
}

TEST(HttpUpgrade, NeedsExactlyOneKeyOf16Bytes) {  // RFC 6455 section 4.2.1
    const std::string others = get + host + upgrade + connection + version + protocol;
    EXPECT_EQ(answer(others), bad_request);
    EXPECT_EQ(answer(others + key + key), bad_request);
    for (const std::string value :
         {"", " ", "x", "dGhlIHNhbXBsZSBub25jZQ",
          "dGhlIHNhbXBsZSBub25jZR==", "dGhlIHNhbXBsZSBub25j", "dGhlIHNhbXBsZSBub25jZQAA",
          "dGhlIHNhbXBsZSBub25jZQ== ,", "dGhl IHNhbXBsZSBub25jZQ=="})
        EXPECT_EQ(answer(others + "Sec-WebSocket-Key: " + value + "\r\n"), bad_request) << value;
}

TEST(HttpUpgrade, NeedsASubprotocolThatIsSpokenHere) {  // W-WS-04
    const std::string others = get + host + upgrade + connection + version + key;
    EXPECT_EQ(answer(others), bad_request);
    for (const std::string value :
         {"", "wamp.2.ubjson", "WAMP.2.JSON", "wamp.2.json wamp.2.msgpack"})
        EXPECT_EQ(answer(others + "Sec-WebSocket-Protocol: " + value + "\r\n"), bad_request)
            << value;
}

TEST(HttpUpgrade, RefusesOtherMajorVersions) {  // RFC 9110 section 15.6.6
    for (const std::string request :
         {"GET / HTTP/2.0\r\n", "GET / HTTP/0.9\r\n", "PRI * HTTP/2.0\r\n"})
        EXPECT_EQ(answer(request + fields),
                  "HTTP/1.1 505 HTTP Version Not Supported\r\nConnection: close\r\nContent-Length: "
                  "0\r\n\r\n")
            << request;
}

TEST(HttpUpgrade, RefusesWhatIsTooLong) {  // RFC 6585 section 5
    EXPECT_EQ(too_long_http_upgrade().refusal,
              "HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n"
              "Content-Length: 0\r\n\r\n");
}

TEST(Subprotocol, IsTheFirstOfTheClientsThatWeSpeak) {  // W-WS-04
    EXPECT_EQ(choose_subprotocol("wamp.2.json, wamp.2.msgpack")->serializer, Serializer::json);
    EXPECT_EQ(
        choose_subprotocol(
            "wamp.2.cbor.batched,wamp.2.cbor,wamp.2.msgpack.batched,wamp.2.msgpack,wamp.2.json")
            ->name,
        "wamp.2.cbor.batched");
    EXPECT_EQ(choose_subprotocol(" \twamp.2.json \t,")->name, "wamp.2.json");
    for (const char* none : {"", ",", " ", "wamp.2.ubjson.batched", "wamp.2.json.batch",
                             "WAMP.2.JSON", "wamp.2.json wamp.2.msgpack"}) {
        EXPECT_EQ(choose_subprotocol(none), nullptr) << none;
    }
}

TEST(Subprotocol, HasANameForEachSerializer) {
    EXPECT_EQ(subprotocol_of(Serializer::json).name, "wamp.2.json");
    EXPECT_EQ(subprotocol_of(Serializer::msgpack).name, "wamp.2.msgpack");
    EXPECT_EQ(subprotocol_of(Serializer::cbor).name, "wamp.2.cbor");
    for (const Serializer serializer : all_serializers) {  // W-WS-01
        const std::string name(subprotocol_of(serializer).name);
        EXPECT_FALSE(choose_subprotocol(name)->batched);
        EXPECT_TRUE(choose_subprotocol(name + ".batched")->batched);
        EXPECT_EQ(choose_subprotocol(name + ".batched")->serializer, serializer);
    }
}

}  // namespace
}  // namespace sallyport::wamp
