// SPDX-License-Identifier: GPL-3.0-or-later
// What the ABI door makes of a request's calls: its record, its line while it is in flight, and its
// token.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "tests/plugin/abi_fixture.h"

namespace goxel_telemetry::plugin {
namespace {

using shm::Status;
using testing::ElementsAre;

using AbiRequests = Abi;

TEST_F(AbiRequests, AQueuedRequestHasItsWaitItsSpanAndItsSendingTime) {
  ASSERT_EQ(activate(), 0);
  watch();
  // The segment's ticks that pass at least.
  const auto pause = [clock = reader_->producer().clock_source] {
    const std::uint64_t begin = shm::read_ticks(clock);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return shm::read_ticks(clock) - begin;
  };
  plugin_.connection_opened(1);
  const auto token = received("ping");
  plugin_.request_queued(token);
  ASSERT_EQ(reader_->inflight().size(), 1u);
  EXPECT_EQ(reader_->inflight()[0].phase, static_cast<std::uint64_t>(shm::Phase::queued));
  const std::uint64_t waited = pause();
  plugin_.request_started(token, 2);
  EXPECT_EQ(reader_->inflight()[0].phase, static_cast<std::uint64_t>(shm::Phase::started));
  const std::uint64_t worked = pause();
  plugin_.request_answering(token);
  const std::uint64_t sent = pause();
  plugin_.request_finished(token, GOXEL_STATUS_OK, 77);
  const auto found = records();
  ASSERT_EQ(found.size(), 1u);
  const shm::Record& record = found[0];
  EXPECT_GE(record.wait_ticks, waited);
  EXPECT_GE(record.duration_ticks, worked);
  EXPECT_GE(record.send_ticks, sent);
  EXPECT_EQ(record.worker, 2u);
  EXPECT_EQ(record.bytes_in, 100u);
  EXPECT_EQ(record.bytes_out, 77u);
  EXPECT_EQ(record.stack, shm::names::kFourLayer);
  EXPECT_TRUE(reader_->inflight().empty());
  EXPECT_EQ(reader_->gauges()[shm::Gauge::workers_configured], 3u);
}

TEST_F(AbiRequests, ARequestHasWhatTheHostSaidOfIt) {
  ASSERT_EQ(activate({{"clock", "monotonic"}}), 0);  // ticks are nanoseconds
  watch();
  const std::string traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const std::string operation = "paint and more";
  const std::string stack = "my-stack and more";
  goxel_plugin_request request{};
  request.size = sizeof request;
  request.connection = 77;
  request.protocol = GOXEL_PROTOCOL_MCP;
  request.operation = operation.data();
  request.operation_length = 5;
  request.stack = stack.data();
  request.stack_length = 8;
  request.traceparent = traceparent.data();
  request.traceparent_length = traceparent.size();
  request.receive_duration_ns = 12345;
  request.bytes = UINT64_MAX;
  const std::uint64_t before = shm::monotonic_ns();
  const auto token = plugin_.request_received(&request);
  const auto shown = reader_->inflight().at(0);
  EXPECT_GE(shown.since_ticks, before);
  EXPECT_EQ(shown.trace_id, 0x8448eb211c80319cu);
  EXPECT_EQ(shown.connection, 77u);
  EXPECT_EQ(reader_->name(shown.operation), "paint");
  EXPECT_EQ(reader_->name(shown.stack), "my-stack");
  EXPECT_EQ(shown.worker, shm::kNoWorker);
  EXPECT_EQ(shown.protocol, static_cast<std::uint64_t>(shm::Protocol::mcp));
  EXPECT_EQ(shown.phase, static_cast<std::uint64_t>(shm::Phase::received));
  EXPECT_EQ(shown.layer, std::uint64_t{shm::names::kDaemon});
  EXPECT_EQ(shown.receive_ticks, 12345u);
  EXPECT_EQ(shown.bytes_in, UINT32_MAX);

  plugin_.request_finished(token, GOXEL_STATUS_OK, UINT64_MAX);
  const auto found = records();
  ASSERT_EQ(found.size(), 1u);
  const shm::Record& record = found[0];
  EXPECT_EQ(record.start_ticks, shown.since_ticks);
  EXPECT_EQ(record.trace_id, 0x8448eb211c80319cu);
  EXPECT_EQ(reader_->name(record.operation), "paint");
  EXPECT_EQ(reader_->name(record.stack), "my-stack");
  EXPECT_EQ(record.worker, shm::kNoWorker);
  EXPECT_EQ(record.protocol, static_cast<std::uint64_t>(shm::Protocol::mcp));
  EXPECT_EQ(record.layer, std::uint64_t{shm::names::kDaemon});
  EXPECT_EQ(record.receive_ticks, 12345u);
  EXPECT_EQ(record.wait_ticks, 0u);
  EXPECT_EQ(record.send_ticks, 0u) << "the host did not call request_answering";
  EXPECT_EQ(record.bytes_in, UINT32_MAX);
  EXPECT_EQ(record.bytes_out, UINT32_MAX);
}

TEST_F(AbiRequests, WithoutANameARequestIsMalformedAndItsStackIsItsProtocols) {
  ASSERT_EQ(activate(), 0);
  watch();
  for (const std::uint32_t protocol :
       {std::uint32_t{GOXEL_PROTOCOL_MCP}, std::uint32_t{GOXEL_PROTOCOL_JSON_RPC}}) {
    goxel_plugin_request request{};
    request.size = sizeof request;
    request.protocol = protocol;
    plugin_.request_finished(plugin_.request_received(&request), GOXEL_STATUS_MALFORMED, 0);
  }
  const auto found = records();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].operation, std::uint64_t{shm::names::kMalformed});
  EXPECT_EQ(found[0].stack, std::uint64_t{shm::names::kTwoLayer});
  EXPECT_EQ(found[1].operation, std::uint64_t{shm::names::kMalformed});
  EXPECT_EQ(found[1].stack, std::uint64_t{shm::names::kFourLayer});
}

