// SPDX-License-Identifier: GPL-3.0-or-later
// What the bytes of a connection count as: the definitions of docs/index.md, one by one, without a
// process or a socket.
#include "tests/plugin/requests_fixture.h"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

namespace goxel_telemetry::plugin {
namespace {

TEST_F(Requests, AnAnsweredRequestIsOneRecordWithItsFacts) {
  receive(R"({"jsonrpc": "2.0", "method": "ping", "id": 1, "_meta": {"traceparent":)"
          R"( "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}})"
          "\n");
  ASSERT_EQ(reader_->inflight().size(), 1u);
  EXPECT_EQ(reader_->name(reader_->inflight()[0].operation), "ping");
  send(kPong);
  send("\n");
  EXPECT_TRUE(reader_->inflight().empty());
  const auto found = records();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(reader_->name(found[0].operation), "ping");
  EXPECT_EQ(found[0].trace_id, 0x8448eb211c80319cu);
  EXPECT_EQ(found[0].layer, shm::names::kDaemon);
  EXPECT_EQ(found[0].stack, shm::names::kFourLayer);
  EXPECT_EQ(found[0].bytes_out, kPong.size());
  EXPECT_GT(found[0].duration_ticks, 0u);
  EXPECT_EQ(reader_->totals().by_status[0], 1u);
}

TEST_F(Requests, AnErrorOfEitherProtocolIsAnError) {
  receive(request("nope", 1));
  send(R"({ "jsonrpc": "2.0", "error": { "code": -32601 }, "id": 1 })");
  receive(R"({"tool": "goxel_add_voxels", "arguments": {}})");
  send(R"({ "success": false, "error": "no" })");
  EXPECT_EQ(seen(), (List{{"nope", Status::error}, {"goxel_add_voxels", Status::error}}));
}

TEST_F(Requests, TheMcpDialectIsTheTwoLayerStack) {
  receive(R"({"tool": "ping", "arguments": {}})");
  send(R"({ "success": true, "content": {} })");
  const auto found = records();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].stack, shm::names::kTwoLayer);
  EXPECT_EQ(found[0].protocol, static_cast<std::uint64_t>(shm::Protocol::mcp));
}

TEST_F(Requests, ARequestAndItsAnswerMayComeInAnyPieces) {
  for (const char c : kPing) receive(std::string(1, c));
  for (const char c : kPong) send(std::string(1, c));
  EXPECT_EQ(seen(), (List{{"ping", Status::ok}}));
}

TEST_F(Requests, OlderRequestsAreSoonUnansweredWhenALaterOneWasAnswered) {
  receive(request("a", 1) + request("b", 2) + request("c", 3));
  EXPECT_EQ(reader_->inflight().size(), 3u);
  send(answer(2));
  give_up_what_was_overtaken();
  EXPECT_EQ(seen(), (List{{"b", Status::ok}, {"a", Status::unanswered}}));
  send(answer(1));  // too late: already counted
  EXPECT_EQ(seen(), List{});
  send(answer(3));
  EXPECT_EQ(seen(), (List{{"c", Status::ok}}));
}

TEST_F(Requests, RequestsInFlightEndUnansweredWithTheirConnection) {
  receive(request("a", 1) + request("b", 2));
  observer_->closing(kFd);
  EXPECT_EQ(seen(), (List{{"a", Status::unanswered}, {"b", Status::unanswered}}));
  EXPECT_EQ(reader_->gauges()[shm::Gauge::connections], 0u);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::open_descriptors], 0u);
}

TEST_F(Requests, AHangUpSeenByTheReadingThreadLeavesThemUnanswered) {
  receive(request("a", 1));
  observer_->hung_up(kFd);
  EXPECT_EQ(seen(), (List{{"a", Status::unanswered}}));
  EXPECT_EQ(reader_->gauges()[shm::Gauge::connections], 0u);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::open_descriptors], 1u);  // the host has not closed it
  receive(request("late", 2));  // bytes that the client left behind
  observer_->closing(kFd);
  EXPECT_EQ(seen(), (List{{"late", Status::cancelled}}));
  EXPECT_EQ(reader_->gauges()[shm::Gauge::connections], 0u);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::open_descriptors], 0u);
}

