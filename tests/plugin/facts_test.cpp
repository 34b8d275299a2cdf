// SPDX-License-Identifier: GPL-3.0-or-later
// Every field of a record and of a line in flight, whichever way the record comes about; and what the
// segment says of its host.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <array>
#include <thread>

#include "tests/plugin/requests_fixture.h"
#include "tests/shm/test_segment.h"

namespace goxel_telemetry::plugin {
namespace {

const std::string kTrace =
    R"("_meta": {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})";
constexpr std::uint64_t kTraceId = 0x8448eb211c80319c;

class Facts : public Requests {
 protected:
  // A time of day of the test's own, in ticks; long ago, because some ends read the real clock.
  static constexpr std::uint64_t kNoon = 1'000'000;

  void receive_at_noon_and(std::uint64_t later, const std::string& bytes) {
    receive_at(kNoon + later, bytes, kFd);
  }
  void send_at_noon_and(std::uint64_t later, const std::string& bytes) {
    const Chunk chunk{bytes.data(), bytes.size()};
    observer_->sent(kFd, {&chunk, 1}, kNoon + later);
  }
  shm::Record only_record() {
    const auto found = records();
    EXPECT_EQ(found.size(), 1u);
    return found.empty() ? shm::Record{} : found[0];
  }
  void expect_sender(const shm::Record& record, shm::Protocol protocol) {
    EXPECT_EQ(record.protocol, static_cast<std::uint64_t>(protocol));
    EXPECT_EQ(record.stack, std::uint64_t{protocol == shm::Protocol::mcp ? shm::names::kTwoLayer
                                                                         : shm::names::kFourLayer});
    EXPECT_EQ(record.layer, std::uint64_t{shm::names::kDaemon});
    EXPECT_EQ(record.worker, recorder_->worker());
    EXPECT_EQ(record.wait_ticks, 0u);
  }
};

TEST_F(Facts, OfARequestAreShownWhileItIsInFlightAndKept) {
  receive_at_noon_and(0, R"({"method": "a", )");
  receive_at_noon_and(300, R"("id": 1, )" + kTrace + "}");
  ASSERT_EQ(reader_->inflight().size(), 1u);
  const auto shown = reader_->inflight()[0];
  EXPECT_EQ(shown.since_ticks, kNoon + 300);
  EXPECT_EQ(shown.trace_id, kTraceId);
  EXPECT_EQ(shown.connection, 1u);
  EXPECT_EQ(shown.phase, static_cast<std::uint64_t>(shm::Phase::started));
  EXPECT_EQ(shown.worker, recorder_->worker());
  EXPECT_EQ(shown.stack, std::uint64_t{shm::names::kFourLayer});
  EXPECT_EQ(shown.layer, std::uint64_t{shm::names::kDaemon});
  EXPECT_EQ(shown.receive_ticks, 300u);
  EXPECT_EQ(shown.bytes_in, 109u);

  send_at_noon_and(1000, answer(1));
  const shm::Record record = only_record();
  EXPECT_EQ(record.start_ticks, kNoon + 300);
  EXPECT_EQ(record.duration_ticks, 700u);
  EXPECT_EQ(record.receive_ticks, 300u);
  EXPECT_GT(record.send_ticks, 0u);
  EXPECT_EQ(record.trace_id, kTraceId);
  EXPECT_EQ(record.bytes_in, 109u);
  EXPECT_EQ(record.bytes_out, 43u);
  expect_sender(record, shm::Protocol::json_rpc);
}

TEST_F(Facts, OfAMessageThatWasAnsweredWhileItWasReceived) {
  receive_at_noon_and(0, R"({"tool": "a", "arguments": {)" + kTrace + ", ");
  send_at_noon_and(400, kDone);
  shm::Record record = only_record();
  EXPECT_EQ(reader_->name(record.operation), "a");
  EXPECT_EQ(record.start_ticks, kNoon + 400);
  EXPECT_EQ(record.duration_ticks, 0u);
  EXPECT_EQ(record.receive_ticks, 400u);
  EXPECT_GT(record.send_ticks, 0u);
  EXPECT_EQ(record.trace_id, kTraceId);
  EXPECT_EQ(record.bytes_in, 113u);
  EXPECT_EQ(record.bytes_out, 34u);
  expect_sender(record, shm::Protocol::mcp);

  receive_at_noon_and(500, R"("x": 1}} {"params": [)");
  send_at_noon_and(900, kDone);
  record = only_record();
  EXPECT_EQ(reader_->name(record.operation), "_MALFORMED") << "no name yet, and so no request";
  EXPECT_EQ(record.status, static_cast<std::uint64_t>(Status::ok));
}

TEST_F(Facts, OfAMalformedMessage) {
  receive_at_noon_and(0, tool("a"));
  send_at_noon_and(100, kDone);
  records();
  receive_at_noon_and(200, "gar");
  receive_at_noon_and(500, "bage\n");
  const shm::Record record = only_record();
  EXPECT_EQ(record.start_ticks, kNoon + 500);
  EXPECT_EQ(record.duration_ticks, 0u);
  EXPECT_EQ(record.receive_ticks, 300u);
  EXPECT_EQ(record.send_ticks, 0u);
  EXPECT_EQ(record.trace_id, 0u);
  EXPECT_EQ(record.bytes_in, 8u);
  EXPECT_EQ(record.bytes_out, 0u);
  expect_sender(record, shm::Protocol::mcp);  // which the connection spoke last
}

TEST_F(Facts, TheProtocolIsThatOfEachMessage) {
  std::vector<std::uint64_t> protocols;
  for (const std::string& message :
       {tool("a"), request("a", 1), tool("a"), "[" + request("a", 2) + "]"}) {
    receive(message);
    protocols.push_back(reader_->inflight().at(0).protocol);
    send("[]");
  }
  constexpr auto kMcp = static_cast<std::uint64_t>(shm::Protocol::mcp);
  constexpr auto kJsonRpc = static_cast<std::uint64_t>(shm::Protocol::json_rpc);
  EXPECT_EQ(protocols, (std::vector{kMcp, kJsonRpc, kMcp, kJsonRpc}));
}

TEST_F(Facts, TheWorkerIsTheThreadThatReadTheRequest) {
  std::array<std::uint16_t, 2> workers{};
  receive(request("a", 1));
  workers[0] = recorder_->worker();
  std::thread([&] {
    receive(request("b", 2));
    workers[1] = recorder_->worker();
  }).join();
  EXPECT_NE(workers[0], workers[1]);
  send(answer(1));
  send(answer(2));
  const auto found = records();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].worker, workers[0]);
  EXPECT_EQ(found[1].worker, workers[1]);
}

