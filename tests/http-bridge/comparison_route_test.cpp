// SPDX-License-Identifier: GPL-3.0-or-later
// Comparisons and baselines as the routes give them, with a segment, a history and baselines of
// this test.
#include "http-bridge/comparison_route.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "metrics/comparison/baseline_store.h"
#include "metrics/history/writer.h"
#include "tests/metrics/test_segment.h"

namespace goxel_telemetry::http_bridge {
namespace {

using metrics::kSecond;
using metrics::TestSegment;
using nlohmann::json;
using testing::EndsWith;
using testing::HasSubstr;

constexpr std::uint64_t kBegin = 1'764'000'000;
constexpr std::uint64_t kSeconds = 40;

// Ten requests in each of 40 seconds, whose durations vary by a few percent.
metrics::Tally tally_of(std::uint64_t second, std::uint64_t microseconds) {
  metrics::Tally tally;
  for (std::uint64_t i = 0; i < 10; ++i) {
    metrics::Measurement m;
    m.duration_ns = microseconds * 10 * (100 + (second * 10 + i) * 7919 % 11 % 5);
    tally.add(m);
  }
  return tally;
}

metrics::Baseline baseline_of(const std::string& name, std::uint64_t microseconds) {
  metrics::ObservationBuilder builder(kBegin, kBegin + kSeconds);
  for (std::uint64_t second = 0; second < kSeconds; ++second) {
    builder.add({"2-layer", "mcp", "daemon", "ping"}, kBegin + second,
                tally_of(second, microseconds));
    builder.add({"4-layer", "jsonrpc", "daemon", "fill"}, kBegin + second, tally_of(second, 500));
  }
  builder.observed(kBegin * kSecond, (kBegin + kSeconds) * kSecond);
  return {name, "a test", kBegin * kSecond, std::move(builder).finish()};
}

class ComparisonRoute : public metrics::FollowerTest {
 protected:
  ComparisonRoute() {
    std::string name = testing::TempDir() + "comparisons.XXXXXX";
    folder_ = mkdtemp(name.data());
    baselines_ = folder_;
    save(baseline_of("before", 100));
    save(baseline_of("after", 300));
  }
  ~ComparisonRoute() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name) const { return folder_ + '/' + name; }
  void save(const metrics::Baseline& baseline) {
    metrics::BaselineStore store(folder_);
    ASSERT_TRUE(store.save(baseline, metrics::IfThere::refuse).done());
  }
  void watch(const std::string& instance, shm::ProducerState state) {
    metrics::Snapshot snapshot;
    snapshot.instance = instance;
    snapshot.daemon.state = state;
    watched_.instances.push_back(std::move(snapshot));
  }
  // A daemon with requests of both stacks in the last seconds.
  void start_daemon() {
    segment_.emplace(instance_);
    const std::uint64_t begin = shm::monotonic_ns() - 10 * kSecond;
    segment_->header().created_monotonic_ns = begin;
    for (std::uint64_t i = 1; i <= 90; ++i) {
      const std::uint64_t end = begin + i * kSecond / 10;
      segment_->publish("ping", end, 100'000 + i % 7 * 1'000);
      shm::Record fill = TestSegment::record(segment_->operation("fill"), end, 50'000);
      fill.stack = shm::names::kFourLayer;
      segment_->publish(fill);
    }
    watch(instance_, shm::ProducerState::live);
  }
  // Of one instance, whose requests take longer from the middle on.
  void write_history() {
    metrics::HistoryResult why;
    const auto writer = metrics::HistoryWriter::open(file("history.db"), {}, why);
    ASSERT_NE(writer, nullptr) << why.message;
    metrics::HistoryDelta delta;
    delta.instance = "goxel";
    for (std::uint64_t second = 0; second < 2 * kSeconds; ++second) {
      delta.delta.rollups.push_back({{"2-layer", "mcp", "daemon", "ping"},
                                     kBegin + second,
                                     1,
                                     tally_of(second, second < kSeconds ? 100 : 300)});
    }
    delta.delta.observed = {{kBegin * kSecond, (kBegin + 2 * kSeconds) * kSecond}};
    delta.delta.position.run_id = 1;
    ASSERT_TRUE(writer->commit({delta}, kBegin + 2 * kSeconds).done());
    history_ = file("history.db");
  }

  Response compare(std::map<std::string, std::string> parameters, const std::string& accept = "") {
    CostlyWork costly;
    ComparisonRoutes routes(history_, baselines_, costly);
    Request request;
    request.parameters = std::move(parameters);
    request.accept = accept;
    return routes.compare(request, watched_);
  }
  json compared(std::map<std::string, std::string> parameters) {
    const Response response = compare(std::move(parameters));
    EXPECT_EQ(response.status, 200) << response.body;
    return json::parse(response.body);
  }
  Response list(const std::string& accept = "", std::map<std::string, std::string> other = {}) {
    CostlyWork costly;
    ComparisonRoutes routes(history_, baselines_, costly);
    Request request;
    request.parameters = std::move(other);
    request.accept = accept;
    return routes.baselines(request);
  }
  // One sentence as JSON.
  static void expect_error(const Response& response, int status, const std::string& asked) {
    EXPECT_EQ(response.status, status) << asked << ": " << response.body;
    EXPECT_EQ(response.content_type, "application/problem+json");
    const json document = json::parse(response.body, nullptr, false);
    ASSERT_TRUE(document.is_object()) << asked;
    EXPECT_THAT(document.value("detail", ""), EndsWith(".")) << asked;
  }

  std::string folder_;
  std::string baselines_;
  std::string history_;
  Snapshots watched_;
  std::optional<TestSegment> segment_;
};

std::string verdict_of(const json& comparison, const std::string& operation) {
  for (const json& one : comparison.at("operations")) {
    if (one.at("operation") == operation) return one.at("verdict");
  }
  return "not there";
}

TEST_F(ComparisonRoute, SaysWhatChangedBetweenBaselines) {
  const json document = compared({{"a", "before"}, {"b", "baseline:after"}});
  EXPECT_EQ(document["a"]["side"], "before");
  EXPECT_THAT(document["b"]["description"], HasSubstr("baseline \"after\", saved "));
  EXPECT_EQ(verdict_of(document, "ping"), "slower");
  EXPECT_EQ(verdict_of(document, "fill"), "no proven difference");
  EXPECT_NEAR(document["operations"][0]["latency"]["mean_ns"]["shift"], 2, 0.01);
}

TEST_F(ComparisonRoute, ParametersSelectAndJudge) {
  const json one = compared({{"a", "before"}, {"b", "after"}, {"operation", "ping"}});
  EXPECT_EQ(one["operations"].size(), 1u);
  EXPECT_EQ(compared({{"a", "before"}, {"b", "after"}, {"stack", "4-layer"}})["operations"].size(),
            1u);
  EXPECT_EQ(compared({{"a", "before"}, {"b", "after"}, {"layer", "daemon"}})["operations"].size(),
            2u);
  expect_error(compare({{"a", "before"}, {"b", "after"}, {"layer", "mcp-client"}}), 404,
               "a layer without operations");
  const json tolerant = compared({{"a", "before"}, {"b", "after"}, {"relevant", "250.5"}});
  EXPECT_EQ(tolerant["least_relevant"], 2.505);
  EXPECT_EQ(verdict_of(tolerant, "ping"), "no proven difference");
}

TEST_F(ComparisonRoute, RelevantIsInPercentFromNothingToAHundredfold) {
  for (const auto& [text, ratio] : {std::pair("0", 0.0), std::pair("5", 0.05),
                                    std::pair("199", 1.99), std::pair("10000", 100.0)}) {
    const json document = compared({{"a", "before"}, {"b", "after"}, {"relevant", text}});
    EXPECT_DOUBLE_EQ(document["least_relevant"], ratio);
    // Three times as long is 200 % more.
    EXPECT_EQ(verdict_of(document, "ping"), ratio < 2 ? "slower" : "no proven difference") << text;
  }
  EXPECT_EQ(compared({{"a", "before"}, {"b", "after"}})["least_relevant"], 0.05);
  expect_error(compare({{"a", "before"}, {"b", "after"}, {"relevant", "10000.1"}}), 400, "too far");
}

TEST_F(ComparisonRoute, MsgpackIsTheSameDocument) {
  const Response packed = compare({{"a", "before"}, {"b", "after"}}, "application/msgpack");
  EXPECT_EQ(packed.content_type, "application/msgpack");
  EXPECT_EQ(json::from_msgpack(packed.body), compared({{"a", "before"}, {"b", "after"}}));
  EXPECT_EQ(json::from_msgpack(list("application/msgpack").body), json::parse(list().body));
}

TEST_F(ComparisonRoute, LiveIsWhatTheRingHolds) {
  start_daemon();
  const json stacks = compared({{"a", "stack:4-layer"}, {"b", "stack:2-layer"}});
  EXPECT_EQ(stacks["layers"].size(), 1u);
  EXPECT_EQ(stacks["a"]["description"], "live, instance \"" + instance_ + "\", stack 4-layer");
  const json with_baseline = compared({{"a", "stack:2-layer@before"}, {"b", "stack:2-layer"}});
  EXPECT_EQ(verdict_of(with_baseline, "ping"), "no proven difference");
  const json live = compared({{"a", "before"}, {"b", "live"}, {"instance", instance_}});
  EXPECT_EQ(live["operations"][0]["b"]["records"], 90);
}

TEST_F(ComparisonRoute, LiveIsAmongTheInstancesThatAreWatched) {
  start_daemon();
  watch("spare", shm::ProducerState::dead);
  EXPECT_EQ(compare({{"a", "live"}, {"b", "before"}}).status, 200) << "the only live one is meant";
  watch("other", shm::ProducerState::live);
  expect_error(compare({{"a", "live"}, {"b", "before"}}), 400, "several");
  EXPECT_EQ(compare({{"a", "live"}, {"b", "before"}, {"instance", instance_}}).status, 200);
  watched_.instances.clear();
  expect_error(compare({{"a", "live"}, {"b", "before"}, {"instance", instance_}}), 404,
               "there, but not watched");
  expect_error(compare({{"a", "live"}, {"b", "before"}}), 404, "none");
}

TEST_F(ComparisonRoute, LiveWithoutASegmentOrRequestsIsNotThere) {
  watch(instance_, shm::ProducerState::dead);
  expect_error(compare({{"a", "live"}, {"b", "before"}}), 404, "no segment");
  segment_.emplace(instance_);
  expect_error(compare({{"a", "live"}, {"b", "before"}}), 404, "no requests");
}

TEST_F(ComparisonRoute, RangesOfTheHistory) {
  const auto range = [](std::uint64_t from, std::uint64_t to) {
    return std::to_string(kBegin + from) + ".." + std::to_string(kBegin + to);
  };
  expect_error(compare({{"a", range(0, 40)}, {"b", range(40, 80)}}), 404, "no history is kept");
  write_history();
  const json document = compared({{"a", range(0, 40)}, {"b", range(40, 80)}});
  EXPECT_EQ(verdict_of(document, "ping"), "slower");
  EXPECT_EQ(document["a"]["description"], "history of instance \"goxel\"");
  expect_error(compare({{"a", range(0, 40)}, {"b", "before"}, {"instance", "other"}}), 404,
               "other");
  expect_error(compare({{"a", range(90, 99)}, {"b", "before"}}), 404, "after the history");
  std::ofstream(file("history.db")) << std::string(100'000, 'x');
  expect_error(compare({{"a", range(0, 40)}, {"b", "before"}}), 503, "no history file");
  history_ = file("missing.db");
  expect_error(compare({{"a", range(0, 40)}, {"b", "before"}}), 503, "missing");
}

TEST_F(ComparisonRoute, BaselinesAreListed) {
  const json document = json::parse(list().body);
  ASSERT_EQ(document["baselines"].size(), 2u);
  EXPECT_EQ(document["baselines"][0]["name"], "after");
  EXPECT_EQ(document["baselines"][1]["source"], "a test");
  EXPECT_EQ(document["baselines"][1]["operation_count"], 2);
  EXPECT_EQ(document["baselines"][1]["operations"].size(), 0u);
  expect_error(list("", {{"name", "before"}}), 400, "a parameter");
}

TEST_F(ComparisonRoute, WhatIsNoBaselineIsLeftOutAndSaysWhyWhenAskedFor) {
  std::ofstream(file("foreign.baseline")) << "text";
  EXPECT_EQ(json::parse(list().body)["baselines"].size(), 2u);
  expect_error(compare({{"a", "foreign"}, {"b", "before"}}), 503, "foreign");
}

TEST_F(ComparisonRoute, WithoutAFolderThereAreNone) {
  baselines_ = file("not-yet");
  EXPECT_EQ(json::parse(list().body)["baselines"].size(), 0u);
  baselines_.clear();
  expect_error(list(), 404, "list");
  expect_error(compare({{"a", "before"}, {"b", "after"}}), 404, "compare");
  baselines_ = file("before.baseline");
  expect_error(list(), 503, "no folder");
}

// A client must not choose which files this bridge opens.
TEST_F(ComparisonRoute, PathsAreNeverOpened) {
  const std::string path = file("before.baseline");
  ASSERT_TRUE(std::filesystem::exists(path));
  const std::vector<std::string> sides = {"file:" + path,
                                          path,
                                          "file:before.baseline",
                                          "./before.baseline",
                                          "file:",
                                          "/dev/zero",
                                          "stack:2-layer@file:" + path,
                                          "stack:2-layer@" + path,
                                          "baseline:../before",
                                          "baseline:" + path,
                                          std::string("baseline:before\0.baseline", 24)};
  for (const std::string& side : sides) {
    expect_error(compare({{"a", side}, {"b", "before"}}), 400, side);
    expect_error(compare({{"a", "before"}, {"b", side}}), 400, side);
  }
}

TEST_F(ComparisonRoute, BadInputIsOneSentence) {
  write_history();
  const std::vector<std::map<std::string, std::string>> bad = {
      {},
      {{"a", "before"}},
      {{"b", "before"}},
      {{"a", ""}, {"b", "before"}},
      {{"a", "before"}, {"b", "after"}, {"c", "x"}},
      {{"a", "before"}, {"b", "after"}, {"\xff\n", "x"}},
      {{"a", "before"}, {"b", "after"}, {"relevant", "x"}},
      {{"a", "before"}, {"b", "after"}, {"relevant", "-1"}},
      {{"a", "before"}, {"b", "after"}, {"relevant", ""}},
      {{"a", "before"}, {"b", "after"}, {"operation", ""}},
      {{"a", "before"}, {"b", "after"}, {"relevant", "nan"}},
      {{"a", "before"}, {"b", "after"}, {"relevant", "inf"}},
      {{"a", "before"}, {"b", "after"}, {"relevant", "1e9"}},
      {{"a", "before"}, {"b", "after"}, {"relevant", "5 "}},
      {{"a", "a b"}, {"b", "after"}},
      {{"a", std::string(8'000, 'x')}, {"b", "after"}},
      {{"a", "\xff\x1b[31m"}, {"b", "after"}},
      {{"a", "stack:"}, {"b", "after"}},
      {{"a", "stack:2-layer@"}, {"b", "after"}},
      {{"a", "stack:x@stack:y@before"}, {"b", "after"}},
      {{"a", ".."}, {"b", "after"}},
      {{"a", "-1h.."}, {"b", "after"}},
      {{"a", "now..-1h"}, {"b", "after"}},
      {{"a", "yesterday..now"}, {"b", "after"}},
  };
  for (const auto& parameters : bad) {
    expect_error(compare(parameters), 400, testing::PrintToString(parameters));
  }
  const std::vector<std::map<std::string, std::string>> not_there = {
      {{"a", "missing"}, {"b", "before"}},
      {{"a", "stack:3-layer@before"}, {"b", "before"}},
      {{"a", "before"}, {"b", "after"}, {"operation", "pong\xff"}},
      {{"a", "before"}, {"b", "after"}, {"stack", "4-layer"}, {"operation", "ping"}},
  };
  for (const auto& parameters : not_there) {
    expect_error(compare(parameters), 404, testing::PrintToString(parameters));
  }
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