TEST_F(AbiRequests, AWorkersNumberIsKeptIfARecordCanHoldIt) {
  ASSERT_EQ(activate(), 0);
  watch();
  const auto worker_of = [this](std::uint32_t worker) {
    const auto token = received("ping");
    plugin_.request_started(token, worker);
    plugin_.request_finished(token, GOXEL_STATUS_OK, 0);
    return records().at(0).worker;
  };
  EXPECT_EQ(worker_of(0), 0u);
  EXPECT_EQ(worker_of(65534), 65534u);
  EXPECT_EQ(worker_of(65535), shm::kNoWorker);
  EXPECT_EQ(worker_of(65536), shm::kNoWorker);
}

TEST_F(AbiRequests, AnUnstartedRequestHasNoWorkerAndNoWait) {
  ASSERT_EQ(activate(), 0);
  watch();
  const auto queued = received("queued");
  plugin_.request_queued(queued);
  plugin_.request_finished(queued, GOXEL_STATUS_CANCELLED, 0);
  const auto direct = received("direct");
  plugin_.request_started(direct, 4);
  plugin_.request_finished(direct, GOXEL_STATUS_OK, 0);
  const auto found = records();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].worker, shm::kNoWorker);
  EXPECT_EQ(found[0].wait_ticks, 0u);
  EXPECT_EQ(found[1].worker, 4u);
  EXPECT_EQ(found[1].wait_ticks, 0u);
}

TEST_F(AbiRequests, ATokenIsDeadAfterItsRequestAndForgedOnesEndNothing) {
  ASSERT_EQ(activate(), 0);
  watch();
  const auto first = received("ping");
  plugin_.request_finished(first, GOXEL_STATUS_OK, 0);
  const auto second = received("version");  // on the same line
  plugin_.request_finished(first, GOXEL_STATUS_ERROR, 0);
  plugin_.request_started(first, 1);
  plugin_.request_finished(0, GOXEL_STATUS_OK, 0);
  plugin_.request_finished(UINT64_MAX, GOXEL_STATUS_OK, 0);
  plugin_.request_finished(second + 1, GOXEL_STATUS_OK, 0);
  constexpr goxel_plugin_request_token kNoLine = (1u << 14) - 1;  // in a token's low 14 bits
  plugin_.request_finished(second | kNoLine, GOXEL_STATUS_OK, 0);
  EXPECT_THAT(seen(), ElementsAre("ping 0"));
  plugin_.request_finished(second, GOXEL_STATUS_OK, 0);
  EXPECT_THAT(seen(), ElementsAre("version 0"));
}