TEST_F(Requests, AnAnswerThatCannotBeSentIsCancelled) {
  receive(request("a", 1));
  observer_->send_failed(kFd);
  EXPECT_EQ(seen(), (List{{"a", Status::cancelled}}));
}

TEST_F(Requests, AHangUpSeenByAnotherThreadWaitsForTheWorkersAttemptToAnswer) {
  receive(request("a", 1));
  std::thread([this] { observer_->hung_up(kFd); }).join();
  EXPECT_EQ(seen(), List{});
  observer_->send_failed(kFd);
  EXPECT_EQ(seen(), (List{{"a", Status::cancelled}}));
}

TEST_F(Requests, TheTimeLimitEndsARequestOnce) {
  receive(request("a", 1));
  observer_->housekeep(now());
  EXPECT_EQ(in_flight(), Names{"a"});
  let_the_time_limit_pass();
  receive(request("young", 2));
  observer_->housekeep(now());
  EXPECT_EQ(seen(), (List{{"a", Status::unanswered}}));
  EXPECT_EQ(in_flight(), Names{"young"});
  send(answer(2));
  EXPECT_EQ(seen(), (List{{"young", Status::ok}}));
  observer_->housekeep(now());
  send(answer(1));  // later than its limit
  EXPECT_EQ(seen(), List{});
}

TEST_F(Requests, WhatIsNoRequestIsMalformedAndTheNextOneCounts) {
  receive("{bad json}\n");
  receive("garbage\n");
  receive(R"({"id": 7})"
          "\n");
  receive(kPing);
  send(kPong);
  EXPECT_EQ(seen(), (List{{"_MALFORMED", Status::malformed},
                          {"_MALFORMED", Status::malformed},
                          {"_MALFORMED", Status::malformed},
                          {"ping", Status::ok}}));
}

TEST_F(Requests, ABatchIsOneRequest) {
  receive("[" + request("a", 1) + "," + request("b", 2) + "]");
  ASSERT_EQ(reader_->inflight().size(), 1u);
  EXPECT_EQ(reader_->name(reader_->inflight()[0].operation), "_BATCH");
  send("[" + answer(1) + "," + answer(2) + "]");
  EXPECT_EQ(seen(), (List{{"_BATCH", Status::ok}}));
}

TEST_F(Requests, AnErrorDuringTheReceptionAnswersTheMessageThatIsTooLarge) {
  receive(R"({"jsonrpc": "2.0", "method": "echo", "id": 60, "params": {"blob": ")" +
          std::string(66000, 'y'));
  send(R"({"jsonrpc":"2.0","error":{"code":-32700,"message":"too large"},"id":null})"
       "\n");
  EXPECT_EQ(seen(), (List{{"echo", Status::error}}));
  receive(std::string(1000, 'y') + "\"}}\n");
  EXPECT_EQ(seen(), List{});
  EXPECT_TRUE(reader_->inflight().empty());
}

TEST_F(Requests, ManyMoreInFlightThanTheTableHoldsStillMakeOneRecordEach) {
  constexpr int kMany = 3 * static_cast<int>(kInflightLines);
  std::uint64_t counted = 0;
  for (int id = 0; id < kMany; ++id) {
    receive(request("ping", id));
    if (id % 1000 == 0) counted += records().size();
  }
  EXPECT_GT(reader_->gauges()[shm::Gauge::inflight_misses], 0u);
  const std::size_t in_flight = reader_->inflight().size();
  counted += records().size();
  EXPECT_EQ(counted + in_flight, static_cast<std::uint64_t>(kMany));
  observer_->closing(kFd);
  EXPECT_EQ(records().size(), in_flight);
  EXPECT_EQ(reader_->totals().by_status[static_cast<int>(Status::unanswered)],
            static_cast<std::uint64_t>(kMany));
}

