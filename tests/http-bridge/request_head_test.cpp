// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/request_head.h"

#include <gtest/gtest.h>

namespace goxel_telemetry::http_bridge {
namespace {

RequestHead parsed(std::string_view bytes) {
  const auto head = parse_request_head(bytes);
  const auto* const valid = std::get_if<RequestHead>(&head);
  EXPECT_NE(valid, nullptr) << bytes;
  return valid == nullptr ? RequestHead{} : *valid;
}

// Whether another request may follow that with these fields.
bool goes_on_after(const std::string& fields) {
  const RequestHead head = parsed("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
  return head.keep_alive && !head.announces_body;
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
  const RequestHead head = parsed(
      "GET /a%20b?c=d HTTP/1.1\r\nhost:x:1\r\nAccept-Encoding: gzip\r\nAccept: \t a/b, c \r\n"
      "Range: bytes=0-1\r\nAUTHORIZATION: Bearer t\r\nContent-Length: 5\r\n"
      "Connection: keep-alive\r\nX:\r\naccept: d\r\nIf-None-Match: \"e\"\r\nif-none-match: "
      "W/\"f\"\r\n"
      "Goxel-Accept-Encoding: br\r\norigin: https://o\r\n"
      "access-control-request-method: GET\r\nAccess-Control-Request-Private-Network: true\r\n"
      "Cookie: c\r\n\r\n");
  EXPECT_EQ(
      essential_bytes(head),
      "GET /a%20b?c=d HTTP/1.1\r\nHost: x:1\r\nAccept: a/b, c, d\r\n"
      "Goxel-Accept-Encoding: gzip\r\nIf-None-Match: \"e\", W/\"f\"\r\nAuthorization: Bearer t\r\n"
      "Origin: https://o\r\nAccess-Control-Request-Method: GET\r\n"
      "Access-Control-Request-Private-Network: true\r\n"
      "Connection: close\r\n\r\n");
}

TEST(RequestHead, WebSocketIsAskedForByBothFieldsAndByNoOlderClient) {
  const auto upgrades = [](const std::string& fields, const char* version = "1.1") {
    return parsed(std::string("GET / HTTP/") + version + "\r\nHost: a\r\n" + fields + "\r\n")
        .upgrades;
  };
  EXPECT_TRUE(upgrades("Connection: keep-alive, upgrade\r\nUpgrade: h2c, WebSocket\r\n"));
  EXPECT_FALSE(upgrades("Connection: Upgrade\r\n"));
  EXPECT_FALSE(upgrades("Upgrade: websocket\r\n"));
  EXPECT_FALSE(upgrades("Connection: Upgrade\r\nUpgrade: h2c\r\n"));
  EXPECT_FALSE(upgrades("Connection: Upgrade\r\nUpgrade: websocket\r\n", "1.0"));
  const RequestHead head = parsed(
      "GET / HTTP/1.1\r\nHost: a\r\nOrigin: http://a\r\nSec-WebSocket-Key: k\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: a\r\nsec-websocket-protocol: b, "
      "c\r\n\r\n");
  EXPECT_EQ(head.origin, "http://a");
  EXPECT_EQ(head.websocket_key, "k");
  EXPECT_EQ(head.websocket_version, "13");
  EXPECT_EQ(head.websocket_protocols, "a, b, c");
  for (const char* field : {"Origin", "Sec-WebSocket-Key", "Sec-WebSocket-Version"}) {
    const std::string twice = std::string(field) + ": x\r\n" + field + ": x\r\n";
    const auto refused = parse_request_head("GET / HTTP/1.1\r\nHost: a\r\n" + twice + "\r\n");
    EXPECT_TRUE(std::holds_alternative<RefusedHead>(refused)) << field;
  }
}

TEST(RequestHead, ConnectionGoesOnUnlessTheClientEndsItOrABodyFollows) {
  for (const char* fields :
       {"", "Connection: keep-alive\r\n", "Connection: closed\r\n", "Content-Length: 0\r\n"}) {
    EXPECT_TRUE(goes_on_after(fields)) << fields;
  }
  for (const char* fields :
       {"connection: close\r\n", "Connection: TE ,\tClose\r\n",
        "Connection: keep-alive\r\nConnection: close\r\n", "content-length: 1\r\n",
        "Content-Length: 00\r\n", "Transfer-Encoding: Chunked\r\n"}) {
    EXPECT_FALSE(goes_on_after(fields)) << fields;
  }
}

TEST(RequestHead, SaysWhatBodyFollows) {
  const RequestHead head = parsed(
      "POST / HTTP/1.1\r\nHost: a\r\ncontent-type: a/b; c=d\r\nContent-Encoding: gzip\r\n"
      "Content-Encoding: br\r\nExpect: 100-continue\r\nContent-Length: 00123\r\n\r\n");
  EXPECT_TRUE(head.announces_body && head.keep_alive && head.expects_continue);
  EXPECT_FALSE(head.is_chunked);
  EXPECT_EQ(head.body_bytes, 123u);
  EXPECT_EQ(head.content_type, "a/b; c=d");
  EXPECT_EQ(head.content_encoding, "gzip, br");
  EXPECT_TRUE(
      parsed("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n").is_chunked);
}

// HTTP/1.9 is 1.1 with something that an old reader may ignore.
TEST(RequestHead, VersionsOfHttpOneAreUnderstood) {
  EXPECT_FALSE(parsed("GET / HTTP/1.0\r\nHost: a\r\n\r\n").keep_alive);
  EXPECT_TRUE(parsed("GET / HTTP/1.1\r\nHost: a\r\n\r\n").keep_alive);
  EXPECT_TRUE(parsed("GET / HTTP/1.9\r\nHost: a\r\n\r\n").keep_alive);
  EXPECT_EQ(parsed("GET / HTTP/1.0\r\n\r\n").host, "") << "which HTTP/1.0 does not ask for";
}

// What a proxy is asked; its host counts, and not that of the field.
TEST(RequestHead, AbsoluteTargetIsAPathOnItsHost) {
  const auto of = [](const std::string& target) {
    const RequestHead head = parsed("GET " + target + " HTTP/1.1\r\nHost: other\r\n\r\n");
    return head.host + " " + head.target;
  };
  EXPECT_EQ(of("http://a:1/b?c=d"), "a:1 /b?c=d");
  EXPECT_EQ(of("HTTP://[::1]/"), "[::1] /");
  EXPECT_EQ(of("http://a"), "a /");
  EXPECT_EQ(of("http://a?b=http://c/"), "a /?b=http://c/");
  EXPECT_EQ(of("/http://a/"), "other /http://a/");
}

TEST(RequestHead, WhatIsUnusualButPlainIsRead) {
  for (const char* host :
       {"localhost", "a.example:9464", "a:", "127.0.0.1:1", "[::1]:9464", "a_b-c", "%41"}) {
    EXPECT_EQ(parsed("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n").host, host);
  }
  for (const char* target :
       {"/", "//", "/?", "/?a=b?c/d", "/a:b@c;d=e,f", "/%00%ff", "/~a(b)'*!$&+", "/?a[]=b"}) {
    EXPECT_EQ(parsed("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n").target, target);
  }
  for (const char* method : {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"}) {
    EXPECT_EQ(parsed(std::string(method) + " / HTTP/1.1\r\nHost: a\r\n\r\n").method, method);
  }
  EXPECT_TRUE(goes_on_after("X: \t\xff \"a\t\r\nX_Y:\r\n"));
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