TEST_F(AbiRequests, ATokenThatWillBeTheNextOfAFreeLineEndsNothing) {
  ASSERT_EQ(activate(), 0);
  watch();
  const auto first = received("first");
  const auto second = received("second");
  plugin_.request_finished(second, GOXEL_STATUS_OK, 0);
  constexpr goxel_plugin_request_token kOneGeneration = 1u << 14;
  plugin_.request_finished(second + kOneGeneration, GOXEL_STATUS_ERROR, 0);
  EXPECT_THAT(seen(), ElementsAre("second 0"));
  plugin_.request_finished(first, GOXEL_STATUS_OK, 0);
  EXPECT_THAT(seen(), ElementsAre("first 0"));
}

TEST_F(AbiRequests, AClosedConnectionEndsItsOwnRequestsStartedOnesAsCancelled) {
  ASSERT_EQ(activate(), 0);
  watch();
  plugin_.connection_opened(1);
  plugin_.connection_opened(2);
  received("received", 1);
  plugin_.request_queued(received("queued", 1));
  plugin_.request_started(received("started", 1), 0);
  const auto queued_first = received("queued and started", 1);
  plugin_.request_queued(queued_first);
  plugin_.request_started(queued_first, 0);
  const auto other = received("other", 2);
  plugin_.connection_closed(1);
  EXPECT_THAT(seen(), testing::UnorderedElementsAre("received 2", "queued 2", "started 4",
                                                    "queued and started 4"));
  plugin_.request_finished(other, GOXEL_STATUS_OK, 0);
  EXPECT_THAT(seen(), ElementsAre("other 0"));
}

// A client that has its answer may hang up before the host's worker is back from sending it.
TEST_F(AbiRequests, AClosedConnectionLeavesARequestThatIsBeingAnsweredToItsWorker) {
  ASSERT_EQ(activate(), 0);
  watch();
  plugin_.connection_opened(1);
  const auto token = received("ping", 1);
  plugin_.request_started(token, 0);
  plugin_.request_answering(token);
  plugin_.connection_closed(1);
  EXPECT_THAT(seen(), ElementsAre());
  plugin_.request_finished(token, GOXEL_STATUS_OK, 1);
  EXPECT_THAT(seen(), ElementsAre("ping 0"));
}

TEST_F(AbiRequests, CallsAreTimedAlsoOfAThreadThatPublishesNothing) {
  ASSERT_EQ(activate(), 0);
  watch();
  constexpr int kTimed = 100;
  std::vector<goxel_plugin_request_token> tokens;
  std::thread([&] {
    for (int i = 0; i < 1 + 61 * kTimed; ++i) tokens.push_back(received("ping"));
  }).join();
  EXPECT_EQ(reader_->totals().own_cost_samples, static_cast<std::uint64_t>(kTimed));
  EXPECT_GT(reader_->totals().waited_ticks, 0u);
  EXPECT_EQ(reader_->totals().after_ticks, 0u);
  std::thread([&] {
    for (const auto token : tokens) plugin_.request_finished(token, GOXEL_STATUS_OK, 10);
  }).join();
  EXPECT_EQ(reader_->totals().own_cost_samples, static_cast<std::uint64_t>(2 * kTimed));
  EXPECT_GT(reader_->totals().after_ticks, 0u);
}