TEST_F(Requests, ADuplicatedDescriptorKeepsItsConnectionUntilBothAreClosed) {
  observer_->duplicated(kFd, kFd + 1);
  receive(request("a", 1));
  observer_->closing(kFd);
  EXPECT_EQ(seen(), List{});
  send(answer(1), kFd + 1);
  EXPECT_EQ(seen(), (List{{"a", Status::ok}}));
  observer_->closing(kFd + 1);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::connections], 0u);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::open_descriptors], 0u);
}

// Its place must not go to another connection while the copy can still end what lies in it.
TEST_F(Requests, AConnectionThatExpiresKeepsItsPlaceUntilTheLastCopyIsClosed) {
  observer_->duplicated(kFd, kFd + 1);
  observer_->closing(kFd);
  receive(R"({"jsonrpc": "2.0", )", kFd + 1);
  observer_->hung_up(kFd + 1);  // with half a message left
  let_the_time_limit_pass();
  observer_->housekeep(now());
  observer_->accepted(kFd + 2);
  receive(request("a", 1), kFd + 2);
  observer_->closing(kFd + 1);
  EXPECT_EQ(seen(), List{}) << "the copy's end was another connection's";
  send(answer(1), kFd + 2);
  EXPECT_EQ(seen(), (List{{"a", Status::ok}}));
  EXPECT_EQ(reader_->gauges()[shm::Gauge::connections], 1u);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::open_descriptors], 1u);
}

TEST_F(Requests, EndingThreadsGiveTheirLanesBackAndACrowdLosesNothing) {
  shm::Record record{};
  record.duration_ticks = 7;
  record.bytes_in = 3;
  record.bytes_out = 5;
  constexpr std::size_t kThreads = 2000;
  for (std::size_t i = 0; i < kThreads; ++i) {
    std::thread([&] { recorder_->publish(record); }).join();
  }
  EXPECT_EQ(records().size(), kThreads);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::lane_misses], 0u);

  // More threads at once than there are lanes of their own.
  constexpr std::size_t kCrowd = 400;
  std::atomic<std::size_t> published{0};
  std::atomic<bool> done{false};
  std::vector<std::thread> crowd;
  for (std::size_t i = 0; i < kCrowd; ++i) {
    crowd.emplace_back([&] {
      recorder_->publish(record);
      published.fetch_add(1);
      while (!done.load()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    });
  }
  while (published.load() != kCrowd) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(records().size(), kCrowd);
  done = true;
  for (std::thread& thread : crowd) thread.join();

  const shm::Totals totals = reader_->totals();
  EXPECT_EQ(totals.by_status[0], kThreads + kCrowd);
  EXPECT_EQ(totals.bytes_in, 3 * (kThreads + kCrowd));
  EXPECT_EQ(totals.bytes_out, 5 * (kThreads + kCrowd));
  EXPECT_EQ(totals.span_ticks, 7 * (kThreads + kCrowd));
}

