// SPDX-License-Identifier: GPL-3.0-or-later
// A daemon's segment and its outer layers' segment, read together.
#include "metrics/layers/layer_group.h"
#include "metrics/layers/trace_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <tuple>

#include "tests/metrics/test_segment.h"

namespace goxel_telemetry::metrics {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint64_t kMs = 1'000'000;
constexpr auto kMinute = Window::one_minute;

std::int64_t sum_of(const Breakdown& breakdown) {
  return std::accumulate(breakdown.hops.begin(), breakdown.hops.end(), std::int64_t{0},
                         [](std::int64_t sum, const Hop& hop) { return sum + hop.mean_ns; });
}
std::vector<std::string> names_of(const Breakdown& breakdown) {
  std::vector<std::string> names;
  for (const Hop& hop : breakdown.hops) names.push_back(hop.name);
  return names;
}

class Group : public testing::Test {
 protected:
  // A whole second, and late enough for spans before it to lie in the segments' lifetime.
  Group() { now_.monotonic_ns = (now_.monotonic_ns / kSecond + 3) * kSecond; }
  ~Group() override {
    shm::remove_segment_of(instance_);
    shm::remove_segment_of(shm::layers_instance(instance_));
  }

  static void publish(TestSegment& segment, const char* operation, std::uint8_t layer,
                      std::uint8_t stack, std::uint64_t trace, std::uint64_t start_ns,
                      std::uint64_t duration_ns, shm::Status status = shm::Status::ok) {
    shm::Record record = TestSegment::record(segment.operation(operation), start_ns + duration_ns,
                                             duration_ns, status);
    record.layer = layer;
    record.stack = stack;
    record.trace_id = trace;
    segment.publish(record);
  }
  void client(const char* operation, std::uint8_t stack, std::uint64_t trace,
              std::uint64_t start_ns, std::uint64_t duration_ns) {
    publish(*outer_, operation, shm::names::kMcpClient, stack, trace, start_ns, duration_ns);
  }
  // 11 ms at the client, of which the daemon takes 4.
  void four_layers(std::uint64_t trace, std::uint64_t at_ns) {
    client("add", shm::names::kFourLayer, trace, at_ns, 11 * kMs);
    publish(*outer_, "add", shm::names::kMcpServer, shm::names::kFourLayer, trace, at_ns + 2 * kMs,
            8 * kMs);
    publish(*outer_, "goxel.add", shm::names::kTsClient, shm::names::kFourLayer, trace,
            at_ns + 3 * kMs, 6 * kMs);
    publish(*daemon_, "goxel.add", shm::names::kDaemon, shm::names::kFourLayer, trace,
            at_ns + 4 * kMs, 4 * kMs);
  }
  void two_layers(std::uint64_t trace, std::uint64_t at_ns, std::uint64_t odd_ns = 0) {
    client("add", shm::names::kTwoLayer, trace, at_ns, 5 * kMs + odd_ns);
    publish(*daemon_, "add", shm::names::kDaemon, shm::names::kTwoLayer, trace, at_ns + kMs,
            3 * kMs);
  }

  // Sweeps every second until everything is joined and lies in complete seconds.
  std::shared_ptr<const LayersView> look() {
    for (int i = 0; i < 8; ++i) {
      group_.sweep(now_);
      now_.monotonic_ns += kSecond;
      now_.realtime_ns += kSecond;
    }
    group_.sweep(now_);
    return group_.layers(group_.snapshot(now_));
  }
  std::uint64_t now() const { return now_.monotonic_ns; }

