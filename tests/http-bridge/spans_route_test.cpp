// SPDX-License-Identifier: GPL-3.0-or-later
// What a collector is told.
#include "http-bridge/spans_route.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/metrics/test_segment.h"

namespace goxel_telemetry::http_bridge {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class SpansRouteTest : public metrics::FollowerTest {
 protected:
  ~SpansRouteTest() override { shm::remove_segment_of(shm::layers_instance(instance_)); }

  json batch(int number, std::size_t spans = 1) const {
    const json span = {{"operation", "add"},
                       {"start_ns", shm::monotonic_ns() - 1'000},
                       {"duration_ns", 1'000},
                       {"status", "ok"}};
    return {{"instance", instance_},
            {"source", {{"id", "9f86d081884c7d65"}, {"pid", 0}, {"layer", "mcp-server"}}},
            {"batch", number},
            {"completed", 1},
            {"dropped", 0},
            {"spans", json::array_t(spans, span)}};
  }
  Response post(const std::string& body, const std::string& type = "application/json") {
    Request request;
    request.method = "POST";
    request.path = kSpansPath;
    request.host = "localhost";
    request.content_type = type;
    request.body = body;
    return route_.answer(request);
  }

  bool is_watched_ = true;
  SpansRoute route_{Access::for_address("127.0.0.1", ""),
                    [this](const std::string&) { return is_watched_; }};
};

TEST_F(SpansRouteTest, AnswerSaysHowManyWereTakenAndWhyOthersWereNot) {
  json two = batch(1, 2);
  two["spans"][1]["status"] = "fine";
  const Response response = post(two.dump());
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(
      json::parse(response.body),
      json({{"taken", 1},
            {"duplicate", false},
            {"refused_count", 1},
            {"refused",
             {{{"index", 1},
               {"why", "\"status\" must be ok, error, unanswered, cancelled or notification"}}}}}));
  EXPECT_EQ(json::parse(post(two.dump()).body)["duplicate"], true);
  EXPECT_EQ(json::parse(post(two.dump()).body)["taken"], 0);
}

TEST_F(SpansRouteTest, ReadersFindThemBesideTheDaemon) {
  post(batch(1, 3).dump());
  const auto reader = shm::Reader::open(shm::layers_instance(instance_));
  ASSERT_NE(reader, nullptr);
  EXPECT_EQ(reader->totals().published, 3u);
}

TEST_F(SpansRouteTest, WhoListensHasABatchBeforeItsReaders) {
  std::vector<std::size_t> sizes;
  route_.on_batch([&](const documents::SpanBatch& batch) {
    const auto reader = shm::Reader::open(shm::layers_instance(instance_));
    ASSERT_NE(reader, nullptr);
    EXPECT_EQ(reader->totals().published, 0u);
    sizes.push_back(batch.spans.size());
  });
  post(batch(1, 3).dump());
  EXPECT_EQ(sizes, std::vector<std::size_t>{3});
}

// A process reports what has ended: its first spans are older than the segment that they are the reason for.
TEST_F(SpansRouteTest, WindowsBeginWithTheSpansOfTheFirstBatch) {
  json first = batch(1, 1);
  const std::uint64_t now_ns = shm::monotonic_ns();
  first["spans"][0]["start_ns"] = now_ns - 3 * metrics::kSecond;
  post(first.dump());
  metrics::Follower follower(shm::layers_instance(instance_));
  metrics::Time now{now_ns + metrics::kSecond, shm::realtime_ns()};
  follower.sweep(now);
  now.monotonic_ns += metrics::kSecond;
  follower.sweep(now);
  const metrics::Snapshot snapshot = follower.snapshot(now);
  EXPECT_EQ(snapshot.operations[0].window(metrics::Window::one_minute).latency.count, 1u);
}

TEST_F(SpansRouteTest, WhatWaitedForABridgeMakesNoWindowLonger) {
  json first = batch(1, 1);
  first["spans"][0]["start_ns"] = shm::monotonic_ns() - 60 * metrics::kSecond;
  post(first.dump());
  const auto reader = shm::Reader::open(shm::layers_instance(instance_));
  ASSERT_NE(reader, nullptr);
  EXPECT_GT(reader->producer().created_monotonic_ns, shm::monotonic_ns() - 60 * metrics::kSecond);
}

TEST_F(SpansRouteTest, TakesJsonAndMsgpackAndNothingThatAPageCouldPostUnasked) {
  const std::vector<std::uint8_t> packed = json::to_msgpack(batch(2));
  EXPECT_EQ(post(batch(1).dump(), "Application/JSON; charset=utf-8").status, 200);
  EXPECT_EQ(post({packed.begin(), packed.end()}, "application/msgpack").status, 200);
  for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded",
                           "multipart/form-data", "application/jsonx"}) {
    EXPECT_EQ(post(batch(3).dump(), type).status, 415) << type;
  }
  Request compressed;
  compressed.host = "localhost";
  compressed.content_type = "application/json";
  compressed.content_encoding = "gzip";
  EXPECT_EQ(route_.answer(compressed).status, 415);
}

TEST_F(SpansRouteTest, WhatIsNoBatchIsNotToBeSentAgain) {
  const Response response = post("{}");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.retry_after_seconds, 0);
  EXPECT_THAT(response.body,
              HasSubstr("\\\"instance\\\" must be the name of a daemon's instance."));
}

