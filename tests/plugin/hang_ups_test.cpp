// SPDX-License-Identifier: GPL-3.0-or-later
// How a client's leaving shows, on whichever of its connection's descriptors, and whether what was
// in flight ends as cancelled (it was being worked on, and the answer could not be sent) or as
// unanswered.
#include <thread>

#include "tests/plugin/requests_fixture.h"

namespace goxel_telemetry::plugin {
namespace {

class HangUps : public Requests {
 protected:
  static constexpr int kCopy = kFd + 1;
  static constexpr int kOther = kFd + 2;

  void seen_by_another_thread(int fd = kFd) {
    std::thread([this, fd] { observer_->hung_up(fd); }).join();
  }
  void expect_open(std::uint64_t connections, std::uint64_t descriptors) {
    EXPECT_EQ(reader_->gauges()[shm::Gauge::connections], connections);
    EXPECT_EQ(reader_->gauges()[shm::Gauge::open_descriptors], descriptors);
  }
};

// --- several descriptors for one connection ---

TEST_F(HangUps, OnAnyDescriptorOfAConnectionEndWhatIsInFlight) {
  for (const int seen_on : {kFd, kCopy}) {
    for (const int read_on : {kFd, kCopy}) {
      observer_->accepted(kFd);
      observer_->duplicated(kFd, kCopy);
      receive(request("a", 1), read_on);
      observer_->hung_up(seen_on);
      EXPECT_EQ(seen(), (List{{"a", Status::unanswered}})) << seen_on << " " << read_on;
      expect_open(0, 2);
      observer_->closing(kFd);
      observer_->closing(kCopy);
      expect_open(0, 0);
    }
  }
  EXPECT_EQ(seen(), List{});
}

TEST_F(HangUps, SeenOnBothDescriptorsCountOnce) {
  observer_->duplicated(kFd, kCopy);
  receive(request("a", 1));
  observer_->hung_up(kFd);
  observer_->hung_up(kCopy);
  EXPECT_EQ(seen(), (List{{"a", Status::unanswered}}));
  expect_open(0, 2);
}

TEST_F(HangUps, SeenByAnotherThreadOnACopyWaitForTheAttemptToAnswerOnTheOther) {
  observer_->duplicated(kFd, kCopy);
  receive(request("a", 1));
  seen_by_another_thread(kCopy);
  EXPECT_EQ(seen(), List{});
  observer_->send_failed(kFd);
  EXPECT_EQ(seen(), (List{{"a", Status::cancelled}}));
}

TEST_F(HangUps, ThatASendOnACopyTellsCancel) {
  observer_->duplicated(kFd, kCopy);
  receive(request("a", 1));
  observer_->send_failed(kCopy);
  EXPECT_EQ(seen(), (List{{"a", Status::cancelled}}));
}

TEST_F(HangUps, OfTheHostsOwnSideOnACopyLeaveWhatIsInFlightUnanswered) {
  observer_->duplicated(kFd, kCopy);
  receive(request("a", 1) + request("b", 2));
  observer_->shut_down_for_writing(kCopy);
  EXPECT_EQ(seen(), (List{{"a", Status::unanswered}, {"b", Status::unanswered}}));
}

TEST_F(HangUps, TheEndOfInputOnACopyEndsALineOfText) {
  observer_->duplicated(kFd, kCopy);
  receive("GET / HTTP/1.1");
  observer_->input_ended(kCopy);
  EXPECT_EQ(seen(), (List{{"_MALFORMED", Status::malformed}}));
  observer_->input_ended(kFd);
  observer_->closing(kCopy);
  observer_->closing(kFd);
  EXPECT_EQ(seen(), List{});
}

// The peer may have closed one direction only.
TEST_F(HangUps, AreNotWhatTheEndOfInputIs) {
  receive(request("a", 1));
  observer_->input_ended(kFd);
  EXPECT_EQ(in_flight(), Names{"a"});
  send(answer(1));
  EXPECT_EQ(seen(), (List{{"a", Status::ok}}));
  expect_open(1, 1);
}

TEST_F(HangUps, LeaveThePlaceToTheDescriptorThatIsStillOpen) {
  observer_->duplicated(kFd, kCopy);
  observer_->hung_up(kFd);
  observer_->accepted(kOther);
  receive(request("others", 1), kOther);
  observer_->closing(kFd);
  observer_->closing(kCopy);
  EXPECT_EQ(in_flight(), Names{"others"});
  expect_open(1, 1);
}

TEST_F(HangUps, OfACopyThatOutlivedTheOriginalLeaveTheNextOneOfThatNumberAlone) {
  observer_->duplicated(kFd, kCopy);
  observer_->closing(kFd);
  observer_->hung_up(kCopy);
  observer_->accepted(kFd);
  receive(request("next", 1));
  observer_->closing(kCopy);
  EXPECT_EQ(in_flight(), Names{"next"});
  send(answer(1));
  EXPECT_EQ(seen(), (List{{"next", Status::ok}}));
  expect_open(1, 1);
}

TEST_F(HangUps, LeaveBytesBehindThatACopyMayRead) {
  observer_->duplicated(kFd, kCopy);
  observer_->closing(kFd);
  observer_->hung_up(kCopy);
  receive(request("late", 1), kCopy);
  observer_->send_failed(kCopy);
  EXPECT_EQ(seen(), (List{{"late", Status::cancelled}}));
  observer_->closing(kCopy);
  expect_open(0, 0);
}

// --- cancelled or unanswered ---

TEST_F(HangUps, CancelOnlyTheRequestWhoseAnswerWasTried) {
  receive(request("a", 1) + request("b", 2) + request("c", 3));
  observer_->send_failed(kFd);
  EXPECT_EQ(seen(),
            (List{{"a", Status::cancelled}, {"b", Status::unanswered}, {"c", Status::unanswered}}));
}

TEST_F(HangUps, SeenByAnotherThreadCancelWhatTheHostClosesWithoutAnAttempt) {
  receive(request("a", 1) + request("b", 2));
  seen_by_another_thread();
  EXPECT_EQ(seen(), List{});
  observer_->closing(kFd);
  EXPECT_EQ(seen(), (List{{"a", Status::cancelled}, {"b", Status::cancelled}}));
  expect_open(0, 0);
}

TEST_F(HangUps, SeenByAnotherThreadAndThenByTheReaderLeaveItUnanswered) {
  receive(request("a", 1));
  seen_by_another_thread();
  observer_->hung_up(kFd);
  EXPECT_EQ(seen(), (List{{"a", Status::unanswered}}));
}

TEST_F(HangUps, SeenByAnotherThreadLeaveUnansweredWhatNoThreadFinishesInTime) {
  receive_long_ago(request("a", 1));
  seen_by_another_thread();
  observer_->housekeep(now());
  EXPECT_EQ(seen(), (List{{"a", Status::unanswered}}));
}

TEST_F(HangUps, OfTheHostItselfLeaveAllUnanswered) {
  observer_->accepted(kOther);
  receive(request("a", 1) + request("b", 2));
  receive(request("c", 3), kOther);
  observer_->end_all();
  EXPECT_EQ(
      seen(),
      (List{{"a", Status::unanswered}, {"b", Status::unanswered}, {"c", Status::unanswered}}));
}

TEST_F(HangUps, AnAnswerThatWasSentInPartIsCancelledAndNoOther) {
  receive(request("a", 1) + request("b", 2));
  send(R"({ "jsonrpc": "2.0", "result": ")");
  observer_->send_failed(kFd);
  EXPECT_EQ(seen(), (List{{"a", Status::cancelled}, {"b", Status::unanswered}}));
}

}  // namespace
}  // namespace goxel_telemetry::plugin