  const std::string instance_ = unique_instance();
  std::unique_ptr<TestSegment> daemon_ = std::make_unique<TestSegment>(instance_);
  std::unique_ptr<TestSegment> outer_ =
      std::make_unique<TestSegment>(shm::layers_instance(instance_));
  LayerGroup group_{instance_};
  Time now_ = Time::now();
};

TEST_F(Group, BreaksBothStacksDownSideBySide) {
  for (std::uint64_t i = 0; i < 10; ++i) {
    four_layers(100 + i, now() - 900 * kMs);
    two_layers(200 + i, now() - 900 * kMs);
  }
  const auto view = look();
  ASSERT_EQ(view->stacks.size(), 2u);
  const StackWindow& two = view->stacks[0].window(kMinute);
  const StackWindow& four = view->stacks[1].window(kMinute);
  EXPECT_EQ(view->stacks[1].stack, "4-layer");
  EXPECT_EQ(four.breakdown.source, BreakdownSource::joined);
  EXPECT_EQ(four.breakdown.operations, 10u);
  EXPECT_THAT(names_of(four.breakdown), ElementsAre("MCP Client → Server", "Server → TS Client",
                                                    "TS Client → Daemon", "Daemon"));
  EXPECT_EQ(four.breakdown.hops[0].mean_ns, 3'000'000);
  EXPECT_EQ(four.breakdown.hops[1].mean_ns, 2'000'000);
  EXPECT_EQ(four.breakdown.hops[2].mean_ns, 2'000'000);
  EXPECT_EQ(four.breakdown.hops[3].mean_ns, 4'000'000);
  EXPECT_EQ(sum_of(four.breakdown), 11'000'000);
  EXPECT_EQ(four.breakdown.mean_ns, 11'000'000);
  EXPECT_DOUBLE_EQ(four.breakdown.hops[0].share, 3.0 / 11);
  EXPECT_DOUBLE_EQ(*four.breakdown.hops[0].mean_there_ns, 2e6);
  EXPECT_DOUBLE_EQ(*four.breakdown.hops[0].mean_back_ns, 1e6);
  EXPECT_EQ(four.breakdown.hops[0].cost->count, 10u);
  EXPECT_EQ(four.breakdown.hops[0].there->count, 10u);
  EXPECT_NEAR(static_cast<double>(four.breakdown.hops[0].cost->p99_ns), 3e6, 3e6 / 128);
  EXPECT_FALSE(four.breakdown.hops[3].there);

  EXPECT_THAT(names_of(two.breakdown), ElementsAre("MCP Client → Daemon", "Daemon"));
  EXPECT_EQ(sum_of(two.breakdown), 5'000'000);
  ASSERT_EQ(two.operations.size(), 1u);
  EXPECT_EQ(two.operations[0].operation, "add");
  EXPECT_EQ(two.operations[0].breakdown.mean_ns, 5'000'000);

  EXPECT_EQ(view->join.operations, 20u);
  EXPECT_EQ(view->join.fates.joined, 60u);
}

// Ten operations in both segments, each once a second, for ten minutes.
TEST_F(Group, WindowsThatNeedMoreThanTheirLimitCoverLessTimeAndSaySo) {
  constexpr std::size_t kLimit = 500'000;
  group_.limit_window_bytes(kLimit);
  bool was_whole = false;
  for (int second = 0; second < 600; ++second) {
    for (int i = 0; i < 10; ++i) {
      const std::string name = "operation_" + std::to_string(i);
      publish(*daemon_, name.c_str(), shm::names::kDaemon, shm::names::kTwoLayer, 0, now() - kMs,
              kMs);
      publish(*outer_, name.c_str(), shm::names::kMcpClient, shm::names::kTwoLayer, 0, now() - kMs,
              kMs);
    }
    now_.monotonic_ns += kSecond;
    now_.realtime_ns += kSecond;
    group_.sweep(now_);
    ASSERT_LE(group_.window_bytes(), kLimit) << second;
    was_whole |= !group_.snapshot(now_).windows_shortened;
  }
  EXPECT_TRUE(was_whole);
  const Snapshot snapshot = group_.snapshot(now_);
  EXPECT_TRUE(snapshot.windows_shortened);
  EXPECT_EQ(find(snapshot, "operation_3")->total.ok, 600u);
  const WindowStats& stats = find(snapshot, "operation_3")->window(Window::fifteen_minutes);
  EXPECT_GT(stats.covered_seconds, 15);
  EXPECT_LT(stats.covered_seconds, 500);
  EXPECT_EQ(static_cast<double>(stats.latency.count), stats.covered_seconds) << "one a second";

  group_.limit_window_bytes(LayerGroup::kMostWindowBytes);
  now_.monotonic_ns += 900 * kSecond;
  group_.sweep(now_);
  EXPECT_FALSE(group_.snapshot(now_).windows_shortened);
}

TEST_F(Group, KeepsTheSlowestOperationsWithTheirSpansAndFindsATraceInTheRings) {
  for (std::uint64_t i = 0; i < 10; ++i) four_layers(100 + i, now() - 900 * kMs + i);
  two_layers(7, now() - 500 * kMs, 3);
  publish(*daemon_, "lost", shm::names::kDaemon, shm::names::kTwoLayer, 9, now() - 400 * kMs, kMs,
          shm::Status::unanswered);
  look();
  const SlowestOperations::Kept found = slowest(*group_.slowest(), {}, now());
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0]->stack, "4-layer");
  EXPECT_EQ(found[0]->spans.size(), 4u);
  EXPECT_EQ(found[1]->trace_id, 7u);
  EXPECT_EQ(found[1]->duration_ns, 5 * kMs + 3);

  const std::vector<TracedOperation> traced = find_trace(instance_, 7, now_);
  ASSERT_EQ(traced.size(), 1u);
  ASSERT_EQ(traced[0].spans.size(), 2u);
  EXPECT_EQ(traced[0].spans[1].layer, Layer::daemon);
  EXPECT_EQ(traced[0].spans[1].duration_ns, 3 * kMs);
  EXPECT_EQ(find_trace(instance_, 9, now_).at(0).spans.at(0).status, "unanswered");
  EXPECT_TRUE(find_trace(instance_, 8, now_).empty());
}

