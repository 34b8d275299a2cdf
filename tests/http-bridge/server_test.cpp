// SPDX-License-Identifier: GPL-3.0-or-later
// The server over a real socket, with well-behaved and hostile clients. Limits of
// time are far longer than a test where they must not matter, and short where they must.
#include "http-bridge/server.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <memory>
#include <thread>
#include <vector>

#include "http-bridge/representation.h"
#include "http-bridge/socket_file.h"
#include "tests/http-bridge/http_client.h"
#include "tests/http-bridge/temporary_folder.h"

namespace goxel_telemetry::http_bridge {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLong{600'000};
constexpr Limits kPatient{
    .idle = kLong, .request = kLong, .turn = kLong, .answer = kLong, .farewell = kLong};

// Serves on any free port from construction on.
class RunningServer {
 public:
  explicit RunningServer(Server::Answer answer, const Limits& limits = kPatient, int port = 0,
                         PathAnswers ready = {}, PathAnswers posts = {})
      : RunningServer(std::move(answer), limits, port, std::move(ready), std::move(posts), "", {}) {
  }
  // `door` is for clients of a socket at this path.
  RunningServer(Server::Answer answer, const Limits& limits, const std::string& path, Door door,
                PathAnswers posts = {})
      : RunningServer(std::move(answer), limits, 0, {}, std::move(posts), path, std::move(door)) {}
  ~RunningServer() { stop(); }

  int port() const { return port_; }
  bool stop() {
    if (thread_.joinable()) server_.stop();
    return wait();
  }
  // Until it has ended; whether it was stopped.
  bool wait() {
    if (thread_.joinable()) thread_.join();
    return orderly_;
  }

 private:
  RunningServer(Server::Answer answer, const Limits& limits, int port, PathAnswers ready,
                PathAnswers posts, const std::string& path, Door door)
      : server_(std::move(answer), limits, {.ready = std::move(ready), .posts = std::move(posts)}) {
    std::string why;
    port_ = server_.bind("127.0.0.1", port, why);
    EXPECT_NE(port_, 0) << why;
    if (!path.empty()) {
      file_ = SocketFile::listen({path, 0600, ""}, why);
      EXPECT_NE(file_, nullptr) << why;
      server_.accept_at(file_->take_descriptor(), std::move(door));
    }
    thread_ = std::thread([this] { orderly_ = server_.serve(); });
  }

