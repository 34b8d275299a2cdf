// SPDX-License-Identifier: GPL-3.0-or-later
// The ABI door, called as a host calls it. The header's C side is header_in_c.c.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "plugin/goxel_plugin.h"
#include "shm/reader.h"
#include "tests/plugin/header_layout.h"
#include "tests/shm/test_segment.h"

extern "C" const size_t layout_in_c[];
extern "C" const size_t layout_in_c_count;
extern "C" const goxel_plugin* plugin_as_c_gets_it(void);

namespace goxel_telemetry::plugin {
namespace {

using shm::Status;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(PluginHeader, MeansTheSameInCAndCpp) {
  const std::size_t layout[] = {HEADER_LAYOUT};
  EXPECT_THAT(std::span(layout_in_c, layout_in_c_count), testing::ElementsAreArray(layout));
}

TEST(PluginHeader, TheEntryGivesOneTableForItsMajorAndNoneForAnother) {
  const goxel_plugin* const table = goxel_plugin_entry(GOXEL_PLUGIN_ABI_MAJOR);
  ASSERT_NE(table, nullptr);
  EXPECT_EQ(table, plugin_as_c_gets_it());
  EXPECT_EQ(table->size, sizeof(goxel_plugin));
  EXPECT_EQ(goxel_plugin_entry(GOXEL_PLUGIN_ABI_MAJOR + 1), nullptr);
  EXPECT_EQ(goxel_plugin_entry(0), nullptr);
}

class Abi : public testing::Test {
 protected:
  void TearDown() override { plugin_.deactivate(); }

