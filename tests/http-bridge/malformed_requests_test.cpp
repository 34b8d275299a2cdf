// SPDX-License-Identifier: GPL-3.0-or-later
// Requests that programs were seen to understand differently, each with another one behind it that must
// never be taken for a request of its own where it could be a body. What is tried is what public suites
// try (narfindustries/http-garden, MDA2AV/Http11Probe, nodejs/llhttp, aws/http-desync-guardian); what is
// right is RFC 9110 and 9112, and where they leave a choice, the stricter one.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "http-bridge/server.h"
#include "tests/http-bridge/http_client.h"

namespace goxel_telemetry::http_bridge {
namespace {

using namespace std::string_literals;

struct Malformed {
  const char* what;
  std::string bytes;
  int status = 400;
};

// A request of HTTP/1.1 with these fields beside its Host.
std::string with(const std::string& fields, const std::string& method = "GET") {
  return method + " / HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n";
}

std::string line(const std::string& request_line) {
  return request_line + "\r\nHost: localhost\r\n\r\n";
}

std::string host(const std::string& fields) {
  return "GET / HTTP/1.1\r\n" + fields + "\r\n";
}

const std::vector<Malformed> kMalformed = {
    // The length of a body
    {"two lengths", with("Content-Length: 5\r\nContent-Length: 60\r\n", "POST")},
    {"two equal lengths", with("Content-Length: 5\r\nContent-Length: 5\r\n", "POST")},
    {"a length and none", with("Content-Length: 0\r\nContent-Length: 60\r\n", "POST")},
    {"a list of lengths", with("Content-Length: 5, 5\r\n", "POST")},
    {"an empty length", with("Content-Length:\r\n", "POST")},
    {"a negative length", with("Content-Length: -1\r\n", "POST")},
    {"a length with a sign", with("Content-Length: +5\r\n", "POST")},
    {"a length in hexadecimal", with("Content-Length: 0x5\r\n", "POST")},
    {"a length with an underscore", with("Content-Length: 1_0\r\n", "POST")},
    {"a length with a point", with("Content-Length: 5.0\r\n", "POST")},
    {"a length with a space in it", with("Content-Length: 4 2\r\n", "POST")},
    {"a length of words", with("Content-Length: five\r\n", "POST")},
    {"a length beyond 64 bits", with("Content-Length: 18446744073709551621\r\n", "POST")},
    {"a length after a vertical tab", with("Content-Length:\v5\r\n", "POST")},
    {"a length and a coding", with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "POST")},
    {"a coding and a length", with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "POST")},
    {"two codings", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "POST")},
    {"chunked twice", with("Transfer-Encoding: chunked, chunked\r\n", "POST")},
    {"chunked not last", with("Transfer-Encoding: chunked, gzip\r\n", "POST")},
    {"a coding that is like chunked", with("Transfer-Encoding: xchunked\r\n", "POST")},
    {"chunked with a parameter", with("Transfer-Encoding: chunked;a=b\r\n", "POST")},
    {"chunked in quotes", with("Transfer-Encoding: \"chunked\"\r\n", "POST")},
    {"chunked after a comma", with("Transfer-Encoding: ,chunked\r\n", "POST")},
    {"chunked after a vertical tab", with("Transfer-Encoding: \vchunked\r\n", "POST")},
    {"chunked after a bare CR", with("Transfer-Encoding: \rchunked\r\n", "POST")},
    {"no coding", with("Transfer-Encoding:\r\n", "POST")},
    {"an unknown coding", with("Transfer-Encoding: identity\r\n", "POST")},
    {"a coding in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
    // Fields
    {"a space before the colon", with("Content-Length : 60\r\n", "POST")},
    {"a tab before the colon", with("Content-Length\t: 60\r\n", "POST")},
    {"a space before the name", with(" Content-Length: 60\r\n", "POST")},
    {"a first field after a space", "GET / HTTP/1.1\r\n Host: localhost\r\n\r\n"},
    {"a folded field", with("X: a\r\n\tContent-Length: 60\r\n", "POST")},
    {"a folded coding", with("Transfer-Encoding:\r\n chunked\r\n", "POST")},
    {"no colon", with("Content-Length\r\n", "POST")},
    {"no name", with(": 60\r\n")},
    {"a name with a bracket", with("Content(Length): 60\r\n")},
    {"a name with a byte beyond ASCII", with("Content-Length\xff: 60\r\n")},
    {"a NUL in a name", with("X\0: a\r\n"s)},
    {"a NUL in a value", with("X: a\0b\r\n"s)},
    {"a control character in a value", with("X: a\x01\r\n")},
    {"a bare CR in a value", with("X: a\rContent-Length: 60\r\n")},
    {"a bare LF in a value", with("X: a\nContent-Length: 60\r\n")},
    {"a line that ends in LF", with("X: a\n")},
    {"a line that ends in CR CR LF", with("X: a\r\r\n")},
    {"nothing but LF", "GET / HTTP/1.1\nHost: localhost\n\n"},
    {"a head that ends in LF", "GET / HTTP/1.1\r\nHost: localhost\r\n\n"},
    {"two origins", with("Origin: http://a\r\nOrigin: http://a\r\n")},
    {"two origins, one empty", with("Origin:\r\nOrigin: http://a\r\n")},
    {"two authorizations", with("Authorization: Bearer a\r\nAuthorization: Bearer b\r\n")},
    // Host
    {"no Host", host("")},
    {"an empty Host", host("Host:\r\n")},
    {"two Hosts", host("Host: localhost\r\nHost: localhost\r\n")},
    {"two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: localhost\r\nHost: evil.example\r\n\r\n"},
    {"a list of Hosts", host("Host: localhost, evil.example\r\n")},
    {"a Host with a user", host("Host: user@localhost\r\n")},
    {"a Host with a path", host("Host: localhost/x\r\n")},
    {"a Host with a space", host("Host: local host\r\n")},
    {"a Host with a port of words", host("Host: localhost:http\r\n")},
    {"a Host with two ports", host("Host: localhost:1:2\r\n")},
    {"a Host of half a bracket", host("Host: [::1\r\n")},
    {"a Host with a bare escape", host("Host: local%zz\r\n")},
    // The request line
    {"no version (HTTP/0.9)", line("GET /")},
    {"nothing but a method", line("GET")},
    {"nothing but spaces", line("   ")},
    {"two spaces", line("GET  / HTTP/1.1")},
    {"two spaces before the version", line("GET /  HTTP/1.1")},
    {"a space at the begin", line(" GET / HTTP/1.1")},
    {"a space at the end", line("GET / HTTP/1.1 ")},
    {"a tab", line("GET\t/\tHTTP/1.1")},
    {"a bare CR for a space", line("GET /\rHTTP/1.1")},
    {"a space in the target", line("GET /a b HTTP/1.1")},
    {"a small http", line("GET / http/1.1")},
    {"another protocol", line("GET / ICE/1.0")},
    {"a version of one number", line("GET / HTTP/1")},
    {"a version of three digits", line("GET / HTTP/1.10")},
    {"a version with a zero", line("GET / HTTP/01.1")},
    {"a version with a comma", line("GET / HTTP/1,1")},
    {"a method with a bracket", line("G(T / HTTP/1.1")},
    {"two empty lines before it", "\r\n\r\n" + line("GET / HTTP/1.1")},
    {"a bare LF before it", "\n" + line("GET / HTTP/1.1")},
    {"bytes of another protocol", "\x16\x03\x01\x02\x01\x01\xfc\x03\x03\r\n\r\n"},
    {"HTTP/2", line("GET / HTTP/2.0"), 505},
    {"HTTP/2's greeting", "PRI * HTTP/2.0\r\n\r\n", 505},
    {"HTTP/0.9 by number", line("GET / HTTP/0.9"), 505},
    {"HTTP/9.9", line("GET / HTTP/9.9"), 505},
    {"an unknown method", line("BREW / HTTP/1.1"), 501},
    {"a small method", line("get / HTTP/1.1"), 501},
    // The target
    {"a target without a slash", line("GET metrics HTTP/1.1")},
    {"a target with a fragment", line("GET /#x HTTP/1.1")},
    {"a target with a NUL", line("GET /\0 HTTP/1.1"s)},
    {"a target with a control character", line("GET /\x7f HTTP/1.1")},
    {"a target beyond ASCII", line("GET /\xc3\xa9 HTTP/1.1")},
    {"a target with a backslash", line("GET /\\..\\x HTTP/1.1")},
    {"half an escape", line("GET /%2 HTTP/1.1")},
    {"an escape of words", line("GET /%zz HTTP/1.1")},
    {"an escape of a word", line("GET /%2g HTTP/1.1")},
    {"a star for GET", line("GET * HTTP/1.1")},
    {"an authority for GET", line("GET localhost:80 HTTP/1.1")},
    {"a target without a host", line("GET http:///metrics HTTP/1.1")},
    {"a target with a user", line("GET http://user@localhost/ HTTP/1.1")},
    {"a target of another scheme", line("GET https://localhost/ HTTP/1.1")},
    {"a path for CONNECT", line("CONNECT / HTTP/1.1")},
    {"CONNECT", line("CONNECT localhost:80 HTTP/1.1"), 405},
    {"OPTIONS of all", line("OPTIONS * HTTP/1.1"), 405},
};

TEST(MalformedRequests, EachIsRefusedAndTheLastOfItsConnection) {
  std::atomic<int> answered{0};
  Server server([&](const Request&) {
    ++answered;
    return Response{200, "text/plain", "answered"};
  });
  std::string why;
  const int port = server.bind("127.0.0.1", 0, why);
  ASSERT_NE(port, 0) << why;
  std::thread serving([&] { server.serve(); });
  for (const Malformed& request : kMalformed) {
    HttpClient client(port);
    client.send(request.bytes + get_request("/smuggled"));
    Reply reply = client.receive().value_or(Reply{});
    EXPECT_EQ(reply.status, request.status) << request.what;
    EXPECT_EQ(reply.headers["Connection"], "close") << request.what;
    EXPECT_EQ(reply.headers["Content-Type"], "application/problem+json") << request.what;
    EXPECT_FALSE(client.receive()) << request.what;
  }
  EXPECT_EQ(answered, 0);
  server.stop();
  serving.join();
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