  Server server_;
  std::unique_ptr<SocketFile> file_;
  int port_ = 0;
  bool orderly_ = false;
  std::thread thread_;
};

// Where this process listens on `port`; -1: nowhere.
int listening_socket(int port) {
  for (int fd = 0; fd < 1024; ++fd) {
    int listens = 0;
    socklen_t size = sizeof listens;
    if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0) continue;
    sockaddr_in address{};
    size = sizeof address;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    if (ntohs(address.sin_port) == port) return fd;
  }
  return -1;
}

std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

// Answers with what it was asked.
Response echo(const Request& request) {
  const auto instance = request.parameters.find("instance");
  return {200, "text/plain",
          request.method + " " + request.path + " [" +
              (instance == request.parameters.end() ? "-" : instance->second) + "] " +
              request.host + " " + request.accept + " " + request.authorization};
}

TEST(Server, RequestReachesItsAnswerDecoded) {
  RunningServer server(echo);
  const auto reply = get(server.port(), "/a%20b?instance=x%2Dy&other=1",
                         "Accept: application/msgpack\r\nAuthorization: Bearer t\r\n");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->body, "GET /a b [x-y] localhost application/msgpack Bearer t");
  EXPECT_EQ(reply->headers.at("Content-Type"), "text/plain");
  EXPECT_EQ(reply->headers.at("Cache-Control"), "no-store");
  EXPECT_EQ(reply->headers.at("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(reply->headers.count("Allow"), 0u);
  EXPECT_EQ(reply->headers.count("WWW-Authenticate"), 0u);
}

// Through the server behind, whose library must neither compress once more nor send a length of its own.
TEST(Server, WhatAClientHasIsToldWithoutABodyAndTheConnectionGoesOn) {
  const std::string body(10'000, 'x');
  RunningServer server(
      [&body](const Request& request) {
        return represented(request, Response{200, "text/plain", body});
      },
      kPatient, 0, {{"/ready"}, [&body](const Request& request) {
                      return std::make_shared<const Response>(
                          represented(request, Response{200, "text/plain", body}));
                    }});
  HttpClient client(server.port());
  for (const char* path : {"/", "/ready"}) {
    client.send(get_request(path));
    const Reply whole = client.receive().value_or(Reply{});
    EXPECT_EQ(whole.body, body) << path;
    EXPECT_EQ(whole.headers.count("Content-Encoding"), 0u) << path;
    const std::string tag = whole.headers.at("ETag");
    client.send(get_request(path, "If-None-Match: " + tag + "\r\n"));
    const Reply known = client.receive(true).value_or(Reply{});
    EXPECT_EQ(known.status, 304) << path;
    EXPECT_EQ(known.headers.at("ETag"), tag) << path;
    EXPECT_EQ(known.headers.at("Content-Length"), std::to_string(body.size())) << path;
    client.send(get_request(path, "Accept-Encoding: gzip\r\n"));
    const Reply shorter = client.receive().value_or(Reply{});
    EXPECT_EQ(shorter.status, 200) << path;
    EXPECT_EQ(shorter.headers.at("Content-Encoding"), "gzip") << path;
    EXPECT_LT(shorter.body.size(), 200u) << path;
  }
}

TEST(Server, ConnectionEndsWithItsThousandthRequestAndSaysSo) {
  RunningServer server(echo);
  HttpClient client(server.port());
  for (int i = 1; i <= 1'000; ++i) {
    client.send(get_request("/"));
    const auto reply = client.receive();
    ASSERT_TRUE(reply) << i;
    const auto connection = reply->headers.find("Connection");
    const bool closes = connection != reply->headers.end() && connection->second == "close";
    ASSERT_EQ(closes, i == 1'000) << i;
  }
  EXPECT_TRUE(client.closed_by_server());
}

TEST(Server, ConnectionServesManyRequests) {
  RunningServer server(echo);
  HttpClient client(server.port());
  for (int i = 0; i < 100; ++i) {
    client.send(get_request("/" + std::to_string(i)));
    const auto reply = client.receive();
    ASSERT_TRUE(reply) << i;
    EXPECT_EQ(reply->body.substr(0, reply->body.find(' ', 4)), "GET /" + std::to_string(i));
  }
}

TEST(Server, PipelinedRequestsAreAnsweredInOrder) {
  RunningServer server(echo);
  HttpClient client(server.port());
  client.send(get_request("/1") + get_request("/2"));
  EXPECT_EQ(client.receive().value_or(Reply{}).body.substr(0, 6), "GET /1");
  EXPECT_EQ(client.receive().value_or(Reply{}).body.substr(0, 6), "GET /2");
}

TEST(Server, HeadIsAnsweredWithoutABody) {
  RunningServer server(echo);
  HttpClient client(server.port());
  client.send("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.receive(true).value_or(Reply{}).status, 200);
  client.send(get_request("/next"));
  EXPECT_EQ(client.receive().value_or(Reply{}).status, 200);
}

// The body is not read: it must not become the next request.
TEST(Server, RequestWithABodyIsTheLastOfItsConnection) {
  RunningServer server([](const Request&) { return Response{405, "text/plain", "no"}; });
  for (const std::string framing : {"Content-Length: 28\r\n", "Transfer-Encoding: chunked\r\n"}) {
    HttpClient client(server.port());
    client.send("POST /metrics HTTP/1.1\r\nHost: localhost\r\n" + framing + "\r\n" +
                "GET /smuggled HTTP/1.1\r\n\r\n\r\n");
    const auto reply = client.receive();
    ASSERT_TRUE(reply) << framing;
    EXPECT_EQ(reply->status, 405);
    EXPECT_EQ(reply->headers.at("Allow"), "GET, HEAD");
    EXPECT_EQ(reply->headers.at("Connection"), "close");
    EXPECT_FALSE(client.receive()) << framing;
  }
}

TEST(Server, BodyOfNoBytesIsNone) {
  RunningServer server(echo);
  HttpClient client(server.port());
  for (int i = 0; i < 2; ++i) {
    client.send(get_request("/", "Content-Length: 0\r\n"));
    EXPECT_EQ(client.receive().value_or(Reply{}).status, 200);
  }
}

TEST(Server, ConnectionIsClosedForAClientThatAsksForIt) {
  RunningServer server(echo);
  HttpClient client(server.port());
  client.send(get_request("/1"));
  EXPECT_EQ(client.receive().value_or(Reply{}).headers.count("Connection"), 0u);
  client.send(get_request("/2", "Connection: close\r\n") + get_request("/3"));
  EXPECT_EQ(client.receive().value_or(Reply{}).headers["Connection"], "close");
  EXPECT_FALSE(client.receive());
}

TEST(Server, MissingTokenIsAskedFor) {
  RunningServer server([](const Request&) { return Response{401, "text/plain", "no"}; });
  EXPECT_EQ(get(server.port(), "/").value_or(Reply{}).headers["WWW-Authenticate"], "Bearer");
}

TEST(Server, AnswerIsSentAsItIs) {
  const std::string body(100'000, 'x');
  RunningServer server([&](const Request&) { return Response{200, "text/plain", body}; });
  const auto reply =
      get(server.port(), "/", "Accept-Encoding: gzip, br\r\nRange: bytes=0-1,0-1,0-1,0-1,0-1\r\n");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->body, body);
}

TEST(Server, BytesThatAreNoHttpAreRefused) {
  RunningServer server(echo);
  HttpClient client(server.port());
  client.send("nonsense\r\n" + get_request("/smuggled"));
  EXPECT_EQ(client.receive().value_or(Reply{}).status, 400);
  EXPECT_FALSE(client.receive());
  EXPECT_TRUE(get(server.port(), "/"));
}

TEST(Server, PathWithNulIsPassedOnWhole) {
  std::string path;
  RunningServer server([&](const Request& request) {
    path = request.path;
    return Response{404, "text/plain", "no"};
  });
  EXPECT_EQ(get(server.port(), "/metrics%00/x").value_or(Reply{}).status, 404);
  EXPECT_EQ(path, std::string("/metrics\0/x", 11));
}

TEST(Server, EndlessRequestLineIsCutOff) {
  RunningServer server(echo);
  HttpClient client(server.port());
  client.send("GET /" + std::string(1'000'000, 'x'));
  EXPECT_TRUE(client.closed_by_server());
}

TEST(Server, EndlessHeaderIsCutOff) {
  RunningServer server(echo);
  HttpClient one_line(server.port());
  one_line.send("GET / HTTP/1.1\r\nX: " + std::string(1'000'000, 'x'));
  EXPECT_TRUE(one_line.closed_by_server());

  HttpClient many_lines(server.port());
  std::string lines = "GET / HTTP/1.1\r\nHost: localhost\r\n";
  for (int i = 0; i < 100'000; ++i) lines += "X: x\r\n";
  many_lines.send(lines);
  EXPECT_TRUE(many_lines.closed_by_server());
}

TEST(Server, RequestThatIsNotFinishedIsCutOff) {
  RunningServer server(echo, {.idle = kLong, .request = milliseconds(100), .answer = kLong});
  HttpClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: ");
  EXPECT_TRUE(client.closed_by_server());
}

TEST(Server, HundredClientsAtOnceAreAllAnswered) {
  RunningServer server(echo);
  std::atomic<int> answered{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 100; ++i) {
    clients.emplace_back([&] {
      HttpClient client(server.port());
      for (int request = 0; request < 5; ++request) {
        client.send(get_request("/"));
        if (client.receive().value_or(Reply{}).status == 200) ++answered;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(answered, 500);
}

TEST(Server, SilentClientsDoNotKeepOthersOut) {
  Limits limits = kPatient;
  limits.connections = 20;
  RunningServer server(echo, limits);
  std::vector<std::unique_ptr<HttpClient>> silent;
  for (int i = 0; i < 60; ++i) silent.push_back(std::make_unique<HttpClient>(server.port()));
  EXPECT_EQ(get(server.port(), "/").value_or(Reply{}).status, 200);
  EXPECT_TRUE(silent.front()->closed_by_server()) << "the one that was silent the longest";
  silent.back()->send(get_request("/"));
  EXPECT_EQ(silent.back()->receive().value_or(Reply{}).status, 200);
}

// The client for whom there is no descriptor gets that of the one that was silent the longest.
TEST(Server, SilentClientsMakeWayWhenThereIsNoDescriptor) {
  const auto ready = std::make_shared<const Response>(Response{200, "text/plain", "ready"});
  RunningServer server(echo, kPatient, 0, {{"/"}, [&](const Request&) { return ready; }});
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit few = before;
  few.rlim_cur = static_cast<rlim_t>(open_descriptors()) + 10;  // one of them looks
  ::setrlimit(RLIMIT_NOFILE, &few);
  std::vector<std::unique_ptr<HttpClient>> clients;
  for (int i = 0; i < 6; ++i) {  // two descriptors each, theirs and the server's
    clients.push_back(std::make_unique<HttpClient>(server.port()));
    clients.back()->send(get_request("/"));
    EXPECT_EQ(clients.back()->receive().value_or(Reply{}).status, 200) << i;
  }
  EXPECT_TRUE(clients.front()->closed_by_server());
  ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST(Server, HalfRequestsDoNotKeepOthersOut) {
  Limits limits = kPatient;
  limits.connections = 20;
  RunningServer server(echo, limits);
  std::vector<std::unique_ptr<HttpClient>> slow;
  for (int i = 0; i < 20; ++i) {
    slow.push_back(std::make_unique<HttpClient>(server.port()));
    slow.back()->send(get_request("/") + "GET / HT");
    ASSERT_TRUE(slow.back()->receive()) << "so that the half of the next has come, too";
  }
  EXPECT_EQ(get(server.port(), "/").value_or(Reply{}).status, 200);
  EXPECT_TRUE(slow.front()->closed_by_server());
}

TEST(Server, ClientsThatDoNotReadDoNotKeepOthersOut) {
  const std::string large(8 * 1024 * 1024, 'x');  // more than the kernel's buffers take
  Limits limits = kPatient;
  limits.unsent_bytes = 3 * large.size();
  RunningServer server(
      [&](const Request& request) {
        return Response{200, "text/plain", request.path == "/large" ? large : "small"};
      },
      limits);
  std::vector<std::unique_ptr<HttpClient>> deaf;
  for (int i = 0; i < 40; ++i) {
    deaf.push_back(std::make_unique<HttpClient>(server.port()));
    deaf.back()->send(get_request("/large"));
  }
  for (const std::string path : {"/small", "/large"}) {
    // There may be no room for a moment, which a client takes as a reason to ask again.
    std::optional<Reply> reply;
    for (int attempt = 0; attempt < 1'000; ++attempt) {
      reply = get(server.port(), path);
      ASSERT_TRUE(reply) << path;
      if (reply->status != 503) break;
      ASSERT_EQ(reply->headers.at("Retry-After"), "1");
      std::this_thread::sleep_for(milliseconds(10));
    }
    EXPECT_EQ(reply->body, path == "/small" ? "small" : large) << path;
  }
}

TEST(Server, ManyClientsMayHoldOneReadyAnswer) {
  const auto large = std::make_shared<const Response>(
      Response{200, "text/plain", std::string(8 * 1024 * 1024, 'x')});
  Limits limits = kPatient;
  limits.unsent_bytes = 2 * large->body.size();
  RunningServer server(echo, limits, 0, {{"/"}, [&](const Request&) { return large; }});
  std::vector<std::unique_ptr<HttpClient>> slow;
  for (int i = 0; i < 20; ++i) {
    slow.push_back(std::make_unique<HttpClient>(server.port()));
    slow.back()->send(get_request("/"));
  }
  EXPECT_EQ(get(server.port(), "/").value_or(Reply{}).body.size(), large->body.size());
  for (const auto& client : slow)
    EXPECT_EQ(client->receive().value_or(Reply{}).body.size(), large->body.size());
}

// Answers that are made wait for others that are made, and the ready ones for none.
TEST(Server, ReadyAnswersDoNotWaitForOthers) {
  std::promise<void> go_on;
  const std::shared_future<void> gone_on = go_on.get_future().share();
  const auto ready = std::make_shared<const Response>(Response{200, "text/plain", "ready"});
  RunningServer server(
      [&](const Request&) {
        gone_on.wait();
        return Response{200, "text/plain", "made"};
      },
      kPatient, 0, {{"/ready"}, [&](const Request&) { return ready; }});
  std::vector<std::unique_ptr<HttpClient>> others;
  for (int i = 0; i < 100; ++i) {
    others.push_back(std::make_unique<HttpClient>(server.port()));
    others.back()->send(get_request("/made"));
  }
  for (int i = 0; i < 100; ++i)
    ASSERT_EQ(get(server.port(), "/ready").value_or(Reply{}).body, "ready");
  go_on.set_value();
  for (const auto& other : others) EXPECT_EQ(other->receive().value_or(Reply{}).body, "made");
}

TEST(Server, ReadyAnswerIsAskedWithAllThatItDependsOn) {
  RunningServer server(echo, kPatient, 0, {{"/ready"}, [](const Request& request) {
                                             return std::make_shared<const Response>(echo(request));
                                           }});
  const auto reply =
      get(server.port(), "/ready", "Accept: application/msgpack\r\nAuthorization: Bearer t\r\n");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, "GET /ready [-] localhost application/msgpack Bearer t");
  EXPECT_EQ(reply->headers.at("Content-Type"), "text/plain");
  EXPECT_EQ(reply->headers.at("Cache-Control"), "no-store");
  EXPECT_EQ(reply->headers.at("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(reply->headers.count("Connection"), 0u);
}

std::string post_request(std::string_view body, std::string_view path = "/post") {
  return std::string("POST ").append(path) +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/x\r\nContent-Encoding: e\r\n"
         "Authorization: Bearer t\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

// What is posted is answered with what came.
PathAnswers posts_to(const std::string& path) {
  return {{path}, [](const Request& request) {
            return std::make_shared<const Response>(
                Response{200, "text/plain",
                         request.content_type + ' ' + request.content_encoding + ' ' +
                             request.authorization + ' ' + request.body});
          }};
}

TEST(Server, PostIsAnsweredWithItsBodyAndTheConnectionStays) {
  RunningServer server(echo, kPatient, 0, {}, posts_to("/post"));
  HttpClient client(server.port());
  const std::string large(1024 * 1024, 'x');
  for (const std::string& body : {std::string("first"), large, std::string()}) {
    client.send(post_request(body));
    const Reply reply = client.receive().value_or(Reply{});
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "text/x e Bearer t " + body);
  }
  client.send(get_request("/"));
  EXPECT_EQ(client.receive().value_or(Reply{}).status, 200);
}

TEST(Server, PostsThatWouldTakeTooMuchMemoryTogetherAreToldToComeBack) {
  Limits limits = kPatient;
  limits.all_body_bytes = 250;
  RunningServer server(echo, limits, 0, {}, posts_to("/post"));
  const std::string body(100, 'x');
  const std::string part = post_request(body).substr(0, post_request(body).size() - 1);
  std::vector<std::unique_ptr<HttpClient>> slow;
  for (int i = 0; i < 2; ++i) {
    slow.push_back(std::make_unique<HttpClient>(server.port()));
    slow.back()->send(part);
  }
  // Served on one thread, in this order: so the slow ones have been read.
  EXPECT_EQ(get(server.port(), "/").value_or(Reply{}).status, 200);
  HttpClient third(server.port());
  third.send(post_request(body));
  const Reply refused = third.receive().value_or(Reply{});
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("Retry-After"), "1");
  slow[0]->send("x");
  EXPECT_EQ(slow[0]->receive().value_or(Reply{}).status, 200);
  HttpClient fourth(server.port());
  fourth.send(post_request(body));
  EXPECT_EQ(fourth.receive().value_or(Reply{}).status, 200) << "there is room again";
}

// Posts are answered as by posts_to(), all else with its method and path.
Door own_door() {
  return {.posts = posts_to("/post"), .others = [](const Request& request) {
            return std::make_shared<const Response>(
                Response{404, "text/plain", "not here: " + request.method + ' ' + request.path});
          }};
}

TEST(ServerWithASocketFile, EachDoorHasItsOwnAnswers) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  RunningServer server(echo, kPatient, path, own_door());
  HttpClient client(path);
  client.send(post_request("first"));
  EXPECT_EQ(client.receive().value_or(Reply{}).body, "text/x e Bearer t first");
  client.send(get_request("/metrics"));
  const Reply other = client.receive().value_or(Reply{});
  EXPECT_EQ(other.status, 404);
  EXPECT_EQ(other.body, "not here: GET /metrics");
  client.send("HEAD /post HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.receive(true).value_or(Reply{}).status, 404);
  client.send(get_request("/1") + get_request("/2") + post_request("second"));
  EXPECT_EQ(client.receive().value_or(Reply{}).body, "not here: GET /1");
  EXPECT_EQ(client.receive().value_or(Reply{}).body, "not here: GET /2");
  EXPECT_EQ(client.receive().value_or(Reply{}).body, "text/x e Bearer t second");
  client.send(post_request("body", "/elsewhere"));
  EXPECT_EQ(client.receive().value_or(Reply{}).body, "not here: POST /elsewhere");
  EXPECT_TRUE(client.closed_by_server()) << "as the body was not read";

  HttpClient by_tcp(server.port());
  by_tcp.send(post_request("body"));
  EXPECT_EQ(by_tcp.receive().value_or(Reply{}).body.substr(0, 10), "POST /post");
  EXPECT_EQ(get(server.port(), "/metrics").value_or(Reply{}).status, 200);
}

TEST(ServerWithASocketFile, ClientsOfBothDoorsHaveOneNumberOfPlaces) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  Limits limits = kPatient;
  limits.connections = 20;
  RunningServer server(echo, limits, path, own_door());
  std::vector<std::unique_ptr<HttpClient>> by_tcp;
  for (int i = 0; i < 20; ++i) {
    by_tcp.push_back(std::make_unique<HttpClient>(server.port()));
    by_tcp.back()->send(get_request("/"));
    ASSERT_TRUE(by_tcp.back()->receive());
  }
  std::vector<std::unique_ptr<HttpClient>> silent;
  for (int i = 0; i < 60; ++i) silent.push_back(std::make_unique<HttpClient>(path));
  EXPECT_TRUE(by_tcp.back()->closed_by_server());
  silent.back()->send(post_request("body"));
  EXPECT_EQ(silent.back()->receive().value_or(Reply{}).status, 200);
  EXPECT_EQ(get(server.port(), "/").value_or(Reply{}).status, 200);
  EXPECT_TRUE(silent.front()->closed_by_server());
}

TEST(ServerWithASocketFile, BodiesOfBothDoorsShareOneRoom) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  Limits limits = kPatient;
  limits.all_body_bytes = 250;
  RunningServer server(echo, limits, path, own_door(), posts_to("/post"));
  const std::string whole = post_request(std::string(100, 'x'));
  HttpClient here(path);
  HttpClient there(server.port());
  for (HttpClient* client : {&here, &there}) {
    // Answered in this order, so what comes after the first has come, too.
    client->send(post_request("") + whole.substr(0, whole.size() - 1));
    EXPECT_EQ(client->receive().value_or(Reply{}).status, 200);
  }
  for (const bool by_file : {true, false}) {
    const auto third =
        by_file ? std::make_unique<HttpClient>(path) : std::make_unique<HttpClient>(server.port());
    third->send(whole);
    EXPECT_EQ(third->receive().value_or(Reply{}).status, 503);
  }
  here.send("x");
  EXPECT_EQ(here.receive().value_or(Reply{}).status, 200);
}

TEST(ServerWithASocketFile, RudeClientsAreEndedThereToo) {
  const TemporaryFolder folder;
  constexpr milliseconds kShort{100};
  const RunningServer impatient(echo, {.idle = kShort}, folder.file("impatient"), own_door());
  HttpClient silent(folder.file("impatient"));
  EXPECT_TRUE(silent.closed_by_server());

  const std::string path = folder.file("s");
  const RunningServer server(echo, {.idle = kLong, .request = kShort, .linger = kShort}, path,
                             own_door());
  HttpClient half(path);
  half.send("POST /post HTTP/1.1\r\nHost: l");
  EXPECT_EQ(half.receive().value_or(Reply{}).status, 408);
  EXPECT_TRUE(half.closed_by_server());
  HttpClient half_body(path);
  half_body.send(post_request("body").substr(0, post_request("body").size() - 1));
  EXPECT_EQ(half_body.receive().value_or(Reply{}).status, 408);
  EXPECT_TRUE(half_body.closed_by_server());
  HttpClient says_no_more(path);
  says_no_more.send(post_request("body"));
  says_no_more.end_input();
  EXPECT_EQ(says_no_more.receive().value_or(Reply{}).status, 200);
  EXPECT_TRUE(says_no_more.closed_by_server());
  HttpClient no_http(path);
  no_http.send("nonsense\r\n\r\n");
  EXPECT_EQ(no_http.receive().value_or(Reply{}).status, 400);
}

TEST(ServerWithASocketFile, BothDoorsCloseTogetherAndLeaveNothing) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  const auto before = open_descriptors();
  {
    RunningServer server(echo, kPatient, path, own_door());
    HttpClient client(path);
    client.send(post_request(""));
    EXPECT_EQ(client.receive().value_or(Reply{}).status, 200);
    EXPECT_TRUE(server.stop());
    EXPECT_TRUE(client.closed_by_server());
    EXPECT_FALSE(HttpClient(path).connected());
  }
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_TRUE(folder.is_empty());
}

TEST(Server, RequestThatGetsNoTurnInTimeIsToldToAskAgain) {
  std::promise<void> go_on;
  const std::shared_future<void> gone_on = go_on.get_future().share();
  Limits limits = kPatient;
  limits.turn = milliseconds(100);
  RunningServer server(
      [&](const Request&) {
        gone_on.wait();
        return Response{200, "text/plain", "made"};
      },
      limits);
  std::vector<std::unique_ptr<HttpClient>> clients;
  for (int i = 0; i < 20; ++i) {  // more than have a turn
    clients.push_back(std::make_unique<HttpClient>(server.port()));
    clients.back()->send(get_request("/"));
  }
  const Reply refused = clients.back()->receive().value_or(Reply{});
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("Retry-After"), "1");
  go_on.set_value();
  EXPECT_EQ(clients.front()->receive().value_or(Reply{}).body, "made");
}

TEST(Server, ExceptionEndsOnlyItsAnswer) {
  RunningServer server(echo, kPatient, 0,
                       {{"/ready"}, [](const Request&) -> std::shared_ptr<const Response> {
                          throw std::bad_alloc();
                        }});
  EXPECT_EQ(get(server.port(), "/ready").value_or(Reply{}).status, 503);
  EXPECT_EQ(get(server.port(), "/").value_or(Reply{}).status, 200);
}

TEST(Server, ClientThatEndsItsInputAfterItsRequestIsAnswered) {
  RunningServer server(echo);
  HttpClient client(server.port());
  client.send(get_request("/"));
  client.end_input();
  EXPECT_EQ(client.receive().value_or(Reply{}).status, 200);
  EXPECT_TRUE(client.closed_by_server());
  HttpClient half(server.port());
  half.send("GET / HT");
  half.end_input();
  EXPECT_TRUE(half.closed_by_server());
}

TEST(Server, WhatIsMadeForAClientThatHasLeftIsGivenUp) {
  Limits limits = kPatient;
  limits.farewell = milliseconds(0);
  std::promise<void> asked;
  std::promise<bool> gone;
  RunningServer server(
      [&](const Request& request) {
        if (request.path != "/long") return echo(request);
        EXPECT_FALSE(request.is_gone());
        asked.set_value();
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!request.is_gone() && std::chrono::steady_clock::now() < limit) {
          std::this_thread::sleep_for(milliseconds(1));
        }
        gone.set_value(request.is_gone());
        return Response{};
      },
      limits);
  for (const bool resets : {false, true}) {
    asked = {};
    gone = {};
    {
      HttpClient client(server.port());
      client.send(get_request("/long"));
      asked.get_future().wait();
      if (resets) client.reset();
    }
    EXPECT_TRUE(gone.get_future().get());
    EXPECT_EQ(get(server.port(), "/").value_or(Reply{}).status, 200);
  }
}

TEST(Server, ClientsThatHangUpOrResetLeaveNothingBehind) {
  Limits limits = kPatient;
  limits.connections = 50;
  RunningServer server(echo, limits);
  ASSERT_TRUE(get(server.port(), "/"));
  const auto before = open_descriptors();
  for (int i = 0; i < 200; ++i) {
    HttpClient client(server.port());
    if (i % 4 > 0) client.send(i % 4 == 1 ? "GET / HT" : get_request("/"));
    if (i % 8 >= 4) client.reset();
  }
  while (open_descriptors() > before) std::this_thread::sleep_for(milliseconds(1));
  EXPECT_EQ(get(server.port(), "/").value_or(Reply{}).status, 200) << "no place is taken";
}

TEST(Server, StopsAtOnceWithSilentClients) {
  RunningServer server(echo);
  HttpClient silent(server.port());
  HttpClient half(server.port());
  half.send("GET / HT");
  ASSERT_TRUE(get(server.port(), "/"));
  server.stop();  // comes back long before the limits
  EXPECT_TRUE(silent.closed_by_server());
}

TEST(Server, StopsRightAfterTheStart) {
  for (int i = 0; i < 20; ++i) {
    RunningServer server(echo);
    EXPECT_TRUE(server.stop());
    ASSERT_FALSE(HttpClient(server.port()).connected());
  }
}

// So that one which is killed leaves nothing behind.
TEST(Server, HasNoFilesWhileItRuns) {
  std::string folder = testing::TempDir() + "server_test.XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  ::setenv("TMPDIR", folder.c_str(), 1);
  RunningServer server(echo);
  ::unsetenv("TMPDIR");
  EXPECT_TRUE(get(server.port(), "/"));
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  std::filesystem::remove_all(folder);
}

TEST(Server, FolderThatCannotBeMadeIsASentence) {
  for (const auto& [folder, error] : {std::pair{"/proc", "No such file or directory"},
                                      std::pair{"/dev/null", "Not a directory"}}) {
    ::setenv("TMPDIR", folder, 1);
    Server server(echo);
    std::string why;
    EXPECT_EQ(server.bind("127.0.0.1", 0, why), 0);
    ::unsetenv("TMPDIR");
    EXPECT_EQ(why, std::string("cannot make a temporary folder: ") + error);
  }
}

TEST(Server, EndsByItselfWhenItsSocketFails) {
  RunningServer server(echo);
  ASSERT_TRUE(get(server.port(), "/"));
  ASSERT_EQ(::shutdown(listening_socket(server.port()), SHUT_RDWR), 0);
  EXPECT_FALSE(server.wait());
}

// The server was the one to close, so that the kernel remembers the connection for a while.
TEST(Server, PortIsFreeForTheNextAtOnce) {
  int port = 0;
  {
    RunningServer server(echo);
    port = server.port();
    HttpClient client(port);
    client.send(get_request("/", "Connection: close\r\n"));
    ASSERT_TRUE(client.receive());
    EXPECT_TRUE(client.closed_by_server());
  }
  const RunningServer next(echo, {}, port);
  EXPECT_TRUE(get(port, "/"));
}

// As many as the system allows.
TEST(Server, ManyMayWaitToBeAccepted) {
  unsigned allowed = 0;
  std::ifstream("/proc/sys/net/core/somaxconn") >> allowed;
  const RunningServer server(echo);
  tcp_info info{};
  socklen_t size = sizeof info;
  ASSERT_EQ(::getsockopt(listening_socket(server.port()), IPPROTO_TCP, TCP_INFO, &info, &size), 0);
  EXPECT_EQ(info.tcpi_sacked, std::min(allowed, 4096u)) << "of a listening socket: its backlog";
}

TEST(Server, LeavesNoDescriptorBehind) {
  const auto before = open_descriptors();
  {
    RunningServer server(echo);
    EXPECT_TRUE(get(server.port(), "/"));
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(Server, PortInUseIsASentence) {
  RunningServer server(echo);
  Server second(echo);
  std::string why;
  EXPECT_EQ(second.bind("127.0.0.1", server.port(), why), 0);
  EXPECT_EQ(why, "cannot listen on 127.0.0.1 port " + std::to_string(server.port()) +
                     ": Address already in use");
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