  static void keep_line(void* lines, const char* line) {
    static_cast<std::vector<std::string>*>(lines)->push_back(line);
  }
  int activate(std::vector<goxel_plugin_setting> more = {}) {
    std::vector<goxel_plugin_setting> settings = {{"instance", instance_.name().c_str()}};
    settings.insert(settings.end(), more.begin(), more.end());
    goxel_plugin_host host{};
    host.size = sizeof host;
    host.name = "abi-test";
    host.version = "1.0";
    host.workers_configured = 3;
    host.settings = settings.data();
    host.setting_count = settings.size();
    host.log = keep_line;
    host.log_context = &log_;
    return plugin_.activate(&host);
  }
  void watch() {
    reader_ = shm::Reader::open(instance_.name());
    ASSERT_NE(reader_, nullptr);
  }
  goxel_plugin_request_token received(const std::string& operation,
                                      goxel_plugin_connection connection = 1) {
    goxel_plugin_request request{};
    request.size = sizeof request;
    request.connection = connection;
    request.protocol = GOXEL_PROTOCOL_JSON_RPC;
    request.operation = operation.data();
    request.operation_length = operation.size();
    request.bytes = 100;
    return plugin_.request_received(&request);
  }
  std::vector<shm::Record> records() {
    std::vector<shm::Record> found;
    reader_->sweep([&](const shm::Record& record, std::uint32_t) { found.push_back(record); });
    return found;
  }
  // Until `met()`, which what the plugin does by itself within seconds brings about; false if it
  // does not.
  template <class Condition>
  static bool wait_until(Condition&& met) {
    for (int i = 0; i < 2000; ++i) {
      if (met()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }
  // "operation status" each.
  std::vector<std::string> seen() {
    std::vector<std::string> found;
    for (const shm::Record& record : records()) {
      found.push_back(reader_->name(record.operation) + " " +
                      std::to_string(static_cast<int>(record.status)));
    }
    return found;
  }

  const goxel_plugin& plugin_ = *goxel_plugin_entry(GOXEL_PLUGIN_ABI_MAJOR);
  const shm::TestInstance instance_;
  std::vector<std::string> log_;
  std::unique_ptr<shm::Reader> reader_;
};

TEST_F(Abi, WithoutActivationEveryCallDoesNothing) {
  plugin_.connection_opened(1);
  const auto token = received("ping");
  EXPECT_EQ(token, 0u);
  plugin_.request_queued(token);
  plugin_.request_started(token, 0);
  plugin_.request_answering(token);
  plugin_.request_finished(token, GOXEL_STATUS_OK, 1);
  plugin_.set_gauge(GOXEL_GAUGE_QUEUE_DEPTH, 1);
  plugin_.connection_closed(1);
  plugin_.deactivate();
}

TEST_F(Abi, ABadSettingIsOneLineInTheHostsLog) {
  EXPECT_EQ(activate({{"segment_mode", "0777"}}), -1);
  ASSERT_EQ(log_.size(), 1u);
  EXPECT_THAT(log_[0], HasSubstr("runs without telemetry"));
  EXPECT_THAT(log_[0], HasSubstr("segment_mode"));
  EXPECT_EQ(received("ping"), 0u);
}

TEST_F(Abi, ASecondActivationIsRefusedAndTheFirstGoesOn) {
  ASSERT_EQ(activate(), 0);
  EXPECT_EQ(activate(), -1);
  ASSERT_EQ(log_.size(), 1u);
  EXPECT_THAT(log_[0], HasSubstr("already on"));
  EXPECT_NE(received("ping"), 0u);
}

TEST_F(Abi, AQueuedRequestHasItsWaitItsSpanAndItsSendingTime) {
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

TEST_F(Abi, ARequestHasWhatTheHostToldOfIt) {
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
  EXPECT_EQ(record.send_ticks, 0u) << "nobody said answering";
  EXPECT_EQ(record.bytes_in, UINT32_MAX);
  EXPECT_EQ(record.bytes_out, UINT32_MAX);
}

TEST_F(Abi, WithoutANameARequestIsMalformedAndItsStackIsItsProtocols) {
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

TEST_F(Abi, ATraceparentGivesTheLowHalfOfItsTraceIdOrNone) {
  ASSERT_EQ(activate(), 0);
  watch();
  const auto trace_id_of = [this](std::string_view traceparent) {
    goxel_plugin_request request{};
    request.size = sizeof request;
    request.traceparent = traceparent.data();
    request.traceparent_length = traceparent.size();
    plugin_.request_finished(plugin_.request_received(&request), GOXEL_STATUS_OK, 0);
    const auto found = records();
    return found.size() == 1 ? found[0].trace_id : UINT64_MAX;
  };
  EXPECT_EQ(trace_id_of("00-ffffffffffffffff0123456789abcdef"), 0x0123456789abcdefu);
  EXPECT_EQ(trace_id_of("00-ffffffffffffffff9a0f000000000000-b7"), 0x9a0f000000000000u);
  EXPECT_EQ(trace_id_of("00-ffffffffffffffff0123456789abcde"), 0u) << "one digit short";
  EXPECT_EQ(trace_id_of({}), 0u);
  for (const char bad : {'/', ':', '`', 'g', 'A', '-'}) {
    std::string traceparent = "00-ffffffffffffffff0123456789abcdef-b7";
    traceparent[19] = bad;
    EXPECT_EQ(trace_id_of(traceparent), 0u) << bad;
    traceparent[19] = '0';
    traceparent[34] = bad;
    EXPECT_EQ(trace_id_of(traceparent), 0u) << bad;
  }
}

TEST_F(Abi, AWorkersNumberIsKeptIfARecordCanHoldIt) {
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

TEST_F(Abi, AnUnstartedRequestHasNoWorkerAndNoWait) {
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

TEST_F(Abi, ATokenIsDeadAfterItsRequestAndForgedOnesEndNothing) {
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

TEST_F(Abi, ATokenThatWillBeTheNextOfAFreeLineEndsNothing) {
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

TEST_F(Abi, AClosedConnectionEndsItsOwnRequestsStartedOnesAsCancelled) {
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
TEST_F(Abi, AClosedConnectionLeavesARequestThatIsBeingAnsweredToItsWorker) {
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

TEST_F(Abi, OpenConnectionsAndTheirDescriptorsAreThoseThatWereNotClosed) {
  ASSERT_EQ(activate(), 0);
  watch();
  for (goxel_plugin_connection connection = 1; connection <= 3; ++connection) {
    plugin_.connection_opened(connection);
  }
  EXPECT_EQ(reader_->gauges()[shm::Gauge::connections], 3u);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::open_descriptors], 3u);
  plugin_.connection_closed(2);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::connections], 2u);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::open_descriptors], 2u);
  plugin_.connection_closed(1);
  plugin_.connection_closed(3);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::connections], 0u);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::open_descriptors], 0u);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::connections_total], 3u);
}

TEST_F(Abi, GaugesAreWhatTheHostSaidLast) {
  ASSERT_EQ(activate(), 0);
  watch();
  plugin_.set_gauge(GOXEL_GAUGE_QUEUE_DEPTH, 5);
  plugin_.set_gauge(GOXEL_GAUGE_WORKERS_CONFIGURED, 8);
  plugin_.set_gauge(99, 1);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::queue_depth], 5u);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::workers_configured], 8u);
  plugin_.set_gauge(GOXEL_GAUGE_QUEUE_DEPTH, -1);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::queue_depth], 0u);
}