TEST_F(SpansRouteTest, BeforeTheDaemonIsThereTheyAreToComeLater) {
  is_watched_ = false;
  const Response response = post(batch(1).dump());
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.retry_after_seconds, 1);
  EXPECT_THAT(response.body, HasSubstr("There is no daemon of the instance"));
  EXPECT_EQ(shm::Reader::open(shm::layers_instance(instance_)), nullptr) << "no memory for that";
  is_watched_ = true;
  EXPECT_EQ(json::parse(post(batch(1).dump()).body)["taken"], 1);
}

TEST_F(SpansRouteTest, TooMuchIsToComeLater) {
  int status = 200;
  int number = 1;
  Response response;
  for (; status == 200 && number < 100; ++number) {
    response = post(batch(number, 5'000).dump());
    status = response.status;
  }
  EXPECT_EQ(status, 429);
  EXPECT_EQ(response.retry_after_seconds, 1);
}

TEST_F(SpansRouteTest, WhereAnotherBridgeTakesThemTheyAreToComeLater) {
  post(batch(1).dump());
  SpansRoute other(Access::for_address("127.0.0.1", ""), [](const std::string&) { return true; });
  Request request;
  request.host = "localhost";
  request.content_type = "application/json";
  request.body = batch(2).dump();
  const Response response = other.answer(request);
  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.body, HasSubstr("Spans cannot be taken: "));
}

TEST_F(SpansRouteTest, OneThatWasRemovedIsMadeAgain) {
  post(batch(1).dump());
  shm::remove_segment_of(shm::layers_instance(instance_));
  EXPECT_EQ(json::parse(post(batch(1).dump()).body)["duplicate"], true);
  EXPECT_EQ(json::parse(post(batch(2).dump()).body)["taken"], 1);
  EXPECT_NE(shm::Reader::open(shm::layers_instance(instance_)), nullptr);
}

TEST_F(SpansRouteTest, WhomItsDoorHasLetInIsNotAskedAgain) {
  SpansRoute guarded(Access::for_address("127.0.0.1", "secret"),
                     [](const std::string&) { return true; });
  Request request;
  request.host = "example.org";
  request.authorization = "Bearer wrong";
  request.content_type = "application/json";
  request.body = batch(1).dump();
  EXPECT_EQ(guarded.answer(request).status, 403);
  EXPECT_EQ(json::parse(guarded.answer_admitted(request).body)["taken"], 1);
  request.host = "localhost";
  request.authorization = "Bearer secret";
  EXPECT_EQ(json::parse(guarded.answer(request).body)["duplicate"], true)
      << "it is one batch by whatever door it comes";
  request.content_type = "text/plain";
  EXPECT_EQ(guarded.answer_admitted(request).status, 415);
}

TEST(SpansDoor, RefusesAllElse) {
  const auto refused = [](const std::string& method, const std::string& path) {
    Request request;
    request.method = method;
    request.path = path;
    return refuse_all_but_spans(request);
  };
  for (const char* method : {"GET", "HEAD", "PUT", "DELETE"}) {
    const Response response = refused(method, "/api/v1/spans");
    EXPECT_EQ(response.status, 405) << method;
    EXPECT_STREQ(response.allowed_methods, "POST");
  }
  for (const char* path : {"/", "/metrics", "/api/v1/snapshot", "/api/v1/history", "/healthz",
                           "/api/v1/spans/", "/api/v1/spans?instance=x", "/API/v1/spans"}) {
    for (const char* method : {"GET", "POST"}) {
      EXPECT_EQ(refused(method, path).status, 404) << method << path;
      EXPECT_THAT(refused(method, path).body, HasSubstr("Nothing but POST /api/v1/spans"));
    }
  }
}

TEST_F(SpansRouteTest, TokenAndHostAreAsked) {
  SpansRoute guarded(Access::for_address("127.0.0.1", "secret"),
                     [](const std::string&) { return true; });
  Request request;
  request.host = "localhost";
  request.content_type = "application/json";
  request.body = batch(1).dump();
  EXPECT_EQ(guarded.answer(request).status, 401);
  request.authorization = "Bearer secret";
  EXPECT_EQ(guarded.answer(request).status, 200);
  request.host = "example.org";
  EXPECT_EQ(guarded.answer(request).status, 403);
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