TEST_F(Group, TellsOfEachJoinedOperationOnceWithProtocolAndErrorOfEachLayer) {
  std::vector<TracedOperation> told;
  bool any_failed = false;
  group_.on_operation([&](const ListenedOperation& joined) {
    any_failed |= joined.failed();
    EXPECT_EQ(joined.duration_ns(), 5 * kMs);
    told.push_back(joined.traced());
  });
  client("add", shm::names::kTwoLayer, 7, now() - 900 * kMs, 5 * kMs);
  shm::Record failed = TestSegment::record(daemon_->operation("goxel.add"), now() - 897 * kMs,
                                           2 * kMs, shm::Status::error);
  failed.trace_id = 7;
  failed.protocol = static_cast<std::uint8_t>(shm::Protocol::json_rpc);
  failed.error = static_cast<std::uint16_t>(shm::error_code(-32601));
  daemon_->publish(failed);
  client("alone", shm::names::kTwoLayer, 8, now() - 800 * kMs, kMs);
  look();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_TRUE(any_failed);
  EXPECT_EQ(told[0].trace_id, 7u);
  ASSERT_EQ(told[0].spans.size(), 2u);
  EXPECT_EQ(told[0].spans[0].protocol, shm::Protocol::mcp);
  EXPECT_EQ(told[0].spans[0].error, shm::ErrorCode::none);
  EXPECT_EQ(told[0].spans[1].operation, "goxel.add");
  EXPECT_EQ(told[0].spans[1].protocol, shm::Protocol::json_rpc);
  EXPECT_EQ(told[0].spans[1].error, shm::error_code(-32601));
  EXPECT_EQ(told[0].spans[1].status, "error");
}

TEST_F(Group, AtTheEndWhatWaitsIsJoinedButForWhatHasOnlyJustEnded) {
  std::vector<std::uint64_t> joined;
  group_.on_operation([&](const ListenedOperation& one) { joined.push_back(one.trace_id); });
  two_layers(1, now() - 900 * kMs);
  two_layers(2, now() - 100 * kMs);
  group_.sweep(now_);
  EXPECT_THAT(joined, ElementsAre());
  group_.join_what_waits(now_);
  EXPECT_THAT(joined, ElementsAre(1));
}