TEST_F(Facts, ConnectionsAreNumberedAsTheyCome) {
  observer_->closing(kFd);
  observer_->accepted(kFd);
  observer_->accepted(kFd + 1);
  receive(request("a", 1));
  receive(request("b", 2), kFd + 1);
  ASSERT_EQ(reader_->inflight().size(), 2u);
  EXPECT_EQ(reader_->inflight()[0].connection, 2u);
  EXPECT_EQ(reader_->inflight()[1].connection, 3u);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::connections_total], 3u);
}

// --- a newline that means nothing ---

TEST_F(Facts, AConnectionIsQuietUnlessARequestIsInFlightOrAnAnswerUnderWay) {
  EXPECT_TRUE(observer_->is_quiet(kFd));
  receive(request("a", 1));
  EXPECT_FALSE(observer_->is_quiet(kFd));
  send(answer(1).substr(0, 10));
  EXPECT_FALSE(observer_->is_quiet(kFd));
  send(answer(1).substr(10));
  EXPECT_TRUE(observer_->is_quiet(kFd));
  send(R"({"method": "prog)");
  EXPECT_FALSE(observer_->is_quiet(kFd)) << "a notice of the host's own";
  observer_->closing(kFd);
  observer_->accepted(kFd);
  EXPECT_TRUE(observer_->is_quiet(kFd)) << "the next one in its place";
  observer_->hung_up(kFd);
  EXPECT_TRUE(observer_->is_quiet(kFd)) << "of a client that is gone";
}

// --- the end of a place ---