TEST_F(AbiRequests, EachStatusIsKeptWithItsBytesAndOnlyAnsweredOnesAreBusyTime) {
  ASSERT_EQ(activate(), 0);
  watch();
  constexpr std::uint32_t kUnheardOf = 77;  // of a newer minor version
  for (const std::uint32_t status :
       {std::uint32_t{GOXEL_STATUS_OK}, std::uint32_t{GOXEL_STATUS_ERROR},
        std::uint32_t{GOXEL_STATUS_UNANSWERED}, std::uint32_t{GOXEL_STATUS_MALFORMED},
        std::uint32_t{GOXEL_STATUS_CANCELLED}, std::uint32_t{GOXEL_STATUS_NOTIFICATION},
        kUnheardOf}) {
    const auto token = received("ping");
    std::this_thread::sleep_for(std::chrono::microseconds(1));  // a span of some length
    plugin_.request_finished(token, status, 10 + status);
  }
  std::uint64_t busy = 0;
  std::vector<std::uint64_t> statuses;
  std::vector<std::uint64_t> bytes_out;
  for (const shm::Record& record : records()) {
    EXPECT_GT(record.duration_ticks, 0u);
    EXPECT_EQ(record.bytes_in, 100u);
    statuses.push_back(record.status);
    bytes_out.push_back(record.bytes_out);
    const bool answered = record.status == static_cast<std::uint64_t>(Status::ok) ||
                          record.status == static_cast<std::uint64_t>(Status::error);
    if (answered) busy += record.duration_ticks;
  }
  EXPECT_THAT(statuses, ElementsAre(0, 1, 2, 3, 4, 5, 1));
  EXPECT_THAT(bytes_out, ElementsAre(10, 11, 12, 13, 14, 15, 87));
  const shm::Totals totals = reader_->totals();
  EXPECT_EQ(totals.span_ticks, busy);
  EXPECT_EQ(totals.bytes_in, 700u);
  EXPECT_EQ(totals.bytes_out, 10u + 11u + 12u + 13u + 14u + 15u + 87u);
  EXPECT_THAT(totals.by_status, ElementsAre(1, 2, 1, 1, 1, 1));
}

// By the plugin's own thread.
TEST_F(AbiRequests, ARequestInFlightForTooLongIsUnansweredHoweverFarItCameAndItsLateEndIsIgnored) {
  ASSERT_EQ(activate({{"unanswered_after_seconds", "1"}}), 0);
  watch();
  const auto token = received("received");
  plugin_.request_queued(received("queued"));
  plugin_.request_started(received("started"), 0);
  const auto answering = received("answering");
  plugin_.request_started(answering, 0);
  plugin_.request_answering(answering);
  std::vector<std::string> found;
  wait_until([&] {
    plugin_.request_finished(received("other"), GOXEL_STATUS_OK, 0);  // on the same connection
    for (std::string& one : seen()) {
      if (one != "other 0") found.push_back(std::move(one));
    }
    return found.size() >= 4;
  });
  EXPECT_THAT(found,
              testing::UnorderedElementsAre("received 2", "queued 2", "started 2", "answering 2"));
  plugin_.request_finished(token, GOXEL_STATUS_OK, 0);
  EXPECT_THAT(seen(), testing::IsEmpty());
}

TEST_F(AbiRequests, AFullTableCountsWhatItCannotHold) {
  ASSERT_EQ(activate(), 0);
  watch();
  std::vector<goxel_plugin_request_token> tokens;
  for (int i = 0; i < 8192; ++i) tokens.push_back(received("ping"));
  EXPECT_EQ(received("ping"), 0u);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::inflight_misses], 1u);
  for (const auto token : tokens) plugin_.request_finished(token, GOXEL_STATUS_OK, 0);
  EXPECT_EQ(reader_->totals().by_status[0], 8192u);
  EXPECT_NE(received("ping"), 0u);
}

// Requests that begin and end on several threads while their connections are closed under them.
TEST_F(AbiRequests, EachRequestEndsOnceHoweverManyThreadsEndIt) {
  ASSERT_EQ(activate(), 0);
  watch();
  constexpr int kThreads = 4;
  constexpr int kEach = 20000;
  std::atomic<std::uint64_t> begun{0};
  std::atomic<std::uint64_t> last[kThreads] = {};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const auto token = received("ping", static_cast<std::uint64_t>(t));
        begun += token != 0;
        last[t].store(token);
        plugin_.request_started(token, 0);
        plugin_.request_finished(last[(t + 1) % kThreads].load(), GOXEL_STATUS_OK, 0);
        if (i % 64 == 0) plugin_.connection_closed(static_cast<std::uint64_t>(t));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int t = 0; t < kThreads; ++t) plugin_.connection_closed(static_cast<std::uint64_t>(t));
  EXPECT_TRUE(reader_->inflight().empty());
  EXPECT_EQ(reader_->totals().published, begun.load());
}

}  // namespace
}  // namespace goxel_telemetry::plugin
