#include "gateway/admin/http_head.h"

#include <gtest/gtest.h>

namespace sallyport::gateway {
namespace {

TEST(HttpHead, IsReadAsFarAsItIsNeeded) {
    const auto head = parse_http_head(
        "GET /metrics?a=b HTTP/1.1\r\nhost: 127.0.0.1:9464\r\nACCEPT:  text/plain, */* \r\n"
        "User-Agent: x\r\n\r\n");
    ASSERT_TRUE(head);
    EXPECT_EQ(head->method, "GET");
    EXPECT_EQ(head->path, "/metrics");
    EXPECT_EQ(head->host, "127.0.0.1:9464");
    EXPECT_EQ(head->accept, "text/plain, */*");
    EXPECT_TRUE(parse_http_head("HEAD / HTTP/1.0\r\n\r\n"));
}

TEST(HttpHead, IsRefusedWhenMalformed) {
    for (const std::string_view head :
         {"", "\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/2\r\n\r\n", "GET  HTTP/1.1\r\n\r\n",
          "GET metrics HTTP/1.1\r\n\r\n", "G(T / HTTP/1.1\r\n\r\n", "GET /a b HTTP/1.1\r\n\r\n",
          "GET / HTTP/1.1\r\nno colon\r\n\r\n", "GET / HTTP/1.1\r\nname : x\r\n\r\n",
          "GET / HTTP/1.1\r\n folded: x\r\n\r\n", "GET / HTTP/1.1\r\na: \x01\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET / HTTP/1.1\r\na: b\r\n",
          "GET / HTTP/1.1\r\n\r\nbody"})
        EXPECT_FALSE(parse_http_head(head)) << head;
}

TEST(HttpHead, IsToldFromACommandByItsFirstLine) {
    EXPECT_TRUE(begins_http("GET /metrics HTTP/1.1\r"));
    EXPECT_TRUE(begins_http("POST / HTTP/1.0"));
    EXPECT_FALSE(begins_http("status"));
    EXPECT_FALSE(begins_http("drain lab"));
    EXPECT_FALSE(begins_http("HTTP/1.1"));
    EXPECT_FALSE(begins_http(""));
}

TEST(HttpHead, NamesTheLoopbackOrNot) {
    for (const std::string_view host : {"127.0.0.1", "127.0.0.1:9464", "127.8.9.1:1", "localhost",
                                        "LocalHost:80", "[::1]", "[::1]:9464"})
        EXPECT_TRUE(names_loopback(host)) << host;
    for (const std::string_view host :
         {"", "evil.example", "evil.example:9464", "10.0.0.1", "127.0.0.1.evil.example", "[::2]",
          "[::1", "0.0.0.0:1", "[::1]evil", "[::1]:80x", "[localhost]", "[127.0.0.1]",
          "localhost:80.evil"})
        EXPECT_FALSE(names_loopback(host)) << host;
}

TEST(HttpAnswer, TellsItsLengthAlsoToHead) {
    EXPECT_EQ(http_answer({200, "text/plain", "ok\n"}, false),
              "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n"
              "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
              "Connection: close\r\n\r\nok\n");
    const std::string head = http_answer({503, "text/plain", "no\n"}, true);
    EXPECT_TRUE(head.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    EXPECT_TRUE(head.ends_with("\r\n\r\n"));
}

TEST(HttpAnswer, HasFurtherHeaders) {
    const std::string text = http_answer({303, "text/plain", "", "Location: /\r\n"}, false);
    EXPECT_TRUE(text.starts_with("HTTP/1.1 303 See Other\r\n")) << text;
    EXPECT_NE(text.find("\r\nLocation: /\r\n"), std::string::npos) << text;
}

TEST(HttpHead, HasCookiesAndTheLengthOfTheBody) {
    const auto head = parse_http_head(
        "POST /act HTTP/1.1\r\ncookie: a=1\r\nCookie: b=2\r\nContent-Length: 12\r\n\r\n");
    ASSERT_TRUE(head);
    EXPECT_EQ(head->cookie, "a=1; b=2");
    EXPECT_EQ(head->body_bytes, 12U);
}

TEST(HttpHead, RefusesBodiesOfUnknownLength) {
    for (const std::string header :
         {"Content-Length: -1", "Content-Length: 1a",
          "Content-Length:", "Content-Length: 99999999999999999999999",
          "Content-Length: 1\r\nContent-Length: 1", "Transfer-Encoding: chunked"})
        EXPECT_FALSE(parse_http_head("POST / HTTP/1.1\r\n" + header + "\r\n\r\n")) << header;
}

}  // namespace
}  // namespace sallyport::gateway