TEST(ConnectionTest, IsNotEnteredTwiceNotEvenToEndIt) {
  const auto connection = std::make_unique<Connection>();
  EXPECT_TRUE(connection->enter_anyway());
  EXPECT_FALSE(connection->enter_anyway());
  connection->leave();
  EXPECT_TRUE(connection->enter_anyway());
}

TEST_F(Facts, BytesThatAnExpiredConnectionLeftBehindAreReadAnew) {
  receive(R"({"method": "half)");
  observer_->hung_up(kFd);
  let_the_time_limit_pass();
  observer_->housekeep(now());
  receive(request("late", 1));
  EXPECT_EQ(in_flight(), Names{"late"});
  observer_->closing(kFd);
  EXPECT_EQ(seen(), (List{{"late", Status::cancelled}}));
}

// What lies behind the table says that each descriptor there is the first connection's.
TEST_F(Facts, ADescriptorBeyondTheTableIsNotObserved) {
  struct Framed {
    SocketObserver observer;
    std::array<std::uint16_t, 64> behind;
  };
  const auto framed = std::make_unique<Framed>();
  framed->behind.fill(4);
  SocketObserver& observer = framed->observer;
  observer.start(*recorder_);
  observer.accepted(kFd);
  const auto before = framed->behind;
  for (const int far : {static_cast<int>(kDescriptors), static_cast<int>(kDescriptors) + 9}) {
    EXPECT_FALSE(observer.is_connection(far)) << far;
    EXPECT_FALSE(observer.is_known(far)) << far;
    EXPECT_FALSE(observer.is_listener(far)) << far;
    observer.listens(far);
    observer.accepted(far);
    observer.duplicated(far, kFd + 1);
    observer.duplicated(kFd, far);
    EXPECT_EQ(framed->behind, before) << far;
    EXPECT_FALSE(observer.is_connection(kFd + 1)) << far;
  }
  EXPECT_EQ(reader_->gauges()[shm::Gauge::unobserved_connections], 2u);
  EXPECT_TRUE(observer.is_connection(kFd));
}

// --- the segment ---

TEST(RecorderTest, TheSegmentIsForTheGroupOfTheSettings) {
  const shm::TestInstance instance;
  Settings settings;
  settings.instance = instance.name();
  settings.segment_group = "no-such-group";
  std::string why;
  EXPECT_EQ(Recorder::create(settings, {"voxels", "2.1", 5}, shm::Door::abi, why), nullptr);
  EXPECT_EQ(why, "there is no group \"no-such-group\"");
}

TEST(RecorderTest, TheSegmentIsAsTheSettingsAndTheHostSay) {
  const shm::TestInstance instance;
  Settings settings;
  settings.instance = instance.name();
  settings.segment_mode = 0600;
  settings.unanswered_after_ns = 7'000'000'000;
  settings.clock = ClockChoice::monotonic;
  settings.target_latency_ns = 6'000'000;
  settings.target_milli_operations_per_second = 1'600'125;
  std::string why;
  const auto recorder = Recorder::create(settings, {"voxels", "2.1", 5}, shm::Door::abi, why);
  ASSERT_NE(recorder, nullptr) << why;
  struct stat status {};
  ASSERT_EQ(stat(instance.path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
  const auto reader = shm::Reader::open(instance.name());
  ASSERT_NE(reader, nullptr);
  EXPECT_EQ(reader->producer().host_name, "voxels");
  EXPECT_EQ(reader->producer().host_version, "2.1");
  EXPECT_EQ(reader->producer().door, shm::Door::abi);
  EXPECT_EQ(reader->producer().clock_source, shm::ClockSource::monotonic);
  EXPECT_EQ(reader->gauges()[shm::Gauge::workers_configured], 5u);
  EXPECT_EQ(reader->gauges()[shm::Gauge::target_latency_ns], 6'000'000u);
  EXPECT_EQ(reader->gauges()[shm::Gauge::target_milli_operations_per_second], 1'600'125u);
  EXPECT_EQ(recorder->unanswered_after_ticks(), 7'000'000'000u);
  EXPECT_EQ(recorder->ticks_of_ns(1234), 1234u);
  EXPECT_EQ(reader->state(reader->heartbeat_ns()), shm::ProducerState::live);
}

}  // namespace
}  // namespace goxel_telemetry::plugin
