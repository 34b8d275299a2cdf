// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/request_head.h"

#include <gtest/gtest.h>

namespace goxel_telemetry::http_bridge {
namespace {

constexpr std::string_view kGet = "GET / HTTP/1.1\r\n";

// "refused", "last" or "goes on" after a GET with these fields.
std::string after(const std::string& fields, std::string_view request_line = kGet) {
  const auto head = parse_request_head(std::string(request_line) + fields + "\r\n");
  if (!head) return "refused";
  return head->keep_alive ? "goes on" : "last";
}

TEST(RequestHead, EndsWithItsEmptyLine) {
  EXPECT_EQ(head_size("GET / HTTP/1.1\r\n", 0), 0u);
  EXPECT_EQ(head_size("GET / HTTP/1.1\r\n\r", 0), 0u);
  EXPECT_EQ(head_size("GET / HTTP/1.1\r\n\r\nGET", 0), 18u);
  EXPECT_EQ(head_size("GET / HTTP/1.1\n\nGET", 0), 16u);  // to be refused at once, not waited for
  EXPECT_EQ(head_size("GET / HTTP/1.1\n\r\n\r\n", 0), 17u) << "the first of two";
}

TEST(RequestHead, EndIsFoundWhereverTheLastPieceBegan) {
  for (const std::string head : {"GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\n\n"}) {
    for (std::size_t scanned = 0; scanned < head.size(); ++scanned)
      EXPECT_EQ(head_size(head, scanned), head.size()) << scanned;
  }
}

TEST(RequestHead, OnlyWhatAnAnswerDependsOnIsPassedOn) {
  const auto head = parse_request_head(
      "GET /a%20b?c=d HTTP/1.1\r\nhost:x:1\r\nAccept-Encoding: gzip\r\nAccept: \t a/b, c \r\n"
      "Range: bytes=0-1\r\nAUTHORIZATION: Bearer t\r\nContent-Length: 5\r\n"
      "Connection: keep-alive\r\nX:\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(essential_bytes(*head),
            "GET /a%20b?c=d HTTP/1.1\r\nHost: x:1\r\nAccept: a/b, c\r\nAuthorization: Bearer t\r\n"
            "Connection: close\r\n\r\n");
}

TEST(RequestHead, ConnectionGoesOnUnlessTheClientEndsItOrABodyFollows) {
  EXPECT_EQ(after(""), "goes on");
  EXPECT_EQ(after("Connection: keep-alive\r\n"), "goes on");
  EXPECT_EQ(after("Connection: closed\r\n"), "goes on");
  EXPECT_EQ(after("Content-Length: 0\r\n"), "goes on");
  EXPECT_EQ(after("", "GET / HTTP/1.0\r\n"), "last");
  EXPECT_EQ(after("connection: close\r\n"), "last");
  EXPECT_EQ(after("Connection: TE ,\tClose\r\n"), "last");
  EXPECT_EQ(after("Connection: keep-alive\r\nConnection: close\r\n"), "last");
  EXPECT_EQ(after("content-length: 1\r\n"), "last");
  EXPECT_EQ(after("Content-Length: 0\r\nContent-Length: 1\r\n"), "last");
  EXPECT_EQ(after("Content-Length: 1\r\nContent-Length: 0\r\n"), "last");
  EXPECT_EQ(after("Transfer-Encoding: chunked\r\n"), "last");
}

TEST(RequestHead, LineThatIsNoRequestIsRefused) {
  for (const std::string_view line :
       {"", "GET", "GET /", "GET  HTTP/1.1", " / HTTP/1.1", "GET / HTTP/1.2", "GET / HTTP/2.0",
        "GET / http/1.1", "GET / HTTP/1.1 ", "GET  / HTTP/1.1", "GET /  HTTP/1.1",
        "GET /a b HTTP/1.1", "GET\t/ HTTP/1.1", "GET /\t HTTP/1.1", "G(T / HTTP/1.1",
        "\r\nGET / HTTP/1.1", "GET /\x7f HTTP/1.1"}) {
    EXPECT_EQ(after("", std::string(line) + "\r\n"), "refused") << line;
  }
  EXPECT_EQ(after("", std::string("GET /\0 HTTP/1.1\r\n", 17)), "refused");
  EXPECT_EQ(after("", "Get-2! *\xff HTTP/1.1\r\n"), "goes on");  // for the backend to judge
}

TEST(RequestHead, FieldThatCanBeReadInTwoWaysIsRefused) {
  EXPECT_EQ(after("Host: a\r\n"), "goes on");
  EXPECT_EQ(after("Accept: a\r\nAccept: b\r\nX: \t\xff\r\n"), "goes on");
  EXPECT_EQ(after("Host: a\r\nhost: a\r\n"), "refused");
  EXPECT_EQ(after("Content-Length : 1\r\n"), "refused");
  EXPECT_EQ(after("X: a\r\n X: folded\r\n"), "refused");
  EXPECT_EQ(after("no colon\r\n"), "refused");
  EXPECT_EQ(after(": no name\r\n"), "refused");
  EXPECT_EQ(after("X: a\nContent-Length: 1\r\n"), "refused");
  EXPECT_EQ(after("X: a\rContent-Length: 1\r\n"), "refused");
  EXPECT_EQ(after(std::string("X: a\0b\r\n", 8)), "refused");
  EXPECT_EQ(after("", "GET / HTTP/1.1\n"), "refused");
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