TEST_F(Group, ATraceHasNothingOfTheFuture) {
  const auto record = [this](std::uint64_t start_ns, std::uint64_t duration_ns) {
    shm::Record one = TestSegment::record(daemon_->operation("add"), now(), 0);
    one.start_ticks = start_ns;
    one.duration_ticks = duration_ns & shm::kTicksAtLeast;
    one.trace_id = 7;
    daemon_->publish(one);
  };
  record(now() - 5 * kMs, shm::kTicksAtLeast);
  record(now() + 1, kMs);
  record(UINT64_MAX, shm::kTicksAtLeast);
  const std::vector<TracedOperation> traced = find_trace(instance_, 7, now_);
  ASSERT_EQ(traced.size(), 1u);
  ASSERT_EQ(traced[0].spans.size(), 1u);
  EXPECT_EQ(traced[0].duration_ns, 5 * kMs);
}

// Thirds of nanoseconds: rows that were rounded each by itself would miss the sum.
TEST_F(Group, RowsAddUpToTheMeanExactlyWhateverIsRounded) {
  for (std::uint64_t i = 0; i < 3; ++i) two_layers(1 + i, now() - 900 * kMs, i / 2);
  for (std::uint64_t i = 0; i < 7; ++i) {
    const std::uint64_t at = now() - 900 * kMs;
    client("add", shm::names::kFourLayer, 0, at, 1'000 + i % 3);
    publish(*outer_, "add", shm::names::kMcpServer, shm::names::kFourLayer, 0, at, 500 + i % 2);
    publish(*daemon_, "add", shm::names::kDaemon, shm::names::kFourLayer, 0, at, 300 + i % 5);
  }
  const auto view = look();
  const Breakdown& joined = view->stacks.at(0).window(kMinute).breakdown;
  EXPECT_EQ(joined.source, BreakdownSource::joined);
  EXPECT_EQ(sum_of(joined), joined.mean_ns);
  EXPECT_EQ(joined.mean_ns, 5'000'000);
  const Breakdown& subtracted = view->stacks.at(1).window(kMinute).breakdown;
  EXPECT_EQ(subtracted.source, BreakdownSource::by_subtraction);
  EXPECT_EQ(sum_of(subtracted), subtracted.mean_ns);
  EXPECT_EQ(subtracted.mean_ns, 1'001);  // 7 of 1,000 to 1,002: 1,000.86
}

TEST_F(Group, WithoutTraceIdsMeansAreSubtractedAndTheyHaveNoDistribution) {
  for (int i = 0; i < 5; ++i) four_layers(0, now() - 900 * kMs);
  const auto view = look();
  const StackWindow& window = view->stacks.at(0).window(kMinute);
  ASSERT_EQ(window.breakdown.source, BreakdownSource::by_subtraction);
  EXPECT_THAT(names_of(window.breakdown), ElementsAre("MCP Client → Server", "Server → TS Client",
                                                      "TS Client → Daemon", "Daemon"));
  EXPECT_EQ(window.breakdown.hops[0].mean_ns, 3'000'000);
  EXPECT_FALSE(window.breakdown.hops[0].cost);
  EXPECT_FALSE(window.breakdown.duration);
  EXPECT_FALSE(window.counts_differ);
  EXPECT_TRUE(window.operations.empty());
  EXPECT_EQ(view->join.untraced, 20u);
}

TEST_F(Group, SaysSoWhereTheLayersCountedDifferently) {
  for (int i = 0; i < 5; ++i) two_layers(0, now() - 900 * kMs);
  publish(*daemon_, "add", shm::names::kDaemon, shm::names::kTwoLayer, 0, now() - 900 * kMs, kMs);
  EXPECT_TRUE(look()->stacks.at(0).window(kMinute).counts_differ);
}

TEST_F(Group, AMissingLayerIsNamedAcrossAndALayerThatCrashedLeavesOtherChains) {
  for (std::uint64_t i = 0; i < 3; ++i) four_layers(1 + i, now() - 900 * kMs);
  for (std::uint64_t i = 0; i < 4; ++i) {  // the server's collector is gone
    const std::uint64_t at = now() - 500 * kMs;
    client("add", shm::names::kFourLayer, 10 + i, at, 11 * kMs);
    publish(*daemon_, "goxel.add", shm::names::kDaemon, shm::names::kFourLayer, 10 + i,
            at + 4 * kMs, 4 * kMs);
  }
  const auto view = look();
  const Breakdown& breakdown = view->stacks.at(0).window(kMinute).breakdown;
  EXPECT_THAT(names_of(breakdown), ElementsAre("MCP Client → Daemon", "Daemon"));
  EXPECT_EQ(breakdown.operations, 4u);
  EXPECT_EQ(breakdown.other_chains, 3u);
}

TEST_F(Group, AnUnansweredRequestIsNoSpan) {
  client("add", shm::names::kTwoLayer, 5, now() - 900 * kMs, 5 * kMs);
  publish(*daemon_, "add", shm::names::kDaemon, shm::names::kTwoLayer, 5, now() - 899 * kMs, kMs,
          shm::Status::unanswered);
  const auto view = look();
  EXPECT_EQ(view->join.spans, 1u);
  EXPECT_EQ(view->join.fates.alone, 1u);
}

TEST_F(Group, WindowsMove) {
  two_layers(5, now() - 900 * kMs);
  look();
  now_.monotonic_ns += 80 * kSecond;
  const auto view = look();
  EXPECT_EQ(view->stacks.at(0).window(kMinute).breakdown.source, BreakdownSource::none);
  EXPECT_EQ(view->stacks.at(0).window(Window::five_minutes).breakdown.operations, 1u);
  now_.monotonic_ns += 1000 * kSecond;
  const auto later = look();
  for (const StackView& stack : later->stacks) {
    EXPECT_EQ(stack.window(Window::fifteen_minutes).breakdown.source, BreakdownSource::none);
  }
}

// `now_` is the beginning of a second.
TEST_F(Group, ItsViewIsMadeOnceASecondWhenHalfOfTheNextHasPassed) {
  const auto view = look();
  now_.monotonic_ns += kSecond / 2 - 1;
  EXPECT_EQ(group_.layers(group_.snapshot(now_)), view);
  now_.monotonic_ns += 1;
  const auto next = group_.layers(group_.snapshot(now_));
  EXPECT_NE(next, view);
  EXPECT_EQ(next->taken_monotonic_ns, now_.monotonic_ns);
  EXPECT_EQ(group_.layers(group_.snapshot(now_)), next);
}

TEST_F(Group, ByThenAllOperationsOfTheLastSecondAreInItWhoseLayersAreKnown) {
  two_layers(1, now() + 900 * kMs);
  now_.monotonic_ns += kSecond;
  look();
  for (std::uint64_t i = 0; i < 10; ++i) two_layers(2 + i, now() + i * 99 * kMs);
  now_.monotonic_ns += kSecond;
  for (int sweeps = 0; sweeps < 10; ++sweeps, now_.monotonic_ns += 50 * kMs) group_.sweep(now_);
  group_.sweep(now_);
  const auto view = group_.layers(group_.snapshot(now_));
  const StackWindow& window = view->stacks.at(0).window(Window::now);
  EXPECT_EQ(window.breakdown.source, BreakdownSource::joined);
  EXPECT_EQ(window.breakdown.operations, 10u);
  EXPECT_EQ(window.outermost.latency.count, 10u) << "of the same second";
  EXPECT_EQ(view->join.at_once, 10u);

  now_.monotonic_ns += kSecond;
  group_.sweep(now_);
  const Freshness fresh = group_.layers(group_.snapshot(now_))->freshness;
  ASSERT_TRUE(fresh.daemon && fresh.outer);
  EXPECT_EQ(fresh.daemon->count, 10u) << "the first one had ended before this reader began";
  EXPECT_EQ(fresh.outer->count, 10u);
}

TEST_F(Group, ItsViewSaysWhatTheDaemonIsDoing) {
  daemon_->header().gauges[shm::Gauge::connections].store(3);
  daemon_->header().gauges[shm::Gauge::queue_depth].store(2);
  std::uint32_t line = 0;
  for (const std::uint32_t connection : {5u, 6u, 5u}) {
    shm::InflightEntry entry{};
    entry.operation = shm::names::kBatch;
    entry.connection = connection;
    entry.since_ticks = now();
    daemon_->hold(line++, entry);
  }
  const auto view = look();
  EXPECT_EQ(view->instance, instance_);
  EXPECT_EQ(view->taken_monotonic_ns, now_.monotonic_ns);
  EXPECT_EQ(view->taken_realtime_ns, now_.realtime_ns);
  EXPECT_EQ(view->daemon_state, shm::ProducerState::live);
  EXPECT_EQ(view->outer_state, shm::ProducerState::live);
  EXPECT_EQ(view->message, "");
  EXPECT_EQ(view->connections, 3u);
  EXPECT_EQ(view->queue_depth, 2u);
  EXPECT_EQ(view->workers_busy, 2u);
  EXPECT_EQ(view->workers_configured, 8u);
}

// In all 25, 10 and 30 ms.
TEST_F(Group, OperationsThatTookMostTimeComeFirst) {
  std::uint64_t trace = 0;
  for (const auto& [operation, count, ms] :
       {std::tuple{"get", 5, 5u}, {"add", 2, 5u}, {"set", 1, 30u}}) {
    for (int i = 0; i < count; ++i) {
      const std::uint64_t at = now() - 900 * kMs;
      client(operation, shm::names::kTwoLayer, ++trace, at, ms * kMs);
      publish(*daemon_, operation, shm::names::kDaemon, shm::names::kTwoLayer, trace, at + kMs,
              kMs);
    }
  }
  std::vector<std::string> names;
  const auto view = look();
  for (const auto& operation : view->stacks.at(0).window(kMinute).operations) {
    names.push_back(operation.operation + ' ' + std::to_string(operation.breakdown.operations));
  }
  EXPECT_THAT(names, ElementsAre("set 1", "get 5", "add 2"));
}

TEST_F(Group, CountsWhatItHasNoRoomForAndWhatTheOuterLayersLost) {
  outer_.reset();
  shm::remove_segment_of(shm::layers_instance(instance_));
  outer_ = std::make_unique<TestSegment>(shm::layers_instance(instance_),
                                         std::vector<shm::LaneTier>{{1, 512}});
  for (std::uint64_t i = 1; i <= 100; ++i) {
    const std::string operation = "operation_" + std::to_string(i);
    const std::uint64_t at = now() - 900 * kMs;
    client(operation.c_str(), shm::names::kTwoLayer, i, at, 5 * kMs);
    publish(*daemon_, operation.c_str(), shm::names::kDaemon, shm::names::kTwoLayer, i, at + kMs,
            kMs);
  }
  group_.sweep(now_);
  for (int i = 0; i < 2'000; ++i) {
    client("again", shm::names::kTwoLayer, 0, now() - 900 * kMs, 5 * kMs);
  }
  const auto view = look();
  EXPECT_EQ(view->chains_dropped, 4u);
  EXPECT_GE(view->outer_records_lost, 2'000u - 512);
  EXPECT_EQ(view->outer_records_lost + view->join.spans, 2'200u);
}

TEST_F(Group, SaysTheDistanceToTheTargets) {
  for (std::uint64_t i = 0; i < 120; ++i) four_layers(1 + i, now() - 900 * kMs);
  daemon_->header().gauges[shm::Gauge::target_latency_ns].store(20 * kMs);
  const auto view = look();
  EXPECT_EQ(view->targets.latency_ns, 20 * kMs);
  EXPECT_EQ(view->targets.operations_per_second, 1600);
  const StackWindow& window = view->stacks.at(0).window(kMinute);
  EXPECT_DOUBLE_EQ(*window.latency_room_ns, 9e6);
  EXPECT_DOUBLE_EQ(*window.throughput_room_per_second, window.outermost.rate_per_second - 1600);
  EXPECT_FALSE(view->stacks.at(0).window(Window::now).latency_room_ns);
}

// 120 times 4 ms of 8 workers.
TEST_F(Group, WorkersAreUsedForTheDaemonsSpansOfTheTimeThatIsCovered) {
  for (std::uint64_t i = 0; i < 120; ++i) four_layers(1 + i, now() - 900 * kMs);
  const auto view = look();
  const double covered = group_.snapshot(now_).daemon.window(kMinute).covered_seconds;
  ASSERT_GT(covered, 0);
  EXPECT_EQ(view->workers_configured, 8u);
  EXPECT_NEAR(view->worker_utilisation[static_cast<std::size_t>(kMinute)].value_or(-1),
              0.48 / (8 * covered), 1e-9);
}

TEST_F(Group, AFreshSegmentHasTheDefaultTargets) {
  const auto view = look();
  EXPECT_EQ(view->targets.latency_ns, 6 * kMs);
  EXPECT_EQ(view->targets.operations_per_second, 1600);
}

TEST_F(Group, ReadsTheProcessesBehindTheCollectionPoints) {
  const shm::ProcessIdentity self = shm::this_process();
  outer_->show_point(0, {self.start_time, now(), self.pid, shm::names::kMcpServer});
  outer_->show_point(1, {self.start_time + 1, now(), self.pid, shm::names::kTsClient});
  outer_->show_point(2, {1, now(), 4'000'000, shm::names::kMcpClient});
  daemon_->header().gauges[shm::Gauge::telemetry_resident_bytes] = 4'096;
  look();  // a CPU ratio takes two readings
  const auto view = look();
  ASSERT_EQ(view->processes.size(), 4u);
  EXPECT_EQ(view->processes[0].layer, "mcp-client");
  EXPECT_FALSE(view->processes[0].running);
  EXPECT_EQ(view->processes[1].layer, "mcp-server");
  EXPECT_TRUE(view->processes[1].running);
  EXPECT_GT(view->processes[1].process.resident_bytes.value_or(0), 0u);
  EXPECT_TRUE(view->processes[1].process.cpu_ratio.has_value());
  EXPECT_FALSE(view->processes[2].running);  // its pid belongs to another process now
  EXPECT_FALSE(view->processes[2].process.resident_bytes);
  EXPECT_EQ(view->processes[3].layer, "daemon");
  EXPECT_EQ(view->processes[3].telemetry_resident_bytes, 4'096u);
  EXPECT_FALSE(view->processes[1].telemetry_resident_bytes) << "no plugin is in it";
  EXPECT_FALSE(view->processes[1].reported) << "it has no source's id";
  EXPECT_NEAR(view->processes[1].last_seen_seconds, 16, 0.5);
}

TEST_F(Group, KnowsWhichPartOfItsOperationsALayerHasReported) {
  const shm::ProcessIdentity self = shm::this_process();
  // Two sources in one process, and one in a process that does not say which.
  outer_->show_point(0, {self.start_time, now(), self.pid, shm::names::kMcpServer, 7, 100, 90});
  outer_->show_point(1, {self.start_time, now(), self.pid, shm::names::kMcpServer, 8, 20, 20});
  outer_->show_point(2, {0, now(), 0, shm::names::kMcpServer, 9, 80, 50});
  const auto view = look();
  ASSERT_EQ(view->processes.size(), 3u);
  EXPECT_EQ(view->processes[1].process.pid, self.pid);
  ASSERT_TRUE(view->processes[1].reported);
  EXPECT_EQ(view->processes[1].reported->completed, 120u);
  EXPECT_EQ(view->processes[1].reported->taken, 110u);
  EXPECT_FALSE(view->processes[2].reported) << "the daemon's plugin sees all";
  EXPECT_DOUBLE_EQ(coverage(*view, "mcp-server").value(), 160.0 / 200);
  EXPECT_FALSE(coverage(*view, "ts-client"));
}

// Each process that was restarted left its own.
TEST_F(Group, ReadsAllSourcesThatABridgeRemembers) {
  constexpr std::uint32_t kSources = 64;
  const shm::ProcessIdentity self = shm::this_process();
  for (std::uint32_t i = 0; i + 1 < kSources; ++i) {
    outer_->show_point(i, {1, now(), 4'000'000 + i, shm::names::kMcpServer, i + 1, 10, 10});
  }
  outer_->show_point(kSources - 1,
                     {self.start_time, now(), self.pid, shm::names::kMcpServer, kSources, 10, 0});
  const auto view = look();
  EXPECT_DOUBLE_EQ(coverage(*view, "mcp-server").value(), 63.0 / 64);
  EXPECT_TRUE(std::any_of(
      view->processes.begin(), view->processes.end(),
      [](const LayerProcess& one) { return one.running && one.layer == "mcp-server"; }));
}

TEST_F(Group, SnapshotHasTheOperationsOfAllLayers) {
  four_layers(1, now() - 900 * kMs);
  publish(*outer_, "forged", shm::names::kDaemon, shm::names::kFourLayer, 0, now() - 900 * kMs, 1);
  look();
  const Snapshot snapshot = group_.snapshot(now_);
  EXPECT_EQ(snapshot.instance, instance_);
  std::vector<std::string> layers;
  for (const OperationStats& operation : snapshot.operations) layers.push_back(operation.key.layer);
  EXPECT_THAT(layers, ElementsAre("daemon", "mcp-client", "mcp-server", "ts-client"));
  EXPECT_TRUE(std::is_sorted(snapshot.operations.begin(), snapshot.operations.end(),
                             [](const auto& a, const auto& b) { return a.key < b.key; }));
  EXPECT_EQ(snapshot.daemon.window(kMinute).outcomes.all(), 1u);
}

TEST_F(Group, SnapshotHasEachStacksLayersOnceAndInOrder) {
  four_layers(1, now() - 900 * kMs);
  two_layers(2, now() - 900 * kMs);
  publish(*outer_, "forged", shm::names::kDaemon, shm::names::kFourLayer, 0, now() - 900 * kMs, 1);
  look();
  std::vector<std::string> layers;
  for (const LayerStats& layer : group_.snapshot(now_).layers) {
    layers.push_back(layer.stack + ' ' + layer.layer);
  }
  EXPECT_THAT(layers, ElementsAre("2-layer daemon", "2-layer mcp-client", "4-layer daemon",
                                  "4-layer mcp-client", "4-layer mcp-server", "4-layer ts-client"));
}

class DaemonAlone : public Group {
 protected:
  DaemonAlone() {
    outer_.reset();
    shm::remove_segment_of(shm::layers_instance(instance_));
  }
};

TEST_F(DaemonAlone, SaysWhatIsMissing) {
  publish(*daemon_, "add", shm::names::kDaemon, shm::names::kTwoLayer, 7, now() - 900 * kMs, kMs);
  const auto view = look();
  EXPECT_EQ(view->join.fates.alone, 1u);
  EXPECT_THAT(view->message, HasSubstr("no layer outside"));
  const StackWindow& window = view->stacks.at(0).window(kMinute);
  EXPECT_THAT(window.layers, ElementsAre("daemon"));
  EXPECT_EQ(window.breakdown.source, BreakdownSource::none);
  EXPECT_EQ(window.outermost.latency.count, 1u);
}

// Collectors report seconds late, the first time into a segment that was not there before.
TEST_F(DaemonAlone, ItsSpansWaitForTheFirstReport) {
  const std::uint64_t at = now() - 900 * kMs;
  publish(*daemon_, "add", shm::names::kDaemon, shm::names::kTwoLayer, 7, at + kMs, 3 * kMs);
  group_.sweep(now_);
  now_.monotonic_ns += 2 * kSecond;
  outer_ = std::make_unique<TestSegment>(shm::layers_instance(instance_));
  client("add", shm::names::kTwoLayer, 7, at, 5 * kMs);
  EXPECT_EQ(look()->join.operations, 1u);
}

TEST(NoDaemon, SaysSo) {
  LayerGroup group(unique_instance());
  const auto now = Time::now();
  group.sweep(now);
  const auto view = group.layers(group.snapshot(now));
  EXPECT_EQ(view->daemon_state, shm::ProducerState::absent);
  EXPECT_THAT(view->message, HasSubstr("waiting for one"));
  EXPECT_TRUE(view->stacks.empty());
  EXPECT_TRUE(view->processes.empty());
}

}  // namespace
}  // namespace goxel_telemetry::metrics
