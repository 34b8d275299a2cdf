// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/layers/slowest_operations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "metrics/layers/trace_search.h"

namespace goxel_telemetry::metrics {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::uint64_t kMs = 1'000'000;

class Slowest : public testing::Test {
 protected:
  // An operation of two layers that ended then.
  void add(const std::string& name, std::uint64_t end_second, std::uint64_t ms,
           std::uint64_t inner_spans = 1) {
    const std::uint64_t end_ns = end_second * kNsPerSecond;
    const std::uint32_t number = names_.number_of("2-layer", name);
    JoinedOperation operation;
    operation.name = number;
    operation.layers = set_of(Layer::mcp_client) | set_of(Layer::daemon);
    operation.end_ns = end_ns;
    operation.time_ns = {ms * kMs, 0, 0, 1};
    std::vector<Span> spans = {{end_ns - ms * kMs, end_ns, number, Layer::mcp_client}};
    for (std::uint64_t i = 0; i < inner_spans; ++i) {
      spans.push_back({end_ns - ms * kMs + 10 * i, end_ns - ms * kMs + 10 * i + 1,
                       names_.number_of("2-layer", "inner"), Layer::daemon, 0, 0, true});
    }
    slowest_.add({operation, ms, spans, names_, {end_ns, end_ns + 7}});
  }
  // What is found: "name milliseconds".
  std::vector<std::string> found(const SlowestQuery& query, std::uint64_t now_second) {
    std::vector<std::string> lines;
    for (const auto& one : slowest(*slowest_.kept(), query, now_second * kNsPerSecond)) {
      lines.push_back(one->operation + ' ' + std::to_string(one->duration_ns / kMs));
    }
    return lines;
  }

  ChainTable names_;
  SlowestOperations slowest_;
};

TEST_F(Slowest, OfEachOperationTheSlowestOneOrOfOneTheSlowest) {
  for (const std::uint64_t ms : {3u, 9u, 1u, 7u}) add("add", 1'000, ms);
  for (const std::uint64_t ms : {20u, 4u}) add("export", 1'001, ms);
  EXPECT_THAT(found({}, 1'002), ElementsAre("export 20", "add 9"));
  EXPECT_THAT(found({.operation = "add"}, 1'002), ElementsAre("add 9", "add 7", "add 3", "add 1"));
  EXPECT_THAT(found({.operation = "add", .most = 2}, 1'002), ElementsAre("add 9", "add 7"));
  EXPECT_THAT(found({.stack = "4-layer"}, 1'002), IsEmpty());
}

TEST_F(Slowest, KeepsTheSlowestOfEachSlot) {
  for (std::uint64_t i = 0; i < 100; ++i) add("add", 1'000, 1 + i * 37 % 100);
  EXPECT_THAT(found({.operation = "add"}, 1'002),
              ElementsAre("add 100", "add 99", "add 98", "add 97", "add 96"));
  add("add", 1'020, 5);
  EXPECT_THAT(found({.operation = "add"}, 1'021), SizeIs(6)) << "in another slot";
}

TEST_F(Slowest, WindowsBeginWithASlot) {
  add("add", 1'004, 50);  // slots begin at multiples of 15
  add("add", 1'005, 40);
  EXPECT_THAT(found({.seconds = 60}, 1'079), ElementsAre("add 40"));
  EXPECT_THAT(found({.seconds = 60}, 1'064), ElementsAre("add 50"));
}

TEST_F(Slowest, WhatIsOlderThanAllWindowsIsGivenUp) {
  add("add", 1'004, 50);
  slowest_.advance(1'004 + 900);
  EXPECT_THAT(*slowest_.kept(), SizeIs(1));
  slowest_.advance(1'005 + 900);
  EXPECT_THAT(*slowest_.kept(), IsEmpty());
}

TEST_F(Slowest, HasTheSpansAndTheirNames) {
  add("add", 1'000, 5);
  const TracedOperation& one = *slowest_.kept()->at(0);
  EXPECT_EQ(one.trace_id, 5u);
  EXPECT_EQ(one.start_ns, 1'000 * kNsPerSecond - 5 * kMs);
  EXPECT_EQ(one.start_realtime_ns, one.start_ns + 7);
  ASSERT_THAT(one.spans, SizeIs(2));
  EXPECT_EQ(one.spans[0].status, "ok");
  EXPECT_EQ(one.spans[1].operation, "inner");
  EXPECT_EQ(one.spans[1].status, "error");
  EXPECT_EQ(one.spans[1].layer, Layer::daemon);
}

TEST_F(Slowest, AViewThatWasTakenStaysAndIsMadeAnewOnlyAfterAChange) {
  add("add", 1'000, 5);
  const auto view = slowest_.kept();
  EXPECT_EQ(slowest_.kept(), view);
  add("add", 1'000, 6);
  EXPECT_THAT(*view, SizeIs(1));
  EXPECT_THAT(*slowest_.kept(), SizeIs(2));
}

TEST_F(Slowest, SpansOfAllAreBoundedAndTheOldestGo) {
  const auto kept_spans = [&] {
    std::size_t spans = 0;
    for (const auto& one : *slowest_.kept()) spans += one->spans.size();
    return spans;
  };
  add("first", 1'000, 5);
  for (std::uint64_t i = 0; i < 300; ++i) add("b" + std::to_string(i), 1'020, 5, 100);
  EXPECT_LE(kept_spans(), SlowestOperations::kMostSpans);
  EXPECT_GT(kept_spans(), SlowestOperations::kMostSpans - 101);
  EXPECT_THAT(found({.operation = "first"}, 1'021), IsEmpty());
  EXPECT_THAT(found({.operation = "b0"}, 1'021), SizeIs(1)) << "in the running slot the first stay";
  add("last", 1'040, 5);
  EXPECT_THAT(found({.operation = "last"}, 1'041), SizeIs(1));
}

}  // namespace
}  // namespace goxel_telemetry::metrics
