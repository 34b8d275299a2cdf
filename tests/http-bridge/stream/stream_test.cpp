// SPDX-License-Identifier: GPL-3.0-or-later
// The live stream over real sockets, through the server. The clients' side of the protocol is Beast's.
#include "http-bridge/stream/stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "http-bridge/server.h"
#include "http-bridge/stream/handshake.h"
#include "tests/http-bridge/http_client.h"
#include "tests/metrics/test_segment.h"

namespace goxel_telemetry::http_bridge {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;
using nlohmann::json;
using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr milliseconds kLong{600'000};
const std::string kUpgrade =
    "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: ";

// A segment that is there as long as these tests run.
std::string records_instance() {
  static const std::string instance = metrics::unique_instance();
  return instance;
}

// A stream of documents that count how often they were made, behind a server.
class Streaming {
 public:
  explicit Streaming(const StreamLimits& limits = {}, const Limits& server_limits = {})
      : stream_(
            std::in_place, [this](const Request& request) { return made(request); },
            [] { return std::vector<std::string>{records_instance()}; }, limits),
        server_([](const Request&) { return stream_is_a_websocket(); }, server_limits,
                {.upgrades = {
                     kStreamPath,
                     [this](const RequestHead& head) { return refused_stream(access_, head); },
                     [this](int descriptor, const RequestHead& head, std::shared_ptr<void> place) {
                       stream_->take(descriptor, head, std::move(place));
                     }}}) {
    std::string why;
    port_ = server_.bind("127.0.0.1", 0, why);
    EXPECT_NE(port_, 0) << why;
    thread_ = std::thread([this] { server_.serve(); });
  }
  ~Streaming() {
    if (stream_) stream_->stop();
    server_.stop();
    thread_.join();
  }

  int port() const { return port_; }
  std::uint64_t made_count() const { return made_count_; }
  void fill_documents(std::size_t bytes) { filler_bytes_ = bytes; }
  void end_stream() {
    stream_->stop();
    stream_.reset();
  }

 private:
  std::shared_ptr<const Response> made(const Request& request) {
    if (request.parameters.contains("instance") && request.parameters.at("instance") != "goxel") {
      return std::make_shared<const Response>(
          Response{404, "application/problem+json", R"({"status":404,"detail":"There is none."})"});
    }
    json document = {{"path", request.path},
                     {"accept", request.accept},
                     {"parameters", request.parameters},
                     {"count", ++made_count_}};
    if (request.accept == "application/json")
      return std::make_shared<const Response>(Response{
          200, request.accept,
          "{\"filler\":\"" + std::string(filler_bytes_, 'x') + "\"," + document.dump().substr(1)});
    std::string packed;
    json::to_msgpack(document, packed);
    return std::make_shared<const Response>(Response{200, request.accept, packed});
  }

  const Access access_ = Access::for_address("127.0.0.1", "");
  std::atomic<std::uint64_t> made_count_ = 0;
  std::atomic<std::size_t> filler_bytes_ = 0;
  std::optional<Stream> stream_;
  Server server_;
  int port_ = 0;
  std::thread thread_;
};

class StreamReader {
 public:
  explicit StreamReader(int port, const std::string& protocol = "") : socket_(io_) {
    socket_.next_layer().connect(
        {asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)});
    // A call that takes half a minute has failed.
    timeval patience{30, 0};
    ::setsockopt(socket_.next_layer().native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience,
                 sizeof patience);
    socket_.read_message_max(0);
    if (!protocol.empty()) {
      socket_.set_option(
          websocket::stream_base::decorator([protocol](websocket::request_type& request) {
            request.set(beast::http::field::sec_websocket_protocol, protocol);
          }));
    }
    socket_.handshake(answer_, "localhost:" + std::to_string(port), kStreamPath, error_);
  }

  bool is_open() const { return !error_; }
  const error_code& error() const { return error_; }
  const websocket::response_type& answer() const { return answer_; }
  websocket::close_reason reason() const { return socket_.reason(); }

  void send(const std::string& text) { socket_.write(asio::buffer(text), error_); }
  void subscribe(const std::string& id, int hz, const std::string& document = "overview",
                 const std::string& rest = "") {
    send("{\"subscribe\":\"" + document + "\",\"id\":\"" + id + "\",\"hz\":" + std::to_string(hz) +
         rest + '}');
  }
  // The next frame; null at the end of the connection.
  json frame() {
    beast::flat_buffer buffer;
    socket_.read(buffer, error_);
    if (error_) return nullptr;
    const std::string bytes = beast::buffers_to_string(buffer.data());
    return socket_.got_binary() ? json::from_msgpack(bytes) : json::parse(bytes);
  }
  // The next one of this subscription.
  json frame_of(const std::string& id) {
    for (;;) {
      json one = frame();
      if (one.is_null() || one["id"] == id) return one;
    }
  }
  void ping() { socket_.ping({}, error_); }
  void close() { socket_.close(websocket::close_code::normal, error_); }

 private:
  asio::io_context io_;
  websocket::stream<tcp::socket> socket_;
  websocket::response_type answer_;
  error_code error_;
};

TEST(Stream, DocumentsComeAsOftenAsTheyAreSubscribedToAndAsAGetWouldHaveThem) {
  Streaming streaming;
  StreamReader reader(streaming.port());
  ASSERT_TRUE(reader.is_open()) << reader.error().message();
  reader.subscribe("a", 20, "layers", R"(,"instance":"goxel")");
  std::uint64_t last = 0;
  for (int i = 0; i < 5; ++i) {
    const json frame = reader.frame();
    EXPECT_EQ(frame["id"], "a");
    EXPECT_EQ(frame["missed"], 0);
    const json& document = frame["document"];
    EXPECT_EQ(document["path"], "/api/v1/layers");
    EXPECT_EQ(document["accept"], "application/json");
    EXPECT_EQ(document["parameters"], json({{"instance", "goxel"}}));
    EXPECT_GT(document["count"], last);
    last = document["count"];
  }
}

TEST(Stream, MsgpackIsAProtocolOfItsOwn) {
  Streaming streaming;
  StreamReader reader(streaming.port(), "goxel-telemetry.v1.msgpack");
  EXPECT_EQ(reader.answer()["Sec-WebSocket-Protocol"], "goxel-telemetry.v1.msgpack");
  reader.subscribe("a", 20);
  EXPECT_EQ(reader.frame()["document"]["accept"], "application/msgpack");
  reader.send("x");
  EXPECT_EQ(reader.frame_of("")["problem"]["status"], 400);
}

TEST(Stream, DocumentIsMadeOnceForAllWhoAreDueTogether) {
  Streaming streaming;
  std::vector<std::unique_ptr<StreamReader>> readers;
  for (int i = 0; i < 20; ++i) {
    readers.push_back(std::make_unique<StreamReader>(streaming.port()));
    readers.back()->subscribe("a", 20);
  }
  for (const auto& reader : readers) reader->frame();
  std::uint64_t frames = 0;
  const std::uint64_t before = streaming.made_count();
  for (int i = 0; i < 10; ++i) {
    for (const auto& reader : readers) frames += reader->frame().is_null() ? 0 : 1;
  }
  EXPECT_EQ(frames, 200u);
  EXPECT_LT(streaming.made_count() - before, 100u) << "far fewer than were sent";
}

TEST(Stream, SubscriptionIsReplacedByOneOfTheSameIdAndEndsWhenTheClientSaysSo) {
  Streaming streaming;
  StreamReader reader(streaming.port());
  reader.subscribe("a", 20, "overview");
  EXPECT_EQ(reader.frame()["document"]["path"], "/api/v1/overview");
  reader.subscribe("a", 20, "layers");
  while (reader.frame()["document"]["path"] != "/api/v1/layers") {
  }
  for (int i = 0; i < 5; ++i) EXPECT_EQ(reader.frame()["document"]["path"], "/api/v1/layers");
  reader.send(R"({"unsubscribe":"a"})");
  reader.send("x");
  while (!reader.frame().contains("problem")) {
  }
  reader.subscribe("b", 20);
  EXPECT_EQ(reader.frame()["id"], "b") << "nothing comes of a any more";
}

TEST(Stream, WhatCannotBeSubscribedToIsAProblemAndTheOthersGoOn) {
  Streaming streaming;
  StreamReader reader(streaming.port());
  reader.subscribe("good", 20);
  reader.subscribe("bad", 1, "nonsense");
  EXPECT_THAT(reader.frame_of("bad")["problem"]["detail"].get<std::string>(),
              HasSubstr("overview"));
  reader.subscribe("gone", 20, "overview", R"(,"instance":"other")");
  EXPECT_EQ(reader.frame_of("gone")["problem"]["status"], 404);
  reader.send("x");
  json frame = reader.frame();
  while (frame["id"] == "good") frame = reader.frame();
  EXPECT_EQ(frame["id"], "") << "a subscription that came to its end is told so once";
  for (int i = 1; i < 16; ++i) reader.subscribe(std::to_string(i), 1);
  reader.subscribe("17th", 1);
  EXPECT_THAT(reader.frame_of("17th")["problem"]["detail"].get<std::string>(),
              HasSubstr("at most 16"));
  reader.subscribe("good", 10);
  EXPECT_TRUE(reader.frame_of("good").contains("document")) << "one that is there can be replaced";
}

TEST(Stream, SlowClientIsToldHowManyFramesItMissed) {
  StreamLimits limits;
  limits.behind = kLong;
  Streaming streaming(limits);
  streaming.fill_documents(4'000'000);
  StreamReader reader(streaming.port());
  reader.subscribe("a", 20);
  // One in the network, which takes no more: the documents that are made meanwhile are not for this client.
  StreamReader other(streaming.port());
  other.subscribe("b", 20, "inflight");
  for (int i = 0; i < 10; ++i) ASSERT_FALSE(other.frame().is_null());
  std::uint64_t missed = 0;
  for (int i = 0; i < 10 && missed == 0; ++i) missed = reader.frame()["missed"];
  EXPECT_GT(missed, 0u);
  streaming.fill_documents(0);
  for (int i = 0; i < 10; ++i) missed = reader.frame()["missed"];
  EXPECT_EQ(missed, 0u) << "and when it keeps up again, that it misses none";
}

TEST(Stream, FirstFrameOfASubscriptionMissedNoneBeforeIt) {
  StreamLimits limits;
  limits.behind = kLong;
  Streaming streaming(limits);
  streaming.fill_documents(4'000'000);
  StreamReader reader(streaming.port());
  StreamReader other(streaming.port());
  reader.subscribe("large", 20);
  other.subscribe("b", 20, "inflight");
  for (int i = 0; i < 5; ++i) ASSERT_FALSE(other.frame().is_null());
  reader.subscribe("late", 20, "layers");
  for (int i = 0; i < 5; ++i) ASSERT_FALSE(other.frame().is_null());
  EXPECT_EQ(reader.frame_of("late")["missed"], 0) << "though it had to wait for the large ones";
}

TEST(Stream, ClientThatStaysBehindIsDropped) {
  StreamLimits limits;
  limits.behind = milliseconds(200);
  Streaming streaming(limits);
  streaming.fill_documents(20'000'000);
  StreamReader slow(streaming.port());
  slow.subscribe("a", 20);
  StreamReader other(streaming.port());
  streaming.fill_documents(20'000'000);
  other.subscribe("b", 1);
  std::this_thread::sleep_for(milliseconds(600));  // both are read by nobody
  int frames = 0;
  while (!slow.frame().is_null() && frames < 100) ++frames;
  EXPECT_LT(frames, 100);
  EXPECT_NE(slow.error(), websocket::error::closed)
      << "without a farewell, which it would not read";
}

TEST(Stream, ThoseWhoHaveBeenBehindTheLongestGoWhenTheirDocumentsNeedTooMuchMemory) {
  StreamLimits limits;
  limits.behind = kLong;
  limits.held_bytes = 30'000'000;
  Streaming streaming(limits);
  streaming.fill_documents(10'000'000);
  std::vector<std::unique_ptr<StreamReader>> slow;
  for (int i = 0; i < 6; ++i) {
    slow.push_back(std::make_unique<StreamReader>(streaming.port()));
    const std::uint64_t before = streaming.made_count();
    slow.back()->subscribe("a", 1, "overview", ",\"x\":\"" + std::to_string(i) + '"');
    while (streaming.made_count() == before) std::this_thread::sleep_for(milliseconds(1));
  }
  streaming.fill_documents(0);
  StreamReader polite(streaming.port());
  polite.subscribe("a", 20, "layers");
  for (int i = 0; i < 5; ++i) ASSERT_FALSE(polite.frame().is_null());
  EXPECT_TRUE(slow[0]->frame().is_null()) << "the first is dropped";
  EXPECT_FALSE(slow[5]->frame().is_null()) << "the last has what it was sent";
}

TEST(Stream, ClientIsAskedForASignAndGoesWithoutOne) {
  StreamLimits limits;
  limits.silence = milliseconds(300);
  Streaming streaming(limits, {.upgraded = 1});
  // This one answers no ping, for it does not read.
  HttpClient silent(streaming.port());
  silent.send(get_request(kStreamPath, kUpgrade + "13\r\n"));
  EXPECT_TRUE(silent.closed_by_server());
  StreamReader next(streaming.port());
  for (int i = 0; i < 100 && !next.is_open(); ++i) {
    std::this_thread::sleep_for(milliseconds(20));
    StreamReader again(streaming.port());
    if (again.is_open()) return;
  }
  EXPECT_TRUE(next.is_open()) << "its place is free again";
}

TEST(Stream, RecordsComeAsTheyHappenAndOnlyThoseThatAreWanted) {
  metrics::TestSegment segment(records_instance());
  Streaming streaming;
  StreamReader reader(streaming.port());
  segment.publish("before", shm::monotonic_ns(), 1'000);
  reader.subscribe("all", 20, "records");
  reader.subscribe("errors", 20, "records", R"(,"status":"error")");
  reader.subscribe("old", 20, "records", R"(,"cursor":"oldest")");
  EXPECT_EQ(reader.frame_of("old")["document"]["records"][0]["operation"], "before");
  // Now the others have begun, too: they are served in the order of their names.
  segment.publish("good", shm::monotonic_ns(), 1'000);
  segment.publish("bad", shm::monotonic_ns(), 1'000, shm::Status::error);
  std::vector<std::string> all;
  std::vector<std::string> errors;
  std::string cursor;
  while (all.size() < 2 || errors.empty()) {
    const json frame = reader.frame();
    ASSERT_TRUE(frame.contains("document")) << frame;
    EXPECT_FALSE(frame["document"]["records"].empty()) << "nothing is sent while nothing happens";
    for (const json& record : frame["document"]["records"]) {
      if (frame["id"] == "all") all.push_back(record["operation"]);
      if (frame["id"] == "errors") errors.push_back(record["operation"]);
    }
    if (frame["id"] == "all") cursor = frame["document"]["cursor"];
  }
  EXPECT_THAT(all, testing::ElementsAre("good", "bad"));
  EXPECT_THAT(errors, testing::ElementsAre("bad"));
  reader.close();

  segment.publish("meanwhile", shm::monotonic_ns(), 1'000);
  StreamReader again(streaming.port());
  again.subscribe("all", 20, "records", ",\"cursor\":\"" + cursor + '"');
  const json resumed = again.frame()["document"];
  EXPECT_EQ(resumed["missed"], 0);
  EXPECT_EQ(resumed["records"][0]["operation"], "meanwhile");
  again.subscribe("wrong", 20, "records", R"(,"limit":"0")");
  EXPECT_EQ(again.frame_of("wrong")["problem"]["status"], 400);
  shm::remove_segment_of(records_instance());
}

TEST(Stream, PingsAreAnswered) {
  Streaming streaming;
  StreamReader reader(streaming.port());
  reader.ping();
  reader.subscribe("a", 20);
  EXPECT_FALSE(reader.frame().is_null()) << "the pong is read on the way";
  EXPECT_TRUE(reader.is_open());
}

TEST(Stream, EndOfTheBridgeIsSaidToAllClients) {
  Streaming streaming;
  std::vector<std::unique_ptr<StreamReader>> readers;
  for (int i = 0; i < 3; ++i) {
    readers.push_back(std::make_unique<StreamReader>(streaming.port()));
    readers.back()->subscribe("a", 20);
    ASSERT_FALSE(readers.back()->frame().is_null());
  }
  std::thread ending([&streaming] { streaming.end_stream(); });
  for (const auto& reader : readers) {
    while (!reader->frame().is_null()) {
    }
    EXPECT_EQ(reader->error(), websocket::error::closed);
    EXPECT_EQ(reader->reason().code, websocket::close_code::going_away);
  }
  ending.join();
}

TEST(Stream, EndOfTheBridgeWaitsNotLongForAClientThatReadsNothing) {
  StreamLimits limits;
  limits.farewell = milliseconds(50);
  limits.behind = limits.silence = kLong;
  Streaming streaming(limits);
  streaming.fill_documents(20'000'000);
  StreamReader slow(streaming.port());
  slow.subscribe("a", 20);
  while (streaming.made_count() == 0) std::this_thread::sleep_for(milliseconds(1));
  streaming.end_stream();  // returns
}

TEST(Stream, MessageBeyondTheLimitEndsTheConnection) {
  Streaming streaming;
  StreamReader reader(streaming.port());
  reader.send('"' + std::string(4094, 'x') + '"');
  EXPECT_EQ(reader.frame()["problem"]["status"], 400) << "as long as may be";
  reader.send(std::string(4097, 'x'));
  EXPECT_TRUE(reader.frame().is_null());
  EXPECT_EQ(reader.reason().code, websocket::close_code::too_big);
}

TEST(Stream, WhoSendsMessagesWithoutEndKeepsNobodyWaiting) {
  Streaming streaming;
  std::atomic<bool> is_over = false;
  std::thread flood([&] {
    StreamReader reader(streaming.port());
    while (!is_over && reader.is_open()) reader.send("{}");
  });
  StreamReader reader(streaming.port());
  reader.subscribe("a", 20);
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(reader.frame().is_null());
  is_over = true;
  streaming.end_stream();
  flood.join();
}

TEST(Stream, WhoSendsPingsWithoutEndIsDropped) {
  Streaming streaming;
  StreamReader reader(streaming.port());
  for (int i = 0; i < 100'000 && reader.is_open(); ++i) reader.ping();
  EXPECT_FALSE(reader.is_open());
}

TEST(Stream, OnlySoManyClientsHaveAPlace) {
  Streaming streaming({}, {.upgraded = 2});
  auto first = std::make_unique<StreamReader>(streaming.port());
  StreamReader second(streaming.port());
  EXPECT_TRUE(second.is_open());
  const Reply third = get(streaming.port(), kStreamPath, kUpgrade + "13\r\n").value_or(Reply{});
  EXPECT_EQ(third.status, 503);
  EXPECT_EQ(third.headers.at("Retry-After"), "1");
  first.reset();
  for (int i = 0; i < 1'000; ++i) {
    if (StreamReader(streaming.port()).is_open()) return;
    std::this_thread::sleep_for(milliseconds(10));
  }
  FAIL() << "the first one's place is not free again";
}

TEST(Stream, RequestThatIsNoneForAWebSocketIsAnsweredByHttp) {
  Streaming streaming;
  const auto plain = get(streaming.port(), kStreamPath);
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->status, 426);
  EXPECT_EQ(plain->headers.at("Upgrade"), "websocket");
  EXPECT_EQ(get(streaming.port(), kStreamPath, kUpgrade + "8\r\n").value_or(Reply{}).status, 400);
  EXPECT_EQ(get(streaming.port(), std::string(kStreamPath) + "?x=y", kUpgrade + "13\r\n")
                .value_or(Reply{})
                .status,
            426)
      << "it has no parameters";
  HttpClient eager(streaming.port());
  eager.send(get_request(kStreamPath, kUpgrade + "13\r\n") + "\x81\x80");
  EXPECT_EQ(eager.receive().value_or(Reply{}).status, 400) << "a frame before the answer";
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