// It had one in an earlier recorder, under a number that another thread has in this one.
TEST_F(Requests, AnEndingThreadThatFoundNoLaneGivesNoneBack) {
  Settings settings = settings_;
  settings.instance += "-later";
  std::string why;
  const auto later = Recorder::create(settings, {"test", "", 1}, shm::Door::preload, why);
  ASSERT_NE(later, nullptr) << why;
  const auto reader = shm::Reader::open(settings.instance);
  ASSERT_NE(reader, nullptr);
  std::atomic<int> step{0};
  const auto wait_until = [&step](int reached) {
    while (step.load() < reached) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  };
  std::uint16_t in_vain = 0;
  std::thread ending([&] {
    EXPECT_NE(recorder_->worker(), shm::kNoWorker);
    step = 1;
    wait_until(2);
    in_vain = later->worker();
  });
  wait_until(1);
  std::atomic<std::uint32_t> taken{0};
  std::vector<std::thread> crowd;
  for (std::uint32_t i = 0; i < reader->lane_count(); ++i) {
    crowd.emplace_back([&] {
      later->worker();
      taken.fetch_add(1);
      wait_until(3);
    });
  }
  while (taken.load() != crowd.size()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  step = 2;
  ending.join();
  EXPECT_EQ(in_vain, shm::kNoWorker);
  std::uint16_t afterwards = 0;
  std::thread([&] { afterwards = later->worker(); }).join();
  EXPECT_EQ(afterwards, shm::kNoWorker);
  step = 3;
  for (std::thread& thread : crowd) thread.join();
  shm::remove_segment(settings.instance, reader->producer().run_id);
}

TEST_F(Requests, TheHostIsACollectionPointOfTheDaemonsLayer) {
  const std::vector<shm::CollectionPoint> points = reader_->collection_points();
  ASSERT_EQ(points.size(), 1u);
  EXPECT_EQ(points[0].pid, static_cast<std::uint32_t>(getpid()));
  EXPECT_EQ(points[0].process_start_time, reader_->producer().process.start_time);
  EXPECT_EQ(points[0].layer, shm::names::kDaemon);
  const std::uint64_t beat = reader_->heartbeat_ns();
  recorder_->beat();
  EXPECT_GT(reader_->collection_points().at(0).last_seen_ns, points[0].last_seen_ns);
  EXPECT_GT(reader_->heartbeat_ns(), beat);
}

TEST_F(Requests, ASignOfLifeBringsAFreshCalibration) {
  if (reader_->producer().clock_source == shm::ClockSource::monotonic) {
    GTEST_SKIP() << "the clock here is CLOCK_MONOTONIC itself";
  }
  const shm::Calibration first = reader_->calibration();
  const std::uint64_t before = shm::monotonic_ns();
  recorder_->beat();
  EXPECT_LT(first.anchor_ns, before);
  EXPECT_GE(reader_->calibration().anchor_ns, before);
  EXPECT_GT(reader_->calibration().anchor_ticks, first.anchor_ticks);
}

TEST_F(Requests, TheLastSignOfLifeIsTheEnd) {
  const std::uint64_t before = shm::monotonic_ns();
  recorder_->retire();
  EXPECT_GE(reader_->heartbeat_ns(), before);
  EXPECT_EQ(reader_->state(before), shm::ProducerState::retired);
}

// Each segment that somebody removes costs memory for a minute of beats.
class SegmentThatIsRemovedAgainAndAgain : public Requests {
 protected:
  bool is_there() const { return std::filesystem::exists(path()); }
  // True if it was there.
  bool remove() const { return unlink(path().c_str()) == 0; }

 private:
  std::string path() const { return "/dev/shm/goxel-telemetry." + settings_.instance; }
};

TEST_F(SegmentThatIsRemovedAgainAndAgain, HoldsTheMemoryOfFourOthersAtMost) {
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(remove());
    recorder_->beat();
    ASSERT_TRUE(is_there()) << i;
  }
  ASSERT_TRUE(remove());
  int beats = 0;
  while (!is_there() && beats < 100) {
    recorder_->beat();
    ++beats;
  }
  EXPECT_EQ(beats, 57) << "4 have passed; in beat 60 the first one's memory is given back";
}

TEST_F(SegmentThatIsRemovedAgainAndAgain, IsGivenUpAndThatIsSaidOnce) {
  testing::internal::CaptureStderr();
  int removed = 0;
  for (int beat = 0; beat < 3'000; ++beat) {
    if (remove()) ++removed;
    recorder_->beat();
  }
  EXPECT_EQ(removed, 64);
  const std::string said = testing::internal::GetCapturedStderr();
  const auto first = said.find("is not made again");
  ASSERT_NE(first, std::string::npos) << said;
  EXPECT_EQ(said.find("is not made again", first + 1), std::string::npos);
}

}  // namespace
}  // namespace goxel_telemetry::plugin