TEST_F(Abi, EachStatusIsKeptWithItsBytesAndOnlyAnsweredOnesAreBusyTime) {
  ASSERT_EQ(activate(), 0);
  watch();
  constexpr std::uint32_t kUnheardOf = 77;  // of a newer minor version
  for (const std::uint32_t status :
       {std::uint32_t{GOXEL_STATUS_OK}, std::uint32_t{GOXEL_STATUS_ERROR},
        std::uint32_t{GOXEL_STATUS_UNANSWERED}, std::uint32_t{GOXEL_STATUS_MALFORMED},
        std::uint32_t{GOXEL_STATUS_CANCELLED}, kUnheardOf}) {
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
  EXPECT_THAT(statuses, ElementsAre(0, 1, 2, 3, 4, 1));
  EXPECT_THAT(bytes_out, ElementsAre(10, 11, 12, 13, 14, 87));
  const shm::Totals totals = reader_->totals();
  EXPECT_EQ(totals.span_ticks, busy);
  EXPECT_EQ(totals.bytes_in, 600u);
  EXPECT_EQ(totals.bytes_out, 10u + 11u + 12u + 13u + 14u + 87u);
  EXPECT_THAT(totals.by_status, ElementsAre(1, 2, 1, 1, 1));
}

TEST_F(Abi, ARequestInHandForTooLongIsUnansweredHoweverFarItCameAndItsLateEndIsIgnored) {
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

// By the plugin's own thread.
TEST_F(Abi, HeartbeatAndCalibrationAreKeptFreshThoughNothingHappens) {
  ASSERT_EQ(activate(), 0);
  watch();
  const std::uint64_t first_beat = reader_->heartbeat_ns();
  const std::uint64_t first_anchor = reader_->calibration().anchor_ns;
  EXPECT_TRUE(wait_until([&] { return reader_->heartbeat_ns() > first_beat; }));
  if (reader_->producer().clock_source == shm::ClockSource::monotonic) {
    GTEST_SKIP() << "the clock here is CLOCK_MONOTONIC itself: no calibration to refresh";
  }
  EXPECT_TRUE(wait_until([&] { return reader_->calibration().anchor_ns > first_anchor; }));
}

TEST_F(Abi, DeactivationEndsWhatIsInHandAndActivationBeginsAnew) {
  ASSERT_EQ(activate(), 0);
  watch();
  const auto old = received("ping");
  plugin_.request_started(received("started"), 0);
  plugin_.deactivate();
  EXPECT_THAT(seen(), testing::UnorderedElementsAre("ping 2", "started 2"));
  EXPECT_EQ(reader_->state(0), shm::ProducerState::retired);
  EXPECT_EQ(received("ping"), 0u);
  ASSERT_EQ(activate(), 0);
  watch();
  plugin_.request_finished(old, GOXEL_STATUS_OK, 0);
  EXPECT_THAT(seen(), testing::IsEmpty());
  plugin_.request_finished(received("version"), GOXEL_STATUS_OK, 0);
  EXPECT_THAT(seen(), ElementsAre("version 0"));
}

TEST_F(Abi, AFullTableCountsWhatItCannotHold) {
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

// A child gets copies of the parent's tokens and tables, but neither its segment nor its requests.
TEST_F(Abi, AForkedChildWritesNothingUntilItActivatesAndThenBeginsEmpty) {
  ASSERT_EQ(activate(), 0);
  watch();
  const auto token = received("parents");
  const pid_t child = fork();
  if (child == 0) {
    plugin_.request_finished(token, GOXEL_STATUS_OK, 0);
    const bool silent = received("childs") == 0;
    const shm::TestInstance own;
    const goxel_plugin_setting settings[] = {{"instance", own.name().c_str()}};
    goxel_plugin_host host{};
    host.size = sizeof host;
    host.settings = settings;
    host.setting_count = 1;
    if (!silent || plugin_.activate(&host) != 0) std::_Exit(1);
    reader_ = shm::Reader::open(own.name());
    plugin_.request_finished(token, GOXEL_STATUS_OK, 0);
    plugin_.connection_closed(1);
    if (reader_ == nullptr || !seen().empty()) std::_Exit(2);
    plugin_.request_finished(received("childs"), GOXEL_STATUS_OK, 0);
    const bool one = seen() == std::vector<std::string>{"childs 0"};
    plugin_.deactivate();
    shm_unlink(own.object().c_str());
    std::_Exit(one ? 0 : 3);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_THAT(seen(), testing::IsEmpty());
  plugin_.request_finished(token, GOXEL_STATUS_OK, 0);
  EXPECT_THAT(seen(), ElementsAre("parents 0"));
}

// Requests that begin and end on several threads while their connections are closed under them.
TEST_F(Abi, EachRequestEndsOnceHoweverManyThreadsEndIt) {
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
